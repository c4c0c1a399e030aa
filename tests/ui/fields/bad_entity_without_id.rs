use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    title: String,
}

fn main() {}
