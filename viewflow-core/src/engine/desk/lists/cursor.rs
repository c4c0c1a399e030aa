//! Where a page of a list ended, as text for addresses.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use viewflow_store::__private::stable_hash;
use viewflow_store::{Cursor, ProcessId, TaskId};

use crate::error::{Error, Result};

/// The form of the text.
const FORM: u8 = 1;
/// How many bytes it stands for.
const LENGTH: usize = 30;

/// Where a page of a list of a [`Desk`](crate::Desk) ended: the next page goes on from there.
///
/// As text it has 40 letters, digits, `-` and `_`, so that it can stand in an address.
/// It belongs to one list of one person, with its filters and its order: every other list refuses it with
/// [`Error::OtherList`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    /// The number of the list.
    list: u64,
    /// In which part of the list it is.
    pub(super) part: u8,
    pub(super) place: Cursor,
}

/// The number of a list, from its kind, its person, and its filters.
pub(super) fn list_number(kind: &str, user: &str, filters: &str) -> u64 {
    stable_hash([kind, user, filters])
}

impl ListCursor {
    pub(super) fn new(list: u64, part: u8, place: Cursor) -> Self {
        Self { list, part, place }
    }

    /// The cursor, if it belongs to this list.
    pub(super) fn of_list(self, list: u64) -> Result<Self> {
        if self.list == list { Ok(self) } else { Err(Error::OtherList) }
    }
}

impl fmt::Display for ListCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cursor { sort, task } = self.place;
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend([FORM, self.part]);
        bytes.extend([self.list, sort, task.process.0].iter().flat_map(|number| number.to_be_bytes()));
        bytes.extend(task.ordinal.to_be_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for ListCursor {
    type Err = Error;

    /// Reads what `Display` wrote.
    fn from_str(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::OtherList)?;
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| Error::OtherList)?;
        let number = |from: usize| bytes[from..from + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let ordinal = bytes[LENGTH - 4..].iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        if bytes[0] != FORM {
            return Err(Error::OtherList);
        }
        let task = TaskId { process: ProcessId(number(18)), ordinal };
        Ok(Self { list: number(2), part: bytes[1], place: Cursor { sort: number(10), task } })
    }
}

impl Serialize for ListCursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ListCursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_from_its_text() {
        for (sort, process, ordinal) in [(0, 0, 0), (7, 1 << 40, 3), (u64::MAX, u64::MAX, u32::MAX)] {
            let place = Cursor { sort, task: TaskId { process: ProcessId(process), ordinal } };
            let cursor = ListCursor::new(list_number("inbox", "ann", ""), 1, place);
            let text = cursor.to_string();
            assert_eq!((text.len(), text.parse::<ListCursor>().unwrap()), (40, cursor));
            assert_eq!(serde_json::from_value::<ListCursor>(serde_json::json!(text)).unwrap(), cursor);
        }
    }

    #[test]
    fn text_that_is_no_cursor_is_refused() {
        let other_form = URL_SAFE_NO_PAD.encode([2; LENGTH]);
        for text in ["", "x", "7/3", "####", &"A".repeat(39), &"A".repeat(44), &other_form] {
            assert!(matches!(text.parse::<ListCursor>(), Err(Error::OtherList)), "{text}");
        }
    }
}
