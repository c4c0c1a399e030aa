//! Duties: work that one engine at a time does for all engines that have the store open.
//!
//! If no other program can have the store open, the engines of this program claim a duty while they work on it, and
//! nothing is written. Otherwise a row of the table `viewflow.duty` says which engine has the duty and until when. An
//! engine takes a duty when there is something to do and no other engine has it. It renews the duty while it works,
//! leaves it alone at rest, and gives it back when its workers stop.
//!
//! The number in the row grows whenever the duty goes to another engine. The commits with the results of the work rely
//! on that row. So an engine that has lost a duty, and does not know it yet, writes nothing.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{Change, Claims, Commit, Expect, Key, RowRecord, Store, Timestamp};

use super::pending::{LEFT, lock};
use crate::engine::Engine;
use crate::error::Result;
use crate::kernel;
use crate::unit::Unit;

/// The table of the duties.
pub(super) const DUTIES: &str = "viewflow.duty";

/// The duties of an engine, as far as it knows.
pub(in crate::engine) struct Duties {
    /// The number of this engine, among all engines of all hosts.
    pub(super) me: u64,
    /// The duties that some engine or thread of this program works on.
    claims: Arc<Claims>,
    /// Whether other programs may have the store open.
    leased: bool,
    leases: Mutex<BTreeMap<String, Lease>>,
    /// The duties that are left to an engine of another version, each with the end of that time.
    left: Mutex<BTreeMap<String, Instant>>,
}

/// The engine that has a duty, and the end of its lease.
#[derive(Clone, Copy)]
struct Lease {
    /// None after it was given back.
    holder: Option<u64>,
    fence: u64,
    since: Timestamp,
    until: Timestamp,
}

impl Lease {
    fn of(record: &RowRecord) -> Self {
        let number = |field: &str| record.data.get(field).and_then(Value::as_u64);
        let time =
            |field: &str| Timestamp::from_millis(record.data.get(field).and_then(Value::as_i64).unwrap_or_default());
        let (holder, fence) = (number("holder"), number("fence").unwrap_or(0));
        Self { holder, fence, since: time("since"), until: time("until") }
    }

    fn row(&self, name: &str) -> RowRecord {
        let holder = self.holder.map(|holder| ("holder", holder.into()));
        let fields = [
            ("name", name.into()),
            ("fence", self.fence.into()),
            ("since", self.since.as_millis().into()),
            ("until", self.until.as_millis().into()),
        ];
        RowRecord::of(fields.into_iter().chain(holder))
    }

    /// Returns whether some engine has the duty, for longer than `left` from now on. A note by a clock that was set
    /// back since then does not count.
    fn lasts(&self, now: Timestamp, left: Duration) -> bool {
        self.holder.is_some() && self.until > now.after(left) && !kernel::was_set_back(self.since, now)
    }
}

impl Duties {
    /// Makes the duties of an engine over a store with these claims.
    pub(in crate::engine) fn new(claims: Option<Arc<Claims>>) -> Self {
        // Keys of hashes are from the operating system's random numbers.
        let me = RandomState::new().hash_one((std::process::id(), SystemTime::now()));
        Self {
            me,
            leased: claims.is_none(),
            claims: claims.unwrap_or_default(),
            leases: Mutex::default(),
            left: Mutex::default(),
        }
    }

    /// Returns when this engine may have a duty, as far as it knows: now, or when the lease of another engine ends.
    /// Returns none while a thread of this program works on it.
    pub(super) fn free_at(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
        if self.claims.is_taken(name) {
            return None;
        }
        let left = lock(&self.left).get(name).map(|until| until.saturating_duration_since(Instant::now()));
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            return Some(now.after(left));
        }
        let lease = lock(&self.leases).get(name).copied();
        let others = lease.filter(|lease| lease.holder != Some(self.me) && lease.lasts(now, Duration::ZERO));
        Some(others.map_or(now, |lease| lease.until))
    }

    /// Gives back the duties that no thread works on, so that other engines need not wait until the leases end. If that
    /// fails, they wait.
    pub(in crate::engine) fn give_back(&self, store: &dyn Store) {
        let at_rest: Vec<String> = {
            let leases = lock(&self.leases);
            let mine =
                leases.iter().filter(|(name, lease)| lease.holder == Some(self.me) && !self.claims.is_taken(name));
            mine.map(|(name, _)| name.clone()).collect()
        };
        at_rest.iter().for_each(|name| self.give_one_back(store, name));
    }

    fn give_one_back(&self, store: &dyn Store, name: &str) {
        lock(&self.leases).remove(name);
        let id = row_of(name);
        let Ok(Some(stored)) = store.row(DUTIES, id) else { return };
        let before = Lease::of(&stored);
        if before.holder == Some(self.me) {
            let key = Key::Row(DUTIES.to_owned(), id);
            let new = Some(Lease { holder: None, ..before }.row(name));
            let expect = vec![Expect::Revision(key, Some(stored.revision))];
            let changes = vec![Change::Row { table: DUTIES.to_owned(), id, old: Some(stored.record), new }];
            drop(store.commit(Commit { expect, changes, ..Commit::default() }));
        }
    }

    /// Leaves a duty to an engine of another version, for a while.
    pub(super) fn leave(&self, store: &dyn Store, name: &str) {
        lock(&self.left).insert(name.to_owned(), Instant::now() + LEFT);
        if self.leased {
            self.give_one_back(store, name);
        }
    }
}

/// A duty that this engine works on. No other engine does until this is dropped.
pub(in crate::engine) struct OnDuty<'e> {
    engine: &'e Engine,
    name: String,
    /// The number under which the engine has the duty, if there is a lease.
    fence: Option<u64>,
}

