//! Compensation: finished work is undone, the newest first and each piece once.

use std::time::Duration;

use viewflow::prelude::*;

use crate::support::{boss, do_next, manual, on_every_store, open_task};

#[derive(Process, Clone, Debug)]
pub struct Trip {
    pub log: Vec<String>,
    #[field(default = false)]
    pub called_off: bool,
    #[field(default = false)]
    pub jammed: bool,
}

#[derive(Flow)]
#[flow(process = Trip)]
pub struct TripFlow {
    #[next(fork)]
    start: StartHandle,

    #[branch(hotel)]
    #[branch(flight)]
    fork: Split,

    #[submit(Self::hotel_booked)]
    #[compensate_with(give_back, task_seed = |a| a.task.artifact.clone())]
    #[next(gather)]
    hotel: View<Artifact<String>>,

    #[submit(Self::flight_booked)]
    #[compensate_with(give_back, task_seed = |a| a.task.artifact.clone())]
    #[next(gather)]
    flight: View<Artifact<String>>,

    #[next(decide)]
    gather: Join,

    #[fields(called_off, jammed)]
    #[next(check)]
    decide: View,

    #[cond(|a| a.process.called_off)]
    #[then(undo)]
    #[otherwise(end)]
    check: If,

    #[next(undo_again)]
    undo: CompensateThrow,

    #[next(end)]
    undo_again: CompensateThrow,

    #[call(Self::give_back)]
    give_back: Function<Seed<Option<String>>>,

    end: End,
}

impl TripFlow {
    fn hotel_booked(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        a.task.artifact = Some("hotel".to_owned());
        Ok(())
    }

    fn flight_booked(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        a.task.artifact = Some("flight".to_owned());
        Ok(())
    }

    fn give_back(&self, a: &mut Activation<Self, Seed<Option<String>>>) -> Result<()> {
        let what = a.task.seed.clone().unwrap_or_default();
        if a.process.jammed && what == "hotel" {
            return Err(Error::msg("the hotel does not answer"));
        }
        a.process.log.push(format!("{what} given back"));
        Ok(())
    }
}

#[test]
fn what_was_done_is_undone_newest_first_and_each_once() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(TripFlow::new()).build().unwrap();
        for (order, undone) in [
            (["hotel", "flight"], ["flight given back", "hotel given back"]),
            (["flight", "hotel"], ["hotel given back", "flight given back"]),
        ] {
            let id = engine.run(TripFlow::start, ()).unwrap().id;
            for node in order {
                match node {
                    "hotel" => do_next(&engine, TripFlow::hotel, id, ()),
                    _ => do_next(&engine, TripFlow::flight, id, ()),
                }
            }
            do_next(&engine, TripFlow::decide, id, DecideFields { called_off: true, jammed: false });
            let process = engine.process::<TripFlow>(id).unwrap();
            assert_eq!((process.status, &process.log[..]), (ProcessStatus::Done, &undone.map(str::to_owned)[..]));
        }
    });
}

#[test]
fn nothing_is_undone_without_a_throw_or_of_what_was_canceled() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(TripFlow::new()).build().unwrap();
        let id = engine.run(TripFlow::start, ()).unwrap().id;
        do_next(&engine, TripFlow::flight, id, ());
        engine.cancel_task(open_task(&engine, TripFlow::hotel, id).id, &boss()).unwrap();
        do_next(&engine, TripFlow::decide, id, DecideFields { called_off: true, jammed: false });
        assert_eq!(engine.process::<TripFlow>(id).unwrap().log, ["flight given back"]);
        let id = engine.run(TripFlow::start, ()).unwrap().id;
        do_next(&engine, TripFlow::flight, id, ());
        do_next(&engine, TripFlow::hotel, id, ());
        do_next(&engine, TripFlow::decide, id, DecideFields { called_off: false, jammed: false });
        assert!(engine.process::<TripFlow>(id).unwrap().log.is_empty());
    });
}

#[test]
fn an_undoing_that_fails_undoes_nothing_and_can_be_tried_again() {
    #[derive(Flow)]
    #[flow(process = Trip)]
    struct LaterFlow {
        #[next(book)]
        start: StartHandle,
        #[call(Self::book)]
        #[compensate_with(unbook)]
        #[next(pay)]
        book: Function,
        #[call(Self::book)]
        #[compensate_with(unpay)]
        #[next(wait)]
        pay: Function,
        #[delay("1d")]
        #[next(undo)]
        wait: Timer,
        #[next(end)]
        undo: CompensateThrow,
        #[call(Self::unbook)]
        unbook: Function,
        #[call(Self::unpay)]
        unpay: Function,
        end: End,
    }
    impl LaterFlow {
        fn book(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            Ok(())
        }
        fn unpay(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            a.process.log.push("paid back".to_owned());
            Ok(())
        }
        fn unbook(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            if a.now().as_millis() < 2 * 86_400_000 {
                return Err(Error::msg("nobody there"));
            }
            a.process.log.push("unbooked".to_owned());
            Ok(())
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(LaterFlow::new()).build().unwrap();
        let id = engine.run(LaterFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let undo = open_task(&engine, LaterFlow::undo, id);
        assert_eq!(undo.status, TaskStatus::Error);
        assert!(undo.error.unwrap().message.contains("`later.unbook`"));
        assert!(engine.process::<LaterFlow>(id).unwrap().log.is_empty());
        clock.advance(Duration::from_hours(24));
        engine.retry(undo.id, &boss()).unwrap();
        let process = engine.process::<LaterFlow>(id).unwrap();
        assert_eq!(
            (process.status, &process.log[..]),
            (ProcessStatus::Done, &["paid back".to_owned(), "unbooked".to_owned()][..])
        );
    });
}

#[test]
fn an_undoing_that_panics_in_the_background_fails_its_thrower_and_nothing_else() {
    #[derive(Flow)]
    struct BangFlow {
        #[next(book)]
        start: StartHandle,
        #[call(Self::book)]
        #[compensate_with(unbook)]
        #[next(wait)]
        book: Function,
        #[delay("1d")]
        #[next(undo)]
        wait: Timer,
        #[next(work)]
        undo: CompensateThrow,
        #[next(end)]
        work: View,
        #[call(Self::unbook)]
        unbook: Function,
        end: End,
    }
    impl BangFlow {
        fn book(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            Ok(())
        }
        fn unbook(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            panic!("bang")
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(BangFlow::new()).build().unwrap();
        let id = engine.run(BangFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let open: Vec<_> =
            engine.tasks(id, 0, 100).unwrap().into_iter().filter(|task| !task.status.is_final()).collect();
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!((open[0].node.as_str(), open[0].status), ("undo", TaskStatus::Error));
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
    });
}
