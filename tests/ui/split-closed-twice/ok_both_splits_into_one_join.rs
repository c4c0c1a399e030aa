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
    #[branch(label)]
    inner: Split,
    #[next(gather)]
    pack: View,
    #[next(gather)]
    label: View,
    #[next(gather)]
    pay: View,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {}
