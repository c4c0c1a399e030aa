//! What is kept, and for how long.

pub(super) mod retention;
