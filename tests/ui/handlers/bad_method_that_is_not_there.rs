use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(compute)]
    start: Start,
    #[call(Self::compute)]
    #[next(end)]
    compute: Function,
    end: End,
}

fn main() {}

// Mended:
// -fn main() {}
// +impl MyFlow {
// +    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {}
