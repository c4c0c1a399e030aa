//! Notes about the versions of the program that have used the store. Engines read and write them when they are built.

use viewflow_store::__private::stable_hash;
use viewflow_store::Store;

use crate::definition::Flows;
use crate::engine::Engine;
use crate::engine::change::renewal::{Replaced, told_of_replaced};
use crate::error::{Error, Result};
use crate::unit::Unit;
use crate::unit::versions::{About, Note, State};

/// Something that an engine is built with, such as the indexes of a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Way<'w> {
    pub(in crate::engine) about: About,
    pub(in crate::engine) name: &'static str,
    /// The names that it had before.
    pub(in crate::engine) earlier: &'static [&'static str],
    pub(in crate::engine) text: &'w str,
    /// Whether it needs no note.
    pub(in crate::engine) can_be_missing: bool,
}

/// The meaning of a note for an engine that is to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Standing {
    /// All stored data has the form that the engine uses.
    Whole,
    /// Stored data has to be renewed.
    Stale,
    /// Another version has renewed the data, which had the engine's form before.
    Replaced,
}

impl Way<'_> {
    pub(in crate::engine) fn note(&self, store: &dyn Store) -> Result<Option<Note>> {
        noted(store, self.about, self.name)
    }

    pub(in crate::engine) fn standing(&self, note: Option<&Note>) -> Standing {
        match note {
            None if self.can_be_missing => Standing::Whole,
            Some(note) if note.noted == self.text && note.state == State::Whole => Standing::Whole,
            Some(note) if note.has_replaced(self.text) => Standing::Replaced,
            _ => Standing::Stale,
        }
    }

    /// Returns why the engine must not be built, if another version has replaced it.
    pub(in crate::engine) fn replaced(&self, note: Option<&Note>) -> Option<Replaced> {
        let note = note.filter(|note| self.standing(Some(note)) == Standing::Replaced)?;
        Some(Replaced { of: self.about.of(self.name), fields: note.differs_in(self.text) })
    }

    /// Notes that this way is in force from now on, so that no step of another version succeeds.
    fn begin(&self, unit: &mut Unit, take_over: bool, known: bool) -> Result<()> {
        let note = read(unit, self.about, self.name)?;
        if !take_over && let Some(replaced) = self.replaced(note.as_ref()) {
            return Err(Error::Build(told_of_replaced(&[replaced]).into_iter().collect()));
        }
        let mut now = note.clone().unwrap_or_else(|| Note { noted: self.text.to_owned(), ..Note::default() });
        match &note {
            None => {
                now.state = State::Begun;
                // If nothing is noted, an earlier version may have known processes without columns.
                if known && self.about == About::Columns && !self.text.is_empty() {
                    now.replaced.insert(stable_hash([""]));
                }
            }
            Some(before) if before.noted != self.text => {
                let first = before.noted.split(' ').next().unwrap_or_default();
                let was = before.was.clone().unwrap_or_else(|| first.to_owned());
                now.replace(self.text);
                now.was = (self.about == About::Keys).then_some(was);
            }
            Some(_) => {}
        }
        write(unit, self.about, self.name, note.as_ref(), &now)?;
        self.earlier.iter().try_for_each(|name| {
            let note = read(unit, self.about, name)?;
            let mut now = note.clone().unwrap_or_default();
            if now.noted != self.text {
                now.replace(self.text);
                now.state = State::Whole;
            }
            write(unit, self.about, name, note.as_ref(), &now)
        })
    }

    /// Notes that all stored data is renewed, as far as it could be read.
    fn finish(&self, unit: &mut Unit, whole: bool) -> Result<()> {
        let note = read(unit, self.about, self.name)?;
        let Some(mut now) = note.clone().filter(|note| note.noted == self.text) else { return Ok(()) };
        if now.state == State::Whole {
            // Another engine of this version has finished first.
            return Ok(());
        }
        (now.state, now.was) = if whole { (State::Whole, None) } else { (State::Partly, now.was) };
        write(unit, self.about, self.name, note.as_ref(), &now)
    }
}

/// Reads a note.
pub(in crate::engine) fn noted(store: &dyn Store, about: About, name: &str) -> Result<Option<Note>> {
    let row = store.row(about.table(), about.row(name))?;
    Ok(row.map(|row| Note::of(about, &row.record)))
}

