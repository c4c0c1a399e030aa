//! Lists of processes, page by page.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use viewflow_store::{ProcessId, ProcessList, ProcessStatus, index_key};

use super::records::read_process;
use crate::data::entity::IndexOf;
use crate::data::field::{Choose, FieldType};
use crate::engine::{Engine, Inner, gate};
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::process::{Process, ProcessOf};
use crate::people::{Person, User};
use crate::unit::versions::About;
use crate::unit::walk::PAGE;

impl Engine {
    /// The processes of a flow.
    pub fn processes<F: Flow>(&self) -> ProcessQuery<'_, F> {
        ProcessQuery::new(self.clone())
    }
}

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T, C> {
    /// What is on the page.
    pub items: Vec<T>,
    /// The cursor for the next call; none on the last page.
    pub next: Option<C>,
    /// Whether the page ended early with fewer items than were asked for, as it passed over too many entries.
    /// The next page goes on.
    pub is_cut: bool,
}

/// A list that can be searched for the next entry from some number on, as in [`ProcessQuery::by`].
///
/// The common entries of two lists are found by going on in the first and in the second in turn.
/// That costs no more than the shorter list.
struct Sought<R> {
    read: R,
    page: VecDeque<ProcessId>,
    size: usize,
}

impl<R: Fn(ProcessId, usize) -> Result<Vec<ProcessId>>> Sought<R> {
    fn new(read: R) -> Self {
        Self { read, page: VecDeque::new(), size: 1 }
    }

    /// The first entry that is no less.
    fn at_least(&mut self, least: ProcessId) -> Result<Option<ProcessId>> {
        let before = self.page.len();
        while self.page.front().is_some_and(|id| *id < least) {
            self.page.pop_front();
        }
        if self.page.is_empty() {
            // Where one entry comes after the other more of them are read at a time, and after a leap fewer.
            self.size = if before > 1 { 1 } else { (self.size * 2).min(PAGE) };
            self.page = (self.read)(ProcessId(least.0.saturating_sub(1)), self.size)?.into();
        }
        Ok(self.page.front().copied())
    }
}

/// A list of the processes of a flow. Nothing is read before it is asked for.
pub struct ProcessQuery<'u, F> {
    engine: Engine,
    status: Option<ProcessStatus>,
    viewer: Option<&'u dyn User>,
    _flow: PhantomData<fn() -> F>,
}

impl<F: Flow> fmt::Debug for ProcessQuery<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessQuery").field("flow", &F::NAME).field("status", &self.status).finish_non_exhaustive()
    }
}

impl<'u, F: Flow> ProcessQuery<'u, F> {
    pub(in crate::engine) fn new(engine: Engine) -> Self {
        Self { engine, status: None, viewer: None, _flow: PhantomData }
    }

    /// Only the processes that this person may look at, by the permission `flow.view` or `flow.manage`.
    ///
    /// If [`User::permissions`] lists the person's permissions, these find the processes.
    /// Otherwise the engine asks the person about each process and passes over those that they may not see.
    pub fn visible_to(mut self, user: &'u dyn User) -> Self {
        self.viewer = Some(user);
        self
    }

