//! A lab: a store with many of something, and an engine over it whose operations are counted.

use std::sync::Arc;
use std::time::Duration;

use viewflow::change::Plan;
use viewflow::engine::{Clock as _, ManualClock, Subscriber};
use viewflow::prelude::*;
use viewflow::store::ProcessRecord;
use viewflow::{Db, Document};
use viewflow_testing::CountingStore;

use super::flows::*;
use crate::support::{boss, user};

/// The thing that a lab has many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Running processes, each with an open task: in the queue, or in the inbox of `many`.
    OpenTasks,
    /// Finished processes, with tasks that `many` did.
    Over,
    /// Rows of the table that the operations use.
    Rows,
    /// Rows of another table.
    OtherRows,
    /// Rows that refer to the row that an operation deletes.
    Referring,
    /// Processes that wait for other messages, signals and times.
    Waiting,
    /// Messages that are kept under other keys.
    Kept,
    /// Messages that are kept under the key that the operations use.
    KeptTogether,
    /// Processes with conditions over other rows.
    Conditions,
    /// Permissions on other objects, each of a task.
    Permissions,
    /// Tasks from which the person is barred.
    Barred,
    /// Subscribers that have heard all events.
    Subscribers,
    /// Starts by the clock.
    Starts,
    /// Past rounds of the process.
    Past,
    /// Open tasks of the process.
    Branches,
    /// Conditions in the process.
    OwnConditions,
    /// Children of the process's task, one after the other. Half of them are finished.
    Children,
    /// Thousands of bytes in the document of the process.
    Text,
}

/// The key of the messages that operations send.
pub const KEY: u32 = 1_000_000;
/// The kind of processes that operations search for.
pub const KIND: u32 = 7;

pub struct Lab {
    pub engine: Engine,
    pub store: Arc<CountingStore<MemoryStore>>,
    pub clock: Arc<ManualClock>,
    dimension: Dimension,
    size: u32,
}

