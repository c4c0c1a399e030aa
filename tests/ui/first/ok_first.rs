use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(race)]
    start: StartHandle,
    #[branch(answer, cond = |a| a.process.id.0 > 1)]
    #[branch(wait)]
    race: SplitFirst,
    #[next(fork)]
    answer: View,
    #[delay("3d")]
    #[next(late)]
    wait: Timer,
    #[code("late")]
    late: ErrorEnd,
    #[branch(a)]
    #[branch(b)]
    fork: Split,
    #[next(gather)]
    a: ManualTask,
    #[next(gather)]
    b: Handle,
    #[until(|a| a.arrived()? >= 1)]
    #[next(tell)]
    gather: Join,
    #[code("told")]
    #[next(stop)]
    tell: EscalationThrow,
    stop: Terminate,
}

fn main() {}
