//! Rows, their indexes, unique values and references.

use serde_json::json;

use super::{commit, indexed, key, process, put_row, row, write};
use crate::id::ProcessId;
use crate::store::{Change, Expect, OnDelete, Reference, RowRecord, Store, StoreError};

pub(super) fn a_table_stamp_changes_with_each_of_its_rows(store: &impl Store) {
    let stamp = store.table_stamp("post").unwrap();
    write(store, vec![put_row("other", 1, None, Some(row(json!({}))))]);
    assert_eq!(store.table_stamp("post").unwrap(), stamp, "another table does not matter");
    write(store, vec![put_row("post", 1, None, Some(row(json!({}))))]);
    assert_ne!(store.table_stamp("post").unwrap(), stamp);
    let relied = commit(store, vec![Expect::Table("post".to_owned(), stamp)], Vec::new());
    assert!(matches!(relied, Err(StoreError::Conflict)));
    let stamp = store.table_stamp("post").unwrap();
    write(store, vec![put_row("post", 1, Some(row(json!({}))), None)]);
    assert_ne!(store.table_stamp("post").unwrap(), stamp, "a deleted row counts");
}

pub(super) fn an_index_stamp_changes_with_each_row_that_has_the_value(store: &impl Store) {
    let stamp = |slug: &str| store.index_stamp("post", "slug", &key(slug)).unwrap();
    let relies = |slug: &str, stamp| {
        let (table, field) = ("post".to_owned(), "slug".to_owned());
        commit(store, vec![Expect::Index { table, field, key: key(slug), stamp }], Vec::new())
    };
    let mut before = stamp("a");
    let mut changes = |old: Option<RowRecord>, new: Option<RowRecord>, how: &str| {
        write(store, vec![put_row("post", 1, old, new)]);
        assert_ne!(stamp("a"), before, "{how}");
        assert!(matches!(relies("a", before), Err(StoreError::Conflict)), "{how}");
        before = stamp("a");
        relies("a", before).unwrap();
    };
    let with = |slug: &str, n: u32| Some(RowRecord { data: row(json!({"n": n})).data, ..indexed(slug, false) });
    changes(None, with("a", 1), "a row that comes to it");
    changes(with("a", 1), with("a", 2), "a row that stays and changes otherwise");
    changes(with("a", 2), with("b", 2), "a row that leaves it");
    changes(with("b", 2), with("a", 2), "a row that comes from another value");
    changes(with("a", 2), None, "a row that is deleted");
    // Some of the other values may share its stamp.
    let others: Vec<String> = (0..40).map(|number| format!("other {number}")).collect();
    let shared = (2..).zip(&others).filter(|(id, slug)| {
        let before = stamp("a");
        write(store, vec![put_row("post", *id, None, with(slug, 1))]);
        stamp("a") != before
    });
    assert!(shared.count() < others.len() / 4, "rows with other values do not matter");
}

pub(super) fn rows_are_paged_and_deleted(store: &impl Store) {
    write(store, (1..=600).map(|id| put_row("post", id, None, Some(row(json!({"n": id}))))).collect());
    write(store, vec![put_row("pos", 3, None, Some(row(json!({})))), put_row("post2", 3, None, Some(row(json!({}))))]);
    write(store, vec![put_row("post", 2, Some(row(json!({"n": 2}))), None)]);
    let ids =
        |after, limit| -> Vec<u64> { store.rows("post", after, limit).unwrap().iter().map(|(id, _)| *id).collect() };
    assert_eq!(ids(0, 3), [1, 3, 4]);
    assert_eq!(ids(4, 2), [5, 6]);
    assert_eq!(ids(0, 10_000).len(), 599);
    for (after, limit) in [(0, 3), (4, 2), (599, 2), (0, 10_000)] {
        assert_eq!(store.row_ids("post", after, limit).unwrap(), ids(after, limit), "without reading them");
    }
    assert!(ids(600, 10).is_empty());
    assert!(ids(u64::MAX, 10).is_empty());
}

pub(super) fn rows_are_read_at_their_places(store: &impl Store) {
    let long = row(json!({"long": "x".repeat(9000)}));
    write(store, (1..=3).map(|id| put_row("post", id, None, Some(row(json!({"n": id}))))).collect());
    write(store, vec![put_row("post", 4, None, Some(long)), put_row("blog", 5, None, Some(row(json!({}))))]);
    let ids = [4, 2, 5, 0, 4, 1];
    let read = store.rows_at("post", &ids).unwrap();
    assert_eq!(read.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, false, true, true]);
    assert_eq!(read, ids.map(|id| store.row("post", id).unwrap()), "with their revisions");
    assert!(store.rows_at("none", &[1]).unwrap()[0].is_none() && store.rows_at("post", &[]).unwrap().is_empty());
}

