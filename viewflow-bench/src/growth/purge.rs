//! The removal of a long process: the time for each of its rounds.

use std::time::Duration;

use viewflow::engine::Clock as _;

use super::ground::{Ground, share};
use super::past::{self, ReportFlow, Way};
use super::{BOTH, Group, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[Group::new("rounds of the process", 100, BOTH, measure)];

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(ReportFlow::new()).build()?;
    let id = past::grown(&engine, size)?;
    past::turn(&engine, id, Way::Over)?;
    ground.clock.advance(Duration::from_mins(10));
    let time = share(size, || match engine.purge(ground.clock.now())? {
        1 => Ok(()),
        other => Err(format!("{other} processes were forgotten").into()),
    })?;
    Ok(vec![("forget: a round", time)])
}
