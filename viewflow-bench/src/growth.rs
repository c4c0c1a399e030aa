//! The cost of an operation in a small store, and in a store a hundred times as large.
//!
//! Each group prepares a store of a given size and measures some operations in it. If the cost of an operation should
//! not depend on the size, its time is that of one operation. If it should grow in proportion to something, such as the
//! branches of a step or the rows that it reads, its time is that for each of them. Either way the time should be the
//! same at both sizes.

mod by_hand;
mod children;
mod conditions;
mod contended;
mod documents;
mod fan;
mod front;
mod ground;
mod inbox;
mod mailboxes;
mod past;
mod processes;
mod purge;
mod queues;
mod tables;
mod workers;

use crate::measure::{Result, Row, Run, median};
use ground::{Ground, Kind};

/// The greatest ratio of the time in the large store to that in the small one.
const FLAT: f64 = 1.5;
/// The ratio of the two sizes.
const TIMES: usize = 100;
const BOTH: &[Kind] = &[Kind::Memory, Kind::Sled];
const MEMORY: &[Kind] = &[Kind::Memory];

/// Operations, each with its time in microseconds.
type Times = Vec<(&'static str, f64)>;

/// A group of operations that are measured in one store.
struct Group {
    /// The name of the items that are counted by the size.
    of: &'static str,
    few: usize,
    stores: &'static [Kind],
    measure: fn(&Ground, usize) -> Result<Times>,
}

impl Group {
    const fn new(
        of: &'static str,
        few: usize,
        stores: &'static [Kind],
        measure: fn(&Ground, usize) -> Result<Times>,
    ) -> Self {
        Self { of, few, stores, measure }
    }

    /// Measures with few and with many items, in turns.
    fn show(&self, run: &Run, kind: Kind) -> Result<()> {
        let repeats = run.size(3, 1);
        let few = run.size(self.few, self.few.div_ceil(10));
        let mut found: Vec<(&str, [Vec<f64>; 2])> = Vec::new();
        for _ in 0..repeats {
            for (turn, size) in [few, few * TIMES].into_iter().enumerate() {
                for (name, time) in (self.measure)(&Ground::new(kind)?, size)? {
                    match found.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, times)) => times[turn].push(time),
                        None => found.push((name, [vec![time], Vec::new()])),
                    }
                }
            }
        }
        for (name, [mut among_few, mut among_many]) in found {
            let row = Row::new(format!("growth {name}, {kind}"), median(&mut among_many), "us");
            let row = row.against(median(&mut among_few)).at_most(FLAT).among(few * TIMES, few).repeats(repeats);
            run.show(&row.note(format!("{few} and {} {}", few * TIMES, self.of)));
        }
        Ok(())
    }
}

const GROUPS: [&[Group]; 14] = [
    past::GROUPS,
    children::GROUPS,
    fan::GROUPS,
    tables::GROUPS,
    queues::GROUPS,
    processes::GROUPS,
    mailboxes::GROUPS,
    conditions::GROUPS,
    documents::GROUPS,
    by_hand::GROUPS,
    front::GROUPS,
    purge::GROUPS,
    contended::GROUPS,
    workers::GROUPS,
];

pub(crate) fn run(run: &Run) -> Result<()> {
    if !run.wants("growth") {
        return Ok(());
    }
    for group in GROUPS.into_iter().flatten() {
        for kind in group.stores {
            group.show(run, *kind)?;
        }
    }
    BOTH.iter().try_for_each(|kind| inbox::show(run, *kind))
}
