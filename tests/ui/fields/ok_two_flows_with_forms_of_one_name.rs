use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct Order {
    pub number: u32,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct BuyFlow {
    #[fields(number)]
    #[next(end)]
    start: Start,
    end: End,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct SellFlow {
    #[fields(number)]
    #[next(check)]
    start: Start,
    #[fields(number)]
    #[next(end)]
    check: View,
    end: End,
}

fn main() {
    let engine = Engine::builder(MemoryStore::new()).flow(BuyFlow::new()).flow(SellFlow::new()).build().unwrap();
    let ann = UserId::new("ann");
    let bought = engine.start(BuyFlow::start, &ann, buy_flow_forms::StartFields { number: 1 }).unwrap();
    let sold = engine.start(SellFlow::start, &ann, sell_flow_forms::StartFields { number: 2 }).unwrap();
    assert_eq!((bought.number, sold.number), (1, 2));
    let task = engine.queue(&ann).of(SellFlow::check).first().unwrap();
    let task = engine.task(SellFlow::check, task.id).unwrap().assign(&ann).unwrap();
    task.execute(&ann, CheckFields { number: 3 }).unwrap();
}
