//! An open store: implements the store contract over the journal and the tree.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use viewflow_store::{
    Claims, Commit, Cursor, Ended, HistoryCursor, ListedTask, LogCursor, Logged, NodeName, Permission, ProcessData,
    ProcessId, ProcessList, ProcessRecord, ProcessStatus, Receipt, Reference, Reliance, Reservations, RowRecord,
    ScopeId, ScopeRecord, Store, StoreResult, Stored, TaskId, TaskList, TaskRecord, Timestamp, Turn, Turns, UserId,
    Watcher, Watchers,
};

use crate::backup::backup;
use crate::bundle::{self, BundleId};
use crate::commit::Committer;
use crate::count::Counts;
use crate::describe::of_process;
use crate::entry;
use crate::events;
use crate::json::{cut_short, parse};
use crate::key;
use crate::lists::{Filler, Lists};
use crate::open::{self, Opened};
use crate::options::Options;
use crate::parts::KeyReader;
use crate::read::{Reader, last_u64};
use crate::shared::Shared;
use crate::threads::Threads;
use crate::tree::Tree;
use crate::verify::{Report, Verifier};

/// A store in a directory. When you drop it, it writes everything that waits and releases the directory.
pub struct SledStore {
    path: PathBuf,
    reader: Reader,
    committer: Committer,
    turns: Turns,
    tree: Tree,
    shared: Arc<Shared>,
    lists: Arc<Lists>,
    watchers: Watchers,
    reservations: Reservations,
    /// Kept in memory, because no other program can have the directory open.
    claims: Arc<Claims>,
    _filler: Option<Filler>,
    // Dropped after every other part that holds the tree. sled closes with the last of them, and the threads catch
    // its panic if that fails.
    _threads: Threads,
    _lock: File,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SledStore({})", self.path.display())
    }
}

impl SledStore {
    /// Opens the store in this directory, and makes it if it does not exist. A step is on the disk when it returns.
    ///
    /// # Errors
    /// The same as for [`Options::open`].
    pub fn open(path: impl AsRef<Path>) -> StoreResult<Self> {
        Self::options().open(path)
    }

    /// Returns options, to open a store with other settings.
    pub fn options() -> Options {
        Options::default()
    }

    /// Reads every record, and compares the lists, indexes and references with the records. Steps go on meanwhile.
    /// The call takes as long as reading everything once.
    ///
    /// ```
    /// use viewflow_sled::SledStore;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("data");
    /// let store = SledStore::open(&path)?;
    /// assert!(store.verify()?.faults.is_empty());
    /// # Ok::<(), viewflow_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// Fails when the store has stopped. Damaged records are no error; they are among the faults.
    pub fn verify(&self) -> StoreResult<Report> {
        self.verifier().verify()
    }

    /// Does the same as [`SledStore::verify`], and corrects the entries of lists, indexes and references that do
    /// not match their records. Damaged records stay as they are: restore them from a backup.
    ///
    /// # Errors
    /// Fails when the store has stopped.
    pub fn repair(&self) -> StoreResult<Report> {
        self.verifier().repair()
    }

    /// Copies the store into a directory while steps go on. The directory is made if necessary, and must be empty.
    ///
    /// The copy is the store as it was at one moment of the call, and opens like any other store. Steps wait only
    /// if they write more than eight times [`Options::journal`] meanwhile.
    ///
    /// ```
    /// use viewflow_sled::SledStore;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let (path, copy) = (directory.path().join("data"), directory.path().join("copy"));
    /// let store = SledStore::open(&path)?;
    /// store.backup(&copy)?;
    /// let restored = SledStore::open(&copy)?;
    /// # Ok::<(), viewflow_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// A [`StoreError`](viewflow_store::StoreError): `NotAStore` when the directory is not empty, `Io` when files
    /// cannot be copied. You can remove the files that were copied by then.
    pub fn backup(&self, to: impl AsRef<Path>) -> StoreResult<()> {
        backup(&self.path, &self.shared, to.as_ref())
    }

    /// Returns how much work the store has done since it was opened. For measurements.
    #[doc(hidden)]
    pub fn counts(&self) -> Counts {
        self.shared.counters.counts()
    }

