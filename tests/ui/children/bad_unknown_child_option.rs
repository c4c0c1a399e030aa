use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Letter {
    text: String,
}

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
    #[child(LetterFlow::begin, process_dta = |_| Letter { text: String::new() })]
    #[next(end)]
    run: Subprocess,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[child(LetterFlow::begin, process_dta = |_| Letter { text: String::new() })]
// +    #[child(LetterFlow::begin, process_data = |_| Letter { text: String::new() })]
