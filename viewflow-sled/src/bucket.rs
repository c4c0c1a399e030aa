//! Buckets keep many entries of lists and indexes in one value: docs/format.md, "Buckets".

use std::collections::BTreeSet;
use std::iter::Peekable;

use crate::entry;
use crate::writes::Writes;

/// The most entries in a bucket.
pub(crate) const ROOM: usize = 64;
/// The most entries that are put into a bucket at once.
const AT_ONCE: usize = 512;

/// The entries of a bucket: the numbers of each.
pub(crate) type Entries = BTreeSet<Vec<u8>>;

/// The length of the list's key within an entry's key; `None` if the entry is not kept in a bucket.
pub(crate) fn list_of(entry: &[u8]) -> Option<usize> {
    entry.len().checked_sub(entry::numbers_of(entry)?)
}

/// The key of the first bucket of an entry's list.
pub(crate) fn first(entry: &[u8], list: usize) -> Vec<u8> {
    let mut key = entry[..list].to_vec();
    key.resize(entry.len(), 0);
    key
}

/// Reads a bucket; `None` if it is damaged.
pub(crate) fn read(key: &[u8], value: &[u8]) -> Option<Entries> {
    let numbers = entry::numbers_of(key)?;
    let (crc, mut body) = value.split_first_chunk()?;
    if checksum(key, body) != u32::from_be_bytes(*crc) {
        return None;
    }
    let mut entries = Entries::new();
    let mut last = vec![0; numbers];
    while !body.is_empty() {
        for number in last.chunks_mut(8) {
            let mut differs = [0; 8];
            differs.copy_from_slice(&take(&mut body)?.to_be_bytes());
            let skipped = 8 - number.len();
            number.iter_mut().zip(&differs[skipped..]).for_each(|(byte, differs)| *byte ^= differs);
        }
        entries.insert(last.clone());
    }
    Some(entries)
}

fn value(key: &[u8], entries: &[&Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::with_capacity(4 + entries.len() * 6);
    let mut last = vec![0; entry::numbers_of(key).unwrap_or(0)];
    for entry in entries {
        for (before, number) in last.chunks(8).zip(entry.chunks(8)) {
            let differs = before.iter().zip(number).fold(0_u64, |all, (a, b)| all << 8 | u64::from(a ^ b));
            put(&mut body, differs);
        }
        last.clone_from(entry);
    }
    let mut value = checksum(key, &body).to_be_bytes().to_vec();
    value.extend(body);
    value
}

/// Writes a bucket, and divides it when it has too many entries. The last bucket of a list becomes full buckets,
/// because such lists grow at their end. So does the first one, because lists with the newest entry first grow
/// there. Any other bucket becomes buckets with room for more.
pub(crate) fn write(key: &[u8], list: usize, entries: &Entries, is_last: bool, writes: &mut Writes) {
    if entries.is_empty() {
        writes.insert(key.to_vec(), None);
        return;
    }
    let all: Vec<&Vec<u8>> = entries.iter().collect();
    let is_first = key[list..].iter().all(|byte| *byte == 0);
    let piece = if all.len() <= ROOM || is_last || is_first { ROOM } else { ROOM / 2 };
    let before = if is_first && !is_last { all.len() % piece } else { 0 };
    let (before, all) = all.split_at(before);
    let pieces = Some(before).filter(|before| !before.is_empty()).into_iter().chain(all.chunks(piece));
    for (number, entries) in pieces.enumerate() {
        let key = if number == 0 { key.to_vec() } else { [&key[..list], entries[0]].concat() };
        let value = value(&key, entries);
        writes.insert(key, Some(value));
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7F).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn checksum(key: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(body);
    hasher.finalize()
}

/// Puts writes into a bucket, as long as they are in its list and before `end`. Returns whether there are more of
/// them than are taken at once.
pub(crate) fn change<'w>(
    entries: &mut Entries,
    writes: &mut Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>>,
    list: &[u8],
    end: Option<&[u8]>,
) -> bool {
    let within = |key: &[u8]| key.starts_with(list) && end.is_none_or(|end| key < end);
    for _ in 0..AT_ONCE {
        let Some((key, value)) = writes.next_if(|(key, _)| within(key)) else { return false };
        let numbers = &key[list.len()..];
        if value.is_some() {
            entries.insert(numbers.to_vec());
        } else {
            entries.remove(numbers);
        }
    }
    writes.peek().is_some_and(|(key, _)| within(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bucket_is_read_as_it_was_written(
            entries in btree_set((any::<u64>(), 0..5_u64, 0..9_u32), 1..300),
            last: bool,
        ) {
            let entries: Entries = entries
                .into_iter()
                .map(|(a, b, c)| [&a.to_be_bytes()[..], &b.to_be_bytes(), &c.to_be_bytes()].concat())
                .collect();
            let mut key = b"l\x02name".to_vec();
            let list = key.len();
            key.resize(list + 20, 0);
            prop_assert_eq!(list_of(&key), Some(list));
            let mut writes = Writes::new();
            write(&key, list, &entries, last, &mut writes);
            let mut found = Entries::new();
            for (key, value) in &writes {
                let value = value.as_ref().unwrap();
                let some = read(key, value).unwrap();
                prop_assert!(some.len() <= ROOM && value.len() < 2000);
                prop_assert!(some.iter().all(|numbers| numbers[..] >= key[list..]));
                prop_assert!(found.last() < some.first());
                found.extend(some);
                let mut damaged = value.clone();
                damaged[0] ^= 1;
                prop_assert_eq!(read(key, &damaged), None);
            }
            prop_assert_eq!(found, entries);
        }
    }
}
