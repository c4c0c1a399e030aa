use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(answer)]
    start: Start,
    #[on_timeout(after = "1d", then = remind, interrupting = false)]
    #[on_timeout(after = "2d", then = remind, interrupting = false)]
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
// -    #[on_timeout(after = "2d", then = remind, interrupting = false)]
// +    #[on_timeout(after = "2d", then = remind_again, interrupting = false)]
// -    remind: View,
// +    remind: View,
// +    #[next(told)]
// +    remind_again: View,
