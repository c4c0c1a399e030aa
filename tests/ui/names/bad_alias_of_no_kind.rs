use viewflow::prelude::*;

type Approval = View;

#[derive(Flow)]
struct NoteFlow {
    #[next(approve)]
    start: StartHandle,
    #[node(kind = Veiw)]
    #[next(end)]
    approve: Approval,
    end: End,
}

fn main() {
    let _ = NoteFlow::new();
}

// Mended:
// -    #[node(kind = Veiw)]
// +    #[node(kind = View)]
