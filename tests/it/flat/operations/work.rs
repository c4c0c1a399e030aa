//! Operations of workers.

use std::time::Duration;

use viewflow::engine::Clock as _;
use viewflow::prelude::*;

use super::Operation;
use crate::flat::flows::*;
use crate::flat::lab::KEY;
use crate::support::boss;

pub(super) const WORK: &[Operation] = &[
    ("Engine::run_pending, with nothing to do", |lab| lab.count(|| lab.engine.run_pending())),
    ("Engine::run_pending, a job", |lab| {
        let id = lab.process();
        lab.turn(id, Way::Work);
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a timer", |lab| {
        lab.engine.run(PauseFlow::start, true).unwrap();
        lab.clock.advance(Duration::from_hours(24));
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a message that is awaited", |lab| {
        lab.engine.run(NoteFlow::start, KEY + 3).unwrap();
        lab.engine.send(&Note { key: KEY + 3 }).unwrap();
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a message that was kept", |lab| {
        lab.engine.send(&Note { key: KEY }).unwrap();
        lab.engine.run(NoteFlow::start, KEY).unwrap();
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a signal", |lab| {
        lab.engine.run(BellFlow::start, true).unwrap();
        lab.engine.signal("bell").unwrap();
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a row that a condition has read", |lab| {
        let id = lab.engine.run(StockFlow::start, 1).unwrap().id;
        lab.settle();
        lab.db(|db| db.change(Id::<Stock>::from_number(1).to_ref(), |stock| stock.pieces += 1));
        let cost = lab.count(|| lab.engine.run_pending());
        assert_eq!(lab.engine.process_record(id).unwrap().status, ProcessStatus::Done);
        lab.db(|db| db.change(Id::<Stock>::from_number(1).to_ref(), |stock| stock.pieces = 0));
        lab.settle();
        cost
    }),
    ("Engine::next_due", |lab| lab.count(|| lab.engine.next_due())),
    ("Engine::subscriptions", |lab| lab.count(|| lab.engine.subscriptions())),
    ("Engine::unsubscribe", |lab| lab.count(|| lab.engine.unsubscribe("nobody"))),
    ("EngineBuilder::build", |lab| lab.count(|| lab.build())),
    ("EngineBuilder::plan", |lab| lab.count(|| lab.plan())),
    // The last operation, because it removes what the other operations are counted among.
    ("Engine::purge", |lab| {
        lab.clock.advance(Duration::from_secs(1));
        lab.engine.purge(lab.clock.now()).unwrap();
        let id = lab.process();
        lab.engine.cancel(id, &boss()).unwrap();
        lab.settle();
        lab.clock.advance(Duration::from_secs(1));
        lab.count(|| lab.engine.purge(lab.clock.now()))
    }),
];
