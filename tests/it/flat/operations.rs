//! Each operation of the engine, prepared and done once in a lab.

mod acts;
mod reads;
mod steps;
mod work;

use super::lab::{Cost, Lab};

/// The name of an operation, with what is special in this way to call it after a comma; and what it costs in a lab.
pub type Operation = (&'static str, fn(&Lab) -> Cost);

/// All of them, in the order in which they are done.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [acts::ACTS, reads::READS, steps::STEPS, work::WORK].into_iter().flatten()
}

/// What asks nothing of the store by itself: what says what is to be asked, what only tells what it holds, and workers, who do what
/// `run_pending` does.
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
    "OpenTask::id",
    // It never compiles: it tells what is missing.
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