    /// Only the processes with this status.
    pub fn with_status(mut self, status: ProcessStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// The processes with this value in an indexed column: `ShipmentProcess::BY_CARRIER`. Costs as much as it finds.
    /// With a status, it also costs no more than the processes with that status.
    ///
    /// # Errors
    /// When a process does not fit its proxy, or the store fails.
    pub fn by<V: FieldType>(
        &self,
        index: IndexOf<F::Process, V>,
        value: impl Choose<V::Item>,
    ) -> Result<Vec<ProcessOf<F::Process>>> {
        let key = index_key(&value.key().map_err(Error::msg)?);
        let (Some(table), Some(key)) = (F::Process::TABLE, key) else { return Ok(Vec::new()) };
        let Inner { store, versions, .. } = &*self.engine.0;
        loop {
            let agreed = versions.agreed(About::Columns, F::NAME);
            let found = self.with_key(table, index.field(), &key)?;
            // Had another version begun to renew them before they were read, its note would be there by now.
            let holds = agreed.map(|(flow, agreed)| versions.holds(&**store, About::Columns, flow, agreed));
            if holds.transpose()?.unwrap_or(true) {
                return self.read(found);
            }
        }
    }

    /// Those that have this key in an indexed column.
    fn with_key(&self, table: &str, field: &str, key: &[u8]) -> Result<Vec<ProcessId>> {
        let viewer = self.viewer.map(Person::for_lists);
        let (store, list) = (&self.engine.0.store, self.of_flow());
        let mut rows = Sought::new(|after: ProcessId, size| {
            let rows = store.rows_by(table, field, key, after.0, size)?;
            Ok(rows.into_iter().map(ProcessId).collect())
        });
        // Other flows may have processes of the same type.
        let mut listed = Sought::new(|after, size| Ok(store.list_processes(&list, Some(after), size)?));
        let (mut found, mut least) = (Vec::new(), ProcessId(0));
        while let Some(id) = rows.at_least(least)? {
            match listed.at_least(id)? {
                Some(next) if next > id => least = next,
                Some(_) => {
                    // The process may have changed since.
                    let has = store.row(table, id.0)?.is_some_and(|row| row.has(field, key));
                    found.extend((has && Self::shows(viewer.as_ref(), id)).then_some(id));
                    let Some(next) = id.0.checked_add(1) else { break };
                    least = ProcessId(next);
                }
                None => break,
            }
        }
        Ok(found)
    }

    fn of_flow(&self) -> ProcessList {
        match self.status {
            Some(status) => ProcessList::Status(F::NAME.to_owned(), status),
            None => ProcessList::Flow(F::NAME.to_owned()),
        }
    }

    /// All of them, oldest first. For lists that can be long, see [`ProcessQuery::page`].
    ///
    /// # Errors
    /// As [`ProcessQuery::by`].
    pub fn list(&self) -> Result<Vec<ProcessOf<F::Process>>> {
        Ok(self.page(None, usize::MAX)?.items)
    }

    /// At most `limit` of them that come after `after`. A page costs the same wherever it is in the list.
    ///
    /// # Errors
    /// As [`ProcessQuery::by`].
    pub fn page(&self, after: Option<ProcessId>, limit: usize) -> Result<Page<ProcessOf<F::Process>, ProcessId>> {
        let viewer = self.viewer.map(Person::for_lists);
        if let Some(visible) = viewer.as_ref().and_then(|viewer| gate::visible(viewer, F::NAME)) {
            return self.page_of(visible, after, limit);
        }
        let (list, mut found, mut after) = (self.of_flow(), Vec::new(), after);
        loop {
            let wanted = limit - found.len();
            let listed = self.engine.0.store.list_processes(&list, after, wanted)?;
            let more = listed.len() == wanted;
            after = listed.last().copied().or(after);
            found.extend(listed.into_iter().filter(|id| Self::shows(viewer.as_ref(), *id)));
            if !more || found.len() == limit {
                return Ok(Page { items: self.read(found)?, next: after.filter(|_| more), is_cut: false });
            }
        }
    }

    /// A page of those among these processes that are in the list.
    fn page_of(
        &self,
        visible: BTreeSet<ProcessId>,
        after: Option<ProcessId>,
        limit: usize,
    ) -> Result<Page<ProcessOf<F::Process>, ProcessId>> {
        let mut found = Vec::new();
        let mut left = visible.into_iter().filter(|id| after.is_none_or(|after| *id > after));
        while found.len() < limit
            && let Some(id) = left.next()
        {
            let process = self.engine.0.store.process(id)?.filter(|process| process.flow == F::NAME);
            let is_listed = process.is_some_and(|process| self.status.is_none_or(|status| process.status == status));
            found.extend(is_listed.then_some(id));
        }
        let next = found.last().copied().or(after).filter(|_| left.next().is_some());
        Ok(Page { items: self.read(found)?, next, is_cut: false })
    }

    /// Whether who looks may see the process.
    fn shows(viewer: Option<&Person>, id: ProcessId) -> bool {
        viewer.is_none_or(|viewer| gate::may_view(viewer, F::NAME, id))
    }

    fn read(&self, ids: impl IntoIterator<Item = ProcessId>) -> Result<Vec<ProcessOf<F::Process>>> {
        ids.into_iter().map(|id| self.engine.transaction(|db| read_process::<F>(db, id))).collect()
    }
}
