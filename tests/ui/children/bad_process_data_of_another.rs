use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Letter {
    text: String,
}

#[derive(Flow)]
#[flow(process = Letter)]
struct LetterFlow {
    #[next(end)]
    begin: StartHandle,
    end: End,
}

#[derive(Flow)]
struct MyFlow {
    #[next(write)]
    start: Start,
    #[child(LetterFlow::begin, process_data = |_| "Dear Ann".to_owned())]
    #[next(end)]
    write: Subprocess,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[child(LetterFlow::begin, process_data = |_| "Dear Ann".to_owned())]
// +    #[child(LetterFlow::begin, process_data = |_| Letter { text: "Dear Ann".to_owned() })]
