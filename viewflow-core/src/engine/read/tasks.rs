//! Lists of tasks, page by page: inbox, queue, archive.

use std::fmt;

use viewflow_store::{NodeName, Order, TaskList, TaskRecord, TaskStatus, UserId};

use super::audience::Audience;
use super::look::{TaskCursor, TaskLook};
use super::merged::Span;
use crate::engine::{Engine, Page};
use crate::error::{Error, Result};
use crate::flow::node::Node;
use crate::people::User;

impl Engine {
    /// The tasks a person has to do.
    pub fn inbox(&self, user: &impl User) -> TaskQuery<'static> {
        TaskQuery::inbox(self.clone(), user.id())
    }

    /// The tasks that nobody has and this person may take.
    pub fn queue<'u>(&self, user: &'u impl User) -> TaskQuery<'u> {
        TaskQuery::queue(self.clone(), user)
    }

    /// The tasks a person has done, newest first.
    pub fn archive(&self, user: &impl User) -> TaskQuery<'static> {
        TaskQuery::archive(self.clone(), user.id())
    }

    /// The tasks of a node with a status.
    pub fn tasks_of<N: Node>(&self, node: N, status: TaskStatus) -> TaskQuery<'static> {
        self.tasks_at(&node.full_name(), status)
    }

    /// As [`Engine::tasks_of`], for a node by its name: of one that is gone, or where any node will do.
    pub fn tasks_at(&self, node: &NodeName, status: TaskStatus) -> TaskQuery<'static> {
        TaskQuery::by_status(self.clone(), node.clone(), status)
    }
}

/// A list of tasks. Nothing is read before it is asked for.
#[derive(Clone)]
pub struct TaskQuery<'u> {
    engine: Engine,
    of: Of<'u>,
    node: Option<NodeName>,
    order: Option<Order>,
}

impl fmt::Debug for TaskQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = match &self.of {
            Of::Inbox(user) => format!("inbox of {user}"),
            Of::Queue(user) => format!("queue of {}", user.id()),
            Of::Archive(user) => format!("archive of {user}"),
            Of::Status(status) => status.to_string(),
        };
        f.debug_struct("TaskQuery")
            .field("list", &list)
            .field("node", &self.node)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Of<'u> {
    Inbox(UserId),
    Queue(&'u dyn User),
    Archive(UserId),
    Status(TaskStatus),
}

impl<'u> TaskQuery<'u> {
    pub(in crate::engine) fn queue(engine: Engine, user: &'u dyn User) -> Self {
        Self { engine, of: Of::Queue(user), node: None, order: None }
    }
}

impl TaskQuery<'static> {
    pub(in crate::engine) fn inbox(engine: Engine, user: UserId) -> Self {
        Self { engine, of: Of::Inbox(user), node: None, order: None }
    }

    pub(in crate::engine) fn archive(engine: Engine, user: UserId) -> Self {
        Self { engine, of: Of::Archive(user), node: None, order: None }
    }

    pub(in crate::engine) fn by_status(engine: Engine, node: NodeName, status: TaskStatus) -> Self {
        Self { engine, of: Of::Status(status), node: Some(node), order: None }
    }
}

impl TaskQuery<'_> {
    /// Only the tasks of this node.
    pub fn of<N: Node>(mut self, node: N) -> Self {
        self.node = Some(node.full_name());
        self
    }

    /// The soonest due date first, and after them the tasks that have none, oldest first. Of an inbox or a queue; an
    /// archive stays as it is.
    pub fn by_due_date(self) -> Self {
        self.sorted(Order::DueDate)
    }

    /// The highest priority first, and after them the tasks that have none.
    pub fn by_priority(self) -> Self {
        self.sorted(Order::Priority)
    }

    /// The soonest follow-up date first, and after them the tasks that have none.
    pub fn by_follow_up(self) -> Self {
        self.sorted(Order::FollowUp)
    }

    fn sorted(mut self, order: Order) -> Self {
        self.order = matches!(self.of, Of::Inbox(_) | Of::Queue(_)).then_some(order);
        self
    }

    /// The first one.
    ///
    /// # Errors
    /// [`Error::NoneListed`] when there is none.
    pub fn first(&self) -> Result<TaskRecord> {
        let mut found = self.first_of(1)?;
        found.pop().ok_or_else(|| Error::NoneListed(self.describe()))
    }

    /// All of them. For lists that can be long, see [`TaskQuery::page`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self) -> Result<Vec<TaskRecord>> {
        self.first_of(usize::MAX)
    }

    /// At most `limit` tasks from the beginning, however many entries are passed over.
    fn first_of(&self, limit: usize) -> Result<Vec<TaskRecord>> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(after, limit - items.len())?;
            items.extend(page.items);
            match page.next.filter(|_| items.len() < limit) {
                Some(next) => after = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// At most `limit` of them that come after `after`. A page costs the same wherever it is in the list.
    /// A queue also costs something for each of the person's groups and permissions: see [`User::permissions`].
    /// The person is asked once for each page.
    ///
    /// A page passes over 2,000 entries at most, such as those of tasks from which the person is barred.
    /// It then ends early ([`Page::is_cut`]), and the next page goes on from there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn page(&self, after: Option<TaskCursor>, limit: usize) -> Result<Page<TaskRecord, TaskCursor>> {
        let store = &*self.engine.0.store;
        let audience = match &self.of {
            Of::Queue(user) if limit > 0 => Some(Audience::of(*user, store)?),
            _ => None,
        };
        let look = TaskLook {
            store,
            lists: self.lists(audience.as_ref()),
            barred: audience.as_ref().map(|audience| TaskList::Barred(audience.id.clone(), self.node.clone())),
            order: self.order,
            span: Span::ALL,
            sorted_span: Span::ALL,
        };
        look.page(after, limit, &|task| self.holds(task, audience.as_ref()))
    }

    /// The lists that this one is made of.
    fn lists(&self, audience: Option<&Audience>) -> Vec<TaskList> {
        let node = || self.node.clone();
        match (&self.of, &self.node) {
            (Of::Inbox(user), _) => vec![TaskList::Inbox(user.clone(), node())],
            (Of::Archive(user), _) => vec![TaskList::Archive(user.clone(), node())],
            (Of::Status(status), Some(node)) => vec![TaskList::Status(node.clone(), *status)],
            (Of::Status(_), None) => Vec::new(),
            (Of::Queue(_), _) => {
                let audience = audience.into_iter().flat_map(Audience::each);
                audience.map(|candidate| TaskList::Queue(candidate, node())).collect()
            }
        }
    }

    /// Whether a task that was listed a moment ago is still to be shown here.
    fn holds(&self, task: &TaskRecord, audience: Option<&Audience>) -> bool {
        match &self.of {
            Of::Inbox(user) => task.status == TaskStatus::Assigned && task.owner.as_ref() == Some(user),
            Of::Queue(_) => task.status == TaskStatus::New && audience.is_some_and(|audience| audience.includes(task)),
            Of::Archive(_) => task.status == TaskStatus::Done,
            Of::Status(status) => task.status == *status,
        }
    }

    fn describe(&self) -> String {
        let of = self.node.as_ref().map_or(String::new(), |node| format!(" for `{node}`"));
        match &self.of {
            Of::Inbox(user) => format!("the inbox of `{user}`{of}"),
            Of::Queue(user) => format!("the queue of `{}`{of}", user.id()),
            Of::Archive(user) => format!("the archive of `{user}`{of}"),
            Of::Status(status) => format!("status {status}{of}"),
        }
    }
}
