//! The flows that are measured, and the work of people in them.

use std::time::Duration;

use viewflow::prelude::{
    Activation, End, Engine, Error, Flow, Function, If, Job, JobRun, Join, Message, MessageCatch, Process, ProcessId,
    Seed, Split, Start, StartHandle, TaskId, Timer, UserId, View,
};
use viewflow::{EngineBuilder, Store};

use crate::measure::{Result, in_threads};

/// The number of steps of a process of [`HelloFlow`]: its start, the assignment of its task, and the end of the task.
pub(crate) const HELLO_STEPS: usize = 3;

#[derive(Process, Clone, Debug)]
pub(crate) struct Hello {
    #[field(max_length = 150)]
    pub text: String,
    #[field(default = false)]
    pub approved: bool,
    #[field(default = 0)]
    pub sent: u32,
}

/// A person wants to say something, and a person approves it.
#[derive(Flow)]
#[flow(process = Hello)]
pub(crate) struct HelloFlow {
    #[fields(text)]
    #[next(approve)]
    start: Start,

    #[fields(approved)]
    #[next(decide)]
    approve: View,

    #[cond(|a| a.process.approved)]
    #[then(send)]
    #[otherwise(end)]
    decide: If,

    #[call(Self::count)]
    #[next(end)]
    send: Function,

    end: End,
}

impl HelloFlow {
    fn count(&self, a: &mut Activation<Self, ()>) -> viewflow::Result<()> {
        a.process.sent += 1;
        Ok(())
    }
}

/// A task that is assigned from the beginning. Large stores are filled with such tasks.
#[derive(Flow)]
#[flow(process = Hello)]
pub(crate) struct InboxFlow {
    #[input(String)]
    #[call(Self::begin)]
    #[next(answer)]
    start: StartHandle,

    #[fields(approved)]
    #[assign(|_a| somebody())]
    #[next(end)]
    answer: View,

    end: End,
}

impl InboxFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, text: String) -> viewflow::Result<()> {
        a.process.text = text;
        Ok(())
    }
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Fan {
    #[field(default = 0)]
    pub size: u32,
}

/// A number of branches, and their join.
#[derive(Flow)]
#[flow(process = Fan)]
pub(crate) struct FanFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(split)]
    start: StartHandle,

    #[branch(branch, task_seed_source = |a| 0..a.process.size)]
    split: Split,

    #[call(Self::check)]
    #[next(gather)]
    branch: Function<Seed<u32>>,

    #[next(end)]
    gather: Join,

    end: End,
}

impl FanFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, size: u32) -> viewflow::Result<()> {
        a.process.size = size;
        Ok(())
    }

    fn check(&self, a: &mut Activation<Self, Seed<u32>>) -> viewflow::Result<()> {
        if a.task.seed < a.process.size { Ok(()) } else { Err(Error::msg("one too many")) }
    }
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Order {
    #[field(default = 0)]
    pub number: u32,
    #[field(default = 0)]
    pub result: u64,
}

#[derive(Message, Clone, Debug)]
#[message(key = order, expires = "1h")]
pub(crate) struct Paid {
    pub order: u32,
}

/// A job that fails the first time on every tenth run.
#[derive(Flow)]
#[flow(process = Order)]
pub(crate) struct WorkFlow {
    #[next(work)]
    start: StartHandle,

    #[call(Self::work)]
    #[done(Self::record)]
    #[retry(attempts = 3, backoff = "100ms")]
    #[next(end)]
    work: Job,

    end: End,
}

impl WorkFlow {
    fn work(&self, job: &JobRun<Self>) -> viewflow::Result<u64> {
        std::thread::sleep(Duration::from_micros(100));
        if job.process.id.0.is_multiple_of(10) && job.attempt == 1 {
            return Err(Error::msg("not the first time"));
        }
        Ok(job.process.id.0)
    }

    fn record(&self, a: &mut Activation<Self, ()>, result: u64) -> viewflow::Result<()> {
        a.process.result = result;
        Ok(())
    }
}

/// A pause of two seconds.
#[derive(Flow)]
#[flow(process = Order)]
pub(crate) struct PauseFlow {
    #[next(pause)]
    start: StartHandle,

