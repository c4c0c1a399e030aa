use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(race)]
    start: StartHandle,
    #[next(end)]
    race: SplitFirst,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// -    race: SplitFirst,
// +    #[branch(answer)]
// +    #[branch(wait)]
// +    race: SplitFirst,
// +    #[next(end)]
// +    answer: View,
// +    #[delay("3d")]
// +    #[next(end)]
// +    wait: Timer,
