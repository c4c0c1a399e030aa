//! Copies a store while it is in use.

use std::fs::{self, File};
use std::path::Path;

use viewflow_store::{StoreError, StoreResult};

use crate::guard::Failed;
use crate::journal::{DURABLE, FILES};
use crate::shared::Shared;

/// Copies the store in the directory `from` into the directory `to`, which is made if necessary and must be empty.
pub(crate) fn backup(from: &Path, shared: &Shared, to: &Path) -> StoreResult<()> {
    let io =
        |source: std::io::Error| StoreError::io(Failed { doing: format!("the backup to `{}`", to.display()), source });
    fs::create_dir_all(to).map_err(io)?;
    if fs::read_dir(to).map_err(io)?.next().is_some() {
        let detail = "a backup goes into an empty directory".to_owned();
        return Err(StoreError::NotAStore { path: to.display().to_string(), detail });
    }
    let copy = |name: &str| -> std::io::Result<()> {
        fs::copy(from.join(name), to.join(name))?;
        File::open(to.join(name))?.sync_all()
    };
    // Nothing writes to the tree now, and the journal has all commits that the tree lacks.
    let tree = || {
        for entry in fs::read_dir(from).map_err(io)? {
            let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
            if matches!(&*name, "conf" | "db") || name.starts_with("snap.") {
                copy(&name).map_err(io)?;
            }
        }
        Ok(())
    };
    let journal = |()| FILES.iter().chain([&DURABLE]).try_for_each(|name| copy(name)).map_err(io);
    shared.hold(false, tree, journal)?;
    File::open(to).and_then(|directory| directory.sync_all()).map_err(io)
}