fn read(unit: &mut Unit, about: About, name: &str) -> Result<Option<Note>> {
    Ok(unit.row(about.table(), about.row(name))?.map(|row| Note::of(about, row)))
}

fn write(unit: &mut Unit, about: About, name: &str, before: Option<&Note>, now: &Note) -> Result<()> {
    if before == Some(now) {
        return Ok(());
    }
    unit.put_row(about.table(), about.row(name), Some(now.record(name)))
}

/// Returns the flows whose tasks `build` has to look through: other shapes have written since that was last done.
pub(in crate::engine) fn with_other_shapes(store: &dyn Store, flows: &Flows) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for def in flows.values() {
        let is_alone = |note: &Note| note.noted == def.shape && note.others.is_empty() && note.state == State::Whole;
        let mut has_others = !noted(store, About::Shape, def.name)?.is_some_and(|note| is_alone(&note));
        for name in def.was {
            has_others |= noted(store, About::Shape, name)?.is_some_and(|note| has_shapes(&note));
        }
        found.extend(has_others.then_some(def.name));
    }
    Ok(found)
}

fn has_shapes(note: &Note) -> bool {
    !note.noted.is_empty() || !note.others.is_empty()
}

impl Engine {
    /// Notes that the engine is looking through these flows. Steps with another shape note their shape again after
    /// that.
    pub(in crate::engine) fn begin_to_look_through(&self, flows: &[&'static str]) -> Result<()> {
        if flows.is_empty() {
            return Ok(());
        }
        self.step(None, None, |db| {
            flows.iter().filter_map(|flow| self.0.flows.get(flow)).try_for_each(|def| {
                let now = Note { noted: def.shape.clone(), state: State::Begun, ..Note::default() };
                db.unit(|unit| {
                    // A step that relies on the note sees it change.
                    unit.put_row(About::Shape.table(), About::Shape.row(def.name), Some(now.record(def.name)))?;
                    def.was.iter().try_for_each(|name| {
                        let note = read(unit, About::Shape, name)?;
                        let now = note.clone().filter(has_shapes).map(|_| Note::default());
                        now.map_or(Ok(()), |now| write(unit, About::Shape, name, note.as_ref(), &now))
                    })
                })
            })
        })
    }

    /// Notes that the engine has looked through these flows.
    pub(in crate::engine) fn has_looked_through(&self, flows: &[&'static str]) -> Result<()> {
        if flows.is_empty() {
            return Ok(());
        }
        self.step(None, None, |db| {
            flows.iter().filter_map(|flow| self.0.flows.get(flow)).try_for_each(|def| {
                db.unit(|unit| {
                    let note = read(unit, About::Shape, def.name)?;
                    let now = note.clone().filter(|note| note.noted == def.shape);
                    let now = now.map(|now| Note { state: State::Whole, ..now });
                    now.map_or(Ok(()), |now| write(unit, About::Shape, def.name, note.as_ref(), &now))
                })
            })
        })
    }

    /// Puts these ways in force, and no others. `known` are flows that the store has been used with before.
    pub(in crate::engine) fn begin_to_renew(&self, ways: &[Way<'_>], take_over: bool, known: &[&str]) -> Result<()> {
        for way in ways {
            self.0.versions.add(way.about, way.name, way.text.to_owned(), way.can_be_missing, true);
        }
        if !ways.is_empty() {
            self.step(None, None, |db| {
                db.unit(|unit| ways.iter().try_for_each(|way| way.begin(unit, take_over, known.contains(&way.name))))
            })?;
        }
        ways.iter().try_for_each(|way| self.0.versions.look(&*self.0.store, way.about, way.name).map(drop))
    }

    /// Notes the renewed ways, and whether everything could be read.
    pub(in crate::engine) fn has_renewed(&self, ways: &[(Way<'_>, bool)]) -> Result<()> {
        if !ways.is_empty() {
            self.step(None, None, |db| {
                db.unit(|unit| ways.iter().try_for_each(|(way, whole)| way.finish(unit, *whole)))
            })?;
        }
        ways.iter().for_each(|(way, _)| self.0.versions.has_renewed(way.about, way.name));
        Ok(())
    }

    /// Writes a note that only the engine itself reads.
    pub(in crate::engine) fn note(&self, about: About, name: &str, noted: &str) -> Result<()> {
        let now = Note { noted: noted.to_owned(), ..Note::default() };
        self.step(None, None, |db| db.unit(|unit| write(unit, about, name, None, &now)))
    }
}
