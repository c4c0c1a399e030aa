use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Approve {
    approved: bool,
}

#[derive(Form, Clone, Debug)]
struct Remark {
    text: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[form(Approve)]
    #[submit(Self::remark)]
    #[next(end)]
    review: View,
    end: End,
}

impl MyFlow {
    fn remark(&self, _: &mut Activation<Self, ()>, form: Remark) -> Result<()> {
        let _ = form.text;
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[form(Approve)]
// +    #[form(Remark)]
