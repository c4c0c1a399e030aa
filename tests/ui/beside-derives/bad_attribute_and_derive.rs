use viewflow::prelude::*;

#[viewflow::process(seed = String)]
#[derive(Process, Clone, Debug)]
pub struct Order {
    #[field(default = 1)]
    pub number: u32,
}

fn main() {
    let _: Option<String> = Order::initial().seed_of();
}

trait SeedOf: Process {
    fn seed_of(&self) -> Option<Self::Seed> {
        None
    }
}

impl SeedOf for Order {}

// Mended:
// -#[derive(Process, Clone, Debug)]
// +#[derive(Clone, Debug)]
