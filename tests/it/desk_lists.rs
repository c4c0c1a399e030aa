//! The lists of a desk: who sees what in which of them, with which filters, page by page.

mod flows;
mod random;

use std::sync::Arc;

use serde_json::{Value, json};
use viewflow::desk::{ListCursor, ProcessLines, TaskLines};
use viewflow::prelude::*;
use viewflow::{Document, NodeName, Store, Timestamp};
use viewflow_testing::CountingStore;

use crate::support::{boss, on_every_store, open_task, user};
use flows::{Clerk, ErrandFields, ErrandFlow, GateFields, GatesFlow, ParcelFlow, clerk, node, with_flows};

fn with_engine(test: impl Fn(&Engine)) {
    on_every_store(|store| test(&with_flows(Engine::builder(store))));
}

fn start(engine: &Engine, by: &Clerk, region: u32) -> ProcessId {
    engine.start(ErrandFlow::start, by, ErrandFields { region, refused: false }).unwrap().id
}

/// The processes of all tasks of a list.
fn of(lines: &TaskLines<'_>) -> Vec<u64> {
    let page = lines.page(None, 1000).unwrap();
    assert!(page.next.is_none() && !page.is_cut);
    page.items.iter().map(|line| line.id.process.0).collect()
}

fn numbers(lines: &ProcessLines<'_>) -> Vec<u64> {
    let page = lines.page(None, 1000).unwrap();
    assert!(page.next.is_none() && !page.is_cut);
    page.items.iter().map(|line| line.id.0).collect()
}

