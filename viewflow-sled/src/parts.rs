//! Parts of keys. Their bytes sort in the order of the things they stand for: docs/format.md, "Conventions".

/// The capacity of a new key in bytes; most keys are not longer.
const USUAL: usize = 64;

/// A key under construction.
#[derive(Clone)]
pub(crate) struct KeyBuf(Vec<u8>);

impl KeyBuf {
    pub(crate) fn new(letter: u8) -> Self {
        let mut key = Vec::with_capacity(USUAL);
        key.push(letter);
        Self(key)
    }

    /// Continues an existing key.
    pub(crate) fn after(key: Vec<u8>) -> Self {
        Self(key)
    }

    pub(crate) fn u8(mut self, number: u8) -> Self {
        self.0.push(number);
        self
    }

    pub(crate) fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    pub(crate) fn u64(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Appends a key that consists of other parts.
    pub(crate) fn key(mut self, other: &[u8]) -> Self {
        self.0.extend(other);
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut parts = bytes.split(|byte| *byte == 0);
        self.0.extend(parts.next().unwrap_or_default());
        for part in parts {
            self.0.extend([0, 0xFF]);
            self.0.extend(part);
        }
        self.0.extend([0, 1]);
        self
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Splits a key into its parts again.
pub(crate) struct KeyReader<'k>(pub(crate) &'k [u8]);

impl KeyReader<'_> {
    pub(crate) fn u8(&mut self) -> Option<u8> {
        let (number, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*number)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        loop {
            match *self.0 {
                [0, 1, ref rest @ ..] => {
                    self.0 = rest;
                    return String::from_utf8(bytes).ok();
                }
                [0, 0xFF, ref rest @ ..] => {
                    bytes.push(0);
                    self.0 = rest;
                }
                [byte, ref rest @ ..] if byte != 0 => {
                    bytes.push(byte);
                    self.0 = rest;
                }
                _ => return None,
            }
        }
    }
}

/// The first key after all keys with this prefix.
pub(crate) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != 0xFF)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}
