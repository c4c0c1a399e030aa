use viewflow::prelude::*;

mod order {
    use viewflow::prelude::*;

    #[derive(Process, Clone, Debug)]
    pub struct Order {
        pub number: u32,
    }

    #[derive(Flow)]
    #[flow(process = Order)]
    pub struct OrderFlow {
        #[fields(number)]
        #[next(end)]
        start: Start,
        end: End,
    }

    pub mod inner {
        use super::Order;
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[flow(process = Order)]
        pub(super) struct NearFlow {
            #[fields(number, as = NearFields)]
            #[next(end)]
            start: Start,
            end: End,
        }

        #[derive(Flow)]
        #[flow(process = Order)]
        pub(in super::super) struct WithinFlow {
            #[fields(number, as = WithinFields)]
            #[next(end)]
            start: Start,
            end: End,
        }

        #[derive(Flow)]
        #[flow(process = Order)]
        pub(crate) struct CrateFlow {
            #[fields(number, as = CrateFields)]
            #[next(end)]
            start: Start,
            end: End,
        }
    }

    mod child {
        use super::*;

        pub(super) fn form() -> StartFields {
            StartFields { number: 4 }
        }
    }

    pub fn forms() -> u32 {
        let near = inner::NearFields { number: 1 }.number + inner::near_flow_forms::NearFields { number: 1 }.number;
        let (_, _) = (inner::NearFlow::start, inner::WithinFlow::start);
        near + inner::WithinFields { number: 2 }.number + child::form().number
    }
}

mod by_name {
    pub use super::order::{OrderFlow, StartFields};
}

fn main() {
    use order::Order;
    use order::inner::{CrateFields, CrateFlow};

    #[derive(Flow)]
    #[flow(process = Order)]
    struct LocalFlow {
        #[fields(number)]
        #[next(end)]
        start: Start,
        end: End,
    }

    let engine = Engine::builder(MemoryStore::new());
    let engine = engine.flow(LocalFlow::new()).flow(CrateFlow::new()).flow(by_name::OrderFlow::new()).build().unwrap();
    let ann = UserId::new("ann");
    engine.start(LocalFlow::start, &ann, StartFields { number: 1 }).unwrap();
    engine.start(CrateFlow::start, &ann, CrateFields { number: 1 }).unwrap();
    engine.start(by_name::OrderFlow::start, &ann, by_name::StartFields { number: 1 }).unwrap();
    engine.start(order::OrderFlow::start, &ann, order::StartFields { number: order::forms() }).unwrap();
}
