//! Fields that this release does not know stay on the records that it changes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::store::{Change, Commit, ScopeId};
use viewflow::{Document, Store, store};
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, manual, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(table = "unknown_shop")]
pub struct Shop {
    #[id]
    pub id: Id<Self>,
    #[field(index)]
    pub name: String,
    #[field(on_delete = set_none)]
    pub best: Option<Ref<Self>>,
}

#[derive(Message, Clone, Debug)]
#[message(name = "unknown_paid", key = number)]
pub struct Paid {
    pub number: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Packet {
    pub text: String,
}

#[derive(Flow)]
#[flow(process = Packet, name = "unknown_packet")]
pub struct PacketFlow {
    #[next(pack)]
    start: StartHandle,
    #[fields(text)]
    #[next(end)]
    pack: View,
    end: End,
}

#[derive(Process, Clone, Debug)]
pub struct Order {
    #[field(column, index)]
    pub number: u32,
    #[field(column, on_delete = set_none)]
    pub shop: Option<Ref<Shop>>,
    pub text: String,
}

#[derive(Flow)]
#[flow(process = Order, name = "unknown_order")]
pub struct OrderFlow {
    #[fields(number, shop)]
    #[next(fork)]
    start: Start,
    #[branch(paid)]
    #[branch(signed)]
    #[branch(sent)]
    #[branch(packet)]
    #[branch(check)]
    fork: Split,
    #[message(Paid, key = |a| a.process.number)]
    #[next(join)]
    paid: MessageCatch,
    #[signal("unknown_signed")]
    #[next(join)]
    signed: SignalCatch,
    #[delay("1h")]
    #[next(join)]
    sent: Timer,
    #[child(PacketFlow::start)]
    #[next(join)]
    packet: Subprocess,
    #[fields(number, text)]
    #[on_timeout(after = "1d", then = join)]
    #[next(again)]
    check: View,
    #[next(join)]
    again: View,
    #[next(last)]
    join: Join,
    #[next(end)]
    last: View,
    end: End,
}

fn unknown() -> Document {
    json!({"later": {"sleeps": [1, null]}}).as_object().cloned().unwrap()
}

/// Adds the fields of a later release to every record.
fn add_unknown(store: &dyn Store) {
    let mut changes = Vec::new();
    for process in store.processes(ProcessId(0), 100).unwrap() {
        let id = process.id;
        changes.extend(store.tasks(id, 0, 100).unwrap().into_iter().map(|old| {
            let new = TaskRecord { unknown: unknown(), ..old.clone() };
            Change::Task { old: Some(Box::new(old)), new: Box::new(new) }
        }));
        changes.extend(store.scopes(id, None, 100).unwrap().into_iter().map(|(id, mut new)| {
            new.unknown = unknown();
            Change::Scope { id, new: Some(new) }
        }));
        let mut data = store.process_data(id).unwrap().unwrap();
        data.unknown = unknown();
        changes.push(Change::Data { process: id, new: Box::new(data) });
        let mut new = process.clone();
        new.unknown = unknown();
        changes.push(Change::Process { old: Some(Box::new(process)), new: Box::new(new) });
    }
    for table in store.tables(None, 100).unwrap() {
        for (id, old) in store.rows(&table, 0, 100).unwrap() {
            let mut new = old.record.clone();
            new.unknown = unknown();
            changes.push(Change::Row { table: table.clone(), id, old: Some(old.record), new: Some(new) });
        }
    }
    store.commit(Commit { changes, ..Commit::default() }).unwrap().wait().unwrap();
}

/// The records that have lost them.
fn lost(store: &dyn Store, known: &[String]) -> Vec<String> {
    let all = records(store);
    known.iter().filter(|record| all.iter().any(|(name, kept)| name == *record && !kept)).cloned().collect()
}

/// All records, and whether each has the fields of the later release.
fn records(store: &dyn Store) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut note = |name: String, kept: &Document| found.push((name, *kept == unknown()));
    for process in store.processes(ProcessId(0), 100).unwrap() {
        let id = process.id;
        note(format!("process {id}"), &process.unknown);
        note(format!("data {id}"), &store.process_data(id).unwrap().unwrap().unknown);
        store
            .tasks(id, 0, 100)
            .unwrap()
            .iter()
            .for_each(|task| note(format!("task {} {}", task.id, task.node), &task.unknown));
        for (ScopeId { number, .. }, scope) in store.scopes(id, None, 100).unwrap() {
            note(format!("scope {id}/{number}"), &scope.unknown);
        }
    }
    for table in store.tables(None, 100).unwrap() {
        for (id, row) in store.rows(&table, 0, 100).unwrap() {
            note(format!("row {id} of {table}"), &row.record.unknown);
        }
    }
    found
}

