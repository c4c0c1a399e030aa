//! The questions that the engine answers: forms, records, lists, the history, charts.

pub(super) mod audience;
pub(super) mod chart;
mod forms;
pub(super) mod history;
pub(super) mod look;
pub(super) mod merged;
pub(super) mod processes;
pub(super) mod records;
pub(super) mod tasks;
