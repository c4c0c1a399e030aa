use viewflow::prelude::*;

type Approval = View;

#[derive(Flow)]
struct NoteFlow {
    #[next(approve)]
    start: StartHandle,
    #[node(kind = "View")]
    #[next(end)]
    approve: Approval,
    end: End,
}

fn main() {
    let _ = NoteFlow::new();
}

// Mended:
// -    #[node(kind = "View")]
// +    #[node(kind = View)]
