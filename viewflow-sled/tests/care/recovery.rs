//! The state after a crash, and the losses that a store notices.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use viewflow_sled::{Durability, SledStore};
use viewflow_store::{ProcessId, Store, StoreError};

use crate::{copy, put, whole_commits};

#[test]
fn what_a_killed_program_had_committed_is_there_after_opening() {
    let directory = TempDir::new().unwrap();
    for journal in [usize::MAX, 1] {
        for durability in [Durability::Full, Durability::Relaxed { at_most: Duration::from_hours(1) }] {
            let (place, left) = (directory.path().join("place"), directory.path().join("left"));
            let store = SledStore::options().journal(journal).durability(durability).open(&place).unwrap();
            (1..=50).for_each(|number| put(&store, number));
            // A killed program leaves its files as the operating system has them. With a short journal sled is
            // writing, so the test takes a backup.
            if journal == 1 {
                store.backup(&left).unwrap();
            } else {
                copy(&place, &left);
            }
            drop(store);
            assert_eq!(whole_commits(&SledStore::open(&left).unwrap()), 50, "{journal} {durability:?}");
            fs::remove_dir_all(&left).unwrap();
            fs::remove_dir_all(&place).unwrap();
        }
    }
}

#[test]
fn a_journal_that_was_cut_is_noticed_and_its_loss_can_be_accepted() {
    let directory = TempDir::new().unwrap();
    let left = left_after_five_commits(&directory);
    let journal = fs::OpenOptions::new().write(true).open(left.join("journal.0")).unwrap();
    journal.set_len(journal.metadata().unwrap().len() - 1).unwrap();
    match SledStore::open(&left) {
        Err(StoreError::LostCommits { durable: 5, found: 4, .. }) => {}
        other => panic!("{other:?}"),
    }
    let accepted = SledStore::options().accept_loss().open(&left).unwrap();
    assert_eq!(whole_commits(&accepted), 4);
    put(&accepted, 5);
    drop(accepted);
    assert_eq!(whole_commits(&SledStore::open(&left).unwrap()), 5, "once accepted it is no longer a loss");
}

#[test]
fn a_store_without_its_mark_is_opened_only_by_who_accepts_a_loss() {
    let directory = TempDir::new().unwrap();
    put(&SledStore::open(directory.path()).unwrap(), 1);
    for damage in [None, Some(b"far too short".as_slice())] {
        match damage {
            None => fs::remove_file(directory.path().join("durable")).unwrap(),
            Some(bytes) => fs::write(directory.path().join("durable"), bytes).unwrap(),
        }
        let error = SledStore::open(directory.path()).unwrap_err();
        assert!(error.to_string().contains("`durable`") && error.to_string().contains("accept_loss"), "{error}");
        assert_eq!(whole_commits(&SledStore::options().accept_loss().open(directory.path()).unwrap()), 1);
        assert_eq!(whole_commits(&SledStore::open(directory.path()).unwrap()), 1);
    }
}

#[test]
fn an_emptied_database_is_noticed() {
    let directory = TempDir::new().unwrap();
    (1..=3).for_each(|number| put(&SledStore::open(directory.path()).unwrap(), number));
    for entry in fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == "db" || name.to_string_lossy().starts_with("snap")) {
            fs::remove_file(path).unwrap();
        }
    }
    let lost = SledStore::open(directory.path());
    assert!(matches!(lost, Err(StoreError::LostCommits { durable: 3, found: 0, .. })), "{lost:?}");
}

#[test]
fn a_relaxed_step_is_synced_in_time() {
    let directory = TempDir::new().unwrap();
    let relaxed = Durability::Relaxed { at_most: Duration::from_millis(50) };
    let store = SledStore::options().durability(relaxed).open(directory.path()).unwrap();
    put(&store, 1);
    let mark = || fs::read(directory.path().join("durable")).unwrap();
    let begun = Instant::now();
    while mark()[..8] != 1_u64.to_be_bytes() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not synced");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_comes_after_a_gap_of_the_journal_shows_that_something_is_missing() {
    let directory = TempDir::new().unwrap();
    let left = left_after_five_commits(&directory);
    // The first record of the journal is damaged, and the mark lags behind.
    let mut journal = fs::read(left.join("journal.0")).unwrap();
    let first = 16 + u32::from_be_bytes(journal[..4].try_into().unwrap()) as usize;
    fs::write(left.join("journal.1"), journal.split_off(first)).unwrap();
    journal[20] ^= 1;
    fs::write(left.join("journal.0"), journal).unwrap();
    let other = directory.path().join("other");
    drop(SledStore::open(&other).unwrap());
    fs::copy(other.join("durable"), left.join("durable")).unwrap();
    let lost = SledStore::open(&left);
    assert!(matches!(lost, Err(StoreError::LostCommits { durable: 5, found: 0, .. })), "{lost:?}");
    let store = SledStore::options().accept_loss().open(&left).unwrap();
    put(&store, 1);
    let revision = store.process(ProcessId(1)).unwrap().unwrap().revision;
    assert!(revision > 5, "no revision is used twice: {revision}");
    drop(store);
    assert_eq!(whole_commits(&SledStore::open(&left).unwrap()), 1);
}

/// The files of a program that was killed after five commits.
fn left_after_five_commits(directory: &TempDir) -> PathBuf {
    let (place, left) = (directory.path().join("place"), directory.path().join("left"));
    let store = SledStore::options().journal(usize::MAX).open(&place).unwrap();
    (1..=5).for_each(|number| put(&store, number));
    copy(&place, &left);
    left
}