    fn open_with(path: &Path, options: Options) -> StoreResult<Self> {
        let Opened { db, sync, journal, commits, lock } = open::open(path, &options)?;
        let tree = Tree((*db).clone());
        let shared = Arc::new(Shared::new(commits, journal, &options));
        let threads = Threads::start(db, sync, Arc::clone(&shared))?;
        let reader = Reader::new(tree.clone(), Arc::clone(&shared));
        let committer = Committer::new(reader.clone(), Arc::clone(&shared), options.trace);
        let lists = Arc::new(Lists::open(&reader, &shared)?);
        let filler = Filler::start(&lists, &reader, &shared)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            committer,
            turns: Turns::default(),
            tree,
            shared,
            lists,
            watchers: Watchers::default(),
            reservations: Reservations::default(),
            claims: Arc::default(),
            _filler: filler,
            _threads: threads,
            _lock: lock,
        })
    }

    /// Returns the prefix of a list's keys, once that list is filled.
    fn ready(&self, prefix: Vec<u8>) -> StoreResult<Vec<u8>> {
        self.lists.check(&self.reader, &prefix).map(|()| prefix)
    }

    fn verifier(&self) -> Verifier<'_> {
        Verifier { reader: &self.reader, tree: &self.tree, shared: &self.shared, lists: &self.lists }
    }

    /// The processes of the list with this prefix.
    fn listed_processes(&self, prefix: &[u8], after: Option<ProcessId>, limit: usize) -> StoreResult<Vec<ProcessId>> {
        let in_list = |id| Bound::Excluded(entry::in_process_list(prefix.to_vec(), id));
        let after = after.map_or(Bound::Unbounded, in_list);
        self.lists.check(&self.reader, prefix)?;
        self.reader.listed(prefix, after, limit, |rest| entry::process_of(prefix, rest))
    }
}

impl Options {
    /// Opens the store in this directory, and makes it if it does not exist.
    ///
    /// # Errors
    /// A [`StoreError`](viewflow_store::StoreError):
    /// - `InUse` when the store is already open,
    /// - `NotAStore` when the directory holds something else,
    /// - `OtherFormat` when another release wrote it,
    /// - `LostCommits` when commits are missing,
    /// - `CannotOpen` when it is damaged, or cannot be read or written.
    pub fn open(self, path: impl AsRef<Path>) -> StoreResult<SledStore> {
        SledStore::open_with(path.as_ref(), self)
    }
}

impl Store for SledStore {
    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>> {
        self.reader.bundled(BundleId::of_process(id), 0, &of_process(id))
    }

    fn process_data(&self, id: ProcessId) -> StoreResult<Option<ProcessData>> {
        let (bundle, what) = (BundleId::of_process(id), of_process(id));
        let Some(content) = self.reader.content(&bundle.key(), &what)? else { return Ok(None) };
        if bundle::find(&content.bytes, 0).is_none() {
            return Ok(None);
        }
        let data = self.reader.of_bundle(bundle, &content, |number| number == bundle::DATA, &what)?.pop();
        data.map_or(Ok(Some(ProcessData::default())), |(_, data)| parse(&data, &what).map(Some))
    }

    fn processes(&self, after: ProcessId, limit: usize) -> StoreResult<Vec<ProcessRecord>> {
        let prefix = key::all_bundles();
        let mut found: Vec<ProcessRecord> = Vec::new();
        let mut after = after;
        while found.len() < limit {
            // Skips the other bundles of the process.
            let behind = Bound::Excluded(key::bundle(after, u32::MAX));
            let next = self.reader.listed(&prefix, behind, 1, |rest| KeyReader(rest).u64().map(ProcessId))?;
            let Some(id) = next.first().copied() else { break };
            found.extend(self.process(id)?.map(|stored| stored.record));
            after = id;
        }
        Ok(found)
    }

    fn ended(&self, after: Option<Ended>, limit: usize) -> StoreResult<Vec<Ended>> {
        let prefix = self.ready(entry::all_ended())?;
        let after = after.map_or(Bound::Unbounded, |ended| Bound::Excluded(entry::ended(ended)));
        self.reader.listed(&prefix, after, limit, |rest| {
            let mut parts = KeyReader(rest);
            let at = Timestamp::from_millis(entry::time_of_sort(parts.u64()?));
            Some(Ended { at, process: ProcessId(parts.u64()?) })
        })
    }

    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>> {
        if id.ordinal == 0 {
            return Ok(None);
        }
        let task = self.reader.bundled(BundleId::of_task(id), id.ordinal, &of_process(id.process))?;
        Ok(task.map(|stored| stored.record))
    }

