//! What must not compile, and what its author is told: each case has the message beside it as `.stderr`.
//!
//! After a change of a message run `TRYBUILD=overwrite cargo test --test ui` and read what has changed.

use std::process::Command;

/// The release of Rust whose messages stand beside the cases. Another one tells the same in slightly other words.
const RECORDED_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_are_told_at_compile_time() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc tells its version").stdout;
    let version = String::from_utf8_lossy(&version);
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/*/ok_*.rs");
    if cfg!(feature = "tokio") {
        println!("the messages were recorded without the feature `tokio`: they are not compared");
    } else if version.starts_with(RECORDED_WITH) {
        cases.compile_fail("tests/ui/*/bad_*.rs");
    } else {
        println!("the messages were recorded with {RECORDED_WITH}x, this is {version}: they are not compared");
    }
}
