//! Subscribers hear all events in the order of their commits, at least once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use viewflow::engine::{Clock as _, Retention, Subscriber};
use viewflow::prelude::*;
use viewflow::store::Event;
use viewflow::{Store, store};
use viewflow_testing::{Stage, crash_points};

use crate::support::{boss, do_next, manual, on_every_store, user, wait_until};

#[derive(Flow)]
pub struct WalkFlow {
    #[next(rest)]
    start: Start,
    #[next(end)]
    rest: View,
    end: End,
}

fn walk(engine: &Engine) -> ProcessId {
    engine.start(WalkFlow::start, &user("ann"), ()).unwrap().id
}

/// Process and number of the events, in the order in which the subscriber heard them.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(u64, u32)>>>);

impl Heard {
    fn note(&self, event: &Event) {
        self.0.lock().unwrap().push((event.process.0, event.number));
    }

    fn all(&self) -> Vec<(u64, u32)> {
        self.0.lock().unwrap().clone()
    }

    fn subscriber(&self, name: &str) -> Subscriber {
        let heard = self.clone();
        Subscriber::from_the_beginning(name, move |_, event| {
            heard.note(event);
            Ok(())
        })
    }
}

/// All events, in the order of their commits.
fn log(store: &dyn Store) -> Vec<(u64, u32)> {
    let log = store.log(None, usize::MAX).unwrap();
    log.into_iter().map(|logged| (logged.process.0, logged.number)).collect()
}

#[test]
fn a_subscriber_is_told_of_each_event_once_in_order_and_goes_on_where_it_was() {
    on_every_store(|store| {
        let (heard, late) = (Heard::default(), Heard::default());
        let build = |late: Option<&Heard>| {
            let builder = Engine::builder(Arc::clone(&store)).subscriber(heard.subscriber("first"));
            let builder = match late.cloned() {
                None => builder,
                Some(late) => builder.subscriber(Subscriber::from_now_on("late", move |_, event| {
                    late.note(event);
                    Ok(())
                })),
            };
            builder.flow(WalkFlow::new()).build().unwrap()
        };
        let engine = build(None);
        let one = walk(&engine);
        assert!(engine.next_due().unwrap().is_some(), "there is something to tell");
        assert_eq!(engine.run_pending().unwrap(), heard.all().len());
        assert_eq!((heard.all(), engine.next_due().unwrap()), (log(&*store), None));
        walk(&engine);
        drop(engine);
        let engine = build(Some(&late));
        let before = log(&*store).len();
        do_next(&engine, WalkFlow::rest, one, ());
        engine.run_pending().unwrap();
        let all = log(&*store);
        assert_eq!((heard.all(), late.all()), (all.clone(), all[before..].to_vec()), "one begins later");
        let subscriptions = engine.subscriptions().unwrap();
        assert_eq!(subscriptions.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(), ["first", "late"]);
        assert!(subscriptions.iter().all(|known| !known.behind));
        walk(&engine);
        assert!(engine.subscriptions().unwrap()[0].behind);
    });
}

#[test]
fn one_that_fails_stops_at_its_event_and_is_tried_again_later_while_others_go_on() {
    on_every_store(|store| {
        let (heard, tried, works) = (Heard::default(), Heard::default(), Arc::new(AtomicBool::new(false)));
        let (notes, well) = (tried.clone(), Arc::clone(&works));
        let mailer = Subscriber::from_the_beginning("mailer", move |_, event| {
            notes.note(event);
            match event.number {
                3 if !well.load(Ordering::SeqCst) => panic!("no network"),
                2 if !well.load(Ordering::SeqCst) && event.process.0 > 1 => Err(Error::msg("no letterbox")),
                _ => Ok(()),
            }
        });
        let (builder, clock) = manual(Arc::clone(&store));
        let builder = builder.subscriber(mailer).subscriber(heard.subscriber("other"));
        let engine = builder.flow(WalkFlow::new()).build().unwrap();
        walk(&engine);
        let error = engine.run_pending().unwrap_err();
        let text = "subscriber `mailer` failed at event 3 of process 1: panicked: no network";
        assert_eq!(error.to_string(), text);
        assert_eq!((heard.all(), tried.all()), (log(&*store), vec![(1, 1), (1, 2), (1, 3)]));
        assert_eq!((engine.run_pending().unwrap(), tried.all().len()), (0, 3), "it is left alone for a while");
        // The pause is one second, then two, then four.
        for (wait, times) in [(1, 4), (1, 4), (1, 5), (3, 5), (1, 6)] {
            assert!(engine.next_due().unwrap().unwrap() > clock.now());
            clock.advance(Duration::from_secs(wait));
            let _ = engine.run_pending();
            assert_eq!(tried.all().len(), times);
        }
        assert!(tried.all()[3..].iter().all(|event| *event == (1, 3)), "it goes on where it stopped");
        works.store(true, Ordering::SeqCst);
        walk(&engine);
        clock.advance(Duration::from_mins(1));
        engine.run_pending().unwrap();
        assert_eq!(tried.all()[6..], log(&*store)[2..], "and nothing is left out");
    });
}

