//! Places that are in use, that hold something else, or that cannot be written.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;

use viewflow_store::{Change, Commit, RowRecord, Store, StoreError};

use crate::{SmallDisk, in_time, open};

/// The variable that says where the other program opens a store.
const PLACE: &str = "VIEWFLOW_TEST_PLACE";

fn put(store: &dyn Store, id: u64) {
    let change = Change::Row { table: "post".into(), id, old: None, new: Some(RowRecord::default()) };
    store.commit(Commit { changes: vec![change], ..Commit::default() }).unwrap().wait().unwrap();
}

#[test]
#[ignore = "it is what the tests below run"]
fn another_program() {
    let Ok(place) = std::env::var(PLACE) else { return };
    match open(Path::new(&place)) {
        Ok(store) => {
            put(&store, 1);
            println!("\nopened");
            // Keeps the store open until the test closes the input or kills the program.
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        Err(StoreError::InUse { path }) => println!("\nin use: {path}"),
        Err(error) => println!("\nfailed: {error}"),
    }
}

/// Starts the other program, and returns what it says.
fn start(place: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "places::another_program", "--ignored", "--nocapture", "--test-threads=1"])
        .env(PLACE, place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut said = lines.skip_while(|line| !["opened", "in use", "failed"].iter().any(|word| line.starts_with(word)));
    (child, said.next().unwrap_or_default())
}

fn is_in_use(place: &Path) -> bool {
    let place = place.to_owned();
    in_time("to find a store in use", move || matches!(open(&place), Err(StoreError::InUse { .. })))
}

#[test]
fn a_store_that_another_program_has_open_is_in_use_until_it_ends() {
    for killed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (mut child, said) = start(directory.path());
        assert_eq!(said, "opened");
        assert!(is_in_use(directory.path()));
        assert!(is_in_use(directory.path()), "to have tried does not change it");
        if killed {
            child.kill().unwrap();
        } else {
            drop(child.stdin.take());
        }
        child.wait().unwrap();
        let store = open(directory.path()).unwrap();
        assert_eq!(store.rows("post", 0, 10).unwrap().len(), 1);
        let (mut child, said) = start(directory.path());
        child.wait().unwrap();
        assert!(said.starts_with("in use"), "the other way round, too: {said}");
        put(&store, 2);
    }
}

#[test]
fn of_programs_that_open_a_store_at_once_one_has_it() {
    for round in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        if round > 2 {
            put(&open(directory.path()).unwrap(), 7);
        }
        let barrier = Arc::new(Barrier::new(4));
        let threads = [0; 4].map(|_| {
            let (barrier, place) = (Arc::clone(&barrier), directory.path().to_owned());
            thread::spawn(move || {
                barrier.wait();
                start(&place)
            })
        });
        let programs = threads.map(|thread| thread.join().unwrap());
        let said: Vec<String> = programs.iter().map(|(_, said)| said.clone()).collect();
        for (mut child, _) in programs {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        assert_eq!(said.iter().filter(|said| *said == "opened").count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|said| said.starts_with("in use")).count(), 3, "{said:?}");
        assert_eq!(open(directory.path()).unwrap().rows("post", 0, 10).unwrap()[0].0, 1);
    }
}

#[test]
fn a_place_that_is_no_directory_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.txt");
    fs::write(&file, "dear").unwrap();
    for place in [file.clone(), file.join("within")] {
        let error = open(&place).unwrap_err();
        assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "dear");
}

#[test]
fn a_directory_with_something_else_is_refused_and_left_alone() {
    for name in ["letter.txt", ".hidden", "journal", "db.bak", "snapshots"] {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(name), "dear").unwrap();
        let error = open(directory.path()).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was added");
    }
}

#[test]
fn a_file_that_only_has_the_name_of_ours_is_refused_and_left_alone() {
    for name in ["db", "conf", "journal.0", "durable"] {
        let directory = tempfile::tempdir().unwrap();
        let text = "Dear Ann, ".repeat(1000);
        fs::write(directory.path().join(name), &text).unwrap();
        let place = directory.path().to_owned();
        let result = in_time("to open it", move || open(&place).map(drop));
        let kept = fs::read_to_string(directory.path().join(name)).is_ok_and(|found| found == text);
        assert!(kept, "`{name}` was overwritten, and opening it ended with {result:?}");
        let Err(error) = result else { panic!("a text by the name of `{name}` was opened as a store") };
        assert!(matches!(error, StoreError::NotAStore { .. }), "{name}: {error:?}");
    }
}

#[test]
fn a_store_on_a_disk_that_cannot_be_written_is_refused() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let store = disk.path().join("store");
    put(&open(&store).unwrap(), 1);
    disk.make_read_only();
    for place in [store, disk.path().join("new")] {
        let error = in_time("to open it", move || open(&place).map(drop)).unwrap_err();
        assert!(matches!(error, StoreError::CannotOpen { .. } | StoreError::Io(_)), "{error:?}");
    }
}

#[test]
fn a_directory_that_may_not_be_written_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let permissions = |read_only| {
        let mut permissions = fs::metadata(directory.path()).unwrap().permissions();
        permissions.set_readonly(read_only);
        fs::set_permissions(directory.path(), permissions).unwrap();
    };
    permissions(true);
    if fs::write(directory.path().join("probe"), "").is_ok() {
        println!("skipped: root may write everywhere");
    } else {
        let error = open(directory.path()).unwrap_err();
        assert!(matches!(error, StoreError::CannotOpen { .. } | StoreError::Io(_)), "{error:?}");
    }
    // A read-only directory could not be removed.
    permissions(false);
}
