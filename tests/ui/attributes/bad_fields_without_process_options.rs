use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct Order {
    pub number: u32,
    pub approved: bool,
}

#[derive(Flow)]
#[flow]
pub struct OrderFlow {
    #[fields(number)]
    #[next(check)]
    start: Start,
    #[cond(|a| a.process.approved)]
    #[then(end)]
    #[otherwise(send)]
    check: If,
    #[call(Self::send)]
    #[next(end)]
    send: Function,
    end: End,
}

impl OrderFlow {
    fn send(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        println!("{}", a.process.number);
        Ok(())
    }
}

fn main() {}

// Mended:
// -#[flow]
// +#[flow(process = Order)]
