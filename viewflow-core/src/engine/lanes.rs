//! Locks that the processes of an engine share. A thread that has waited for long gets its lock next.
//!
//! The first thread that comes to a free lock takes it, which is fast, as no thread has to be woken. But a thread that
//! has waited for a while is next. So no thread waits longer than the threads before it take, and [`LONG`] for each.

use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use viewflow_store::ProcessId;

/// How many locks the processes share. More make it less likely that two processes wait for each other.
const LANES: usize = 256;
/// A thread that has waited this long is given the lock, even if others were faster.
const LONG: Duration = Duration::from_millis(1);

/// The locks.
pub(super) struct Lanes(Vec<Lane>);

#[derive(Default)]
struct Lane(Mutex<Line>);

#[derive(Default)]
struct Line {
    taken: bool,
    waiting: VecDeque<Arc<Waiting>>,
}

struct Waiting {
    since: Instant,
    thread: Thread,
    /// Whether the lock was handed over to the thread.
    has_it: AtomicBool,
}

/// A lock that a thread has. It is free when this is dropped.
pub(super) struct Had<'l>(&'l Lane);

impl Default for Lanes {
    fn default() -> Self {
        Self((0..LANES).map(|_| Lane::default()).collect())
    }
}

impl Lanes {
    /// Waits for the lock of a process.
    pub(super) fn take(&self, process: ProcessId) -> Had<'_> {
        let mut hasher = DefaultHasher::new();
        process.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "any part of a hash will do")]
        let any = hasher.finish() as usize;
        self.0[any % LANES].take()
    }
}

impl Lane {
    fn take(&self) -> Had<'_> {
        let mut line = self.line();
        if !std::mem::replace(&mut line.taken, true) {
            return Had(self);
        }
        let me = Arc::new(Waiting { since: Instant::now(), thread: thread::current(), has_it: AtomicBool::new(false) });
        line.waiting.push_back(Arc::clone(&me));
        loop {
            drop(line);
            thread::park();
            line = self.line();
            if me.has_it.load(Ordering::Relaxed) {
                return Had(self);
            }
            if !line.taken && line.waiting.front().is_some_and(|first| Arc::ptr_eq(first, &me)) {
                line.taken = true;
                line.waiting.pop_front();
                return Had(self);
            }
        }
    }

    // No code panics while it has this lock.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Had<'_> {
    fn drop(&mut self) {
        let mut line = self.0.line();
        let next = line.waiting.front().cloned();
        line.taken = next.as_ref().is_some_and(|next| next.since.elapsed() >= LONG);
        if line.taken {
            line.waiting.pop_front();
            next.iter().for_each(|next| next.has_it.store(true, Ordering::Relaxed));
        }
        drop(line);
        next.iter().for_each(|next| next.thread.unpark());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn wait_for(line: &Lane, waiting: usize) {
        while line.line().waiting.len() < waiting {
            thread::yield_now();
        }
    }

    #[test]
    fn who_has_waited_for_long_is_next_however_fast_others_are() {
        let (lane, came) = (Lane::default(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for round in 1..=20 {
                let had = lane.take();
                scope.spawn(|| {
                    let _had = lane.take();
                    came.fetch_add(1, Ordering::SeqCst);
                });
                wait_for(&lane, 1);
                thread::sleep(LONG * 2);
                drop(had);
                // This thread is running, and the other thread has to be woken first.
                drop(lane.take());
                assert_eq!(came.load(Ordering::SeqCst), round);
            }
        });
    }

    #[test]
    fn one_has_a_lock_at_a_time_and_all_get_it() {
        let (lane, inside, count) = (Lane::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..500 {
                        let _had = lane.take();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        if round % 100 == 0 {
                            thread::sleep(LONG);
                        }
                        count.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 4000);
        let left = lane.line();
        assert!(!left.taken && left.waiting.is_empty());
    }

    #[test]
    fn a_panic_lets_go_of_the_lock() {
        let lane = Lane::default();
        let panicked = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _had = lane.take();
                    panic!("on purpose")
                })
                .join()
        });
        assert!(panicked.is_err());
        drop(lane.take());
    }
}
