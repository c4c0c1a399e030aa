use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct PublishProcess {
    pub text: String,
    pub approved: bool,
}

#[derive(Flow)]
#[flow(process = PublishProcess)]
pub struct PublishFlow {
    #[fields(text)]
    #[next(check)]
    start: Start;

    #[cond(|a| a.process.approved)]
    #[then(send)]
    #[otherwise(end)]
    check: If,

    #[call(Self::send)]
    #[next(end)]
    send: Function,

    end: End,
}

impl PublishFlow {
    fn send(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        println!("{}", a.process.text);
        Ok(())
    }
}

fn main() {
    let engine = Engine::builder(MemoryStore::new()).flow(PublishFlow::new()).build().unwrap();
    engine.start(PublishFlow::start, &UserId::new("ann"), StartFields { text: "Hello".to_owned() }).unwrap();
}

// Mended:
// -    start: Start;
// +    start: Start,
