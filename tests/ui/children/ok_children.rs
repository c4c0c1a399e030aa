use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
#[process(seed = Option<u32>)]
struct Letter {
    text: String,
}

#[derive(Flow)]
#[flow(process = Letter)]
struct LetterFlow {
    #[next(done)]
    begin: StartHandle<Seed<Option<u32>>>,
    done: End,
}

#[derive(Flow)]
struct MyFlow {
    #[next(one)]
    start: StartHandle,
    #[child(LetterFlow::begin)]
    #[on_error(code = "lost", then = many)]
    #[on_escalation(code = "late", then = told)]
    #[next(many)]
    one: Subprocess,
    told: End,
    #[child(
        LetterFlow::begin,
        process_seed = |_| 7,
        task_seed = |_| Some(8),
        process_data_source = |_| ["Ann", "Bob"].map(MyFlow::letter),
        sequential,
    )]
    #[done(Self::done)]
    #[next(seeds)]
    many: NSubprocess,
    #[child(LetterFlow::begin, process_data = Self::same, process_seed_source = |_| [1, 2])]
    #[next(end)]
    seeds: NSubprocess,
    end: End,
}

impl MyFlow {
    fn letter(name: &str) -> Letter {
        Letter { text: format!("Dear {name}") }
    }

    fn same(&self, _: &Activation<Self, ()>) -> Result<Letter> {
        Ok(Self::letter("all"))
    }

    fn done(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let _: String = a.child(Self::one)?.text;
        let _ = a.children(Self::many)?[0].seed;
        Ok(())
    }
}

fn main() {}
