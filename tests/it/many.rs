//! A hundred thousand of each thing: nothing is lost, and costs stay in proportion.

use std::time::{Duration, Instant};

use viewflow::prelude::*;

use crate::support::{boss, manual};

const MANY: u32 = 100_000;

#[derive(Process, Clone, Debug)]
pub struct Crowd {
    #[field(default = 0)]
    pub size: u32,
}

#[derive(Flow)]
#[flow(process = Crowd)]
pub struct MemberFlow {
    #[next(listen)]
    start: StartHandle,
    #[signal("all")]
    #[on_timeout(after = "1d", then = late)]
    #[next(end)]
    listen: SignalCatch,
    late: End,
    end: End,
}

#[derive(Flow)]
#[flow(process = Crowd)]
pub struct CrowdFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(members)]
    start: StartHandle,
    #[child(MemberFlow::start, process_data_source = |a| (0..a.process.size).map(|size| Crowd { size }))]
    #[next(split)]
    members: NSubprocess,
    #[branch(branch, task_seed_source = |a| 0..a.process.size)]
    split: Split,
    #[call(Self::count)]
    #[next(gather)]
    branch: Function<Seed<u32>>,
    #[next(end)]
    gather: Join,
    end: End,
}

impl CrowdFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, size: u32) -> Result<()> {
        a.process.size = size;
        Ok(())
    }

    fn count(&self, a: &mut Activation<Self, Seed<u32>>) -> Result<()> {
        if a.task.seed < a.process.size { Ok(()) } else { Err(Error::msg("one too many")) }
    }
}

/// The time of each part with this many.
fn run(size: u32) -> Vec<(&'static str, Duration)> {
    let (builder, _) = manual(std::sync::Arc::new(MemoryStore::new()));
    let engine = builder.flow(CrowdFlow::new()).flow(MemberFlow::new()).build().unwrap();
    let mut times = Vec::new();
    let mut measure = |what, work: &dyn Fn()| {
        let begun = Instant::now();
        work();
        times.push((what, begun.elapsed()));
    };
    measure("children are made", &|| drop(engine.run(CrowdFlow::start, size).unwrap()));
    assert_eq!(
        engine.tasks_of(MemberFlow::listen, TaskStatus::New).page(None, usize::MAX).unwrap().items.len(),
        size as usize
    );
    measure("a signal is thrown", &|| assert_eq!(engine.signal("all").unwrap(), size as usize));
    measure("all hear it, and their parent goes on", &|| while engine.run_pending().unwrap() > 0 {});
    let process = engine.processes::<CrowdFlow>().list().unwrap().remove(0);
    assert_eq!(process.status, ProcessStatus::Done);
    let branches = engine.tasks_of(CrowdFlow::branch, TaskStatus::Done).page(None, usize::MAX).unwrap().items.len();
    assert_eq!(branches, size as usize);
    assert!(engine.cancel(process.id, &boss()).is_err());
    times
}

#[test]
#[ignore = "takes long: cargo test --release -p viewflow-tests --test it many -- --ignored --nocapture"]
fn a_hundred_thousand_children_listeners_and_branches() {
    let (few, many) = (run(MANY / 10), run(MANY));
    for ((what, few), (_, many)) in few.iter().zip(&many) {
        let each = |time: &Duration, count: u32| time.as_secs_f64() * 1e6 / f64::from(count);
        println!(
            "{what:40} {:6.1} us each of 10,000, {:6.1} us each of 100,000",
            each(few, MANY / 10),
            each(many, MANY)
        );
        assert!(
            each(many, MANY) < 5.0 * each(few, MANY / 10).max(2.0),
            "{what}: what one costs grows with their number"
        );
    }
}
