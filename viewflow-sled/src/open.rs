//! Opens a directory as a store and recovers it: docs/format.md, "Recovery".

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use sled::Db;
use viewflow_store::{StoreError, StoreResult};

use crate::checkpoint::apply;
use crate::guard::{flush, guarded};
use crate::journal::{DURABLE, FILES, Journal};
use crate::key;
use crate::lists;
use crate::options::Options;
use crate::parts::KeyReader;
use crate::writes::Writes;

/// The version of keys, frames, records and journal that this release writes.
pub(crate) const FORMAT: &[u8] = b"6";
const LOCK: &str = "viewflow.lock";
/// How long opening waits for a program that is just ending. A child program holds the locks of its parent for a
/// moment.
const PATIENCE: Duration = Duration::from_secs(1);

/// The parts of an open directory.
pub(crate) struct Opened {
    pub(crate) db: Db,
    /// sled's file, to be synced after each flush; `None` where sled syncs it itself.
    pub(crate) sync: Option<File>,
    pub(crate) journal: Journal,
    /// The number of the last commit.
    pub(crate) commits: u64,
    /// Held as long as the store is open.
    pub(crate) lock: File,
}

pub(crate) fn open(path: &Path, options: &Options) -> StoreResult<Opened> {
    let io = |error: std::io::Error| cannot(path, error);
    fs::create_dir_all(path).map_err(io)?;
    check_is_ours(path)?;
    let lock = lock(path)?;
    remove_unfinished_snapshots(path).map_err(io)?;
    let db = open_sled(path, options)?;
    if fs::read_dir(path.join("blobs")).is_ok_and(|mut blobs| blobs.next().is_some()) {
        return Err(cannot(
            path,
            "it has files in `blobs`, which this store never makes and sled does not sync: restore a backup".to_owned(),
        ));
    }
    let fresh = is_fresh(path, &db)?;
    let mut journal = Journal::open(path).map_err(io)?;
    let sync = if cfg!(target_os = "linux") {
        Some(OpenOptions::new().write(true).open(path.join("db")).map_err(io)?)
    } else {
        None
    };
    let commits = recover(path, &db, sync.as_ref(), &mut journal, fresh, options.accept_loss)?;
    Ok(Opened { db, sync, journal, commits, lock })
}

fn cannot(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::CannotOpen { path: path.display().to_string(), source: source.into() }
}

fn not_a_store(path: &Path, detail: &str) -> StoreError {
    StoreError::NotAStore { path: path.display().to_string(), detail: detail.to_owned() }
}

fn open_sled(path: &Path, options: &Options) -> StoreResult<Db> {
    let config = sled::Config::new().path(path).cache_capacity(options.cache).flush_every_ms(None);
    let begun = Instant::now();
    loop {
        match guarded(|| config.open()) {
            Ok(db) => return Ok(db),
            Err(StoreError::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if begun.elapsed() > PATIENCE {
                    return Err(StoreError::InUse { path: path.display().to_string() });
                }
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(cannot(path, error)),
        }
    }
}

/// Returns whether the tree is still empty. A tree that is not empty has to be of the known format.
fn is_fresh(path: &Path, db: &Db) -> StoreResult<bool> {
    let failed = |error: StoreError| cannot(path, error);
    match guarded(|| db.get(key::format())).map_err(failed)? {
        Some(format) if format == FORMAT => Ok(false),
        Some(found) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let path = path.display().to_string();
            Err(StoreError::OtherFormat { path, found: text(&found), known: text(FORMAT) })
        }
        None if guarded(|| Ok(db.is_empty() && db.tree_names().len() == 1)).map_err(failed)? => Ok(true),
        None => Err(not_a_store(path, "it is a sled database of another program")),
    }
}

/// Moves the commits that only the journal has into the tree, and checks whether any are missing. Returns the
/// number of the last commit.
fn recover(
    path: &Path,
    db: &Db,
    sync: Option<&File>,
    journal: &mut Journal,
    fresh: bool,
    accept_loss: bool,
) -> StoreResult<u64> {
    let io = |error: std::io::Error| cannot(path, error);
    let failed = |error: StoreError| cannot(path, error);
    let too_short = || cannot(path, "the number of its last commit is too short: restore a backup");
    let in_tree = match guarded(|| db.get(key::last_commit())).map_err(failed)? {
        Some(value) => KeyReader(&value).u64().ok_or_else(too_short)?,
        None => 0,
    };
    let durable = durable(path, journal, fresh, accept_loss)?;
    let mut commits = in_tree;
    let mut writes = Writes::new();
    let (records, highest) = journal.read(in_tree + 1).map_err(io)?;
    for record in records {
        commits = record.number;
        writes.extend(record.writes);
    }
    // The mark may lag behind; a record after a gap in the journal shows a later commit.
    let durable = durable.max(highest);
    if commits < durable && !accept_loss {
        return Err(StoreError::LostCommits { path: path.display().to_string(), durable, found: commits });
    }
    if fresh {
        writes.insert(key::format(), Some(FORMAT.to_vec()));
        writes.insert(key::lists(), Some(lists::all()?));
    }
    // The mark is written first: a store without a mark, or with one that is too high, does not open.
    if durable != commits || fresh {
        journal.mark(durable.min(commits)).map_err(io)?;
        journal.sync_mark().map_err(io)?;
    }
    // Numbers go on after the lost ones, because records may already have those as revisions.
    let commits = commits.max(durable);
    if commits == in_tree && !fresh {
        flush(db, sync).map_err(failed)?;
    } else {
        apply(db, sync, &writes, commits).map_err(failed)?;
    }
    journal.clear().map_err(io)?;
    File::open(path).and_then(|directory| directory.sync_all()).map_err(io)?;
    journal.mark(commits).map_err(io)?;
    Ok(commits)
}

/// The number of the last commit that was known to be on the disk.
fn durable(path: &Path, journal: &mut Journal, fresh: bool, accept_loss: bool) -> StoreResult<u64> {
    let detail = match journal.durable().map_err(|error| cannot(path, error))? {
        Ok(Some(durable)) => return Ok(durable),
        Ok(None) if fresh => return Ok(0),
        _ if accept_loss => return Ok(0),
        Ok(None) => "is missing",
        Err(detail) => detail,
    };
    Err(cannot(path, format!("the file `{DURABLE}` {detail}: restore a backup, or open it with `accept_loss`")))
}

fn lock(path: &Path) -> StoreResult<File> {
    let io = |error: std::io::Error| cannot(path, error);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(io)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(5)),
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: path.display().to_string() }),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
    }
}

/// Refuses a directory that holds anything else, even under the names that a store uses.
fn check_is_ours(path: &Path) -> StoreResult<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| cannot(path, error))? {
        let entry = entry.map_err(|error| cannot(path, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_ours(&name) {
            return Err(not_a_store(path, &format!("it holds `{name}`")));
        }
        names.push(name);
    }
    let has = |name: &str| names.iter().any(|found| found == name);
    // A copy has no lock file. A store whose making was interrupted may have only its lock file.
    match names.first() {
        Some(name) if !(has(LOCK) || has("db") && has(DURABLE)) => {
            Err(not_a_store(path, &format!("it holds `{name}`, and not all that a store has")))
        }
        _ => Ok(()),
    }
}

/// Whether a store makes files of this name.
fn is_ours(name: &str) -> bool {
    let sled_made = matches!(name, "conf" | "db" | "blobs") || name.starts_with("snap.");
    sled_made || name == LOCK || name == DURABLE || FILES.contains(&name)
}

/// Removes the snapshots that sled did not finish: it cannot open a directory that has one.
fn remove_unfinished_snapshots(path: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
