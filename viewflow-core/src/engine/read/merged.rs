//! Lists that are in one order, read as one list: of each only as much as is asked for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec::IntoIter;

use viewflow_store::{Cursor, ProcessId, Store, StoreError, StoreResult, TaskId, TaskList};

/// How many entries are read at the most at a time.
pub(in crate::engine) const MOST: usize = 1000;
/// How many entries a page passes over at the most.
pub(in crate::engine) const LOOK: usize = 2000;
/// How many entries of the barred are read at first.
const SOME: usize = 16;

/// A list that is read in its order.
pub(in crate::engine) trait Listed {
    /// At most `limit` entries that come after a place.
    fn read(&self, store: &dyn Store, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<Cursor>>;
}

impl Listed for TaskList {
    fn read(&self, store: &dyn Store, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<Cursor>> {
        store.list_tasks(self, after, limit)
    }
}

/// From where to where in the order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Span {
    pub(in crate::engine) first: u64,
    pub(in crate::engine) last: u64,
}

impl Span {
    /// The whole list.
    pub(in crate::engine) const ALL: Self = Self { first: 0, last: u64::MAX };

    pub(in crate::engine) fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// The place after which the span begins, or the one after which to go on, if that is within.
    fn begin(self, after: Option<Cursor>) -> Option<Cursor> {
        let last_before = |sort| Cursor { sort, task: TaskId { process: ProcessId(u64::MAX), ordinal: u32::MAX } };
        after.max(self.first.checked_sub(1).map(last_before))
    }
}

/// The entries of several lists in their order, each once, without those in the list of the barred.
pub(in crate::engine) struct Merged<'s, L> {
    store: &'s dyn Store,
    lists: Vec<Ahead<L>>,
    barred: Option<Barred<L>>,
    /// Whether the list of the barred is not ready, so that the records have to show it.
    is_blind: bool,
    /// The first entry of each list, but for the one that is to be read on.
    first: BinaryHeap<Reverse<(Cursor, usize)>>,
    /// The lists to be read on before the next entry is known.
    behind: Vec<usize>,
    /// The entry that came last, shown or passed over.
    last: Option<Cursor>,
    /// The next entry, if it is known.
    next: Option<Cursor>,
    /// The greatest place that is asked for.
    until: u64,
    /// How many more entries may be passed over.
    left: usize,
    /// Whether it stopped, as no more entries may be passed over.
    is_spent: bool,
}

impl<'s, L: Listed> Merged<'s, L> {
    /// The lists after an entry. About `wanted` entries are asked for.
    pub(in crate::engine) fn new(
        store: &'s dyn Store,
        lists: Vec<L>,
        barred: Option<L>,
        after: Option<Cursor>,
        wanted: usize,
    ) -> Self {
        // One more shows whether there are more.
        let each = (wanted.min(MOST) + 1).div_ceil(lists.len().max(1)).max(2);
        let behind = (0..lists.len()).rev().collect();
        Self {
            store,
            lists: lists.into_iter().map(|list| Ahead::new(list, after, each)).collect(),
            barred: barred.map(|barred| Barred::new(barred, after)),
            is_blind: false,
            first: BinaryHeap::new(),
            behind,
            last: None,
            next: None,
            until: u64::MAX,
            left: LOOK,
            is_spent: false,
        }
    }

    /// The part of the lists within a span. It passes over `left` entries at most.
    pub(in crate::engine) fn within(mut self, span: Span, left: usize) -> Self {
        for list in self.lists.iter_mut().chain(self.barred.as_mut().map(|barred| &mut barred.list)) {
            list.after = span.begin(list.after);
        }
        (self.until, self.left) = (span.last, left);
        self
    }

    /// How many more entries may be passed over.
    pub(in crate::engine) fn left(&self) -> usize {
        self.left
    }

