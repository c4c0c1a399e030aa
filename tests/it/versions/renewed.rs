//! Writes of the earlier version while the newer one is built. Also engines that are built at the same time, or
//! whose building is interrupted.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use viewflow::Store;
use viewflow::prelude::*;
use viewflow::store::{Change, Commit};
use viewflow_testing::{crash_points, inconsistencies};

use super::meanwhile::Meanwhile;
use super::{first, is_refused, second};
use crate::support::{on_every_store, open_tasks};

/// Articles, processes and waiting tasks: more than one step renews.
fn filled(store: &Arc<dyn Store>) -> Engine {
    filled_with(store, 70)
}

/// More articles than one step renews, and this many processes and waiting tasks.
fn filled_with(store: &Arc<dyn Store>, processes: u32) -> Engine {
    let old = first(store);
    old.transaction(|db| {
        (0..70).try_for_each(|number| {
            let article = first::Article { id: Id::NEW, slug: format!("a{number}") };
            db.table().insert(article).map(drop)
        })
    })
    .unwrap();
    for number in 0..processes {
        old.run(first::ArticleFlow::start, format!("s{number}")).unwrap();
        old.run(first::ArticleFlow::ring, number).unwrap();
    }
    old
}

/// Asserts that the newer version finds everything, by its new values only.
fn all_is_found(store: &Arc<dyn Store>, new: &Engine) {
    for article in new.transaction(|db| db.table::<second::Article>().all().list()).unwrap() {
        assert_eq!(second::by_name(new, &article.address).unwrap(), [article.id.number()]);
    }
    for process in new.processes::<second::ArticleFlow>().list().unwrap() {
        assert!(second::by_shelf(new, &process.shelf).unwrap().contains(&process.id.0));
        if open_tasks(new, second::ArticleFlow::hear, process.id).len() == 1 {
            let delivery = new.send(&second::Called { phone: process.phone.clone() }).unwrap();
            assert_eq!(delivery, viewflow::engine::Delivery::Waiting, "{}", process.id);
        }
    }
    while new.run_pending().unwrap() > 0 {}
    for process in new.processes::<second::ArticleFlow>().list().unwrap() {
        assert!(open_tasks(new, second::ArticleFlow::hear, process.id).is_empty());
    }
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

#[test]
fn what_the_version_before_writes_while_the_newer_one_is_built_is_found_or_refused() {
    on_every_store(|store| {
        let old = filled(&store);
        let (tries, written) = (AtomicU32::new(0), Arc::new(Mutex::new(Vec::new())));
        let all_written = Arc::clone(&written);
        let before_commits = move |_: &Commit| {
            let number = 1000 + tries.fetch_add(1, Ordering::SeqCst);
            let name = format!("a{number}");
            let article = first::insert(&old, &name).map(drop);
            let process = old.run(first::ArticleFlow::start, name).map(drop);
            let waits = old.run(first::ArticleFlow::ring, number).map(drop);
            for done in [article, process, waits] {
                all_written.lock().unwrap().push(done.is_ok());
                if done.is_err() {
                    is_refused(done);
                }
            }
        };
        let new = second(&(Arc::new(Meanwhile { store: Arc::clone(&store), before_commits }) as Arc<dyn Store>));
        let written = written.lock().unwrap().clone();
        assert!(written.iter().any(|done| *done) && !written.last().unwrap(), "{written:?}");
        let first_refused = written.iter().position(|done| !done).unwrap();
        assert!(written[first_refused..].iter().all(|done| !done), "{written:?}");
        drop(new);
        all_is_found(&store, &second(&store));
    });
}

#[test]
fn two_engines_of_the_newer_version_are_built_at_one_time_while_the_version_before_writes() {
    on_every_store(|store| {
        for round in 0..2 {
            let old = if round == 0 { filled_with(&store, 10) } else { super::first_takes_over(&store) };
            let number = AtomicU32::new(1000 * (round + 2));
            let news = thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        loop {
                            let number = number.fetch_add(1, Ordering::SeqCst);
                            let done = first::insert(&old, &format!("a{number}")).and_then(|_| {
                                old.run(first::ArticleFlow::start, format!("s{number}"))?;
                                old.run(first::ArticleFlow::ring, number).map(drop)
                            });
                            if done.is_err() {
                                return is_refused(done);
                            }
                        }
                    });
                }
                let built = [(); 2].map(|()| scope.spawn(|| super::second_takes_over(&store)));
                built.map(|built| built.join().unwrap())
            });
            for new in &news {
                all_is_found(&store, new);
            }
        }
    });
}

