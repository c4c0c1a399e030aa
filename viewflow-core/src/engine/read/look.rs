//! Lists of tasks, looked through for what is wanted: as far as a page goes, and no further than its bound.

use std::fmt;

use viewflow_store::{Cursor, Order, Store, TaskId, TaskList, TaskRecord};

use super::merged::{End, LOOK, Merged, Seen, Span, look};
use crate::engine::Page;
use crate::error::Result;

/// Where a page of tasks ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TaskCursor {
    /// Whether those that have what is sorted by are over, and the others follow by age.
    pub(in crate::engine) by_age: bool,
    pub(in crate::engine) place: Cursor,
}

/// After this place of a list that is sorted by age.
impl From<Cursor> for TaskCursor {
    fn from(place: Cursor) -> Self {
        Self { by_age: true, place }
    }
}

/// Lists of tasks that are read as one.
pub(in crate::engine) struct TaskLook<'s> {
    pub(in crate::engine) store: &'s dyn Store,
    /// The lists in their own order.
    pub(in crate::engine) lists: Vec<TaskList>,
    /// The tasks that are not shown, whatever lists they stand in.
    pub(in crate::engine) barred: Option<TaskList>,
    /// The value that sorts the tasks; tasks without it follow in the order of the lists.
    pub(in crate::engine) order: Option<Order>,
    /// The part of the lists to look through, in each of the two orders.
    pub(in crate::engine) span: Span,
    pub(in crate::engine) sorted_span: Span,
}

impl fmt::Debug for TaskLook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLook").field("lists", &self.lists).field("order", &self.order).finish_non_exhaustive()
    }
}

impl TaskLook<'_> {
    /// At most `limit` tasks that are wanted, after a place.
    pub(in crate::engine) fn page(
        &self,
        after: Option<TaskCursor>,
        limit: usize,
        wanted: &dyn Fn(&TaskRecord) -> bool,
    ) -> Result<Page<TaskRecord, TaskCursor>> {
        let mut items = Vec::new();
        if limit == 0 {
            return Ok(Page { items, next: after, is_cut: false });
        }
        let (mut left, mut place) = (LOOK, after.map(|after| after.place));
        for order in self.orders(after) {
            let mut merged = self.merged(order, place.take(), limit - items.len(), left);
            // A task that has the value that sorts was found before.
            let is_in_place =
                |task: &TaskRecord| self.order.is_none_or(|asked| asked.of(task).is_some() == order.is_some());
            let mut fetch = |some: &[Cursor]| fetch(self.store, some, &|task| is_in_place(task) && wanted(task));
            let Seen { items: found, end } = look(&mut merged, limit - items.len(), &mut fetch)?;
            items.extend(found);
            let at = |place| Some(TaskCursor { by_age: order.is_none(), place });
            match end {
                End::Over => left = merged.left(),
                End::Full { is_over: true, .. } if order.is_none() => break,
                End::Full { at: place, .. } => return Ok(Page { items, next: at(place), is_cut: false }),
                End::Cut(place) => return Ok(Page { items, next: at(place), is_cut: true }),
            }
        }
        Ok(Page { items, next: None, is_cut: false })
    }

    /// Counts the wanted tasks of the lists in their first order, `most` at most.
    /// Also returns whether there may be more, as the look stopped early.
    /// If `all` tasks are wanted, no record is read.
    pub(in crate::engine) fn count(
        &self,
        most: usize,
        all: bool,
        wanted: &dyn Fn(&TaskRecord) -> bool,
    ) -> Result<(usize, bool)> {
        let mut merged = self.merged(self.order, None, most, LOOK);
        let mut fetch = |some: &[Cursor]| -> Result<Vec<Option<()>>> {
            if all {
                return Ok(vec![Some(()); some.len()]);
            }
            Ok(fetch(self.store, some, wanted)?.into_iter().map(|task| task.map(drop)).collect())
        };
        let Seen { items, end } = look(&mut merged, most, &mut fetch)?;
        // The list of the barred tasks was not ready.
        if all && merged.is_blind() {
            return self.count(most, false, wanted);
        }
        Ok((items.len(), matches!(end, End::Cut(_))))
    }

    fn orders(&self, after: Option<TaskCursor>) -> impl Iterator<Item = Option<Order>> + use<> {
        let sorted = self.order.filter(|_| after.is_none_or(|after| !after.by_age)).map(Some);
        sorted.into_iter().chain([None])
    }

    fn merged(&self, order: Option<Order>, after: Option<Cursor>, wanted: usize, left: usize) -> Merged<'_, TaskList> {
        let sorted = |list: &TaskList| match order {
            Some(order) => TaskList::Sorted(order, Box::new(list.clone())),
            None => list.clone(),
        };
        let span = if order.is_some() { self.sorted_span } else { self.span };
        let lists = if span.is_empty() { Vec::new() } else { self.lists.iter().map(sorted).collect() };
        Merged::new(self.store, lists, self.barred.as_ref().map(sorted), after, wanted).within(span, left)
    }
}

/// The tasks at these places, as far as they are wanted.
fn fetch(store: &dyn Store, some: &[Cursor], wanted: &dyn Fn(&TaskRecord) -> bool) -> Result<Vec<Option<TaskRecord>>> {
    let ids: Vec<TaskId> = some.iter().map(|listed| listed.task).collect();
    Ok(store.tasks_at(&ids)?.into_iter().map(|task| task.filter(wanted)).collect())
}
