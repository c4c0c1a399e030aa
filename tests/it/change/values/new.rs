//! The later version: a way has another name, weights and numbers are texts, and a field has another name.

use viewflow::prelude::*;

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Way {
    #[was("post")]
    Mail,
    Courier,
}

#[derive(Embedded, Clone, Debug, PartialEq)]
pub struct Stage {
    pub way: Way,
    #[field(from = |weight: u32| format!("{weight} kg"))]
    pub weight: String,
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
    #[field(unique, from = |phone: u64| format!("+{phone}"))]
    pub phone: String,
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
    #[field(from = |weight: u32| format!("{weight} kg"))]
    pub weight: String,
}

#[derive(Message, Clone, Debug)]
#[message(name = "values_called", key = phone, latch = drop)]
pub struct Called {
    #[field(from = |phone: u32| format!("+{phone}"))]
    pub phone: String,
}

#[derive(Process, Clone, Debug)]
#[process(table = "values_order", seed = Way, artifact = Stage)]
pub struct Order {
    pub first: Option<Stage>,
    #[field(column, index)]
    pub found_by: Option<Way>,
    pub parcel: Option<Ref<Parcel>>,
    pub ways: Vec<Way>,
    #[field(from = |phone: u32| format!("+{phone}"))]
    pub phone: String,
    #[was("spot")]
    pub place: Option<String>,
}

#[derive(Task, Clone, Debug)]
#[task(artifact = Stage)]
pub struct Choice {
    #[field(default = Way::Mail)]
    pub way: Way,
}

#[derive(Flow)]
#[flow(process = Order, name = "values_order")]
pub struct OrderFlow {
    #[fields(first, found_by, phone, as = OrderForm)]
    #[submit(Self::begin)]
    #[next(choose)]
    start: Start,
    #[fields(first, found_by, ways, phone, place)]
    #[submit(Self::chosen)]
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
    #[message(Called, key = |a| a.process.phone.clone())]
    #[next(gather)]
    called: MessageCatch,
    #[next(end)]
    gather: Join,
    end: End,
}

impl OrderFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, form: OrderForm) -> Result<()> {
        a.process.seed = Some(Way::Mail);
        a.process.artifact.clone_from(&form.first);
        a.process.first = form.first;
        a.process.found_by = form.found_by;
        a.process.phone = form.phone;
        Ok(())
    }

    /// Changes nothing.
    fn chosen(&self, _: &mut Activation<Self, Choice>, _: ChooseFields) -> Result<()> {
        Ok(())
    }
}