#[test]
fn whatever_write_the_program_crashes_at_each_event_is_told_at_least_once_and_in_order() {
    let heard = Heard::default();
    let begin = heard.clone();
    let program = {
        let heard = heard.clone();
        move |store: Arc<dyn Store>| {
            let builder = Engine::builder(Arc::clone(&store)).subscriber(heard.subscriber("mailer"));
            let engine = builder.flow(WalkFlow::new()).build()?;
            while store.processes(ProcessId(0), 10)?.len() < 3 {
                engine.start(WalkFlow::start, &user("ann"), ())?;
                engine.run_pending()?;
            }
            engine.run_pending().map(drop)
        }
    };
    let check = |store: &dyn Store, stage| {
        if stage == Stage::Finished {
            // An event may be heard again only if all events before it were heard.
            let (all, told) = (log(store), heard.all());
            let mut next = 0;
            for event in &told {
                let at = all.iter().position(|other| other == event).unwrap();
                assert!(at <= next, "{event:?} was heard before an earlier event");
                next = next.max(at + 1);
            }
            assert_eq!(next, all.len(), "{told:?}");
            heard.0.lock().unwrap().clear();
        }
    };
    let in_memory = || {
        begin.0.lock().unwrap().clear();
        Arc::new(MemoryStore::new())
    };
    let crashes = crash_points(in_memory, Arc::clone, program.clone(), check);
    assert!(crashes >= 2 * 7, "{crashes}");
    let on_disk = || {
        begin.0.lock().unwrap().clear();
        TempDir::new().unwrap()
    };
    let open = |place: &TempDir| SledStore::open(place.path()).unwrap();
    assert_eq!(crash_points(on_disk, open, program, check), crashes);
}

#[test]
fn with_eight_threads_at_work_all_is_told_in_the_order_of_the_log() {
    on_every_store(|store| {
        let (heard, listened) = (Heard::default(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&listened);
        let builder = Engine::builder(Arc::clone(&store)).subscriber(heard.subscriber("mailer"));
        let builder = builder.on_event(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let engine = builder.flow(WalkFlow::new()).build().unwrap();
        let workers = engine.workers(2);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let id = walk(&engine);
                        do_next(&engine, WalkFlow::rest, id, ());
                    }
                });
            }
        });
        let all = log(&*store);
        wait_until(|| heard.all().len() >= all.len());
        workers.stop();
        assert_eq!(heard.all(), all);
        assert_eq!(listened.load(Ordering::SeqCst), all.len(), "who listens in the program hears all, too");
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let mut last = std::collections::BTreeMap::new();
        for (process, number) in all {
            assert_eq!(last.insert(process, number).unwrap_or(0) + 1, number, "in each process by number");
        }
    });
}

