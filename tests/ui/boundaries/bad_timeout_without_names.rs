use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(answer)]
    start: Start,
    #[on_timeout("1d")]
    #[next(end)]
    answer: View,
    #[next(told)]
    remind: View,
    told: End,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[on_timeout("1d")]
// +    #[on_timeout(after = "1d", then = remind)]
