//! A process whole.

use serde::Serialize;
use viewflow_store::{ProcessId, ProcessRecord, StoreError, TaskId};

use super::Desk;
use super::chart::{Chart, chart_of};
use super::happened::ShownEvent;
use super::line::{ProcessLine, TaskLine};
use super::may::{MayDo, may_do_to_process};
use super::shown::{Shower, ShownField};
use crate::engine::Page;
use crate::error::{Error, Result};
use crate::people::Person;
use crate::unit::Db;

/// How many tasks, children and events a process is shown with.
const PAGE: usize = 50;

/// A process with all that a person needs to see how far it is.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ProcessDetails {
    /// The process in a line.
    pub line: ProcessLine,
    /// The task that runs it as a sub-process, where this person sees the process of that task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// Its data, columns included.
    pub fields: Vec<ShownField>,
    /// What it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<ShownField>,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ShownField>,
    /// Its tasks, in the order in which they were made: the first page of [`Desk::tasks_of`].
    pub tasks: Page<TaskLine, u32>,
    /// The first of its sub-processes, of those that this person sees: the first page of [`Desk::children`].
    pub children: Vec<ProcessLine>,
    /// Whether it may have more sub-processes than are shown here.
    pub more_children: bool,
    /// Its chart; none where the flow is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// Its events, newest first: the first page of [`Desk::history`].
    pub history: Page<ShownEvent, u32>,
    /// The actions that this person may do with it now, and the reasons against the rest.
    pub actions: Vec<MayDo>,
}

impl Desk<'_> {
    /// A process whole, as it is for this person.
    ///
    /// The person sees each of its tasks in a line.
    /// The form and the data of a task are for people who see that task: see [`Desk::task`].
    ///
    /// # Errors
    /// [`Error::NoProcess`](crate::Error::NoProcess) for a process that this person does not see.
    pub fn process(&self, id: ProcessId) -> Result<ProcessDetails> {
        let person = Person::of(self);
        self.engine.transaction(|db| {
            // The step relies on the process, so that all of this is of one moment.
            let process = self.process_in_step(db, &person, id)?;
            self.process_details(db, &person, &process)
        })
    }

    /// The tasks of a process in the order in which they were made, each in a line. Returns at most `limit` tasks after
    /// the ordinal `after`.
    ///
    /// # Errors
    /// As [`Desk::process`].
    pub fn tasks_of(&self, process: ProcessId, after: u32, limit: usize) -> Result<Page<TaskLine, u32>> {
        self.seen_process(&Person::of(self), process)?;
        self.task_lines(process, after, limit)
    }

    fn task_lines(&self, process: ProcessId, after: u32, limit: usize) -> Result<Page<TaskLine, u32>> {
        let mut tasks = self.engine.tasks(process, after, limit.saturating_add(1))?;
        let has_more = tasks.len() > limit;
        tasks.truncate(limit);
        let next = tasks.last().map_or(after, |task| task.id.ordinal);
        let items = tasks.into_iter().map(|task| self.task_line(task)).collect();
        Ok(Page { items, next: has_more.then_some(next), is_cut: false })
    }

    fn process_details(&self, db: &Db, person: &Person, process: &ProcessRecord) -> Result<ProcessDetails> {
        let mut details = ProcessDetails {
            line: self.process_line(process.clone()),
            parent: None,
            fields: Vec::new(),
            seed: None,
            artifact: None,
            tasks: self.task_lines(process.id, 0, PAGE)?,
            children: Vec::new(),
            more_children: false,
            chart: None,
            history: self.happened(db, person, (process.id, process.events), None, PAGE)?,
            actions: may_do_to_process(person, process),
        };
        if let Some(parent) = process.parent {
            let record = self.engine.0.store.process(parent.process)?;
            let sees = record.map(|record| self.sees_process(person, &record.record)).transpose()?;
            details.parent = Some(parent).filter(|_| sees == Some(true));
        }
        let Some(def) = self.engine.0.flows.get(process.flow.as_str()) else { return Ok(details) };
        let shower = Shower::new(db);
        let columns = db.columns(def.process.table, process.id)?;
        let data = db.unit(|unit| unit.process_data(process.id).cloned())?;
        details.fields = shower.process(&def.process, &data, columns.as_ref())?;
        [details.seed, details.artifact] = shower.ends(def.process.end_kinds, &data.seed, &data.artifact)?;
        details.chart = Some(chart_of(def, self.engine.marks(process.id)?));
        (details.children, details.more_children) = self.first_children(process.id)?;
        Ok(details)
    }

    /// The first children of a process that this person sees, and whether there may be more.
    fn first_children(&self, process: ProcessId) -> Result<(Vec<ProcessLine>, bool)> {
        match self.children(process).page(None, PAGE) {
            // A store of an earlier release still fills the list.
            Err(Error::Store(StoreError::NotReady { .. })) => Ok((Vec::new(), true)),
            page => page.map(|page| (page.items, page.next.is_some())),
        }
    }
}
