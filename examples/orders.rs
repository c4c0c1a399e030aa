//! An order, from a shop's web page to its parcel: `cargo run --example orders`.
//!
//! It has people, workers, time, messages, sub-processes and undoing. The program moves the clock by hand.

use std::sync::Arc;
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;

#[derive(Message, Clone, Debug)]
#[message(key = order, expires = "30d")]
pub(crate) struct Paid {
    pub order: u32,
    pub cents: u32,
}

/// What the shop sends for a new order. It is a form, so that a face can send it, too.
#[derive(Form, Clone, Debug)]
pub(crate) struct Ordered {
    pub number: u32,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Order {
    #[field(default = 0)]
    pub number: u32,
    #[field(default = 0)]
    pub cents: u32,
    #[field(default = 0)]
    pub discount: u32,
    pub parcels: Vec<String>,
    pub log: Vec<String>,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Parcel {
    pub article: String,
}

/// The result of a look at a parcel.
#[derive(Form, Clone, Debug)]
pub(crate) enum Look {
    Sound,
    Fragile,
    Broken,
}

/// Pack a parcel.
#[derive(Flow)]
#[flow(process = Parcel)]
pub(crate) struct ParcelFlow {
    #[next(pack)]
    start: StartHandle,

    /// Pack in the storehouse, away from the computer.
    #[next(look)]
    pack: ManualTask,

    #[form(Look)]
    #[case(Sound => packed)]
    #[case(Fragile => take_care)]
    #[case(Broken => broken)]
    look: View,

    #[code("fragile")]
    #[next(packed)]
    take_care: EscalationThrow,

    packed: End,

    #[code("broken")]
    broken: ErrorEnd,
}

/// Fulfil an order.
#[derive(Flow)]
#[flow(process = Order)]
pub(crate) struct OrderFlow {
    #[input(Ordered)]
    #[call(Self::order)]
    #[next(rebate)]
    start: StartHandle,

    #[call(Self::rebate)]
    #[next(payment)]
    rebate: BusinessRule,

    /// The money comes, or two weeks pass.
    #[branch(paid)]
    #[branch(overdue)]
    payment: SplitFirst,

    #[message(Paid, key = |a| a.process.number)]
    #[call(Self::paid)]
    #[compensate_with(pay_back)]
    #[on_timeout(after = "7d", then = remind, interrupting = false)]
    #[next(parcels)]
    paid: MessageCatch,

    #[delay("14d")]
    #[next(forget)]
    overdue: Timer,

    #[call(Self::remind)]
    #[next(reminded)]
    remind: SendHandle,

    reminded: End,

    forget: Terminate,

    #[child(ParcelFlow::start, process_data_source = |a| a.process.parcels.iter().map(|parcel| Parcel {
        article: parcel.clone(),
    }))]
    #[on_escalation(code = "fragile", then = warn)]
    #[on_error(code = "broken", then = undo)]
    #[next(ship)]
    parcels: NSubprocess,

    #[call(Self::warn)]
    #[next(warned)]
    warn: Function,

    warned: End,

    #[call(Self::ship)]
    #[done(Self::shipped)]
    #[retry(attempts = 3, backoff = "1h")]
    #[next(end)]
    ship: Job,

    #[next(sorry)]
    undo: CompensateThrow,

    #[call(Self::pay_back)]
    pay_back: Function,

    sorry: End,

    end: End,
}

impl OrderFlow {
    fn order(&self, a: &mut Activation<Self, ()>, form: Ordered) -> Result<()> {
        a.process.number = form.number;
        a.process.cents = form.number * 100;
        a.process.parcels = vec!["cup".to_owned(), "saucer".to_owned()];
        Ok(())
    }

    fn rebate(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.discount = if a.process.cents > 2000 { 10 } else { 0 };
        Ok(())
    }

    fn paid(&self, a: &mut Activation<Self, ()>, message: Paid) -> Result<()> {
        a.process.log.push(format!("{} cents received", message.cents));
        Ok(())
    }

    fn pay_back(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("paid back".to_owned());
        Ok(())
    }

    fn remind(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("reminded".to_owned());
        Ok(())
    }

    fn warn(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("mind the glass".to_owned());
        Ok(())
    }

    fn ship(&self, job: &JobRun<Self>) -> Result<String> {
        if job.attempt < 2 {
            Err(Error::msg("the carrier does not answer"))
        } else {
            Ok(job.idempotency_key().to_owned())
        }
    }

    fn shipped(&self, a: &mut Activation<Self, ()>, tracking: String) -> Result<()> {
        a.process.log.push(format!("shipped as {tracking}"));
        Ok(())
    }
}

/// Tidy up every night.
#[derive(Flow)]
pub(crate) struct TidyFlow {
    #[cron("0 3 * * *")]
    #[next(end)]
    night: StartTimer,
    end: End,
}

const DAY: Duration = Duration::from_hours(24);

/// Plays the example and returns its lines: one order is shipped, one breaks, and one is never paid.
pub(crate) fn story() -> Result<Vec<String>> {
    let clock = Arc::new(ManualClock::default());
    let builder = Engine::builder(MemoryStore::new()).clock(Arc::clone(&clock));
    let engine = builder.flow(OrderFlow::new()).flow(ParcelFlow::new()).flow(TidyFlow::new()).build()?;
    let ann = UserId::new("ann");
    let pass = |days: u32| -> Result<()> {
        for _ in 0..days {
            clock.advance(DAY);
            engine.run_pending()?;
        }
        Ok(())
    };
    let pack = |look: &Look| -> Result<()> {
        for task in engine.queue(&ann).of(ParcelFlow::pack).list()? {
            engine.task(ParcelFlow::pack, task.id)?.assign(&ann)?.execute(&ann, ())?;
        }
        for TaskRecord { id, .. } in engine.queue(&ann).of(ParcelFlow::look).list()? {
            let open = engine.task_record(id)?.status == TaskStatus::New;
            if open {
                engine.task(ParcelFlow::look, id)?.assign(&ann)?.execute(&ann, look.clone())?;
            }
        }
        Ok(())
    };
    let mut told = Vec::new();
    let mut tell = |id: ProcessId| -> Result<()> {
        let order = engine.process::<OrderFlow>(id)?;
        told.push(format!("order {} is {}: {}", order.number, order.status, order.log.join(", ")));
        Ok(())
    };

    let shipped = engine.run(OrderFlow::start, Ordered { number: 25 })?.id;
    pass(8)?;
    engine.send(&Paid { order: 25, cents: 2250 })?;
    pass(1)?;
    pack(&Look::Fragile)?;
    pass(2)?;
    tell(shipped)?;

    let broken = engine.run(OrderFlow::start, Ordered { number: 7 })?.id;
    engine.send(&Paid { order: 7, cents: 700 })?;
    pass(1)?;
    pack(&Look::Broken)?;
    tell(broken)?;

    let forgotten = engine.run(OrderFlow::start, Ordered { number: 8 })?.id;
    pass(14)?;
    tell(forgotten)?;
    told.push(format!("{} nights", engine.processes::<TidyFlow>().list()?.len()));
    Ok(told)
}

fn main() -> Result<()> {
    story()?.iter().for_each(|line| println!("{line}"));
    Ok(())
}
