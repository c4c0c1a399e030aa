use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(approve)]
    start: Start,
    #[outcome(approved)]
    #[next(fork)]
    approve: View,
    #[branch(done)]
    #[branch(refused)]
    #[branch(lost)]
    fork: Split,
    #[outcome(good)]
    #[outcome(approved)]
    done: End,
    #[outcome("refused")]
    refused: End,
    #[outcome()]
    lost: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[outcome(approved)]
// -    #[next(fork)]
// +    #[next(fork)]
// -    #[outcome(good)]
// -    #[outcome(approved)]
// +    #[outcome(approved)]
// -    #[outcome("refused")]
// +    #[outcome(refused)]
// -    #[outcome()]
// +    #[outcome(lost)]
