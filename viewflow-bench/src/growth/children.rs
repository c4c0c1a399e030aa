//! Sub-processes that run one after the other; most of them are over.

use viewflow::prelude::*;

use super::ground::{Ground, small};
use super::{BOTH, Group, Times};
use crate::measure::{Result, median, seconds};

pub(super) const GROUPS: &[Group] = &[Group::new("children in a sequence", 30, BOTH, measure)];

#[derive(Process, Clone, Debug)]
pub(crate) struct Stop {
    #[field(default = 0)]
    pub number: u32,
}

#[derive(Flow)]
#[flow(process = Stop)]
pub(crate) struct TourFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(stops)]
    start: StartHandle,

    #[child(StopFlow::start, process_data_source = |a| (0..a.process.number).map(|number| Stop { number }), sequential)]
    #[next(end)]
    stops: NSubprocess,

    end: End,
}

impl TourFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, stops: u32) -> viewflow::Result<()> {
        a.process.number = stops;
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Stop)]
pub(crate) struct StopFlow {
    #[next(leave)]
    start: StartHandle,
    #[next(end)]
    leave: Handle,
    end: End,
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    const ROUNDS: usize = 9;
    let engine = ground.builder()?.flow(TourFlow::new()).flow(StopFlow::new()).build()?;
    let tour = engine.run(TourFlow::start, small(size)?)?.id;
    let mut next = tour.0;
    let mut leave = || {
        next += 1;
        seconds(|| Ok(engine.task(StopFlow::leave, TaskId { process: ProcessId(next), ordinal: 2 })?.run(())?))
    };
    for _ in 1..size {
        leave()?;
    }
    let host = engine.open_task(TourFlow::stops, tour)?;
    // Measure only the first addition: a later one may already know the last child.
    let added = seconds(|| Ok(host.add(None, Stop { number: 0 }).map(drop)?))?;
    for _ in 0..ROUNDS {
        host.add(None, Stop { number: 0 })?;
    }
    let mut ended = (0..ROUNDS).map(|_| leave()).collect::<Result<Vec<f64>>>()?;
    Ok(vec![("add", added * 1e6), ("end of a child", median(&mut ended) * 1e6)])
}
