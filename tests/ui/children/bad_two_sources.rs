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
    #[child(
        LetterFlow::begin,
        process_data_source = |_| [Letter { text: String::new() }],
        task_seed_source = |_| [()],
    )]
    #[next(end)]
    run: NSubprocess,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -        task_seed_source = |_| [()],
// +        task_seed = |_| (),
