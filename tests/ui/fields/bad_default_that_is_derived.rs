use viewflow::prelude::*;

#[derive(Process, Clone, Debug, Default)]
struct Item {
    title: String,
    #[field(default = 1)]
    pieces: u32,
}

fn main() {
    let _ = Item { title: "cup".into(), ..Item::default() };
}

// Mended:
// -#[derive(Process, Clone, Debug, Default)]
// +#[derive(Process, Clone, Debug)]
