//! Everything that a store has to do, checked with one call.

mod ended;
mod engines;
mod limits;
mod lists;
mod log;
mod records;
mod rows;
mod serial;
mod threads;
mod turns;
mod watch;

use std::sync::Arc;

use serde_json::json;
use viewflow_graph::Kind;

use crate::id::{ProcessId, TaskId};
use crate::store::{
    Change, Commit, Document, Expect, IndexEntry, NodeName, ProcessData, ProcessRecord, RowRecord, Store, StoreError,
    TaskList, TaskRecord, index_key,
};
use crate::time::Timestamp;

/// Proves that a store keeps its contract. `open` makes an empty store; it is called for each test.
///
/// ```
/// viewflow_store::suite::store_suite(viewflow_store::MemoryStore::new);
/// ```
///
/// # Panics
/// If the store breaks the contract. The message says how.
pub fn store_suite<S: Store>(open: impl Fn() -> S) {
    records::what_is_committed_is_read_back(&open());
    records::the_data_of_a_process_is_a_record_of_its_own(&open());
    records::records_grow_and_shrink_beside_each_other(&open());
    records::fields_that_nobody_knows_are_kept(&open());
    records::an_empty_store_has_nothing(&open());
    records::a_stale_revision_is_refused_and_nothing_is_changed(&open());
    records::a_record_that_should_not_be_there_is_refused(&open());
    rows::a_table_stamp_changes_with_each_of_its_rows(&open());
    rows::an_index_stamp_changes_with_each_row_that_has_the_value(&open());
    records::tasks_of_a_process_come_in_order_and_by_pages(&open());
    records::a_task_is_read_with_its_process(&open());
    records::tasks_are_read_at_their_places(&open());
    records::processes_are_read_at_their_places(&open());
    lists::a_task_stands_in_the_lists_of_its_status(&open());
    lists::a_task_stands_in_the_queues_of_its_candidates(&open());
    lists::a_task_stands_among_those_that_somebody_may_not_take(&open());
    lists::permissions_that_tasks_take_are_listed_once(&open());
    lists::a_task_stands_in_the_orders_it_has_a_place_in(&open());
    lists::a_task_stands_in_the_lists_of_what_it_waits_for(&open());
    lists::a_condition_stands_in_the_lists_of_what_it_read(&open());
    lists::open_tasks_are_listed_by_process(&open());
    lists::what_was_done_at_a_node_of_a_process_is_listed_newest_first(&open());
    lists::what_somebody_takes_part_in_is_listed_by_process(&open());
    lists::what_is_due_is_listed_by_its_time(&open());
    lists::lists_are_paged_without_gap_or_repetition(&open());
    lists::processes_are_listed_by_flow_and_status(&open());
    lists::processes_are_listed_by_starter_and_outcome_newest_first(&open());
    lists::sub_processes_are_listed_by_their_parent(&open());
    lists::nodes_with_tasks_are_listed_once(&open());
    rows::rows_are_paged_and_deleted(&open());
    rows::rows_are_read_at_their_places(&open());
    rows::rows_are_found_by_their_indexed_values(&open());
    rows::a_unique_value_has_one_row(&open());
    rows::a_unique_value_can_change_hands_in_one_commit(&open());
    rows::references_are_seen_from_the_other_end(&open());
    rows::a_row_that_is_referred_to_is_not_deleted(&open());
    records::events_are_kept_in_order(&open());
    records::long_records_and_strange_names_are_kept(&open());
    records::a_record_that_becomes_shorter_is_read_whole(&open());
    records::floats_are_kept_to_the_last_bit(&open());
    rows::a_number_that_a_row_has_is_not_given_out(&open());
    rows::a_copy_gives_out_no_number_of_its_original(&open());
    records::processes_scopes_and_tables_are_paged(&open());
    ended::what_is_over_is_listed_by_its_end(&open());
    ended::what_is_forgotten_is_gone_from_every_list(&open());
    log::events_are_logged_in_the_order_of_their_commits(&open());
    log::what_happened_is_found_by_time_and_by_person(&open());
    log::what_is_forgotten_is_in_no_log(&open());
    log::a_copy_keeps_the_places_of_its_original(&open());
    limits::what_is_nested_is_kept_to_a_depth_and_refused_below_it(&open());
    limits::keys_are_kept_to_a_length_and_refused_beyond_it(&open());
    limits::rows_are_found_by_keys_of_a_length_and_refused_beyond_it(&open());
    watch::who_watches_hears_what_a_commit_leaves_to_be_done(&open());
    watch::a_commit_that_is_refused_is_not_told_of(&open());
    watch::a_piece_of_work_is_reserved_by_one(&open());
    engines::claims_are_those_of_one_store(&open(), &open());
    engines::a_clock_goes_on(&open());
    threads::numbers_are_given_out_once(&Arc::new(open()));
    threads::no_update_is_lost_among_threads(&Arc::new(open()));
    serial::steps_at_the_same_time_come_to_what_they_do_one_after_the_other(&Arc::new(open()));
    turns::who_would_overtake_a_step_waits_while_it_has_its_turn(&Arc::new(open()));
    turns::what_a_step_relies_on_is_what_others_leave_alone(&Arc::new(open()));
    turns::a_turn_holds_others_back_for_its_time_only(&open());
    turns::steps_that_overtake_each_other_get_their_turns_in_order(&Arc::new(open()));
    turns::steps_with_a_turn_do_not_wait_in_a_circle(&Arc::new(open()));
    turns::a_panic_ends_a_turn(&open());
}

