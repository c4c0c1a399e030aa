use viewflow as vf;
use viewflow::prelude::*;

mod kinds {
    pub mod of_nodes {
        pub use viewflow::prelude::{End, Terminate};
    }
}

#[derive(Flow)]
struct NoteFlow {
    #[next(write)]
    start: vf::nodes::StartHandle,
    #[next(end)]
    #[on_timeout(after = "3d", then = late)]
    write: self::View,
    end: vf::nodes::End,
    late: kinds::of_nodes::Terminate,
}

fn main() {
    let _ = (NoteFlow::new(), NoteFlow::late);
}
