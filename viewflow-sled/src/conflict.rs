//! Checks a commit's expectations while nobody else can commit, and reads ahead what the check needs.

use std::collections::BTreeSet;

use viewflow_store::{Commit, Expect, Key, Reference, StoreError, StoreResult};

use crate::ahead::{Ahead, View};
use crate::entry;
use crate::frame::Head;
use crate::json::{damaged, parse};
use crate::key;
use crate::numbers::Numbers;
use crate::read::last_u64;

/// Reads what [`check`] needs. The result does not count: it may have changed when the commit is checked.
pub(crate) fn read_ahead(ahead: &Ahead, commit: &Commit) -> StoreResult<()> {
    let of = |expect: &Expect| match expect {
        Expect::Revision(of, _) => Some(key::record(of)),
        Expect::Table(..) | Expect::Index { .. } => None,
    };
    ahead.read(commit.expect.iter().filter_map(of))?;
    unique_values_are_free(ahead, commit)?;
    no_reference_dangles(ahead, commit).map(drop)
}

/// Whether the stamps that a commit relies on are unchanged.
pub(crate) fn stamps_hold(numbers: &Numbers, commit: &Commit) -> bool {
    commit.expect.iter().all(|expect| match expect {
        Expect::Revision(..) => true,
        Expect::Table(table, stamp) => numbers.stamp(table) == *stamp,
        Expect::Index { table, field, key, stamp } => numbers.index_stamp(table, field, key) == *stamp,
    })
}

/// Refuses a commit if a record that it relies on has changed.
pub(crate) fn check(view: &dyn View, commit: &Commit) -> StoreResult<()> {
    for expect in &commit.expect {
        if let Expect::Revision(of, revision) = expect
            && self::revision(view, of)? != *revision
        {
            return Err(StoreError::Conflict);
        }
    }
    if unique_values_are_free(view, commit)? && no_reference_dangles(view, commit)? {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

fn revision(view: &dyn View, of: &Key) -> StoreResult<Option<u64>> {
    let Some(value) = view.value(&key::record(of))? else { return Ok(None) };
    let head = Head::read(&value).map_err(|detail| damaged(of.to_string(), detail.to_owned()))?;
    // Without a process, the bundle has only tasks.
    let there = !matches!(of, Key::Process(_)) || head.begins_with(&0_u32.to_be_bytes());
    Ok(there.then_some(head.revision))
}

fn unique_values_are_free(view: &dyn View, commit: &Commit) -> StoreResult<bool> {
    let changed = changed_rows(commit);
    let mut taken = BTreeSet::new();
    for (table, id, row) in commit.rows() {
        for (field, value) in row.iter().flat_map(|row| row.unique_keys()) {
            let prefix = entry::index(table, field, &value);
            for entry in view.entries(&prefix) {
                let (key, _) = entry?;
                let holder = last_u64(&key, prefix.len())?;
                if holder != id && !changed.contains(&(table, holder)) {
                    return Ok(false);
                }
            }
            if !taken.insert(prefix) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Whether no remaining row refers to a row that the commit deletes.
fn no_reference_dangles(view: &dyn View, commit: &Commit) -> StoreResult<bool> {
    let changed = changed_rows(commit);
    for (table, id, _) in commit.rows().filter(|(_, _, new)| new.is_none()) {
        for entry in view.entries(&entry::references(table, id)) {
            let (_, value) = entry?;
            let by: Reference = parse(&value, &|| format!("a reference to row {id} of `{table}`"))?;
            // The commit itself answers for the rows that it changes.
            if !changed.contains(&(by.table.as_str(), by.id)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn changed_rows(commit: &Commit) -> BTreeSet<(&str, u64)> {
    commit.rows().map(|(table, id, _)| (table, id)).collect()
}
