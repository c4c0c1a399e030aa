use viewflow::prelude::*;

mod mine {
    pub struct Handle;
    pub struct View(pub u8);
}

#[derive(Flow)]
struct MyFlow {
    runtime: mine::Handle,
    view: mine::View,
    #[next(r#match)]
    start: viewflow::Start,
    #[call(Self::r#match::<u8>)]
    #[next(fresh)]
    r#match: Function,
    #[cond(|a| Self::fresh(a))]
    #[then(end)]
    #[otherwise(end)]
    fresh: If,
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
