//! The data of a process is a record of its own. An operation that does not read it costs the same however long it
//! is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use viewflow::graph::Kind;
use viewflow::prelude::*;
use viewflow::store::{ProcessList, TaskRecord};
use viewflow::{ProcessStatus, Store};
use viewflow_testing::CountingStore;

use crate::support::{boss, do_next, open_task, open_tasks, perform, user};

#[derive(Process, Clone, Debug)]
pub struct Parcel {
    pub name: String,
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ParcelFlow {
    #[next(pack)]
    start: StartHandle,
    #[next(end)]
    pack: View,
    end: End,
}

#[derive(Process, Clone, Debug)]
pub struct Batch {
    pub count: u32,
    pub text: String,
}

#[derive(Flow)]
#[flow(process = Batch)]
pub struct BatchFlow {
    #[fields(count, text)]
    #[next(parcels)]
    start: Start,
    #[child(ParcelFlow::start, process_data_source = |a| (0..a.process.count).map(|n| Parcel { name: n.to_string() }))]
    #[next(wait)]
    parcels: NSubprocess,
    #[next(end)]
    wait: View,
    end: End,
}

mod branches {
    use viewflow::prelude::*;

    use super::Batch;

    #[derive(Flow)]
    #[flow(process = Batch)]
    pub struct BranchFlow {
        #[fields(count, text)]
        #[next(split)]
        start: Start,
        #[branch(work, task_seed_source = |a| (0..a.process.count).map(|_| ()))]
        split: Split,
        #[next(join)]
        pub work: View,
        #[until(|a| a.branch_count(Self::work)? >= 1_000_000)]
        #[next(end)]
        join: Join,
        end: End,
    }
}

mod drafted {
    use viewflow::prelude::*;

    use super::Batch;

    #[derive(Flow)]
    #[flow(process = Batch)]
    pub struct DraftedFlow {
        #[fields(count, text)]
        #[next(split)]
        start: Start,
        #[branch(work, task_seed_source = |a| (0..a.process.count).map(|_| ()))]
        split: Split,
        #[fields(text)]
        #[next(join)]
        pub work: View,
        #[next(end)]
        join: Join,
        end: End,
    }
}

mod tours {
    use viewflow::prelude::*;

    use super::{Batch, Parcel, ParcelFlow};

    #[derive(Flow)]
    #[flow(process = Batch)]
    pub struct TourFlow {
        #[fields(count, text)]
        #[next(stops)]
        start: Start,
        #[child(ParcelFlow::start, sequential, process_data_source = |a| (0..a.process.count).map(|n| Parcel { name: n.to_string() }))]
        #[next(end)]
        pub stops: NSubprocess,
        end: End,
    }
}

fn engine(store: Arc<dyn Store>) -> Engine {
    let flows = Engine::builder(store).flow(ParcelFlow::new()).flow(BatchFlow::new());
    flows.flow(branches::BranchFlow::new()).build().unwrap()
}

fn counting() -> (Engine, Arc<CountingStore<MemoryStore>>) {
    let store = Arc::new(CountingStore::new(MemoryStore::new()));
    (engine(store.clone()), store)
}

fn batch(count: u32, text: usize) -> StartFields {
    StartFields { count, text: "x".repeat(text) }
}

/// The open tasks of all parcels.
fn parcels(engine: &Engine) -> Vec<TaskRecord> {
    let all = engine.processes::<ParcelFlow>().list().unwrap();
    all.iter().flat_map(|parcel| open_tasks(engine, ParcelFlow::pack, parcel.id)).collect()
}

#[test]
fn the_end_of_a_child_neither_reads_nor_writes_data() {
    let (engine, store) = counting();
    let id = engine.start(BatchFlow::start, &user("ann"), batch(3, 10)).unwrap().id;
    let tasks = parcels(&engine);
    store.take();
    for task in tasks {
        perform(&engine, ParcelFlow::pack, task.id, ());
    }
    let counts = store.take();
    assert_eq!((counts.asked("process_data"), counts.written("data")), (0, 0));
    assert!(counts.written("process") >= 6, "each child and, with each, its parent: {counts:?}");
    let wait = open_task(&engine, BatchFlow::wait, id);
    assert_eq!(engine.process::<BatchFlow>(id).unwrap().text, "x".repeat(10));
    store.take();
    perform(&engine, BatchFlow::wait, wait.id, ());
    assert_eq!(store.take().asked("process_data"), 0, "a node without handlers and closures needs no data");
    assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
}

#[test]
fn what_is_done_to_processes_and_tasks_without_their_data_leaves_it_alone() {
    let (engine, store) = counting();
    let id = engine.start(BatchFlow::start, &user("ann"), batch(1, 10)).unwrap().id;
    let task =
        open_tasks(&engine, ParcelFlow::pack, engine.processes::<ParcelFlow>().list().unwrap()[0].id).remove(0).id;
    store.take();
    let (ann, bob) = (user("ann"), user("bob"));
    engine.assign(task, &ann).unwrap();
    engine.delegate(task, &ann, &bob).unwrap();
    engine.unassign(task, &bob).unwrap();
    engine.unassign(task, &ann).unwrap();
    engine.suspend(id, &boss()).unwrap();
    engine.resume(id, &boss()).unwrap();
    engine.run_pending().unwrap();
    engine.cancel(id, &boss()).unwrap();
    let counts = store.take();
    assert_eq!((counts.asked("process_data"), counts.written("data")), (0, 0));
    assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Canceled);
}

