//! Versions of a program over one store: the notes about them, and what a step relies on in the notes.
//!
//! Versions may index rows, processes and waiting tasks by different fields. A note says which description is in force.
//! An engine that is built with another description first writes its own into the note, and only then renews what is
//! stored. Each step that writes, or looks something up, relies on the revision under which the note agreed with its
//! engine. So from then on no step of another version succeeds.
//!
//! Different shapes of a flow can coexist. A note lists the shapes that have written since everything was last looked
//! through. A step whose shape is not in the list adds it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{Expect, Key, RowRecord, Store};

use super::Unit;
use crate::error::{Error, Result, Stale};

/// The subject of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// The shapes of a flow with which its processes are written.
    Shape,
    /// The description of the indexes of a table.
    Rows,
    /// The description of the indexes of a flow's processes.
    Columns,
    /// The form of the correlation keys of a message.
    Keys,
}

impl About {
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Shape => "viewflow.shape",
            Self::Rows | Self::Columns => "viewflow.index",
            Self::Keys => "viewflow.key",
        }
    }

    pub(crate) fn row(self, name: &str) -> u64 {
        match self {
            Self::Columns => stable_hash([name, "", "columns"]),
            _ => stable_hash([name, ""]),
        }
    }

    /// Returns what is affected if such a note is stale.
    pub(crate) fn of(self, name: &str) -> Stale {
        match self {
            Self::Rows => Stale::Table(name.to_owned()),
            Self::Keys => Stale::Message(name.to_owned()),
            Self::Shape | Self::Columns => Stale::Processes(name.to_owned()),
        }
    }
}

/// Whether everything stored is as a note says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Everything is.
    #[default]
    Whole,
    /// Everything that could be read is. The rest is to be looked at again.
    Partly,
    /// An engine is renewing what is stored, or ended while it did.
    Begun,
}

/// The content of a note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// The description in force. For shapes, the shape with which everything was last looked through.
    pub(crate) noted: String,
    /// The other shapes that have written since.
    pub(crate) others: BTreeSet<String>,
    /// The descriptions that were in force before, as hashes.
    pub(crate) replaced: BTreeSet<u64>,
    /// The form of those keys that are not renewed yet.
    pub(crate) was: Option<String>,
    pub(crate) state: State,
}

impl Note {
    pub(crate) fn of(about: About, record: &RowRecord) -> Self {
        let text = |key: &str| record.data.get(key).and_then(Value::as_str);
        let list = |key: &str| record.data.get(key).and_then(Value::as_array).into_iter().flatten();
        let mut note = Self {
            noted: text("noted").unwrap_or_default().to_owned(),
            others: list("others").filter_map(Value::as_str).map(str::to_owned).collect(),
            replaced: list("replaced").filter_map(Value::as_u64).collect(),
            was: text("was").map(str::to_owned),
            state: match text("state") {
                Some("begun") => State::Begun,
                Some(_) => State::Partly,
                None => State::Whole,
            },
        };
        // An earlier release recorded keys that are not renewed yet in this way.
        if let (About::Keys, Some((was, form))) = (about, note.noted.split_once(" until ")) {
            (note.was, note.noted, note.state) = (Some(was.to_owned()), form.to_owned(), State::Begun);
        }
        note
    }

    pub(crate) fn record(&self, name: &str) -> RowRecord {
        let others: Vec<&str> = self.others.iter().map(String::as_str).collect();
        let replaced: Vec<u64> = self.replaced.iter().copied().collect();
        let state = match self.state {
            State::Whole => None,
            State::Partly => Some("partly"),
            State::Begun => Some("begun"),
        };
        let fields = [("name", name.into()), ("noted", self.noted.as_str().into())];
        let more = [
            (!others.is_empty()).then(|| ("others", others.into())),
            (!replaced.is_empty()).then(|| ("replaced", replaced.into())),
            self.was.as_deref().map(|was| ("was", was.into())),
            state.map(|state| ("state", state.into())),
        ];
        RowRecord::of(fields.into_iter().chain(more.into_iter().flatten()))
    }

    /// Returns whether this shape is among those that have written.
    pub(crate) fn has_shape(&self, shape: &str) -> bool {
        self.noted == shape || self.others.contains(shape)
    }

    /// Returns whether this description was in force, and a different one is now.
    pub(crate) fn has_replaced(&self, own: &str) -> bool {
        self.noted != own && self.replaced.contains(&stable_hash([own]))
    }

    /// Puts another description in force from here on.
    pub(crate) fn replace(&mut self, own: &str) {
        self.replaced.remove(&stable_hash([own]));
        let before = std::mem::replace(&mut self.noted, own.to_owned());
        self.replaced.insert(stable_hash([before.as_str()]));
        self.state = State::Begun;
    }

