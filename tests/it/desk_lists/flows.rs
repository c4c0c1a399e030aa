//! The flows whose tasks and processes are listed, and the people that look at the lists.

use super::random::takes_part;
use viewflow::people::{Candidate, Object};
use viewflow::prelude::*;
use viewflow::store::{ProcessRecord, TaskRecord};
use viewflow::{EngineBuilder, NodeName, Permission, User};

#[derive(Process, Clone, Debug)]
pub struct Errand {
    #[field(column, index, default = 0)]
    pub region: u32,
    #[field(default = false)]
    pub refused: bool,
}

/// A person sorts an errand; then it is refused, or carried as a parcel.
#[derive(Flow)]
#[flow(process = Errand, name = "errand")]
pub struct ErrandFlow {
    #[fields(region, refused, as = ErrandFields)]
    #[next(sort)]
    start: Start,
    #[candidates(group = "sorters")]
    #[not_by(start)]
    #[next(check)]
    sort: View,
    #[cond(|a| a.process.refused)]
    #[then(refuse)]
    #[otherwise(parcel)]
    check: If,
    #[child(ParcelFlow::start)]
    #[next(done)]
    parcel: Subprocess,
    refuse: End,
    done: End,
}

#[derive(Flow)]
#[flow(name = "parcel")]
pub struct ParcelFlow {
    #[next(carry)]
    start: StartHandle,
    #[candidates(group = "carriers")]
    #[next(end)]
    carry: View,
    end: End,
}

/// Starts for different people.
#[derive(Flow)]
#[flow(process = Errand, name = "gates")]
pub struct GatesFlow {
    #[next(end)]
    open: Start,
    #[permission("gates.all")]
    #[next(end)]
    guarded: Start,
    #[permission("gates.one", object = |a| Some(Id::<Gate>::from_number(a.process.region.into()).to_ref()))]
    #[fields(region, as = GateFields)]
    #[next(end)]
    on_one: Start,
    #[next(end)]
    by_code: StartHandle,
    end: End,
}

#[derive(Entity, Clone, Debug)]
pub struct Gate {
    #[id]
    pub id: Id<Gate>,
}

pub fn with_flows(builder: EngineBuilder) -> Engine {
    builder.flow(ErrandFlow::new()).flow(ParcelFlow::new()).flow(GatesFlow::new()).build().unwrap()
}

pub fn node(name: &str) -> NodeName {
    let flow = if name == "carry" { "parcel" } else { "errand" };
    NodeName { flow: flow.to_owned(), node: name.to_owned() }
}

/// Somebody, with all that they may do.
#[derive(Clone, Debug)]
pub struct Clerk {
    pub name: &'static str,
    pub groups: &'static [&'static str],
    pub rights: Vec<Permission>,
    /// Whether they tell all their permissions.
    pub tells: bool,
    pub is_active: bool,
}

pub fn clerk(name: &'static str) -> Clerk {
    Clerk { name, groups: &[], rights: Vec::new(), tells: true, is_active: true }
}

impl Clerk {
    pub fn of(self, groups: &'static [&'static str]) -> Self {
        Self { groups, ..self }
    }

    /// With a right on all processes of the errands, or on one of them.
    pub fn may(mut self, right: &str, process: Option<u64>) -> Self {
        let flow = right.split('.').next().unwrap_or_default().to_owned();
        let object = process.map(|id| Object::Process { flow, id: ProcessId(id) });
        self.rights.push(Permission { name: right.to_owned(), object });
        self
    }
}

impl User for Clerk {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn groups(&self) -> Vec<String> {
        self.groups.iter().map(|group| (*group).to_owned()).collect()
    }

    fn has_permission(&self, name: &str, object: Option<&Object>) -> bool {
        self.rights
            .iter()
            .any(|right| right.name == name && (right.object.is_none() || right.object.as_ref() == object))
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        self.tells.then(|| self.rights.clone())
    }

    fn is_active(&self) -> bool {
        self.is_active
    }
}

impl Clerk {
    fn may_view(&self, flow: &str, process: ProcessId) -> bool {
        let object = Object::Process { flow: flow.to_owned(), id: process };
        ["view", "manage"].iter().any(|right| self.has_permission(&format!("{flow}.{right}"), Some(&object)))
    }

    pub fn may_take(&self, task: &TaskRecord) -> bool {
        let is = |candidate: &Candidate| match candidate {
            Candidate::User(user) => *user == self.id(),
            Candidate::Group(group) => self.groups.contains(&group.as_str()),
            Candidate::Permission(permission) => self.has_permission(&permission.name, permission.object.as_ref()),
        };
        let is_named = task.candidates.is_empty() || task.candidates.iter().any(is);
        self.is_active && is_named && !task.barred.contains(&self.id())
    }

    /// Whether they may see a task, in other words than the engine's.
    pub fn sees_task(&self, task: &TaskRecord) -> bool {
        let waits = task.status == TaskStatus::New && task.kind.is_human();
        let is_now = task.owner == Some(self.id()) || task.delegated_by == Some(self.id());
        let is_theirs = is_now || task.had.contains(&self.id());
        self.is_active && (is_theirs || waits && self.may_take(task) || self.may_view(&task.flow, task.id.process))
    }

    pub fn sees_process(&self, process: &ProcessRecord, tasks: &[TaskRecord]) -> bool {
        let has_started = process.started_by == Some(self.id()) && process.parent.is_none();
        let is_theirs = has_started || takes_part(self.name, process, tasks);
        self.is_active && (is_theirs || self.may_view(&process.flow, process.id))
    }
}
