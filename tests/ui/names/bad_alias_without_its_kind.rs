use viewflow::prelude::*;

type Approval = View;

#[derive(Flow)]
struct NoteFlow {
    #[next(approve)]
    start: StartHandle,
    #[next(end)]
    approve: Approval,
    end: End,
}

fn main() {
    let _ = NoteFlow::new();
}

// Mended:
// -    #[next(end)]
// -    approve: Approval,
// +    #[node(kind = View)]
// +    #[next(end)]
// +    approve: Approval,