#[test]
fn the_end_of_a_child_writes_as_much_on_the_disk_however_long_the_document_of_its_parent_is() {
    let written = |text: usize| {
        let directory = TempDir::new().unwrap();
        let bytes = Arc::new(AtomicUsize::new(0));
        let sum = Arc::clone(&bytes);
        let store = SledStore::options().traced(Arc::new(move |writes| {
            let values = writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len));
            sum.fetch_add(values.sum(), Ordering::SeqCst);
        }));
        let engine = engine(Arc::new(store.open(directory.path()).unwrap()));
        engine.start(BatchFlow::start, &user("ann"), batch(2, text)).unwrap();
        let task = parcels(&engine).remove(0);
        bytes.store(0, Ordering::SeqCst);
        perform(&engine, ParcelFlow::pack, task.id, ());
        bytes.load(Ordering::SeqCst)
    };
    let (short, long) = (written(5_000), written(500_000));
    assert!(short < 10_000 && long.abs_diff(short) < 100, "{short} bytes and {long} bytes");
}

#[test]
fn a_step_writes_as_much_on_the_disk_however_long_the_draft_of_the_task_beside_it_is() {
    use drafted::{DraftedFlow, StartFields, WorkFields};
    let written = |text: usize| {
        let directory = TempDir::new().unwrap();
        let bytes = Arc::new(AtomicUsize::new(0));
        let sum = Arc::clone(&bytes);
        let store = SledStore::options().traced(Arc::new(move |writes| {
            let values = writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len));
            sum.fetch_add(values.sum(), Ordering::SeqCst);
        }));
        let store = store.open(directory.path()).unwrap();
        let engine = Engine::builder(store).flow(DraftedFlow::new()).build().unwrap();
        let form = StartFields { count: 2, text: "x".to_owned() };
        let id = engine.start(DraftedFlow::start, &user("ann"), form).unwrap().id;
        let tasks = open_tasks(&engine, DraftedFlow::work, id);
        let first = engine.task(DraftedFlow::work, tasks[0].id).unwrap().assign(&user("ann")).unwrap();
        let draft = [("text".to_owned(), "x".repeat(text).into())].into_iter().collect();
        first.draft(&user("ann"), &draft).unwrap();
        bytes.store(0, Ordering::SeqCst);
        perform(&engine, DraftedFlow::work, tasks[1].id, WorkFields { text: "y".to_owned() });
        bytes.load(Ordering::SeqCst)
    };
    let (short, long) = (written(2_000), written(1_000_000));
    assert!(short < 10_000 && long.abs_diff(short) < 100, "{short} bytes and {long} bytes");
}

