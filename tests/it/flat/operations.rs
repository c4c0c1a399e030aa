//! The operations of the engine, each prepared and done once in a lab.

mod acts;
mod desk_acts;
mod lists;
mod reads;
mod steps;
mod work;

use super::lab::{Cost, Lab};

/// The name of an operation, followed by a comma and the special way of calling it, if any. Then a function that
/// returns the cost in a lab.
pub type Operation = (&'static str, fn(&Lab) -> Cost);

/// All operations, in the order of their execution.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [acts::ACTS, desk_acts::DESK_ACTS, lists::LISTS, reads::READS, steps::STEPS, work::WORK].into_iter().flatten()
}

/// Functions that do not call the store themselves. They configure later calls, or return what they hold; workers
/// do the same as `run_pending`.
pub const ASK_NOTHING: &[&str] = &[
    "Engine::builder",
    "Engine::flows",
    "Engine::title",
    "Engine::workers",
    "Workers::stop",
    "Engine::graph",
    "Engine::history",
    "HistoryQuery::of_process",
    "HistoryQuery::by",
    "HistoryQuery::between",
    "Engine::processes",
    "ProcessQuery::visible_to",
    "ProcessQuery::with_status",
    "Engine::inbox",
    "Engine::queue",
    "Engine::archive",
    "Engine::tasks_of",
    "Engine::tasks_at",
    "TaskQuery::of",
    "TaskQuery::by_due_date",
    "TaskQuery::by_priority",
    "TaskQuery::by_follow_up",
    "Engine::desk",
    "Desk::because",
    "Desk::seen",
    "Desk::once",
    "TaskCommand::action",
    "ProcessCommand::action",
    "Desk::inbox",
    "Desk::queue",
    "Desk::archive",
    "Desk::tasks",
    "TaskLines::flow",
    "TaskLines::node",
    "TaskLines::status",
    "TaskLines::process",
    "TaskLines::owner",
    "TaskLines::due",
    "TaskLines::created",
    "TaskLines::finished",
    "TaskLines::priority",
    "TaskLines::by_due_date",
    "TaskLines::by_priority",
    "TaskLines::by_follow_up",
    "Desk::processes",
    "Desk::children",
    "ProcessLines::flow",
    "ProcessLines::status",
    "ProcessLines::parent",
    "ProcessLines::starter",
    "ProcessLines::participant",
    "ProcessLines::mine",
    "ProcessLines::outcome",
    "ProcessLines::created",
    "ProcessLines::finished",
    "ProcessLines::column",
    "Desk::starts",
    "OpenTask::id",
    // A call of it never compiles; the message says what is missing.
    "OpenTask::execute",
    "AssignedTask::id",
    "OpenHandle::id",
    "OpenSubprocess::id",
    "EngineBuilder::flow",
    "EngineBuilder::clock",
    "EngineBuilder::on_event",
    "EngineBuilder::on_logged",
    "EngineBuilder::on_error",
    "EngineBuilder::subscriber",
    "EngineBuilder::lease",
    "EngineBuilder::retain",
    "EngineBuilder::keep_obsolete",
    "EngineBuilder::take_over",
    "EngineBuilder::table",
    "EngineBuilder::people",
    "Engine::desk",
    "Desk::because",
    "Desk::seen",
    "Desk::once",
    "TaskCommand::action",
    "ProcessCommand::action",
    "Subscriber::from_the_beginning",
    "Subscriber::from_now_on",
    "Retention::forever",
    "Retention::purge_after",
    "Retention::wait_for_subscribers",
    "Retention::export",
    "Why::can_be_kept",
    "Db::table",
    "Db::now",
    "Db::actor",
    "Table::all",
    "Table::filter",
    "Table::by",
    "Query::filter",
    "Activation::db",
    "Activation::now",
    "Activation::actor",
    "JobRun::idempotency_key",
    "JobRun::db",
    "JobRun::now",
];
