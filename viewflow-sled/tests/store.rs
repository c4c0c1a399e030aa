//! The store contract, and properties of a store on disk.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use viewflow_sled::{Durability, Options, SledStore};
use viewflow_store::{Change, Commit, IndexEntry, RowRecord, Store, StoreError, index_key};

/// A function that opens a store in a new directory at each call.
fn fresh(directory: &TempDir, options: &Options) -> impl Fn() -> SledStore {
    let number = std::cell::Cell::new(0);
    move || {
        number.set(number.get() + 1);
        options.clone().open(directory.path().join(number.get().to_string())).unwrap()
    }
}

#[test]
fn sled_keeps_the_contract_of_a_store() {
    let directory = tempfile::tempdir().unwrap();
    viewflow_store::suite::store_suite(fresh(&directory, &SledStore::options()));
}

#[test]
fn the_contract_is_kept_while_each_commit_goes_into_the_tree_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let relaxed = Durability::Relaxed { at_most: Duration::from_millis(1) };
    viewflow_store::suite::store_suite(fresh(&directory, &SledStore::options().journal(1).durability(relaxed)));
}

fn row(text: &str) -> RowRecord {
    let data = serde_json::json!({"text": text}).as_object().cloned().unwrap();
    RowRecord { data, ..RowRecord::default() }
}

fn put(store: &SledStore, id: u64, text: &str) {
    let change = Change::Row { table: "post".into(), id, old: None, new: Some(row(text)) };
    store.commit(Commit { changes: vec![change], ..Commit::default() }).unwrap().wait().unwrap();
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let numbers = {
        let store = SledStore::open(directory.path()).unwrap();
        let number = (store.next_process().unwrap(), store.next_row("post").unwrap());
        put(&store, number.1, &"long ".repeat(10_000));
        number
    };
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(store.row("post", numbers.1).unwrap().unwrap().record, row(&"long ".repeat(10_000)));
    assert!(store.next_process().unwrap() > numbers.0, "a number is not given out again");
    assert!(store.next_row("post").unwrap() > numbers.1);
    let before = store.row("post", numbers.1).unwrap().unwrap().revision;
    put(&store, numbers.1, "new");
    assert!(store.row("post", numbers.1).unwrap().unwrap().revision > before, "revisions go on counting");
}

#[test]
fn a_store_is_open_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    assert!(matches!(SledStore::open(directory.path()), Err(StoreError::InUse { .. })));
    drop(store);
    SledStore::open(directory.path()).unwrap();
}

#[test]
fn a_directory_with_other_files_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("letter.txt"), "dear").unwrap();
    let error = SledStore::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("letter.txt"), "{error}");
    assert!(!directory.path().join("db").exists());
}

#[test]
fn a_database_that_is_not_ours_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    sled::open(directory.path()).unwrap().insert("theirs", "x").unwrap();
    assert!(matches!(SledStore::open(directory.path()), Err(StoreError::NotAStore { .. })));
}

#[test]
fn a_database_with_named_trees_only_is_not_ours() {
    let directory = tempfile::tempdir().unwrap();
    let db = sled::open(directory.path()).unwrap();
    db.open_tree("theirs").unwrap().insert("theirs", "x").unwrap();
    drop(db);
    assert!(matches!(SledStore::open(directory.path()), Err(StoreError::NotAStore { .. })));
}

#[test]
fn a_receipt_that_outlives_the_store_does_not_keep_it_open() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    let change = Change::Row { table: "post".into(), id: 1, old: None, new: Some(row("x")) };
    let receipt = store.commit(Commit { changes: vec![change], ..Commit::default() }).unwrap();
    drop(store);
    SledStore::open(directory.path()).unwrap();
    receipt.wait().unwrap();
}

#[test]
fn what_could_not_be_read_back_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    let nested = (0..126).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let data = serde_json::json!({"text": "[[[[", "nested": nested}).as_object().cloned().unwrap();
    let too_deep = Change::Row { table: "post".into(), id: 1, old: None, new: Some(RowRecord { data, ..row("") }) };
    let long_name = Change::Row { table: "x".repeat(2000), id: 1, old: None, new: Some(row("")) };
    let also = || Change::Row { table: "post".into(), id: 3, old: None, new: Some(row("")) };
    for change in [too_deep, long_name] {
        let refused = store.commit(Commit { changes: vec![also(), change], ..Commit::default() });
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
    }
    let stamp = store.table_stamp("post").unwrap();
    put(&store, 2, &"[".repeat(500));
    assert_eq!(store.rows("post", 0, 10).unwrap().len(), 1);
    assert_ne!(store.table_stamp("post").unwrap(), stamp, "what was refused has used up no stamp");
}