#[test]
fn wherever_the_build_of_the_newer_version_is_broken_off_the_version_before_writes_nothing_that_is_not_found() {
    let crashes = crash_points(
        || {
            let store = Arc::new(MemoryStore::new());
            drop(filled_with(&(store.clone() as Arc<dyn Store>), 5));
            store
        },
        Arc::clone,
        |store| Engine::builder(Arc::clone(&store)).flow(second::ArticleFlow::new()).build().map(drop),
        |store, _| {
            let copy: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let mut lines = Vec::new();
            viewflow::store::export(store, &mut lines, |_| {}).unwrap();
            viewflow::store::import(&*copy, lines.as_slice(), |_| {}).unwrap();
            // Either the newer version has not begun, or this version is refused.
            if let Ok(old) = Engine::builder(Arc::clone(&copy)).flow(first::ArticleFlow::new()).build() {
                assert_eq!(first::by_name(&old, "a69").unwrap(), [70]);
                first::insert(&old, "a1000").unwrap();
            }
            all_is_found(&copy, &second(&copy));
        },
    );
    assert!(crashes >= 6, "{crashes}");
}

#[test]
fn a_version_that_is_not_built_as_values_are_not_unique_leaves_the_version_before_alone() {
    on_every_store(|store| {
        let old = filled_with(&store, 5);
        first::insert(&old, "a7").unwrap();
        let builder = || Engine::builder(Arc::clone(&store)).flow(second::ArticleFlow::new());
        let told = builder().build().unwrap_err().to_string();
        assert!(told.contains("`address` of the table `versions_article` is to be unique, and row 8 has"), "{told}");
        assert_eq!(first::by_name(&old, "a7").unwrap(), [8, 71]);
        old.transaction(|db| db.table().delete(Id::<first::Article>::from_number(71))).unwrap();
        drop(first(&store));
        all_is_found(&store, &builder().build().unwrap());
    });
}

#[test]
fn what_is_deleted_while_the_newer_version_is_built_is_gone() {
    on_every_store(|store| {
        let old = filled_with(&store, 5);
        let next = AtomicU32::new(1);
        let before_commits = move |commit: &Commit| {
            let renews = commit
                .changes
                .iter()
                .any(|change| matches!(change, Change::Row { table, .. } if table == "versions_article"));
            if renews {
                let id = u64::from(next.fetch_add(1, Ordering::SeqCst));
                drop(old.transaction(|db| db.table().delete(Id::<first::Article>::from_number(id))));
            }
        };
        let new = second(&(Arc::new(Meanwhile { store: Arc::clone(&store), before_commits }) as Arc<dyn Store>));
        let left = new.transaction(|db| db.table::<second::Article>().all().count()).unwrap();
        assert!(left < 70, "{left}");
        drop(new);
        all_is_found(&store, &second(&store));
    });
}

#[test]
fn a_version_that_is_replaced_while_it_is_built_is_refused() {
    on_every_store(|store| {
        drop(filled_with(&store, 1));
        let (is_first, inner) = (AtomicBool::new(true), Arc::clone(&store));
        let before_commits = move |_: &Commit| {
            if is_first.swap(false, Ordering::SeqCst) {
                drop(second(&inner));
                drop(super::first_takes_over(&inner));
            }
        };
        let meanwhile = Arc::new(Meanwhile { store: Arc::clone(&store), before_commits });
        let told = Engine::builder(meanwhile).flow(second::ArticleFlow::new()).build().unwrap_err().to_string();
        assert!(told.contains("has replaced this one"), "{told}");
        assert_eq!(first::by_name(&first(&store), "a69").unwrap(), [70]);
    });
}
