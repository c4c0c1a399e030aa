use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Approve {
    approved: bool,
}

#[derive(Form, Clone, Debug)]
struct Remark {
    text: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[form(Approve)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}
