//! Many branches in one step.

use viewflow::prelude::*;

use super::{cost, counting, is_linear};

/// The work of each branch.
#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Work {
    Call,
    KeepOne,
    LastOwn,
    LastOne,
    Signal,
    Hear,
    Create,
    Race,
    Enough,
    Cancel,
    Sequence,
}

const ALL: [Work; 11] = [
    Work::Call,
    Work::KeepOne,
    Work::LastOwn,
    Work::LastOne,
    Work::Signal,
    Work::Hear,
    Work::Create,
    Work::Race,
    Work::Enough,
    Work::Cancel,
    Work::Sequence,
];

#[derive(Process, Clone, Debug)]
pub struct Fan {
    #[field(default = Work::Call)]
    pub work: Work,
    pub count: u32,
}

#[derive(Task, Clone, Debug)]
pub struct Made {
    pub number: u32,
    #[field(default = 0)]
    pub changed: u32,
}

#[derive(viewflow::Message, Clone, Debug)]
#[message(key = key)]
pub struct Kept {
    pub key: u32,
}

#[derive(viewflow::Message, Clone, Debug)]
#[message(key = key, latch = last)]
pub struct Newest {
    pub key: u32,
}

/// Processes that wait for the newest message of key 0 and for the signal.
#[derive(Flow)]
#[flow(process = Fan)]
pub struct ListenFlow {
    #[next(both)]
    start: StartHandle,
    #[branch(newest)]
    #[branch(kept)]
    #[branch(called)]
    both: Split,
    #[message(Newest, key = |_a| 0_u32)]
    #[next(end)]
    newest: MessageCatch,
    #[message(Kept, key = |_a| 1_u32)]
    #[next(end)]
    kept: MessageCatch,
    #[signal("called")]
    #[next(end)]
    called: SignalCatch,
    end: End,
}

#[derive(Flow)]
#[flow(process = Fan)]
pub struct ChildFlow {
    #[next(end)]
    start: StartHandle,
    end: End,
}

#[derive(Flow)]
#[flow(process = Fan)]
pub struct FanFlow {
    #[input((Work, u32))]
    #[call(Self::begin)]
    #[next(pick)]
    start: StartHandle,
    #[switch(|a| a.process.work)]
    #[case(Work::Call => calls)]
    #[case(Work::KeepOne => keeps)]
    #[case(Work::LastOwn => lasts)]
    #[case(Work::LastOne => last_ones)]
    #[case(Work::Signal => signals)]
    #[case(Work::Hear => hears)]
    #[case(Work::Create => creates)]
    #[case(Work::Race => races)]
    #[case(Work::Enough => enoughs)]
    #[case(Work::Cancel => cancels)]
    #[case(Work::Sequence => sequence)]
    pick: Switch,

    #[branch(call, task_seed_source = |a| 0..a.process.count)]
    calls: Split,
    #[call(Self::called)]
    #[next(call_join)]
    call: Function<Seed<u32>>,
    #[next(end)]
    call_join: Join,

    #[branch(keep, task_seed_source = |a| 0..a.process.count)]
    keeps: Split,
    #[message(|_a| Kept { key: 0 })]
    #[next(keep_join)]
    keep: MessageThrow<Seed<u32>>,
    #[next(end)]
    keep_join: Join,

    #[branch(last, task_seed_source = |a| 0..a.process.count)]
    lasts: Split,
    #[message(|a| Newest { key: 1 + a.task.seed })]
    #[next(last_join)]
    last: MessageThrow<Seed<u32>>,
    #[next(end)]
    last_join: Join,

    #[branch(last_one, task_seed_source = |a| 0..2 * a.process.count)]
    last_ones: Split,
    #[message(|_a| Newest { key: 0 })]
    #[next(last_one_join)]
    last_one: MessageThrow<Seed<u32>>,
    #[next(end)]
    last_one_join: Join,

    #[branch(signal, task_seed_source = |a| 0..a.process.count)]
    signals: Split,
    #[signal("called")]
    #[next(signal_join)]
    signal: SignalThrow<Seed<u32>>,
    #[next(end)]
    signal_join: Join,

    #[branch(hear, task_seed_source = |a| 0..a.process.count)]
    hears: Split,
    #[signal("called")]
    #[next(heard)]
    hear: SignalThrow<Seed<u32>>,
    #[signal("called")]
    #[next(hear_join)]
    heard: SignalCatch,
    #[next(end)]
    hear_join: Join,

