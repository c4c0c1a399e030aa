//! Random flows in which a person goes back again and again. They stay consistent, and still come to an end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use viewflow::EventKind;
use viewflow::engine::ManualClock;
use viewflow::graph::Kind;
use viewflow::nodes::{HandleNode, ViewNode};
use viewflow::prelude::*;
use viewflow::store::{Store as _, TaskRecord};
use viewflow_testing::inconsistencies;

use crate::judged;
use crate::random::{Block, Go, PLAN, Pick, RandomFlow, START, UNIT, begun_by_a_task, block, cases, number};
use crate::support::{boss, manual};

/// How many of each: the open tasks by node, and the open scopes with their counts.
type Tokens = BTreeMap<String, u32>;

struct Run {
    store: Arc<MemoryStore>,
    engine: Engine,
    clock: Arc<ManualClock>,
    process: ProcessId,
}

impl Run {
    fn begin(plan: &Block) -> Option<Self> {
        PLAN.with(|place| place.replace(plan.clone()));
        let store = Arc::new(MemoryStore::new());
        let (builder, clock) = manual(store.clone());
        let flow = RandomFlow { failing: Arc::new(AtomicBool::new(false)) };
        // Some blocks make no sound flow.
        let engine = builder.flow(flow).build().ok()?;
        let process = engine.run(START, ()).unwrap().id;
        Some(Self { store, engine, clock, process })
    }

    fn tasks(&self) -> Vec<TaskRecord> {
        self.engine.tasks(self.process, 0, usize::MAX).unwrap()
    }

    fn is_open(&self) -> bool {
        !self.engine.process_record(self.process).unwrap().status.is_final()
    }

    fn tokens(&self) -> Tokens {
        let mut tokens = Tokens::new();
        for task in self.tasks().iter().filter(|task| !task.status.is_final()) {
            *tokens.entry(format!("{} {}", task.node, task.status)).or_default() += 1;
        }
        for (_, scope) in self.store.scopes(self.process, None, usize::MAX).unwrap() {
            let split = scope.split.map_or("root".to_owned(), |(name, _)| name);
            let counted = format!("{split} {} {} {} {}", scope.live, scope.arrived, scope.first, scope.join.is_some());
            *tokens.entry(counted).or_default() += 1;
        }
        let ends = self.engine.process_record(self.process).unwrap().ends;
        tokens.insert("ends".to_owned(), ends);
        tokens
    }

    /// Does an open task that a person or a message can do. Returns the task.
    fn go_on(&self, choice: usize) -> Option<TaskId> {
        let open: Vec<_> = self.tasks().into_iter().filter(|task| !task.status.is_final()).collect();
        let kinds = ["Handle", "MessageCatch", "View"];
        let open: Vec<_> = open.iter().filter(|task| kinds.contains(&task.kind.name())).collect();
        let task = open.get(choice.checked_rem(open.len())?)?;
        if task.kind.name() == "Handle" {
            let name = Box::leak(task.node.clone().into_boxed_str());
            self.engine.task(HandleNode::<RandomFlow, (), ()>::new(name), task.id).unwrap().run(()).unwrap();
        } else if task.kind.name() == "View" {
            let node = ViewNode::<RandomFlow, (), Pick>::new(Box::leak(task.node.clone().into_boxed_str()));
            let by = u32::try_from(choice % 2).unwrap();
            let pick = if by == 0 { Pick::Stay } else { Pick::Turn { by } };
            let task = self.engine.task(node, task.id).unwrap();
            task.assign(&boss()).unwrap().execute(&boss(), pick).unwrap();
        } else {
            self.engine.send(&Go { task: task.node[1..].parse().unwrap() }).unwrap();
            self.engine.run_pending().unwrap();
        }
        Some(task.id)
    }

    fn wait(&self, units: u64) {
        self.clock.advance(Duration::from_millis(units * UNIT + 1));
        self.engine.run_pending().unwrap();
    }

    /// Goes back to some finished task.
    fn go_back(&self, choice: usize) {
        let done: Vec<_> = self.tasks().into_iter().filter(|task| task.status == TaskStatus::Done).collect();
        let done: Vec<_> = done.iter().filter(|task| task.kind.acts() && !task.kind.is_start()).collect();
        let Some(task) = choice.checked_rem(done.len()).and_then(|choice| done.get(choice)) else { return };
        let new = self.engine.go_back_to(task.id, &boss()).unwrap();
        assert_eq!(self.engine.task_record(new).unwrap().node, task.node);
    }

