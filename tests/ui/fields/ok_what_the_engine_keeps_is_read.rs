use std::collections::BTreeSet;

use viewflow::prelude::*;
use viewflow::{Timestamp, handler::ReadOnly};

#[derive(Message, Clone, Debug)]
#[message(key = of)]
struct Answer {
    of: ProcessId,
}

#[derive(Process, Clone, Debug)]
struct Note {
    me: Option<ProcessId>,
}

#[derive(Flow)]
#[flow(process = Note)]
struct NoteFlow {
    #[next(write)]
    start: StartHandle,
    #[call(Self::write)]
    #[next(seeded, task_seed = |a| a.process.id)]
    write: Function,
    #[call(Self::nothing)]
    #[next(wait)]
    seeded: Function<Seed<ProcessId>>,
    #[delay(|a| a.process.created)]
    #[next(answer)]
    wait: Timer,
    #[message(Answer, key = |a| a.process.id)]
    #[next(end)]
    answer: MessageCatch,
    end: End,
}

impl NoteFlow {
    fn write(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let (id, copy): (ProcessId, ReadOnly<ProcessId>) = (*a.process.id, a.process.id);
        let of_it: ProcessId = copy.into();
        assert!(a.process.id == id && id == a.process.id && copy == a.process.id && of_it == id);
        assert!(a.process.id <= id && a.process.created >= Timestamp::from_millis(0) && a.process.finished.is_none());
        assert_eq!(a.process.status, ProcessStatus::New);
        assert_eq!(a.process.finished, None);
        assert_eq!((*a.process.finished, a.task.owner.clone()), (None, None));
        assert_eq!(format!("{} {:?}", a.process.id, a.process.id), format!("{id} {id:?}"));
        assert_eq!(BTreeSet::from([a.process.id, copy]).len(), 1);
        assert!(!a.process.status.is_final() && a.process.id.0 == id.0 && a.task.id.process == id);
        a.process.me = Some(*a.process.id);
        Ok(())
    }

    fn nothing(&self, a: &mut Activation<Self, Seed<ProcessId>>) -> Result<()> {
        assert_eq!(a.task.seed, a.process.id);
        Ok(())
    }
}

fn main() {
    let engine = Engine::builder(MemoryStore::new()).flow(NoteFlow::new()).build().unwrap();
    let process = engine.run(NoteFlow::start, ()).unwrap();
    assert_eq!(process.me, Some(process.id));
}
