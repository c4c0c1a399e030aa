//! Whatever damage its files have, a store returns correct content or an error.

mod database;
mod harm;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use database::{answers, build};
use harm::{Case, cases, copy};
use viewflow_sled::SledStore;
use viewflow_store::StoreResult;

/// The longest time for opening a damaged store and reading all of it.
const DEADLINE: Duration = Duration::from_secs(20);
/// How many cases run at once.
const AT_ONCE: usize = 2;
/// The name of the threads whose panics are caught.
const CASE: &str = "case of damage";

/// Every question with its right answer.
type Truth = Vec<(String, String)>;

/// How a case ended.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Right,
    /// Some answers were errors; all others were right.
    Refused,
    Wrong(String),
    Panicked(String),
    Hung,
}

fn open(directory: &Path) -> StoreResult<SledStore> {
    SledStore::options().cache(1 << 20).open(directory)
}

/// Silences sled's panics, which it also reports on its own threads.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let name = thread::current().name().map(str::to_owned).unwrap_or_default();
            if name != CASE && !name.starts_with("sled") {
                before(panic);
            }
        }));
    });
}

fn truth(directory: &Path) -> Truth {
    let store = open(directory).unwrap();
    let truth: Truth = answers(&store).into_iter().map(|(question, answer)| (question, answer.unwrap())).collect();
    drop(store);
    assert!(truth.len() > 2000, "{} questions", truth.len());
    truth
}

/// Reads all of a store, and compares it with the truth.
fn look(directory: &Path, truth: &Truth) -> Outcome {
    let Ok(store) = open(directory) else { return Outcome::Refused };
    let mut refused = false;
    let mut wrong = Vec::new();
    for ((question, answer), (_, right)) in answers(&store).into_iter().zip(truth) {
        match answer {
            Ok(answer) if answer == *right => {}
            Ok(_) => wrong.push(question),
            Err(_) => refused = true,
        }
    }
    let is_in_order = store.verify().is_ok_and(|report| report.count == 0);
    if refused && wrong.is_empty() && is_in_order {
        wrong.push("`verify`: it says that nothing is wrong".to_owned());
    }
    if let Some(first) = wrong.first() {
        return Outcome::Wrong(format!("{} answers, the first to {first}", wrong.len()));
    }
    if refused { Outcome::Refused } else { Outcome::Right }
}

/// Damages a copy, and reads it on a thread that may panic or hang.
fn attempt(original: &Path, case: &Case, truth: &'static Truth) -> Outcome {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().to_owned();
    copy(original, &directory);
    case.inflict(&directory);
    let (tell, told) = mpsc::channel();
    let work = move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| look(&directory, truth)));
        let message = |panic: Box<dyn std::any::Any + Send>| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?").to_owned()
        };
        let _ = tell.send(outcome.unwrap_or_else(|panic| Outcome::Panicked(message(panic))));
    };
    thread::Builder::new().name(CASE.to_owned()).spawn(work).unwrap();
    told.recv_timeout(DEADLINE).unwrap_or(Outcome::Hung)
}

/// Tries every case, and reports those that went wrong.
fn survives(original: &Path, truth: Truth) {
    silence();
    // A thread that hangs would keep it forever.
    let truth: &'static Truth = Box::leak(Box::new(truth));
    let cases = cases(original);
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = attempt(original, case, truth);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((outcome, case));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let count = |wanted: &Outcome| outcomes.iter().filter(|(outcome, _)| outcome == wanted).count();
    let (right, refused) = (count(&Outcome::Right), count(&Outcome::Refused));
    let mut failures: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (outcome, case) in &outcomes {
        let (kind, detail) = match outcome {
            Outcome::Right | Outcome::Refused => continue,
            Outcome::Wrong(detail) => ("wrong", detail.as_str()),
            Outcome::Panicked(message) => ("panic", message.lines().next().unwrap_or_default()),
            Outcome::Hung => ("hang", ""),
        };
        failures.entry(kind).or_default().push(format!("{kind}: {case}: {detail}"));
    }
    println!("{} cases: {right} without effect, {refused} refused", cases.len());
    let list: Vec<String> = failures.into_values().flatten().collect();
    assert!(list.is_empty(), "{} of {} cases went wrong:\n{}", list.len(), cases.len(), list.join("\n"));
    assert!(refused > cases.len() / 10, "the damage was noticed {refused} times in {} cases", cases.len());
}

#[test]
fn damage_to_a_store_that_was_closed_and_opened_again_never_makes_a_wrong_answer() {
    let original = tempfile::tempdir().unwrap();
    build(&open(original.path()).unwrap());
    let truth = truth(original.path());
    survives(original.path(), truth);
}

#[test]
fn damage_to_a_store_that_was_never_closed_never_makes_a_wrong_answer() {
    let (place, original, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(place.path()).unwrap();
    build(&store);
    copy(place.path(), original.path());
    copy(place.path(), other.path());
    let here: Truth = answers(&store).into_iter().map(|(question, answer)| (question, answer.unwrap())).collect();
    drop(store);
    assert_eq!(here, truth(other.path()), "undamaged, the copy has all");
    fs::remove_dir_all(place.path()).unwrap();
    survives(original.path(), here);
}