/// Opens the sled database of a closed store. sled's threads may need a moment to let go of it.
fn open_sled(path: &Path) -> sled::Db {
    let begun = Instant::now();
    loop {
        match sled::open(path) {
            Ok(db) => return db,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(5), "{error}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_database_of_a_later_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(SledStore::open(directory.path()).unwrap());
    let format: Vec<u8> = b"mformat\0\x01".to_vec();
    let db = open_sled(directory.path());
    assert!(db.insert(format, "9999").unwrap().is_some(), "the key of the format is as this test has it");
    drop(db);
    let error = SledStore::open(directory.path()).unwrap_err().to_string();
    assert!(error.contains("format 9999"), "{error}");
}

#[test]
fn an_interrupted_snapshot_does_not_keep_the_store_from_opening() {
    let directory = tempfile::tempdir().unwrap();
    put(&SledStore::open(directory.path()).unwrap(), 1, "x");
    fs::write(directory.path().join("snap.0000000000000000.generating"), b"").unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(store.row("post", 1).unwrap().unwrap().record, row("x"));
}

#[test]
fn no_value_is_kept_in_a_file_that_sled_does_not_sync() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    put(&store, 1, &"x".repeat(1_000_000));
    drop(store);
    assert_eq!(fs::read_dir(directory.path().join("blobs")).unwrap().count(), 0);
}

#[test]
fn thousands_of_the_longest_keys_make_no_file_that_sled_does_not_sync() {
    const ROWS: std::ops::Range<u64> = 1..6000;
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    let same = (1..2000).rev().find(|length| index_key(&"x".repeat(length + 5).into()).is_some()).unwrap();
    // The values differ only at their ends.
    let indexed = |id: u64| {
        let value = format!("{}{id:05}", "x".repeat(same)).into();
        RowRecord { index: vec![IndexEntry { field: "field".into(), value, unique: false }], ..row("") }
    };
    let insert = |table: &str, id| Change::Row { table: table.into(), id, old: None, new: Some(indexed(id)) };
    let delete = |table: &str, id| Change::Row { table: table.into(), id, old: Some(indexed(id)), new: None };
    let commit = |changes: &[Change]| store.commit(Commit { changes: changes.to_vec(), ..Commit::default() })?.wait();
    let mut longest = (1..2000).map(|length| "t".repeat(length)).rev();
    let table = longest.find(|table| commit(&[insert(table, 0)]).is_ok()).unwrap();
    let inserted: Vec<_> = ROWS.map(|id| insert(&table, id)).collect();
    inserted.chunks(1000).for_each(|some| commit(some).unwrap());
    // sled merges pages that have become empty with full ones.
    let kept = |id: &u64| id % 3000 < 2000;
    let deleted: Vec<_> = ROWS.filter(|id| !kept(id)).map(|id| delete(&table, id)).collect();
    deleted.chunks(1000).for_each(|some| commit(some).unwrap());
    drop(store);
    assert_eq!(fs::read_dir(directory.path().join("blobs")).unwrap().count(), 0);
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(store.rows(&table, 0, usize::MAX).unwrap().len(), ROWS.filter(kept).count());
}

#[test]
fn a_damaged_record_is_a_typed_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    put(&SledStore::open(directory.path()).unwrap(), 1, "the text");
    let db = open_sled(directory.path());
    let (key, value) = db.scan_prefix(b"r").next().unwrap().unwrap();
    let mut value = value.to_vec();
    let last = value.len() - 3;
    value[last] ^= 1;
    db.insert(key, value).unwrap();
    db.flush().unwrap();
    drop(db);
    let store = SledStore::open(directory.path()).unwrap();
    let error = store.row("post", 1).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { what, .. } if what == "row 1 of `post`"), "{error}");
}
