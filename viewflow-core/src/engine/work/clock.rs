//! Starts by the clock: in a rhythm, or as cron says.

use serde_json::Value;

use crate::definition::{Definition, SCHEDULES};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::id::stable_hash;
use crate::kernel;
use crate::store::RowRecord;
use crate::time::Timestamp;
use crate::unit::Unit;

/// When the next process starts where none does any more.
pub(super) const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// What is noted of a start.
pub(super) enum Next {
    /// When the next process starts.
    At(Timestamp),
    /// It was noted by a clock that was set back since: the rhythm begins anew.
    SetBack,
}

impl Engine {
    /// The nodes where processes start by the clock: flow, node, rhythm.
    pub(super) fn starts_by_clock(&self) -> Vec<(String, String, String)> {
        let nodes = self.0.flows.values().flat_map(|def| {
            let nodes = def.nodes.iter().filter_map(|node| Some((node.name, node.schedule.as_ref()?)));
            nodes.map(|(node, schedule)| (def.name.to_owned(), node.to_owned(), schedule.text.clone()))
        });
        nodes.collect()
    }

    /// Starts a process if its time has come, and notes when the next one does, in one step.
    pub(super) fn start_by_clock(&self, flow: &str, node: &str) -> Result<usize> {
        let def = self.definition(flow)?;
        let index = def.find(node).ok_or(Error::Internal("a start by the clock"))?;
        let Some(schedule) = &def.nodes[index].schedule else { return Ok(0) };
        let row = schedule_row(flow, node);
        let now = self.now();
        let known = self.0.store.row(SCHEDULES, row)?.and_then(|known| next_of(&known.record, &schedule.text, now));
        if matches!(known, Some(Next::At(next)) if next > now) {
            return Ok(0);
        }
        let Some(duty) = self.on_duty(&start_duty(def.name, def.nodes[index].name))? else { return Ok(0) };
        self.background(None, |step, db| {
            if !db.unit(|unit| duty.is_held(unit))? {
                return Ok(0);
            }
            let stored = db.unit(|unit| schedule_of(unit, &def, index))?;
            let now = db.now();
            let (starts, next) = match stored.as_ref().and_then(|stored| next_of(stored, &schedule.text, now)) {
                Some(Next::At(next)) if next > now => return Ok(0),
                Some(Next::At(due)) => (true, schedule.after(due, now)),
                Some(Next::SetBack) => (false, schedule.after(now, now)),
                None => match schedule.first(now) {
                    Some(first) if first <= now => (true, schedule.after(now, now)),
                    first => (false, first),
                },
            };
            let name = |text: &str| Value::String(text.to_owned());
            let next = Value::from(next.unwrap_or(NEVER).as_millis());
            let noted = Value::from(now.as_millis());
            let rhythm = name(&schedule.text);
            let data =
                [("flow", name(flow)), ("node", name(node)), ("rhythm", rhythm), ("next", next), ("noted", noted)];
            let data = data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            db.unit(|unit| unit.put_row(SCHEDULES, row, Some(RowRecord { data, ..RowRecord::default() })))?;
            if starts {
                step.start(&def, index, None, &(), &|_| Ok(()))?;
            }
            Ok(usize::from(starts))
        })
    }
}

pub(super) fn schedule_row(flow: &str, node: &str) -> u64 {
    stable_hash([flow, node])
}

/// The duty of starting processes there.
pub(super) fn start_duty(flow: &str, node: &str) -> String {
    format!("start {flow} {node}")
}

/// What was noted of a start, under the names that it has or had before. What is under those is taken away.
fn schedule_of(unit: &mut Unit, def: &Definition, node: usize) -> Result<Option<RowRecord>> {
    let mut found = unit.row_copy(SCHEDULES, schedule_row(def.name, def.nodes[node].name))?;
    let flows = || std::iter::once(&def.name).chain(def.was);
    let nodes = || std::iter::once(&def.nodes[node].name).chain(def.nodes[node].was);
    for row in flows().flat_map(|flow| nodes().map(|node| schedule_row(flow, node))).skip(1) {
        if let Some(earlier) = unit.row_copy(SCHEDULES, row)? {
            unit.put_row(SCHEDULES, row, None)?;
            found = found.or(Some(earlier));
        }
    }
    Ok(found)
}

/// When the next process starts, if that was told for this rhythm.
pub(super) fn next_of(record: &RowRecord, rhythm: &str, now: Timestamp) -> Option<Next> {
    let same = record.data.get("rhythm").and_then(Value::as_str) == Some(rhythm);
    let time = |field: &str| record.data.get(field).and_then(Value::as_i64).map(Timestamp::from_millis);
    let next = time("next").filter(|_| same)?;
    let set_back = time("noted").is_some_and(|noted| kernel::was_set_back(noted, now));
    Some(if set_back && next > now { Next::SetBack } else { Next::At(next) })
}