    fn process_and_task(&self, id: TaskId) -> StoreResult<Option<(Stored<ProcessRecord>, Option<TaskRecord>)>> {
        let (bundle, what) = (BundleId::of_process(id.process), of_process(id.process));
        let Some(content) = self.reader.content(&bundle.key(), &what)? else { return Ok(None) };
        let is_beside = id.ordinal > 0 && BundleId::of_task(id) == bundle;
        let wanted = |number| number == 0 || (is_beside && number == id.ordinal);
        let (mut process, mut task) = (None, None);
        for (number, record) in self.reader.of_bundle(bundle, &content, wanted, &what)? {
            if number == 0 {
                process = Some(Stored { revision: content.revision, record: parse(&record, &what)? });
            } else {
                task = Some(parse(&record, &what)?);
            }
        }
        let Some(process) = process else { return Ok(None) };
        Ok(Some((process, if is_beside { task } else { self.task(id)? })))
    }

    fn tasks_at(&self, ids: &[TaskId]) -> StoreResult<Vec<Option<TaskRecord>>> {
        let mut bundles: BTreeMap<BundleId, Vec<usize>> = BTreeMap::new();
        for (place, id) in ids.iter().enumerate().filter(|(_, id)| id.ordinal > 0) {
            bundles.entry(BundleId::of_task(*id)).or_default().push(place);
        }
        let mut tasks = vec![None; ids.len()];
        for (bundle, places) in bundles {
            let what = of_process(bundle.process);
            let Some(content) = self.reader.content(&bundle.key(), &what)? else { continue };
            let at = |number| places.iter().filter(move |place| ids[**place].ordinal == number);
            for (number, record) in
                self.reader.of_bundle(bundle, &content, |number| at(number).next().is_some(), &what)?
            {
                let task: TaskRecord = parse(&record, &what)?;
                at(number).for_each(|place| tasks[*place] = Some(task.clone()));
            }
        }
        Ok(tasks)
    }

    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>> {
        let what = of_process(process);
        let first = BundleId::of_task(TaskId { process, ordinal: after.saturating_add(1) });
        let mut tasks = Vec::new();
        if limit == 0 || after == u32::MAX {
            return Ok(tasks);
        }
        let before = match first.chunk.checked_sub(1) {
            None => Bound::Unbounded,
            Some(chunk) => Bound::Excluded(BundleId { process, chunk }.key()),
        };
        self.reader.contents(&key::bundles(process), before, bundle::bundles_for(limit), &what, |key, content| {
            let bundle = BundleId::at(key).ok_or_else(|| cut_short("the key of a bundle"))?;
            // The data of the process is behind its first tasks in the bundle.
            let wanted = |number| number > after && number != bundle::DATA;
            for (_, record) in self.reader.of_bundle(bundle, &content, wanted, &what)? {
                if tasks.len() < limit {
                    tasks.push(parse(&record, &what)?);
                }
            }
            Ok(tasks.len() < limit)
        })?;
        Ok(tasks)
    }

    fn scope(&self, id: ScopeId) -> StoreResult<Option<ScopeRecord>> {
        let what = || format!("scope {} of process {}", id.number, id.process);
        Ok(self.reader.record(&key::scope(id), &what)?.map(|stored| stored.record))
    }

    fn scopes(&self, process: ProcessId, after: Option<u32>, limit: usize) -> StoreResult<Vec<(ScopeId, ScopeRecord)>> {
        let prefix = key::scopes(process);
        let after = after.map_or(Bound::Unbounded, |number| Bound::Excluded(key::scope(ScopeId { process, number })));
        let scopes =
            self.reader.records::<ScopeRecord>(&prefix, after, limit, &|| format!("a scope of process {process}"))?;
        let scope = |(key, stored): (Vec<u8>, Stored<ScopeRecord>)| {
            let number = KeyReader(&key[prefix.len()..]).u32().ok_or_else(|| cut_short("the key of a scope"))?;
            Ok((ScopeId { process, number }, stored.record))
        };
        scopes.into_iter().map(scope).collect()
    }

    fn tables(&self, after: Option<&str>, limit: usize) -> StoreResult<Vec<String>> {
        let prefix = key::last_numbers();
        let after = after.map_or(Bound::Unbounded, |table| Bound::Excluded(key::last_number(Some(table))));
        let mut tables = Vec::new();
        self.reader.entries(&prefix, after, limit, |key, _| {
            let table = KeyReader(&key[prefix.len()..]).text();
            tables.push(table.ok_or_else(|| cut_short("the name of a table"))?);
            Ok(())
        })?;
        Ok(tables)
    }

    fn row(&self, table: &str, id: u64) -> StoreResult<Option<Stored<RowRecord>>> {
        self.reader.record(&key::row(table, id), &|| format!("row {id} of `{table}`"))
    }

    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>> {
        let prefix = key::rows(table);
        let after = Bound::Excluded(key::row(table, after));
        let rows = self.reader.records(&prefix, after, limit, &|| format!("a row of `{table}`"))?;
        rows.into_iter().map(|(key, row)| Ok((last_u64(&key, prefix.len())?, row))).collect()
    }

