use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(outer)]
    start: Start,
    #[branch(inner)]
    #[branch(pay)]
    outer: Split,
    #[branch(pack)]
    #[branch(label, cond = |_| true)]
    inner: Split,
    #[next(packed)]
    pack: View,
    #[next(packed)]
    label: View,
    #[next(gather)]
    packed: Join,
    #[next(gather)]
    pay: View,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {}
