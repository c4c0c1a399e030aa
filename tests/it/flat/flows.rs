//! The flows whose operations are counted.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Duration;

use viewflow::Permission;
use viewflow::builder::FlowBuilder;
use viewflow::graph::{Kind, Role};
use viewflow::people::Object;
use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
pub struct Item {
    #[id]
    pub id: Id<Item>,
    #[field(index)]
    pub code: u32,
}

/// Protects its item from deletion.
#[derive(Entity, Clone, Debug)]
pub struct Bill {
    #[id]
    pub id: Id<Bill>,
    pub item: Ref<Item>,
}

/// Is deleted with its item.
#[derive(Entity, Clone, Debug)]
pub struct Label {
    #[id]
    pub id: Id<Label>,
    #[field(on_delete = cascade)]
    pub item: Ref<Item>,
}

/// The rows that conditions read.
#[derive(Entity, Clone, Debug)]
pub struct Stock {
    #[id]
    pub id: Id<Stock>,
    pub pieces: u32,
}

/// The way that a round takes.
#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Again,
    Desk,
    Judge,
    Same,
    Ask,
    Fork,
    Kid,
    Kids,
    Work,
    Book,
    TakeBack,
    Over,
}

/// The question that a handler asks its activation or its job.
#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Question {
    Nothing,
    DoneBy,
    Branch,
    Child,
    Children,
    Load,
    Change,
    Table,
    Fail,
}

#[derive(Process, Clone, Debug)]
pub struct Story {
    #[field(default = Way::Again)]
    pub way: Way,
    #[field(default = Question::Nothing)]
    pub question: Question,
    /// How many tasks are open beside the task that goes round.
    #[field(default = 0)]
    pub branches: u32,
    /// How many conditions wait beside it.
    #[field(default = 0)]
    pub conditions: u32,
    #[field(default = 1)]
    pub kids: u32,
    #[field(column, index, default = 0)]
    pub kind: u32,
    pub text: Option<String>,
}

/// The start values of a story: branches, conditions, children, its kind and its text.
pub type Begin = (u32, u32, u32, u32, String);

/// Refers to one of many rows.
#[derive(Form, Clone, Debug)]
pub struct PickItem {
    pub item: Ref<Item>,
}

/// A task that goes round to the next operation to count, with other open tasks beside it.
#[derive(Flow)]
#[flow(process = Story, name = "flat")]
pub struct FlatFlow {
    #[fields(text)]
    #[next(fork)]
    tell: Start,
    #[form(PickItem)]
    #[submit(Self::picked)]
    #[next(fork)]
    pick_item: Start,
    #[input(Begin)]
    #[call(Self::begin)]
    #[next(fork)]
    start: StartHandle,

    #[branch(beside, task_seed_source = |a| 0..a.process.branches)]
    #[branch(stocked, task_seed_source = |a| 1..=a.process.conditions)]
    #[branch(turn)]
    fork: Split,
    #[next(gather)]
    beside: View<Seed<u32>>,
    #[cond(|a| a.load(Id::<Stock>::from_number(a.task.seed.into()).to_ref())?.pieces > 0)]
    #[next(gather)]
    stocked: ConditionalCatch<Seed<u32>>,

    #[input((Way, Question))]
    #[call(Self::choose)]
    #[next(pick)]
    turn: Handle,
    #[switch(|a| a.process.way)]
    #[case(Way::Again => turn)]
    #[case(Way::Desk => desk)]
    #[case(Way::Judge => judge)]
    #[case(Way::Same => same)]
    #[case(Way::Ask => ask)]
    #[case(Way::Fork => split)]
    #[case(Way::Kid => kid)]
    #[case(Way::Kids => kids)]
    #[case(Way::Work => work)]
    #[case(Way::Book => book)]
    #[case(Way::TakeBack => take_back)]
    #[case(Way::Over => gather)]
    pick: Switch,

