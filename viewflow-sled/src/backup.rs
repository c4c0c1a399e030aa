//! A copy of a store that is at work.

use std::fs::{self, File};
use std::path::Path;

use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::journal::{DURABLE, FILES};
use crate::store::SledStore;

impl SledStore {
    /// Copies the store into a directory, which is made and must be empty, while steps go on. The copy is the store as it was at
    /// one moment of the call, and is opened as any other. Steps wait only if they write more meanwhile than eight
    /// times [`Options::journal`](crate::Options::journal).
    ///
    /// ```
    /// use viewflow_sled::SledStore;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let (path, copy) = (directory.path().join("data"), directory.path().join("copy"));
    /// let store = SledStore::open(&path)?;
    /// store.backup(&copy)?;
    /// let restored = SledStore::open(&copy)?;
    /// # Ok::<(), viewflow_core::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NotAStore`] when the directory is not empty, [`StoreError::Io`] when files cannot be copied; what was
    /// copied by then can be removed.
    pub fn backup(&self, to: impl AsRef<Path>) -> StoreResult<()> {
        let to = to.as_ref();
        let io = |error: std::io::Error| StoreError::Io(format!("the backup to `{}`: {error}", to.display()));
        fs::create_dir_all(to).map_err(io)?;
        if fs::read_dir(to).map_err(io)?.next().is_some() {
            let detail = "a backup goes into an empty directory".to_owned();
            return Err(StoreError::NotAStore { path: to.display().to_string(), detail });
        }
        let copy = |name: &str| -> std::io::Result<()> {
            fs::copy(self.path.join(name), to.join(name))?;
            File::open(to.join(name))?.sync_all()
        };
        // The tree is at rest, and the journal has all that it has not.
        let tree = || {
            for entry in fs::read_dir(&self.path).map_err(io)? {
                let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
                if matches!(&*name, "conf" | "db") || name.starts_with("snap.") {
                    copy(&name).map_err(io)?;
                }
            }
            Ok(())
        };
        let journal = |()| FILES.iter().chain([&DURABLE]).try_for_each(|name| copy(name)).map_err(io);
        self.shared.hold(false, tree, journal)?;
        File::open(to).and_then(|directory| directory.sync_all()).map_err(io)
    }
}
