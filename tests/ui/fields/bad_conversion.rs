use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Note {
    #[field(from = |old| old.to_string())]
    count: String,
    #[field(from = |old: u8| old + 1)]
    minutes: String,
}

fn main() {}

// Mended:
// -    #[field(from = |old| old.to_string())]
// +    #[field(from = |old: u8| old.to_string())]
// -    #[field(from = |old: u8| old + 1)]
// +    #[field(from = |old: u8| format!("{old}"))]
