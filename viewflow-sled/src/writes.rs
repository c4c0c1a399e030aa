//! The writes of a commit.

use std::collections::BTreeMap;

/// Keys with their new values; `None` removes the key.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
