//! Stores that stand in front of other stores.

/// The methods of [`Store`](super::Store) but for `commit`, and for what outlives nobody (`reserve` and `release`), each answered by another
/// store: `forward!(self => store)`. With `forward!(self => store, through)` each answer goes through a method, with the name of the
/// method that was asked.
macro_rules! forward {
    ($this:ident => $store:expr $(, $through:ident)?) => {
        forward! { $this => $store $(, $through)?;
            process(id: $crate::id::ProcessId) -> Option<$crate::store::Stored<$crate::store::ProcessRecord>>;
            process_data(id: $crate::id::ProcessId) -> Option<$crate::store::ProcessData>;
            processes(after: $crate::id::ProcessId, limit: usize) -> Vec<$crate::store::ProcessRecord>;
            ended(after: Option<$crate::store::Ended>, limit: usize) -> Vec<$crate::store::Ended>;
            task(id: $crate::id::TaskId) -> Option<$crate::store::TaskRecord>;
            process_and_task(id: $crate::id::TaskId) -> Option<($crate::store::Stored<$crate::store::ProcessRecord>, Option<$crate::store::TaskRecord>)>;
            tasks_at(ids: &[$crate::id::TaskId]) -> Vec<Option<$crate::store::TaskRecord>>;
            tasks(process: $crate::id::ProcessId, after: u32, limit: usize) -> Vec<$crate::store::TaskRecord>;
            scope(id: $crate::store::ScopeId) -> Option<$crate::store::ScopeRecord>;
            scopes(process: $crate::id::ProcessId, after: Option<u32>, limit: usize) -> Vec<($crate::store::ScopeId, $crate::store::ScopeRecord)>;
            tables(after: Option<&str>, limit: usize) -> Vec<String>;
            row(table: &str, id: u64) -> Option<$crate::store::Stored<$crate::store::RowRecord>>;
            rows_at(table: &str, ids: &[u64]) -> Vec<Option<$crate::store::Stored<$crate::store::RowRecord>>>;
            rows(table: &str, after: u64, limit: usize) -> Vec<(u64, $crate::store::Stored<$crate::store::RowRecord>)>;
            row_ids(table: &str, after: u64, limit: usize) -> Vec<u64>;
            rows_by(table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> Vec<u64>;
            references(table: &str, id: u64, limit: usize) -> Vec<$crate::store::Reference>;
            table_stamp(table: &str) -> u64;
            index_stamp(table: &str, field: &str, key: &[u8]) -> u64;
            list_tasks(list: &$crate::store::TaskList, after: Option<$crate::store::Cursor>, limit: usize) -> Vec<$crate::store::ListedTask>;
            list_processes(list: &$crate::store::ProcessList, after: Option<$crate::id::ProcessId>, limit: usize) -> Vec<$crate::id::ProcessId>;
            nodes(after: Option<&$crate::store::NodeName>, limit: usize) -> Vec<$crate::store::NodeName>;
            permissions(after: Option<&$crate::people::Permission>, limit: usize) -> Vec<$crate::people::Permission>;
            events(process: $crate::id::ProcessId, after: u32, limit: usize) -> Vec<$crate::store::Logged>;
            log(after: Option<$crate::store::LogCursor>, limit: usize) -> Vec<$crate::store::Logged>;
            log_places(after: Option<$crate::store::LogCursor>, limit: usize) -> Vec<$crate::store::LogCursor>;
            log_end() -> u64;
            history(by: Option<&$crate::id::UserId>, before: Option<$crate::store::HistoryCursor>, limit: usize) -> Vec<$crate::store::Logged>;
            claims() -> Option<std::sync::Arc<$crate::store::Claims>>;
            clock() -> Option<$crate::time::Timestamp>;
            next_process() -> $crate::id::ProcessId;
            next_row(table: &str) -> u64;
            watch(watcher: std::sync::Weak<$crate::store::Watcher>) -> bool;
            turn(reliance: &$crate::store::Reliance, long: std::time::Duration, before: Option<$crate::store::Turn>) -> $crate::store::Turn;
        }
    };
    ($this:ident => $store:expr, $through:ident; $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&$this, $($argument: $type),*) -> StoreResult<$answer> {
            let answer = $store.$method($($argument),*)?;
            $this.$through(stringify!($method), &answer);
            Ok(answer)
        })*
    };
    ($this:ident => $store:expr; $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&$this, $($argument: $type),*) -> StoreResult<$answer> {
            $store.$method($($argument),*)
        })*
    };
}

pub(crate) use forward;
