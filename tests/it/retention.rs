//! Finished processes are forgotten.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use viewflow::engine::{Clock as _, ManualClock, Retention};
use viewflow::prelude::*;
use viewflow::store::{Change, Commit, ProcessRecord, Reference, RowRecord};
use viewflow::table::OnDelete;
use viewflow::{Store, Timestamp};
use viewflow_testing::{Stage, crash_points, inconsistencies};

use crate::support::{boss, do_next, manual, on_every_store, wait_until};

const DAY: Duration = Duration::from_hours(24);

#[derive(Entity, Clone, Debug)]
#[entity(table = "kept_notes")]
pub struct Note {
    #[id]
    pub id: Id<Note>,
}

#[derive(Process, Clone, Debug)]
pub struct Errand {
    #[field(column, index)]
    pub number: Option<u32>,
    #[field(default = 0)]
    pub steps: u32,
}

/// Has one task for each of its steps.
#[derive(Flow)]
#[flow(process = Errand)]
pub struct ErrandFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(each)]
    start: StartHandle,
    #[branch(step, task_seed_source = |a| 0..a.process.steps)]
    each: Split,

    /// Errands of other processes start here.
    #[next(each)]
    again: StartHandle,

    #[call(Self::step)]
    #[next(gather)]
    step: Function<Seed<u32>>,
    #[next(end)]
    gather: Join,
    end: End,
}

impl ErrandFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, steps: u32) -> Result<()> {
        (a.process.number, a.process.steps) = (Some(7), steps);
        a.table().insert(Note { id: Id::NEW }).map(drop)
    }

    fn step(&self, _: &mut Activation<Self, Seed<u32>>) -> Result<()> {
        Ok(())
    }
}

/// Runs three errands, and then waits.
#[derive(Flow)]
#[flow(process = Errand)]
pub struct RoundFlow {
    #[next(errands)]
    start: StartHandle,
    #[child(ErrandFlow::again, process_data_source = |_a| vec![Errand { number: Some(1), steps: 2 }; 3])]
    #[next(rest)]
    errands: NSubprocess,
    #[next(end)]
    rest: View,
    end: End,
}

fn engine(store: &Arc<dyn Store>, retention: Retention) -> (Engine, Arc<ManualClock>) {
    let (builder, clock) = manual(Arc::clone(store));
    (builder.retain(retention).flow(ErrandFlow::new()).flow(RoundFlow::new()).build().unwrap(), clock)
}

fn errand(engine: &Engine, steps: u32) -> ProcessId {
    engine.run(ErrandFlow::start, steps).unwrap().id
}

fn processes(store: &Arc<dyn Store>) -> Vec<ProcessId> {
    store.processes(ProcessId(0), 1000).unwrap().into_iter().map(|process| process.id).collect()
}

/// The numbers of the rows with columns of processes.
fn columns(store: &Arc<dyn Store>) -> Vec<u64> {
    store.rows(Errand::TABLE.unwrap(), 0, 1000).unwrap().into_iter().map(|(id, _)| id).collect()
}

/// How many records of a process are left.
fn left(store: &Arc<dyn Store>, id: ProcessId) -> usize {
    let process = usize::from(store.process(id).unwrap().is_some());
    let tasks = store.tasks(id, 0, usize::MAX).unwrap().len();
    process + tasks + store.scopes(id, None, 1000).unwrap().len() + store.events(id, 0, usize::MAX).unwrap().len()
}

fn write(store: &Arc<dyn Store>, changes: Vec<Change>) {
    store.commit(Commit { changes, ..Commit::default() }).unwrap().wait().unwrap();
}