    #[delay("2s")]
    #[next(end)]
    pause: Timer,

    end: End,
}

/// An order waits until it is paid.
#[derive(Flow)]
#[flow(process = Order)]
pub(crate) struct OrderFlow {
    #[input(u32)]
    #[call(Self::order)]
    #[next(paid)]
    start: StartHandle,

    #[message(Paid, key = |a| a.process.number)]
    #[call(Self::pay)]
    #[next(end)]
    paid: MessageCatch,

    end: End,
}

impl OrderFlow {
    fn order(&self, a: &mut Activation<Self, ()>, number: u32) -> viewflow::Result<()> {
        a.process.number = number;
        Ok(())
    }

    fn pay(&self, a: &mut Activation<Self, ()>, message: Paid) -> viewflow::Result<()> {
        a.process.result = u64::from(message.order);
        Ok(())
    }
}

/// Returns the person that does everything.
pub(crate) fn somebody() -> UserId {
    UserId::new("ann")
}

/// Creates an engine with the flows of the figures.
pub(crate) fn engine(store: impl Store) -> Result<Engine> {
    let builder = Engine::builder(store);
    Ok(builder.flow(HelloFlow::new()).flow(InboxFlow::new()).flow(FanFlow::new()).build()?)
}

/// Creates an engine with the flows of the soak.
pub(crate) fn soak_engine(builder: EngineBuilder) -> Result<Engine> {
    let builder = builder.flow(HelloFlow::new()).flow(FanFlow::new()).flow(WorkFlow::new());
    Ok(builder.flow(PauseFlow::new()).flow(OrderFlow::new()).build()?)
}

pub(crate) fn start_hello(engine: &Engine) -> Result<ProcessId> {
    let form = StartFields { text: "Hello from the benchmark".to_owned() };
    Ok(engine.start(HelloFlow::start, &somebody(), form)?.id)
}

/// Returns the person's task in a process of [`HelloFlow`] or [`InboxFlow`]; the start has number 1.
pub(crate) fn task_of(process: ProcessId) -> TaskId {
    TaskId { process, ordinal: 2 }
}

/// Does a task that is already assigned.
pub(crate) fn approve(engine: &Engine, process: ProcessId) -> Result<()> {
    let task = engine.task(HelloFlow::approve, task_of(process))?;
    Ok(task.assign(&somebody())?.execute(&somebody(), ApproveFields { approved: true })?)
}

/// Runs processes of [`HelloFlow`] from start to end on several threads, and returns the number of steps.
pub(crate) fn hello(engine: &Engine, threads: usize, processes: usize) -> Result<usize> {
    let each = processes.div_ceil(threads);
    in_threads(threads, |_| (0..each).try_for_each(|_| approve(engine, start_hello(engine)?)))?;
    Ok(each * threads * HELLO_STEPS)
}

/// Starts processes of [`InboxFlow`], which then wait for their task.
pub(crate) fn fill(engine: &Engine, threads: usize, processes: usize) -> Result<()> {
    in_threads(threads, |number| {
        for _ in (number..processes).step_by(threads) {
            engine.run(InboxFlow::start, "An answer is awaited".to_owned())?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use viewflow::{MemoryStore, ProcessStatus, TaskStatus};

    use super::*;

    #[test]
    fn what_is_measured_is_done() {
        let engine = engine(MemoryStore::new()).unwrap();
        assert_eq!(hello(&engine, 2, 4).unwrap(), 12);
        let done = engine.processes::<HelloFlow>().with_status(ProcessStatus::Done).list().unwrap();
        assert_eq!(done.iter().map(|process| process.sent).sum::<u32>(), 4);
        fill(&engine, 2, 3).unwrap();
        let inbox = engine.inbox(&somebody()).list().unwrap();
        assert_eq!(inbox.len(), 3);
        assert!(inbox.iter().all(|task| task.id.ordinal == 2 && task.status == TaskStatus::Assigned));
        let fan = engine.run(FanFlow::start, 7).unwrap();
        assert_eq!(fan.status, ProcessStatus::Done);
    }
}
