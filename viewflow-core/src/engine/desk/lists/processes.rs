//! Lists of processes that a person may see.

mod drive;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeBounds;

use serde_json::Value;
use viewflow_store::{Cursor, ProcessId, ProcessRecord, ProcessStatus, Store, TaskId, Timestamp, UserId};

use super::cursor::list_number;
use super::{Between, Count, ListCursor, MOST_COUNTED, ProcessLine, passes_at};
use crate::engine::desk::Desk;
use crate::engine::read::merged::{End, LOOK, Merged, Seen, Span, look};
use crate::engine::{Inner, Page, gate};
use crate::error::Result;
use crate::people::{Person, User};
use crate::unit::versions::About;

impl<'u> Desk<'u> {
    /// The processes that this person may see.
    pub fn processes(&self) -> ProcessLines<'u> {
        ProcessLines { desk: self.clone(), filters: Filters::default(), is_of_parent: false }
    }

    /// The sub-processes of a task or a process, as far as this person may see them.
    pub fn children(&self, of: impl Into<Parent>) -> ProcessLines<'u> {
        ProcessLines { is_of_parent: true, ..self.processes().parent(of) }
    }
}

/// The task or process that sub-processes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// A task.
    Task(TaskId),
    /// Any task of a process.
    Process(ProcessId),
}

impl From<TaskId> for Parent {
    fn from(task: TaskId) -> Self {
        Self::Task(task)
    }
}

impl From<ProcessId> for Parent {
    fn from(process: ProcessId) -> Self {
        Self::Process(process)
    }
}

/// A list of processes as a person sees them. Nothing is read before it is asked for.
///
/// A filter can be given once, but for [`ProcessLines::status`]; all of them have to hold.
/// Of the filters with a list of their own the first one drives.
/// The order is parent, column, starter, participant, outcome with its flow.
/// The processes of a starter, of a participant and of an outcome come newest first, others oldest first.
/// Those of a parent process come by its tasks, the newest task first.
///
/// Without such a filter, the processes come first that the person may look at by `flow.view` or `flow.manage`,
/// oldest first.
/// Then come others that they started, took part in, or may look at alone, newest first.
///
/// ```
/// # use viewflow_core::{Engine, MemoryStore, ProcessStatus, UserId};
/// let engine = Engine::builder(MemoryStore::new()).build()?;
/// let ann = UserId::new("ann");
/// let running = engine.desk(&ann).processes().mine().status(ProcessStatus::New).page(None, 25)?;
/// for process in running.items {
///     println!("{} {} since {:?}", process.id, process.title, process.created.to_text());
/// }
/// # Ok::<(), viewflow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ProcessLines<'u> {
    desk: Desk<'u>,
    filters: Filters,
    /// Whether the parent has to be seen, too.
    is_of_parent: bool,
}

#[derive(Clone, Debug, Default)]
struct Filters {
    flow: Option<String>,
    statuses: Vec<ProcessStatus>,
    parent: Option<Parent>,
    starter: Option<UserId>,
    part: Option<UserId>,
    outcome: Option<String>,
    created: Option<Between>,
    finished: Option<Between>,
    column: Option<(String, Value)>,
}

impl Filters {
    fn pass(&self, process: &ProcessRecord) -> bool {
        let of_parent = |parent: Parent| match parent {
            Parent::Task(task) => process.parent == Some(task),
            Parent::Process(id) => process.parent.is_some_and(|task| task.process == id),
        };
        self.flow.as_ref().is_none_or(|flow| *flow == process.flow)
            && (self.statuses.is_empty() || self.statuses.contains(&process.status))
            && self.parent.is_none_or(of_parent)
            && self.starter.as_ref().is_none_or(|starter| process.started_by.as_ref() == Some(starter))
            // Of a sub-process the record says whose step made it.
            && (self.starter.is_none() || process.parent.is_none())
            && self.outcome.as_ref().is_none_or(|outcome| process.outcome.as_ref() == Some(outcome))
            && passes_at(self.created, Some(process.created))
            && passes_at(self.finished, process.finished)
    }
}

/// By what the processes of a list are seen.
enum By {
    /// By a right on them.
    Right,
    /// They are the person's own. Another part shows those of the flows `looked_at` that the person has a right on.
    /// Permissions name the processes `told`, which may be of other flows.
    Own { looked_at: Vec<String>, told: BTreeSet<ProcessId> },
    /// Each is asked about.
    Each,
}

