//! Databases of earlier releases, and the page that describes the format.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use viewflow_sled::SledStore;
use viewflow_store::{Change, Commit, IndexEntry, RowRecord, Store, StoreError};

use crate::{copy, document, open_sled, put, whole_commits};

#[test]
fn a_database_of_a_format_before_the_first_release_is_refused_and_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    copy(&fixture(5), directory.path());
    for _ in 0..2 {
        let error = SledStore::open(directory.path()).unwrap_err();
        assert!(matches!(&error, StoreError::OtherFormat { found, .. } if found == "5"), "{error}");
        assert!(error.to_string().contains("`export` there and `import` here"), "{error}");
    }
}

#[test]
fn a_database_of_the_first_release_is_opened() {
    let directory = TempDir::new().unwrap();
    copy(&fixture(6), directory.path());
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(whole_commits(&store), 40);
    assert_eq!(store.verify().unwrap().count, 0);
    put(&store, 41);
}

fn fixture(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{format}"))
}

/// Writes the fixture of the test above: part of it in the tree, part in the journal.
#[test]
#[ignore = "it writes the fixture again, for a new version of the format"]
fn the_fixture() {
    let directory = TempDir::new().unwrap();
    let open = || SledStore::open(directory.path()).unwrap();
    let store = open();
    (1..=20).for_each(|number| put(&store, number));
    drop(store);
    let store = open();
    (21..=40).for_each(|number| put(&store, number));
    let fixture = fixture(6);
    fs::create_dir_all(fixture.parent().unwrap()).unwrap();
    let _ = fs::remove_dir_all(&fixture);
    store.backup(&fixture).unwrap();
}

const PAGE: &str = include_str!("../../../docs/format.md");

/// The bytes of an example on the page: each line has its bytes first, and their meaning after them.
fn example(name: &str) -> Vec<u8> {
    let start = format!("```text {name}\n");
    let block = PAGE.split_once(&start).and_then(|(_, rest)| rest.split_once("```"));
    let (block, _) = block.unwrap_or_else(|| panic!("the page has no example `{name}`"));
    let bytes = block.lines().flat_map(|line| line.split("  ").next().unwrap_or_default().split(' '));
    bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn the_page_on_the_format_shows_what_is_on_the_disk() {
    let directory = TempDir::new().unwrap();
    let store = SledStore::open(directory.path()).unwrap();
    let row = RowRecord {
        data: document(serde_json::json!({"slug": "hello"})),
        index: vec![IndexEntry { field: "slug".into(), value: "hello".into(), unique: true }],
        ..RowRecord::default()
    };
    let id = store.next_row("post").unwrap();
    let change = Change::Row { table: "post".into(), id, old: None, new: Some(row) };
    store.commit(Commit { changes: vec![change], ..Commit::default() }).unwrap().wait().unwrap();
    assert_eq!(fs::read(directory.path().join("journal.0")).unwrap(), example("journal"));
    assert_eq!(fs::read(directory.path().join("durable")).unwrap(), example("durable"));
    drop(store);
    let db = open_sled(directory.path());
    for (letter, name) in [("r", "row"), ("i", "bucket")] {
        let (key, value) = db.scan_prefix(letter).next().unwrap().unwrap();
        assert_eq!(key, example(&format!("key of the {name}")));
        assert_eq!(value, example(&format!("value of the {name}")));
    }
}

#[test]
fn the_page_on_the_format_names_all_that_is_in_a_database() {
    let directory = TempDir::new().unwrap();
    copy(&fixture(6), directory.path());
    drop(SledStore::open(directory.path()).unwrap());
    for entry in fs::read_dir(directory.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let told = [format!("`{name}`"), format!("`{name}/`"), format!("`{}.*`", name.split('.').next().unwrap())];
        assert!(told.iter().any(|told| PAGE.contains(told)), "{name}");
    }
    let mut letters = BTreeSet::new();
    for key in open_sled(directory.path()).iter().keys() {
        let key = key.unwrap();
        letters.insert(char::from(key[0]));
        assert!(PAGE.contains(&format!("\n| `{}` | ", char::from(key[0]))), "{key:?}");
        if key[0] == b'm' {
            let name = key[1..].split(|byte| *byte == 0).next().unwrap();
            let name = String::from_utf8(name.to_vec()).unwrap();
            assert!([" |", ", table |"].iter().any(|end| PAGE.contains(&format!("\n| `{name}`{end}"))), "{name}");
        }
    }
    assert_eq!(letters.into_iter().collect::<String>(), "cefhilmpqrt", "all but a scope and a long record of a bundle");
}
