//! What must not compile, and what its author is told: each case has the message beside it as `.stderr`.
//!
//! After a change of a message run `TRYBUILD=overwrite cargo test --test ui` and read what has changed.

#[test]
fn mistakes_are_told_at_compile_time() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/*/ok_*.rs");
    cases.compile_fail("tests/ui/*/bad_*.rs");
}
