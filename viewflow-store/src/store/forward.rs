//! Stores that stand in front of other stores.

/// Implements the methods of [`Store`](super::Store) by calling another store: `forward!(self => store)`.
///
/// It leaves out `commit`, and also `reserve` and `release`, which count only while a program runs. With
/// `forward!(self => store, through)`, each result is first passed to the method `through`, with the name of the
/// store's method.
#[macro_export]
macro_rules! forward {
    ($this:ident => $store:expr $(, $through:ident)?) => {
        $crate::forward! { $this => $store $(, $through)?;
            process(id: $crate::ProcessId) -> Option<$crate::Stored<$crate::ProcessRecord>>;
            process_data(id: $crate::ProcessId) -> Option<$crate::ProcessData>;
            processes_at(ids: &[$crate::ProcessId]) -> Vec<Option<$crate::ProcessRecord>>;
            processes(after: $crate::ProcessId, limit: usize) -> Vec<$crate::ProcessRecord>;
            ended(after: Option<$crate::Ended>, limit: usize) -> Vec<$crate::Ended>;
            task(id: $crate::TaskId) -> Option<$crate::TaskRecord>;
            process_and_task(id: $crate::TaskId) -> Option<($crate::Stored<$crate::ProcessRecord>, Option<$crate::TaskRecord>)>;
            tasks_at(ids: &[$crate::TaskId]) -> Vec<Option<$crate::TaskRecord>>;
            tasks(process: $crate::ProcessId, after: u32, limit: usize) -> Vec<$crate::TaskRecord>;
            scope(id: $crate::ScopeId) -> Option<$crate::ScopeRecord>;
            scopes(process: $crate::ProcessId, after: Option<u32>, limit: usize) -> Vec<($crate::ScopeId, $crate::ScopeRecord)>;
            tables(after: Option<&str>, limit: usize) -> Vec<String>;
            row(table: &str, id: u64) -> Option<$crate::Stored<$crate::RowRecord>>;
            rows_at(table: &str, ids: &[u64]) -> Vec<Option<$crate::Stored<$crate::RowRecord>>>;
            rows(table: &str, after: u64, limit: usize) -> Vec<(u64, $crate::Stored<$crate::RowRecord>)>;
            row_ids(table: &str, after: u64, limit: usize) -> Vec<u64>;
            rows_by(table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> Vec<u64>;
            references(table: &str, id: u64, limit: usize) -> Vec<$crate::Reference>;
            table_stamp(table: &str) -> u64;
            index_stamp(table: &str, field: &str, key: &[u8]) -> u64;
            list_tasks(list: &$crate::TaskList, after: Option<$crate::Cursor>, limit: usize) -> Vec<$crate::ListedTask>;
            list_processes(list: &$crate::ProcessList, after: Option<$crate::ProcessId>, limit: usize) -> Vec<$crate::ProcessId>;
            nodes(after: Option<&$crate::NodeName>, limit: usize) -> Vec<$crate::NodeName>;
            permissions(after: Option<&$crate::Permission>, limit: usize) -> Vec<$crate::Permission>;
            events(process: $crate::ProcessId, after: u32, limit: usize) -> Vec<$crate::Logged>;
            log(after: Option<$crate::LogCursor>, limit: usize) -> Vec<$crate::Logged>;
            log_places(after: Option<$crate::LogCursor>, limit: usize) -> Vec<$crate::LogCursor>;
            log_end() -> u64;
            history(by: Option<&$crate::UserId>, before: Option<$crate::HistoryCursor>, limit: usize) -> Vec<$crate::Logged>;
            claims() -> Option<std::sync::Arc<$crate::Claims>>;
            clock() -> Option<$crate::Timestamp>;
            next_process() -> $crate::ProcessId;
            next_row(table: &str) -> u64;
            watch(watcher: std::sync::Weak<$crate::Watcher>) -> bool;
            turn(reliance: &$crate::Reliance, long: std::time::Duration, before: Option<$crate::Turn>) -> $crate::Turn;
        }
    };
    ($this:ident => $store:expr, $through:ident; $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&$this, $($argument: $type),*) -> $crate::StoreResult<$answer> {
            let answer = $store.$method($($argument),*)?;
            $this.$through(stringify!($method), &answer);
            Ok(answer)
        })*
    };
    ($this:ident => $store:expr; $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&$this, $($argument: $type),*) -> $crate::StoreResult<$answer> {
            $store.$method($($argument),*)
        })*
    };
}
