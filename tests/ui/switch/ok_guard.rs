use viewflow::prelude::*;
#[derive(Process, Clone, Debug)]
pub struct P { pub height: Option<u32> }
#[derive(Flow)]
#[flow(process = P)]
struct MyFlow {
    #[fields(height)]
    #[next(how)]
    start: Start,
    #[switch(|a| a.process.height)]
    #[case(Some(h) if h > 20 => drone)]
    #[case(Some(1 | 2) => post)]
    #[case(None | Some(_) => post)]
    how: Switch,
    #[next(end)]
    drone: View,
    #[next(end)]
    post: View,
    end: End,
}
fn main() {
    let engine = Engine::builder(MemoryStore::new()).flow(MyFlow::new()).build().unwrap();
    let a = engine.start(MyFlow::start, &UserId::new("a"), StartFields { height: Some(25) }).unwrap();
    let b = engine.start(MyFlow::start, &UserId::new("a"), StartFields { height: Some(5) }).unwrap();
    engine.open_task(MyFlow::drone, a.id).unwrap(); engine.open_task(MyFlow::post, b.id).unwrap();
   
}