fn process(id: u64) -> ProcessRecord {
    ProcessRecord::new(ProcessId(id), "hello", Timestamp::from_millis(1000))
}

fn put_data(process: u64, value: serde_json::Value) -> Change {
    let data = ProcessData { data: document(value), ..ProcessData::default() };
    Change::Data { process: ProcessId(process), new: Box::new(data) }
}

fn task(process: u64, ordinal: u32) -> TaskRecord {
    let created = Timestamp::from_millis(1000 + i64::from(ordinal));
    TaskRecord::new(TaskId { process: ProcessId(process), ordinal }, "hello", "approve", Kind::View, created)
}

fn row(value: serde_json::Value) -> RowRecord {
    RowRecord { data: document(value), ..RowRecord::default() }
}

fn indexed(value: &str, unique: bool) -> RowRecord {
    let entry = IndexEntry { field: "slug".to_owned(), value: json!(value), unique };
    RowRecord { index: vec![entry], ..row(json!({"slug": value})) }
}

fn document(value: serde_json::Value) -> Document {
    value.as_object().cloned().unwrap_or_default()
}

fn key(value: &str) -> Vec<u8> {
    index_key(&json!(value)).unwrap_or_default()
}

fn put_row(table: &str, id: u64, old: Option<RowRecord>, new: Option<RowRecord>) -> Change {
    Change::Row { table: table.to_owned(), id, old, new }
}

fn put_task(old: Option<&TaskRecord>, new: &TaskRecord) -> Change {
    Change::task(old.cloned(), new.clone())
}

/// Commits and waits.
fn commit(store: &impl Store, expect: Vec<Expect>, changes: Vec<Change>) -> Result<(), StoreError> {
    store.commit(Commit { expect, changes, ..Commit::default() })?.wait()
}

fn write(store: &impl Store, changes: Vec<Change>) {
    commit(store, Vec::new(), changes).expect("a commit that relies on nothing is taken");
}

fn all_of(store: &impl Store, list: &TaskList) -> Vec<TaskId> {
    store.list_tasks(list, None, 1000).unwrap().into_iter().map(|listed| listed.task).collect()
}

fn node() -> NodeName {
    NodeName { flow: "hello".to_owned(), node: "approve".to_owned() }
}