#[test]
fn a_process_is_forgotten_when_it_has_been_over_for_long_enough_and_not_before() {
    on_every_store(|store| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY));
        assert_eq!(engine.run_pending().unwrap(), 0);
        clock.advance(DAY / 2);
        let first = errand(&engine, 3);
        clock.advance(DAY / 2);
        let second = errand(&engine, 3);
        clock.advance(Duration::from_millis(12 * 3_600_000 - 1));
        assert_eq!(engine.run_pending().unwrap(), 0);
        assert_eq!(engine.next_due().unwrap(), Some(clock.now().after(Duration::from_millis(1))));
        clock.advance(Duration::from_millis(1));
        assert!(engine.run_pending().unwrap() > 0);
        assert_eq!((processes(&store), columns(&store), left(&store, first)), (vec![second], vec![second.0], 0));
        assert_eq!(engine.next_due().unwrap(), Some(clock.now().after(DAY / 2)));
        clock.advance(DAY / 2);
        engine.run_pending().unwrap();
        assert!(processes(&store).is_empty() && columns(&store).is_empty());
        let notes = engine.transaction(|db| db.table::<Note>().all().count()).unwrap();
        assert_eq!(notes, 2, "rows of other tables stay");
        assert!(engine.processes::<ErrandFlow>().list().unwrap().is_empty());
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
        assert!(errand(&engine, 0) > second, "no number is given out twice");
    });
}

#[test]
fn without_a_word_processes_are_kept_until_they_are_purged_by_hand() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(ErrandFlow::new()).flow(RoundFlow::new()).build().unwrap();
        let ids: Vec<_> = (0..20).map(|_| errand(&engine, 1)).collect();
        let running = engine.run(RoundFlow::start, ()).unwrap().id;
        clock.advance(DAY * 10_000);
        assert_eq!((engine.run_pending().unwrap(), engine.next_due().unwrap()), (0, None));
        let late = errand(&engine, 1);
        assert_eq!(engine.purge(Timestamp::from_millis(0)).unwrap(), 0, "they ended at 0, and not before it");
        assert_eq!(engine.purge(clock.now()).unwrap(), ids.len() as u64);
        let kept = processes(&store);
        assert_eq!((kept.len(), kept[0], kept[4]), (5, running, late), "sub-processes stay with who ran them");
        let error = engine.transaction(|_| engine.purge(clock.now())).unwrap_err();
        assert!(matches!(error, Error::StepInStep), "{error}");
    });
}

#[test]
fn sub_processes_are_forgotten_with_the_process_that_ran_them() {
    on_every_store(|store| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY));
        let id = engine.run(RoundFlow::start, ()).unwrap().id;
        clock.advance(DAY * 2);
        assert_eq!(engine.run_pending().unwrap(), 0);
        assert_eq!(processes(&store).len(), 4);
        do_next(&engine, RoundFlow::rest, id, ());
        clock.advance(DAY);
        engine.run_pending().unwrap();
        assert!(processes(&store).is_empty() && columns(&store).is_empty());
        assert_eq!((1..5).map(|id| left(&store, ProcessId(id))).sum::<usize>(), 0);
    });
}

