//! Replies of a face to errors.

use std::error::Error as _;

use viewflow::error::{Place, Reply};
use viewflow::prelude::*;
use viewflow::{FieldErrors, StoreError};

fn at_a_node() -> Box<Place> {
    Box::new(Place::Node { flow: "note".to_owned(), node: "write".to_owned() })
}

fn within(source: Error) -> Error {
    Error::Handler { at: at_a_node(), source: Box::new(source) }
}

fn complaints() -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add("text", "is too loud");
    errors
}

fn taken(errors: FieldErrors) -> Error {
    Error::NotUnique {
        table: "note".to_owned(),
        field: "number".to_owned(),
        value: Box::new(1.into()),
        row: 1,
        process: None,
        also: Box::new([]),
        errors: Box::new(errors),
    }
}

fn forbidden(user: &str) -> Error {
    let action = viewflow::lifecycle::Action::Start;
    Error::Forbidden { at: at_a_node(), action, user: UserId::new(user), needs: "it takes more".to_owned() }
}

#[test]
fn errors_that_hold_others_reply_as_those_do() {
    let no_task = || Error::NoTask("1/2".parse().unwrap());
    let cases = [
        (no_task(), Reply::NotThere),
        (within(no_task()), Reply::Fault),
        (within(within(Error::field("text", "is too loud"))), Reply::Complaint),
        (within(Error::coded("sold-out", "nothing is left")), Reply::Complaint),
        (within(Error::msg("boom")), Reply::Fault),
        (Error::msg("boom"), Reply::Fault),
        (Error::Other(Box::new(complaints())), Reply::Complaint),
        (Error::Other(Box::new(forbidden("ann"))), Reply::NotAllowed),
        (taken(complaints()), Reply::Complaint),
        (within(taken(complaints())), Reply::Complaint),
        (taken(FieldErrors::default()), Reply::Fault),
        (forbidden("ann"), Reply::NotAllowed),
        (forbidden(""), Reply::NoPerson),
        (Error::Store(StoreError::TooLarge { what: "it".to_owned(), detail: "1 GB".to_owned() }), Reply::TooLarge),
        (within(StoreError::Conflict.into()), Reply::NotNow),
        (Error::Store(StoreError::Stopped("disk".to_owned())), Reply::Fault),
    ];
    for (error, reply) in cases {
        assert_eq!(error.reply(), reply, "{error} ({:?})", error.source().map(ToString::to_string));
    }
}

#[test]
fn the_guide_shows_the_reply_to_each_error() {
    let (page, table) = (include_str!("../../src/guide/faces.md"), Error::replies());
    assert!(page.contains(table.trim()), "src/guide/faces.md should have:\n\n{table}");
    for reply in Reply::ALL {
        assert!(page.contains(&format!("| {reply} | ")), "src/guide/faces.md should say what {reply} means");
        assert!(table.contains(&reply.to_string()), "no error has the reply {reply}");
    }
}
