//! Actions that happen once, however often they are sent.
//!
//! A row of the table `viewflow.once` keeps the request of a person under a key, as a hash, and its result.
//! The commit of the action writes the row: an action that failed leaves nothing, and of two at the same time one
//! happens.
//! The number of a row shows until when it is kept: the first rows are those that are over.
//! An index finds a row by the person and the key.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{IndexEntry, ProcessId, RowRecord, Timestamp, UserId, index_key};

use super::Desk;
use crate::engine::gate;
use crate::error::{Error, Result};
use crate::kernel::Step;
use crate::lifecycle::Action;
use crate::people::{Person, User as _};
use crate::unit::{Db, Unit};

/// The table of what was done.
pub(in crate::engine) const ONCE: &str = "viewflow.once";
/// The field by which it is found.
const BY: &str = "by";
/// How long it is kept.
const KEPT: Duration = Duration::from_hours(24);
/// How long a key may be, in bytes.
pub(crate) const MAX_ONCE: usize = 100;
/// How many of the lowest bits of a number tell rows of one time apart.
const APART: u32 = 20;
/// How many rows one step forgets.
const AT_ONCE: usize = 64;

/// What a person asks for under a key.
pub(super) struct Asked {
    action: Action,
    key: String,
    /// The person and the key, by which the row is found.
    by: Value,
    /// The hash of what is asked for.
    body: u64,
}

impl Desk<'_> {
    /// Does something in a step. With a key it does so once, and later calls only return the result. `body` is the
    /// request and its object.
    pub(super) fn step_once<R: Serialize + DeserializeOwned>(
        &self,
        action: Action,
        process: Option<ProcessId>,
        body: &impl Serialize,
        work: impl Fn(&mut Step, &Db) -> Result<R>,
    ) -> Result<R> {
        let asked = self.asked(action, None, body)?;
        self.engine.foreground(process, Some(self), |step, db| self.once_within(asked.as_ref(), db, || work(step, db)))
    }

    /// Returns what is asked for under the key of this desk, if it has one; of many, the one at this place.
    pub(super) fn asked(&self, action: Action, at: Option<usize>, body: &impl Serialize) -> Result<Option<Asked>> {
        self.once.as_ref().map(|key| Asked::new(action, self.id(), key, at, body)).transpose()
    }

    /// As [`Desk::step_once`], within a step.
    pub(super) fn once_within<R: Serialize + DeserializeOwned>(
        &self,
        asked: Option<&Asked>,
        db: &Db,
        work: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let Some(asked) = asked else { return work() };
        gate::pass_active(asked.action, &Person::of(self))?;
        if let Some(result) = db.unit(|unit| asked.result(unit))? {
            return read(result);
        }
        let result = work()?;
        let kept = written(&result)?;
        db.unit(|unit| asked.keep(unit, kept))?;
        Ok(result)
    }
}

impl Asked {
    fn new(action: Action, person: UserId, key: &str, at: Option<usize>, body: &impl Serialize) -> Result<Self> {
        if key.is_empty() || key.len() > MAX_ONCE {
            return Err(Error::BadKey { length: key.len(), max: MAX_ONCE });
        }
        let person = person.as_str();
        let place = at.map_or_else(String::new, |at| at.to_string());
        let by = Value::from(format!("{} {person} {place}={key}", person.len()));
        // As a value, its fields stand in one order.
        let body = written(body)?.to_string();
        Ok(Self { action, key: key.to_owned(), by, body: stable_hash([body.as_str()]) })
    }

    /// What came of it, if it was done.
    fn result(&self, unit: &mut Unit) -> Result<Option<Value>> {
        let Some(key) = index_key(&self.by) else { return Ok(None) };
        unit.rely_on_index(ONCE, BY, &key)?;
        let Some(row) = unit.holder(ONCE, BY, &key)? else { return Ok(None) };
        if is_over(row, unit.now) {
            unit.put_row(ONCE, row, None)?;
            return Ok(None);
        }
        let Some(mut record) = unit.row_copy(ONCE, row)? else { return Ok(None) };
        if record.data.get("body").and_then(Value::as_u64) != Some(self.body) {
            return Err(Error::OtherAction { key: self.key.clone() });
        }
        Ok(Some(record.data.remove("result").unwrap_or_default()))
    }

    fn keep(&self, unit: &mut Unit, result: Value) -> Result<()> {
        let until = u64::try_from(unit.now.after(KEPT).as_millis()).unwrap_or_default();
        let by = self.by.as_str().unwrap_or_default();
        let mut row = (until << APART) | (stable_hash([by]) % (1 << APART)).max(1);
        while unit.row(ONCE, row)?.is_some() {
            row += 1;
        }
        let index = vec![IndexEntry { field: BY.to_owned(), value: self.by.clone(), unique: false }];
        let record = RowRecord::of([(BY, self.by.clone()), ("body", self.body.into()), ("result", result)]);
        unit.put_row(ONCE, row, Some(RowRecord { index, ..record }))
    }
}

/// Whether it is no longer needed.
pub(in crate::engine) fn is_over(row: u64, now: Timestamp) -> bool {
    i64::try_from(row >> APART).is_ok_and(|until| until <= now.as_millis())
}

/// Forgets some of what is over: of the rows after `after`. Returns how many, and the last row that it came to.
pub(in crate::engine) fn sweep(unit: &mut Unit, after: u64) -> Result<(usize, u64)> {
    let (mut done, mut last) = (0, after);
    for row in unit.store.row_ids(ONCE, after, AT_ONCE)? {
        if !is_over(row, unit.now) {
            break;
        }
        last = row;
        let gone = unit.put_row(ONCE, row, None);
        done += usize::from(unit.pass_over(gone)?.is_some());
    }
    Ok((done, last))
}

fn written(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|_| Error::Internal("an action that cannot be written down"))
}

fn read<R: DeserializeOwned>(result: Value) -> Result<R> {
    serde_json::from_value(result).map_err(|_| Error::Internal("the result of an action that cannot be read"))
}
