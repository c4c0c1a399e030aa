//! Lists of tasks: inbox, queue, archive, and all that a person may see.

mod drive;

use std::fmt;
use std::ops::RangeBounds;

use viewflow_store::{
    Cursor, NodeName, Order, ProcessId, Store, StoreResult, TaskList, TaskRecord, TaskStatus, Timestamp, UserId,
};

use super::cursor::list_number;
use super::{Between, Count, ListCursor, MOST_COUNTED, TaskLine, passes, passes_at};
use crate::engine::Page;
use crate::engine::desk::{Desk, sight};
use crate::engine::read::audience::Audience;
use crate::engine::read::look::{TaskCursor, TaskLook};
use crate::engine::read::merged::{LOOK, MOST, Span};
use crate::error::Result;
use crate::people::Person;

impl<'u> Desk<'u> {
    /// The tasks that this person has to do, oldest first.
    pub fn inbox(&self) -> TaskLines<'u> {
        TaskLines::new(self, Of::Inbox)
    }

    /// The tasks that nobody has and this person may take, oldest first.
    pub fn queue(&self) -> TaskLines<'u> {
        TaskLines::new(self, Of::Queue)
    }

    /// The tasks that this person has done, newest first.
    pub fn archive(&self) -> TaskLines<'u> {
        TaskLines::new(self, Of::Archive)
    }

    /// All tasks that this person may see, oldest first: for people who manage or view processes.
    ///
    /// Without a filter it looks through the tasks of all flows of this engine.
    /// Tasks of a flow that is not known here are listed when that flow, or their process, is asked for.
    pub fn tasks(&self) -> TaskLines<'u> {
        TaskLines::new(self, Of::Seen)
    }
}

/// A list of tasks as a person sees them. Nothing is read before it is asked for.
///
/// A filter can be given once, but for [`TaskLines::status`]; all of them have to hold.
///
/// ```
/// # use viewflow_core::{Engine, MemoryStore, Timestamp, UserId};
/// let engine = Engine::builder(MemoryStore::new()).build()?;
/// let ann = UserId::new("ann");
/// let inbox = engine.desk(&ann).inbox().due(..engine.transaction(|db| Ok(db.now()))?).by_due_date();
/// let page = inbox.page(None, 25)?;
/// println!("{} of {}", page.items.len(), inbox.count()?);
/// # Ok::<(), viewflow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct TaskLines<'u> {
    desk: Desk<'u>,
    of: Of,
    filters: Filters,
    order: Option<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Inbox,
    Queue,
    Archive,
    Seen,
}

#[derive(Clone, Debug, Default)]
struct Filters {
    flow: Option<String>,
    node: Option<NodeName>,
    statuses: Vec<TaskStatus>,
    process: Option<ProcessId>,
    owner: Option<UserId>,
    due: Option<Between>,
    created: Option<Between>,
    finished: Option<Between>,
    priority: Option<Between>,
}

impl Filters {
    fn pass(&self, task: &TaskRecord) -> bool {
        self.flow.as_ref().is_none_or(|flow| *flow == task.flow)
            && self.node.as_ref().is_none_or(|node| node.flow == task.flow && node.node == task.node)
            && (self.statuses.is_empty() || self.statuses.contains(&task.status))
            && self.process.is_none_or(|process| process == task.id.process)
            && self.owner.as_ref().is_none_or(|owner| task.owner.as_ref() == Some(owner))
            && passes_at(self.due, task.due_date)
            && passes_at(self.created, Some(task.created))
            && passes_at(self.finished, task.finished)
            && passes(self.priority, task.priority.map(i64::from))
    }
}

impl fmt::Debug for TaskLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLines")
            .field("desk", &self.desk)
            .field("of", &self.of)
            .field("filters", &self.filters)
            .field("order", &self.order)
            .finish()
    }
}

impl<'u> TaskLines<'u> {
    fn new(desk: &Desk<'u>, of: Of) -> Self {
        Self { desk: desk.clone(), of, filters: Filters::default(), order: None }
    }

    /// Only the tasks of this flow, by its stored name.
    pub fn flow(mut self, flow: impl Into<String>) -> Self {
        self.filters.flow = Some(self.desk.flow_today(flow.into()));
        self
    }