#[test]
fn whatever_is_done_with_records_the_fields_of_a_later_release_stay() {
    on_every_store(|store: Arc<dyn Store>| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(OrderFlow::new()).flow(PacketFlow::new()).table::<Shop>().build().unwrap();
        let (ann, bob) = (user("ann"), user("bob"));
        let shop = |name: &str, best| Shop { id: Id::NEW, name: name.to_owned(), best };
        let first = engine.transaction(|db| db.table().insert(shop("first", None))).unwrap();
        let second = engine.transaction(|db| db.table().insert(shop("second", Some(first)))).unwrap();
        let order =
            |number| engine.start(OrderFlow::start, &ann, StartFields { number, shop: Some(first) }).unwrap().id;
        let [id, other, gone] = [7, 8, 9].map(order);
        add_unknown(&*store);
        let known: Vec<String> = records(&*store)
            .into_iter()
            .map(|(name, kept)| {
                assert!(kept, "{name}");
                name
            })
            .collect();
        assert!(known.len() > 40, "{known:?}");
        let kept = |after: &str| assert_eq!(lost(&*store, &known), Vec::<String>::new(), "{after}");

        let check = open_task(&engine, OrderFlow::check, id).id;
        engine.assign(check, &ann).unwrap();
        engine.delegate(check, &ann, &bob).unwrap();
        engine.desk(&bob).draft(check, json!({"text": "half"}).as_object().unwrap()).unwrap();
        engine.unassign(check, &bob).unwrap();
        kept("people");
        engine.signal("unknown_signed").unwrap();
        engine.suspend(id, &boss()).unwrap();
        engine.send(&Paid { number: 7 }).unwrap();
        engine.resume(id, &boss()).unwrap();
        engine.run_pending().unwrap();
        kept("messages and signals");
        engine.desk(&ann).execute(check, json!({"number": 17, "text": "whole"}).as_object().unwrap()).unwrap();
        kept("a form, with columns");
        engine.go_back(id, OrderFlow::check, &boss()).unwrap();
        kept("going back");
        engine.transaction(|db| db.change(second, |shop| shop.name = "third".to_owned())).unwrap();
        engine.transaction(|db| db.table::<Shop>().delete(first)).unwrap();
        assert_eq!(engine.process::<OrderFlow>(other).unwrap().shop, None);
        kept("rows");
        engine.cancel(gone, &boss()).unwrap();
        clock.advance(Duration::from_hours(25));
        engine.run_pending().unwrap();
        kept("timers and timeouts");
        for packet in engine.processes::<PacketFlow>().list().unwrap() {
            if packet.status == ProcessStatus::New {
                do_next(&engine, PacketFlow::pack, packet.id, PackFields { text: "packed".to_owned() });
            }
        }
        engine.skip(open_task(&engine, OrderFlow::last, id).id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        kept("sub-processes and ends");
        // An export and an import keep them.
        let mut file = Vec::new();
        store::export(&*store, &mut file, |_| ()).unwrap();
        let copy = MemoryStore::new();
        store::import(&copy, &file[..], |_| ()).unwrap();
        assert_eq!(records(&copy), records(&*store));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}
