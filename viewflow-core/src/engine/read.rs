//! What can be asked: forms, records, lists, the history, charts.

mod audience;
mod chart;
mod forms;
pub(super) mod history;
mod merged;
pub(super) mod processes;
pub(super) mod records;
pub(super) mod tasks;
