//! Opens a directory as a store.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;

use sled::Db;
use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::key;
use crate::pending::guarded;

/// The version of keys, frames and records that this release writes.
const FORMAT: &[u8] = b"1";
/// How much of the tree sled keeps in memory, in bytes.
const CACHE: u64 = 64 << 20;
const LOCK: &str = "viewflow.lock";

/// What an open directory consists of.
pub(crate) struct Opened {
    pub(crate) db: Db,
    /// sled's file, to be synced after each flush: none where sled does that itself.
    pub(crate) sync: Option<File>,
    /// Held as long as the store is open.
    pub(crate) lock: File,
}

pub(crate) fn open(path: &Path) -> StoreResult<Opened> {
    let cannot = |detail: String| StoreError::CannotOpen { path: path.display().to_string(), detail };
    let io = |error: std::io::Error| cannot(error.to_string());
    fs::create_dir_all(path).map_err(io)?;
    check_is_ours(path)?;
    let lock = lock(path)?;
    remove_unfinished_snapshots(path).map_err(io)?;
    let config = sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(None);
    let db = guarded(|| config.open()).map_err(|error| cannot(error.to_string()))?;
    if fs::read_dir(path.join("blobs")).is_ok_and(|mut blobs| blobs.next().is_some()) {
        return Err(cannot(
            "it has files in `blobs`, which this store never makes and sled does not sync: restore a backup".to_owned(),
        ));
    }
    let fresh = guarded(|| Ok(db.is_empty() && db.tree_names().len() == 1))?;
    match guarded(|| db.get(key::format()))? {
        Some(format) if format == FORMAT => {}
        Some(format) => {
            let format = String::from_utf8_lossy(&format).into_owned();
            return Err(cannot(format!(
                "it has format {format}, and this release reads format 1: use the release that wrote it"
            )));
        }
        None if fresh => {
            guarded(|| db.insert(key::format(), FORMAT))?;
            guarded(|| db.flush())?;
        }
        None => return Err(cannot("it is a sled database, but not of viewflow: choose another directory".to_owned())),
    }
    let sync = if cfg!(target_os = "linux") {
        Some(OpenOptions::new().write(true).open(path.join("db")).map_err(io)?)
    } else {
        None
    };
    if let Some(file) = &sync {
        file.sync_all().map_err(io)?;
        File::open(path).and_then(|directory| directory.sync_all()).map_err(io)?;
    }
    Ok(Opened { db, sync, lock })
}

fn lock(path: &Path) -> StoreResult<File> {
    let place = path.display().to_string();
    let cannot = |error: std::io::Error| StoreError::CannotOpen { path: place.clone(), detail: error.to_string() };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: place }),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

/// A directory with other things in it is left alone.
fn check_is_ours(path: &Path) -> StoreResult<()> {
    let cannot = |detail: String| StoreError::CannotOpen { path: path.display().to_string(), detail };
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| cannot(error.to_string()))? {
        names.push(entry.map_err(|error| cannot(error.to_string()))?.file_name().to_string_lossy().into_owned());
    }
    let sled_made = |name: &str| matches!(name, "conf" | "db" | "blobs") || name.starts_with("snap.");
    match names.iter().find(|name| *name != LOCK && !sled_made(name)) {
        Some(name) => Err(cannot(format!("it holds `{name}`, which is not of a store: choose an empty directory"))),
        None => Ok(()),
    }
}

/// sled cannot open a directory in which it was interrupted while writing a snapshot.
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
