//! Compares the numbers in `docs/format.md` with those in the code.

use serde_json::json;
use viewflow_store::{
    NodeName, Order, ProcessId, ProcessList, ProcessStatus, ScopeId, TablePart, TaskId, TaskList, TaskStatus, UserId,
    Watched, index_key,
};

use crate::{bucket, bundle, commit, entry, frame, json as text, lists, open, run};

const PAGE: &str = include_str!("../../docs/format.md");

/// Asserts that a table of the page has a row with this beginning.
fn told(row: &str) {
    assert!(PAGE.contains(&format!("\n| {row} |")), "docs/format.md has no row: {row}");
}

#[test]
fn the_page_tells_the_format_and_the_limits() {
    let format = String::from_utf8(open::FORMAT.to_vec()).unwrap();
    assert!(PAGE.contains(&format!("This page describes format {format},")));
    assert!(PAGE.contains(&format!("as decimal digits: `{:x}`", open::FORMAT[0])));
    told(&format!("longest key | {} bytes", commit::MAX_KEY));
    assert_eq!(frame::PIECE, 4000);
    told("content in a head or a piece | 4,000 bytes");
    told(&format!("depth of a document | {}", text::MAX_DEPTH));
    told(&format!("numbers in a bundle | {}", bundle::ROOM));
    assert_eq!(bundle::LONGEST, 1000);
    told("content within a bundle | 1,000 bytes");
    told(&format!("events in a run | {}", run::EVENTS));
    told(&format!("entries in a bucket | {}", bucket::ROOM));
}

#[test]
fn the_page_tells_the_numbers_of_lists() {
    let (user, node, process) = (UserId::new("ann"), NodeName { flow: "f".into(), node: "n".into() }, ProcessId(1));
    let inbox = TaskList::Inbox(user.clone(), None);
    let lists = [
        ("Inbox", inbox.clone()),
        ("Queue", TaskList::Queue(None, None)),
        ("Barred", TaskList::Barred(user.clone(), None)),
        ("Archive", TaskList::Archive(user.clone(), None)),
        ("Status", TaskList::Status(node.clone(), TaskStatus::New)),
        ("Due", TaskList::Due),
        ("Signal", TaskList::Signal("s".into())),
        ("Message", TaskList::Message("m".into(), "c".into())),
        ("Conditions", TaskList::Conditions(process)),
        ("Watching", TaskList::Watching(Watched { table: "t".into(), part: TablePart::All })),
        ("Restless", TaskList::Restless(process)),
        ("Scope", TaskList::Scope(ScopeId { process, number: 0 })),
        ("Sorted", TaskList::Sorted(Order::DueDate, Box::new(inbox.clone()))),
        ("Open", TaskList::Open(process)),
        ("Past", TaskList::Past(process, node.clone())),
        ("Part", TaskList::Part(user.clone())),
    ];
    for (name, list) in lists {
        told(&format!("{} | `{name}`", entry::task_list(&list)[1]));
    }
    for order in Order::ALL {
        let key = entry::task_list(&TaskList::Sorted(order, Box::new(inbox.clone())));
        told(&format!("`{order:?}` | {}", key[2]));
    }
    let lists = [
        ("`Status`", ProcessList::Status("f".into(), ProcessStatus::New)),
        ("`Children`", ProcessList::Children(TaskId { process, ordinal: 1 })),
        ("`OpenChildren`", ProcessList::OpenChildren(TaskId { process, ordinal: 1 })),
        ("`StartedBy`", ProcessList::StartedBy(user.clone())),
        ("`StartedByWith`", ProcessList::StartedByWith(user.clone(), ProcessStatus::New)),
        ("`Outcome`", ProcessList::Outcome("f".into(), "o".into())),
    ];
    for (name, list) in lists {
        told(&format!("{} | {name}", entry::process_list(&list)[1]));
    }
    told(&format!("{} | processes that are over, of all flows", entry::all_ended()[1]));
    for (letter, numbers) in [("l", 20), ("t", 20), ("h", 28), ("i", 8)] {
        assert_eq!(entry::numbers_of(letter.as_bytes()), Some(numbers));
        told(&format!("`{letter}` | {numbers}"));
    }
}

#[test]
fn the_page_tells_which_lists_are_kept() {
    for list in &lists::KEPT {
        told(&format!("`{}` | `{}`, {}", list.name, char::from(list.prefix[0]), list.prefix[1]));
        let version = if list.name == "watching" { 2 } else { 1 };
        assert_eq!(list.version, version, "the page says that all versions but one are 1");
    }
    let all = PAGE.split_once("| name | keys begin with |").unwrap().1.split_once("\n\n").unwrap().0;
    assert_eq!(all.lines().count(), 2 + lists::KEPT.len());
}

#[test]
fn every_list_of_tasks_and_processes_is_noted() {
    // Reads the tags from the page: the other tests compare them with the code for every variant.
    let (_, tasks) = PAGE.split_once("### Lists of tasks").unwrap();
    let (tasks, processes) = tasks.split_once("### Lists of processes").unwrap();
    for (letter, page) in [(b'l', tasks), (b'q', processes.split_once("### The history").unwrap().0)] {
        let rows = page.split_once("| tag | list |").unwrap().1.split_once("\n\n").unwrap().0;
        let tags = rows.lines().skip(2).map(|row| row[2..].split(' ').next().unwrap().parse::<u8>().unwrap());
        for tag in tags.filter(|tag| (letter, *tag) != (b'q', 1)) {
            assert!(lists::KEPT.iter().any(|list| list.prefix == [letter, tag]), "{letter} {tag}");
        }
    }
}

#[test]
fn the_page_tells_the_tags_of_indexed_values() {
    let values = [
        ("null", json!(null)),
        ("false", json!(false)),
        ("true", json!(true)),
        ("whole number", json!(-1)),
        ("whole number that is too great for a signed one", json!(u64::MAX)),
        ("other number", json!(0.5)),
        ("text", json!("")),
        ("array or object", json!([])),
    ];
    for (name, value) in values {
        told(&format!("{} | {name}", index_key(&value).unwrap()[0]));
    }
    let longest = |length: usize| index_key(&"x".repeat(length).into()).is_some();
    assert!(longest(255) && !longest(256));
    told("6 | text | UTF-8, at most 255 bytes");
}

#[test]
fn the_page_tells_the_numbers_of_statuses() {
    let node = NodeName { flow: "f".into(), node: "n".into() };
    let last = |key: Vec<u8>| key.last().copied().unwrap();
    let (_, tasks) = PAGE.split_once("| status of a task |").unwrap();
    let (tasks, processes) = tasks.split_once("| status of a process |").unwrap();
    for status in TaskStatus::ALL {
        let number = last(entry::task_list(&TaskList::Status(node.clone(), status)));
        assert!(tasks.contains(&format!("\n| `{status:?}` | {number} |")), "{status:?}");
    }
    for status in ProcessStatus::ALL {
        let number = last(entry::process_list(&ProcessList::Status("f".into(), status)));
        assert!(processes.contains(&format!("\n| `{status:?}` | {number} |")), "{status:?}");
    }
}
