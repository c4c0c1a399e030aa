//! The example `hello`: who may do which task, and an approval, a rejection and no decision.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::lifecycle::Action;
use viewflow::prelude::*;
use viewflow::{Anonymous, Store, User};

use crate::hello_example::*;
use crate::support::{manual, on_every_store};

const DAY: Duration = Duration::from_hours(24);

struct Office {
    engine: Engine,
    clock: Arc<ManualClock>,
    heard: Receiver<String>,
}

impl Office {
    fn open(store: Arc<dyn Store>) -> Self {
        let (world, heard) = mpsc::channel();
        let (builder, clock) = manual(store);
        Self { engine: builder.flow(HelloFlow::new(world)).build().unwrap(), clock, heard }
    }

    fn write(&self, user: &impl User) -> Result<ProcessId> {
        Ok(self.engine.start(HelloFlow::start, user, StartFields { text: "Hello".to_owned() })?.id)
    }

    fn answer(&self, id: ProcessId, user: &impl User, approved: bool) -> Result<()> {
        let task = self.engine.open_task(HelloFlow::approve, id)?;
        let reject = Answer::Reject { reason: "not now".to_owned() };
        task.assign(user)?.execute(user, if approved { Answer::Approve } else { reject })
    }

    /// The tasks of a finished process.
    fn way(&self, id: ProcessId) -> Vec<String> {
        assert_eq!(self.engine.process::<HelloFlow>(id).unwrap().status, ProcessStatus::Done);
        let tasks = self.engine.tasks(id, 0, usize::MAX).unwrap();
        tasks.into_iter().filter(|task| task.status == TaskStatus::Done).map(|task| task.node).collect()
    }
}

#[test]
fn what_is_approved_is_sent_once() {
    on_every_store(|store| {
        let office = Office::open(store);
        let id = office.write(&EMPLOYEE).unwrap();
        office.answer(id, &MANAGER, true).unwrap();
        assert!(office.heard.try_recv().is_err(), "the job runs outside of the step");
        office.clock.advance(3 * DAY);
        for _ in 0..2 {
            office.engine.run_pending().unwrap();
        }
        assert_eq!(office.heard.try_iter().collect::<Vec<_>>(), ["Hello"]);
        assert_eq!(office.way(id), ["start", "approve", "send", "end"]);
    });
}

#[test]
fn what_is_not_approved_is_not_sent() {
    on_every_store(|store| {
        let office = Office::open(store);
        let id = office.write(&EMPLOYEE).unwrap();
        office.answer(id, &MANAGER, false).unwrap();
        office.engine.run_pending().unwrap();
        assert!(office.heard.try_recv().is_err());
        assert_eq!(office.way(id), ["start", "approve", "rejected"]);
        let told = office.engine.tasks(id, 0, usize::MAX).unwrap();
        assert_eq!((told[1].decision.as_deref(), told[2].seed.as_str()), (Some("Reject"), Some("not now")));
    });
}

#[test]
fn what_nobody_looks_at_for_three_days_is_escalated_even_if_somebody_has_taken_it() {
    on_every_store(|store| {
        let office = Office::open(store);
        let ids = [office.write(&EMPLOYEE).unwrap(), office.write(&EMPLOYEE).unwrap()];
        let taken = office.engine.open_task(HelloFlow::approve, ids[0]).unwrap().assign(&MANAGER).unwrap();
        office.clock.advance(Duration::from_millis(3 * 24 * 60 * 60 * 1000 - 1));
        office.engine.run_pending().unwrap();
        assert_eq!(office.engine.process::<HelloFlow>(ids[0]).unwrap().status, ProcessStatus::New);
        office.clock.advance(Duration::from_millis(1));
        office.engine.run_pending().unwrap();
        for id in ids {
            assert_eq!(office.way(id), ["start", "escalate"]);
        }
        let late = taken.execute(&MANAGER, Answer::Approve).unwrap_err();
        assert!(matches!(late, Error::WrongStatus { status: TaskStatus::Canceled, .. }), "{late}");
        assert!(office.engine.inbox(&MANAGER).list().unwrap().is_empty());
    });
}

#[test]
fn employees_start_and_managers_approve_and_neither_does_the_other() {
    on_every_store(|store| {
        let office = Office::open(store);
        for user in [&MANAGER as &dyn User, &UserId::new("somebody"), &Anonymous] {
            let refused = office.write(&user).unwrap_err();
            assert!(matches!(refused, Error::Forbidden { action: Action::Start, .. }), "{refused}");
        }
        assert!(office.engine.processes::<HelloFlow>().list().unwrap().is_empty(), "no process is left of them");

        let id = office.write(&EMPLOYEE).unwrap();
        for user in [&EMPLOYEE as &dyn User, &UserId::new("somebody"), &Anonymous] {
            assert!(office.engine.queue(&user).list().unwrap().is_empty());
            let refused = office.answer(id, &user, true).unwrap_err();
            assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
        }
        assert_eq!(office.engine.queue(&MANAGER).list().unwrap().len(), 1);
        office.answer(id, &MANAGER, false).unwrap();
        assert_eq!(office.engine.archive(&MANAGER).list().unwrap().len(), 1);
    });
}

#[test]
fn the_story_of_hello_is_told() {
    assert_eq!(
        story().unwrap(),
        [
            "`hello.approve` of process 1 (task 1/2): `emma` may not take this: that takes the permission `hello.approve`",
            "the world hears: Hello, world!",
            "`Hello, world!` is done: start → approve → send → end",
            "`Buy now!` is done: start → approve → rejected",
            "`Anybody there?` is done: start → approve → escalate",
        ]
    );
}
