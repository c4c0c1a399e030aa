//! A page of a queue, depending on three numbers.
//!
//! These are the permissions in use, the tasks from which the person is barred, and the groups of the person.

use std::sync::Arc;

use viewflow::graph::Kind;
use viewflow::people::{Candidate, Object};
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{Permission, Timestamp, User};

use super::ground::{Ground, ann, bob, each, fill, small};
use super::{BOTH, Group, MEMORY, Times};
use crate::measure::{Result, float};

pub(super) const GROUPS: &[Group] = &[
    Group::new("customers, a permission on each", 100, BOTH, permissions),
    Group::new("tasks from which the person is barred", BARRED, BOTH, barred),
    Group::new("groups of each of 25 tasks, and of the person", 3, MEMORY, groups),
];
/// How many tasks a page passes over at most.
const BARRED: usize = 2000;
/// The number of tasks on a page.
const PAGE: usize = 25;

#[derive(Entity, Clone, Debug)]
pub(crate) struct Customer {
    #[id]
    pub id: Id<Customer>,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Case {
    pub customer: Option<Ref<Customer>>,
    #[field(default = 0)]
    pub groups: u32,
}

#[derive(Flow)]
#[flow(process = Case)]
pub(crate) struct CustomerFlow {
    #[input(Ref<Customer>)]
    #[call(Self::begin)]
    #[next(answer)]
    start: StartHandle,
    #[permission(auto, object = |a| a.process.customer)]
    #[next(end)]
    answer: View,
    end: End,
}

impl CustomerFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, customer: Ref<Customer>) -> viewflow::Result<()> {
        a.process.customer = Some(customer);
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Case)]
pub(crate) struct EyesFlow {
    #[next(sign)]
    start: Start,
    #[not_by(start)]
    #[next(end)]
    sign: View,
    end: End,
}

#[derive(Flow)]
#[flow(process = Case)]
pub(crate) struct GroupFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(answer)]
    start: StartHandle,
    #[candidates(|a| (0..a.process.groups).map(|number| Candidate::Group(format!("group {number}"))).collect::<Vec<_>>())]
    #[next(end)]
    answer: View,
    end: End,
}

impl GroupFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, groups: u32) -> viewflow::Result<()> {
        a.process.groups = groups;
        Ok(())
    }
}

struct Clerk {
    groups: Vec<String>,
    customer: Option<Ref<Customer>>,
}

impl User for Clerk {
    fn id(&self) -> UserId {
        ann()
    }

    fn groups(&self) -> Vec<String> {
        self.groups.clone()
    }

    fn has_permission(&self, _permission: &str, object: Option<&Object>) -> bool {
        object.and_then(Customer::row_in).is_some_and(|customer| Some(customer) == self.customer)
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        Some(
            self.customer
                .map(|customer| Permission::on("customer.answer", Customer::object(customer)))
                .into_iter()
                .collect(),
        )
    }
}

fn page(engine: &Engine, user: &impl User, holds: usize) -> Result<f64> {
    each(25, |_| {
        let found = engine.queue(user).page(None, PAGE)?.items.len();
        if found == holds { Ok(()) } else { Err(format!("a page of {found} tasks").into()) }
    })
}

fn permissions(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(CustomerFlow::new()).build()?;
    let mut customer = None;
    for _ in 0..size {
        let new = engine.transaction(|db| db.table().insert(Customer { id: Id::NEW }))?;
        engine.run(CustomerFlow::start, new)?;
        customer = Some(new);
    }
    Ok(vec![("queue: permissions in use", page(&engine, &Clerk { groups: Vec::new(), customer }, 1)?)])
}

fn barred(ground: &Ground, size: usize) -> Result<Times> {
    let store = ground.store()?;
    let engine = ground.builder_over(Arc::clone(&store)).flow(EyesFlow::new()).build()?;
    fill(&*store, size, |id, _| TaskRecord {
        barred: vec![ann()],
        ..TaskRecord::new(id, "eyes", "sign", Kind::View, Timestamp::from_millis(0))
    })?;
    for _ in 0..PAGE {
        engine.start(EyesFlow::start, &bob(), ())?;
    }
    ground.rest();
    // It ends early where there are more than it may pass over.
    let is_cut = size > BARRED;
    let holds = if is_cut { 0 } else { PAGE };
    if engine.queue(&ann()).page(None, PAGE)?.is_cut != is_cut {
        return Err(format!("a page among {size} barred tasks").into());
    }
    Ok(vec![("queue: barred", page(&engine, &ann(), holds)?)])
}

/// Measures the time for each group.
fn groups(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(GroupFlow::new()).build()?;
    for _ in 0..PAGE {
        engine.run(GroupFlow::start, small(size)?)?;
    }
    let others = (1..size).map(|number| format!("other {number}"));
    let groups = others.chain([format!("group {}", size - 1)]).collect();
    let time = page(&engine, &Clerk { groups, customer: None }, PAGE)?;
    Ok(vec![("queue: a group", time / float(size))])
}
