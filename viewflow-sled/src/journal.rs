//! The journal, which has each commit on the disk first, and the file `durable`: docs/format.md, "The journal".

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::writes::Writes;

/// The names of the files in the directory of a store.
pub(crate) const FILES: [&str; 2] = ["journal.0", "journal.1"];
pub(crate) const DURABLE: &str = "durable";

const HEADER: usize = 16;
const REMOVED: u32 = u32::MAX;

/// The journal of an open store.
pub(crate) struct Journal {
    files: [File; 2],
    active: usize,
    durable: File,
}

/// One commit in a journal.
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) writes: Writes,
}

impl Journal {
    /// Opens the files, and makes those that do not exist.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let open =
            |name: &str| OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path.join(name));
        Ok(Self { files: [open(FILES[0])?, open(FILES[1])?], active: 0, durable: open(DURABLE)? })
    }

    /// Reads the commits from `first` on, up to the first gap, and the highest number in the journal, even if it is
    /// behind a gap.
    pub(crate) fn read(&mut self, first: u64) -> io::Result<(Vec<Record>, u64)> {
        let mut parts = Vec::new();
        for file in &mut self.files {
            file.seek(SeekFrom::Start(0))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            parts.push(records(&bytes));
        }
        parts.sort_by_key(|records| records.first().map(|record| record.number));
        let highest = parts.iter().flatten().map(|record| record.number).max().unwrap_or(0);
        let mut next = first;
        let mut found = Vec::new();
        for record in parts.into_iter().flatten() {
            if record.number == next {
                next += 1;
                found.push(record);
            }
        }
        Ok((found, highest))
    }

    /// Empties the journal: the tree has everything.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        for file in &mut self.files {
            if file.metadata()?.len() > 0 {
                file.set_len(0)?;
                file.sync_all()?;
            }
            file.seek(SeekFrom::Start(0))?;
        }
        Ok(())
    }

    pub(crate) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        self.files[self.active].write_all(records)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.files[self.active].sync_data()
    }

    /// Switches to the other file, from its beginning.
    pub(crate) fn take_turns(&mut self) -> io::Result<()> {
        self.active = 1 - self.active;
        self.files[self.active].seek(SeekFrom::Start(0)).map(drop)
    }

    /// Notes that this commit and all before it are on the disk.
    pub(crate) fn mark(&mut self, durable: u64) -> io::Result<()> {
        let number = durable.to_be_bytes();
        let mut mark = [0; 12];
        mark[..8].copy_from_slice(&number);
        mark[8..].copy_from_slice(&crc32fast::hash(&number).to_be_bytes());
        self.durable.seek(SeekFrom::Start(0))?;
        self.durable.write_all(&mark)
    }

    /// The last commit that was known to be on the disk; `None` when nothing was noted yet.
    pub(crate) fn durable(&mut self) -> io::Result<Result<Option<u64>, &'static str>> {
        let mut mark = Vec::new();
        self.durable.seek(SeekFrom::Start(0))?;
        self.durable.read_to_end(&mut mark)?;
        if mark.is_empty() {
            return Ok(Ok(None));
        }
        let Some((number, crc)) = mark.split_first_chunk() else { return Ok(Err("is too short")) };
        let right = crc == crc32fast::hash(number).to_be_bytes();
        Ok(if right { Ok(Some(u64::from_be_bytes(*number))) } else { Err("has a wrong checksum") })
    }

    /// Syncs the mark, and cuts anything else from its file.
    pub(crate) fn sync_mark(&self) -> io::Result<()> {
        self.durable.set_len(12)?;
        self.durable.sync_all()
    }
}