    #[fields(text, as = DeskFields)]
    #[next(turn)]
    desk: View,
    #[not_by(desk)]
    #[next(turn)]
    judge: View,
    #[assign(same_as = desk)]
    #[next(turn)]
    same: View,
    #[call(Self::answer)]
    #[next(turn)]
    ask: Function,

    #[branch(left)]
    #[branch(right)]
    split: Split,
    #[call(Self::nothing)]
    #[next(join)]
    left: Function,
    #[call(Self::nothing)]
    #[next(join)]
    right: Function,
    #[until(|a| a.arrived()? > 9 || a.branch_count(Self::left)? > 9)]
    #[next(ask)]
    join: Join,

    #[child(KidFlow::start)]
    #[next(turn)]
    kid: Subprocess,
    #[child(KidFlow::start, process_data_source = |a| vec![Story::initial(); a.process.kids as usize], sequential)]
    #[next(turn)]
    kids: NSubprocess,

    #[call(Self::work)]
    #[next(turn)]
    work: Job,

    #[call(Self::nothing)]
    #[compensate_with(give_back)]
    #[next(turn)]
    book: Function,
    #[next(turn)]
    take_back: CompensateThrow,
    #[call(Self::nothing)]
    give_back: Function,

    #[next(end)]
    gather: Join,
    end: End,
}

impl FlatFlow {
    fn picked(&self, a: &mut Activation<Self, ()>, form: PickItem) -> Result<()> {
        a.process.kind = u32::try_from(form.item.id().number()).unwrap_or(0);
        Ok(())
    }

    fn begin(&self, a: &mut Activation<Self, ()>, begin: Begin) -> Result<()> {
        let (branches, conditions, kids, kind, text) = begin;
        (a.process.branches, a.process.conditions, a.process.kids, a.process.kind) = (branches, conditions, kids, kind);
        a.process.text = Some(text);
        Ok(())
    }

    fn choose(&self, a: &mut Activation<Self, ()>, (way, question): (Way, Question)) -> Result<()> {
        (a.process.way, a.process.question) = (way, question);
        Ok(())
    }

    fn nothing(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }

    fn answer(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let item = Id::<Item>::from_number(1).to_ref();
        match a.process.question {
            Question::Nothing | Question::Fail => {}
            Question::DoneBy => assert!(a.done_by(Self::desk)?.is_some()),
            Question::Branch => assert_eq!(a.branch(Self::left)?.len(), 1),
            Question::Child => drop(a.child(Self::kid)?),
            Question::Children => drop(a.children(Self::kids)?),
            Question::Load => assert!(a.load(item)?.code > 0),
            Question::Change => a.change(item, |item| item.code = 1)?,
            Question::Table => assert!(a.table::<Item>().by(Item::BY_CODE, u32::MAX).first()?.is_none()),
        }
        Ok(())
    }

    fn work(&self, job: &JobRun<Self>) -> Result<()> {
        let item = Id::<Item>::from_number(1).to_ref();
        match job.process.question {
            Question::Fail => return Err(Error::msg("not today")),
            Question::Load => assert!(job.load(item)?.code > 0),
            Question::Table => assert!(job.table::<Item>().by(Item::BY_CODE, u32::MAX).first()?.is_none()),
            _ => {}
        }
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Story, name = "flat_kid")]
pub struct KidFlow {
    #[next(leave)]
    start: StartHandle,
    #[next(end)]
    leave: Handle,
    end: End,
}

#[derive(Message, Clone, Debug)]
#[message(key = key, latch = keep, expires = "365d")]
pub struct Note {
    pub key: u32,
}

/// Waits for a message with its kind as the key.
#[derive(Flow)]
#[flow(process = Story, name = "flat_note")]
pub struct NoteFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(note)]
    start: StartHandle,
    #[message(Note, key = |a| a.process.kind)]
    #[next(end)]
    note: MessageCatch,
    end: End,
}

impl NoteFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, key: u32) -> Result<()> {
        a.process.kind = key;
        Ok(())
    }
}

