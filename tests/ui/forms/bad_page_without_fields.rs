use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct Visit {
    pub passport: String,
    pub photo: String,
    pub amount: u32,
}

#[derive(Flow)]
#[flow(process = Visit)]
pub struct VisitFlow {
    #[fields(passport, page("Money"))]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -    #[fields(passport, page("Money"))]
// +    #[fields(passport)]
