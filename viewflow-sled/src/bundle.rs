//! Bundles keep several numbered records in one value: docs/format.md, "Bundles".

use std::collections::BTreeMap;

use viewflow_store::{ProcessId, TaskId};

use crate::key;
use crate::parts::KeyReader;

/// How many numbers one bundle has room for.
pub(crate) const ROOM: u32 = 8;
/// The longest content of a record within a bundle, in bytes. A longer record stands aside, and its place in the
/// bundle is empty.
pub(crate) const LONGEST: usize = 1000;
/// The number of a process's data, in the bundle of the process itself.
pub(crate) const DATA: u32 = u32::MAX;

/// Identifies a bundle of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BundleId {
    pub(crate) process: ProcessId,
    pub(crate) chunk: u32,
}

impl BundleId {
    /// The bundle of the process itself.
    pub(crate) fn of_process(process: ProcessId) -> Self {
        Self { process, chunk: 0 }
    }

    pub(crate) fn of_task(id: TaskId) -> Self {
        Self::of_number(id.process, id.ordinal)
    }

    /// The bundle of the record with this number.
    pub(crate) fn of_number(process: ProcessId, number: u32) -> Self {
        Self { process, chunk: if number == DATA { 0 } else { number / ROOM } }
    }

    /// The bundle under this key.
    pub(crate) fn at(key: &[u8]) -> Option<Self> {
        let mut parts = KeyReader(key.strip_prefix(b"p")?);
        Some(Self { process: ProcessId(parts.u64()?), chunk: parts.u32()? })
    }

    pub(crate) fn key(self) -> Vec<u8> {
        key::bundle(self.process, self.chunk)
    }
}

/// The most bundles that this many tasks can be in.
pub(crate) fn bundles_for(tasks: usize) -> usize {
    tasks / ROOM as usize + 2
}

/// New contents of records by their numbers; `None` removes the record.
pub(crate) type Changes = BTreeMap<u32, Option<Vec<u8>>>;

/// The records of a bundle. An incomplete record ends them; the caller has compared the checksum before.
pub(crate) fn records(mut content: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (number, rest) = content.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (record, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        content = rest;
        Some((u32::from_be_bytes(*number), record))
    })
}

/// The changed records that stood aside before the changes and no longer do.
pub(crate) fn brought_in(old: &[u8], changes: &Changes) -> Vec<u32> {
    let aside = records(old).filter(|(_, record)| record.is_empty()).map(|(number, _)| number);
    let comes_in = |number: &u32| changes.get(number).is_some_and(|new| new.as_ref().is_none_or(|new| !new.is_empty()));
    aside.filter(comes_in).collect()
}

/// One record of a bundle.
pub(crate) fn find(content: &[u8], number: u32) -> Option<&[u8]> {
    records(content).find(|(found, _)| *found == number).map(|(_, record)| record)
}

/// The bundle after the changes; `None` if nothing is left of it.
pub(crate) fn change(old: &[u8], changes: &Changes) -> Option<Vec<u8>> {
    let mut new =
        Vec::with_capacity(old.len() + changes.values().flatten().map(|record| record.len() + 8).sum::<usize>());
    let mut put = |number: u32, record: &[u8]| {
        new.extend(number.to_be_bytes());
        new.extend(u32::try_from(record.len()).unwrap_or(u32::MAX).to_be_bytes());
        new.extend(record);
    };
    let mut changes = changes.iter().peekable();
    for (number, record) in records(old) {
        while let Some((at, content)) = changes.next_if(|(at, _)| **at < number) {
            content.iter().for_each(|content| put(*at, content));
        }
        match changes.next_if(|(at, _)| **at == number) {
            Some((_, content)) => content.iter().for_each(|content| put(number, content)),
            None => put(number, record),
        }
    }
    for (at, content) in changes {
        content.iter().for_each(|content| put(*at, content));
    }
    (!new.is_empty()).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bundle_is_a_map_from_numbers_to_records(
            steps in vec(btree_map(0..12_u32, proptest::option::of(vec(any::<u8>(), 0..20)), 0..5), 0..6),
        ) {
            let mut model: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
            let mut bundle = Vec::new();
            for changes in steps {
                bundle = change(&bundle, &changes).unwrap_or_default();
                for (number, record) in changes {
                    match record {
                        Some(record) => drop(model.insert(number, record)),
                        None => drop(model.remove(&number)),
                    }
                }
                let read: BTreeMap<u32, Vec<u8>> = records(&bundle).map(|(n, record)| (n, record.to_vec())).collect();
                prop_assert_eq!(&read, &model);
                for number in 0..12 {
                    prop_assert_eq!(find(&bundle, number), model.get(&number).map(Vec::as_slice));
                }
            }
        }
    }
}