/// The cost of an operation, by the kind of count.
#[derive(Clone, Copy, Debug)]
pub struct Cost(pub [(&'static str, u64); 6]);

/// A builder of the engine.
macro_rules! builder {
    ($store:expr, $clock:expr, $dimension:expr, $size:expr) => {{
        let mut builder = Engine::builder($store.clone()).clock($clock.clone()).table::<Bill>().table::<Label>();
        let subscribers = if $dimension == Dimension::Subscribers { $size } else { 0 };
        for number in 0..subscribers {
            builder = builder.subscriber(Subscriber::from_now_on(format!("subscriber {number}"), |_, _| Ok(())));
        }
        let builder = builder.flow(FlatFlow::new()).flow(KidFlow::new()).flow(NoteFlow::new()).flow(BellFlow::new());
        let builder = builder.flow(PauseFlow::new()).flow(StockFlow::new()).flow(PermittedFlow::new());
        builder.flow(EyesFlow::new()).flow(YearlyFlow).people($crate::support::Names)
    }};
}

impl Lab {
    pub fn new(dimension: Dimension, size: u32) -> Self {
        let store = Arc::new(CountingStore::new(MemoryStore::new()));
        let clock = Arc::new(ManualClock::default());
        STARTS.set(if dimension == Dimension::Starts { size as usize } else { 0 });
        let engine = builder!(store, clock, dimension, size).build().unwrap();
        let lab = Self { engine, store, clock, dimension, size };
        lab.fill();
        lab.settle();
        lab
    }

    /// Builds the engine again, over the store in its current state.
    pub fn build(&self) -> Result<Engine> {
        builder!(self.store, self.clock, self.dimension, self.size).build()
    }

    pub fn plan(&self) -> Result<Plan> {
        builder!(self.store, self.clock, self.dimension, self.size).plan()
    }

    /// The size of the lab if this is its dimension, and 0 otherwise.
    fn of(&self, dimension: Dimension) -> u32 {
        if dimension == self.dimension { self.size } else { 0 }
    }

    fn fill(&self) {
        let (engine, size, many) = (&self.engine, self.size, user("many"));
        // The rows that the operations use.
        self.db(|db| {
            db.table().insert(Item { id: Id::NEW, code: KEY })?;
            db.table().insert(Stock { id: Id::NEW, pieces: 0 }).map(drop)
        });
        match self.dimension {
            Dimension::OpenTasks => (0..size).for_each(|number| {
                let id = engine.run(FlatFlow::start, begin(0)).unwrap().id;
                self.turn(id, if number % 2 == 0 { Way::Desk } else { Way::Judge });
                if number % 2 == 0 {
                    engine.assign(self.newest(id), &many).unwrap();
                }
            }),
            Dimension::Over => (0..size).for_each(|_| {
                let id = engine.run(FlatFlow::start, begin(KIND)).unwrap().id;
                self.desk_done(id, &many);
                self.turn(id, Way::Over);
            }),
            Dimension::Rows => self.db(|db| {
                (0..size).try_for_each(|code| {
                    db.table().insert(Item { id: Id::NEW, code })?;
                    db.table().insert(Stock { id: Id::NEW, pieces: 0 })?;
                    db.table().insert(Label { id: Id::NEW, item: Id::<Item>::from_number(1).to_ref() }).map(drop)
                })
            }),
            Dimension::Conditions => {
                self.db(|db| (0..size).try_for_each(|_| db.table().insert(Stock { id: Id::NEW, pieces: 0 }).map(drop)));
                (0..size).for_each(|number| drop(engine.run(StockFlow::start, number + 2).unwrap()));
            }
            Dimension::OwnConditions => {
                self.db(|db| (0..size).try_for_each(|_| db.table().insert(Stock { id: Id::NEW, pieces: 0 }).map(drop)));
            }
            Dimension::Waiting => (0..size).for_each(|number| {
                engine.run(NoteFlow::start, number).unwrap();
                engine.run(BellFlow::start, false).unwrap();
                engine.run(PauseFlow::start, false).unwrap();
            }),
            Dimension::Kept => (0..size).for_each(|key| {
                engine.send(&Note { key }).unwrap();
            }),
            Dimension::KeptTogether => (0..size).for_each(|_| {
                engine.send(&Note { key: KEY }).unwrap();
            }),
            Dimension::Permissions => (0..size).for_each(|number| {
                engine.run(PermittedFlow::start, number + 2).unwrap();
            }),
            Dimension::Barred => (0..size).for_each(|_| drop(engine.start(EyesFlow::start, &user("ann"), ()).unwrap())),
            // Rows of a process's columns, and of bills. Only operations that say so use them.
            Dimension::OtherRows => {
                let item = self.item();
                self.db(|db| (0..size).try_for_each(|_| db.table().insert(Bill { id: Id::NEW, item }).map(drop)));
            }
            Dimension::Referring
            | Dimension::Subscribers
            | Dimension::Starts
            | Dimension::Past
            | Dimension::Branches
            | Dimension::Children
            | Dimension::Text => {}
        }
    }

    /// Counts the cost of `work`.
    pub fn count<R>(&self, work: impl FnOnce() -> Result<R>) -> Cost {
        self.store.take();
        work().unwrap();
        let counts = self.store.take();
        Cost([
            ("reads", counts.calls()),
            ("records read", counts.read()),
            ("commits", counts.commits()),
            ("records written", counts.writes()),
            ("relied on", counts.relied()),
            ("bytes", counts.bytes()),
        ])
    }

    /// A process in which `ann` has done the desk. It is as large as the dimension demands.
    pub fn process(&self) -> ProcessId {
        let text = "some text ".repeat(100 * self.of(Dimension::Text) as usize + 1);
        // One more branch is open, so that the process is not over when a task of it is canceled.
        let (branches, conditions) = (self.of(Dimension::Branches) + 1, self.of(Dimension::OwnConditions));
        let kids = self.of(Dimension::Children).max(1);
        let id = self.engine.run(FlatFlow::start, (branches, conditions, kids, KIND, text)).unwrap().id;
        self.desk_done(id, &user("ann"));
        (0..self.of(Dimension::Past)).for_each(|_| self.turn(id, Way::Again));
        id
    }

    /// The newest task, which goes round.
    pub fn newest(&self, process: ProcessId) -> TaskId {
        let record: ProcessRecord = viewflow::Store::process(&*self.store, process).unwrap().unwrap().record;
        TaskId { process, ordinal: record.tasks }
    }

    pub fn turn(&self, id: ProcessId, way: Way) {
        self.ask(id, way, Question::Nothing).unwrap();
    }

    pub fn ask(&self, id: ProcessId, way: Way, question: Question) -> Result<()> {
        self.engine.task(FlatFlow::turn, self.newest(id))?.run((way, question))
    }

    /// A person's task that waits.
    pub fn desk(&self) -> TaskId {
        let id = self.process();
        self.turn(id, Way::Desk);
        self.newest(id)
    }

    /// A task that `ann` has.
    pub fn assigned(&self) -> TaskId {
        let desk = self.desk();
        self.engine.assign(desk, &user("ann")).unwrap();
        desk
    }

    fn desk_done(&self, id: ProcessId, by: &UserId) {
        self.turn(id, Way::Desk);
        let desk = self.engine.task(FlatFlow::desk, self.newest(id)).unwrap();
        desk.assign(by).unwrap().execute(by, DeskFields { text: None }).unwrap();
    }

    /// The last finished task, done by `ann`.
    pub fn done(&self) -> TaskId {
        let task = self.assigned();
        self.engine.desk(&user("ann")).execute(task, &Document::new()).unwrap();
        task
    }

    /// A failed task.
    pub fn failed(&self) -> TaskId {
        let id = self.process();
        self.ask(id, Way::Work, Question::Fail).unwrap();
        let task = self.newest(id);
        self.settle();
        task
    }

    /// A task that runs children. Half of them are finished.
    pub fn host(&self) -> TaskId {
        let id = self.process();
        self.turn(id, Way::Kids);
        let host = self.newest(id);
        (0..self.of(Dimension::Children) / 2).for_each(|_| self.leave(self.kid(id)));
        host
    }

    /// The running child. Children come one after the other, right after their parent.
    pub fn kid(&self, parent: ProcessId) -> TaskId {
        let open = self.engine.processes::<KidFlow>().with_status(ProcessStatus::New).list().unwrap();
        let kid = open.iter().find(|kid| kid.id > parent).unwrap();
        TaskId { process: kid.id, ordinal: 2 }
    }

    pub fn leave(&self, kid: TaskId) {
        self.engine.task(KidFlow::leave, kid).unwrap().run(()).unwrap();
    }

    /// A new item that nothing refers to.
    pub fn item(&self) -> Ref<Item> {
        self.insert(Item { id: Id::NEW, code: KEY + 1 })
    }

    pub fn referred(&self) -> Ref<Item> {
        let item = self.item();
        self.db(|db| {
            (0..=self.of(Dimension::Referring))
                .try_for_each(|_| db.table().insert(Bill { id: Id::NEW, item }).map(drop))
        });
        item
    }

    fn insert<E: Entity + Clone>(&self, row: E) -> Ref<E> {
        self.engine.transaction(|db| db.table().insert(row.clone())).unwrap()
    }

    pub fn db(&self, work: impl Fn(&Db) -> Result<()>) {
        self.engine.transaction(work).unwrap();
    }

    /// Ends the processes that an operation left, where those are as large as the dimension.
    pub fn clear(&self) {
        self.settle();
        if matches!(
            self.dimension,
            Dimension::Past | Dimension::Branches | Dimension::OwnConditions | Dimension::Children | Dimension::Text
        ) {
            for process in self.engine.processes::<FlatFlow>().with_status(ProcessStatus::New).list().unwrap() {
                self.engine.cancel(process.id, &boss()).unwrap();
            }
            self.settle();
            self.clock.advance(Duration::from_secs(1));
            self.engine.purge(self.clock.now()).unwrap();
        }
    }

    pub fn settle(&self) {
        while self.engine.run_pending().unwrap() > 0 {}
    }
}

fn begin(kind: u32) -> Begin {
    (0, 0, 1, kind, "some text".to_owned())
}