#[test]
fn a_join_that_counts_what_is_done_reads_as_much_however_many_branches_there_are() {
    let read = |count: u32| {
        let (engine, store) = counting();
        let id = engine.start(
            branches::BranchFlow::start,
            &user("ann"),
            branches::StartFields { count, text: "x".to_owned() },
        );
        let id = id.unwrap().id;
        let tasks = open_tasks(&engine, branches::BranchFlow::work, id);
        for task in &tasks[1..] {
            perform(&engine, branches::BranchFlow::work, task.id, ());
        }
        store.take();
        perform(&engine, branches::BranchFlow::work, tasks[0].id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        store.take().read()
    };
    let (few, many) = (read(10), read(200));
    assert_eq!(few, many);
}

#[test]
fn a_child_that_is_added_to_a_sequence_reads_as_much_however_many_wait() {
    let read = |count: u32| {
        let store = Arc::new(CountingStore::new(MemoryStore::new()));
        let builder = Engine::builder(store.clone()).flow(ParcelFlow::new()).flow(tours::TourFlow::new());
        let engine = builder.build().unwrap();
        let form = tours::StartFields { count, text: "x".to_owned() };
        let id = engine.start(tours::TourFlow::start, &user("ann"), form).unwrap().id;
        let host = open_task(&engine, tours::TourFlow::stops, id).id;
        store.take();
        engine.task(tours::TourFlow::stops, host).unwrap().add(None, Parcel { name: "last".to_owned() }).unwrap();
        let read = store.take().read();
        let open = |engine: &Engine| engine.queue(&user("ann")).of(ParcelFlow::pack).list().unwrap();
        for _ in 0..=count.min(20) {
            assert_eq!(open(&engine).len(), 1, "one after the other");
            perform(&engine, ParcelFlow::pack, open(&engine)[0].id, ());
        }
        read
    };
    assert_eq!(read(1), read(300));
}

#[test]
fn who_started_a_process_at_which_end_it_ended_and_in_whose_place_something_was_done_is_told() {
    crate::support::on_every_store(|store| {
        let engine = engine(store);
        let (ann, bob) = (user("ann"), user("bob"));
        let id = engine.start(BatchFlow::start, &ann, batch(1, 10)).unwrap().id;
        let task = parcels(&engine).remove(0).id;
        engine.assign(task, &ann).unwrap();
        engine.delegate(task, &ann, &bob).unwrap();
        engine.desk(&bob).execute(task, &viewflow::Document::new()).unwrap();
        let parcel = engine.process_record(task.process).unwrap();
        assert_eq!((parcel.started_by.as_ref(), parcel.outcome.as_deref()), (Some(&ann), Some("end")));
        let events = engine.events(task.process, 0, 100).unwrap();
        let told: Vec<_> =
            events.iter().filter_map(|event| Some((event.kind.to_string(), event.on_behalf_of.clone()?))).collect();
        assert_eq!(told, [("pack finished".to_owned(), ann.clone())]);
        let batch = engine.process_record(id).unwrap();
        assert_eq!((batch.started_by.as_ref(), batch.outcome.as_deref()), (Some(&ann), None), "it runs");
        engine.cancel(id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().outcome, None);
        let code = engine.run(ParcelFlow::start, ()).unwrap();
        assert_eq!(engine.process_record(code.id).unwrap().started_by, None, "the program did");
    });
}

/// Two branches, each with an end of its own.
#[derive(Flow)]
#[flow(name = "apart_ends")]
pub struct EndsFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(one)]
    #[branch(two)]
    fork: Split,
    #[next(first)]
    one: View,
    #[next(second)]
    two: View,
    first: End,
    second: End,
}

/// Ends whose outcomes have names of their own.
#[derive(Flow)]
#[flow(name = "apart_outcomes")]
pub struct OutcomesFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(one)]
    #[branch(two)]
    #[branch(three)]
    #[branch(four)]
    #[branch(five)]
    fork: Split,
    #[next(no)]
    one: View,
    #[next(never)]
    two: View,
    #[next(stop)]
    three: View,
    #[next(fail)]
    four: View,
    #[next(end)]
    five: View,
    #[outcome(refused)]
    no: End,
    #[outcome(refused)]
    never: End,
    #[outcome(withdrawn)]
    stop: Terminate,
    #[code("broken")]
    #[outcome(r#loop)]
    fail: ErrorEnd,
    end: End,
}