    #[branch(create, task_data_source = |a| (0..a.process.count).map(|number| Made { number, changed: 0 }))]
    creates: Split,
    #[on_create(Self::made)]
    #[next(create_join)]
    create: View<Made>,
    #[next(end)]
    create_join: Join,

    #[branch(race, task_seed_source = |a| 0..a.process.count)]
    races: Split,
    #[branch(slow)]
    #[branch(quick)]
    race: SplitFirst<Seed<u32>>,
    #[message(Kept, key = |_a| 7_u32)]
    #[next(race_join)]
    slow: MessageCatch,
    #[cond(|_a| true)]
    #[next(race_join)]
    quick: ConditionalCatch,
    #[next(end)]
    race_join: Join,

    #[branch(enough, task_seed_source = |a| 0..a.process.count)]
    enoughs: Split,
    #[call(Self::called)]
    #[next(enough_join)]
    enough: Function<Seed<u32>>,
    #[until(|a| a.branch_count(Self::enough)? > 1_000_000)]
    #[next(end)]
    enough_join: Join,

    #[branch(wait, task_seed_source = |a| 0..a.process.count)]
    #[branch(stop)]
    cancels: Split,
    #[message(Kept, key = |_a| 8_u32)]
    #[next(cancel_join)]
    wait: MessageCatch<Seed<u32>>,
    #[call(Self::stopped)]
    #[next(cancel_join)]
    stop: Function,
    #[until(|a| a.branch_count(Self::stop)? > 0)]
    #[next(end)]
    cancel_join: Join,

    #[child(ChildFlow::start, sequential, process_data_source = |a| (0..a.process.count).map(|count| Fan { work: Work::Call, count }))]
    #[next(end)]
    sequence: NSubprocess,

    end: End,
}

impl FanFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, (work, count): (Work, u32)) -> Result<()> {
        (a.process.work, a.process.count) = (work, count);
        Ok(())
    }

    fn called(&self, _: &mut Activation<Self, Seed<u32>>) -> Result<()> {
        Ok(())
    }

    fn stopped(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }

    fn made(&self, a: &mut Activation<Self, Made>) -> Result<()> {
        a.task.changed = a.task.number;
        Ok(())
    }
}

#[test]
fn many_branches_in_one_step_are_linear_whatever_they_do() {
    for work in ALL {
        is_linear(&format!("{work:?}"), |count| {
            let store = counting();
            let builder = Engine::builder(store.clone()).flow(FanFlow::new()).flow(ListenFlow::new());
            let engine = builder.flow(ChildFlow::new()).build().unwrap();
            if matches!(work, Work::LastOne | Work::Signal) {
                // There are as many waiting processes as branches.
                for _ in 0..count {
                    engine.run(ListenFlow::start, ()).unwrap();
                }
            }
            let mut id = ProcessId(0);
            let cost = cost(&store, || id = engine.run(FanFlow::start, (work, count)).unwrap().id);
            let tasks = engine.tasks(id, 0, usize::MAX).unwrap();
            assert!(tasks.len() > count as usize || work == Work::Sequence);
            let over = !matches!(work, Work::Create | Work::Hear);
            assert_eq!(tasks.iter().all(|task| task.status.is_final()), over, "{work:?}");
            cost
        });
    }
}

#[test]
fn what_one_signal_was_thrown_for_often_hears_it_once_and_so_does_who_comes_to_wait_in_between() {
    crate::support::on_every_store(|store| {
        let builder = Engine::builder(store).flow(FanFlow::new()).flow(ListenFlow::new()).flow(ChildFlow::new());
        let engine = builder.build().unwrap();
        let listens = engine.run(ListenFlow::start, ()).unwrap().id;
        let id = engine.run(FanFlow::start, (Work::Hear, 5)).unwrap().id;
        engine.run_pending().unwrap();
        let open = |id| {
            let tasks = engine.tasks(id, 0, usize::MAX).unwrap();
            let open = tasks.into_iter().filter(|task| !task.status.is_final());
            open.filter(|task| task.node == "called" || task.node == "heard").count()
        };
        assert_eq!(open(listens), 0, "it waited before");
        assert_eq!(open(id), 1, "nobody hears the first throw, and the last thrower hears no other");
    });
}
