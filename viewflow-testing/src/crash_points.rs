//! Crashes at every possible place: between two writes, and between a write and its answer.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use viewflow_store::{Commit, Receipt, Store, StoreError, StoreResult, forward};

use super::inconsistencies;
use viewflow_core::Result;

/// The fate of the write at which a [`CrashingStore`] crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The write is lost.
    Before,
    /// The write has happened, but the writer is not told.
    After,
}

/// A store that crashes at its n-th write. From then on, all its methods fail.
///
/// ```
/// use viewflow_testing::{Crash, CrashingStore};
/// use viewflow_core::{Engine, MemoryStore};
///
/// let engine = Engine::builder(CrashingStore::new(MemoryStore::new(), Crash::Before, 1)).build()?;
/// assert!(engine.run_pending().is_ok(), "nothing is written");
/// # Ok::<(), viewflow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct CrashingStore<S> {
    store: S,
    crash: Crash,
    at: u64,
    writes: AtomicU64,
    crashed: Arc<AtomicBool>,
}

impl<S: Store> CrashingStore<S> {
    /// Makes a store that works as `store` does until its write number `at`, counted from 1.
    pub fn new(store: S, crash: Crash, at: u64) -> Self {
        Self { store, crash, at, writes: AtomicU64::new(0), crashed: Arc::default() }
    }

    /// Returns whether it has crashed.
    pub fn has_crashed(&self) -> bool {
        self.crashed.load(Ordering::SeqCst)
    }

    fn alive(&self) -> StoreResult<&S> {
        if self.has_crashed() { Err(stopped()) } else { Ok(&self.store) }
    }
}

fn stopped() -> StoreError {
    StoreError::Stopped("it was made to crash".to_owned())
}

/// The point at which [`crash_points`] lets the store be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The program has crashed, and has not been started again yet.
    Crashed,
    /// The program has come to its end.
    Finished,
}

/// Runs a program again and again, and lets it crash at another place each time. Returns how many crashes there were.
///
/// The program crashes before and after its first write, its second, and so on, until it succeeds.
///
/// `place` makes a place where nothing is stored yet. `open` opens the store at that place: for the first time, and
/// again after the crash. For the memory store these are `|| Arc::new(MemoryStore::new())` and `Arc::clone`. For a
/// store on disk they are a directory of its own and the call that opens it.
///
/// `program` is what a program does when it is started: it builds its engine, does all open work, and comes to an end.
/// After a crash it is run once more, and must succeed.
///
/// `check` looks at the store after each crash and at each end. It need not call [`inconsistencies`], which this
/// function calls itself.
///
/// ```
/// # use viewflow_core::{Flow, builder::FlowBuilder, graph::{Kind, Role}};
/// # pub struct GreetFlow;
/// # impl Flow for GreetFlow {
/// #     type Process = ();
/// #     const NAME: &'static str = "greet";
/// #     const TITLE: &'static str = "Greet";
/// #     fn define(flow: &mut FlowBuilder<Self>) {
/// #         flow.node::<()>("start", Kind::StartTimer).every(Duration::from_secs(60)).edge::<()>(Role::Next, "end");
/// #         flow.node::<()>("end", Kind::End);
/// #     }
/// # }
/// use std::{sync::Arc, time::Duration};
/// use viewflow_testing::{Stage, crash_points};
/// use viewflow_core::{Engine, MemoryStore, ProcessId, engine::ManualClock};
///
/// let crashes = crash_points(
///     || Arc::new(MemoryStore::new()),
///     Arc::clone,
///     |store| {
///         // A process starts every minute, the first one at once.
///         let clock = ManualClock::default();
///         let engine = Engine::builder(store).clock(clock).flow(GreetFlow).build()?;
///         engine.run_pending().map(drop)
///     },
///     |store, stage| {
///         let started = store.processes(ProcessId(0), 10).unwrap().len();
///         assert!(started == 1 || (stage == Stage::Crashed && started == 0));
///     },
/// );
/// assert_eq!(
///     crashes, 6,
///     "before and after each write: the flow is being looked through, it was, and a process is started",
/// );
/// ```
///
/// # Panics
/// If the program fails without a crash, or in its second run, or keeps its store when it is over. Also if there are
/// [`inconsistencies`], or if `check` panics. The message says at which crash.
pub fn crash_points<P, S: Store>(
    place: impl Fn() -> P,
    open: impl Fn(&P) -> S,
    program: impl Fn(Arc<dyn Store>) -> Result<()>,
    check: impl Fn(&dyn Store, Stage),
) -> u64 {
    let mut crashes = 0;
    for crash in [Crash::Before, Crash::After] {
        for at in 1.. {
            let place = place();
            let store = Arc::new(CrashingStore::new(open(&place), crash, at));
            let run = catch_unwind(AssertUnwindSafe(|| program(Arc::clone(&store) as Arc<dyn Store>)));
            let died = store.has_crashed();
            assert_eq!(Arc::strong_count(&store), 1, "the program is over and should drop its engines and workers");
            drop(store);
            match run {
                _ if died => {}
                Ok(result) => result.expect("the program gets through when there is no crash"),
                Err(panic) => resume_unwind(panic),
            }
            let what = match crash {
                Crash::Before => format!("write {at} was lost"),
                Crash::After => format!("write {at} was the last one"),
            };
            if died {
                crashes += 1;
                look(&open(&place), Stage::Crashed, &what, &check);
                if let Err(error) = program(Arc::new(open(&place))) {
                    panic!("{what}: the program does not get through when it is started again: {error}");
                }
            }
            look(&open(&place), Stage::Finished, &what, &check);
            if !died {
                break;
            }
        }
    }
    crashes
}

fn look(store: &dyn Store, stage: Stage, what: &str, check: &dyn Fn(&dyn Store, Stage)) {
    let found = inconsistencies(store);
    assert!(found.is_empty(), "{what}, {stage:?}:\n{}", found.join("\n"));
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(store, stage))) {
        eprintln!("{what}, {stage:?}");
        resume_unwind(panic);
    }
}

impl<S: Store> Store for CrashingStore<S> {
    forward!(self => self.alive()?);

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        let store = self.alive()?;
        let writes = !commit.changes.is_empty() || !commit.events.is_empty();
        if !writes || self.writes.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            let receipt = store.commit(commit)?;
            let crashed = Arc::clone(&self.crashed);
            return Ok(Receipt::new(move || {
                receipt.wait()?;
                if crashed.load(Ordering::SeqCst) { Err(stopped()) } else { Ok(()) }
            }));
        }
        self.crashed.store(true, Ordering::SeqCst);
        match self.crash {
            Crash::Before => Err(stopped()),
            Crash::After => {
                store.commit(commit)?.wait()?;
                Ok(Receipt::new(|| Err(stopped())))
            }
        }
    }
}
