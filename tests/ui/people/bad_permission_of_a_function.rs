use viewflow::prelude::*;

#[derive(Flow)]
struct BillFlow {
    #[next(book)]
    start: Start,
    #[permission("bills.book")]
    #[call(Self::enter)]
    #[next(end)]
    book: Function,
    end: End,
}

impl BillFlow {
    fn enter(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = BillFlow::new();
}

// Mended:
// -    #[permission("bills.book")]