#[test]
fn an_end_names_the_outcome_of_processes_that_end_there() {
    crate::support::on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(OutcomesFlow::new()).build().unwrap();
        let begun = || engine.run(OutcomesFlow::start, ()).unwrap().id;
        let told = |id| {
            let process = engine.process_record(id).unwrap();
            (process.status, process.outcome.clone().unwrap_or_default())
        };
        let cancel = |id| {
            for task in engine.tasks(id, 0, usize::MAX).unwrap() {
                if task.kind == Kind::View && !task.status.is_final() {
                    engine.cancel_task(task.id, &boss()).unwrap();
                }
            }
        };
        let [stopped, failed, first, second, plain] = [(); 5].map(|()| begun());
        do_next(&engine, OutcomesFlow::three, stopped, ());
        assert_eq!(told(stopped), (ProcessStatus::Done, "withdrawn".to_owned()));
        do_next(&engine, OutcomesFlow::four, failed, ());
        assert_eq!(told(failed), (ProcessStatus::Failed, "loop".to_owned()));
        do_next(&engine, OutcomesFlow::one, first, ());
        cancel(first);
        assert_eq!(told(first), (ProcessStatus::Done, "refused".to_owned()), "its token came to the end before");
        do_next(&engine, OutcomesFlow::two, second, ());
        cancel(second);
        do_next(&engine, OutcomesFlow::five, plain, ());
        cancel(plain);
        assert_eq!(told(plain), (ProcessStatus::Done, "end".to_owned()), "without a name of its own, that of the end");
        let listed = |outcome: &str| {
            let list = ProcessList::Outcome("apart_outcomes".to_owned(), outcome.to_owned());
            store.list_processes(&list, None, 9).unwrap()
        };
        assert_eq!((listed("refused"), listed("no")), (vec![second, first], vec![]), "two ends share it");
        assert_eq!(viewflow_testing::inconsistencies(&*store), [""; 0]);
    });
}

#[test]
fn the_outcome_is_told_once_a_process_is_over_and_is_the_end_that_its_last_token_came_to() {
    crate::support::on_every_store(|store| {
        let engine = Engine::builder(store).flow(EndsFlow::new()).build().unwrap();
        let begun = || engine.run(EndsFlow::start, ()).unwrap().id;
        let told = |id| {
            let process = engine.process_record(id).unwrap();
            (process.status, process.outcome.clone())
        };
        let done = |end: &str| (ProcessStatus::Done, Some(end.to_owned()));
        let id = begun();
        do_next(&engine, EndsFlow::two, id, ());
        assert_eq!(told(id), (ProcessStatus::New, None), "it runs");
        do_next(&engine, EndsFlow::one, id, ());
        assert_eq!(told(id), done("first"));

        let id = begun();
        do_next(&engine, EndsFlow::two, id, ());
        engine.cancel_task(open_task(&engine, EndsFlow::one, id).id, &boss()).unwrap();
        assert_eq!(told(id), done("second"), "the other token came to none");

        // An end that was undone does not count.
        let id = begun();
        do_next(&engine, EndsFlow::one, id, ());
        do_next(&engine, EndsFlow::two, id, ());
        assert_eq!(told(id), done("second"));
        let id = begun();
        do_next(&engine, EndsFlow::two, id, ());
        engine.go_back(id, EndsFlow::two, &boss()).unwrap();
        assert_eq!(told(id), (ProcessStatus::New, None));
        do_next(&engine, EndsFlow::one, id, ());
        engine.cancel_task(open_task(&engine, EndsFlow::two, id).id, &boss()).unwrap();
        assert_eq!(told(id), done("first"));

        let id = begun();
        engine.skip(open_task(&engine, EndsFlow::two, id).id, &boss()).unwrap();
        engine.skip(open_task(&engine, EndsFlow::one, id).id, &boss()).unwrap();
        assert_eq!(told(id), done("first"));
    });
}
