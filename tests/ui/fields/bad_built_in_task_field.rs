use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
struct Review {
    seed: Option<String>,
}

fn main() {}
