// Decisions under other names, in a function, at a start, with raw names, and without `Debug`.
use viewflow::prelude::*;

mod forms {
    use viewflow::prelude::*;

    /// What the board says.
    #[derive(Form, Clone)]
    pub enum Verdict {
        Approve,
        /// It goes back.
        #[case(title = "Turn down", help = "For good", confirm = "Really?")]
        #[was("Refuse", "Deny")]
        Reject {
            /// Why.
            #[field(label = "Reason", max_length = 100)]
            reason: String,
            r#type: Option<u32>,
        },
        r#Other {},
    }

    pub type Ruling = Verdict;
}

#[derive(Flow)]
pub struct MyFlow {
    #[form(forms::Verdict)]
    #[case(Approve => end)]
    #[default(review)]
    start: Start,

    #[form(forms::Ruling)]
    #[case(Approve => end)]
    #[case(Reject => inform, task_seed = |_, v: &forms::VerdictReject| v.r#type.unwrap_or(3))]
    #[case(r#Other => inform, task_seed = Self::other)]
    #[on_timeout(after = "3d", then = end)]
    review: View,

    #[form(forms::Ruling)]
    #[default(end)]
    inform: View<Seed<u32>>,
    end: End,
}

impl MyFlow {
    fn other(&self, _: &Activation<Self, ()>, _: &forms::VerdictOther) -> Result<u32> {
        Ok(7)
    }
}

fn main() {
    #[derive(Form, Clone, Debug)]
    enum Inner {
        Yes { points: u32 },
        No,
    }
    #[derive(Flow)]
    struct InnerFlow {
        #[form(Inner)]
        #[case(Yes => end, task_seed = |_, v| v.points)]
        #[case(No => end, task_seed = |_| 0)]
        start: Start,
        end: End<Seed<u32>>,
    }
    let builder = Engine::builder(MemoryStore::new()).flow(MyFlow::new()).flow(InnerFlow::new());
    let engine = builder.build().unwrap();
    engine.start(InnerFlow::start, &UserId::new("ann"), Inner::Yes { points: 3 }).unwrap();
    let _ = Inner::No;
}
