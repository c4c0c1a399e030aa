//! Removal from the front of a list, and operations that then look at its front.

use viewflow::prelude::*;

use super::ground::{Ground, ann, each, settle};
use super::{BOTH, Group, Times};
use crate::measure::{Result, micros, seconds};

pub(super) const GROUPS: &[Group] = &[
    Group::new("timers that have fired", 100, BOTH, timers),
    Group::new("tasks in the inbox, half of them done", 100, BOTH, inbox),
];

#[derive(Flow)]
pub(crate) struct PauseFlow {
    #[next(pause)]
    start: StartHandle,
    #[delay("5s")]
    #[next(end)]
    pause: Timer,
    end: End,
}

#[derive(Flow)]
pub(crate) struct DeskFlow {
    #[next(answer)]
    start: StartHandle,
    #[assign(|_a| ann())]
    #[next(end)]
    answer: View,
    end: End,
}

fn timers(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(PauseFlow::new()).build()?;
    (0..size).try_for_each(|_| engine.run(PauseFlow::start, ()).map(drop))?;
    ground.clock.advance(std::time::Duration::from_mins(1));
    settle(&engine)?;
    let due = each(25, |_| Ok(engine.next_due().map(drop)?))?;
    let pass = each(25, |_| Ok(engine.run_pending().map(drop)?))?;
    Ok(vec![("fired: next_due", due), ("fired: a pass with nothing to do", pass)])
}

fn inbox(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(DeskFlow::new()).build()?;
    (0..size).try_for_each(|_| engine.run(DeskFlow::start, ()).map(drop))?;
    // Only the last rounds count: the rounds before remove the front of the list.
    let first = || {
        let mut task = None;
        let time = seconds(|| {
            task = Some(engine.inbox(&ann()).first()?.id);
            Ok(())
        })?;
        let task = engine.task(DeskFlow::answer, task.ok_or("an empty inbox")?)?;
        task.assign(&ann())?.execute(&ann(), ())?;
        Ok(time)
    };
    (0..size / 4).try_for_each(|_| first().map(drop))?;
    Ok(vec![("inbox: first, after it was done", micros(size / 4, first)?)])
}
