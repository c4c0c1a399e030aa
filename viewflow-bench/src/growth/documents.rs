//! Long documents: that of the process, and that of another task's draft.

use viewflow::prelude::*;
use viewflow::{Document, serde_json::Value};

use super::ground::{Ground, ann, bob, each};
use super::{BOTH, Group, Times};
use crate::measure::{Result, float};

pub(super) const GROUPS: &[Group] = &[Group::new("KiB of a document", 1, BOTH, measure)];

#[derive(Process, Clone, Debug)]
pub(crate) struct Letter {
    #[field(default = "-")]
    pub text: String,
    #[field(default = 0)]
    pub read: u32,
}

#[derive(Flow)]
#[flow(process = Letter)]
pub(crate) struct LetterFlow {
    #[input(String)]
    #[call(Self::begin)]
    #[next(fork)]
    start: StartHandle,
    #[branch(write)]
    #[branch(check)]
    #[branch(read)]
    fork: Split,
    #[fields(text)]
    #[next(gather)]
    write: View,
    #[next(gather)]
    check: View,
    #[call(Self::count)]
    #[next(again)]
    read: Handle,
    #[cond(|_a| true)]
    #[then(read)]
    #[otherwise(gather)]
    again: If,
    #[next(end)]
    gather: Join,
    end: End,
}

impl LetterFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, text: String) -> viewflow::Result<()> {
        a.process.text = text;
        Ok(())
    }

    fn count(&self, a: &mut Activation<Self, ()>) -> viewflow::Result<()> {
        a.process.read += 1;
        Ok(())
    }
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(LetterFlow::new()).build()?;
    let long = "x".repeat(size << 10);
    // Assigns and returns a task that has no draft.
    let check = |id| {
        let task = engine.open_task(LetterFlow::check, id)?.id();
        each(49, |_| {
            engine.assign(task, &bob())?;
            Ok(engine.unassign(task, &bob())?)
        })
    };
    let id = engine.run(LetterFlow::start, long.clone())?.id;
    let without = check(id)?;
    let mut next = engine.open_task(LetterFlow::read, id)?.id();
    let with = each(25, |_| {
        engine.task(LetterFlow::read, next)?.run(())?;
        next.ordinal = engine.process_record(id)?.tasks;
        Ok(())
    })?;
    let id = engine.run(LetterFlow::start, "short".to_owned())?.id;
    let write = engine.open_task(LetterFlow::write, id)?.assign(&ann())?;
    let draft: Document = [("text".to_owned(), Value::from(long))].into_iter().collect();
    write.draft(&ann(), &draft)?;
    Ok(vec![
        ("document: a step without it", without),
        ("document: a step that writes it, a KiB", with / float(size)),
        ("document: a step beside a draft", check(id)?),
    ])
}
