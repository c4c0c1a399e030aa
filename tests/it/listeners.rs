//! How the application hears of events and errors. A listener that fails stops nothing else.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewflow::Store;
use viewflow::engine::Subscriber;
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{boss, manual, on_every_store, open_task, wait_until};

#[derive(Flow)]
pub struct FaxFlow {
    fails: Arc<AtomicBool>,
    #[next(fork)]
    start: StartHandle,
    #[branch(send)]
    #[branch(hear)]
    #[branch(rest)]
    fork: Split,
    #[call(Self::send)]
    #[next(join)]
    send: Job,
    #[message(Answered)]
    #[next(join)]
    hear: MessageCatch,
    #[delay("10ms")]
    #[next(join)]
    rest: Timer,
    #[next(end)]
    join: Join,
    end: End,
}

#[derive(viewflow::Message, Clone, Debug)]
#[message(latch = keep)]
pub struct Answered {}

impl FaxFlow {
    fn send(&self, _: &JobRun<Self>) -> Result<()> {
        if self.fails.load(Ordering::SeqCst) { Err(Error::msg("busy")) } else { Ok(()) }
    }
}

fn sound(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

#[test]
fn a_step_is_done_and_told_to_the_others_though_a_listener_panics() {
    on_every_store(|store| {
        let fails = Arc::new(AtomicBool::new(true));
        let (told, errors) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counter, noted) = (Arc::clone(&told), Arc::clone(&errors));
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder
            .flow(FaxFlow::new(Arc::clone(&fails)))
            .on_event(|event| panic!("broken pipe at {}", event.kind))
            .on_event(move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
            })
            .on_error(move |error| noted.lock().unwrap().push(error.to_string()))
            .build()
            .unwrap();
        let id = engine.run(FaxFlow::start, ()).unwrap().id;
        assert_eq!(u64::from(told.load(Ordering::SeqCst)), engine.events(id, 0, 100).unwrap().len() as u64);
        let first = errors.lock().unwrap()[0].clone();
        assert_eq!(first, "a listener panicked: broken pipe at process started");

        // A job that fails and is done later is still reported, and its worker still gets it.
        engine.run_pending().unwrap();
        let failed = open_task(&engine, FaxFlow::send_node, id);
        assert_eq!(failed.status, TaskStatus::Error);
        fails.store(false, Ordering::SeqCst);
        engine.retry(failed.id, &boss()).unwrap();
        engine.send(&Answered {}).unwrap();
        clock.advance(Duration::from_secs(1));
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert_eq!(u64::from(told.load(Ordering::SeqCst)), engine.events(id, 0, 100).unwrap().len() as u64);
        sound(&store);
    });
}

#[test]
fn workers_timers_and_subscribers_live_on_though_every_listener_panics() {
    on_every_store(|store| {
        let (heard, rude) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(true)));
        let (counter, still) = (Arc::clone(&heard), Arc::clone(&rude));
        let engine = Engine::builder(Arc::clone(&store))
            .flow(FaxFlow::new(Arc::default()))
            .on_event(|_| panic!("broken pipe"))
            .on_error(|_| panic!("broken log"))
            .subscriber(Subscriber::from_the_beginning("mailer", move |_, event| {
                // The report of this failure meets the listener that panics.
                assert!(!still.swap(false, Ordering::SeqCst), "not yet: {}", event.kind);
                counter.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }))
            .build()
            .unwrap();
        let workers = engine.workers(2);
        let ids: Vec<_> = (0..6).map(|_| engine.run(FaxFlow::start, ()).unwrap().id).collect();
        for _ in 0..6 {
            engine.send(&Answered {}).unwrap();
        }
        let over = || ids.iter().all(|id| engine.process_record(*id).unwrap().status == ProcessStatus::Done);
        wait_until(over);
        let events = || ids.iter().map(|id| engine.events(*id, 0, 100).unwrap().len()).sum::<usize>();
        wait_until(|| heard.load(Ordering::SeqCst) as usize >= events());
        workers.stop();
        sound(&store);
    });
}
