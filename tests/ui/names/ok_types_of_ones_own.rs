use viewflow::prelude::*;

mod mine {
    pub struct Handle;
    pub struct View(pub u8);

    pub fn yes(number: u64) -> bool {
        number > 0
    }
}

#[derive(Flow)]
struct MyFlow {
    runtime: mine::Handle,
    view: mine::View,
    #[next(r#match)]
    start: viewflow::nodes::Start,
    #[call(Self::r#match::<u8>)]
    #[next(fresh)]
    r#match: Function,
    #[cond(|a| Self::fresh(a))]
    #[then(typed)]
    #[otherwise(end)]
    fresh: If,
    #[cond(|a: &viewflow::Activation<Self, ()>| self::mine::yes(a.process.id.0) && viewflow::nodes::Node::name(Self::end) == "end")]
    #[then(end)]
    #[otherwise(end)]
    typed: If,
    end: End,
}

impl MyFlow {
    fn r#match<T>(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        let _ = (&self.runtime, self.view.0);
        Ok(())
    }

    fn fresh(a: &Activation<Self, ()>) -> bool {
        a.task.owner.is_none()
    }
}

fn main() {}
