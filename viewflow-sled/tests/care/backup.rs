//! Copies of a store in use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use viewflow_sled::SledStore;
use viewflow_store::{ProcessId, Store, StoreError};

use crate::{put, whole_commits};

#[test]
fn a_backup_of_a_store_at_work_has_all_that_was_committed_before_and_nothing_by_halves() {
    let directory = TempDir::new().unwrap();
    for journal in [1, 20_000, usize::MAX] {
        let place = directory.path().join(journal.to_string());
        let store = SledStore::options().journal(journal).open(place.join("store")).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 1..=2000 {
                    put(&store, number);
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
            for round in 0..3 {
                thread::sleep(Duration::from_millis(20));
                let before = store.processes(ProcessId(0), usize::MAX).unwrap().len() as u64;
                let copy = place.join(format!("copy {round}"));
                store.backup(&copy).unwrap();
                // The last commit seen may not have been durable yet.
                assert!(whole_commits(&SledStore::open(&copy).unwrap()) >= before.saturating_sub(1));
            }
            stop.store(true, Ordering::SeqCst);
        });
        let again = store.backup(place.join("copy 0"));
        assert!(matches!(again, Err(StoreError::NotAStore { .. })), "a backup does not write over anything");
    }
}
