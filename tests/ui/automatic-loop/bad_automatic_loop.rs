use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(compute)]
    start: Start,
    #[call(Self::compute)]
    #[next(enough)]
    compute: Function,
    #[cond(|_| true)]
    #[then(end)]
    #[otherwise(compute)]
    enough: If,
    end: End,
}

impl MyFlow {
    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[otherwise(compute)]
// -    enough: If,
// +    #[otherwise(ask)]
// +    enough: If,
// +    #[next(compute)]
// +    ask: View,
