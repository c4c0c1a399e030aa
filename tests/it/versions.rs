//! Two versions of a program over one store at once: each finds what the other wrote, or is refused.

mod flows;
mod meanwhile;
mod noted;
mod renewed;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewflow::Store;
use viewflow::engine::{ManualClock, Subscriber};
use viewflow::error::Stale;
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use self::flows::{first, second};
use crate::shared::Shared;
use crate::support::{do_next, on_every_store, open_tasks};

const DAY: Duration = Duration::from_hours(24);

fn first(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(first::ArticleFlow::new()).build().unwrap()
}

fn second(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(second::ArticleFlow::new()).build().unwrap()
}

fn first_takes_over(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(first::ArticleFlow::new()).take_over().build().unwrap()
}

fn second_takes_over(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(second::ArticleFlow::new()).take_over().build().unwrap()
}

fn is_refused<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Superseded { .. }), "{error:?}");
    assert!(error.to_string().contains("start the newer program here, too"), "{error}");
}

#[test]
fn the_version_before_is_told_that_it_must_not_write_rows_any_more() {
    on_every_store(|store| {
        let old = first(&store);
        first::insert(&old, "a").unwrap();
        let new = second(&store);
        assert_eq!(second::by_name(&new, "a").unwrap(), [1]);
        is_refused(first::insert(&old, "b"));
        assert_eq!(second::by_name(&new, "b").unwrap(), Vec::<u64>::new());
        second::insert(&new, "b").unwrap();
        is_refused(first::insert(&old, "b"));
        assert_eq!(second::by_name(&new, "b").unwrap().len(), 1, "a unique value has one row");
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn the_version_before_is_told_that_it_must_not_query_rows_any_more() {
    on_every_store(|store| {
        let old = first(&store);
        first::insert(&old, "a").unwrap();
        assert_eq!(first::by_name(&old, "a").unwrap(), [1]);
        let _new = second(&store);
        is_refused(first::by_name(&old, "a"));
        is_refused(first::by_name(&old, "what nobody wrote"));
    });
}

#[test]
fn what_the_version_before_has_in_the_background_is_left_to_the_newer_one() {
    on_every_store(|store| {
        let clock = Arc::new(ManualClock::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let errors = Arc::clone(&told);
        let builder = || Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock));
        let old = builder().flow(first::ArticleFlow::new());
        let old = old.on_error(move |error| errors.lock().unwrap().push(error.to_string())).build().unwrap();
        first::insert(&old, "sought").unwrap();
        let writes = old.run(first::ArticleFlow::write, ()).unwrap().id;
        let finds = old.run(first::ArticleFlow::find, ()).unwrap().id;
        let new = builder().flow(second::ArticleFlow::new()).build().unwrap();
        clock.advance(DAY);
        for _ in 0..3 {
            if let Err(error) = old.run_pending() {
                told.lock().unwrap().push(error.to_string());
            }
        }
        for id in [writes, finds] {
            let tasks = old.tasks(id, 0, 10).unwrap();
            assert!(tasks.iter().all(|task| task.status != TaskStatus::Error), "{tasks:?}");
            assert_eq!(store.process(id).unwrap().unwrap().record.status, ProcessStatus::New);
        }
        let told = told.lock().unwrap().clone();
        assert!(told.len() == 1 && told[0].contains("another version of the program"), "{told:?}");
        new.run_pending().unwrap();
        for id in [writes, finds] {
            assert_eq!(store.process(id).unwrap().unwrap().record.status, ProcessStatus::Done);
        }
        assert_eq!(second::by_name(&new, &format!("by process {writes}")).unwrap().len(), 1);
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn processes_that_the_version_before_begins_are_found_by_their_columns_or_refused() {
    on_every_store(|store| {
        let old = first(&store);
        old.run(first::ArticleFlow::start, "red".to_owned()).unwrap();
        let new = second(&store);
        assert_eq!(second::by_shelf(&new, "red").unwrap(), [1]);
        is_refused(old.run(first::ArticleFlow::start, "red".to_owned()));
        new.run(second::ArticleFlow::start, "red".to_owned()).unwrap();
        assert_eq!(second::by_shelf(&new, "red").unwrap().len(), 2);
    });
}

#[test]
fn the_version_before_neither_sends_nor_waits_under_keys_of_its_own() {
    on_every_store(|store| {
        let old = first(&store);
        let id = old.run(first::ArticleFlow::ring, 5).unwrap().id;
        let new = second(&store);
        is_refused(old.send(&first::Called { phone: 5 }));
        is_refused(old.run(first::ArticleFlow::ring, 7));
        new.send(&second::Called { phone: "+5".to_owned() }).unwrap();
        new.run_pending().unwrap();
        assert!(open_tasks(&new, second::ArticleFlow::hear, id).is_empty());
    });
}

/// A flow that waits for a message. The message's key has another type in the second version.
mod call {
    macro_rules! version {
        ($module:ident, $key:ty, $five:expr, $(#[$from:meta])*) => {
            pub mod $module {
                use viewflow::prelude::*;

                #[derive(Message, Clone, Debug)]
                #[message(name = "versions_call", key = number)]
                pub struct Call {
                    $(#[$from])*
                    pub number: $key,
                }

                #[derive(Flow)]
                #[flow(name = "versions_call")]
                pub struct CallFlow {
                    #[next(hear)]
                    start: StartHandle,
                    #[message(Call, key = |_| $five)]
                    #[next(end)]
                    hear: MessageCatch,
                    end: End,
                }
            }
        };
    }
    version!(first, u32, 5_u32,);
    version!(second, String, "+5".to_owned(), #[field(from = |number: u32| format!("+{number}"))]);
}

#[test]
fn where_nothing_but_a_key_has_another_form_nobody_waits_under_the_one_before() {
    on_every_store(|store| {
        let old = Engine::builder(Arc::clone(&store)).flow(call::first::CallFlow::new()).build().unwrap();
        old.run(call::first::CallFlow::start, ()).unwrap();
        let new = Engine::builder(Arc::clone(&store)).flow(call::second::CallFlow::new()).build().unwrap();
        let refused = old.run(call::first::CallFlow::start, ());
        assert!(matches!(refused, Err(Error::Superseded { of: Stale::Message(_), .. })), "{refused:?}");
        new.send(&call::second::Call { number: "+5".to_owned() }).unwrap();
        assert_eq!(new.run_pending().unwrap(), 1);
    });
}

#[test]
fn the_version_before_is_not_built_again_and_is_told_why() {
    on_every_store(|store| {
        drop(first(&store));
        drop(second(&store));
        let again = || Engine::builder(Arc::clone(&store)).flow(first::ArticleFlow::new());
        let told = again().build().unwrap_err().to_string();
        assert!(told.contains("rows of `versions_article` (fields `address`, `slug`)"), "{told}");
        assert!(told.contains("start that version; or, to go back to this one, stop that version"), "{told}");
        let plan = again().plan().unwrap();
        let of: Vec<_> = plan.replaced.iter().map(|replaced| replaced.of.clone()).collect();
        let called = Stale::Message("versions_called".to_owned());
        let processes = Stale::Processes("versions_article".to_owned());
        assert_eq!(of, [processes, Stale::Table("versions_article".to_owned()), called], "{plan}");
        assert!(plan.to_string().contains("`build()` refuses this one without `take_over()`"), "{plan}");
        let new = second(&store);
        second::insert(&new, "a").unwrap();
        assert_eq!(second::by_name(&new, "a").unwrap(), [1]);
        let plan = Engine::builder(Arc::clone(&store)).flow(second::ArticleFlow::new()).plan().unwrap();
        assert_eq!(plan.replaced, []);
    });
}

#[test]
fn whoever_goes_back_takes_over_and_the_newer_version_is_told_in_turn() {
    on_every_store(|store| {
        let old = first(&store);
        let waits = old.run(first::ArticleFlow::ring, 5).unwrap().id;
        first::insert(&old, "a").unwrap();
        drop(old);
        let new = second(&store);
        let back = first_takes_over(&store);
        assert_eq!(first::by_name(&back, "a").unwrap(), [1]);
        first::insert(&back, "b").unwrap();
        is_refused(second::insert(&new, "c"));
        is_refused(second::by_name(&new, "a"));
        is_refused(second::by_shelf(&new, "red"));
        assert!(Engine::builder(Arc::clone(&store)).flow(second::ArticleFlow::new()).build().is_err());
        // An engine that was refused goes on after its version has taken over again.
        let forth = second_takes_over(&store);
        for engine in [&new, &forth] {
            assert_eq!(second::by_name(engine, "b").unwrap(), [2]);
            assert_eq!(second::by_shelf(engine, "").unwrap(), [waits.0]);
        }
        second::insert(&new, "c").unwrap();
        is_refused(first::insert(&back, "d"));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn engines_of_one_version_are_built_beside_each_other_and_nobody_is_told_anything() {
    on_every_store(|store| {
        drop(first(&store));
        let one = second(&store);
        for name in ["a", "b", "c"] {
            let other = second(&store);
            second::insert(&one, name).unwrap();
            assert_eq!(second::by_name(&other, name).unwrap().len(), 1);
            let id = other.run(second::ArticleFlow::start, name.to_owned()).unwrap().id;
            do_next(&one, second::ArticleFlow::read, id, ());
        }
    });
}

#[test]
fn what_another_version_does_not_concern_goes_on() {
    on_every_store(|store| {
        let old = first(&store);
        let id = old.run(first::ArticleFlow::start, "red".to_owned()).unwrap().id;
        let _new = second(&store);
        let task = open_tasks(&old, first::ArticleFlow::read, id).remove(0);
        // The engine neither writes the data nor searches by it.
        old.task(first::ArticleFlow::read, task.id).unwrap().assign(&UserId::new("ann")).unwrap();
        assert_eq!(old.process::<first::ArticleFlow>(id).unwrap().shelf, "red");
        assert_eq!(old.transaction(|db| db.table::<first::Article>().all().count()).unwrap(), 0);
    });
}

/// A table that no flow refers to, and that no engine is built with.
mod tag {
    macro_rules! version {
        ($module:ident, $index:ident) => {
            pub mod $module {
                use viewflow::prelude::*;

                #[derive(Entity, Clone, Debug)]
                #[entity(table = "versions_tag")]
                pub struct Tag {
                    #[id]
                    pub id: Id<Self>,
                    #[field($index)]
                    pub name: String,
                }

                pub fn insert(engine: &Engine) -> Result<Ref<Tag>> {
                    engine.transaction(|db| db.table().insert(Tag { id: Id::NEW, name: "red".to_owned() }))
                }
            }
        };
    }
    version!(first, index);
    version!(second, unique);
}

#[test]
fn an_engine_that_was_not_told_of_a_table_is_told_when_it_comes_to_it() {
    on_every_store(|store| {
        let old = || Engine::builder(Arc::clone(&store)).build().unwrap();
        let (early, late) = (old(), old());
        tag::first::insert(&early).unwrap();
        let new = Engine::builder(Arc::clone(&store)).table::<tag::second::Tag>().build().unwrap();
        for old in [early, late, old()] {
            is_refused(tag::first::insert(&old));
            is_refused(old.transaction(|db| db.table().by(tag::first::Tag::BY_NAME, "red").first()));
        }
        assert!(matches!(tag::second::insert(&new), Err(Error::NotUnique { .. })));
    });
}

#[derive(Flow)]
#[flow(name = "versions_pulse")]
pub struct PulseFlow {
    #[every("1h")]
    #[next(insert)]
    start: StartTimer,
    #[call(Self::insert)]
    #[next(end)]
    insert: Function,
    end: End,
    is_old: bool,
}

impl PulseFlow {
    fn insert(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let name = format!("pulse {}", a.process.id);
        if self.is_old {
            a.table().insert(first::Article { id: Id::NEW, slug: name }).map(drop)
        } else {
            a.table().insert(second::Article { id: Id::NEW, address: name }).map(drop)
        }
    }
}

#[test]
fn duties_that_the_version_before_cannot_do_any_more_come_to_the_newer_one() {
    for is_shared in [false, true] {
        on_every_store(|store| {
            let store = if is_shared { Shared::over(&store, None) } else { store };
            let clock = Arc::new(ManualClock::at(viewflow::Timestamp::from_millis(1_795_867_200_000)));
            let heard = Arc::new(Mutex::new(Vec::new()));
            let builder = |is_old: bool| {
                let heard = Arc::clone(&heard);
                let subscriber = Subscriber::from_the_beginning("versions", move |engine, event| {
                    heard.lock().unwrap().push(is_old);
                    let name = format!("event {} of {}", event.number, event.process);
                    let inserted = if is_old { first::insert(engine, &name) } else { second::insert(engine, &name) };
                    inserted.map(drop)
                });
                Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock)).subscriber(subscriber)
            };
            let old = builder(true).flow(PulseFlow::new(true)).flow(first::ArticleFlow::new()).build().unwrap();
            old.run_pending().unwrap();
            let rows = || store.row_ids("versions_article", 0, 100).unwrap().len();
            let (before, told) = (rows(), heard.lock().unwrap().len());
            assert!(before > 1 && told > 0);
            let new = builder(false).flow(PulseFlow::new(false)).flow(second::ArticleFlow::new()).build().unwrap();
            new.run(second::ArticleFlow::start, String::new()).unwrap();
            clock.advance(Duration::from_hours(1));
            assert!(old.run_pending().is_err());
            assert!(heard.lock().unwrap()[told..].iter().all(|is_old| *is_old));
            let told = heard.lock().unwrap().len();
            assert_eq!((rows(), new.run_pending().is_ok()), (before, true));
            assert!(heard.lock().unwrap()[told..].iter().all(|is_old| !*is_old));
            assert!(rows() > before + 2, "{} and {before}", rows());
            assert_eq!(new.processes::<PulseFlow>().list().unwrap().len(), 2);
            assert_eq!(inconsistencies(&*store), Vec::<String>::new());
        });
    }
}

/// A flow whose second version accepts only shorter notes.
mod note {
    macro_rules! version {
        ($module:ident, $(#[$rule:meta])*) => {
            pub mod $module {
                use viewflow::prelude::*;

                #[derive(Process, Clone, Debug)]
                pub struct Note {
                    $(#[$rule])*
                    pub text: String,
                }

                #[derive(Flow)]
                #[flow(process = Note, name = "versions_note")]
                pub struct NoteFlow {
                    #[input(String)]
                    #[call(Self::begin)]
                    #[next(read)]
                    start: StartHandle,
                    #[next(end)]
                    read: View,
                    end: End,
                }

                impl NoteFlow {
                    fn begin(&self, a: &mut Activation<Self, ()>, input: String) -> Result<()> {
                        a.process.text = input;
                        Ok(())
                    }
                }
            }
        };
    }
    version!(first,);
    version!(second, #[field(max_length = 3)]);
}

#[test]
fn what_the_version_before_begins_after_the_newer_was_built_is_looked_through_at_the_next_build() {
    on_every_store(|store| {
        let old = Engine::builder(Arc::clone(&store)).flow(note::first::NoteFlow::new()).build().unwrap();
        let begin = |text: &str| old.run(note::first::NoteFlow::start, text.to_owned()).unwrap();
        begin("a");
        let new = || Engine::builder(Arc::clone(&store)).flow(note::second::NoteFlow::new()).build();
        drop(new().unwrap());
        begin("too long");
        assert!(new().unwrap_err().to_string().contains("`versions_note.read`"));
    });
}
