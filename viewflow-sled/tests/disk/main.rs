//! Where a store can be, and how it behaves on a full disk.

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

/// The longest time that a call may take.
const DEADLINE: Duration = Duration::from_mins(1);

fn open(directory: &Path) -> StoreResult<SledStore> {
    // The tree needs as much room again for the content of the journal.
    SledStore::options().cache(1 << 20).journal(256 << 10).open(directory)
}

/// A small disk in memory.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts the disk. Prints a note and returns `None` where mounting is not allowed.
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

    /// Makes the disk read-only.
    fn make_read_only(&self) {
        assert!(mount(&["-o", "remount,ro"], self.path()), "a disk of ours can be mounted again");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A lazy unmount, because after a failure a thread may still use the disk.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(options: &[&str], place: &Path) -> bool {
    let status = Command::new("mount").args(options).arg(place).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Runs `work`, and fails if it does not end in time.
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