/// A column of a flow, and the key to find in it.
struct Column {
    flow: &'static str,
    table: &'static str,
    field: String,
    key: Vec<u8>,
}

impl fmt::Debug for ProcessLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessLines").field("desk", &self.desk).field("filters", &self.filters).finish_non_exhaustive()
    }
}

impl ProcessLines<'_> {
    /// Only the processes of this flow, by its stored name.
    pub fn flow(mut self, flow: impl Into<String>) -> Self {
        self.filters.flow = Some(self.desk.flow_today(flow.into()));
        self
    }

    /// Only the processes with this status, or with one of several where it is called several times.
    pub fn status(mut self, status: ProcessStatus) -> Self {
        self.filters.statuses.push(status);
        self
    }

    /// Only the sub-processes of a task, or of all tasks of a process.
    pub fn parent(mut self, parent: impl Into<Parent>) -> Self {
        self.filters.parent = Some(parent.into());
        self
    }

    /// Only the processes that this person started, without sub-processes.
    pub fn starter(mut self, person: UserId) -> Self {
        self.filters.starter = Some(person);
        self
    }

    /// Only the processes that the person at the desk started.
    pub fn mine(self) -> Self {
        let person = self.desk.id();
        self.starter(person)
    }

    /// Only the processes in which this person took part: they have, had, did or delegated a task there.
    pub fn participant(mut self, person: UserId) -> Self {
        self.filters.part = Some(person);
        self
    }

    /// Only the processes that came to the end with this stored name.
    pub fn outcome(mut self, end: impl Into<String>) -> Self {
        self.filters.outcome = Some(end.into());
        self
    }

    /// Only the processes that were started within a range.
    pub fn created(mut self, range: impl RangeBounds<Timestamp>) -> Self {
        self.filters.created = Some(Between::times(&range));
        self
    }

    /// Only the processes that were finished within a range.
    pub fn finished(mut self, range: impl RangeBounds<Timestamp>) -> Self {
        self.filters.finished = Some(Between::times(&range));
        self
    }

    /// Only the processes with this value in an indexed column of their flow: `#[field(column, index)]`.
    /// The flow has to be given, too, with [`ProcessLines::flow`].
    pub fn column(mut self, name: impl Into<String>, value: Value) -> Self {
        self.filters.column = Some((name.into(), value));
        self
    }

    /// At most `limit` processes that come after `after`, which is where a page ended.
    ///
    /// A page reads entries of the list, and all records of the page at once.
    /// It passes over 2,000 entries at most that the filters, or the person's rights, leave out.
    /// Then it ends early ([`Page::is_cut`]), and the next page goes on from there.
    ///
    /// # Errors
    /// [`Error::OtherList`](crate::Error::OtherList) when the cursor is not of this list;
    /// [`Error::NoColumn`](crate::Error::NoColumn) when there is no such column.
    /// For [`Desk::children`], `NoTask` and `NoProcess` when the person does not see the parent.
    pub fn page(&self, after: Option<ListCursor>, limit: usize) -> Result<Page<ProcessLine, ListCursor>> {
        let person = Person::for_lists(&self.desk);
        let list = list_number("processes", person.id().as_str(), &format!("{:?}", self.filters));
        let after = after.map(|after| after.of_list(list)).transpose()?;
        let Page { items, next, is_cut } = self.read(&person, after.map(|after| (after.part, after.place)), limit)?;
        let items = items.into_iter().map(|process| self.desk.process_line(process)).collect();
        Ok(Page { items, next: next.map(|(part, place)| ListCursor::new(list, part, place)), is_cut })
    }

    /// How many processes there are, counted up to 99.
    ///
    /// # Errors
    /// As [`ProcessLines::page`].
    pub fn count(&self) -> Result<Count> {
        let page = self.read(&Person::for_lists(&self.desk), None, MOST_COUNTED + 1)?;
        Ok(Count::of(page.items.len(), page.is_cut))
    }

    fn store(&self) -> &dyn Store {
        &*self.desk.engine.0.store
    }

    fn read(
        &self,
        person: &Person,
        after: Option<(u8, Cursor)>,
        limit: usize,
    ) -> Result<Page<ProcessRecord, (u8, Cursor)>> {
        self.see_parent(person)?;
        let column = self.column_asked()?;
        if !person.is_active() {
            return Ok(Page { items: Vec::new(), next: None, is_cut: false });
        }
        let Some(column) = column else { return self.look(person, None, after, limit) };
        let Inner { store, versions, .. } = &*self.desk.engine.0;
        loop {
            let agreed = versions.agreed(About::Columns, column.flow);
            let page = self.look(person, Some(&column), after, limit)?;
            // Had another version begun to renew the columns before they were read, its note would be there by now.
            let holds = agreed.map(|(flow, agreed)| versions.holds(&**store, About::Columns, flow, agreed));
            if holds.transpose()?.unwrap_or(true) {
                return Ok(page);
            }
        }
    }

    fn look(
        &self,
        person: &Person,
        column: Option<&Column>,
        after: Option<(u8, Cursor)>,
        limit: usize,
    ) -> Result<Page<ProcessRecord, (u8, Cursor)>> {
        let mut items = Vec::new();
        if limit == 0 {
            return Ok(Page { items, next: after, is_cut: false });
        }
        let (mut left, mut place) = (LOOK, after.map(|(_, place)| place));
        let first = after.map_or(0, |(part, _)| part);
        let parts: Vec<_> = (0..).zip(self.parts(person, column)?).filter(|(part, _)| *part >= first).collect();
        let last = parts.last().map(|(part, _)| *part);
        for (part, (sources, by)) in parts {
            let wanted = limit - items.len();
            let mut merged = Merged::new(self.store(), sources, None, place.take(), wanted).within(Span::ALL, left);
            let mut fetch = |some: &[Cursor]| self.fetch(person, column, &by, some);
            let Seen { items: found, end } = look(&mut merged, wanted, &mut fetch)?;
            items.extend(found);
            match end {
                End::Over => left = merged.left(),
                End::Full { is_over: true, .. } if last == Some(part) => break,
                End::Full { at, .. } => return Ok(Page { items, next: Some((part, at)), is_cut: false }),
                End::Cut(at) => return Ok(Page { items, next: Some((part, at)), is_cut: true }),
            }
        }
        Ok(Page { items, next: None, is_cut: false })
    }

    /// The processes at these places, as far as they are to be shown.
    fn fetch(
        &self,
        person: &Person,
        column: Option<&Column>,
        by: &By,
        some: &[Cursor],
    ) -> Result<Vec<Option<ProcessRecord>>> {
        let ids: Vec<ProcessId> = some.iter().map(|place| place.task.process).collect();
        let mut found = self.store().processes_at(&ids)?;
        for process in &mut found {
            *process = process.take().filter(|process| self.filters.pass(process));
            if let Some(seen) = process
                && !self.shows(person, by, seen)?
            {
                *process = None;
            }
        }
        // The column's own list has told.
        if let (Some(column), true) = (column, self.filters.parent.is_some()) {
            let asked: Vec<u64> = found.iter().flatten().map(|process| process.id.0).collect();
            let mut rows = self.store().rows_at(column.table, &asked)?.into_iter();
            for process in found.iter_mut().filter(|process| process.is_some()) {
                let row = rows.next().flatten();
                *process = process.take().filter(|_| row.is_some_and(|row| row.has(&column.field, &column.key)));
            }
        }
        Ok(found)
    }

    /// Whether a process of a list is to be shown.
    fn shows(&self, person: &Person, by: &By, process: &ProcessRecord) -> Result<bool> {
        let may_view = || gate::may_view(person, &process.flow, process.id);
        let is_seen = match by {
            By::Right => may_view(),
            By::Own { looked_at, .. } if looked_at.contains(&process.flow) && may_view() => false,
            By::Own { told, .. } => !told.contains(&process.id) || self.desk.sees_process(person, process)?,
            By::Each => self.desk.sees_process(person, process)?,
        };
        match &self.filters.part {
            Some(user) if is_seen => self.desk.took_part(user, process.id),
            _ => Ok(is_seen),
        }
    }

    /// The parent is seen where that is asked for.
    fn see_parent(&self, person: &Person) -> Result<()> {
        match self.filters.parent.filter(|_| self.is_of_parent) {
            Some(Parent::Task(task)) => self.desk.seen_task(person, task).map(drop),
            Some(Parent::Process(process)) => self.desk.seen_process(person, process).map(drop),
            None => Ok(()),
        }
    }
}
