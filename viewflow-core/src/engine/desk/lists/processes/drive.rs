//! The lists that drive a list of processes.

use std::collections::BTreeSet;

use viewflow_store::{NodeName, ProcessId, ProcessList, ProcessStatus, TaskId, index_key};

use super::{By, Column, Filters, Parent, ProcessLines};
use crate::data::field::FieldSpec;
use crate::engine::desk::lists::sources::Source;
use crate::engine::gate;
use crate::error::{Error, Result};
use crate::people::Person;

impl ProcessLines<'_> {
    /// The lists to look through, one part after the other, and the reason why the person sees their processes.
    pub(super) fn parts(&self, person: &Person, column: Option<&Column>) -> Result<Vec<(Vec<Source>, By)>> {
        let Filters { flow, parent, starter, part, outcome, .. } = &self.filters;
        let driving = if let Some(parent) = parent {
            vec![match parent {
                Parent::Task(task) => Source::List(self.children_of(*task)),
                Parent::Process(process) => Source::Children(*process, self.nodes_with_children(*process)?),
            }]
        } else if let Some(Column { table, field, key, .. }) = column {
            vec![Source::Column { table, field: field.clone(), key: key.clone() }]
        } else if let Some(starter) = starter {
            self.by_status(ProcessList::StartedBy(starter.clone()), |status| {
                ProcessList::StartedByWith(starter.clone(), status)
            })
        } else if let Some(person) = part {
            vec![Source::Part(person.clone())]
        } else if let (Some(flow), Some(outcome)) = (flow, outcome) {
            vec![Source::List(ProcessList::Outcome(flow.clone(), outcome.clone()))]
        } else {
            return Ok(self.parts_by_right(person));
        };
        Ok(vec![(driving, By::Each)])
    }

    /// The processes that the person may look at by a right on a flow, and then their own.
    fn parts_by_right(&self, person: &Person) -> Vec<(Vec<Source>, By)> {
        let flows: Vec<String> = match &self.filters.flow {
            Some(flow) => vec![flow.clone()],
            None => self.desk.engine.flows().map(str::to_owned).collect(),
        };
        let (mut looked_at, mut told) = (Vec::new(), BTreeSet::new());
        for flow in &flows {
            match gate::visible(person, flow) {
                Some(visible) => told.extend(visible),
                None => looked_at.push(flow.clone()),
            }
        }
        let lists = looked_at.iter().flat_map(|flow| {
            self.by_status(ProcessList::Flow(flow.clone()), |status| ProcessList::Status(flow.clone(), status))
        });
        let by_right = (lists.collect(), By::Right);
        if flows.iter().all(|flow| gate::views_all(person, flow)) {
            return vec![by_right];
        }
        let id = person.id();
        let started = Source::List(ProcessList::StartedBy(id.clone()));
        let theirs = vec![started, Source::Part(id.clone()), Source::These(told.iter().rev().copied().collect())];
        vec![by_right, (theirs, By::Own { looked_at, told })]
    }

    /// A list of all statuses, or one of each that is asked for.
    fn by_status(&self, all: ProcessList, with: impl Fn(ProcessStatus) -> ProcessList) -> Vec<Source> {
        let statuses = &self.filters.statuses;
        if statuses.is_empty() {
            return vec![Source::List(all)];
        }
        let asked = ProcessStatus::ALL.into_iter().filter(|status| statuses.contains(status));
        asked.map(|status| Source::List(with(status))).collect()
    }

    /// The sub-processes of a task, or those of them that run.
    fn children_of(&self, task: TaskId) -> ProcessList {
        let statuses = &self.filters.statuses;
        let are_open = !statuses.is_empty() && statuses.iter().all(|status| !status.is_final());
        if are_open { ProcessList::OpenChildren(task) } else { ProcessList::Children(task) }
    }

    /// The nodes of a process whose tasks run sub-processes.
    fn nodes_with_children(&self, process: ProcessId) -> Result<Vec<NodeName>> {
        let flow = self.store().process(process)?.map(|process| process.record.flow);
        let def = flow.and_then(|flow| self.desk.engine.0.flows.get(flow.as_str()));
        let nodes = def.into_iter().flat_map(|def| def.nodes.iter().map(move |node| (def.name, node)));
        let nodes = nodes.filter(|(_, node)| node.kind.has_children());
        Ok(nodes.map(|(flow, node)| NodeName::new(flow, node.name)).collect())
    }

    /// The column that is asked for.
    pub(super) fn column_asked(&self) -> Result<Option<Column>> {
        let Filters { flow, column, .. } = &self.filters;
        let Some((name, value)) = column else { return Ok(None) };
        let no_column = |why| Error::NoColumn { flow: flow.clone(), column: name.clone(), why };
        let Some(flow) = flow else { return Err(no_column("give its flow, too: columns belong to flows".to_owned())) };
        let Some(def) = self.desk.engine.0.flows.get(flow.as_str()) else { return Err(Error::NoFlow(flow.clone())) };
        let is_named = |spec: &&FieldSpec| spec.name == name || spec.key.join(".") == *name;
        let mut columns = def.process.fields.iter().filter(|spec| spec.column && spec.index.is_some());
        let (Some(spec), Some(table)) = (columns.find(is_named), def.process.table) else {
            let field = def.process.fields.iter().any(|spec| is_named(&spec));
            let why = if field {
                "the field is not indexed: write `#[field(column, index)]`"
            } else {
                "there is no such field"
            };
            return Err(no_column(why.to_owned()));
        };
        let key = (spec.canonical)(value).and_then(|value| index_key(&value));
        let Some(key) = key else { return Err(no_column(format!("{value} is no value of it"))) };
        Ok(Some(Column { flow: def.name, table, field: spec.key.join("."), key }))
    }
}