/// Encodes a commit as a record to append. The checksum is still missing.
pub(crate) fn record(number: u64, writes: &Writes) -> Vec<u8> {
    let length = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| 6 + key.len() + value.as_ref().map_or(0, Vec::len);
    let length: usize = writes.iter().map(length).sum();
    let mut record = Vec::with_capacity(HEADER + length);
    record.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    record.extend([0; 4]);
    record.extend(number.to_be_bytes());
    for (key, value) in writes {
        // The store refuses longer keys, and cuts longer values.
        record.extend(u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
        record.extend(key);
        match value {
            None => record.extend(REMOVED.to_be_bytes()),
            Some(value) => {
                record.extend(u32::try_from(value.len()).unwrap_or(REMOVED).to_be_bytes());
                record.extend(value);
            }
        }
    }
    record
}

/// Sets the checksums of encoded records.
pub(crate) fn seal(mut records: &mut [u8]) {
    while let Some((length, rest)) = records.split_first_chunk_mut::<4>() {
        let Some((crc, rest)) = rest.split_first_chunk_mut::<4>() else { return };
        let covered = (8 + u32::from_be_bytes(*length) as usize).min(rest.len());
        let (covered, rest) = rest.split_at_mut(covered);
        *crc = crc32fast::hash(covered).to_be_bytes();
        records = rest;
    }
}

/// The whole records at the beginning of these bytes, as long as their numbers follow each other.
fn records(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::<Record>::new();
    while let Some((record, rest)) = first_record(bytes) {
        if records.last().is_some_and(|last| last.number + 1 != record.number) {
            break;
        }
        records.push(record);
        bytes = rest;
    }
    records
}

fn first_record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let (covered, after) = rest.split_at_checked(8 + u32::from_be_bytes(*length) as usize)?;
    if crc32fast::hash(covered) != u32::from_be_bytes(*crc) {
        return None;
    }
    let (number, mut body) = covered.split_first_chunk()?;
    let mut writes = Writes::new();
    while !body.is_empty() {
        let (length, rest) = body.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length);
        if length == REMOVED {
            writes.insert(key.to_vec(), None);
            body = rest;
        } else {
            let (value, rest) = rest.split_at_checked(length as usize)?;
            writes.insert(key.to_vec(), Some(value.to_vec()));
            body = rest;
        }
    }
    Some((Record { number: u64::from_be_bytes(*number), writes }, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn numbers(found: &[Record]) -> Vec<u64> {
        found.iter().map(|record| record.number).collect()
    }

    fn commit(number: u64) -> Writes {
        Writes::from([(number.to_be_bytes().to_vec(), Some(b"value".to_vec()))])
    }

    fn append(journal: &mut Journal, commits: std::ops::RangeInclusive<u64>) {
        let mut records = Vec::new();
        commits.for_each(|number| records.extend(record(number, &commit(number))));
        seal(&mut records);
        journal.append(&records).unwrap();
    }

    proptest! {
        #[test]
        fn what_is_put_is_read(commits in vec(btree_map(vec(any::<u8>(), 0..9), proptest::option::of(vec(any::<u8>(), 0..9)), 0..5), 0..5)) {
            let mut bytes = Vec::new();
            for (number, writes) in (7..).zip(&commits) {
                bytes.extend(record(number, writes));
            }
            seal(&mut bytes);
            let read: Vec<Writes> = records(&bytes).into_iter().map(|record| record.writes).collect();
            prop_assert_eq!(read, commits);
        }

        #[test]
        fn what_is_damaged_ends_the_journal(at: prop::sample::Index, by in 1..=255_u8) {
            let mut bytes = Vec::new();
            (1..=5).for_each(|number| bytes.extend(record(number, &commit(number))));
            seal(&mut bytes);
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            prop_assert_eq!(records(&bytes).len(), at / (bytes.len() / 5));
        }
    }

    #[test]
    fn two_files_take_turns_and_what_is_left_of_an_older_turn_is_not_taken_for_new() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(directory.path()).unwrap();
        append(&mut journal, 1..=9);
        journal.take_turns().unwrap();
        append(&mut journal, 10..=12);
        assert_eq!(numbers(&journal.read(1).unwrap().0), (1..=12).collect::<Vec<_>>());
        journal.take_turns().unwrap();
        journal.take_turns().unwrap();
        journal.take_turns().unwrap();
        append(&mut journal, 13..=14);
        assert_eq!(numbers(&journal.read(10).unwrap().0), [10, 11, 12, 13, 14]);
        assert_eq!(numbers(&journal.read(13).unwrap().0), [13, 14]);
        assert_eq!(numbers(&journal.read(9).unwrap().0), [] as [u64; 0], "9 was written over");
        assert_eq!(journal.read(9).unwrap().1, 14, "and what comes after it shows that it was there");
    }

    #[test]
    fn the_mark_is_read_back_and_a_wrong_one_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(directory.path()).unwrap();
        assert_eq!(journal.durable().unwrap(), Ok(None));
        journal.mark(258).unwrap();
        assert_eq!(journal.durable().unwrap(), Ok(Some(258)));
        std::fs::write(directory.path().join(DURABLE), [0; 12]).unwrap();
        assert!(journal.durable().unwrap().is_err());
    }
}
