//! A process with a long past: a report that goes through many rounds.

use viewflow::prelude::*;

use super::ground::{Ground, ann, bob, each, settle};
use super::{BOTH, Group, Times};
use crate::measure::{Result, median, seconds};

pub(super) const GROUPS: &[Group] = &[Group::new("rounds in the process's past", 50, BOTH, measure)];

/// The way on after a round.
#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Again,
    NotBy,
    SameAs,
    DoneBy,
    Branches,
    Book,
    TakeBack,
    Over,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Report {
    #[field(default = Way::Again)]
    pub way: Way,
}

#[derive(Flow)]
#[flow(process = Report)]
pub(crate) struct ReportFlow {
    #[next(order)]
    start: StartHandle,

    #[next(turn)]
    order: View,

    #[input(Way)]
    #[call(Self::choose)]
    #[next(pick)]
    turn: Handle,

    #[switch(|a| a.process.way)]
    #[case(Way::Again => turn)]
    #[case(Way::NotBy => judge)]
    #[case(Way::SameAs => revise)]
    #[case(Way::DoneBy => ask)]
    #[case(Way::Branches => fork)]
    #[case(Way::Book => book)]
    #[case(Way::TakeBack => take_back)]
    #[case(Way::Over => end)]
    pick: Switch,

    #[not_by(order)]
    #[next(turn)]
    judge: View,

    #[assign(same_as = order)]
    #[next(turn)]
    revise: View,

    #[call(Self::ask)]
    #[next(turn)]
    ask: Function,

    #[branch(left)]
    #[branch(right)]
    fork: Split,
    #[call(Self::nothing)]
    #[next(gather)]
    left: Function,
    #[call(Self::nothing)]
    #[next(gather)]
    right: Function,
    #[next(count)]
    gather: Join,
    #[call(Self::count)]
    #[next(turn)]
    count: Function,

    #[call(Self::nothing)]
    #[compensate_with(give_back)]
    #[next(turn)]
    book: Function,
    #[next(turn)]
    take_back: CompensateThrow,
    #[call(Self::nothing)]
    give_back: Function,

    end: End,
}

impl ReportFlow {
    fn choose(&self, a: &mut Activation<Self, ()>, way: Way) -> viewflow::Result<()> {
        a.process.way = way;
        Ok(())
    }

    fn ask(&self, a: &mut Activation<Self, ()>) -> viewflow::Result<()> {
        expect(a.done_by(Self::order)? == Some(ann()), "ann did it")
    }

    fn nothing(&self, _: &mut Activation<Self, ()>) -> viewflow::Result<()> {
        Ok(())
    }

    fn count(&self, a: &mut Activation<Self, ()>) -> viewflow::Result<()> {
        expect(a.branch(Self::left)?.len() == 1, "one branch was done")
    }
}

fn expect(holds: bool, what: &str) -> viewflow::Result<()> {
    if holds { Ok(()) } else { Err(Error::msg(what)) }
}

/// Creates a process that has gone through `rounds` rounds.
pub(super) fn grown(engine: &Engine, rounds: usize) -> Result<ProcessId> {
    let id = engine.run(ReportFlow::start, ())?.id;
    engine.task(ReportFlow::order, newest(engine, id)?)?.assign(&ann())?.execute(&ann(), ())?;
    (0..rounds).try_for_each(|_| turn(engine, id, Way::Again))?;
    Ok(id)
}

/// Returns the newest task, which is the open one.
fn newest(engine: &Engine, process: ProcessId) -> Result<TaskId> {
    Ok(TaskId { process, ordinal: engine.process_record(process)?.tasks })
}

pub(super) fn turn(engine: &Engine, process: ProcessId, way: Way) -> Result<()> {
    Ok(engine.task(ReportFlow::turn, newest(engine, process)?)?.run(way)?)
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    const ROUNDS: usize = 9;
    let engine = ground.builder()?.flow(ReportFlow::new()).build()?;
    let id = grown(&engine, size)?;
    let boss = Superuser::new("boss");
    let in_turn = |way| each(ROUNDS, |_| turn(&engine, id, way));
    let mut times = vec![("round", in_turn(Way::Again)?)];
    let not_by = each(ROUNDS, |_| {
        turn(&engine, id, Way::NotBy)?;
        let task = engine.task(ReportFlow::judge, newest(&engine, id)?)?;
        Ok(task.assign(&bob())?.execute(&bob(), ())?)
    })?;
    let same_as = each(ROUNDS, |_| {
        turn(&engine, id, Way::SameAs)?;
        let task = engine.task(ReportFlow::revise, newest(&engine, id)?)?;
        Ok(task.assign(&ann())?.execute(&ann(), ())?)
    })?;
    times.extend([("not_by", not_by), ("same_as", same_as)]);
    times.extend([("done_by", in_turn(Way::DoneBy)?), ("branch", in_turn(Way::Branches)?)]);
    let compensate = each(ROUNDS, |_| {
        turn(&engine, id, Way::Book)?;
        turn(&engine, id, Way::TakeBack)
    })?;
    times.push(("compensate", compensate));
    times.push(("open_task", each(ROUNDS, |_| Ok(engine.open_task(ReportFlow::turn, id).map(drop)?))?));
    times.push(("marks", each(ROUNDS, |_| Ok(engine.marks(id).map(drop)?))?));
    let (mut suspended, mut resumed) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        suspended.push(seconds(|| Ok(engine.suspend(id, &boss)?))?);
        resumed.push(seconds(|| {
            engine.resume(id, &boss)?;
            settle(&engine)
        })?);
    }
    times.extend([("suspend", middle(suspended)), ("resume", middle(resumed))]);
    times.push(("undo", {
        let mut undone = Vec::new();
        for _ in 0..ROUNDS {
            let task = newest(&engine, id)?;
            turn(&engine, id, Way::Again)?;
            undone.push(seconds(|| Ok(engine.undo(task, &boss)?))?);
        }
        middle(undone)
    }));
    times.push(("cancel", seconds(|| Ok(engine.cancel(id, &boss)?))? * 1e6));
    Ok(times)
}

fn middle(mut seconds: Vec<f64>) -> f64 {
    median(&mut seconds) * 1e6
}
