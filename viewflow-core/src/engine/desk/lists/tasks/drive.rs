//! The lists that drive a list of tasks, and which part of them.

use viewflow_store::{NodeName, Order, StoreResult, TaskList, TaskStatus, Timestamp, due_sort};

use super::{Filters, Of, TaskLines};
use crate::engine::desk::lists::Between;
use crate::engine::read::audience::Audience;
use crate::engine::read::look::TaskLook;
use crate::engine::read::merged::{MOST, Span};
use crate::error::Result;
use crate::people::Person;

/// The most lists that a queue is read from where only tasks of one flow are asked for.
const MOST_LISTS: usize = 64;

impl TaskLines<'_> {
    /// The lists in which to look for the tasks, in an order.
    pub(super) fn look(
        &self,
        person: &Person,
        audience: Option<&Audience>,
        order: Option<Order>,
    ) -> Result<TaskLook<'_>> {
        let Filters { due, created, finished, priority, .. } = &self.filters;
        let ascending = |range: &Option<Between>| range.map_or(Span::ALL, ascending);
        let sorted_span = match order {
            Some(Order::DueDate) => ascending(due),
            Some(Order::Priority) => priority.map_or(Span::ALL, descending),
            _ => Span::ALL,
        };
        // A task without a due date is not due within a range.
        let span = match self.of {
            _ if sorted_span != Span::ALL => Span { first: 1, last: 0 },
            Of::Archive => finished.map_or(Span::ALL, descending),
            // The tasks of an owner are not sorted by age.
            Of::Seen if self.filters.owner.is_some() => Span::ALL,
            _ => ascending(created),
        };
        let (lists, barred) = match self.of {
            Of::Inbox => (self.of_nodes(1, |node| vec![TaskList::Inbox(person.id().clone(), node)]), None),
            Of::Archive => (self.of_nodes(1, |node| vec![TaskList::Archive(person.id().clone(), node)]), None),
            Of::Queue => {
                let audience: Vec<_> = audience.into_iter().flat_map(Audience::each).collect();
                let queues = |node: Option<NodeName>| {
                    audience.iter().map(|candidate| TaskList::Queue(candidate.clone(), node.clone())).collect()
                };
                let barred = TaskList::Barred(person.id().clone(), self.filters.node.clone());
                (self.of_nodes(audience.len(), queues), Some(barred))
            }
            Of::Seen => match &self.filters.owner {
                Some(owner) => (vec![TaskList::Part(owner.clone())], None),
                None => (self.by_status()?, None),
            },
        };
        Ok(TaskLook { store: self.store(), lists, barred, order, span, sorted_span })
    }

    /// A list of a person for each node that is asked for, or the one of all nodes.
    fn of_nodes(&self, each: usize, lists: impl Fn(Option<NodeName>) -> Vec<TaskList>) -> Vec<TaskList> {
        match &self.filters.node {
            Some(node) => lists(Some(node.clone())),
            None => match self.nodes_of_flow().filter(|nodes| nodes.len() * each <= MOST_LISTS) {
                Some(nodes) => nodes.into_iter().flat_map(|node| lists(Some(node))).collect(),
                None => lists(None),
            },
        }
    }

    /// The nodes of the flow that is asked for, as far as people do their tasks.
    fn nodes_of_flow(&self) -> Option<Vec<NodeName>> {
        let def = self.desk.engine.0.flows.get(self.filters.flow.as_deref()?)?;
        let nodes = def.nodes.iter().filter(|node| node.kind.is_human());
        Some(nodes.map(|node| NodeName::new(def.name, node.name)).collect())
    }

    /// The lists of all tasks of the nodes that are asked for.
    fn by_status(&self) -> StoreResult<Vec<TaskList>> {
        let flows = &self.desk.engine.0.flows;
        let nodes = match (&self.filters.node, &self.filters.flow) {
            (Some(node), _) => vec![node.clone()],
            (None, Some(flow)) if !flows.contains_key(flow.as_str()) => self.stored_nodes(flow)?,
            (None, flow) => {
                let asked = flows.values().filter(|def| flow.as_ref().is_none_or(|flow| flow == def.name));
                let nodes = asked.flat_map(|def| def.nodes.iter().map(|node| (def.name, node.name)));
                nodes.map(|(flow, node)| NodeName::new(flow, node)).collect()
            }
        };
        let asked = &self.filters.statuses;
        let statuses: Vec<_> =
            TaskStatus::ALL.into_iter().filter(|status| asked.is_empty() || asked.contains(status)).collect();
        let lists = nodes.into_iter().flat_map(|node| statuses.iter().map(move |status| (node.clone(), *status)));
        Ok(lists.map(|(node, status)| TaskList::Status(node, status)).collect())
    }

    /// The nodes of a flow that is not known here, as far as they have tasks.
    fn stored_nodes(&self, flow: &str) -> StoreResult<Vec<NodeName>> {
        let mut after = NodeName { flow: flow.to_owned(), node: String::new() };
        let mut nodes = Vec::new();
        loop {
            let page = self.store().nodes(Some(&after), MOST)?;
            let found = page.len();
            nodes.extend(page.into_iter().take_while(|node| node.flow == flow));
            match nodes.last() {
                Some(last) if found == MOST && *last != after => after = last.clone(),
                _ => return Ok(nodes),
            }
        }
    }

    /// Whether the list shows all entries of the driving lists, so that they are counted without their records.
    pub(super) fn lists_tell_all(&self, order: Option<Order>) -> bool {
        let Filters { flow, node, statuses, process, owner, due, created, finished, priority } = &self.filters;
        let by_node = flow.as_ref().is_none_or(|flow| node.as_ref().is_some_and(|node| node.flow == *flow));
        let by_order = match order {
            Some(Order::DueDate) => priority.is_none() && created.is_none(),
            Some(_) => due.is_none() && created.is_none(),
            None => true,
        };
        let others = !statuses.is_empty() || process.is_some() || owner.is_some() || finished.is_some();
        self.has_sorted_lists() && by_node && by_order && !others
    }
}

/// The part of a list with these numbers that is sorted by them.
fn ascending(range: Between) -> Span {
    let sort = |number| due_sort(Timestamp::from_millis(number));
    Span { first: sort(range.from), last: sort(range.to) }
}

/// The same of a list that has the greatest first.
fn descending(range: Between) -> Span {
    let Span { first, last } = ascending(range);
    Span { first: !last, last: !first }
}
