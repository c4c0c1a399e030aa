//! Finds the task to blame for the failure of a step without a person: the step is run again, and that task fails in
//! it.

use std::collections::BTreeSet;

use viewflow_store::{TaskError, TaskId};

use crate::error::Error;
use crate::kernel::{Fault, Faults};
use crate::unit::Db;

/// How many tasks of a longer step are tried: the newest ones, and the one with which the step began.
const SUSPECTS: usize = 64;
/// How often one step is tried.
const TRIES: u32 = 300;

/// Returns the task that was at work when a step failed, if the step can do without it.
pub(super) fn fault(db: &Db, error: &Error, background: bool, known: &Faults) -> Option<(TaskId, Fault)> {
    let (culprit, asking) = db.unit(|unit| (unit.culprit, unit.is_asking()));
    let task = culprit?;
    let twice = match known.get(&task) {
        Some(fault) if fault.twice => return None,
        known => known.is_some(),
    };
    ((background || asking) && error.is_of_a_task()).then(|| (task, Fault { error: error.into(), twice }))
}

/// Finds out which task wrote what the store refused in a complete step. One task after the other is made to fail,
/// until the store takes what is left. The newest comes first, as the least is lost without it.
#[derive(Default)]
pub(super) struct Search {
    /// The tasks of the first run. Above them are tasks that came into the step because of what was tried below, as an
    /// error may lead the flow another way.
    frames: Vec<Frame>,
    known: BTreeSet<TaskId>,
    tries: u32,
}

struct Frame {
    /// The tasks that were not tried, the newest last.
    left: Vec<TaskId>,
    /// The task that fails now, and whether the handling of its error fails with it.
    tried: Option<(TaskId, bool)>,
}

impl Search {
    /// Makes another task fail in the next run. Returns whether one was left: otherwise no task is to blame.
    pub(super) fn go_on(&mut self, suspects: &[TaskId], error: &TaskError, faults: &mut Faults) -> bool {
        self.tries += 1;
        if self.tries > TRIES {
            return false;
        }
        let mut fresh: Vec<TaskId> = suspects.iter().copied().filter(|task| self.known.insert(*task)).collect();
        if fresh.len() > SUSPECTS {
            fresh.drain(1..fresh.len() + 1 - SUSPECTS);
        }
        if !fresh.is_empty() {
            self.frames.push(Frame { left: fresh, tried: None });
        }
        while let Some(frame) = self.frames.last_mut() {
            let next = match frame.tried.take() {
                Some((task, false)) => Some((task, true)),
                Some((task, true)) => {
                    faults.remove(&task);
                    frame.left.pop().map(|task| (task, false))
                }
                None => frame.left.pop().map(|task| (task, false)),
            };
            if let Some((task, twice)) = next {
                frame.tried = next;
                faults.insert(task, Fault { error: error.clone(), twice });
                return true;
            }
            self.frames.pop();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viewflow_store::ProcessId;

    fn task(ordinal: u32) -> TaskId {
        TaskId { process: ProcessId(1), ordinal }
    }

    /// Returns the tasks that are made to fail, one after the other, until the result is taken. `run` returns the tasks
    /// of a run with these faults.
    fn tried(run: impl Fn(&[u32]) -> Vec<u32>, taken: impl Fn(&[u32]) -> bool) -> Vec<Vec<u32>> {
        let (mut search, mut faults, mut all) = (Search::default(), Faults::new(), Vec::new());
        loop {
            let failing: Vec<u32> = faults.keys().map(|task| task.ordinal).collect();
            if !failing.is_empty() && taken(&failing) {
                return all;
            }
            let suspects: Vec<TaskId> = run(&failing).into_iter().map(task).collect();
            let error = TaskError { code: None, message: String::new() };
            if !search.go_on(&suspects, &error, &mut faults) {
                assert_eq!(faults.len(), 0, "nobody is left as failed");
                return all;
            }
            all.push(faults.keys().map(|task| task.ordinal).collect());
            all.dedup();
        }
    }

    #[test]
    fn the_newest_is_tried_first_and_alone() {
        assert_eq!(tried(|_| vec![1, 2, 3], |failing| failing == [2]), [vec![3], vec![2]]);
        assert_eq!(tried(|_| vec![1, 2, 3], |_| false), [[3], [2], [1]]);
    }

    #[test]
    fn what_comes_of_a_failure_is_tried_together_with_it() {
        let run = |failing: &[u32]| if failing.contains(&2) { vec![1, 2, 7] } else { vec![1, 2] };
        assert_eq!(tried(run, |failing| failing == [2, 7]), [vec![2], vec![2, 7]]);
        assert_eq!(tried(run, |failing| failing == [1]), [vec![2], vec![2, 7], vec![2], vec![1]]);
    }

    #[test]
    fn of_a_long_step_the_newest_are_tried_and_the_first() {
        let all = tried(|_| (1..=1000).collect(), |failing| failing == [1]);
        assert_eq!((all.len(), all.last()), (SUSPECTS, Some(&vec![1])));
    }
}
