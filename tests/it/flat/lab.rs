//! A store with so many of something, and an engine over it in which operations are counted.

use std::sync::Arc;
use std::time::Duration;

use viewflow::prelude::*;
use viewflow::store::ProcessRecord;
use viewflow::{Clock as _, Db, Document, ManualClock, Plan, Subscriber};
use viewflow_testing::CountingStore;

use super::flows::*;
use crate::support::{boss, user};

/// What there are so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Processes that run, each with an open task: in the queue, or in the inbox of `many`.
    OpenTasks,
    /// Processes that are over, with tasks that `many` did.
    Over,
    /// Rows of the table that is used.
    Rows,
    /// Rows of another table.
    OtherRows,
    /// Rows that refer to the row which is to be deleted.
    Referring,
    /// Processes that wait for other messages, signals and times.
    Waiting,
    /// Messages that are kept under other keys.
    Kept,
    /// Messages that are kept under the key that is used.
    KeptTogether,
    /// Processes with conditions over other rows.
    Conditions,
    /// Permissions on other objects, each of a task.
    Permissions,
    /// Tasks from which the person is barred.
    Barred,
    /// Subscribers, who have heard all.
    Subscribers,
    /// Starts by the clock.
    Starts,
    /// Rounds that the process has behind it.
    Past,
    /// Open tasks of the process.
    Branches,
    /// Conditions in the process.
    OwnConditions,
    /// Children of the process's task, one after the other, half of which are over.
    Children,
    /// Thousands of bytes in the document of the process.
    Text,
}

/// The key of the messages that are sent.
pub const KEY: u32 = 1_000_000;
/// The kind of processes that are looked for.
pub const KIND: u32 = 7;

pub struct Lab {
    pub engine: Engine,
    pub store: Arc<CountingStore<MemoryStore>>,
    pub clock: Arc<ManualClock>,
    dimension: Dimension,
    size: u32,
}

/// What an operation costs, by what is counted.
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
        builder.flow(EyesFlow::new()).flow(YearlyFlow)
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

    /// Builds the engine once more, over the store as it is.
    pub fn build(&self) -> Result<Engine> {
        builder!(self.store, self.clock, self.dimension, self.size).build()
    }

    pub fn plan(&self) -> Result<Plan> {
        builder!(self.store, self.clock, self.dimension, self.size).plan()
    }

    /// So many as are asked for of this dimension, and as few as can be of another.
    fn of(&self, dimension: Dimension) -> u32 {
        if dimension == self.dimension { self.size } else { 0 }
    }

    fn fill(&self) {
        let (engine, size, many) = (&self.engine, self.size, user("many"));
        // Those that operations are about.
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
            // Rows of a process's columns, and of bills: no operation uses them unless it says so.
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

    /// Counts what `work` does.
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

    /// A process in which `ann` has done the desk, grown as far as the dimension wants.
    pub fn process(&self) -> ProcessId {
        let text = "some text ".repeat(100 * self.of(Dimension::Text) as usize + 1);
        // One is open beside it, so that it is not over when a task of it is canceled.
        let (branches, conditions) = (self.of(Dimension::Branches) + 1, self.of(Dimension::OwnConditions));
        let kids = self.of(Dimension::Children).max(1);
        let id = self.engine.run(FlatFlow::start, (branches, conditions, kids, KIND, text)).unwrap().id;
        self.desk_done(id, &user("ann"));
        (0..self.of(Dimension::Past)).for_each(|_| self.turn(id, Way::Again));
        id
    }

    /// The task that was made last, which is the one that goes round.
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

    /// A task of a person that waits.
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

    /// The task that was done last, by `ann`.
    pub fn done(&self) -> TaskId {
        let task = self.assigned();
        self.engine.execute_with(task, &user("ann"), &Document::new()).unwrap();
        task
    }

    /// A task that has failed.
    pub fn failed(&self) -> TaskId {
        let id = self.process();
        self.ask(id, Way::Work, Question::Fail).unwrap();
        let task = self.newest(id);
        self.settle();
        task
    }

    /// A task that runs children, half of which are over.
    pub fn host(&self) -> TaskId {
        let id = self.process();
        self.turn(id, Way::Kids);
        let host = self.newest(id);
        (0..self.of(Dimension::Children) / 2).for_each(|_| self.leave(self.kid(id)));
        host
    }

    /// The child that runs: they come one after the other, right after their parent.
    pub fn kid(&self, parent: ProcessId) -> TaskId {
        let open = self.engine.processes::<KidFlow>().with_status(ProcessStatus::New).list().unwrap();
        let kid = open.iter().find(|kid| kid.id > parent).unwrap();
        TaskId { process: kid.id, ordinal: 2 }
    }

    pub fn leave(&self, kid: TaskId) {
        self.engine.task(KidFlow::leave, kid).unwrap().run(()).unwrap();
    }

    /// An item to which as many bills refer as the dimension wants, and which stands for itself otherwise.
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

    /// Makes an end of what an operation has left, where that is as large as the dimension.
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
