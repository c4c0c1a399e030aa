//! Messages for suspended processes: a message that `send` reported as awaited is heard, whatever happens in
//! between.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use viewflow::Store;
use viewflow::engine::{Delivery, ManualClock};
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{boss, manual, on_every_store, open_task};

#[derive(viewflow::Message, Clone, Debug)]
#[message(latch = keep, expires = "1h")]
pub struct Landed {
    pub flight: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Flight {
    pub heard: Vec<u32>,
}

#[derive(Flow)]
#[flow(process = Flight)]
pub struct FlightFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(Landed)]
    #[call(Self::landed)]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

impl FlightFlow {
    fn landed(&self, a: &mut Activation<Self, ()>, message: Landed) -> Result<()> {
        a.process.heard.push(message.flight);
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Start,
    Send,
    Suspend(usize),
    Resume(usize),
    Hours(u32),
    Work,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Start),
        3 => Just(Act::Send),
        3 => (0..8_usize).prop_map(Act::Suspend),
        1 => (0..8_usize).prop_map(Act::Resume),
        1 => (1..3_u32).prop_map(Act::Hours),
        1 => Just(Act::Work),
    ]
}

struct Airport {
    engine: Engine,
    clock: Arc<ManualClock>,
    store: Arc<dyn Store>,
    flights: Vec<ProcessId>,
    sent: u32,
    /// The messages that `send` reported as awaited.
    awaited: BTreeSet<u32>,
}

impl Airport {
    fn new(store: Arc<dyn Store>) -> Self {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(FlightFlow::new()).build().unwrap();
        Self { engine, clock, store, flights: Vec::new(), sent: 0, awaited: BTreeSet::new() }
    }

    /// The process with this number among those with this status.
    fn pick(&self, status: ProcessStatus, number: usize) -> Option<ProcessId> {
        let has = |id: &&ProcessId| self.engine.process_record(**id).unwrap().status == status;
        let fit: Vec<_> = self.flights.iter().filter(has).collect();
        (!fit.is_empty()).then(|| *fit[number % fit.len()])
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Start => self.flights.push(self.engine.run(FlightFlow::start, ()).unwrap().id),
            Act::Send => {
                self.sent += 1;
                if self.engine.send(&Landed { flight: self.sent }).unwrap() == Delivery::Waiting {
                    self.awaited.insert(self.sent);
                }
            }
            Act::Suspend(number) => {
                let id = self.pick(ProcessStatus::New, number);
                id.into_iter().for_each(|id| self.engine.suspend(id, &boss()).unwrap());
            }
            Act::Resume(number) => {
                let id = self.pick(ProcessStatus::Suspended, number);
                id.into_iter().for_each(|id| self.engine.resume(id, &boss()).unwrap());
            }
            Act::Hours(hours) => self.clock.advance(hours * Duration::from_hours(1)),
            Act::Work => drop(self.engine.run_pending().unwrap()),
        }
        assert_eq!(inconsistencies(&*self.store), Vec::<String>::new(), "after {act:?}");
    }

    /// The messages that were heard. Asserts that each was heard once.
    fn heard(&self) -> BTreeSet<u32> {
        let heard: Vec<u32> =
            self.flights.iter().flat_map(|id| self.engine.process::<FlightFlow>(*id).unwrap().heard.clone()).collect();
        let once: BTreeSet<u32> = heard.iter().copied().collect();
        assert_eq!(once.len(), heard.len(), "each message is heard once: {heard:?}");
        once
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_message_that_somebody_waits_for_is_heard_whatever_is_suspended_and_however_late(
        acts in proptest::collection::vec(act(), 1..25)
    ) {
        let mut airport = Airport::new(Arc::new(MemoryStore::new()));
        acts.into_iter().for_each(|act| airport.act(act));
        airport.act(Act::Work);
        while airport.pick(ProcessStatus::Suspended, 0).is_some() {
            airport.act(Act::Resume(0));
            airport.act(Act::Work);
        }
        let heard = airport.heard();
        prop_assert!(airport.awaited.is_subset(&heard), "of {:?} only {heard:?} were heard", airport.awaited);
    }
}

#[test]
fn a_message_for_a_suspended_process_neither_expires_nor_goes_to_who_begins_to_wait_later() {
    on_every_store(|store| {
        // The message is sent after the suspension, or before it while no worker is running.
        for suspended_first in [true, false] {
            let mut airport = Airport::new(Arc::clone(&store));
            airport.act(Act::Start);
            let order = if suspended_first { [Act::Suspend(0), Act::Send] } else { [Act::Send, Act::Suspend(0)] };
            order.into_iter().for_each(|act| airport.act(act));
            [Act::Start, Act::Work, Act::Hours(2), Act::Work, Act::Start, Act::Work]
                .into_iter()
                .for_each(|act| airport.act(act));
            assert_eq!(airport.heard(), BTreeSet::new());
            // Another waiting process gets the next message.
            airport.act(Act::Send);
            airport.act(Act::Work);
            assert_eq!(airport.heard(), BTreeSet::from([2]));
            airport.act(Act::Resume(0));
            airport.act(Act::Work);
            assert_eq!(airport.engine.process::<FlightFlow>(airport.flights[0]).unwrap().heard, [1]);
            airport.engine.cancel(airport.flights[2], &boss()).unwrap();
        }
    });
}

#[test]
fn a_message_is_promised_to_those_who_can_take_it_in_whatever_order_they_are_resumed() {
    let courses: [&[Act]; 3] = [
        &[
            Act::Start,
            Act::Suspend(0),
            Act::Send,
            Act::Send,
            Act::Send,
            Act::Hours(1),
            Act::Start,
            Act::Suspend(0),
            Act::Resume(1),
        ],
        &[
            Act::Start,
            Act::Send,
            Act::Send,
            Act::Start,
            Act::Send,
            Act::Hours(1),
            Act::Suspend(0),
            Act::Start,
            Act::Suspend(0),
            Act::Suspend(0),
            Act::Resume(2),
        ],
        &[
            Act::Start,
            Act::Send,
            Act::Hours(1),
            Act::Start,
            Act::Start,
            Act::Suspend(0),
            Act::Suspend(0),
            Act::Send,
            Act::Send,
            Act::Resume(1),
        ],
    ];
    for course in courses {
        on_every_store(|store| {
            let mut airport = Airport::new(store);
            course.iter().for_each(|act| airport.act(*act));
            airport.act(Act::Work);
            while airport.pick(ProcessStatus::Suspended, 0).is_some() {
                airport.act(Act::Resume(0));
                airport.act(Act::Work);
            }
            assert!(airport.awaited.is_subset(&airport.heard()), "{course:?}");
        });
    }
}

#[test]
fn a_message_that_was_promised_is_for_others_when_who_waited_is_canceled() {
    on_every_store(|store| {
        let mut airport = Airport::new(store);
        [Act::Start, Act::Suspend(0), Act::Send, Act::Start, Act::Work].into_iter().for_each(|act| airport.act(act));
        assert_eq!(open_task(&airport.engine, FlightFlow::wait, airport.flights[1]).status, TaskStatus::New);
        airport.engine.cancel(airport.flights[0], &boss()).unwrap();
        airport.act(Act::Work);
        assert_eq!(airport.engine.process::<FlightFlow>(airport.flights[1]).unwrap().heard, [1]);
    });
}
