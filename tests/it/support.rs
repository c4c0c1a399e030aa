//! Helpers that the tests share.

use std::sync::Arc;

use tempfile::TempDir;
use viewflow::engine::ManualClock;
use viewflow::nodes::{Node, ViewNode};
use viewflow::people::{Contact, Directory, DirectoryError};
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{FieldErrors, Form, Store, Task, User};

/// Implements methods of a store by calls of `self.store`: the methods that all wrappers pass on, and further named
/// ones.
macro_rules! forward {
    (@each $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&self, $($argument: $type),*) -> viewflow::store::StoreResult<$answer> {
            self.store.$method($($argument),*)
        })*
    };
    ($($others:tt)*) => {
        $crate::support::forward! { @each
            process_data(id: viewflow::ProcessId) -> Option<viewflow::store::ProcessData>;
            processes(after: viewflow::ProcessId, limit: usize) -> Vec<viewflow::store::ProcessRecord>;
            ended(after: Option<viewflow::store::Ended>, limit: usize) -> Vec<viewflow::store::Ended>;
            scope(id: viewflow::store::ScopeId) -> Option<viewflow::store::ScopeRecord>;
            scopes(process: viewflow::ProcessId, after: Option<u32>, limit: usize)
                -> Vec<(viewflow::store::ScopeId, viewflow::store::ScopeRecord)>;
            tables(after: Option<&str>, limit: usize) -> Vec<String>;
            row_ids(table: &str, after: u64, limit: usize) -> Vec<u64>;
            rows_by(table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> Vec<u64>;
            references(table: &str, id: u64, limit: usize) -> Vec<viewflow::store::Reference>;
            table_stamp(table: &str) -> u64;
            index_stamp(table: &str, field: &str, key: &[u8]) -> u64;
            list_processes(list: &viewflow::store::ProcessList, after: Option<viewflow::ProcessId>, limit: usize)
                -> Vec<viewflow::ProcessId>;
            nodes(after: Option<&viewflow::NodeName>, limit: usize) -> Vec<viewflow::NodeName>;
            permissions(after: Option<&viewflow::Permission>, limit: usize) -> Vec<viewflow::Permission>;
            events(process: viewflow::ProcessId, after: u32, limit: usize) -> Vec<viewflow::store::Logged>;
            log_places(after: Option<viewflow::store::LogCursor>, limit: usize) -> Vec<viewflow::store::LogCursor>;
            log_end() -> u64;
            history(
                by: Option<&viewflow::UserId>,
                before: Option<viewflow::store::HistoryCursor>,
                limit: usize
            ) -> Vec<viewflow::store::Logged>;
            next_process() -> viewflow::ProcessId;
            next_row(table: &str) -> u64;
            $($others)*
        }
    };
}

pub(crate) use forward;

/// Runs a test over each store. Its assertions have to hold on all of them.
pub fn on_every_store(test: impl Fn(Arc<dyn Store>)) {
    test(Arc::new(MemoryStore::new()));
    let directory = TempDir::new().unwrap();
    test(Arc::new(SledStore::open(directory.path()).unwrap()));
}

pub fn user(name: &str) -> UserId {
    UserId::new(name)
}

/// A directory of existing people, about whom only the name is known.
pub struct Names;

impl Directory for Names {
    fn person(&self, id: &UserId) -> std::result::Result<Option<Box<dyn User>>, DirectoryError> {
        Ok(Some(Box::new(id.clone())))
    }

    fn search(&self, text: &str, limit: usize) -> std::result::Result<Vec<Contact>, DirectoryError> {
        let names = ["ann", "bob", "carl"].into_iter().filter(|name| name.contains(text));
        Ok(names.map(|name| Contact::new(user(name), name.to_uppercase())).take(limit).collect())
    }
}

/// A user that may do everything.
pub fn boss() -> Superuser {
    Superuser::new("boss")
}

/// The one open task of a node in a process.
pub fn open_task<N: Node>(engine: &Engine, node: N, process: ProcessId) -> TaskRecord {
    let mut open = open_tasks(engine, node, process);
    assert_eq!(open.len(), 1, "open tasks of `{}`", node.name());
    open.remove(0)
}

/// The open tasks of a node in a process.
pub fn open_tasks<N: Node>(engine: &Engine, node: N, process: ProcessId) -> Vec<TaskRecord> {
    let tasks = engine.tasks(process, 0, usize::MAX).unwrap();
    tasks.into_iter().filter(|task| task.node == node.name() && !task.status.is_final()).collect()
}

/// Ann does a task.
pub fn perform<F: Flow, T: Task, Fm: Form>(engine: &Engine, node: ViewNode<F, T, Fm>, id: TaskId, form: Fm) {
    let ann = user("ann");
    engine.task(node, id).unwrap().assign(&ann).unwrap().execute(&ann, form).unwrap();
}

/// Ann does the one open task of a node.
pub fn do_next<F: Flow, T: Task, Fm: Form>(engine: &Engine, node: ViewNode<F, T, Fm>, process: ProcessId, form: Fm) {
    perform(engine, node, open_task(engine, node, process).id, form);
}

/// The events of a process, one line each.
pub fn events(engine: &Engine, process: ProcessId) -> Vec<String> {
    engine.events(process, 0, usize::MAX).unwrap().iter().map(|event| event.kind.to_string()).collect()
}

/// The complaints of an error, as `field: message`.
pub fn complaints<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error = result.unwrap_err();
    let errors = error.field_errors().unwrap_or_else(|| panic!("an error about fields, not: {error}"));
    of(errors)
}

pub fn of(errors: &FieldErrors) -> Vec<String> {
    errors
        .iter()
        .flat_map(|(field, messages)| messages.iter().map(move |message| format!("{field}: {message}")))
        .collect()
}

/// A builder of an engine over the store, with a clock that is at 0 until it is moved.
pub fn manual(store: Arc<dyn Store>) -> (viewflow::EngineBuilder, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Engine::builder(store).clock(Arc::clone(&clock)), clock)
}

/// Waits for what other threads do.
pub fn wait_until(done: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !done() {
        assert!(begun.elapsed() < std::time::Duration::from_mins(1), "it takes too long");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
