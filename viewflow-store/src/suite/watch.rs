//! News of commits, and reservations of work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{indexed, process, put_row, put_task, row, task, write};
use crate::store::{Change, News, ProcessStatus, Store, Watcher};
use crate::time::Timestamp;

/// Makes a watcher. Returns it with what it has heard.
fn listening() -> (Arc<Watcher>, Arc<Mutex<Vec<News>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&heard);
    (Arc::new(move |news: &News| notes.lock().unwrap().push(news.clone())), heard)
}

pub(super) fn who_watches_hears_what_a_commit_leaves_to_be_done(store: &impl Store) {
    let (watcher, heard) = listening();
    if !store.watch(Arc::downgrade(&watcher)).unwrap() {
        return;
    }
    let mut timed = task(1, 1);
    (timed.due, timed.node) = (Some(Timestamp::from_millis(7)), "timer".to_owned());
    let mut later = task(1, 2);
    later.due = Some(Timestamp::from_millis(9));
    write(store, vec![Change::process(None, process(1)), put_task(None, &timed), put_task(None, &later)]);
    let due = Some(Timestamp::from_millis(7));
    assert_eq!(heard.lock().unwrap().pop(), Some(News { due, ..News::default() }), "the soonest of its tasks");

    let mut drafted = timed.clone();
    drafted.priority = Some(1);
    write(store, vec![put_task(Some(&timed), &drafted)]);
    assert_eq!(heard.lock().unwrap().pop(), None, "what was due then is known");

    write(store, vec![put_row("post", 1, None, Some(row(serde_json::json!({}))))]);
    assert_eq!(heard.lock().unwrap().pop(), None, "nobody waits for rows");
    write(store, vec![put_row("viewflow.mailbox", 1, None, Some(row(serde_json::json!({}))))]);
    assert_eq!(heard.lock().unwrap().pop(), None, "somebody waits, and nothing lies there");
    write(store, vec![put_row("viewflow.mailbox", 2, None, Some(indexed("true", false)))]);
    assert!(heard.lock().unwrap().pop().unwrap().deliverable);

    let mut over = process(1);
    over.status = ProcessStatus::Done;
    write(store, vec![Change::process(Some(process(1)), over)]);
    assert!(heard.lock().unwrap().pop().unwrap().ended);

    drop(watcher);
    write(store, vec![put_row("viewflow.mailbox", 3, None, Some(indexed("true", false)))]);
    assert!(heard.lock().unwrap().is_empty(), "nobody has it any more");
}

pub(super) fn a_commit_that_is_refused_is_not_told_of(store: &impl Store) {
    let (watcher, heard) = listening();
    if store.watch(Arc::downgrade(&watcher)).unwrap() {
        let expect = vec![crate::store::Expect::Table("post".to_owned(), 77)];
        let new = put_row("viewflow.mailbox", 1, None, Some(indexed("true", false)));
        super::commit(store, expect, vec![new]).unwrap_err();
        assert!(heard.lock().unwrap().is_empty());
    }
}

pub(super) fn a_piece_of_work_is_reserved_by_one(store: &impl Store) {
    let hold = Duration::from_hours(1);
    if !store.reserve("task 1.1", 1, hold).unwrap() || store.reserve("task 1.1", 2, hold).unwrap() {
        // A store without reservations lets every engine try.
        assert!(store.reserve("task 1.1", 2, hold).unwrap());
        return;
    }
    assert!(store.reserve("task 1.1", 1, hold).unwrap(), "who has it has it still");
    assert!(store.reserve("task 1.2", 2, hold).unwrap(), "another one is free");
    store.release("task 1.1", 2).unwrap();
    assert!(!store.reserve("task 1.1", 2, hold).unwrap(), "it is not theirs to let go of");
    store.release("task 1.1", 1).unwrap();
    assert!(store.reserve("task 1.1", 2, Duration::ZERO).unwrap());
    assert!(store.reserve("task 1.1", 1, hold).unwrap(), "his time is over");
}
