//! How the tasks of a process led to each other, for going back.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_graph::Kind;
use viewflow_store::{TaskRecord, TaskStatus};

use crate::error::{Error, Result};
use crate::kernel::ROOT;

/// A task, with the facts that going back needs.
pub(super) struct Link {
    pub(super) kind: Kind,
    pub(super) node: String,
    pub(super) status: TaskStatus,
    pub(super) scope: u32,
    pub(super) around: Option<u32>,
    pub(super) compensated: bool,
    pub(super) skipped: bool,
    pub(super) undone: bool,
}

impl Link {
    /// Returns whether its node did something that has not been undone.
    pub(super) fn did(&self) -> bool {
        self.status == TaskStatus::Done && !self.compensated && !self.skipped
    }
}

/// How tasks of a process hang together. Compensations are not among them, as no token came to them.
#[derive(Default)]
pub(super) struct Links {
    pub(super) tasks: BTreeMap<u32, Link>,
    /// The followers of each task: the tasks that it led to, or the join that it went into.
    pub(super) followers: BTreeMap<u32, BTreeSet<u32>>,
    /// The tasks that led to each task.
    pub(super) leaders: BTreeMap<u32, BTreeSet<u32>>,
    /// The split that opened each scope.
    pub(super) splits: BTreeMap<u32, u32>,
    /// The join at which each scope ends, once a token has been there.
    pub(super) joins: BTreeMap<u32, u32>,
    /// When tasks were done, as the numbers of events.
    pub(super) done: BTreeMap<u32, u32>,
    /// Whether a task is done whose record does not say when.
    pub(super) without_place: bool,
    /// All tasks made from this one on are included.
    pub(super) first: u32,
}

/// How many tasks of each node are done, by scope.
type Done = BTreeMap<u32, BTreeMap<String, u32>>;

/// The work that going back to a task involves.
pub(super) struct Back {
    /// The scopes around the task, the innermost first, without that of the process.
    pub(super) scopes: Vec<u32>,
    /// The tasks that came after the task, and the task itself, the newest first.
    pub(super) gone: Vec<u32>,
    /// The joins that wait, again or still, because other tokens have arrived there. The key is the scope that they
    /// close.
    pub(super) waiting: BTreeMap<u32, u32>,
    /// All that came after the task, including those joins at which something to be taken back had arrived.
    pub(super) after: BTreeSet<u32>,
}

impl Links {
    pub(super) fn add(&mut self, task: &TaskRecord) {
        let ordinal = task.id.ordinal;
        let TaskRecord { kind, status, scope, around, compensated, skipped, undone, place, .. } = *task;
        if place != 0 {
            self.done.insert(ordinal, place);
        }
        self.without_place |= place == 0 && status == TaskStatus::Done;
        let node = task.node.clone();
        self.tasks.insert(ordinal, Link { kind, node, status, scope, around, compensated, skipped, undone });
        let ways = task.previous.map(|previous| (previous, ordinal));
        for (from, to) in ways.into_iter().chain(task.joined.map(|join| (ordinal, join))) {
            self.followers.entry(from).or_default().insert(to);
            self.leaders.entry(to).or_default().insert(from);
        }
        if let Some(around) = around {
            if kind.is_split() { &mut self.splits } else { &mut self.joins }.insert(around, ordinal);
        }
    }