#[test]
fn each_process_is_handed_over_before_it_is_forgotten_and_kept_while_that_fails() {
    on_every_store(|store| {
        let broken = Arc::new(AtomicBool::new(true));
        let (seen, failed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (fails, archive) = (Arc::clone(&broken), Arc::clone(&seen));
        let retention = Retention::purge_after(DAY).export(move |lines| {
            if fails.load(Ordering::SeqCst) {
                return Err(Error::msg("the archive is full"));
            }
            archive.lock().unwrap().extend_from_slice(lines);
            Ok(())
        });
        let (builder, clock) = manual(Arc::clone(&store));
        let count = Arc::clone(&failed);
        let builder = builder.retain(retention).on_error(move |_| *count.lock().unwrap() += 1);
        let engine = builder.flow(ErrandFlow::new()).flow(RoundFlow::new()).build().unwrap();
        let id = engine.run(RoundFlow::start, ()).unwrap().id;
        do_next(&engine, RoundFlow::rest, id, ());
        let alone = errand(&engine, 2);
        let before = exported(&*store);
        clock.advance(DAY);
        let error = engine.run_pending().unwrap_err();
        assert!(error.to_string().contains("the archive is full"), "{error}");
        assert_eq!((processes(&store).len(), left(&store, alone) > 5), (5, true));
        broken.store(false, Ordering::SeqCst);
        assert_eq!(engine.run_pending().unwrap(), 0, "it is left alone for a while");
        clock.advance(Duration::from_mins(1));
        engine.run_pending().unwrap();
        assert!(processes(&store).is_empty());
        // The exporter received the same lines that an export writes.
        let mut seen = seen.lock().unwrap().clone();
        seen.sort_unstable();
        let kept = |line: &&String| {
            let last_number = line.starts_with("{\"numbers\"") || line.starts_with("{\"log\"");
            // The engine's own notes belong to no process.
            !line.contains("kept_notes") && !line.contains("\"viewflow.") && !last_number
        };
        let mut before: Vec<String> = before.iter().filter(kept).cloned().collect();
        before.sort_unstable();
        assert_eq!(seen, before);
        // Workers report the failure.
        broken.store(true, Ordering::SeqCst);
        errand(&engine, 0);
        clock.advance(DAY * 2);
        let workers = engine.workers(1);
        wait_until(|| *failed.lock().unwrap() > 0);
        workers.stop();
        assert_eq!(processes(&store).len(), 1);
    });
}

/// The lines of an export, without the first and the last line.
fn exported(store: &dyn Store) -> Vec<String> {
    let mut file = Vec::new();
    viewflow::store::export(store, &mut file, |_| ()).unwrap();
    let lines: Vec<String> = String::from_utf8(file).unwrap().lines().map(str::to_owned).collect();
    lines[1..lines.len() - 1].to_vec()
}

#[test]
fn an_export_that_panics_keeps_the_process() {
    on_every_store(|store| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY).export(|_| panic!("bang")));
        errand(&engine, 0);
        clock.advance(DAY);
        let error = engine.run_pending().unwrap_err().to_string();
        assert!(error.contains("the export of a process panicked: bang"), "{error}");
        assert_eq!((processes(&store).len(), engine.run_pending().unwrap()), (1, 0));
    });
}

#[test]
fn workers_forget_in_the_background() {
    on_every_store(|store| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY));
        for _ in 0..300 {
            errand(&engine, 5);
        }
        let workers = engine.workers(1);
        clock.advance(DAY);
        wait_until(|| processes(&store).is_empty());
        workers.stop();
        assert!(columns(&store).is_empty());
    });
}

#[test]
fn a_large_process_is_forgotten_in_parts_and_handed_over_once() {
    on_every_store(|store| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let archive = Arc::clone(&seen);
        let keeps = move |lines: &[String]| {
            archive.lock().unwrap().push(lines.len());
            Ok(())
        };
        let (engine, clock) = engine(&store, Retention::purge_after(DAY).export(keeps));
        let id = errand(&engine, 3000);
        let records = left(&store, id);
        clock.advance(DAY);
        let parts = engine.run_pending().unwrap();
        assert!((records / 500..records / 500 + 3).contains(&parts), "{parts} parts of {records} records");
        assert_eq!((left(&store, id), &seen.lock().unwrap()[..]), (0, &[records + 2][..]));
    });
}

#[test]
fn whatever_write_the_program_crashes_at_all_is_forgotten_at_last_and_nothing_is_torn() {
    let fill = |store: Arc<dyn Store>| {
        let (engine, _) = engine(&store, Retention::forever());
        errand(&engine, 700);
        let round = engine.run(RoundFlow::start, ()).unwrap().id;
        engine.cancel(round, &boss()).unwrap();
    };
    let program = |store: Arc<dyn Store>| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY));
        clock.advance(DAY * 2);
        engine.run_pending()?;
        engine.purge(clock.now()).map(drop)
    };
    let check = |store: &dyn Store, stage| {
        let processes = store.processes(ProcessId(0), 10).unwrap();
        for process in &processes {
            let children = processes.iter().filter(|child| child.parent.is_some_and(|task| task.process == process.id));
            assert!(process.flow != "round" || children.count() <= 3);
        }
        assert!(stage == Stage::Crashed || processes.is_empty(), "{processes:?}");
        assert!(stage == Stage::Crashed || store.nodes(None, 10).unwrap().is_empty());
    };
    let in_memory = || {
        let store = Arc::new(MemoryStore::new());
        fill(Arc::clone(&store) as Arc<dyn Store>);
        store
    };
    let crashes = crash_points(in_memory, Arc::clone, program, check);
    assert!(crashes >= 2 * 8, "{crashes}");
    let open = |place: &TempDir| SledStore::open(place.path()).unwrap();
    let on_disk = || {
        let place = TempDir::new().unwrap();
        fill(Arc::new(open(&place)));
        place
    };
    assert_eq!(crash_points(on_disk, open, program, check), crashes);
}