    /// Only the tasks of this node.
    pub fn node(mut self, node: &NodeName) -> Self {
        self.filters.node = Some(self.desk.node_today(node));
        self
    }

    /// Only the tasks with this status, or with one of several where it is called several times.
    pub fn status(mut self, status: TaskStatus) -> Self {
        self.filters.statuses.push(status);
        self
    }

    /// Only the tasks of this process. Of [`Desk::tasks`] they come in the order in which they were made.
    pub fn process(mut self, process: ProcessId) -> Self {
        self.filters.process = Some(process);
        self
    }

    /// Only the tasks that this person has, or did. Of [`Desk::tasks`] they come by process, the newest process first.
    pub fn owner(mut self, owner: UserId) -> Self {
        self.filters.owner = Some(owner);
        self
    }

    /// Only the tasks that are due within a range: `..now` are those that are overdue.
    pub fn due(mut self, range: impl RangeBounds<Timestamp>) -> Self {
        self.filters.due = Some(Between::times(&range));
        self
    }

    /// Only the tasks that were made within a range.
    pub fn created(mut self, range: impl RangeBounds<Timestamp>) -> Self {
        self.filters.created = Some(Between::times(&range));
        self
    }

    /// Only the tasks that were done within a range.
    pub fn finished(mut self, range: impl RangeBounds<Timestamp>) -> Self {
        self.filters.finished = Some(Between::times(&range));
        self
    }

    /// Only the tasks with a priority within a range: `5..` are those that are as urgent as 5, or more urgent.
    pub fn priority(mut self, range: impl RangeBounds<i32>) -> Self {
        self.filters.priority = Some(Between::of(&range, |priority| i64::from(*priority)));
        self
    }

    /// The soonest due date first, and then the tasks that have none, oldest first.
    /// It sorts an inbox or a queue; other lists stay as they are.
    pub fn by_due_date(self) -> Self {
        self.sorted(Order::DueDate)
    }

    /// The highest priority first, and then the tasks that have none, oldest first.
    /// It sorts an inbox or a queue; other lists stay as they are.
    pub fn by_priority(self) -> Self {
        self.sorted(Order::Priority)
    }

    /// The soonest follow-up date first, and then the tasks that have none, oldest first.
    /// It sorts an inbox or a queue; other lists stay as they are.
    pub fn by_follow_up(self) -> Self {
        self.sorted(Order::FollowUp)
    }

    fn sorted(mut self, order: Order) -> Self {
        self.order = Some(order).filter(|_| self.has_sorted_lists());
        self
    }

    fn has_sorted_lists(&self) -> bool {
        matches!(self.of, Of::Inbox | Of::Queue)
    }

    /// At most `limit` tasks that come after `after`, which is where a page ended.
    ///
    /// A page reads entries of the list, and all records of the page at once.
    /// It passes over 2,000 entries at most that the filters, or the person's rights, leave out.
    /// Then it ends early ([`Page::is_cut`]), and the next page goes on from there.
    ///
    /// # Errors
    /// [`Error::OtherList`](crate::Error::OtherList) when the cursor is not of this list, and when the store fails.
    pub fn page(&self, after: Option<ListCursor>, limit: usize) -> Result<Page<TaskLine, ListCursor>> {
        let person = Person::for_lists(&self.desk);
        let list = self.number(&person);
        let after = after.map(|after| after.of_list(list)).transpose()?;
        let after = after.map(|after| TaskCursor { by_age: after.part == 1, place: after.place });
        let Page { items, next, is_cut } = self.read(&person, after, limit)?;
        let items = items.into_iter().map(|task| self.desk.task_line(task)).collect();
        let next = next.map(|next| ListCursor::new(list, u8::from(next.by_age), next.place));
        Ok(Page { items, next, is_cut })
    }