    fn row_ids(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<u64>> {
        self.reader
            .listed(&key::rows(table), Bound::Excluded(key::row(table, after)), limit, |rest| KeyReader(rest).u64())
    }

    fn rows_by(&self, table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> StoreResult<Vec<u64>> {
        let prefix = entry::index(table, field, key);
        let after = Bound::Excluded(entry::in_index(prefix.clone(), after));
        self.reader.listed(&prefix, after, limit, |rest| KeyReader(rest).u64())
    }

    fn references(&self, table: &str, id: u64, limit: usize) -> StoreResult<Vec<Reference>> {
        let mut references = Vec::new();
        self.reader.entries(&entry::references(table, id), Bound::Unbounded, limit, |_, value| {
            references.push(parse(&value, &|| format!("a reference to row {id} of `{table}`"))?);
            Ok(())
        })?;
        Ok(references)
    }

    fn table_stamp(&self, table: &str) -> StoreResult<u64> {
        Ok(self.committer.table_stamp(table))
    }

    fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> StoreResult<u64> {
        Ok(self.committer.index_stamp(table, field, key))
    }

    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>> {
        let prefix = self.ready(entry::task_list(list))?;
        let after = after.map_or(Bound::Unbounded, |cursor| Bound::Excluded(entry::in_list(prefix.clone(), cursor)));
        self.reader.listed(&prefix, after, limit, entry::cursor)
    }

    fn list_processes(
        &self,
        list: &ProcessList,
        after: Option<ProcessId>,
        limit: usize,
    ) -> StoreResult<Vec<ProcessId>> {
        let ProcessList::Flow(flow) = list else {
            return self.listed_processes(&entry::process_list(list), after, limit);
        };
        let mut all = Vec::new();
        for status in ProcessStatus::ALL {
            let list = entry::process_list(&ProcessList::Status(flow.clone(), status));
            all.extend(self.listed_processes(&list, after, limit)?);
        }
        all.sort_unstable();
        // A process may have changed its status between two reads.
        all.dedup();
        all.truncate(limit);
        Ok(all)
    }

    fn nodes(&self, after: Option<&NodeName>, limit: usize) -> StoreResult<Vec<NodeName>> {
        let name = |rest: &[u8]| {
            let mut parts = KeyReader(rest);
            Some(NodeName { flow: parts.text()?, node: parts.text()? })
        };
        self.reader.leaps(&self.ready(entry::nodes())?, after, limit, entry::after_node, name)
    }

    fn permissions(&self, after: Option<&Permission>, limit: usize) -> StoreResult<Vec<Permission>> {
        self.reader.leaps(
            &self.ready(entry::permissions())?,
            after,
            limit,
            entry::after_permission,
            entry::permission_of,
        )
    }

    fn events(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<Logged>> {
        events::of_process(&self.reader, process, after, limit)
    }

    fn log(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<Logged>> {
        events::log(&self.reader, after, limit)
    }

    fn log_places(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<LogCursor>> {
        events::log_places(&self.reader, after, limit)
    }

    fn log_end(&self) -> StoreResult<u64> {
        self.committer.last_logged()
    }

    fn history(&self, by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> StoreResult<Vec<Logged>> {
        self.lists.check(&self.reader, &entry::history(by))?;
        events::history(&self.reader, by, before, limit)
    }

    fn claims(&self) -> StoreResult<Option<Arc<Claims>>> {
        Ok(Some(Arc::clone(&self.claims)))
    }

    fn next_process(&self) -> StoreResult<ProcessId> {
        self.committer.next_number(None).map(ProcessId)
    }

    fn next_row(&self, table: &str) -> StoreResult<u64> {
        self.committer.next_number(Some(table))
    }

    fn watch(&self, watcher: Weak<Watcher>) -> StoreResult<bool> {
        self.watchers.add(watcher);
        Ok(true)
    }

    fn reserve(&self, what: &str, by: u64, hold: Duration) -> StoreResult<bool> {
        Ok(self.reservations.reserve(what, by, hold))
    }

    fn release(&self, what: &str, by: u64) -> StoreResult<()> {
        self.reservations.release(what, by);
        Ok(())
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        self.turns.give_way(&commit);
        let receipt = self.committer.take(&commit)?;
        if let Some(news) = self.watchers.news(&commit) {
            self.watchers.tell(&news);
        }
        Ok(receipt)
    }

    fn turn(&self, reliance: &Reliance, long: Duration, before: Option<Turn>) -> StoreResult<Turn> {
        Ok(self.turns.take(reliance, long, before))
    }
}
