//! Lists of tasks that are in one order, read as one list: of each only as much as is asked for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec::IntoIter;

use viewflow_store::{Cursor, Store, StoreError, StoreResult, TaskList};

/// How many entries are read at the most at a time.
pub(super) const MOST: usize = 1000;
/// How many entries of the barred are read at first.
const SOME: usize = 16;

/// The entries of several lists in their order, each task once, without those in the list of the barred.
pub(super) struct Merged<'s> {
    store: &'s dyn Store,
    lists: Vec<Ahead>,
    barred: Option<Barred>,
    /// The first entry of each list, but for the one that is to be read on.
    first: BinaryHeap<Reverse<(Cursor, usize)>>,
    /// The lists to be read on before anything is told.
    behind: Vec<usize>,
    /// What was told last.
    last: Option<Cursor>,
    /// What will be told next, if that is known.
    next: Option<Cursor>,
}

impl<'s> Merged<'s> {
    /// The lists after an entry. About `wanted` entries are asked for.
    pub(super) fn new(
        store: &'s dyn Store,
        lists: Vec<TaskList>,
        barred: Option<TaskList>,
        after: Option<Cursor>,
        wanted: usize,
    ) -> Self {
        // One more tells whether there are more.
        let each = (wanted.min(MOST) + 1).div_ceil(lists.len().max(1)).max(2);
        let behind = (0..lists.len()).rev().collect();
        Self {
            store,
            lists: lists.into_iter().map(|list| Ahead::new(list, after, each)).collect(),
            barred: barred.map(|barred| Barred::new(barred, after)),
            first: BinaryHeap::new(),
            behind,
            last: None,
            next: None,
        }
    }

    /// The next entries, at most so many.
    pub(super) fn take(&mut self, limit: usize) -> StoreResult<Vec<Cursor>> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(next) = self.next()?
        {
            taken.push(next);
        }
        Ok(taken)
    }

    /// Whether there is nothing left.
    pub(super) fn is_over(&mut self) -> StoreResult<bool> {
        self.next = self.next()?;
        Ok(self.next.is_none())
    }

    fn next(&mut self) -> StoreResult<Option<Cursor>> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        loop {
            while let Some(list) = self.behind.pop() {
                if let Some(first) = self.lists[list].next(self.store)? {
                    self.first.push(Reverse((first, list)));
                }
            }
            let Some(Reverse((next, list))) = self.first.pop() else { return Ok(None) };
            self.behind.push(list);
            // A task can be for somebody in several ways.
            if self.last.replace(next) != Some(next) && !self.is_barred(next)? {
                return Ok(Some(next));
            }
        }
    }

    fn is_barred(&mut self, entry: Cursor) -> StoreResult<bool> {
        let Some(barred) = &mut self.barred else { return Ok(false) };
        match barred.has(self.store, entry) {
            // Until the list is filled the records tell.
            Err(StoreError::NotReady { .. }) => {
                self.barred = None;
                Ok(false)
            }
            answer => answer,
        }
    }
}

/// A list that is read some entries ahead, the more the longer it is read on.
struct Ahead {
    list: TaskList,
    read: IntoIter<Cursor>,
    after: Option<Cursor>,
    /// How many entries are read the next time.
    wanted: usize,
    is_over: bool,
}

impl Ahead {
    fn new(list: TaskList, after: Option<Cursor>, wanted: usize) -> Self {
        Self { list, read: Vec::new().into_iter(), after, wanted, is_over: false }
    }

    fn next(&mut self, store: &dyn Store) -> StoreResult<Option<Cursor>> {
        if self.read.len() == 0 {
            self.read_on(store)?;
        }
        Ok(self.read.next())
    }

    fn read_on(&mut self, store: &dyn Store) -> StoreResult<()> {
        if self.is_over {
            return Ok(());
        }
        let found = store.list_tasks(&self.list, self.after, self.wanted)?;
        self.is_over = found.len() < self.wanted;
        self.after = found.last().copied().or(self.after);
        self.wanted = (2 * self.wanted).min(MOST);
        self.read = found.into_iter();
        Ok(())
    }
}

