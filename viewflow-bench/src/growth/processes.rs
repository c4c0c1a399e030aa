//! Lists of running processes, among many processes that are over.

use viewflow::prelude::*;

use super::ground::{Ground, each};
use super::{BOTH, Group, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[Group::new("processes that are over", 100, BOTH, measure)];

#[derive(Process, Clone, Debug)]
pub(crate) struct Request {
    #[field(column, index, default = 0)]
    pub region: u32,
}

#[derive(Flow)]
#[flow(process = Request)]
pub(crate) struct RequestFlow {
    #[call(Self::begin)]
    #[next(answer)]
    start: StartHandle,
    #[next(end)]
    answer: Handle,
    end: End,
}

impl RequestFlow {
    fn begin(&self, a: &mut Activation<Self, ()>) -> viewflow::Result<()> {
        a.process.region = 7;
        Ok(())
    }
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(RequestFlow::new()).build()?;
    for _ in 0..size {
        let process = engine.run(RequestFlow::start, ())?.id;
        engine.task(RequestFlow::answer, TaskId { process, ordinal: 2 })?.run(())?;
    }
    engine.run(RequestFlow::start, ())?;
    let one = |found: usize| if found == 1 { Ok(()) } else { Err(format!("{found} run").into()) };
    let running = || engine.processes::<RequestFlow>().with_status(ProcessStatus::New);
    let with_status = each(25, |_| one(running().list()?.len()))?;
    let by = each(25, |_| one(running().by(Request::BY_REGION, 7_u32)?.len()))?;
    Ok(vec![("processes: with_status", with_status), ("processes: with_status, by", by)])
}
