use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice, latch = last, expires = "30d", name = "payment")]
struct Paid {
    #[field(min = 1)]
    invoice: u32,
}

#[derive(Message, Clone, Debug)]
#[message(latch = drop)]
struct Gong {}

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(default = 0)]
    number: u32,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[next(paid)]
    start: StartHandle,
    #[message(Paid, key = |a| a.process.number)]
    #[call(Self::paid)]
    #[next(gong)]
    paid: MessageCatch,
    #[message(Gong)]
    #[next(stocked)]
    gong: MessageCatch,
    #[cond(|a| a.process.number > 0)]
    #[next(opened)]
    stocked: ConditionalCatch,
    #[signal("opened")]
    #[call(Self::opened)]
    #[next(close)]
    opened: SignalCatch,
    #[signal("closed")]
    #[next(pay)]
    close: SignalThrow,
    #[message(|a| Paid { invoice: a.process.number })]
    #[next(ring)]
    pay: MessageThrow,
    #[message(Self::ring)]
    #[next(end)]
    ring: MessageThrow,
    end: End,
}

impl MyFlow {
    fn paid(&self, a: &mut Activation<Self, ()>, message: Paid) -> Result<()> {
        a.process.number = message.invoice;
        Ok(())
    }

    fn opened(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }

    fn ring(&self, _: &Activation<Self, ()>) -> Result<Gong> {
        Ok(Gong {})
    }
}

fn main() {}
