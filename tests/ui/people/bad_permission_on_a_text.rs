use viewflow::prelude::*;

#[derive(Flow)]
struct BillFlow {
    #[next(accept)]
    start: Start,
    #[next(book)]
    accept: View,
    #[call(Self::enter)]
    #[next(sign)]
    book: Function,
    #[permission(auto, object = |a| "sales")]
    #[next(pay)]
    sign: View,
    #[next(end)]
    pay: View,
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
// -    #[permission(auto, object = |a| "sales")]
// +    #[permission(auto)]
