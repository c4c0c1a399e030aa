//! Threads that wait for work, and how they are woken: one thread for each piece of work, and no other.
//!
//! A waiting worker is woken by a call and looks. If it sees more than the piece that it takes, it calls the next
//! worker. So as many workers come as there are pieces. One thread keeps the time. It sleeps until something is due, or
//! only for a while if others may have committed without notice, and then calls a worker. Threads that follow the log
//! and threads that forget each wait for their own signal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use viewflow_store::Timestamp;

use super::pending::lock;

/// The longest time for which a thread waits before it looks again. The clock of the computer may have been moved, and
/// commits of others are not always announced.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<State>,
    /// Wakes workers.
    work: Condvar,
    /// Wakes the thread that keeps the time.
    time: Condvar,
    /// Wakes threads that follow the log.
    log: Condvar,
    /// Wakes the thread that forgets.
    end: Condvar,
}

#[derive(Default)]
struct State {
    /// How many workers exist, and how many of them wait.
    workers: usize,
    idle: usize,
    /// How many workers are to look.
    calls: usize,
    /// When a worker has to look next, as far as is known.
    plan: Option<Timestamp>,
    /// Whether the thread that keeps the time has to do everything except jobs, as all workers are at work.
    all_at_work: bool,
    /// How often something came into the log, and how often a process ended.
    logged: u64,
    ended: u64,
}

impl Bell {
    /// Announces that there is something to do now: one worker is to look.
    pub(super) fn call(&self) {
        let mut state = lock(&self.state);
        state.calls = (state.calls + 1).min(state.workers.max(1));
        if state.idle > 0 {
            drop(state);
            self.work.notify_one();
        } else {
            state.all_at_work = true;
            drop(state);
            self.time.notify_all();
        }
    }

    /// Announces that something is due at this time. Does not wake the timekeeping thread if it wakes before that by
    /// itself.
    pub(super) fn plan(&self, due: Timestamp, now: Timestamp) {
        let mut state = lock(&self.state);
        if state.plan.is_none_or(|plan| due < plan) {
            state.plan = Some(due);
            drop(state);
            if due.since(now) < LONGEST_WAIT {
                self.time.notify_all();
            }
        }
    }

    pub(super) fn logged(&self) {
        lock(&self.state).logged += 1;
        self.log.notify_all();
    }

    pub(super) fn ended(&self) {
        lock(&self.state).ended += 1;
        self.end.notify_all();
    }

    /// Lets all threads check whether they are to stop.
    pub(super) fn stop(&self, stop: &AtomicBool) {
        let state = lock(&self.state);
        stop.store(true, Ordering::SeqCst);
        drop(state);
        [&self.work, &self.time, &self.log, &self.end].into_iter().for_each(Condvar::notify_all);
    }

    /// Counts a worker that begins, or that is over.
    pub(super) fn count_worker(&self, begins: bool) {
        let mut state = lock(&self.state);
        state.workers = if begins { state.workers + 1 } else { state.workers.saturating_sub(1) };
    }

    /// Waits until this worker is to look, or to stop.
    pub(super) fn wait_for_work(&self, stop: &AtomicBool) {
        let mut state = lock(&self.state);
        state.idle += 1;
        while state.calls == 0 && !stop.load(Ordering::SeqCst) {
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle -= 1;
        if !stop.load(Ordering::SeqCst) {
            state.calls = state.calls.saturating_sub(1);
        } else if state.calls > 0 && state.idle > 0 {
            // The call is for the workers that go on.
            self.work.notify_one();
        }
    }

    /// Returns whether a worker waits.
    pub(super) fn has_idle(&self) -> bool {
        lock(&self.state).idle > 0
    }

    /// Waits until something is due, or all workers are at work while there is something to do, or for `longest`. Then
    /// forgets the plan: the worker that looks now makes a new one.
    pub(super) fn wait_for_time(&self, stop: &AtomicBool, now: impl Fn() -> Timestamp, longest: Duration) {
        let mut state = lock(&self.state);
        let begun = std::time::Instant::now();
        loop {
            let left = longest.saturating_sub(begun.elapsed());
            let left = state.plan.map_or(left, |plan| plan.since(now()).min(left));
            if stop.load(Ordering::SeqCst) || state.all_at_work || left.is_zero() {
                break;
            }
            state = wait(&self.time, state, left);
        }
        state.all_at_work = false;
        state.plan = None;
    }

    /// How often something came into the log.
    pub(super) fn count_logged(&self) -> u64 {
        lock(&self.state).logged
    }

    /// How often a process ended.
    pub(super) fn count_ended(&self) -> u64 {
        lock(&self.state).ended
    }

    /// Waits until something comes into the log that was not `heard` yet, or for this long.
    pub(super) fn wait_for_log(&self, stop: &AtomicBool, heard: u64, longest: Duration) {
        let state = lock(&self.state);
        if state.logged == heard && !stop.load(Ordering::SeqCst) {
            drop(wait(&self.log, state, longest));
        }
    }

    /// Waits until a process ends whose end was not `heard` yet, or for this long.
    pub(super) fn wait_for_end(&self, stop: &AtomicBool, heard: u64, longest: Duration) {
        let state = lock(&self.state);
        if state.ended == heard && !stop.load(Ordering::SeqCst) {
            drop(wait(&self.end, state, longest));
        }
    }
}

fn wait<'s>(on: &Condvar, state: MutexGuard<'s, State>, longest: Duration) -> MutexGuard<'s, State> {
    on.wait_timeout(state, longest).unwrap_or_else(PoisonError::into_inner).0
}
