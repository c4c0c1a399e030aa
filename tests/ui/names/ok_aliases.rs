use viewflow::prelude::*;
use viewflow::nodes::{Node, StartHandle as Begin, View as Form};

#[derive(Task, Clone, Debug)]
struct Proofread {
    language: String,
}

type Language<T = Proofread> = View<T>;

mod kinds {
    pub mod of_nodes {
        pub use viewflow::nodes::*;
    }
}

#[derive(Flow, Clone, Debug, Default)]
struct NoteFlow {
    handlers: Vec<String>,
    #[node(kind = StartHandle)]
    #[next(write)]
    start: Begin,
    #[node(kind = View, title = "Write it")]
    #[next(proofread, task_data = |_| Proofread { language: "de".to_owned() })]
    write: Form,
    #[node(kind = View)]
    #[on_create(|a| println!("{}", a.task.language))]
    #[next(end)]
    proofread: Language,
    end: kinds::of_nodes::End,
}

fn knows<T>(_: impl Node<Task = T>) {}

fn main() {
    let engine = Engine::builder(MemoryStore::new()).flow(NoteFlow::default().clone()).build().unwrap();
    engine.run(NoteFlow::start, ()).unwrap();
    let (ann, task) = (UserId::new("ann"), engine.queue(&UserId::new("ann")).of(NoteFlow::write).first().unwrap().id);
    engine.task(NoteFlow::write, task).unwrap().assign(&ann).unwrap().execute(&ann, ()).unwrap();
    assert_eq!(engine.queue(&ann).of(NoteFlow::proofread).list().unwrap().len(), 1);
    knows::<Proofread>(NoteFlow::proofread);
    assert!(format!("{:?}", NoteFlow::new(Vec::new())).contains("proofread: View"));
}
