//! The kernel carries out one step: from a command until every token waits.
//!
//! A token is an open task in a scope. A `Split` opens a scope around the tokens of its branches. A scope counts what
//! is alive in it: tokens and inner scopes. In the scope around it, it counts as one.
//!
//! A token leaves the count when it comes to the scope's `Join`, to an `End`, or to the join of an outer scope. At zero
//! the scope closes. If a token waits at the scope's join, the join goes on in the scope around; otherwise the scope
//! ends as a token does. So each end of a token makes the kernel check the scopes around it. The cost of that does not
//! grow with the size of the scopes.
//!
//! A step may reach into other processes: down into sub-processes, and up again when they are done.

mod advance;
mod cancel;
mod changes;
mod children;
mod compensate;
mod conditions;
mod end;
mod fail;
mod hear;
mod job;
pub(crate) mod mailbox;
mod moving;
mod people;
mod retry;
mod revive;
pub(crate) mod signal;
mod skip;
mod step;
mod suspend;
mod token;
mod undo;
mod wait;

pub(crate) use children::Child;
pub(crate) use job::{out_of_time, was_set_back};
pub(crate) use moving::{split_names, splits_around};
pub(crate) use people::{assign, delegate, unassign};
pub(crate) use step::{Fault, Faults, Step};
pub(crate) use suspend::check_goes_on;

/// The number of the scope that is the process itself.
pub(crate) const ROOT: u32 = 0;
