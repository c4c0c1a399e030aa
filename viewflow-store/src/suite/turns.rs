//! Turns of steps that were overtaken. A store need not have any.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{commit, indexed, key, put_row, row, write};
use crate::store::{Change, Commit, Expect, Key, Reliance, Store, StoreResult, Turn};

/// The length of a turn whose end no test waits for.
const LONG: Duration = Duration::from_secs(8);
/// A wait shorter than this counts as no wait.
const SOON: Duration = Duration::from_secs(4);

/// Returns what a step relies on that has read row 1 of this table.
fn on_row(table: &str) -> Reliance {
    let expect = vec![Expect::Revision(Key::Row(table.to_owned(), 1), None)];
    Reliance::of(&Commit { expect, ..Commit::default() })
}

/// Returns what a step relies on that has written row 1 of this table, and read it before.
fn writing_row(table: &str) -> Reliance {
    let mut reliance = on_row(table);
    reliance.extend(Reliance::of(&Commit { changes: vec![put(table, 1)], ..Commit::default() }));
    reliance
}

fn put(table: &str, id: u64) -> Change {
    put_row(table, id, None, Some(row(json!({}))))
}

fn turn(store: &impl Store, reliance: &Reliance, long: Duration) -> Option<Turn> {
    Some(store.turn(reliance, long, None).unwrap()).filter(|turn| turn.number().is_some())
}

fn committed(store: &impl Store, turn: &Turn, changes: Vec<Change>) -> StoreResult<()> {
    store.commit(Commit { changes, turn: turn.number(), ..Commit::default() })?.wait()
}

pub(super) fn who_would_overtake_a_step_waits_while_it_has_its_turn<S: Store>(store: &Arc<S>) {
    let Some(turn) = turn(&**store, &on_row("post"), LONG) else { return };
    let (other, written) = (Arc::clone(store), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&written);
    let thread = thread::spawn(move || {
        write(&*other, vec![put("post", 1)]);
        seen.store(true, Ordering::SeqCst);
    });
    let begun = Instant::now();
    write(&**store, vec![put("post", 2), put("other", 1)]);
    assert_eq!(store.row("post", 1).unwrap(), None, "reads wait for nothing");
    committed(&**store, &turn, vec![put("post", 3), put("mine", 1)]).unwrap();
    thread::sleep(Duration::from_millis(50));
    assert!(!written.load(Ordering::SeqCst), "what the step relies on is left alone");
    drop(turn);
    thread.join().unwrap();
    assert!(begun.elapsed() < SOON, "other things are written meanwhile, and the row once the turn is over");
}

pub(super) fn what_a_step_relies_on_is_what_others_leave_alone<S: Store>(store: &Arc<S>) {
    let by_index = |slug| Expect::Index { table: "post".into(), field: "slug".into(), key: key(slug), stamp: 0 };
    let relies = |expect, change: Option<Change>| {
        let changes = change.into_iter().collect();
        Reliance::of(&Commit { expect, changes, ..Commit::default() })
    };
    let mut everything = Reliance::default();
    everything.rely_on_everything();
    let slug = |slug| put_row("post", 7, None, Some(indexed(slug, false)));
    let cases = [
        (relies(vec![Expect::Table("post".into(), 0)], None), put("post", 7), put("other", 7)),
        (relies(vec![by_index("a")], None), slug("a"), slug("b")),
        (
            relies(Vec::new(), Some(put_row("post", 8, None, Some(indexed("a", true))))),
            put_row("post", 7, None, Some(indexed("a", true))),
            put_row("post", 7, None, Some(indexed("b", true))),
        ),
        (everything, put("anything", 7), put("nothing", 7)),
    ];
    for (number, (reliance, hurts, does_not)) in cases.into_iter().enumerate() {
        let Some(turn) = turn(&**store, &reliance, LONG) else { return };
        let begun = Instant::now();
        let (sender, done) = mpsc::channel();
        let other = Arc::clone(store);
        let thread = thread::spawn(move || {
            write(&*other, vec![hurts]);
            sender.send(()).unwrap();
        });
        if number < 3 {
            write(&**store, vec![does_not]);
        }
        assert!(done.recv_timeout(Duration::from_millis(30)).is_err(), "case {number} waits");
        drop(turn);
        thread.join().unwrap();
        assert!(begun.elapsed() < SOON, "case {number} waits until the turn is over");
    }
}

pub(super) fn a_turn_holds_others_back_for_its_time_only(store: &impl Store) {
    let long = Duration::from_millis(80);
    let Some(mut turn) = turn(store, &on_row("post"), long) else { return };
    for _ in 0..3 {
        let begun = Instant::now();
        turn = store.turn(&on_row("post"), long, Some(turn)).unwrap();
        write(store, vec![put("post", 1)]);
        let waited = begun.elapsed();
        assert!(waited >= long, "a turn that is taken again holds others back again");
        assert!(waited < SOON, "the turn is not dropped yet, and a commit has waited for {waited:?}");
    }
}

pub(super) fn steps_that_overtake_each_other_get_their_turns_in_order<S: Store>(store: &Arc<S>) {
    let Some(first) = turn(&**store, &writing_row("post"), LONG) else { return };
    let (sender, turns) = mpsc::channel();
    let begun = Instant::now();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (store, sender) = (Arc::clone(store), sender.clone());
            let (comes, came) = mpsc::channel();
            let thread = thread::spawn(move || {
                comes.send(()).unwrap();
                let turn = store.turn(&writing_row("post"), LONG, None).unwrap();
                committed(&*store, &turn, vec![put("post", 1)]).unwrap();
                sender.send(number).unwrap();
            });
            // The pause lets it take its place in the line.
            came.recv().unwrap();
            thread::sleep(Duration::from_millis(30));
            thread
        })
        .collect();
    assert!(turns.try_recv().is_err(), "the first one has its turn still");
    let beside = store.turn(&writing_row("other"), LONG, None).unwrap();
    committed(&**store, &beside, vec![put("other", 1)]).unwrap();
    drop(first);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(turns.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(begun.elapsed() < SOON);
}

pub(super) fn steps_with_a_turn_do_not_wait_in_a_circle<S: Store>(store: &Arc<S>) {
    // Each step writes what the other one has read, which neither could know from its last try.
    let begun = Instant::now();
    let Some(older) = turn(&**store, &on_row("a"), LONG) else { return };
    let younger = store.turn(&on_row("b"), LONG, None).unwrap();
    let other = Arc::clone(store);
    let thread = thread::spawn(move || committed(&*other, &younger, vec![put("a", 1)]).unwrap());
    thread::sleep(Duration::from_millis(30));
    committed(&**store, &older, vec![put("b", 1)]).unwrap();
    drop(older);
    thread.join().unwrap();
    assert!(begun.elapsed() < SOON, "the older one goes first");
}

pub(super) fn a_panic_ends_a_turn(store: &impl Store) {
    let begun = Instant::now();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _turn = turn(store, &on_row("post"), LONG);
        panic!("on purpose")
    }));
    assert!(panicked.is_err());
    commit(store, Vec::new(), vec![put("post", 1)]).unwrap();
    assert!(begun.elapsed() < SOON);
}