#[test]
fn nothing_is_forgotten_that_a_subscriber_has_not_had_unless_it_takes_too_long() {
    const DAY: Duration = Duration::from_hours(24);
    on_every_store(|store| {
        let works = Arc::new(AtomicBool::new(false));
        let build = |subscribed: bool| {
            let (builder, clock) = manual(Arc::clone(&store));
            let well = Arc::clone(&works);
            let mailer = Subscriber::from_the_beginning("mailer", move |_, _| {
                if well.load(Ordering::SeqCst) { Ok(()) } else { Err(Error::msg("no network")) }
            });
            let builder = if subscribed { builder.subscriber(mailer) } else { builder };
            let builder = builder.retain(Retention::purge_after(DAY).wait_for_subscribers(DAY * 7));
            (builder.flow(WalkFlow::new()).build().unwrap(), clock)
        };
        let (engine, clock) = build(true);
        let left = || store.processes(ProcessId(0), 10).unwrap().len();
        let over = |engine: &Engine| engine.cancel(walk(engine), &boss()).unwrap();
        over(&engine);
        clock.advance(DAY * 2);
        assert!(engine.run_pending().is_err());
        assert_eq!((left(), engine.purge(clock.now()).unwrap()), (1, 0), "it is kept");
        works.store(true, Ordering::SeqCst);
        clock.advance(DAY);
        engine.run_pending().unwrap();
        clock.advance(DAY);
        engine.run_pending().unwrap();
        assert_eq!((left(), log(&*store)), (0, vec![]), "once it was told it is forgotten, from the log too");
        // A subscriber that no longer exists delays forgetting for a while.
        over(&engine);
        drop(engine);
        let (engine, later) = build(false);
        later.set(clock.now());
        over(&engine);
        later.advance(DAY * 3);
        engine.run_pending().unwrap();
        assert_eq!(left(), 2);
        later.advance(DAY * 4);
        engine.run_pending().unwrap();
        assert_eq!(left(), 0, "a week is enough");
        over(&engine);
        later.advance(DAY * 2);
        engine.run_pending().unwrap();
        assert_eq!(left(), 1);
        assert!(engine.unsubscribe("mailer").unwrap() && !engine.unsubscribe("mailer").unwrap());
        later.advance(DAY);
        engine.run_pending().unwrap();
        assert_eq!(left(), 0, "what is unsubscribed is not waited for");
    });
}

#[test]
fn in_a_copy_of_a_store_a_subscriber_goes_on_where_it_was() {
    on_every_store(|store| {
        let heard = Heard::default();
        let build = |store: Arc<dyn Store>| {
            Engine::builder(store).subscriber(heard.subscriber("mailer")).flow(WalkFlow::new()).build().unwrap()
        };
        let engine = build(Arc::clone(&store));
        let ids: Vec<_> = (0..4).map(|_| walk(&engine)).collect();
        do_next(&engine, WalkFlow::rest, ids[0], ());
        engine.run_pending().unwrap();
        do_next(&engine, WalkFlow::rest, ids[2], ());
        walk(&engine);
        let mut file = Vec::new();
        store::export(&*store, &mut file, |_| ()).unwrap();
        let directory = TempDir::new().unwrap();
        let copies: [Arc<dyn Store>; 2] =
            [Arc::new(MemoryStore::new()), Arc::new(SledStore::open(directory.path()).unwrap())];
        let before = heard.all();
        for copy in copies {
            store::import(&*copy, &file[..], |_| ()).unwrap();
            assert_eq!(copy.log(None, 1000).unwrap(), store.log(None, 1000).unwrap());
            *heard.0.lock().unwrap() = before.clone();
            let engine = build(Arc::clone(&copy));
            walk(&engine);
            engine.run_pending().unwrap();
            assert_eq!(heard.all(), log(&*copy));
        }
    });
}

#[test]
fn two_subscribers_of_one_name_are_refused() {
    let heard = Heard::default();
    let builder = Engine::builder(MemoryStore::new()).subscriber(heard.subscriber("mailer"));
    let error = builder.subscriber(heard.subscriber("mailer")).build().unwrap_err();
    assert!(error.to_string().contains("two subscribers have the name `mailer`"), "{error}");
}

#[test]
fn a_handler_may_start_steps_and_is_told_of_them_later() {
    on_every_store(|store| {
        let heard = Heard::default();
        let notes = heard.clone();
        let follower = Subscriber::from_the_beginning("follower", move |engine, event| {
            notes.note(event);
            let first = event.number == 1 && event.process.0 < 3;
            if first { engine.start(WalkFlow::start, &user("bob"), ()).map(drop) } else { Ok(()) }
        });
        let engine = Engine::builder(Arc::clone(&store)).subscriber(follower).flow(WalkFlow::new()).build().unwrap();
        walk(&engine);
        engine.run_pending().unwrap();
        assert_eq!((store.processes(ProcessId(0), 9).unwrap().len(), heard.all()), (3, log(&*store)));
    });
}
