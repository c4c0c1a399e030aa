use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(run)]
    start: StartHandle,

    #[next(end)]
    run: Subprocess,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[derive(Flow)]
// +#[derive(Flow)]
// +struct OtherFlow {
// +    #[next(end)]
// +    start: StartHandle,
// +    end: End,
// +}
// +
// +#[derive(Flow)]
// -    #[next(end)]
// -    run: Subprocess,
// +    #[child(OtherFlow::start)]
// +    #[next(end)]
// +    run: Subprocess,