pub(super) fn rows_are_found_by_their_indexed_values(store: &impl Store) {
    let slugs = ["a", "b", "a", "", "a\0b"];
    write(store, (1..).zip(slugs).map(|(id, slug)| put_row("post", id, None, Some(indexed(slug, false)))).collect());
    let by = |slug: &str, after| store.rows_by("post", "slug", &key(slug), after, 10).unwrap();
    assert_eq!(by("a", 0), [1, 3]);
    assert_eq!(by("a", 1), [3]);
    assert_eq!(by("", 0), [4]);
    assert_eq!(by("a\0b", 0), [5]);
    assert!(by("c", 0).is_empty());
    write(store, vec![put_row("post", 1, Some(indexed("a", false)), Some(indexed("c", false)))]);
    assert_eq!((by("a", 0), by("c", 0)), (vec![3], vec![1]));
    write(store, vec![put_row("post", 3, Some(indexed("a", false)), None)]);
    assert!(by("a", 0).is_empty());
}

pub(super) fn a_unique_value_has_one_row(store: &impl Store) {
    write(store, vec![put_row("post", 1, None, Some(indexed("a", true)))]);
    let taken = commit(store, Vec::new(), vec![put_row("post", 2, None, Some(indexed("a", true)))]);
    assert!(matches!(taken, Err(StoreError::Conflict)));
    assert_eq!(store.row("post", 2).unwrap(), None);
    let both =
        vec![put_row("post", 3, None, Some(indexed("b", true))), put_row("post", 4, None, Some(indexed("b", true)))];
    assert!(matches!(commit(store, Vec::new(), both), Err(StoreError::Conflict)));
    write(store, vec![put_row("other", 2, None, Some(indexed("a", true)))]);
    write(store, vec![put_row("post", 1, Some(indexed("a", true)), Some(indexed("a", true)))]);
    write(store, vec![put_row("post", 1, Some(indexed("a", true)), None)]);
    write(store, vec![put_row("post", 2, None, Some(indexed("a", true)))]);
}

pub(super) fn a_unique_value_can_change_hands_in_one_commit(store: &impl Store) {
    write(
        store,
        vec![put_row("post", 1, None, Some(indexed("a", true))), put_row("post", 2, None, Some(indexed("b", true)))],
    );
    write(
        store,
        vec![
            put_row("post", 1, Some(indexed("a", true)), Some(indexed("b", true))),
            put_row("post", 2, Some(indexed("b", true)), Some(indexed("a", true))),
        ],
    );
    assert_eq!(store.rows_by("post", "slug", &key("a"), 0, 10).unwrap(), [2]);
    assert_eq!(store.rows_by("post", "slug", &key("b"), 0, 10).unwrap(), [1]);
}

pub(super) fn references_are_seen_from_the_other_end(store: &impl Store) {
    let to = |table: &str, id| Reference {
        table: table.to_owned(),
        id,
        field: "post".to_owned(),
        on_delete: OnDelete::Cascade,
    };
    let referring = RowRecord { references: vec![to("post", 1)], ..row(json!({"post": 1})) };
    write(
        store,
        vec![
            put_row("comment", 8, None, Some(referring.clone())),
            put_row("comment", 9, None, Some(referring.clone())),
            put_row("comment", 10, None, Some(RowRecord { references: vec![to("post", 2)], ..RowRecord::default() })),
        ],
    );
    assert_eq!(store.references("post", 1, 10).unwrap(), [to("comment", 8), to("comment", 9)]);
    assert_eq!(store.references("post", 1, 1).unwrap(), [to("comment", 8)]);
    write(store, vec![put_row("comment", 8, Some(referring), None)]);
    assert_eq!(store.references("post", 1, 10).unwrap(), [to("comment", 9)]);
}

pub(super) fn a_row_that_is_referred_to_is_not_deleted(store: &impl Store) {
    let to = Reference { table: "post".to_owned(), id: 1, field: "post".to_owned(), on_delete: OnDelete::Protect };
    let referring = RowRecord { references: vec![to], ..row(json!({"post": 1})) };
    write(
        store,
        vec![put_row("post", 1, None, Some(row(json!({})))), put_row("comment", 1, None, Some(referring.clone()))],
    );
    let delete = || put_row("post", 1, Some(row(json!({}))), None);
    assert!(matches!(commit(store, Vec::new(), vec![delete()]), Err(StoreError::Conflict)));
    assert!(store.row("post", 1).unwrap().is_some());
    write(store, vec![delete(), put_row("comment", 1, Some(referring), None)]);
    assert!(store.row("post", 1).unwrap().is_none());
}

pub(super) fn a_number_that_a_row_has_is_not_given_out(store: &impl Store) {
    let first = store.next_row("post").unwrap();
    write(store, vec![put_row("post", first + 5, None, Some(row(json!({}))))]);
    assert!(store.next_row("post").unwrap() > first + 5);
}

pub(super) fn a_copy_gives_out_no_number_of_its_original(store: &impl Store) {
    let numbers = |table: Option<&str>, last| Change::Numbers { table: table.map(str::to_owned), last };
    write(store, vec![numbers(None, 7), numbers(Some("post"), 9), numbers(None, 3), numbers(Some("post"), 2)]);
    assert_eq!((store.next_process().unwrap(), store.next_row("post").unwrap()), (ProcessId(8), 10));
    write(store, vec![Change::process(None, process(20))]);
    assert!(store.next_process().unwrap() > ProcessId(20));
}
