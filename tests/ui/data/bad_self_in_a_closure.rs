use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    limit: u32,
    #[next(decide)]
    start: Start,
    #[cond(|a| a.process.id.0 > u64::from(self.limit))]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {}

// Mended:
// -    #[cond(|a| a.process.id.0 > u64::from(self.limit))]
// +    #[cond(Self::is_large)]
// -fn main() {}
// +impl MyFlow {
// +    fn is_large(&self, a: &Activation<Self, ()>) -> Result<bool> {
// +        Ok(a.process.id.0 > u64::from(self.limit))
// +    }
// +}
// +
// +fn main() {}
