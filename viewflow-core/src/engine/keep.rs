//! Keeping processes, and forgetting them.

pub(super) mod retention;
