//! The flow to begin with: `cargo run --example hello`.
//!
//! An employee writes a message, a manager approves it, and a worker sends it to the world. After three days without an
//! answer the process escalates.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use viewflow::User;
use viewflow::engine::ManualClock;
use viewflow::people::Object;
use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub(crate) struct HelloProcess {
    #[field(max_length = 50)]
    pub text: String,
}

/// The decision of a manager: each variant is a button, and its fields are the questions that follow.
#[derive(Form, Clone, Debug)]
pub(crate) enum Answer {
    Approve,
    Reject {
        #[field(max_length = 200)]
        reason: String,
    },
}

/// Say hello to the world.
#[derive(Flow)]
#[flow(process = HelloProcess)]
pub(crate) struct HelloFlow {
    world: Sender<String>,

    #[fields(text)]
    #[permission(auto)]
    #[next(approve)]
    start: Start,

    #[form(Answer)]
    #[permission(auto)]
    #[on_timeout(after = "3d", then = escalate)]
    #[case(Approve => send)]
    #[case(Reject => rejected, task_seed = |_, v| v.reason.clone())]
    approve: View,

    #[call(Self::send)]
    #[next(end)]
    send: Job,

    /// Rejected, with the reason.
    rejected: End<Seed<String>>,

    /// Escalated.
    escalate: End,

    end: End,
}

impl HelloFlow {
    fn send(&self, job: &JobRun<Self>) -> Result<()> {
        self.world.send(job.process.text.clone()).map_err(Error::other)
    }
}

/// A person that works here. `#[permission(auto)]` asks for the permission `flow.node`.
pub(crate) struct Person {
    pub name: &'static str,
    pub may: &'static [&'static str],
}

impl User for Person {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn has_permission(&self, permission: &str, _: Option<&Object>) -> bool {
        self.may.contains(&permission)
    }
}

pub(crate) const EMPLOYEE: Person = Person { name: "emma", may: &["hello.start"] };
pub(crate) const MANAGER: Person = Person { name: "max", may: &["hello.approve"] };

/// Plays the example and returns its lines: one message is approved, one is rejected, and one gets no answer.
pub(crate) fn story() -> Result<Vec<String>> {
    let (world, heard) = mpsc::channel();
    let clock = Arc::new(ManualClock::default());
    let engine = Engine::builder(MemoryStore::new()).clock(Arc::clone(&clock)).flow(HelloFlow::new(world)).build()?;
    let write = |text: &str| engine.start(HelloFlow::start, &EMPLOYEE, StartFields { text: text.to_owned() });
    let answer = |id: ProcessId, user: &Person, answer: Answer| {
        engine.open_task(HelloFlow::approve, id)?.assign(user)?.execute(user, answer)
    };
    let mut told = Vec::new();

    let hello = write("Hello, world!")?.id;
    told.extend(answer(hello, &EMPLOYEE, Answer::Approve).err().map(|error| error.to_string()));
    answer(hello, &MANAGER, Answer::Approve)?;

    let spam = write("Buy now!")?.id;
    answer(spam, &MANAGER, Answer::Reject { reason: "no advertising".to_owned() })?;

    let forgotten = write("Anybody there?")?.id;
    clock.advance(Duration::from_hours(3 * 24));

    // The engine does what needs no person: the job and the timeout. A longer program calls `engine.workers(1)` for
    // that.
    engine.run_pending()?;
    told.extend(heard.try_iter().map(|text| format!("the world hears: {text}")));
    for id in [hello, spam, forgotten] {
        let process = engine.process::<HelloFlow>(id)?;
        let tasks = engine.tasks(id, 0, usize::MAX)?;
        let way: Vec<String> = tasks.iter().map(|task| task.node.clone()).collect();
        told.push(format!("`{}` is {}: {}", process.text, process.status, way.join(" → ")));
    }
    Ok(told)
}

fn main() -> Result<()> {
    story()?.iter().for_each(|line| println!("{line}"));
    Ok(())
}
