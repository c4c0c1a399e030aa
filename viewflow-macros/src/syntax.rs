//! The small languages inside attributes: options, names, lengths of time and data closures.
//!
//! The macro checks the syntax of an expression and keeps the user's tokens. So rustc reports other mistakes in it at
//! their place.

mod closure;
mod docs;
mod duration;
mod fields;
mod item;
mod name;
mod options;
mod output;
mod page;
mod tokens;
mod written;

pub(crate) use self::closure::{CaseClosure, Closure, OfForm, Query, methods_named, told_type};
pub(crate) use self::docs::{doc_lines, docs, first_sentence};
pub(crate) use self::duration::{duration, duration_tokens, some_duration, some_duration_of};
pub(crate) use self::fields::{Accessor, Dependence, fields_impl};
pub(crate) use self::item::{KEYWORDS, Read, derived, read};
pub(crate) use self::name::{
    WAS, camel_case, earlier_names, earlier_names_of, node_name, plain_name, snake_case, title_of,
};
pub(crate) use self::options::{Opt, Opts, misplaced, options, options_after, unknown_option};
pub(crate) use self::output::{default_crate, hidden, local, option_of, private_items};
pub(crate) use self::page::{page_title, same_title, title};
pub(crate) use self::tokens::{changed, located, plain_type, told, ungrouped};
pub(crate) use self::written::{path, pattern};
