//! A minimal program with one flow and a store on disk. Its size is the figure `binary`.

use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Greeting {
    #[field(max_length = 150)]
    pub text: String,
    #[field(default = false)]
    pub approved: bool,
}

#[derive(Flow)]
#[flow(process = Greeting)]
struct GreetFlow {
    #[fields(text)]
    #[next(approve)]
    start: Start,

    #[fields(approved)]
    #[next(decide)]
    approve: View,

    #[cond(|a| a.process.approved)]
    #[then(greet)]
    #[otherwise(end)]
    decide: If,

    #[call(Self::greet)]
    #[next(end)]
    greet: Function,

    end: End,
}

impl GreetFlow {
    fn greet(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        println!("{}, world", a.process.text);
        Ok(())
    }
}

fn main() -> Result<()> {
    let directory = std::env::args().nth(1).ok_or_else(|| Error::msg("which directory?"))?;
    let engine = Engine::builder(SledStore::open(directory)?).flow(GreetFlow::new()).build()?;
    let ann = UserId::new("ann");
    let process = engine.start(GreetFlow::start, &ann, StartFields { text: "Hello".to_owned() })?;
    let task = engine.open_task(GreetFlow::approve, process.id)?;
    task.assign(&ann)?.execute(&ann, ApproveFields { approved: true })
}