/// What is not told, in the same order.
struct Barred {
    list: Ahead,
    /// How many of the entries that were read last were asked for.
    hits: usize,
}

impl Barred {
    fn new(list: TaskList, after: Option<Cursor>) -> Self {
        Self { list: Ahead::new(list, after, SOME), hits: 0 }
    }

    /// Whether an entry stands in the list. Entries are asked for in their order, and what stands between them is leapt over.
    fn has(&mut self, store: &dyn Store, entry: Cursor) -> StoreResult<bool> {
        let list = &mut self.list;
        let passed = list.read.as_slice().partition_point(|other| *other < entry);
        list.read.by_ref().take(passed).for_each(drop);
        if list.read.len() == 0 {
            let mut before = entry;
            before.task.ordinal = before.task.ordinal.saturating_sub(1);
            list.after = list.after.max(Some(before));
            if 4 * self.hits < list.wanted {
                list.wanted = SOME;
            }
            self.hits = 0;
            list.read_on(store)?;
        }
        let has = list.read.as_slice().first() == Some(&entry);
        self.hits += usize::from(has);
        Ok(has)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;
    use viewflow_graph::Kind;

    use super::*;
    use viewflow_store::Candidate;
    use viewflow_store::Timestamp;
    use viewflow_store::{Change, Commit, MemoryStore, Receipt, TaskRecord};
    use viewflow_store::{ProcessId, TaskId, UserId};

    fn queue(group: u8) -> TaskList {
        TaskList::Queue(Some(Candidate::group(group.to_string())), None)
    }

    fn task(ordinal: usize, created: i64, groups: &BTreeSet<u8>, barred: bool) -> TaskRecord {
        let id = TaskId { process: ProcessId(1), ordinal: u32::try_from(ordinal).unwrap() + 1 };
        let new = TaskRecord::new(id, "flow", "node", Kind::View, Timestamp::from_millis(created));
        let candidates = groups.iter().map(|group| Candidate::group(group.to_string())).collect();
        let barred = Vec::from_iter(barred.then(|| UserId::new("ann")));
        TaskRecord { candidates, barred, ..new }
    }

    proptest! {
        #[test]
        fn lists_are_told_as_one_without_the_barred(
            tasks in vec((0..9_i64, btree_set(0..4_u8, 1..4), prop::bool::weighted(0.7)), 0..200),
            asked in btree_set(0..4_u8, 1..4),
            wanted in 1..40_usize,
            some in 1..40_usize,
        ) {
            let store = MemoryStore::new();
            let tasks: Vec<TaskRecord> =
                tasks.iter().enumerate().map(|(at, (created, groups, barred))| task(at, *created, groups, *barred)).collect();
            let changes = tasks.iter().map(|task| Change::task(None, task.clone())).collect();
            store.commit(Commit { changes, ..Commit::default() }).and_then(Receipt::wait).unwrap();
            let is_asked = |candidate: &Candidate| asked.iter().any(|group| *candidate == Candidate::group(group.to_string()));
            let mut expected: Vec<_> = tasks
                .iter()
                .filter(|task| task.barred.is_empty() && task.candidates.iter().any(is_asked))
                .map(|task| (task.created, task.id))
                .collect();
            expected.sort_unstable();

            let mut told = Vec::new();
            loop {
                // Page after page, each of several pieces.
                let lists = asked.iter().map(|group| queue(*group)).collect();
                let barred = Some(TaskList::Barred(UserId::new("ann"), None));
                let mut merged = Merged::new(&store, lists, barred, told.last().copied(), wanted);
                let mut page = merged.take(some).unwrap();
                page.extend(merged.take(some).unwrap());
                prop_assert_eq!(merged.is_over().unwrap(), told.len() + page.len() == expected.len());
                page.extend(merged.take(1).unwrap());
                if page.is_empty() {
                    break;
                }
                told.extend(page);
            }
            let told: Vec<_> = told.into_iter().map(|told| told.task).collect();
            prop_assert_eq!(told, expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
        }
    }
}