/// Waits for a signal: the one that operations send, or another.
#[derive(Flow)]
#[flow(process = Story, name = "flat_bell")]
pub struct BellFlow {
    #[input(bool)]
    #[call(Self::begin)]
    #[next(pick)]
    start: StartHandle,
    #[cond(|a| a.process.kind == 1)]
    #[then(bell)]
    #[otherwise(other)]
    pick: If,
    #[signal("bell")]
    #[next(end)]
    bell: SignalCatch,
    #[signal("other")]
    #[next(end)]
    other: SignalCatch,
    end: End,
}

impl BellFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, own: bool) -> Result<()> {
        a.process.kind = own.into();
        Ok(())
    }
}

/// Waits for a day, or for a year.
#[derive(Flow)]
#[flow(process = Story, name = "flat_pause")]
pub struct PauseFlow {
    #[input(bool)]
    #[call(Self::begin)]
    #[next(pick)]
    start: StartHandle,
    #[cond(|a| a.process.kind == 1)]
    #[then(day)]
    #[otherwise(year)]
    pick: If,
    #[delay("1d")]
    #[next(end)]
    day: Timer,
    #[delay("365d")]
    #[next(end)]
    year: Timer,
    end: End,
}

impl PauseFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, day: bool) -> Result<()> {
        a.process.kind = day.into();
        Ok(())
    }
}

/// Waits until its stock has pieces.
#[derive(Flow)]
#[flow(process = Story, name = "flat_stock")]
pub struct StockFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(stocked)]
    start: StartHandle,
    #[cond(|a| a.load(Id::<Stock>::from_number(a.process.kind.into()).to_ref())?.pieces > 0)]
    #[next(end)]
    stocked: ConditionalCatch,
    end: End,
}

impl StockFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u32) -> Result<()> {
        a.process.kind = number;
        Ok(())
    }
}

/// A task that takes a permission on an item.
#[derive(Flow)]
#[flow(process = Story, name = "flat_permitted")]
pub struct PermittedFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(sign)]
    start: StartHandle,
    #[permission(auto, object = |a| Id::<Item>::from_number(a.process.kind.into()).to_ref())]
    #[next(end)]
    sign: View,
    end: End,
}

impl PermittedFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u32) -> Result<()> {
        a.process.kind = number;
        Ok(())
    }
}

/// The person that started it cannot sign it.
#[derive(Flow)]
#[flow(process = Story, name = "flat_eyes")]
pub struct EyesFlow {
    #[next(sign)]
    start: Start,
    #[not_by(start)]
    #[next(end)]
    sign: View,
    end: End,
}

/// Many starts by the clock, once a year each.
pub struct YearlyFlow;

thread_local! {
    /// The number of those starts in engines that this thread builds.
    pub static STARTS: Cell<usize> = const { Cell::new(0) };
}

impl Flow for YearlyFlow {
    type Process = ();
    const NAME: &'static str = "flat_yearly";
    const TITLE: &'static str = "Yearly";

    fn define(flow: &mut FlowBuilder<Self>) {
        static NAMES: OnceLock<Vec<String>> = OnceLock::new();
        let names = NAMES.get_or_init(|| (0..1000).map(|number| format!("yearly_{number}")).collect());
        flow.node::<()>("start", Kind::StartHandle).edge::<()>(Role::Next, "end");
        for name in &names[..STARTS.get()] {
            let year = Duration::from_hours(365 * 24);
            flow.node::<()>(name, Kind::StartTimer).every(year).edge::<()>(Role::Next, "end");
        }
        flow.node::<()>("end", Kind::End);
    }
}

/// A person with a permission on one item, who may list it.
pub struct Signer {
    pub item: u64,
    pub tells: bool,
}

impl viewflow::User for Signer {
    fn id(&self) -> UserId {
        UserId::new("signer")
    }

    fn has_permission(&self, _: &str, object: Option<&Object>) -> bool {
        object.and_then(Item::row_in).is_some_and(|item| item.id().number() == self.item)
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        self.tells.then(|| vec![Permission::on("flat_permitted.sign", Item::object(Id::from_number(self.item)))])
    }
}
