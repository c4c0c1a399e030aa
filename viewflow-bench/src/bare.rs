//! The baselines of the store: sled and the disk without viewflow.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::measure::{Result, float, seconds};
use crate::stores::Writes;

/// Writes to a fresh sled database what `steps` wrote, and returns the number of steps per second.
///
/// Each batch has one flush and one sync.
pub(crate) fn replay(path: &Path, steps: &[Writes], together: usize) -> Result<f64> {
    let db = sled::Config::new().path(path).cache_capacity(64 << 20).flush_every_ms(None).open()?;
    let file = OpenOptions::new().write(true).open(path.join("db"))?;
    let time = seconds(|| {
        for merged in steps.chunks(together) {
            let mut batch = sled::Batch::default();
            for (key, value) in merged.iter().flatten() {
                match value {
                    Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                    None => batch.remove(key.as_slice()),
                }
            }
            db.apply_batch(batch)?;
            db.flush()?;
            file.sync_data()?;
        }
        Ok(())
    })?;
    Ok(float(steps.len()) / time)
}

/// Appends blocks of 4 KiB with an `fdatasync` each, and returns the number of appends per second.
pub(crate) fn appends(path: &Path, count: usize) -> Result<f64> {
    let mut file = File::create(path)?;
    let block = [b'x'; 4096];
    let time = seconds(|| {
        for _ in 0..count {
            file.write_all(&block)?;
            file.sync_data()?;
        }
        Ok(())
    })?;
    Ok(float(count) / time)
}

/// Returns the total length of all keys and values in a closed store.
pub(crate) fn live(path: &Path) -> Result<usize> {
    let db = sled::Config::new().path(path).flush_every_ms(None).open()?;
    let mut bytes = 0;
    for entry in db.iter() {
        let (key, value) = entry?;
        bytes += key.len() + value.len();
    }
    Ok(bytes)
}

/// Returns the total length of all files in a directory and its subdirectories.
pub(crate) fn on_disk(path: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        // The file may have been removed since it was listed.
        let Ok(about) = entry.metadata() else { continue };
        bytes += if about.is_dir() { on_disk(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