    /// Whether the list of the barred is not ready, so that the records have to show it.
    pub(in crate::engine) fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// The next entries, at most that many.
    pub(in crate::engine) fn take(&mut self, limit: usize) -> StoreResult<Vec<Cursor>> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(next) = self.next()?
        {
            taken.push(next);
        }
        Ok(taken)
    }

    /// The place to go on from, where it stopped early; none: it did not.
    pub(in crate::engine) fn cut_at(&self) -> Option<Cursor> {
        self.last.filter(|_| self.is_spent)
    }

    /// Whether nothing is left. It is false if the look stopped early.
    pub(in crate::engine) fn is_over(&mut self) -> StoreResult<bool> {
        self.next = self.next()?;
        Ok(self.next.is_none() && !self.is_spent)
    }

    /// Passes over an entry. Returns false if no more entries may be passed over, so that this one is the last.
    fn pass(&mut self) -> bool {
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or(0);
        self.is_spent = left.is_none();
        !self.is_spent
    }

    fn next(&mut self) -> StoreResult<Option<Cursor>> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        if self.is_spent {
            return Ok(None);
        }
        loop {
            while let Some(list) = self.behind.pop() {
                if let Some(first) = self.lists[list].next(self.store)? {
                    self.first.push(Reverse((first, list)));
                }
            }
            let Some(Reverse((next, list))) = self.first.peek().copied() else { return Ok(None) };
            if next.sort > self.until {
                return Ok(None);
            }
            self.first.pop();
            self.behind.push(list);
            // A task can be for somebody in several ways.
            if self.last.replace(next) != Some(next) && !self.is_barred(next)? {
                return Ok(Some(next));
            }
            if !self.pass() {
                return Ok(None);
            }
        }
    }

    fn is_barred(&mut self, entry: Cursor) -> StoreResult<bool> {
        let Some(barred) = &mut self.barred else { return Ok(false) };
        match barred.has(self.store, entry) {
            // Until the list is filled the records tell.
            Err(StoreError::NotReady { .. }) => {
                self.barred = None;
                self.is_blind = true;
                Ok(false)
            }
            answer => answer,
        }
    }
}

/// The result of a look.
pub(in crate::engine) struct Seen<T> {
    pub(in crate::engine) items: Vec<T>,
    pub(in crate::engine) end: End,
}

/// Where a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum End {
    /// At the end of the lists.
    Over,
    /// After this place, with all the items that were asked for.
    Full { at: Cursor, is_over: bool },
    /// After this place, as too much was passed over.
    Cut(Cursor),
}

/// Looks for `limit` items. `fetch` returns an item for each entry that is wanted.
pub(in crate::engine) fn look<L: Listed, T, E: From<StoreError>>(
    merged: &mut Merged<'_, L>,
    limit: usize,
    fetch: &mut dyn FnMut(&[Cursor]) -> Result<Vec<Option<T>>, E>,
) -> Result<Seen<T>, E> {
    let (mut items, mut size) = (Vec::new(), limit);
    loop {
        let some = merged.take(size.min(MOST))?;
        if some.is_empty() {
            let end = merged.cut_at().map_or(End::Over, End::Cut);
            return Ok(Seen { items, end });
        }
        let found = fetch(&some)?;
        for (number, (place, item)) in some.iter().zip(found).enumerate() {
            let Some(item) = item else {
                if merged.pass() {
                    continue;
                }
                return Ok(Seen { items, end: End::Cut(*place) });
            };
            items.push(item);
            if items.len() == limit {
                let is_over = number + 1 == some.len() && merged.is_over()?;
                return Ok(Seen { items, end: End::Full { at: *place, is_over } });
            }
        }
        // If few entries are wanted, the next read is larger.
        size = (limit - items.len()).max(size.saturating_mul(2).min(merged.left()));
    }
}

/// A list that is read some entries ahead, the more the longer it is read on.
struct Ahead<L> {
    list: L,
    read: IntoIter<Cursor>,
    after: Option<Cursor>,
    /// How many entries are read the next time.
    wanted: usize,
    is_over: bool,
}

impl<L: Listed> Ahead<L> {
    fn new(list: L, after: Option<Cursor>, wanted: usize) -> Self {
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
        let found = self.list.read(store, self.after, self.wanted)?;
        self.is_over = found.len() < self.wanted;
        self.after = found.last().copied().or(self.after);
        self.wanted = (2 * self.wanted).min(MOST);
        self.read = found.into_iter();
        Ok(())
    }
}

/// What is not told, in the same order.
struct Barred<L> {
    list: Ahead<L>,
    /// How many of the entries that were read last were asked for.
    hits: usize,
}

impl<L: Listed> Barred<L> {
    fn new(list: L, after: Option<Cursor>) -> Self {
        Self { list: Ahead::new(list, after, SOME), hits: 0 }
    }

    /// Whether the list has an entry. Entries are asked for in their order, and it leaps over those between them.
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
    use viewflow_store::{Candidate, Change, Commit, MemoryStore, Receipt, TaskRecord, Timestamp, UserId};

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
