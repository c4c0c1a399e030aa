//! Stores that stand in front of other stores.

/// The methods of [`Store`](super::Store) but for `commit`, and for what outlives nobody (`reserve` and `release`), each answered by another store: `forward!(self => store)`. With
/// `forward!(self => store, through)` each answer goes through a method, with the name of the method that was asked.
macro_rules! forward {
    ($this:ident => $store:expr $(, $through:ident)?) => {
        forward! { $this => $store $(, $through)?;
            process(id: ProcessId) -> Option<Stored<ProcessRecord>>;
            process_data(id: ProcessId) -> Option<ProcessData>;
            processes(after: ProcessId, limit: usize) -> Vec<ProcessRecord>;
            ended(after: Option<Ended>, limit: usize) -> Vec<Ended>;
            task(id: TaskId) -> Option<TaskRecord>;
            process_and_task(id: TaskId) -> Option<(Stored<ProcessRecord>, Option<TaskRecord>)>;
            tasks_at(ids: &[TaskId]) -> Vec<Option<TaskRecord>>;
            tasks(process: ProcessId, after: u32, limit: usize) -> Vec<TaskRecord>;
            scope(id: ScopeId) -> Option<ScopeRecord>;
            scopes(process: ProcessId, after: Option<u32>, limit: usize) -> Vec<(ScopeId, ScopeRecord)>;
            tables(after: Option<&str>, limit: usize) -> Vec<String>;
            row(table: &str, id: u64) -> Option<Stored<RowRecord>>;
            rows_at(table: &str, ids: &[u64]) -> Vec<Option<Stored<RowRecord>>>;
            rows(table: &str, after: u64, limit: usize) -> Vec<(u64, Stored<RowRecord>)>;
            row_ids(table: &str, after: u64, limit: usize) -> Vec<u64>;
            rows_by(table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> Vec<u64>;
            references(table: &str, id: u64, limit: usize) -> Vec<Reference>;
            table_stamp(table: &str) -> u64;
            index_stamp(table: &str, field: &str, key: &[u8]) -> u64;
            list_tasks(list: &TaskList, after: Option<Cursor>, limit: usize) -> Vec<ListedTask>;
            list_processes(list: &ProcessList, after: Option<ProcessId>, limit: usize) -> Vec<ProcessId>;
            nodes(after: Option<&NodeName>, limit: usize) -> Vec<NodeName>;
            permissions(after: Option<&Permission>, limit: usize) -> Vec<Permission>;
            events(process: ProcessId, after: u32, limit: usize) -> Vec<Logged>;
            log(after: Option<LogCursor>, limit: usize) -> Vec<Logged>;
            log_places(after: Option<LogCursor>, limit: usize) -> Vec<LogCursor>;
            log_end() -> u64;
            history(by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> Vec<Logged>;
            claims() -> Option<Arc<Claims>>;
            clock() -> Option<Timestamp>;
            next_process() -> ProcessId;
            next_row(table: &str) -> u64;
            watch(watcher: std::sync::Weak<$crate::store::Watcher>) -> bool;
            turn(reliance: &Reliance, long: Duration, before: Option<Turn>) -> Turn;
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
