//! Checks that `docs/acceptance.md` is true.

use std::fs;
use std::path::Path;

/// The texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The faults of a row of the page; empty if it is right.
fn complaints(row: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let covered_by = row.trim_matches('|').split_once(" | ").map_or("", |(_, last)| last);
    let is_missing = |file: &str| covered_by.contains(&format!("**missing**: `{file}`"));
    let mut found = Vec::new();
    let mut named = 0;
    for reference in quoted(covered_by).filter(|text| text.contains(".rs")) {
        let (file, test) = reference.split_once(": ").unwrap_or((reference, ""));
        let source = fs::read_to_string(root.join(file));
        named += 1;
        match source {
            Ok(_) if is_missing(file) => found.push(format!("{file} is no longer missing: name its tests")),
            Err(_) if is_missing(file) => {}
            Err(_) => found.push(format!("there is no {file}")),
            Ok(_) if test.is_empty() => {
                if !root.join(file).with_extension("stderr").is_file() {
                    found.push(format!("{file} is no case that fails to compile, and names no test"));
                }
            }
            Ok(source) => {
                if !source.contains(&format!("#[test]\nfn {test}("))
                    && !source.contains(&format!("#[test]\n    fn {test}("))
                    && !source.contains(&format!("#[test]\n        fn {test}("))
                {
                    found.push(format!("there is no test `{test}` in {file}"));
                }
            }
        }
    }
    if named == 0 && !covered_by.contains("**does not apply**") {
        found.push(format!("names no test and gives no reason: {row}"));
    }
    found
}

#[test]
fn every_row_of_the_acceptance_page_names_tests_that_are_there() {
    let page = include_str!("../../docs/acceptance.md");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|--") && !line.ends_with("| covered by |"))
        .collect();
    assert!(rows.len() > 100, "only {} rows were found", rows.len());
    let found: Vec<String> = rows.into_iter().flat_map(complaints).collect();
    assert!(found.is_empty(), "docs/acceptance.md:\n{}", found.join("\n"));
}

#[test]
fn a_row_that_is_wrong_is_told() {
    let told = |row: &str| complaints(row).join("; ");
    assert_eq!(told("| a | `tests/it/nodes.rs: a_loop_makes_a_new_task_each_time` |"), "");
    assert_eq!(
        told("| a | `tests/it/nodes.rs: no_such_test` |"),
        "there is no test `no_such_test` in tests/it/nodes.rs"
    );
    assert_eq!(told("| a | `tests/it/nowhere.rs: x` |"), "there is no tests/it/nowhere.rs");
    assert_eq!(told("| a | **missing**: `tests/it/nowhere.rs` |"), "");
    let come = told("| a | **missing**: `tests/it/nodes.rs` |");
    assert_eq!(come, "tests/it/nodes.rs is no longer missing: name its tests");
    let no_test = "tests/it/nodes.rs is no case that fails to compile, and names no test";
    assert_eq!(told("| a | `tests/it/nodes.rs` |"), no_test);
    assert_eq!(told("| a | well covered |"), "names no test and gives no reason: | a | well covered |");
    assert_eq!(told("| a | **does not apply**: there are none |"), "");
}
