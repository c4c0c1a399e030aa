//! Signals on their way: the tasks that waited when a signal was thrown.

use serde_json::Value;
use viewflow_store::{RowRecord, TaskId};

use crate::error::Result;
use crate::unit::Unit;
pub(crate) use viewflow_store::__private::SIGNALS;

/// How many tasks one row holds.
const CHUNK: usize = 500;

/// Notes all tasks that wait for the signal, except those that an earlier throw in this step has noted. A worker lets
/// each of them go on, in a step of its own. Returns how many there are.
pub(crate) fn throw(unit: &mut Unit, name: &str) -> Result<usize> {
    let waiting = unit.take_waiting_for_signal(name)?;
    for chunk in waiting.chunks(CHUNK) {
        let row = unit.store.next_row(SIGNALS)?;
        unit.put_row(SIGNALS, row, Some(self::row(name, chunk)))?;
    }
    Ok(waiting.len())
}

/// Makes the row of a signal and the tasks that are to hear it.
pub(crate) fn row(name: &str, tasks: &[TaskId]) -> RowRecord {
    let tasks = tasks.iter().map(|task| Value::String(task.to_string())).collect();
    RowRecord::of([("name", name.into()), ("tasks", Value::Array(tasks))])
}

/// Returns the signal and the tasks of a row.
pub(crate) fn read(record: &RowRecord) -> (String, Vec<TaskId>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = record.data.get("name").and_then(text).unwrap_or_default();
    let tasks = record.data.get("tasks").and_then(Value::as_array).into_iter().flatten();
    (name, tasks.filter_map(text).filter_map(|task| task.parse().ok()).collect())
}
