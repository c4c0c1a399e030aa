//! A page of an inbox, with the counts of the inbox and of the queue.

use std::sync::Arc;

use viewflow::graph::Kind as NodeKind;
use viewflow::people::Candidate;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{Timestamp, User};

use super::ground::{Ground, Kind, ann, each, fill};
use crate::measure::{Result, Row, Run};

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;
/// The greatest ratio of the two times.
const AT_MOST: f64 = 2.0;
const PAGE: usize = 25;

#[derive(Flow)]
#[flow(name = "mail")]
pub(crate) struct MailFlow {
    #[next(answer)]
    start: StartHandle,
    #[candidates(group = "clerks")]
    #[next(end)]
    answer: View,
    end: End,
}

struct Clerk;

impl User for Clerk {
    fn id(&self) -> UserId {
        ann()
    }

    fn groups(&self) -> Vec<String> {
        vec!["clerks".to_owned()]
    }
}

/// Half of the tasks are in the inbox, and half of them in the queue.
fn task(id: TaskId, number: usize) -> TaskRecord {
    let at = |number: usize| Timestamp::from_millis(i64::try_from(number).unwrap_or(0));
    let new = TaskRecord::new(id, "mail", "answer", NodeKind::View, at(number));
    let candidates = vec![Candidate::group("clerks")];
    let new = TaskRecord { candidates, due_date: Some(at(number * 7919 % 1_000_000)), ..new };
    if number.is_multiple_of(2) {
        return new;
    }
    TaskRecord { status: TaskStatus::Assigned, owner: Some(ann()), assigned: Some(new.created), ..new }
}

/// The times of a page in two orders, each with the counts, in microseconds.
fn measure(ground: &Ground, size: usize) -> Result<[f64; 2]> {
    let store = ground.store()?;
    let engine = ground.builder_over(Arc::clone(&store)).flow(MailFlow::new()).build()?;
    fill(&*store, size, task)?;
    ground.rest();
    let desk = engine.desk(&Clerk);
    let page = |by_due_date: bool| {
        each(100, |_| {
            let inbox = if by_due_date { desk.inbox().by_due_date() } else { desk.inbox() };
            let found = inbox.page(None, PAGE)?.items.len();
            let counts = [desk.inbox().count()?, desk.queue().count()?];
            let is_right = found == PAGE && counts.iter().all(|count| count.is_more);
            if is_right { Ok(()) } else { Err(format!("a page of {found} tasks, {counts:?}").into()) }
        })
    };
    Ok([page(false)?, page(true)?])
}

/// Filling the store takes long, so that it is done once.
pub(super) fn show(run: &Run, kind: Kind) -> Result<()> {
    let many = run.size(MANY, MANY / 20);
    let few = measure(&Ground::new(kind)?, FEW)?;
    let among_many = measure(&Ground::new(kind)?, many)?;
    for (name, (few, among_many)) in ["by age", "by due date"].into_iter().zip(few.into_iter().zip(among_many)) {
        let row = Row::new(format!("growth desk: inbox with counts, {name}, {kind}"), among_many, "us");
        let row = row.against(few).at_most(AT_MOST).among(many, FEW);
        run.show(&row.note(format!("{FEW} and {many} open tasks")));
    }
    Ok(())
}
