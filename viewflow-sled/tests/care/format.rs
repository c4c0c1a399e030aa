//! Databases of earlier releases.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use viewflow_sled::SledStore;

use crate::{copy, put, whole_commits};

#[test]
fn a_database_of_the_first_release_is_opened() {
    let directory = TempDir::new().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-5"), directory.path());
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(whole_commits(&store), 40);
    assert_eq!(store.verify().unwrap().count, 0);
    put(&store, 41);
}

/// Writes the fixture of the test above: some of it in the tree, some in the journal.
#[test]
#[ignore = "it writes the fixture anew, when the format has a new version"]
fn the_fixture() {
    let directory = TempDir::new().unwrap();
    let open = || SledStore::open(directory.path()).unwrap();
    let store = open();
    (1..=20).for_each(|number| put(&store, number));
    drop(store);
    let store = open();
    (21..=40).for_each(|number| put(&store, number));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-5");
    fs::create_dir_all(fixture.parent().unwrap()).unwrap();
    let _ = fs::remove_dir_all(&fixture);
    store.backup(&fixture).unwrap();
}
