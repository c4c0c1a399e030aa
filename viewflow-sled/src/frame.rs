//! Lays out a record as a head and pieces: docs/format.md, "Records".

use viewflow_store::StoreError;

/// How many bytes of a record one value holds: docs/format.md, "Limits".
pub(crate) const PIECE: usize = 4000;
const HEADER: usize = 17;
const LAYOUT: u8 = 1;

/// The head of a record.
pub(crate) struct Head<'v> {
    crc: u32,
    pub(crate) revision: u64,
    length: usize,
    first: &'v [u8],
}

impl<'v> Head<'v> {
    pub(crate) fn read(value: &'v [u8]) -> Result<Self, &'static str> {
        let (header, first) = value.split_at_checked(HEADER).ok_or("it is too short")?;
        let [layout, rest @ ..] = header else { return Err("it is too short") };
        if *layout != LAYOUT {
            return Err("its layout is unknown");
        }
        let (crc, rest) = rest.split_first_chunk().ok_or("it is too short")?;
        let (revision, rest) = rest.split_first_chunk().ok_or("it is too short")?;
        let (length, _) = rest.split_first_chunk().ok_or("it is too short")?;
        Ok(Self {
            crc: u32::from_be_bytes(*crc),
            revision: u64::from_be_bytes(*revision),
            length: u32::from_be_bytes(*length) as usize,
            first,
        })
    }

    /// How many pieces follow the head.
    pub(crate) fn pieces(&self) -> u32 {
        pieces(self.length)
    }

    /// Whether the content begins with these bytes.
    pub(crate) fn begins_with(&self, start: &[u8]) -> bool {
        self.first.starts_with(start)
    }

    /// The content of the record. Fails if a piece is missing or the checksum is wrong.
    pub(crate) fn content(&self, key: &[u8], pieces: &[Vec<u8>]) -> Result<Vec<u8>, &'static str> {
        let mut content = self.first.to_vec();
        pieces.iter().for_each(|piece| content.extend(piece));
        if content.len() != self.length {
            return Err("a part of it is missing");
        }
        if checksum(key, &content) ^ of_revision(self.revision) != self.crc {
            return Err("its checksum is wrong");
        }
        Ok(content)
    }
}

/// The bytes of the head before the content. They differ between any two states of a record.
pub(crate) fn header(value: &[u8]) -> &[u8] {
    &value[..HEADER.min(value.len())]
}

fn pieces(length: usize) -> u32 {
    u32::try_from(length.saturating_sub(1) / PIECE).unwrap_or(u32::MAX)
}

/// The values of a record: the head first, then the pieces. The revision is still missing.
pub(crate) fn values(key: &[u8], content: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let length = u32::try_from(content.len()).map_err(|_| StoreError::io("a record is longer than 4 GiB"))?;
    let (first, rest) = content.split_at(content.len().min(PIECE));
    let mut head = Vec::with_capacity(HEADER + first.len());
    head.push(LAYOUT);
    head.extend(checksum(key, content).to_be_bytes());
    head.extend([0; 8]);
    head.extend(length.to_be_bytes());
    head.extend(first);
    let mut values = vec![head];
    values.extend(rest.chunks(PIECE).map(<[u8]>::to_vec));
    Ok(values)
}

/// Sets the revision of a head that has none.
pub(crate) fn set_revision(head: &mut [u8], revision: u64) {
    let Some((header, _)) = head.split_first_chunk_mut::<HEADER>() else { return };
    for (byte, of_revision) in header[1..5].iter_mut().zip(of_revision(revision).to_be_bytes()) {
        *byte ^= of_revision;
    }
    header[5..13].copy_from_slice(&revision.to_be_bytes());
}

fn of_revision(revision: u64) -> u32 {
    crc32fast::hash(&revision.to_be_bytes())
}

fn checksum(key: &[u8], content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&(content.len() as u64).to_be_bytes());
    hasher.update(content);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_revision(key: &[u8], revision: u64, content: &[u8]) -> Vec<Vec<u8>> {
        let mut values = values(key, content).unwrap();
        set_revision(&mut values[0], revision);
        values
    }

    proptest! {
        #[test]
        fn a_record_of_any_length_comes_back(length in 0..20_000usize, revision: u64) {
            let content: Vec<u8> = (0..=250).cycle().take(length).collect();
            let values = with_revision(b"key", revision, &content);
            prop_assert!(values.iter().all(|value| value.len() <= 4096));
            let head = Head::read(&values[0]).unwrap();
            prop_assert_eq!(head.pieces() as usize, values.len() - 1);
            prop_assert_eq!(head.content(b"key", &values[1..]).unwrap(), content);
        }

        #[test]
        fn a_changed_byte_is_noticed(length in 1..9000usize, at: prop::sample::Index, by in 1..=255u8) {
            let mut values = with_revision(b"key", 7, &vec![42; length]);
            let all: usize = values.iter().map(Vec::len).sum();
            let mut at = at.index(all);
            for value in &mut values {
                if at < value.len() {
                    value[at] ^= by;
                    break;
                }
                at -= value.len();
            }
            let read = Head::read(&values[0]).and_then(|head| head.content(b"key", &values[1..]));
            prop_assert!(read.is_err());
        }
    }

    #[test]
    fn a_record_at_another_key_is_noticed() {
        let values = with_revision(b"key", 7, b"content");
        assert!(Head::read(&values[0]).unwrap().content(b"other", &[]).is_err());
    }
}
