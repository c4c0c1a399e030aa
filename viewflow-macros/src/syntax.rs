//! The small languages inside attributes: options, names, lengths of time and data closures.
//!
//! Expressions are kept as the tokens the user wrote: rustc reads them, and tells of mistakes in them at their place.

mod closure;
mod docs;
mod duration;
mod name;
mod options;
mod output;
mod tokens;

pub(crate) use self::closure::{Closure, methods_named, told_type};
pub(crate) use self::docs::{doc_lines, docs, first_sentence};
pub(crate) use self::duration::{duration, duration_tokens, some_duration, some_duration_of};
pub(crate) use self::name::{
    WAS, camel_case, earlier_names, earlier_names_of, node_name, plain_name, snake_case, title_of,
};
pub(crate) use self::options::{Opt, Opts, each_once, misplaced, options, unknown_option};
pub(crate) use self::output::{default_crate, hidden, option_of, private_items, quiet_lints};
pub(crate) use self::tokens::{changed, located, plain_type, told, ungrouped};
