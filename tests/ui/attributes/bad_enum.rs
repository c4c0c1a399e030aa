use viewflow::prelude::*;

#[derive(Flow)]
enum MyFlow {
    Start,
}

fn main() {}
