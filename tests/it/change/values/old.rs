//! The version that wrote the stored values.

use viewflow::prelude::*;

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Post,
    Courier,
}

#[derive(Embedded, Clone, Debug, PartialEq)]
pub struct Stage {
    pub way: Way,
    pub weight: u32,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "values_parcel")]
pub struct Parcel {
    #[id]
    pub id: Id<Self>,
    #[field(index)]
    pub way: Way,
    #[field(index)]
    pub ways: Vec<Way>,
    #[field(index)]
    pub stage: Option<Stage>,
    #[field(unique)]
    pub phone: u64,
}

#[derive(Message, Clone, Debug)]
#[message(name = "values_shipped", key = stage)]
pub struct Shipped {
    pub stage: Stage,
}

#[derive(Message, Clone, Debug)]
#[message(name = "values_weighed", key = way, latch = last)]
pub struct Weighed {
    pub way: Way,
    pub weight: u32,
}

#[derive(Message, Clone, Debug)]
#[message(name = "values_called", key = phone, latch = drop)]
pub struct Called {
    pub phone: u32,
}

#[derive(Process, Clone, Debug)]
#[process(table = "values_order", seed = Way, artifact = Stage)]
pub struct Order {
    pub first: Option<Stage>,
    #[field(column, index)]
    pub found_by: Option<Way>,
    pub parcel: Option<Ref<Parcel>>,
    pub ways: Vec<Way>,
    pub phone: u32,
    pub spot: Option<String>,
}

#[derive(Task, Clone, Debug)]
#[task(artifact = Stage)]
pub struct Choice {
    #[field(default = Way::Post)]
    pub way: Way,
}

#[derive(Flow)]
#[flow(process = Order, name = "values_order")]
pub struct OrderFlow {
    #[fields(first, found_by, phone, as = OrderForm)]
    #[submit(Self::begin)]
    #[next(choose)]
    start: Start,
    #[fields(first, found_by, ways, phone, spot)]
    #[next(fork)]
    choose: View<Choice>,
    #[branch(shipped)]
    #[branch(weighed)]
    #[branch(called)]
    fork: Split,
    #[message(Shipped, key = |a| a.process.first.clone().unwrap())]
    #[next(gather)]
    shipped: MessageCatch,
    #[message(Weighed, key = |a| a.process.first.clone().unwrap().way)]
    #[next(gather)]
    weighed: MessageCatch,
    #[message(Called, key = |a| a.process.phone)]
    #[next(gather)]
    called: MessageCatch,
    #[next(end)]
    gather: Join,
    end: End,
}

impl OrderFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, form: OrderForm) -> Result<()> {
        a.process.seed = Some(Way::Post);
        a.process.artifact.clone_from(&form.first);
        a.process.first = form.first;
        a.process.found_by = form.found_by;
        a.process.phone = form.phone;
        Ok(())
    }
}