impl Drop for OnDuty<'_> {
    fn drop(&mut self) {
        self.engine.0.duties.claims.give_back(&self.name);
    }
}

impl OnDuty<'_> {
    fn is_it(&self, lease: Option<Lease>) -> bool {
        let mine = |lease: Lease| lease.holder == Some(self.engine.0.duties.me) && Some(lease.fence) == self.fence;
        self.fence.is_none() || lease.is_some_and(mine)
    }

    /// Returns whether the engine still has the duty, as far as it knows.
    pub(in crate::engine) fn lasts(&self) -> bool {
        let lease = lock(&self.engine.0.duties.leases).get(&self.name).copied();
        self.fence.is_none() || self.is_it(lease.filter(|lease| lease.lasts(self.engine.now(), Duration::ZERO)))
    }

    /// Returns whether the engine still has the duty. The step relies on it.
    pub(in crate::engine) fn is_held(&self, unit: &mut Unit) -> Result<bool> {
        if self.fence.is_none() {
            return Ok(true);
        }
        let lease = unit.row(DUTIES, row_of(&self.name))?.map(Lease::of);
        Ok(self.keep_or_lose(lease))
    }

    /// Returns what a commit has to rely on, so that it is refused when the engine has lost the duty. Returns none if
    /// the engine has lost it already.
    pub(in crate::engine) fn expectation(&self) -> Result<Option<Vec<Expect>>> {
        if self.fence.is_none() {
            return Ok(Some(Vec::new()));
        }
        let id = row_of(&self.name);
        let stored = self.engine.0.store.row(DUTIES, id)?;
        let held = self.keep_or_lose(stored.as_ref().map(|stored| Lease::of(stored)));
        let key = Key::Row(DUTIES.to_owned(), id);
        Ok(held.then(|| vec![Expect::Revision(key, stored.map(|stored| stored.revision))]))
    }

    fn keep_or_lose(&self, lease: Option<Lease>) -> bool {
        let held = self.is_it(lease);
        if !held {
            lock(&self.engine.0.duties.leases).remove(&self.name);
        }
        held
    }
}

impl Engine {
    /// Takes a duty, unless another engine or thread has it. Call it only when there is something to do.
    pub(in crate::engine) fn on_duty(&self, name: &str) -> Result<Option<OnDuty<'_>>> {
        let duties = &self.0.duties;
        let is_left = lock(&duties.left).get(name).is_some_and(|until| Instant::now() < *until);
        if is_left || !duties.claims.take(name) {
            return Ok(None);
        }
        let mut duty = OnDuty { engine: self, name: name.to_owned(), fence: None };
        if duties.leased {
            let lease = self.lease_of(name)?;
            if lease.holder != Some(duties.me) {
                return Ok(None);
            }
            duty.fence = Some(lease.fence);
        }
        Ok(Some(duty))
    }

    /// Returns the lease of a duty. If no other engine has it, this engine takes it.
    fn lease_of(&self, name: &str) -> Result<Lease> {
        let Duties { me, leases, .. } = &self.0.duties;
        let now = self.now();
        let known = lock(leases).get(name).copied();
        let half = self.0.pending.lease / 2;
        if let Some(mine) = known.filter(|lease| lease.holder == Some(*me) && lease.lasts(now, half)) {
            return Ok(mine);
        }
        let stored = self.0.store.row(DUTIES, row_of(name))?.map(|stored| Lease::of(&stored));
        match stored.filter(|lease| lease.holder != Some(*me) && lease.lasts(now, Duration::ZERO)) {
            Some(others) => {
                lock(leases).insert(name.to_owned(), others);
                Ok(others)
            }
            None => self.take_lease(name),
        }
    }

    /// Takes or renews a lease, unless another engine has it by now.
    fn take_lease(&self, name: &str) -> Result<Lease> {
        let Duties { me, leases, .. } = &self.0.duties;
        let lease = self.step(None, None, |db| {
            db.unit(|unit| {
                let now = unit.now;
                let before = unit.row(DUTIES, row_of(name))?.map(Lease::of);
                let mine = before.is_some_and(|before| before.holder == Some(*me));
                if let Some(others) = before.filter(|lease| !mine && lease.lasts(now, Duration::ZERO)) {
                    return Ok(others);
                }
                let fence = before.map_or(0, |before| before.fence) + u64::from(!mine);
                let until = now.after(self.0.pending.lease);
                let lease = Lease { holder: Some(*me), fence, since: now, until };
                unit.put_row(DUTIES, row_of(name), Some(lease.row(name)))?;
                Ok(lease)
            })
        })?;
        lock(leases).insert(name.to_owned(), lease);
        Ok(lease)
    }

    /// Renews the leases of the duties that this engine works on.
    pub(super) fn keep_duties(&self) {
        let Duties { me, claims, leases, .. } = &self.0.duties;
        let (now, half) = (self.now(), self.0.pending.lease / 2);
        let soon_over = |(name, lease): (&String, &Lease)| {
            let mine = lease.holder == Some(*me) && !lease.lasts(now, half) && claims.is_taken(name);
            mine.then(|| name.clone())
        };
        let soon_over: Vec<String> = lock(leases).iter().filter_map(soon_over).collect();
        for name in soon_over {
            if let Err(error) = self.take_lease(&name) {
                self.report(&error);
            }
        }
    }
}

/// Forgets a duty for good, together with its subject.
pub(super) fn forget_duty(unit: &mut Unit, name: &str) -> Result<()> {
    match unit.row(DUTIES, row_of(name))? {
        Some(_) => unit.put_row(DUTIES, row_of(name), None),
        None => Ok(()),
    }
}

fn row_of(name: &str) -> u64 {
    stable_hash(["duty", name])
}
