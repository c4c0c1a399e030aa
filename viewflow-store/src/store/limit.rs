//! The limits of records and keys. They are part of the contract and the same for every store. So each store accepts
//! what any other store holds, and no flow works with one store alone.

use serde_json::Value;

use super::list::index_key;
use super::record::{Document, Event, ProcessData, ProcessRecord, RowRecord, TaskRecord, WaitsFor};
use super::{Change, Commit, StoreError, StoreResult};
use crate::id::ProcessId;
use crate::people::{Candidate, Object, Permission};

/// The greatest depth to which lists and objects may be nested in the value of a field, a seed or an artifact.
pub const MAX_DEPTH: usize = 64;
/// The greatest depth of a record as JSON. It is more than [`MAX_DEPTH`], as fields may be stored below keys, and a
/// message in a row.
pub const MAX_RECORD_DEPTH: usize = 100;
/// The greatest length, in bytes, of the names together by which a list finds a record. A zero byte counts twice.
///
/// They are the names of the flow, the node, and a person or a permission with its object. For a message, they are its
/// name and key. For a reference, they are the tables at both ends and the field.
pub const MAX_KEY: usize = 336;
/// The greatest length, in bytes, of the name of a person, group or permission for which the engine keeps a task.
pub const MAX_NAME: usize = 200;
/// The greatest length of a correlation key that the engine accepts, in bytes of JSON.
pub const MAX_CORRELATION: usize = 200;
/// The greatest length, in bytes, of an indexed value together with the names of its table and field. A zero byte
/// counts twice.
pub const MAX_INDEX_KEY: usize = 368;
/// The longest text that can be an indexed value, in bytes, if [`MAX_INDEX_KEY`] leaves room for it.
pub(super) const MAX_INDEXED: usize = 255;

/// Checks that a commit keeps to the limits of the contract. A store calls it before everything else.
///
/// ```
/// use viewflow_store::{Change, Commit, MAX_RECORD_DEPTH, RowRecord, check_limits};
/// use viewflow_store::StoreError;
/// use serde_json::Value;
///
/// let nested = (0..MAX_RECORD_DEPTH).fold(Value::Null, |inner, _| Value::from(vec![inner]));
/// let row = RowRecord { data: [("nested".to_owned(), nested)].into_iter().collect(), ..RowRecord::default() };
/// let changes = vec![Change::Row { table: "post".to_owned(), id: 1, old: None, new: Some(row) }];
/// let refused = check_limits(&Commit { changes, ..Commit::default() });
/// assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
/// ```
///
/// # Errors
/// [`StoreError::TooLarge`] and [`StoreError::KeyTooLong`], which name the record.
pub fn check_limits(commit: &Commit) -> StoreResult<()> {
    for change in &commit.changes {
        match change {
            Change::Process { new, .. } => check_process(new)?,
            Change::Data { process, new } => check_data(*process, new)?,
            Change::Task { new, .. } => check_task(new)?,
            Change::Row { table, id, new: Some(new), .. } => check_row(table, *id, new)?,
            _ => {}
        }
    }
    commit.events.iter().try_for_each(check_event)
}

/// Returns whether lists and objects are nested in more than this many levels. Looks no deeper than that.
pub fn is_deeper(value: &Value, levels: usize) -> bool {
    let deeper = |value: &Value| is_deeper(value, levels - 1);
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(deeper),
        Value::Object(items) => levels == 0 || items.values().any(deeper),
        _ => false,
    }
}

/// Checks that all indexed values of a row can be keys.
///
/// # Errors
/// As [`check_limits`].
pub fn check_keys(table: &str, row: &RowRecord) -> StoreResult<()> {
    for entry in &row.index {
        let left = MAX_INDEX_KEY.saturating_sub(length(table) + length(&entry.field));
        // A key begins with a byte for the kind of value.
        let fits = index_key(&entry.value).is_some_and(|key| length_of_bytes(&key) <= left);
        if !fits {
            let max = MAX_INDEXED.min(left.saturating_sub(1));
            return Err(StoreError::KeyTooLong { table: table.to_owned(), field: entry.field.clone(), max });
        }
    }
    Ok(())
}