    /// Returns the keys of the fields in which the two descriptions differ.
    pub(crate) fn differs_in(&self, own: &str) -> Vec<String> {
        let parts = |text: &'_ str| text.split("; ").map(str::to_owned).collect::<BTreeSet<String>>();
        let (noted, own) = (parts(&self.noted), parts(own));
        let mut fields: Vec<String> = noted.symmetric_difference(&own).filter_map(|part| field_of(part)).collect();
        fields.dedup();
        fields
    }
}

fn field_of(part: &str) -> Option<String> {
    part.split(' ').next().filter(|field| !field.is_empty()).map(str::to_owned)
}

/// The revision under which a note agreed with an engine; `Some(None)` if there is no note. None while the note
/// disagrees.
pub(crate) type Agreed = Option<Option<u64>>;

/// A note, named by its subject.
pub(crate) type Named = (About, &'static str);

/// An engine's own view of the subjects of notes.
#[derive(Debug, Default)]
pub(crate) struct Versions(RwLock<BTreeMap<Named, Own>>);

#[derive(Debug)]
struct Own {
    name: &'static str,
    text: String,
    /// Whether the note may be missing.
    can_be_missing: bool,
    /// Whether the engine is renewing what is stored.
    renews: bool,
    agreed: Agreed,
}

impl Versions {
    fn read<R>(&self, read: impl FnOnce(&BTreeMap<Named, Own>) -> R) -> R {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<R>(&self, about: About, name: &'static str, change: impl FnOnce(&mut Own) -> R) -> Option<R> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(&(about, name)).map(change)
    }

    /// Adds what the engine says. `renews` says that the engine is about to renew what is stored.
    pub(crate) fn add(&self, about: About, name: &'static str, text: String, can_be_missing: bool, renews: bool) {
        let own = Own { name, text, can_be_missing, renews, agreed: None };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert((about, name), own);
    }

    /// Notes that what is stored has been renewed.
    pub(crate) fn has_renewed(&self, about: About, name: &'static str) {
        self.change(about, name, |own| own.renews = false);
    }

    /// Returns the agreement about this subject, with the name as a `'static` one.
    pub(crate) fn agreed(&self, about: About, name: &str) -> Option<(&'static str, Agreed)> {
        self.read(|all| all.get(&(about, name)).map(|own| (own.name, own.agreed)))
    }

    /// Reads a note again. Returns its revision if it agrees with the engine; for a shape, if it has that shape.
    ///
    /// # Errors
    /// [`Error::Superseded`] if another description is in force, [`Error::Renewing`] if an engine is still renewing.
    pub(crate) fn look(&self, store: &dyn Store, about: About, name: &'static str) -> Result<Agreed> {
        let stored = store.row(about.table(), about.row(name))?;
        let revision = stored.as_ref().map(|stored| stored.revision);
        let note = stored.map(|stored| Note::of(about, &stored.record));
        let judged = self.read(|all| {
            let own = all.get(&(about, name)).ok_or(Error::Internal("what an engine is built with"))?;
            match &note {
                None => Ok(own.can_be_missing.then_some(None)),
                Some(note) if about == About::Shape => Ok(note.has_shape(&own.text).then_some(revision)),
                Some(note) if note.noted != own.text => {
                    Err(Error::Superseded { of: about.of(name), fields: note.differs_in(&own.text) })
                }
                Some(note) if note.state == State::Begun && !own.renews => Err(Error::Renewing { of: about.of(name) }),
                Some(_) => Ok(Some(revision)),
            }
        });
        let agreed = judged.as_ref().map_or(None, |agreed| *agreed);
        self.change(about, name, |own| own.agreed = agreed);
        match judged {
            // The note has been deleted.
            Ok(None) if about != About::Shape => Err(Error::Superseded { of: about.of(name), fields: Vec::new() }),
            judged => judged,
        }
    }

    /// As [`Versions::look`], for the note about this.
    pub(crate) fn look_of(&self, store: &dyn Store, of: &Stale) -> Result<()> {
        let (about, name) = match of {
            Stale::Table(table) => (About::Rows, table),
            Stale::Processes(flow) => (About::Columns, flow),
            Stale::Message(message) => (About::Keys, message),
        };
        self.agreed(about, name).map_or(Ok(()), |(name, _)| self.look(store, about, name).map(drop))
    }

    /// Returns whether a note still has this revision, for readers that looked something up outside of a step. If it
    /// has another revision and still agrees with the engine, they have to look again.
    ///
    /// # Errors
    /// As [`Versions::look`].
    pub(crate) fn holds(&self, store: &dyn Store, about: About, name: &'static str, agreed: Agreed) -> Result<bool> {
        let revision = store.row(about.table(), about.row(name))?.map(|stored| stored.revision);
        if agreed == Some(revision) {
            return Ok(true);
        }
        self.look(store, about, name).map(|_| false)
    }
}

/// The versions, for readers outside of a step, and what such a reader found that another version has renewed.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) versions: Arc<Versions>,
    superseded: Arc<Mutex<Option<(Stale, Vec<String>)>>>,
}

impl Reading {
    pub(crate) fn new(versions: Arc<Versions>) -> Self {
        Self { versions, superseded: Arc::default() }
    }

    fn came_upon(&self, error: &Error) {
        let fields = if let Error::Superseded { fields, .. } = error { fields.clone() } else { Vec::new() };
        if let Some(of) = error.of_another_version() {
            *self.superseded.lock().unwrap_or_else(PoisonError::into_inner) = Some((of.clone(), fields));
        }
    }

    /// Returns the error that makes what was read useless, if there is one.
    pub(crate) fn superseded(&self) -> Option<Error> {
        let superseded = self.superseded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        superseded.map(|(of, fields)| Error::Superseded { of, fields })
    }
}

impl Unit {
    /// Notes that the step writes, or looks something up, according to a note.
    pub(crate) fn rely_on(&mut self, about: About, name: &str) {
        let Some(Reading { versions, .. }) = &self.reading else { return };
        if let Some((name, agreed)) = versions.agreed(about, name) {
            self.relied.entry((about, name)).or_insert(agreed);
        }
    }

    /// As [`Unit::rely_on`], for a table that the engine may not have been told about.
    pub(crate) fn rely_on_table_of(&mut self, table: &'static str, own: impl FnOnce() -> String) -> Result<()> {
        let Some(Reading { versions, .. }) = &self.reading else { return Ok(()) };
        if self.relied.contains_key(&(About::Rows, table)) {
            return Ok(());
        }
        if versions.agreed(About::Rows, table).is_none() {
            versions.add(About::Rows, table, own(), true, false);
            match versions.look(&*self.store, About::Rows, table) {
                // The step is refused when it ends, whatever it does.
                Err(error) if error.is_of_another_version() => {}
                looked => drop(looked?),
            }
        }
        self.rely_on(About::Rows, table);
        Ok(())
    }

    /// Returns whether a reader outside of a step has to look again: the note has changed since, and still agrees.
    pub(crate) fn has_to_look_again(&mut self, about: About, name: &'static str) -> Result<bool> {
        let (true, Some(reading), Some(agreed)) = (self.read_only, &self.reading, self.relied.get(&(about, name)))
        else {
            return Ok(false);
        };
        match reading.versions.holds(&*self.store, about, name, *agreed) {
            Ok(true) => Ok(false),
            Ok(false) => {
                self.relied.remove(&(about, name));
                Ok(true)
            }
            Err(error) => {
                reading.came_upon(&error);
                Err(error)
            }
        }
    }

    /// Relies on the shapes and columns of the flows whose processes the step has changed. Adds the flow's shape to the
    /// note if it is missing.
    pub(crate) fn rely_on_flows(&mut self) -> Result<()> {
        let Some(Reading { versions, .. }) = self.reading.clone() else { return Ok(()) };
        let mut flows: BTreeMap<&'static str, bool> = BTreeMap::new();
        for (id, (_, held)) in self.processes.iter().filter(|(_, (_, held))| held.changed) {
            let Some(process) = held.now() else { continue };
            let Some((flow, _)) = versions.agreed(About::Shape, &process.flow) else { continue };
            *flows.entry(flow).or_default() |= self.data.get(id).is_some_and(|data| data.changed);
        }
        for (flow, writes_data) in flows {
            if writes_data {
                self.rely_on(About::Columns, flow);
            }
            let (_, mut agreed) = versions.agreed(About::Shape, flow).unwrap_or_default();
            if agreed.is_none() {
                agreed = versions.look(&*self.store, About::Shape, flow)?;
            }
            match agreed {
                Some(revision) => drop(self.relied.insert((About::Shape, flow), Some(revision))),
                None => self.add_shape(&versions, flow)?,
            }
        }
        Ok(())
    }

    fn add_shape(&mut self, versions: &Versions, flow: &'static str) -> Result<()> {
        let (table, row) = (About::Shape.table(), About::Shape.row(flow));
        let mut note = self.row(table, row)?.map(|row| Note::of(About::Shape, row)).unwrap_or_default();
        let own = versions.read(|all| all.get(&(About::Shape, flow)).map(|own| own.text.clone())).unwrap_or_default();
        if note.has_shape(&own) {
            return Ok(());
        }
        note.others.insert(own);
        self.put_row(table, row, Some(note.record(flow)))
    }

    /// Returns the notes on which the step relies.
    pub(crate) fn relied_on(&self) -> Vec<(Named, Agreed)> {
        self.relied.iter().map(|(named, agreed)| (*named, *agreed)).collect()
    }

    pub(super) fn expects_of_notes(&self) -> impl Iterator<Item = Expect> {
        self.relied.iter().filter_map(|((about, name), agreed)| {
            Some(Expect::Revision(Key::Row(about.table().to_owned(), about.row(name)), (*agreed)?))
        })
    }
}