    /// Does a task and takes it back. The tokens are as before, unless the task canceled something.
    fn do_and_undo(&self, choice: usize) {
        let before = self.tokens();
        let events = self.engine.process_record(self.process).unwrap().events;
        let Some(done) = self.go_on(choice) else { return };
        if !self.is_open() || self.engine.task_record(done).unwrap().status != TaskStatus::Done {
            return;
        }
        let happened = self.engine.events(self.process, 0, usize::MAX).unwrap();
        let canceled = |kind: &EventKind| matches!(kind, EventKind::TaskCanceled { .. });
        let canceled = happened.iter().any(|event| event.number > events && canceled(&event.kind));
        // Tasks that its timeouts began beside it also came after it.
        let beside = |kind: &EventKind| matches!(kind, EventKind::BoundaryTaken { task, .. } if *task == done.ordinal);
        let beside = happened.iter().any(|event| beside(&event.kind));
        self.engine.go_back_to(done, &boss()).unwrap();
        if !canceled && !beside {
            assert_eq!(self.tokens(), before, "after {done} was done and taken back");
        }
    }

    fn check(&self) {
        assert_eq!(inconsistencies(&*self.store), Vec::<String>::new());
    }
}

/// Does an open task in a flow of the judge, or goes back.
fn go_somewhere(run: &judged::Run, choice: usize, back: bool) {
    if back {
        let tasks = run.engine.tasks(run.process, 0, usize::MAX).unwrap();
        let can = |task: &&TaskRecord| task.status == TaskStatus::Done && task.kind.acts() && !task.kind.is_start();
        let done: Vec<_> = tasks.iter().filter(can).collect();
        if let Some(task) = choice.checked_rem(done.len()).and_then(|choice| done.get(choice)) {
            match run.engine.go_back_to(task.id, &boss()) {
                Ok(_) => {}
                // A task that compensates cannot be gone back to.
                Err(Error::NoWayBack { .. }) => assert_eq!(task.kind, Kind::Function),
                Err(error) => panic!("{error}"),
            }
        }
    } else {
        let by_hand = |node: usize| matches!(run.graph.nodes()[node].kind, Kind::View | Kind::Handle);
        let tasks: Vec<(TaskId, usize)> = run.open().filter(|(_, node)| by_hand(*node)).collect();
        let due = run.engine.next_due().unwrap();
        let choice = choice % (tasks.len() + usize::from(due.is_some())).max(1);
        match (tasks.get(choice), due) {
            (Some((task, node)), _) => run.finish(*task, *node),
            (None, Some(due)) => run.clock.set(due),
            (None, None) => {}
        }
    }
    run.engine.run_pending().unwrap();
    assert_eq!(inconsistencies(&*run.store), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 2, max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_goes_back_in_a_random_flow_leaves_it_in_order_and_it_comes_to_its_end(
        block in begun_by_a_task(block()),
        commands in prop::collection::vec((0..8_u8, 0..60_usize), 0..40),
    ) {
        let mut plan = block;
        number(&mut plan, &mut 0);
        let Some(run) = Run::begin(&plan) else { return Ok(()) };
        run.check();
        for (kind, choice) in commands {
            if !run.is_open() {
                break;
            }
            match kind {
                0..=2 => drop(run.go_on(choice)),
                3 => run.wait(choice as u64 % 12),
                4 | 5 => run.do_and_undo(choice),
                _ => run.go_back(choice),
            }
            run.check();
        }
        for round in 0..2000 {
            if !run.is_open() {
                break;
            }
            prop_assert!(round < 1999, "stuck with {:?}", run.tokens());
            if run.go_on(round).is_none() {
                run.wait(100);
            }
        }
        run.check();
    }

    #[test]
    fn whoever_goes_back_in_a_flow_that_the_judge_knows_leaves_it_in_order_and_it_comes_to_its_end(
        graph in prop_oneof![
            judged::random::pieces().prop_map(|piece| judged::random::of_piece(&piece)),
            judged::random::graphs(),
        ],
        seed in any::<u64>(),
        commands in prop::collection::vec((0..60_usize, any::<bool>(), 0..3_u8), 0..30),
    ) {
        let Ok(Some(run)) = judged::Run::begin(judged::renamed(&graph), seed, false) else { return Ok(()) };
        for (choice, holds, back) in commands {
            run.chance.holds.store(holds, Ordering::SeqCst);
            if run.is_open() {
                go_somewhere(&run, choice, back == 0);
            }
        }
        run.chance.holds.store(true, Ordering::SeqCst);
        for round in 0..2000 {
            if !run.is_open() {
                break;
            }
            prop_assert!(round < 1999, "stuck");
            // In these flows the engine does not learn that a condition holds now.
            let caught = |node: usize| run.graph.nodes()[node].kind == Kind::ConditionalCatch;
            match run.open().find(|(_, node)| caught(*node)) {
                Some((task, _)) => run.engine.cancel_task(task, &boss()).unwrap(),
                None => go_somewhere(&run, round, false),
            }
        }
    }
}
