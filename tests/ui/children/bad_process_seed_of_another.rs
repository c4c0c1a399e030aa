use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
#[process(seed = Option<u32>)]
struct Letter {}

#[derive(Flow)]
#[flow(process = Letter)]
struct LetterFlow {
    #[next(done)]
    begin: StartHandle,
    done: End,
}

#[derive(Flow)]
struct MyFlow {
    #[next(run)]
    start: StartHandle,
    #[child(LetterFlow::begin, process_seed = |_| "seven".to_owned())]
    #[next(end)]
    run: Subprocess,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[child(LetterFlow::begin, process_seed = |_| "seven".to_owned())]
// +    #[child(LetterFlow::begin, process_seed = |_| 7)]
