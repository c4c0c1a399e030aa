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
    #[form(Approve)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -    #[form(Approve)]
// +    #[form(Approve)]
// +    #[submit(Self::begin)]
// -fn main() {}
// +impl MyFlow {
// +    fn begin(&self, _: &mut Activation<Self, ()>, _: Approve) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {}