    /// How many tasks there are, counted up to 99.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count(&self) -> Result<Count> {
        let person = Person::for_lists(&self.desk);
        if !person.is_active() {
            return Ok(Count::of(0, false));
        }
        if let Some(process) = self.process_alone() {
            let found = self.page_of_process(&person, process, None, MOST_COUNTED + 1)?;
            return Ok(Count::of(found.items.len(), found.is_cut));
        }
        let audience = self.audience()?;
        // In whatever order there are the fewest.
        let order = match (self.has_sorted_lists(), self.filters.due, self.filters.priority) {
            (true, Some(_), _) => Some(Order::DueDate),
            (true, None, Some(_)) => Some(Order::Priority),
            _ => None,
        };
        let look = self.look(&person, audience.as_ref(), order)?;
        let wanted = |task: &TaskRecord| self.shows(&person, audience.as_ref(), task);
        let (found, is_cut) = look.count(MOST_COUNTED + 1, self.lists_tell_all(order), &wanted)?;
        Ok(Count::of(found, is_cut))
    }

    /// What makes it the list that it is.
    fn number(&self, person: &Person) -> u64 {
        let kind = format!("tasks {:?} {:?}", self.of, self.order);
        list_number(&kind, person.id().as_str(), &format!("{:?}", self.filters))
    }

    fn read(&self, person: &Person, after: Option<TaskCursor>, limit: usize) -> Result<Page<TaskRecord, TaskCursor>> {
        if !person.is_active() {
            return Ok(Page { items: Vec::new(), next: None, is_cut: false });
        }
        if let Some(process) = self.process_alone() {
            return self.page_of_process(person, process, after, limit);
        }
        let audience = self.audience()?;
        let look = self.look(person, audience.as_ref(), self.order)?;
        look.page(after, limit, &|task| self.shows(person, audience.as_ref(), task))
    }

    fn store(&self) -> &dyn Store {
        &*self.desk.engine.0.store
    }

    fn audience(&self) -> StoreResult<Option<Audience>> {
        (self.of == Of::Queue).then(|| Audience::of(&self.desk, self.store())).transpose()
    }

    /// The process that drives the list, if one does.
    fn process_alone(&self) -> Option<ProcessId> {
        self.filters.process.filter(|_| self.of == Of::Seen)
    }

    /// A page of the tasks of one process, in the order in which they were made.
    fn page_of_process(
        &self,
        person: &Person,
        process: ProcessId,
        after: Option<TaskCursor>,
        limit: usize,
    ) -> Result<Page<TaskRecord, TaskCursor>> {
        let statuses = &self.filters.statuses;
        let is_open = !statuses.is_empty() && statuses.iter().all(|status| !status.is_final());
        let wanted = |task: &TaskRecord| self.shows(person, None, task);
        if is_open {
            let (lists, span) = (vec![TaskList::Open(process)], Span::ALL);
            let look = TaskLook { store: self.store(), lists, barred: None, order: None, span, sorted_span: Span::ALL };
            return look.page(after, limit, &wanted);
        }
        let (mut items, mut passed) = (Vec::new(), 0);
        let mut at = after.map_or(0, |after| after.place.task.ordinal);
        let mut size = limit;
        while items.len() < limit {
            // One more shows if there are more.
            let wants = size.saturating_add(1).min(MOST);
            let tasks = self.store().tasks(process, at, wants)?;
            let is_all = tasks.len() < wants;
            let last = tasks.last().map(|task| task.id).filter(|_| is_all);
            for task in tasks {
                let id = task.id;
                at = id.ordinal;
                if wanted(&task) {
                    items.push(task);
                } else {
                    passed += 1;
                }
                if items.len() == limit || passed == LOOK {
                    let next = TaskCursor::from(Cursor { sort: at.into(), task: id });
                    let is_cut = items.len() < limit && last != Some(id);
                    return Ok(Page { items, next: Some(next).filter(|_| last != Some(id)), is_cut });
                }
            }
            if is_all {
                break;
            }
            size = size.saturating_mul(2);
        }
        Ok(Page { items, next: None, is_cut: false })
    }

    /// Whether a task that was listed a moment ago is to be shown.
    fn shows(&self, person: &Person, audience: Option<&Audience>, task: &TaskRecord) -> bool {
        let is_own = || task.owner.as_ref() == Some(person.id());
        let is_listed = match self.of {
            Of::Inbox => task.status == TaskStatus::Assigned && is_own() && !task.suspended,
            Of::Queue => {
                let is_for = audience.is_some_and(|audience| audience.includes(task));
                task.status == TaskStatus::New && is_for && !task.suspended
            }
            Of::Archive => task.status == TaskStatus::Done && is_own(),
            Of::Seen => true,
        };
        is_listed && self.filters.pass(task) && (self.of != Of::Seen || sight::sees_task(person, task))
    }
}
