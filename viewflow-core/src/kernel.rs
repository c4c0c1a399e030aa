//! One step: from what was asked for until every token waits.
//!
//! A token is a task that is open, in a scope. A `Split` opens a scope around the tokens of its branches; a scope
//! counts what is alive in it, tokens and inner scopes, and stands for one in the scope around it. A token that comes to
//! the scope's `Join`, to an `End`, or to the join of an outer scope leaves the count. At zero the scope closes: its
//! join goes on if a token is waiting there, in the scope around; else the scope ends as a token does. So every end
//! of a token lets the scopes around it be looked at again, at a cost that does not grow with their size.
//!
//! A step may reach into other processes: down into sub-processes, and up again when they are done.

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
mod turn;
mod undo;
mod wait;

pub(crate) use children::Child;
pub(crate) use job::{out_of_time, was_set_back};
pub(crate) use moving::{split_names, splits_around};
pub(crate) use people::{assign, delegate, unassign};
pub(crate) use step::{Fault, Faults, Step};
pub(crate) use suspend::check_goes_on;

/// The scope that is the process itself.
pub(crate) const ROOT: u32 = 0;