    pub(super) fn back(&self, to: u32) -> Result<Back> {
        let mut scopes = Vec::new();
        let mut at = self.tasks[&to].scope;
        while at != ROOT {
            scopes.push(at);
            at = self.splits.get(&at).map(|split| self.tasks[split].scope).ok_or(Error::Internal("a scope's split"))?;
        }
        let mut after = BTreeSet::from([to]);
        let mut found = vec![to];
        // Where a scope is closed, its join has gone on.
        let is_open = |scope: &u32| self.tasks[&self.splits[scope]].status == TaskStatus::Started;
        for join in scopes.iter().filter(|scope| !is_open(scope)).filter_map(|scope| self.joins.get(scope)) {
            if after.insert(*join) {
                found.push(*join);
            }
        }
        while let Some(task) = found.pop() {
            for follower in self.followers.get(&task).into_iter().flatten() {
                if after.insert(*follower) {
                    found.push(*follower);
                }
            }
        }
        let mut waiting = BTreeMap::new();
        for scope in &scopes {
            let Some(join) = self.joins.get(scope) else { continue };
            let mut leaders = self.leaders.get(join).into_iter().flatten();
            if leaders.any(|leader| !after.contains(leader)) {
                waiting.insert(*scope, *join);
            }
        }
        let stays: BTreeSet<u32> = waiting.values().copied().collect();
        let mut gone: Vec<u32> = after.difference(&stays).copied().collect();
        let newest = |task: &u32| (self.done.get(task).copied().unwrap_or(u32::MAX), *task);
        gone.sort_unstable_by_key(|task| std::cmp::Reverse(newest(task)));
        Ok(Back { scopes, gone, waiting, after })
    }

    /// Returns how many tasks of each node are done in each scope that is opened again, inner scopes included. Tasks
    /// that are taken back do not count.
    pub(super) fn done_within(&self, back: &Back) -> Done {
        let gone: BTreeSet<u32> = back.gone.iter().copied().collect();
        let stays = |task: &u32| !gone.contains(task) && !self.is_open_again(*task, back);
        self.count_done(self.tasks.keys().copied().filter(stays))
    }

    /// Returns how many of the tasks counted as done are no longer done.
    pub(super) fn done_gone(&self, back: &Back) -> Done {
        let open_again = self.tasks.keys().copied().filter(|task| self.is_open_again(*task, back));
        let gone: BTreeSet<u32> = back.gone.iter().copied().chain(open_again).collect();
        self.count_done(gone.into_iter())
    }

    fn count_done(&self, tasks: impl Iterator<Item = u32>) -> Done {
        let mut done = Done::new();
        for link in tasks.filter_map(|task| self.tasks.get(&task)) {
            if link.status != TaskStatus::Done || link.skipped {
                continue;
            }
            let mut scope = link.scope;
            while scope != ROOT {
                *done.entry(scope).or_default().entry(link.node.clone()).or_default() += 1;
                scope = self.splits.get(&scope).map_or(ROOT, |split| self.tasks[split].scope);
            }
        }
        done
    }

    /// Returns whether a task is a split whose scope is opened again, or a join that waits again.
    fn is_open_again(&self, task: u32, back: &Back) -> bool {
        back.scopes.iter().any(|scope| self.splits.get(scope) == Some(&task))
            || back.waiting.values().any(|join| *join == task)
    }

    /// Returns whether a scope was open before anything was taken back.
    fn was_open(&self, scope: u32) -> bool {
        self.splits.get(&scope).is_some_and(|split| self.tasks[split].status == TaskStatus::Started)
    }

    /// Returns how many tokens and scopes are alive in each scope that is opened again, without what is taken back.
    /// Nothing that was in such a scope is open any longer, except the next inner scope.
    pub(super) fn alive(&self, back: &Back) -> BTreeMap<u32, u64> {
        let around = back.scopes.iter().filter_map(|scope| self.splits.get(scope)).map(|split| self.tasks[split].scope);
        around.map(|scope| (scope, 1)).collect()
    }

    /// Returns how many tokens and scopes come to be alive in each scope, and how many no longer are.
    pub(super) fn alive_gone(&self, back: &Back) -> BTreeMap<u32, (u64, u64)> {
        let mut alive: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        let opened = back.scopes.iter().filter(|scope| !self.was_open(**scope));
        for split in opened.filter_map(|scope| self.splits.get(scope)) {
            alive.entry(self.tasks[split].scope).or_default().0 += 1;
        }
        for link in back.gone.iter().chain(back.waiting.values()).filter_map(|task| self.tasks.get(task)) {
            // A waiting join is no token, and a split counts as its scope.
            let waits = !link.kind.is_split() && link.around.is_some_and(|around| self.was_open(around));
            alive.entry(link.scope).or_default().1 += u64::from(!link.status.is_final() && !waits);
        }
        alive
    }
}