#[test]
fn what_cannot_be_forgotten_is_told_and_holds_up_nobody() {
    on_every_store(|store| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY));
        let ids: Vec<_> = (0..12).map(|_| errand(&engine, 1)).collect();
        // Rows refer to the columns of all processes but the last one.
        let table = Errand::TABLE.unwrap();
        for id in &ids[..11] {
            let to = Reference {
                table: table.to_owned(),
                id: id.0,
                field: "errand".to_owned(),
                on_delete: OnDelete::Protect,
            };
            let new = RowRecord { references: vec![to], ..RowRecord::default() };
            write(&store, vec![Change::Row { table: "bills".to_owned(), id: id.0, old: None, new: Some(new) }]);
        }
        let before = left(&store, ids[0]);
        clock.advance(DAY);
        let error = engine.run_pending().unwrap_err();
        assert!(matches!(&error, Error::Protected { by_table, .. } if by_table == "bills"), "{error}");
        assert_eq!(left(&store, ids[0]), before, "nothing of it is forgotten");
        clock.advance(Duration::from_mins(1));
        assert!(engine.run_pending().is_err());
        assert_eq!((processes(&store), columns(&store).len()), (ids[..11].to_vec(), 11));
        assert!(matches!(engine.purge(clock.now()), Err(Error::Protected { .. })));
        let row = store.row("bills", ids[3].0).unwrap().unwrap().record;
        write(&store, vec![Change::Row { table: "bills".to_owned(), id: ids[3].0, old: Some(row), new: None }]);
        assert!(engine.purge(clock.now()).is_err());
        assert_eq!((processes(&store).len(), left(&store, ids[3])), (10, 0));
    });
}

#[test]
fn a_process_with_a_sub_process_that_runs_is_left_and_those_after_it_are_forgotten() {
    on_every_store(|store| {
        let (engine, clock) = engine(&store, Retention::purge_after(DAY));
        let round = engine.run(RoundFlow::start, ()).unwrap().id;
        do_next(&engine, RoundFlow::rest, round, ());
        errand(&engine, 1);
        let child = store.processes(round, 1).unwrap().remove(0);
        let runs = ProcessRecord { status: ProcessStatus::New, finished: None, ..child.clone() };
        write(&store, vec![Change::process(Some(child.clone()), runs.clone())]);
        clock.advance(DAY);
        engine.run_pending().unwrap();
        assert_eq!(processes(&store).len(), 4);
        write(&store, vec![Change::process(Some(runs), child)]);
        assert_eq!(engine.run_pending().unwrap(), 0);
        clock.advance(Duration::from_mins(1));
        engine.run_pending().unwrap();
        assert!(processes(&store).is_empty());
    });
}

#[test]
fn of_a_flow_that_is_not_known_the_processes_are_forgotten_and_their_columns_stay() {
    on_every_store(|store| {
        let (before, clock) = engine(&store, Retention::forever());
        let id = errand(&before, 1);
        drop(before);
        let builder = Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock));
        let other = builder.retain(Retention::purge_after(DAY)).build().unwrap();
        clock.advance(DAY);
        other.run_pending().unwrap();
        assert_eq!((left(&store, id), columns(&store)), (0, vec![id.0]));
    });
}
