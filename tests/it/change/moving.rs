//! Tasks that continue at another node: out of races, to joins, and not from joins that wait.

use std::time::Duration;

use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, manual, on_every_store, open_task, open_tasks};

#[derive(Flow)]
#[flow(name = "change_race")]
pub struct RaceFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(race)]
    #[branch(other)]
    fork: Split,
    #[branch(quick)]
    #[branch(slow)]
    race: SplitFirst,
    #[next(after)]
    quick: View,
    #[next(after)]
    slow: View,
    #[next(gather)]
    after: View,
    #[next(gather)]
    other: View,
    #[next(end)]
    gather: Join,
    end: End,
}

#[derive(Task, Clone, Debug)]
pub struct Count {
    pub count: u8,
}

#[derive(Process, Clone, Debug)]
pub struct Broken {
    #[field(default = true)]
    pub broken: bool,
}

#[derive(Flow)]
#[flow(process = Broken, name = "change_count")]
pub struct CountFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(left)]
    #[branch(right)]
    #[branch(sleep)]
    fork: Split,
    #[next(gather, task_data = |_| Count { count: 1 })]
    left: View,
    #[next(gather, task_data = |_| Count { count: 1 })]
    right: View,
    #[delay("1d")]
    #[next(gather, task_data = |_| Count { count: 1 })]
    sleep: Timer,
    #[until(|a| if a.process.broken { Err(Error::msg("nobody counts"))? } else { a.arrived()? >= 2 })]
    #[next(after)]
    gather: Join<Count>,
    #[next(end)]
    after: View,
    end: End,
}

#[test]
fn who_is_moved_beyond_a_race_has_won_it_and_who_is_moved_within_it_has_not() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(RaceFlow::new()).build().unwrap();
        for beyond in ["after", "gather"] {
            let id = engine.run(RaceFlow::start, ()).unwrap().id;
            let quick = open_task(&engine, RaceFlow::quick, id).id;
            let again = engine.move_task(quick, RaceFlow::slow, &boss()).unwrap();
            assert_eq!(open_tasks(&engine, RaceFlow::slow, id).len(), 2, "both are still in the race");
            if beyond == "after" {
                engine.move_task(again, RaceFlow::after, &boss()).unwrap();
                assert!(open_tasks(&engine, RaceFlow::slow, id).is_empty(), "the other one has lost");
                do_next(&engine, RaceFlow::after, id, ());
            } else {
                engine.move_task(again, RaceFlow::gather, &boss()).unwrap();
                assert!(open_tasks(&engine, RaceFlow::slow, id).is_empty(), "the other one has lost");
            }
            do_next(&engine, RaceFlow::other, id, ());
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        }
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_join_that_failed_is_not_moved_while_its_branches_are_open() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(CountFlow::new()).build().unwrap();
        let id = engine.run(CountFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let gather = open_task(&engine, CountFlow::gather, id);
        assert_eq!(gather.status, TaskStatus::Error);
        let refused = engine.move_task(gather.id, CountFlow::after, &boss()).unwrap_err();
        assert!(
            refused.to_string().contains("cannot take the place of a `Join`, whose branches are open"),
            "{refused}"
        );
    });
}

#[test]
fn a_task_is_not_moved_to_a_join_that_asks_for_data() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(CountFlow::new()).build().unwrap();
        let id = engine.run(CountFlow::start, ()).unwrap().id;
        let left = open_task(&engine, CountFlow::left, id).id;
        let refused = engine.move_task(left, CountFlow::gather, &boss()).unwrap_err();
        assert!(
            matches!(&refused, Error::Data { .. }) && refused.to_string().contains("`count` is missing"),
            "{refused}"
        );
        assert_eq!(engine.task_record(left).unwrap().status, TaskStatus::New);
    });
}
