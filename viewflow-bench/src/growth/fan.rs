//! The branches of one step, by the work that each of them does: the time for each branch.

use viewflow::prelude::*;

use super::ground::{Ground, share, small};
use super::{Group, MEMORY, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[Group::new("branches in one step", 100, MEMORY, measure)];

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    Call,
    Keep,
    Replace,
    Signal,
    Create,
    NotBy,
    Children,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Load {
    #[field(default = What::Call)]
    pub what: What,
    #[field(default = 0)]
    pub size: u32,
}

#[derive(Task, Clone, Debug)]
pub(crate) struct Item {
    pub number: u32,
    #[field(default = 0)]
    pub seen: u32,
}

/// A message that is kept; all of them have the same key.
#[derive(Message, Clone, Debug)]
#[message(key = key)]
pub(crate) struct Note {
    pub key: u32,
}

/// A message with a key; only the last one for each key is kept.
#[derive(Message, Clone, Debug)]
#[message(key = key, latch = last)]
pub(crate) struct Price {
    pub key: u32,
}

#[derive(Flow)]
#[flow(process = Load)]
pub(crate) struct LoadFlow {
    #[input((What, u32))]
    #[call(Self::begin)]
    #[next(pick)]
    start: StartHandle,

    #[switch(|a| a.process.what)]
    #[case(What::Call => fork_call)]
    #[case(What::Keep => fork_keep)]
    #[case(What::Replace => fork_replace)]
    #[case(What::Signal => fork_signal)]
    #[case(What::Create => fork_create)]
    #[case(What::NotBy => fork_not_by)]
    #[case(What::Children => children)]
    pick: Switch,

    #[branch(call, task_seed_source = |a| 0..a.process.size)]
    fork_call: Split,
    #[call(Self::nothing)]
    #[next(called)]
    call: Function<Seed<u32>>,
    #[next(end)]
    called: Join,

    #[branch(keep, task_seed_source = |a| 0..a.process.size)]
    fork_keep: Split,
    #[message(|_a| Note { key: 1 })]
    #[next(kept)]
    keep: MessageThrow<Seed<u32>>,
    #[next(end)]
    kept: Join,

    #[branch(replace, task_seed_source = |a| 0..a.process.size)]
    fork_replace: Split,
    #[message(|a| Price { key: a.task.seed })]
    #[next(replaced)]
    replace: MessageThrow<Seed<u32>>,
    #[next(end)]
    replaced: Join,

    #[branch(signal, task_seed_source = |a| 0..a.process.size)]
    fork_signal: Split,
    #[signal("bell")]
    #[next(signaled)]
    signal: SignalThrow<Seed<u32>>,
    #[next(end)]
    signaled: Join,

    #[branch(create, task_data_source = |a| (0..a.process.size).map(|number| Item { number, seen: 0 }))]
    fork_create: Split,
    #[on_create(Self::see)]
    #[next(created)]
    create: View<Item>,
    #[next(end)]
    created: Join,

    #[branch(not_by, task_seed_source = |a| 0..a.process.size)]
    fork_not_by: Split,
    #[not_by(other)]
    #[next(judged)]
    not_by: View<Seed<u32>>,
    #[next(other)]
    judged: Join,
    #[next(again)]
    other: View,
    #[cond(|_a| false)]
    #[then(fork_not_by)]
    #[otherwise(end)]
    again: If,

    #[child(ShortFlow::start, process_data_source = |a| (0..a.process.size).map(|size| Load { what: What::Call, size }), sequential)]
    #[next(end)]
    children: NSubprocess,

    end: End,
}

impl LoadFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, (what, size): (What, u32)) -> viewflow::Result<()> {
        (a.process.what, a.process.size) = (what, size);
        Ok(())
    }

    fn nothing(&self, _: &mut Activation<Self, Seed<u32>>) -> viewflow::Result<()> {
        Ok(())
    }

    fn see(&self, a: &mut Activation<Self, Item>) -> viewflow::Result<()> {
        a.task.seen = a.task.number;
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Load)]
pub(crate) struct ShortFlow {
    #[next(end)]
    start: StartHandle,
    end: End,
}

/// Receives the messages that the branches throw.
#[derive(Flow)]
#[flow(process = Load)]
pub(crate) struct HearFlow {
    #[next(note)]
    start: StartHandle,
    #[message(Note, key = |_a| 0_u32)]
    #[next(price)]
    note: MessageCatch,
    #[message(Price, key = |_a| 0_u32)]
    #[next(bell)]
    price: MessageCatch,
    #[signal("bell")]
    #[next(end)]
    bell: SignalCatch,
    end: End,
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    let ways = [
        ("branch: function", What::Call),
        ("branch: message, one key", What::Keep),
        ("branch: message, own key", What::Replace),
        ("branch: signal", What::Signal),
        ("branch: on_create", What::Create),
        ("branch: not_by", What::NotBy),
        ("branch: child in sequence", What::Children),
    ];
    let mut times = Vec::new();
    for (name, what) in ways {
        let engine = ground.builder()?.flow(LoadFlow::new()).flow(HearFlow::new()).flow(ShortFlow::new()).build()?;
        times.push((name, share(size, || Ok(engine.run(LoadFlow::start, (what, small(size)?)).map(drop)?))?));
    }
    Ok(times)
}
