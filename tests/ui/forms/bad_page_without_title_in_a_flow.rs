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
    #[fields(page(), passport)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -    #[fields(page(), passport)]
// +    #[fields(page("Papers"), passport)]
