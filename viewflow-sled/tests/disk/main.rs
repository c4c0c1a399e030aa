//! Where a store is, and what it does when there is no room.

mod full;
mod places;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use viewflow_sled::SledStore;
use viewflow_store::StoreResult;

/// No call may take longer.
const DEADLINE: Duration = Duration::from_mins(1);

fn open(directory: &Path) -> StoreResult<SledStore> {
    // What is in the journal needs as much room again when it is put into the tree.
    SledStore::options().cache(1 << 20).journal(256 << 10).open(directory)
}

/// A disk of its own, in memory.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// None, and a word about it, where mounting is not allowed.
    fn new(mebibytes: u32) -> Option<Self> {
        let place = TempDir::new().unwrap();
        let size = format!("size={mebibytes}m");
        if mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], place.path()) {
            return Some(Self(place));
        }
        println!("skipped: a file system can be mounted only by root");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// From now on it can only be read.
    fn make_read_only(&self) {
        assert!(mount(&["-o", "remount,ro"], self.path()), "a disk of ours can be mounted again");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: after a failure somebody may still be at it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(options: &[&str], place: &Path) -> bool {
    let status = Command::new("mount").args(options).arg(place).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Does something that must come to an end.
fn in_time<R: Send + 'static>(what: &str, work: impl FnOnce() -> R + Send + 'static) -> R {
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = work();
        let _ = tell.send(());
        result
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = told.recv_timeout(DEADLINE) {
        panic!("{what} takes more than {DEADLINE:?}");
    }
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
