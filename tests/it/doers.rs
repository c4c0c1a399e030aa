//! A task for the person that did the most recent of several nodes.

use std::time::Duration;

use viewflow::Timestamp;
use viewflow::prelude::*;

use crate::support::{boss, manual, on_every_store, open_task, perform, user};

#[derive(Process, Clone, Debug)]
pub struct Claim {
    pub large: bool,
    /// The persons found, by each kind of query.
    pub told: Vec<String>,
}

/// A clerk or a chief accepts, two look at it at once, and handlers ask about the last person to act.
#[derive(Flow)]
#[flow(process = Claim)]
pub struct ClaimFlow {
    #[fields(large)]
    #[next(size)]
    start: Start,
    #[cond(|a| a.process.large)]
    #[then(chief)]
    #[otherwise(clerk)]
    size: If,
    #[next(pay)]
    clerk: View,
    #[next(pay)]
    chief: View,

    #[assign(same_as(clerk, chief))]
    #[next(fork)]
    pay: View,

    #[branch(legal)]
    #[branch(tax)]
    fork: Split,
    #[next(join)]
    legal: View,
    #[next(join)]
    tax: View,
    #[next(ask)]
    join: Join,

    #[call(Self::ask)]
    #[next(close)]
    ask: Function,

    #[assign(same_as(legal, tax, pay))]
    #[not_by(start)]
    #[next(end)]
    close: View,
    end: End,
}

impl ClaimFlow {
    fn ask(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let asked = [
            a.done_by(Self::pay)?,
            a.done_by((Self::legal, Self::tax))?,
            a.done_by((Self::start, Self::clerk, Self::chief))?,
            a.done_by((Self::close, Self::chief))?,
        ];
        a.process.told = asked.map(|who| who.map_or_else(|| "nobody".to_owned(), |who| who.to_string())).to_vec();
        Ok(())
    }
}

fn owner(engine: &Engine, id: ProcessId, node: impl viewflow::nodes::Node) -> Option<String> {
    open_task(engine, node, id).owner.map(|owner| owner.to_string())
}

macro_rules! done {
    ($engine:ident, $id:ident, $node:ident, $by:literal) => {
        let task = open_task(&$engine, ClaimFlow::$node, $id).id;
        $engine.task(ClaimFlow::$node, task).unwrap().assign(&user($by)).unwrap().execute(&user($by), ()).unwrap();
    };
}

#[test]
fn a_task_is_for_the_person_who_did_the_most_recent_one_of_several_nodes() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(ClaimFlow::new()).build().unwrap();
        for (large, first_is_legal) in [(false, true), (true, false), (true, true)] {
            let id = engine.start(ClaimFlow::start, &user("sue"), StartFields { large }).unwrap().id;
            let accepted = if large {
                done!(engine, id, chief, "carl");
                "carl"
            } else {
                done!(engine, id, clerk, "ann");
                "ann"
            };
            assert_eq!(owner(&engine, id, ClaimFlow::pay).as_deref(), Some(accepted));
            let pay = open_task(&engine, ClaimFlow::pay, id).id;
            engine
                .task(ClaimFlow::pay, pay)
                .unwrap()
                .assign(&user(accepted))
                .unwrap()
                .execute(&user(accepted), ())
                .unwrap();
            clock.advance(Duration::from_secs(1));
            let last = if first_is_legal {
                done!(engine, id, legal, "lee");
                clock.advance(Duration::from_secs(1));
                done!(engine, id, tax, "tom");
                "tom"
            } else {
                done!(engine, id, tax, "tom");
                clock.advance(Duration::from_secs(1));
                done!(engine, id, legal, "lee");
                "lee"
            };
            let chief = if large { "carl" } else { "nobody" };
            let told = engine.process::<ClaimFlow>(id).unwrap().told.clone();
            assert_eq!(told, [accepted, last, accepted, chief]);
            assert_eq!(owner(&engine, id, ClaimFlow::close).as_deref(), Some(last));
        }
    });
}

#[test]
fn what_nobody_did_and_what_is_barred_gives_the_task_to_nobody() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ClaimFlow::new()).build().unwrap();
        let id = engine.start(ClaimFlow::start, &user("sue"), StartFields { large: true }).unwrap().id;
        engine.skip(open_task(&engine, ClaimFlow::chief, id).id, &boss()).unwrap();
        assert_eq!(owner(&engine, id, ClaimFlow::pay), None, "it was skipped");
        done!(engine, id, pay, "pat");
        done!(engine, id, legal, "lee");
        done!(engine, id, tax, "sue");
        assert_eq!(owner(&engine, id, ClaimFlow::close), None, "sue started it");
    });
}

#[test]
fn the_most_recent_one_is_known_though_the_clock_stands_still_or_is_set_back() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(ClaimFlow::new()).build().unwrap();
        for (begins, then) in [(0, 0), (1000, 1000), (5000, 1000)] {
            clock.set(Timestamp::from_millis(begins));
            let id = engine.start(ClaimFlow::start, &user("sue"), StartFields { large: false }).unwrap().id;
            done!(engine, id, clerk, "ann");
            done!(engine, id, pay, "ann");
            // The task that was made later is done first.
            done!(engine, id, tax, "tom");
            clock.set(Timestamp::from_millis(then));
            done!(engine, id, legal, "lee");
            assert_eq!(engine.process::<ClaimFlow>(id).unwrap().told[1], "lee", "{begins} and {then}");
            assert_eq!(owner(&engine, id, ClaimFlow::close).as_deref(), Some("lee"));
        }
    });
}

/// Two look at it at once. The events between them and the last task fill more than one page.
#[derive(Flow)]
#[flow(process = Claim, name = "doers_long")]
pub struct LongFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(left)]
    #[branch(right)]
    #[branch(talk)]
    fork: Split,
    #[next(join)]
    left: View,
    #[next(join)]
    right: View,
    #[next(join)]
    talk: View,
    #[next(close)]
    join: Join,
    #[assign(same_as(left, right))]
    #[next(end)]
    close: View,
    end: End,
}

#[test]
fn the_most_recent_one_is_found_however_much_has_happened_since() {
    on_every_store(|store| {
        let (builder, _) = manual(store);
        let engine = builder.flow(LongFlow::new()).build().unwrap();
        let id = engine.run(LongFlow::start, ()).unwrap().id;
        perform(&engine, LongFlow::right, open_task(&engine, LongFlow::right, id).id, ());
        let left = open_task(&engine, LongFlow::left, id).id;
        engine.task(LongFlow::left, left).unwrap().assign(&user("lee")).unwrap().execute(&user("lee"), ()).unwrap();
        let talk = open_task(&engine, LongFlow::talk, id).id;
        for _ in 0..130 {
            engine.assign(talk, &user("tim")).unwrap();
            engine.unassign(talk, &user("tim")).unwrap();
        }
        perform(&engine, LongFlow::talk, talk, ());
        assert_eq!(owner(&engine, id, LongFlow::close).as_deref(), Some("lee"));
    });
}
