//! Actions of people and of the program: start, take, do, send, cancel, go back.

pub(super) mod input;
pub(super) mod lifecycle;
pub(super) mod open;
pub(super) mod people;
mod send;
pub(super) mod start;
pub(super) mod start_draft;
