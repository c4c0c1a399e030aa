//! Starts by the clock: in a rhythm, or as cron says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{RowRecord, Timestamp};

use super::pending::{lock, readable};
use crate::definition::{Definition, Flows, SCHEDULES};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::kernel;
use crate::unit::Unit;

/// The time of the next start if there is none.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// What is noted of a start.
enum Next {
    /// When the next process starts.
    At(Timestamp),
    /// The clock has been set back since the note: the rhythm begins again.
    SetBack,
}

/// The nodes where processes start by the clock, and the next start of each, as far as it is known. So nodes that are
/// not due cost nothing. Another engine may have started a process in the meantime. When the time comes, the row of the
/// node shows that.
pub(super) struct Starts {
    nodes: Vec<(Arc<Definition>, usize)>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// By node; none if its row was not read yet.
    next: Vec<Option<Timestamp>>,
    /// The same, in order of time.
    order: BTreeSet<(Option<Timestamp>, usize)>,
    /// The latest time that the clock has shown.
    shown: Option<Timestamp>,
}

impl Starts {
    pub(super) fn of(flows: &Flows) -> Self {
        let mut nodes = Vec::new();
        for def in flows.values() {
            let starts = (0..def.nodes.len()).filter(|node| def.nodes[*node].schedule.is_some());
            nodes.extend(starts.map(|node| (Arc::clone(def), node)));
        }
        let mut known = Known::default();
        known.forget(nodes.len());
        Self { nodes, known: Mutex::new(known) }
    }

    /// The name that stores use for the start at a node.
    pub(super) fn name_of(&self, node: usize) -> String {
        let (def, index) = &self.nodes[node];
        start_duty(def.name, def.nodes[*index].name)
    }

    /// Returns what is known. If the clock was set back since, nothing is.
    fn known(&self, now: Timestamp) -> MutexGuard<'_, Known> {
        let mut known = lock(&self.known);
        if known.shown.is_some_and(|shown| kernel::was_set_back(shown, now)) {
            known.forget(self.nodes.len());
            known.shown = None;
        }
        known.shown = known.shown.max(Some(now));
        known
    }
}

impl Known {
    fn forget(&mut self, nodes: usize) {
        self.next = vec![None; nodes];
        self.order = (0..nodes).map(|node| (None, node)).collect();
    }

    fn note(&mut self, node: usize, next: Timestamp) {
        self.order.remove(&(self.next[node], node));
        self.next[node] = Some(next);
        self.order.insert((Some(next), node));
    }
}

impl Engine {
    /// Returns when the next process starts by the clock.
    pub(super) fn next_start(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let starts = &self.0.pending.starts;
        let of_time = |next: &(Option<Timestamp>, usize)| next.0.is_none();
        let unknown: Vec<_> = starts.known(now).order.iter().copied().take_while(of_time).collect();
        let mut next = None;
        for (_, node) in unknown {
            let (def, index) = &starts.nodes[node];
            let Some(row) = readable(self.noted_start(def, *index, now))? else { continue };
            match row {
                Some(Next::At(due)) => starts.known(now).note(node, due),
                Some(Next::SetBack) | None => next = Some(now),
            }
        }
        let known = starts.known(now);
        for (start, node) in known.order.iter().filter_map(|(next, node)| Some(((*next)?, *node))) {
            if start == NEVER || next.is_some_and(|next| next <= start) {
                break;
            }
            // If another engine has the duty, this engine cannot have it before that.
            let free = self.0.duties.free_at(&starts.name_of(node), now).unwrap_or(now);
            next = next.into_iter().chain([start.max(free)]).min();
        }
        Ok(next)
    }

    /// Returns the nodes whose time has come, or is not known. Also returns the next time of another node.
    pub(super) fn due_starts(&self, now: Timestamp) -> (Vec<usize>, Option<Timestamp>) {
        let known = self.0.pending.starts.known(now);
        let due = known.order.range(..=(Some(now), usize::MAX)).map(|(_, node)| *node).collect();
        let mut later = known.order.range((Some(now), usize::MAX)..);
        (due, later.find_map(|(next, _)| *next).filter(|next| *next < NEVER))
    }

