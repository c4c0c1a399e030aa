//! The engine understands the notes of earlier releases.

use std::sync::Arc;

use serde_json::Value;
use viewflow::Store;
use viewflow::prelude::*;
use viewflow::store::{Change, Commit, Expect, Key, RowRecord};

use super::{first, second};
use crate::support::on_every_store;

/// Writes a note as an earlier release did.
fn write(store: &dyn Store, table: &str, id: u64, record: Option<RowRecord>) {
    let stored = store.row(table, id).unwrap();
    let key = Key::Row(table.to_owned(), id);
    let expect = vec![Expect::Revision(key, stored.as_ref().map(|stored| stored.revision))];
    let change = Change::Row { table: table.to_owned(), id, old: stored.map(|stored| stored.record), new: record };
    store.commit(Commit { expect, changes: vec![change], ..Commit::default() }).unwrap().wait().unwrap();
}

/// Changes the notes to those of an earlier release: notes on columns by table, together with those on flows.
fn by_an_earlier_release(store: &dyn Store) {
    for (id, row) in store.rows("viewflow.index", 0, 100).unwrap() {
        let name = row.data["name"].as_str().unwrap().to_owned();
        let noted = row.data["noted"].as_str().unwrap().to_owned();
        if name == "versions_article" && noted.contains("shelf") {
            write(store, "viewflow.index", id, None);
            let id = stable_hash("versions_publication");
            let noted = format!("versions_article; {noted}");
            write(store, "viewflow.index", id, Some(note("versions_publication", &noted)));
        } else {
            write(store, "viewflow.index", id, Some(note(&name, &noted)));
        }
    }
}

fn note(name: &str, noted: &str) -> RowRecord {
    let mut record = RowRecord::default();
    record.data.insert("name".to_owned(), Value::from(name));
    record.data.insert("noted".to_owned(), Value::from(noted));
    record
}

/// The row number of a note.
fn stable_hash(name: &str) -> u64 {
    let bytes = name.bytes().chain([0, 0]);
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 1).max(1)
}

#[test]
fn what_an_earlier_release_has_noted_is_not_renewed_once_more() {
    on_every_store(|store| {
        let new = second(&store);
        second::insert(&new, "a").unwrap();
        new.run(second::ArticleFlow::start, "red".to_owned()).unwrap();
        drop(new);
        // If the engine renewed these rows, they would be found again.
        let unindexed = |table: &str, id: u64| {
            let row = store.row(table, id).unwrap().unwrap().record;
            write(&*store, table, id, Some(RowRecord { index: Vec::new(), ..row }));
        };
        unindexed("versions_article", 1);
        unindexed("versions_publication", 1);
        by_an_earlier_release(&*store);
        let new = second(&store);
        assert_eq!(second::by_name(&new, "a").unwrap(), Vec::<u64>::new());
        assert_eq!(second::by_shelf(&new, "red").unwrap(), Vec::<u64>::new());
        second::insert(&new, "b").unwrap();
        new.run(second::ArticleFlow::start, "red".to_owned()).unwrap();
        assert_eq!(second::by_shelf(&second(&store), "red").unwrap(), [2]);
    });
}

#[test]
fn a_newer_version_replaces_one_of_an_earlier_release() {
    on_every_store(|store| {
        let old = first(&store);
        first::insert(&old, "a").unwrap();
        drop(old);
        by_an_earlier_release(&*store);
        let new = second(&store);
        assert_eq!(second::by_name(&new, "a").unwrap(), [1]);
        let again = Engine::builder(Arc::clone(&store)).flow(first::ArticleFlow::new()).build();
        assert!(matches!(again, Err(Error::Build(_))), "{again:?}");
    });
}
