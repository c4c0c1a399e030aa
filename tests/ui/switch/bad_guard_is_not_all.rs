use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Parcel {
    height: Option<u32>,
}

#[derive(Flow)]
#[flow(process = Parcel)]
struct MyFlow {
    #[next(how)]
    start: Start,
    #[switch(|a| a.process.height)]
    #[case(Some(height) if height > 20 => by_drone)]
    #[case(None => end)]
    how: Switch,
    #[next(end)]
    by_drone: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[case(None => end)]
// +    #[case(Some(_) | None => end)]
