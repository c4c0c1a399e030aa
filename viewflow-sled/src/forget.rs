//! Forgets the first events of a process.

use viewflow_store::{ProcessId, StoreResult};

use crate::ahead::View;
use crate::draft::Draft;
use crate::frame;
use crate::key;
use crate::run::{Run, Whose};
use crate::writes::Writes;

/// The writes that forget the first events of a process, for the events that were read.
pub(crate) struct Forgotten {
    process: ProcessId,
    through: u32,
    /// The runs that were read: the key of each, and its header, which changes whenever the run changes.
    runs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether the last of these runs stays as it is.
    stays: bool,
    writes: Writes,
}

impl Forgotten {
    /// Prepares the removal of a process's events up to a number. A run that also has later events is rewritten.
    pub(crate) fn read(view: &dyn View, process: ProcessId, through: u32) -> StoreResult<Self> {
        let what = || format!("an event of process {process}");
        let mut read = Self { process, through, runs: Vec::new(), stays: false, writes: Writes::new() };
        for entry in view.entries(&key::events(process)) {
            let (key, value) = entry?;
            read.runs.push((key.clone(), frame::header(&value).to_vec()));
            let Some(content) = view.content_of(&key, Some(value), &what)? else { continue };
            let (whose, run) = (Whose::of(&key, content.revision)?, Run::read(&content.bytes, &what)?);
            let length = run.len();
            let left = run.clone().without(whose, through);
            if left.as_ref().is_some_and(|left| left.len() == length) {
                read.stays = true;
                break;
            }
            if left.is_none() {
                let entries = run.in_history(whose).into_iter().chain([run.in_log(whose)]);
                read.writes.extend(entries.map(|entry| (entry, None)));
            }
            let new = left.map(|left| left.content()).transpose()?;
            // The run keeps its place in the log.
            let draft = Draft::of(key, new.as_deref(), Some((whose.commit, content.pieces)))?;
            draft.finish(&mut read.writes, whose.commit);
        }
        Ok(read)
    }

    /// The prepared writes if the events are still the same, and newly prepared ones if not.
    pub(crate) fn writes(self, view: &dyn View) -> StoreResult<Writes> {
        if self.holds(view)? { Ok(self.writes) } else { Ok(Self::read(view, self.process, self.through)?.writes) }
    }

    fn holds(&self, view: &dyn View) -> StoreResult<bool> {
        let prefix = key::events(self.process);
        let mut before = self.runs.iter();
        // Reads one run more than before, to see that no others have come.
        for entry in view.entries(&prefix).take(self.runs.len() + usize::from(!self.stays)) {
            let (key, value) = entry?;
            if before.next().is_none_or(|(run, header)| *run != key || header != frame::header(&value)) {
                return Ok(false);
            }
        }
        Ok(before.next().is_none())
    }
}
