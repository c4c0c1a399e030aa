use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order(bool);

fn main() {
    // The struct still is a process: only its own mistake is told.
    fn process<P: Process>() {}
    process::<Order>();
}

// Mended:
// -struct Order(bool);
// +struct Order {
// +    approved: bool,
// +}