fn check_process(process: &ProcessRecord) -> StoreResult<()> {
    let what = || format!("process {}", process.id);
    check_key(length(&process.flow) + process.outcome.as_deref().map_or(0, length), &what)?;
    check_key(process.started_by.as_ref().map_or(0, |person| length(person.as_str())), &what)?;
    check_documents([&process.unknown], &what)
}

fn check_data(process: ProcessId, data: &ProcessData) -> StoreResult<()> {
    let what = || format!("process {process}");
    check_values([&data.seed, &data.artifact], &what)?;
    check_documents([&data.data, &data.unknown], &what)
}

fn check_task(task: &TaskRecord) -> StoreResult<()> {
    let what = || format!("task {}", task.id);
    let people = task.people().chain(&task.barred).map(|person| length(person.as_str()));
    let person = task.candidates.iter().map(of_candidate).chain(people).max().unwrap_or(0);
    check_key(length(&task.flow) + length(&task.node) + person, &what)?;
    match &task.waits_for {
        Some(WaitsFor::Signal(name)) => check_key(length(name), &what)?,
        Some(WaitsFor::Message { name, key }) => check_key(length(name) + length(key), &what)?,
        Some(WaitsFor::Condition { tables, reads }) => {
            let watched = reads.iter().flat_map(|reads| &reads.watched).map(|watched| &watched.table);
            tables.iter().chain(watched).try_for_each(|table| check_key(length(table), &what))?;
        }
        None => {}
    }
    check_values([&task.seed, &task.artifact], &what)?;
    check_documents([&task.data, &task.unknown].into_iter().chain(&task.draft).chain(&task.message), &what)
}

fn check_row(table: &str, id: u64, row: &RowRecord) -> StoreResult<()> {
    let what = || format!("row {id} of `{table}`");
    check_key(length(table), &what)?;
    check_keys(table, row)?;
    for to in &row.references {
        check_key(length(table) + length(&to.table) + length(&to.field), &what)?;
    }
    check_documents([&row.data, &row.unknown], &what)
}

fn check_event(event: &Event) -> StoreResult<()> {
    let what = || format!("event {} of process {}", event.number, event.process);
    check_key(event.actor.as_ref().map_or(0, |actor| length(actor.as_str())), &what)
}

fn of_candidate(candidate: &Candidate) -> usize {
    match candidate {
        Candidate::User(user) => length(user.as_str()),
        Candidate::Group(group) => length(group),
        Candidate::Permission(Permission { name, object }) => {
            let object = object.as_ref().map_or(0, |object| match object {
                Object::Row { table, .. } => length(table),
                Object::Process { flow, .. } => length(flow),
            });
            length(name) + object
        }
    }
}

fn length(text: &str) -> usize {
    length_of_bytes(text.as_bytes())
}

fn length_of_bytes(bytes: &[u8]) -> usize {
    bytes.iter().map(|byte| if *byte == 0 { 2 } else { 1 }).sum()
}

fn check_key(length: usize, what: &dyn Fn() -> String) -> StoreResult<()> {
    if length <= MAX_KEY {
        return Ok(());
    }
    let detail = format!("the names by which it is found have {length} bytes together, and {MAX_KEY} are the most");
    Err(StoreError::TooLarge { what: what(), detail })
}

fn check_documents<'d>(
    documents: impl IntoIterator<Item = &'d Document>,
    what: &dyn Fn() -> String,
) -> StoreResult<()> {
    // Around a value there are the document and the record.
    check_depth(documents.into_iter().flat_map(Document::values), MAX_RECORD_DEPTH - 2, what)
}

fn check_values(values: [&Value; 2], what: &dyn Fn() -> String) -> StoreResult<()> {
    check_depth(values, MAX_RECORD_DEPTH - 1, what)
}

fn check_depth<'v>(
    values: impl IntoIterator<Item = &'v Value>,
    levels: usize,
    what: &dyn Fn() -> String,
) -> StoreResult<()> {
    if values.into_iter().any(|value| is_deeper(value, levels)) {
        let detail = format!("it is nested more than {MAX_RECORD_DEPTH} deep");
        return Err(StoreError::TooLarge { what: what(), detail });
    }
    Ok(())
}