    /// Starts a process at a node if its time has come.
    pub(super) fn start_what_is_due(&self, node: usize) -> Result<usize> {
        let (now, starts) = (self.now(), &self.0.pending.starts);
        let (def, index) = &starts.nodes[node];
        let done = self.start_by_clock(def, *index);
        if done.as_ref().is_err_and(Error::is_of_another_version) {
            self.0.duties.leave(&*self.0.store, &starts.name_of(node));
        }
        let (started, next) = done?;
        if let Some(next) = next {
            starts.known(now).note(node, next);
        }
        Ok(usize::from(started))
    }

    fn noted_start(&self, def: &Definition, index: usize, now: Timestamp) -> Result<Option<Next>> {
        let node = &def.nodes[index];
        let Some(schedule) = &node.schedule else { return Ok(None) };
        let row = self.0.store.row(SCHEDULES, schedule_row(def.name, node.name))?;
        Ok(row.and_then(|row| next_of(&row.record, &schedule.text, now)))
    }

    /// Starts a process if its time has come, and notes the time of the next start, in one step. Returns whether it has
    /// started one, and the next time. If another engine has the duty, returns no time.
    fn start_by_clock(&self, def: &Arc<Definition>, index: usize) -> Result<(bool, Option<Timestamp>)> {
        let Some(schedule) = &def.nodes[index].schedule else { return Ok((false, Some(NEVER))) };
        let (flow, node) = (def.name, def.nodes[index].name);
        let row = schedule_row(flow, node);
        let now = self.now();
        if let Some(Next::At(next)) = self.noted_start(def, index, now)?
            && next > now
        {
            return Ok((false, Some(next)));
        }
        let Some(duty) = self.on_duty(&start_duty(def.name, def.nodes[index].name))? else { return Ok((false, None)) };
        self.background(None, |step, db| {
            if !db.unit(|unit| duty.is_held(unit))? {
                return Ok((false, None));
            }
            let stored = db.unit(|unit| schedule_of(unit, def, index))?;
            let now = db.now();
            let (starts, next) = match stored.as_ref().and_then(|stored| next_of(stored, &schedule.text, now)) {
                Some(Next::At(next)) if next > now => return Ok((false, Some(next))),
                Some(Next::At(due)) => (true, schedule.after(due, now)),
                Some(Next::SetBack) => (false, schedule.after(now, now)),
                None => match schedule.first(now) {
                    Some(first) if first <= now => (true, schedule.after(now, now)),
                    first => (false, first),
                },
            };
            let next = next.unwrap_or(NEVER);
            let record = RowRecord::of([
                ("flow", flow.into()),
                ("node", node.into()),
                ("rhythm", schedule.text.as_str().into()),
                ("next", next.as_millis().into()),
                ("noted", now.as_millis().into()),
            ]);
            db.unit(|unit| unit.put_row(SCHEDULES, row, Some(record)))?;
            if starts {
                step.start(def, index, None, &(), &|_| Ok(()))?;
            }
            Ok((starts, Some(next)))
        })
    }
}

fn schedule_row(flow: &str, node: &str) -> u64 {
    stable_hash([flow, node])
}

/// The duty of starting processes at a node.
pub(super) fn start_duty(flow: &str, node: &str) -> String {
    format!("start {flow} {node}")
}

/// Returns the note of a start, under its current and its former names. Removes notes under former names.
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

/// Returns the next start, if it was noted for this rhythm.
fn next_of(record: &RowRecord, rhythm: &str, now: Timestamp) -> Option<Next> {
    let same = record.data.get("rhythm").and_then(Value::as_str) == Some(rhythm);
    let time = |field: &str| record.data.get(field).and_then(Value::as_i64).map(Timestamp::from_millis);
    let next = time("next").filter(|_| same)?;
    let set_back = time("noted").is_some_and(|noted| kernel::was_set_back(noted, now));
    Some(if set_back && next > now { Next::SetBack } else { Next::At(next) })
}
