//! What a commit writes.

use std::collections::BTreeMap;

/// Keys with their new values; none is a key that was removed.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