/// Of the tasks at which errands are sorted: inbox, queue, archive and all; and the errands.
type Sees = (&'static [u64], &'static [u64], &'static [u64], &'static [u64], &'static [u64]);

#[test]
fn each_list_shows_a_person_what_they_may_see_and_nothing_else() {
    let [starter, former, owner] = ["starter", "former", "owner"].map(|name| clerk(name).of(&["sorters"]));
    let [delegator, candidate] = ["delegator", "candidate"].map(|name| clerk(name).of(&["sorters"]));
    let delegate = clerk("delegate");
    let sees: Vec<(Clerk, Sees)> = vec![
        (owner.clone(), (&[1], &[2], &[], &[1, 2], &[1])),
        (candidate, (&[], &[2], &[], &[2], &[])),
        (former.clone(), (&[], &[2], &[], &[1, 2], &[1])),
        (delegator.clone(), (&[], &[2], &[], &[2, 3], &[3])),
        // Barred from what they started themselves.
        (starter.clone(), (&[], &[], &[], &[], &[1, 2, 3])),
        (delegate.clone(), (&[], &[], &[3], &[3], &[3])),
        (clerk("viewer").may("errand.view", None), (&[], &[], &[], &[1, 2, 3], &[1, 2, 3])),
        (clerk("manager").may("errand.manage", None), (&[], &[], &[], &[1, 2, 3], &[1, 2, 3])),
        (clerk("viewer of one").may("errand.view", Some(2)), (&[], &[], &[], &[2], &[2])),
        (clerk("manager elsewhere").may("parcel.manage", None), (&[], &[], &[], &[], &[])),
        (clerk("stranger"), (&[], &[], &[], &[], &[])),
        (Clerk { is_active: false, ..owner.clone().may("errand.manage", None) }, (&[], &[], &[], &[], &[])),
    ];
    with_engine(|engine| {
        let ids: Vec<_> = (0..3).map(|_| start(engine, &starter, 0)).collect();
        let task = |id: ProcessId| open_task(engine, ErrandFlow::sort, id).id;
        engine.assign(task(ids[0]), &former).unwrap();
        engine.unassign(task(ids[0]), &former).unwrap();
        engine.assign(task(ids[0]), &owner).unwrap();
        let last = task(ids[2]);
        engine.assign(last, &delegator).unwrap();
        engine.delegate(last, &delegator, &delegate).unwrap();
        engine.desk(&delegate).execute(last, &Document::new()).unwrap();
        for tells in [true, false] {
            for (person, (inbox, queue, archive, tasks, processes)) in &sees {
                let person = Clerk { tells, ..person.clone() };
                let desk = engine.desk(&person);
                let sort = |lines: TaskLines<'_>| of(&lines.node(&node("sort")));
                assert_eq!(sort(desk.inbox()), *inbox, "the inbox of {person:?}");
                assert_eq!(sort(desk.queue()), *queue, "the queue of {person:?}");
                assert_eq!(sort(desk.archive()), *archive, "the archive of {person:?}");
                assert_eq!(sort(desk.tasks()), *tasks, "the tasks of {person:?}");
                let mut found = numbers(&desk.processes().flow("errand"));
                found.sort_unstable();
                assert_eq!(found, *processes, "the processes of {person:?}");
            }
        }
    });
}

#[test]
fn a_line_has_titles_and_times_as_text() {
    with_engine(|engine| {
        let ann = clerk("ann").of(&["sorters"]);
        let id = start(engine, &clerk("eve"), 4);
        let task = open_task(engine, ErrandFlow::sort, id).id;
        engine.set_due_date(task, &boss(), Some(Timestamp::from_millis(86_400_000))).unwrap();
        engine.set_priority(task, &boss(), Some(7)).unwrap();
        let page = serde_json::to_value(engine.desk(&ann).queue().page(None, 5).unwrap()).unwrap();
        let line = &page["items"][0];
        assert_eq!((&page["next"], &page["is_cut"]), (&Value::Null, &json!(false)));
        assert_eq!(line["id"], json!(task.to_string()));
        assert_eq!((&line["flow"], &line["node"]), (&json!("errand"), &json!("sort")));
        assert_eq!(line["flow_title"], json!(engine.title("errand").unwrap()));
        assert_eq!((&line["title"], &line["status"]), (&json!("Sort"), &json!("new")));
        assert_eq!((&line["due_date"], &line["priority"]), (&json!("1970-01-02T00:00:00Z"), &json!(7)));
        assert!(line["created"].as_str().unwrap().ends_with('Z') && line.get("owner").is_none(), "{line}");

        let viewer = clerk("vic").may("errand.view", None);
        engine.start(ErrandFlow::start, &viewer, ErrandFields { region: 1, refused: true }).unwrap();
        let refused = engine.queue(&ann).list().unwrap()[1].id;
        engine.assign(refused, &ann).unwrap();
        engine.desk(&ann).execute(refused, &Document::new()).unwrap();
        let page = serde_json::to_value(engine.desk(&viewer).processes().page(None, 5).unwrap()).unwrap();
        let [first, second] = [0, 1].map(|at| &page["items"][at]);
        assert_eq!((&first["id"], &first["started_by"], &first["status"]), (&json!(1), &json!("eve"), &json!("new")));
        assert!(first.get("outcome").is_none() && first.get("finished").is_none());
        assert_eq!((&second["outcome"], &second["outcome_title"]), (&json!("refuse"), &json!("Refuse")));
        assert!(second["finished"].as_str().unwrap().ends_with('Z'));
    });
}

#[test]
fn a_cursor_goes_on_in_its_own_list_and_no_other() {
    with_engine(|engine| {
        let [ann, bob] = ["ann", "bob"].map(|name| clerk(name).of(&["sorters"]));
        let mia = clerk("mia").may("errand.manage", None);
        for _ in 0..5 {
            start(engine, &mia, 0);
        }
        let desk = engine.desk(&ann);
        let page = desk.queue().page(None, 2).unwrap();
        let text = page.next.unwrap().to_string();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
        let after = Some(text.parse::<ListCursor>().unwrap());
        let rest = desk.queue().page(after, 5).unwrap();
        assert_eq!(rest.items.iter().map(|line| line.id.process.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(rest.next.is_none());
        let others = [
            engine.desk(&bob).queue(),
            desk.inbox(),
            desk.archive(),
            desk.tasks(),
            desk.queue().by_due_date(),
            desk.queue().flow("errand"),
            desk.queue().node(&node("sort")),
            desk.queue().status(TaskStatus::New),
            desk.queue().created(..Timestamp::from_millis(i64::MAX)),
            desk.queue().priority(1..),
        ];
        for other in &others {
            let error = other.page(after, 5).unwrap_err();
            assert!(matches!(error, Error::OtherList), "{other:?}: {error}");
            assert!(error.to_string().contains("with the same filters and order"), "{error}");
        }
        let manager = engine.desk(&mia);
        let next = manager.processes().page(None, 2).unwrap().next;
        assert_eq!(manager.processes().page(next, 9).unwrap().items.len(), 3);
        for other in [manager.processes().flow("errand"), manager.processes().mine(), engine.desk(&ann).processes()] {
            assert!(matches!(other.page(next, 5), Err(Error::OtherList)), "{other:?}");
        }
        assert!(matches!(desk.queue().page(next, 5), Err(Error::OtherList)));
        assert!(matches!(manager.processes().page(after, 5), Err(Error::OtherList)));
    });
}

#[test]
fn a_page_goes_on_behind_a_task_that_is_gone_meanwhile() {
    with_engine(|engine| {
        let ann = clerk("ann").of(&["sorters"]);
        let ids: Vec<_> = (0..6).map(|_| start(engine, &clerk("eve"), 0)).collect();
        let queue = engine.desk(&ann).queue();
        let page = queue.page(None, 3).unwrap();
        engine.cancel(ids[2], &boss()).unwrap();
        engine.cancel(ids[3], &boss()).unwrap();
        let rest = queue.page(page.next, 3).unwrap();
        assert_eq!(rest.items.iter().map(|line| line.id.process).collect::<Vec<_>>(), ids[4..]);
    });
}

#[test]
fn a_list_is_counted_up_to_99() {
    with_engine(|engine| {
        let [ann, mia] = [clerk("ann").of(&["sorters"]), clerk("mia").may("errand.manage", None)];
        let counts = || {
            let (queue, desk) = (engine.desk(&ann).queue(), engine.desk(&mia));
            let all = [queue.count(), queue.clone().flow("errand").count(), desk.tasks().node(&node("sort")).count()];
            let all: Vec<_> = all.into_iter().chain([desk.processes().count()]).map(Result::unwrap).collect();
            assert!(all.iter().all(|count| *count == all[0]), "{all:?}");
            all[0]
        };
        assert_eq!(counts().to_string(), "0");
        for number in 1..=101 {
            start(engine, &mia, number);
            if [1, 98, 99, 100, 101].contains(&number) {
                let count = counts();
                let told = if number > 99 { "99+".to_owned() } else { number.to_string() };
                assert_eq!((count.to_string(), count.is_more, count.is_cut), (told, number > 99, false));
            }
        }
        let count = serde_json::to_value(counts()).unwrap();
        assert_eq!(count, json!({"number": 99, "is_more": true, "is_cut": false}));
    });
}

#[test]
fn a_page_that_passes_over_too_much_ends_early_and_reports_it() {
    with_engine(|engine| {
        let [ann, mia] = [clerk("ann").of(&["sorters"]), clerk("mia").may("errand.manage", None)];
        let ids: Vec<_> = (0..2300).map(|_| start(engine, &mia, 0)).collect();
        let last = open_task(engine, ErrandFlow::sort, ids[2299]).id;
        engine.set_priority(last, &boss(), Some(5)).unwrap();
        let desk = engine.desk(&ann);
        // Sorted by what is asked for, the list is no longer than what is found.
        let sorted = desk.queue().priority(5..).by_priority().page(None, 3).unwrap();
        assert_eq!((sorted.items.len(), sorted.next, sorted.is_cut), (1, None, false));
        let urgent = desk.queue().priority(5..);
        assert_eq!(urgent.count().unwrap().to_string(), "1", "in the order that is the shortest");
        let page = urgent.page(None, 3).unwrap();
        assert!(page.items.is_empty() && page.is_cut);
        let page = urgent.page(page.next, 3).unwrap();
        assert_eq!((page.items[0].id, page.next, page.is_cut), (last, None, false));

        let all = engine.desk(&mia).tasks().node(&node("sort")).priority(5..);
        assert_eq!(all.count().unwrap().to_string(), "0+");
        let page = all.page(None, 3).unwrap();
        assert!(page.items.is_empty() && page.is_cut);
        assert_eq!(all.page(page.next, 3).unwrap().items[0].id, last);

        engine.cancel(ids[2299], &boss()).unwrap();
        let over = engine.desk(&mia).processes().flow("errand").finished(..Timestamp::from_millis(i64::MAX));
        let page = over.page(None, 3).unwrap();
        assert!(page.items.is_empty() && page.is_cut);
        let page = over.page(page.next, 3).unwrap();
        assert_eq!((page.items[0].id, page.next, page.is_cut), (ids[2299], None, false));
    });
}

#[test]
fn a_page_is_two_reads_of_the_store() {
    on_every_store(|store| {
        let store = Arc::new(CountingStore::new(store));
        let engine = with_flows(Engine::builder(Arc::clone(&store)));
        let [ann, mia] = [clerk("ann").of(&["sorters"]), clerk("mia").may("errand.manage", None)];
        for _ in 0..40 {
            let id = start(&engine, &mia, 3);
            engine.assign(open_task(&engine, ErrandFlow::sort, id).id, &ann).unwrap();
        }
        let desk = engine.desk(&ann);
        let reads = |what: &dyn Fn()| {
            store.take();
            what();
            let counts = store.take();
            (
                counts.calls(),
                ["list_tasks", "tasks_at", "list_processes", "processes_at"].map(|read| counts.asked(read)),
            )
        };
        assert_eq!(reads(&|| assert_eq!(desk.inbox().page(None, 25).unwrap().items.len(), 25)), (2, [1, 1, 0, 0]));
        assert_eq!(reads(&|| drop(desk.inbox().node(&node("sort")).page(None, 25).unwrap())), (2, [1, 1, 0, 0]));
        assert_eq!(reads(&|| assert!(desk.inbox().count().is_ok())).0, 1, "to count it, no record is read");
        let all = engine.desk(&mia);
        let page = || assert_eq!(all.processes().flow("errand").page(None, 25).unwrap().items.len(), 25);
        assert_eq!(reads(&page), (2, [0, 0, 1, 1]));
    });
}

#[test]
fn processes_are_found_by_an_indexed_column() {
    with_engine(|engine| {
        let mia = clerk("mia").may("errand.manage", None);
        let ids: Vec<_> = (0..9).map(|number| start(engine, &mia, number % 3).0).collect();
        let desk = engine.desk(&mia);
        let by = |value: Value| desk.processes().flow("errand").column("region", value);
        assert_eq!(numbers(&by(json!(1))), [ids[1], ids[4], ids[7]]);
        assert!(numbers(&by(json!(3))).is_empty());
        engine.cancel(ProcessId(ids[4]), &boss()).unwrap();
        assert_eq!(numbers(&by(json!(1)).status(ProcessStatus::New)), [ids[1], ids[7]]);
        assert!(numbers(&engine.desk(&clerk("eve")).processes().flow("errand").column("region", json!(1))).is_empty());
        let why = |lines: ProcessLines<'_>| lines.page(None, 1).unwrap_err().to_string();
        assert_eq!(
            why(desk.processes().column("region", json!(1))),
            "processes cannot be listed by the column `region`: give its flow, too: columns belong to flows"
        );
        assert!(why(by(json!("x"))).ends_with("by the column `region`: \"x\" is no value of it"));
        let other = |name: &str| why(desk.processes().flow("errand").column(name, json!(1)));
        assert!(other("refused").contains("the field is not indexed: write `#[field(column, index)]`"));
        assert!(other("weight").starts_with("flow `errand`: processes cannot be listed by the column `weight`"));
        assert!(matches!(desk.processes().flow("x").column("y", json!(1)).page(None, 1), Err(Error::NoFlow(_))));
    });
}

#[test]
fn the_children_of_what_a_person_does_not_see_are_reported_as_not_there() {
    with_engine(|engine| {
        let (ann, eve) = (clerk("ann").of(&["sorters"]), clerk("eve"));
        let mia = clerk("mia").may("errand.manage", None).may("parcel.view", None);
        for _ in 0..3 {
            let id = start(engine, &eve, 0);
            let task = open_task(engine, ErrandFlow::sort, id).id;
            engine.assign(task, &ann).unwrap();
            engine.desk(&ann).execute(task, &Document::new()).unwrap();
        }
        let (parent, task) = (ProcessId(3), TaskId { process: ProcessId(3), ordinal: 4 });
        let desk = engine.desk(&mia);
        let child = numbers(&desk.children(parent));
        assert_eq!((child.len(), &child), (1, &numbers(&desk.children(task))));
        let line = desk.children(task).page(None, 1).unwrap().items.remove(0);
        assert_eq!((line.parent, &*line.flow), (Some(task), "parcel"));
        assert!(numbers(&desk.children(TaskId { process: parent, ordinal: 2 })).is_empty());
        let carry = open_task(engine, ParcelFlow::carry, ProcessId(child[0])).id;
        assert!(numbers(&desk.children(task).status(ProcessStatus::Done)).is_empty());
        engine.assign(carry, &clerk("cyd").of(&["carriers"])).unwrap();
        engine.desk(&clerk("cyd")).execute(carry, &Document::new()).unwrap_err();
        // The person who started the process sees it, and nothing of what they have no part in.
        assert!(numbers(&engine.desk(&eve).children(parent)).is_empty());
        assert!(matches!(engine.desk(&eve).children(task).page(None, 1), Err(Error::NoTask(id)) if id == task));
        let stranger = clerk("stranger");
        let missing = engine.desk(&stranger).children(parent).page(None, 1);
        assert!(matches!(missing, Err(Error::NoProcess(id)) if id == parent));
        assert!(matches!(desk.children(ProcessId(99)).count(), Err(Error::NoProcess(_))));
    });
}

#[test]
fn the_tasks_of_a_suspended_process_leave_inbox_and_queue_and_stay_in_sight() {
    with_engine(|engine| {
        let (ann, mia) = (clerk("ann").of(&["sorters"]), clerk("mia").may("errand.manage", None));
        let [first, second] = [start(engine, &mia, 0), start(engine, &mia, 0)];
        engine.assign(open_task(engine, ErrandFlow::sort, first).id, &ann).unwrap();
        let desk = engine.desk(&ann);
        assert_eq!((of(&desk.inbox()), of(&desk.queue())), (vec![1], vec![2]));
        [first, second].iter().for_each(|id| engine.suspend(*id, &boss()).unwrap());
        assert!(of(&desk.inbox()).is_empty() && of(&desk.queue()).is_empty());
        assert_eq!((desk.inbox().count().unwrap().number, desk.queue().count().unwrap().number), (0, 0));
        let tasks = engine.desk(&mia).tasks().node(&node("sort"));
        assert_eq!(of(&tasks), [1, 2]);
        assert!(tasks.page(None, 2).unwrap().items.iter().all(|line| line.suspended));
        let processes = engine.desk(&mia).processes();
        assert_eq!(numbers(&processes.clone().status(ProcessStatus::Suspended)), [1, 2]);
        assert!(numbers(&processes.clone().status(ProcessStatus::New)).is_empty());
        engine.resume(first, &boss()).unwrap();
        assert_eq!(numbers(&processes.status(ProcessStatus::New).status(ProcessStatus::Suspended)), [1, 2]);
        assert_eq!(of(&desk.inbox()), [1]);
    });
}

mod renamed {
    use viewflow::prelude::*;

    use super::flows::Errand;

    #[derive(Flow)]
    #[flow(process = Errand, name = "delivery")]
    #[was("errand")]
    pub struct DeliveryFlow {
        #[next(inspect)]
        start: Start,
        #[candidates(group = "sorters")]
        #[was("sort")]
        #[next(done)]
        inspect: View,
        done: End,
    }
}

#[test]
fn lists_have_the_names_of_today_and_are_found_by_those_of_before() {
    on_every_store(|store| {
        let (ann, eve) = (clerk("ann").of(&["sorters"]), clerk("eve"));
        let viewer = clerk("vic").may("delivery.view", None);
        let old = with_flows(Engine::builder(Arc::clone(&store)));
        for number in 0..3 {
            start(&old, &eve, number);
        }
        old.desk(&eve).draft_start(&node("start"), &Document::new()).unwrap();
        drop(old);
        let engine = Engine::builder(store).flow(renamed::DeliveryFlow::new()).build().unwrap();
        let inspect = NodeName { flow: "delivery".to_owned(), node: "inspect".to_owned() };
        let queue = engine.desk(&ann).queue();
        for filtered in [
            queue.clone(),
            queue.clone().flow("delivery"),
            queue.clone().flow("errand"),
            queue.clone().node(&inspect),
            queue.clone().node(&node("sort")),
            engine.desk(&viewer).tasks().node(&node("sort")),
            engine.desk(&viewer).tasks().flow("errand").status(TaskStatus::New),
        ] {
            assert_eq!(of(&filtered), [1, 2, 3], "{filtered:?}");
            let line = filtered.page(None, 1).unwrap().items.remove(0);
            assert_eq!((&*line.flow, &*line.node, &*line.title), ("delivery", "inspect", "Inspect"));
        }
        let processes = engine.desk(&viewer).processes();
        assert_eq!(numbers(&processes.clone().flow("errand")), [1, 2, 3]);
        assert_eq!(numbers(&processes.flow("errand").column("region", serde_json::json!(2))), [3]);
        let drafts = engine.desk(&eve).start_drafts().unwrap();
        assert_eq!((drafts.len(), &*drafts[0].flow, &*drafts[0].title), (1, "delivery", "Start"));
    });
}

#[test]
fn the_starts_are_those_that_a_person_may_use() {
    with_engine(|engine| {
        let starts = |person: &Clerk| -> Vec<String> {
            engine.desk(person).starts().into_iter().map(|line| format!("{}.{}", line.flow, line.node)).collect()
        };
        let some = ["errand.start", "gates.open"];
        assert_eq!(starts(&clerk("ann")), some);
        let shy = Clerk { tells: false, ..clerk("shy") };
        assert_eq!(starts(&shy), ["errand.start", "gates.open", "gates.on_one"], "nobody knows on which one");
        let with = |right: &'static str, row| {
            let object = viewflow::people::Object::Row { table: "gate".to_owned(), id: row };
            let mut person = clerk("gus");
            person.rights.push(viewflow::Permission { name: right.to_owned(), object: (row > 0).then_some(object) });
            person
        };
        assert_eq!(starts(&with("gates.all", 0)), ["errand.start", "gates.open", "gates.guarded"]);
        assert_eq!(starts(&with("gates.all", 1)), some, "on one object is not on all");
        assert_eq!(starts(&with("gates.one", 0)), ["errand.start", "gates.open", "gates.on_one"]);
        let on_one = with("gates.one", 1);
        assert_eq!(starts(&on_one), ["errand.start", "gates.open", "gates.on_one"]);
        engine.transaction(|db| db.table().insert(flows::Gate { id: Id::NEW })).unwrap();
        engine.start(GatesFlow::on_one, &on_one, GateFields { region: 1 }).unwrap();
        assert!(matches!(
            engine.start(GatesFlow::on_one, &on_one, GateFields { region: 2 }),
            Err(Error::Forbidden { .. })
        ));
        assert!(starts(&Clerk { is_active: false, ..clerk("out") }).is_empty());
        assert_eq!(engine.desk(&boss()).starts().len(), 4);
        let line = engine.desk(&clerk("ann")).starts().remove(1);
        assert_eq!((&*line.title, &*line.flow_title), ("Open", engine.title("gates").unwrap()));
    });
}

#[test]
fn drafts_of_starts_are_shown_to_those_who_keep_them() {
    with_engine(|engine| {
        let [ann, eve] = ["ann", "eve"].map(clerk);
        engine.desk(&ann).draft_start(&node("start"), &Document::new()).unwrap();
        let drafts = engine.desk(&ann).start_drafts().unwrap();
        assert_eq!((drafts.len(), &*drafts[0].node, &*drafts[0].title), (1, "start", "Start"));
        assert!(drafts[0].drafted.is_some());
        assert!(engine.desk(&eve).start_drafts().unwrap().is_empty());
        let out = Clerk { is_active: false, ..ann };
        assert!(engine.desk(&out).start_drafts().unwrap().is_empty());
        assert!(engine.desk(&user("ann")).start_drafts().unwrap().len() == 1);
    });
}

#[test]
fn tasks_of_a_flow_that_is_not_known_here_are_found_by_its_name() {
    on_every_store(|store| {
        let old = with_flows(Engine::builder(Arc::clone(&store) as Arc<dyn Store>));
        let mia = clerk("mia").may("errand.manage", None);
        let ids: Vec<_> = (0..3).map(|number| start(&old, &mia, number)).collect();
        ids.iter().for_each(|id| old.cancel(*id, &boss()).unwrap());
        drop(old);
        let engine = Engine::builder(store).flow(ParcelFlow::new()).build().unwrap();
        let tasks = engine.desk(&mia).tasks().flow("errand").status(TaskStatus::Canceled);
        assert_eq!(of(&tasks), [1, 2, 3]);
        let line = tasks.page(None, 1).unwrap().items.remove(0);
        assert_eq!((&*line.flow_title, &*line.title), ("errand", "sort"), "names in place of titles");
        assert_eq!(numbers(&engine.desk(&mia).processes().flow("errand")), [1, 2, 3]);
    });
}
