//! Code that must not compile, and the messages for its author. Each case has its message beside it as `.stderr`,
//! and the fix at its end. `bad_*.rs` fail under `cargo check`, and `ok_*.rs` compile.
//!
//! After you change a message, run `TRYBUILD=overwrite cargo test -p viewflow-tests --test ui` and read the
//! differences.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use viewflow::graph::Rule;

/// The release of Rust that the recorded messages come from. Other releases word them a little differently.
const RECORDED_WITH: &str = "rustc 1.95.";

// trybuild checks all cases with one command if all of them fail. If one may pass, it builds each by itself.

#[test]
fn mistakes_are_told_at_compile_time() {
    if messages_can_be_compared() {
        put_lock_files();
        trybuild::TestCases::new().compile_fail("ui/*/bad_*.rs");
    }
}

#[test]
fn what_is_right_compiles_and_so_does_what_a_message_asks_for() {
    let directory = tempfile::tempdir().unwrap();
    let right = directory.path().join("right.rs");
    fs::write(&right, all_right()).unwrap();
    put_lock_files();
    let cases = trybuild::TestCases::new();
    cases.pass(&right);
    // trybuild compiles the cases when this is dropped, which has to happen before the file is removed.
    drop(cases);
}

/// Whether the messages were recorded with this release and these features. CI has to compare them.
fn messages_can_be_compared() -> bool {
    if cfg!(feature = "tokio") {
        println!("skipped: the messages were recorded without the feature `tokio`");
        return false;
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc tells its version").stdout;
    let version = String::from_utf8_lossy(&version);
    let same = version.starts_with(RECORDED_WITH);
    if !same {
        let told = format!("the messages were recorded with {RECORDED_WITH}x, and this is {version}");
        assert!(std::env::var_os("CI").is_none(), "{told}: run CI with that release, or record them with this one");
        println!("skipped: {told}");
    }
    same
}

#[test]
fn every_rule_of_graphs_has_its_cases_and_its_page() {
    // The compiler sees one flow at a time. Flows that start each other are reported when the engine is built.
    let rules = Rule::ALL.iter().filter(|rule| **rule != Rule::StartsForEver);
    let guide = fs::read_to_string("../src/guide/rules.md").unwrap();
    for name in rules.map(|rule| rule.name()).chain(["unknown-target"]) {
        let cases = cases("bad_").into_iter().filter(|case| case.parent().is_some_and(|rule| rule.ends_with(name)));
        assert!(cases.clone().count() > 0, "no case of `{name}`");
        for case in cases {
            let message = fs::read_to_string(case.with_extension("stderr")).unwrap();
            assert!(message.contains(&format!("[{name}]")), "{} is of another rule", case.display());
        }
        let page = name.replace('-', "_");
        assert!(guide.contains(&format!("[`{name}`](crate::guide::rules::{page})")), "`{name}` is not in the overview");
        let page = fs::read_to_string(format!("../src/guide/rules/{page}.md")).unwrap();
        assert!(page.contains("```compile_fail") && page.contains(&format!("[{name}]\n")), "the page of `{name}`");
    }
}

/// The cases are compiled as if their `Cargo.toml` were that of trybuild, so their lock files have to be beside it.
fn put_lock_files() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let directory = target.join("tests/trybuild/viewflow-tests/ui/lock");
    fs::create_dir_all(&directory).unwrap();
    for file in fs::read_dir("ui/lock").unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "lock") {
            fs::copy(&file, directory.join(file.file_name().unwrap())).unwrap();
        }
    }
}

/// All cases whose names begin with `prefix`.
fn cases(prefix: &str) -> Vec<PathBuf> {
    let entries = |path: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    };
    let files = entries(Path::new("ui")).into_iter().flat_map(|group| entries(&group));
    let begins = |path: &Path| path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
    files.filter(|file| begins(file) && file.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// One program of all cases that compile, and of the other cases with their fixes. Each is a module whose `main` is
/// run.
fn all_right() -> String {
    let mut program = String::from("#![allow(warnings)]\n");
    let mut calls = String::new();
    let mut add = |case: &Path, mend: fn(&str, &str) -> String| {
        let path = case.to_string_lossy();
        let name: String =
            path.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let text = mend(&path, &fs::read_to_string(case).unwrap());
        writeln!(program, "mod {name} {{\n{}\n}}", text.replacen("fn main()", "pub fn main()", 1)).unwrap();
        writeln!(calls, "    {name}::main();").unwrap();
    };
    cases("bad_").iter().for_each(|case| add(case, mended));
    cases("ok_").iter().for_each(|case| add(case, |_, text| text.to_owned()));
    format!("{program}fn main() {{\n{calls}}}\n")
}

/// A case with the fix after `// Mended:` applied: each group of `// -` lines becomes the `// +` lines after it.
fn mended(path: &str, text: &str) -> String {
    let (case, mend) = text.split_once("\n// Mended:\n").unwrap_or_else(|| panic!("{path} has no `// Mended:` part"));
    let mut case = format!("{}\n", case.trim_end());
    let mut lines = mend.lines().peekable();
    while lines.peek().is_some() {
        let mut group = |sign: &str| {
            let mut text = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with(sign)) {
                text.push_str(&line[sign.len()..]);
                text.push('\n');
            }
            text
        };
        let (old, new) = (group("// -"), group("// +"));
        assert_eq!(case.matches(&old).count(), 1, "{path}: what is to be changed stands in it once:\n{old}");
        case = case.replace(&old, &new);
    }
    case
}
