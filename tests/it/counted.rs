//! The engine's counts of branches are right at every moment.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{Document, Store};
use viewflow_testing::inconsistencies;

use crate::support::{boss, on_every_store};

/// Branches of one node, branches within a branch, and a race.
#[derive(Flow)]
#[flow(name = "counted")]
pub struct CountedFlow {
    #[next(outer)]
    start: StartHandle,
    #[branch(each, task_seed_source = |_a| 0..3_u32)]
    #[branch(inner)]
    #[branch(race)]
    outer: Split,
    #[next(gather)]
    each: View<Seed<u32>>,
    #[branch(left)]
    #[branch(right)]
    inner: Split,
    #[next(inner_join)]
    left: View,
    #[next(inner_join)]
    right: View,
    #[until(|a| Self::are_counted(a)?)]
    #[next(after_inner)]
    inner_join: Join,
    #[next(gather)]
    after_inner: View,
    #[branch(quick)]
    #[branch(slow)]
    race: SplitFirst,
    #[next(won)]
    quick: View,
    #[next(won)]
    slow: View,
    #[next(gather)]
    won: View,
    #[until(|a| Self::are_counted(a)?)]
    #[next(after)]
    gather: Join,
    #[call(Self::after)]
    #[next(last)]
    after: Function,
    #[next(end)]
    last: View,
    end: End,
}

impl CountedFlow {
    /// Never holds. Fails if a count differs from the number of tasks.
    fn are_counted(a: &Activation<Self, ()>) -> Result<bool> {
        macro_rules! counted {
            ($($node:ident),*) => { [$(
                (stringify!($node), a.branch_count(Self::$node)?, a.branch(Self::$node)?.len() as u64)
            ),*] };
        }
        let counts = counted!(each, inner, left, right, inner_join, after_inner, race, quick, slow, won);
        match counts.iter().find(|(_, count, tasks)| count != tasks) {
            Some(wrong) => Err(Error::msg(format!("miscounted: {wrong:?}"))),
            None => Ok(false),
        }
    }

    fn after(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::are_counted(a).map(drop)
    }
}

/// Compares the counts of each open scope with the tasks in it.
fn check(store: &dyn Store, id: ProcessId) {
    let tasks = store.tasks(id, 0, 10_000).unwrap();
    for (scope, record) in store.scopes(id, None, 1000).unwrap() {
        let Some(done) = record.done else { continue };
        let mut scopes = BTreeSet::from([scope.number]);
        let mut counted: BTreeMap<String, u32> = BTreeMap::new();
        for task in &tasks {
            if scopes.contains(&task.scope) {
                scopes.extend(task.around.filter(|_| task.kind.is_split()));
                if task.status == TaskStatus::Done && !task.skipped {
                    *counted.entry(task.node.clone()).or_default() += 1;
                }
            }
        }
        assert_eq!(done, counted, "{scope:?}");
    }
}

fn act(engine: &Engine, task: &TaskRecord, what: u8) -> Result<()> {
    let (id, process) = (task.id, task.id.process);
    match what {
        0..=3 => {
            let _ = engine.assign(id, &boss());
            engine.desk(&boss()).execute(id, &Document::new())
        }
        4 => engine.skip(id, &boss()),
        5 => engine.cancel_task(id, &boss()),
        6 => engine.suspend(process, &boss()).and_then(|()| engine.resume(process, &boss())),
        7 => engine.undo(id, &boss()).map(drop),
        8 => engine.revive(id, &boss()).map(drop),
        _ => match id.ordinal % 4 {
            0 => engine.go_back(process, CountedFlow::each, &boss()),
            1 => engine.go_back(process, CountedFlow::left, &boss()),
            2 => engine.go_back(process, CountedFlow::quick, &boss()),
            _ => engine.go_back(process, CountedFlow::won, &boss()),
        }
        .map(drop),
    }
}

#[test]
fn whatever_becomes_of_branches_as_many_are_counted_as_are_done() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(CountedFlow::new()).build().unwrap();
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(60) });
        let acts = proptest::collection::vec((0..100_usize, 0..10_u8), 1..40);
        let played = runner.run(&acts, |acts| {
            let id = engine.run(CountedFlow::start, ()).unwrap().id;
            for (which, what) in acts {
                let tasks = engine.tasks(id, 0, 1000).unwrap();
                let fit: Vec<_> = tasks.iter().filter(|task| (what > 6) == task.status.is_final()).collect();
                let Some(task) = fit.get(which % fit.len().max(1)) else { continue };
                // Some actions do not apply to some tasks.
                if let Err(error) = act(&engine, task, what) {
                    prop_assert!(!error.to_string().contains("miscounted"), "{error}");
                    prop_assert!(!matches!(error, Error::Internal(_)), "{error}");
                }
                check(&*store, id);
            }
            Ok(())
        });
        played.unwrap();
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}
