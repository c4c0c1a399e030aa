use viewflow::prelude::*;

type Approval = View;

#[derive(Flow)]
struct NoteFlow {
    #[next(approve)]
    start: StartHandle,
    #[node(kind = ManualTask, name = "approval")]
    #[next(end)]
    approve: Approval,
    end: End,
}

fn main() {
    let _ = NoteFlow::new();
}

// Mended:
// -    #[node(kind = ManualTask, name = "approval")]
// +    #[node(kind = View, name = "approval")]
