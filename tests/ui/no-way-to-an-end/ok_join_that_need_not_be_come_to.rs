use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(ask)]
    #[branch(ask, cond = |_| false)]
    fork: Split,
    #[on_timeout(after = "1d", then = again, interrupting = false)]
    #[next(end)]
    ask: View,
    #[next(fork)]
    again: Join,
    end: End,
}

fn main() {}
