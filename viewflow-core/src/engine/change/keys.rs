//! Correlation keys whose stored form is not the current one: those of waiting tasks, and of kept messages.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use viewflow_store::{Cursor, NodeName, Store, TaskId, TaskList, Timestamp, WaitsFor};

use crate::definition::{Definition, Flows, Latch, MessageDef};
use crate::engine::Engine;
use crate::engine::change::noted::{Standing, Way};
use crate::engine::change::plan::{OPEN, each_task};
use crate::engine::change::renewal::Renewal;
use crate::engine::change::tables::each_page_of;
use crate::error::{Result, Stale as Of};
use crate::kernel::mailbox::{self, MAILBOXES, OtherKey};
use crate::unit::versions::{About, Note, State};
use crate::unit::{Db, Unit};

/// How many tasks, or letters, one step looks at.
const AT_ONCE: usize = 64;

/// The messages that flows wait for, by name.
pub(in crate::engine) struct Keys(BTreeMap<&'static str, Awaited>);

struct Awaited {
    /// The form in which keys are stored.
    form: String,
    nodes: Vec<(Arc<Definition>, usize)>,
}

/// A message whose keys may be stored in another form: in the noted form, if there is a note.
pub(in crate::engine) struct Stale<'k> {
    name: &'static str,
    awaited: &'k Awaited,
    noted: Option<String>,
}

/// A mailbox with letters whose key has another form now.
struct Stray {
    name: &'static str,
    was: String,
    is: String,
    latch: Latch,
}

impl Awaited {
    fn way(&self, name: &'static str) -> Way<'_> {
        Way { about: About::Keys, name, earlier: &[], text: &self.form, can_be_missing: false }
    }

    /// The nodes that wait for the message, with what they know of it.
    fn nodes(&self) -> impl Iterator<Item = (NodeName, &MessageDef)> {
        self.nodes.iter().filter_map(|(def, index)| {
            let node = &def.nodes[*index];
            let name = NodeName::new(def.name, node.name);
            Some((name, node.wait.message()?))
        })
    }

    /// The lists of their open tasks, including those of suspended processes.
    fn lists(&self) -> impl Iterator<Item = (TaskList, &MessageDef)> {
        self.nodes().flat_map(|(node, message)| {
            OPEN.into_iter().map(move |status| (TaskList::Status(node.clone(), status), message))
        })
    }
}

impl Keys {
    pub(in crate::engine) fn of(flows: &Flows) -> Self {
        let mut messages: BTreeMap<_, Awaited> = BTreeMap::new();
        for def in flows.values() {
            for (index, node) in def.nodes.iter().enumerate() {
                if let Some(message) = node.wait.message() {
                    let awaited = || Awaited { form: (message.form)(), nodes: Vec::new() };
                    messages.entry(message.name).or_insert_with(awaited).nodes.push((Arc::clone(def), index));
                }
            }
        }
        Self(messages)
    }

    /// Returns the messages whose keys have another form than noted, with the notes.
    pub(in crate::engine) fn stale(&self, store: &dyn Store) -> Result<Vec<Stale<'_>>> {
        let mut stale = Vec::new();
        for (name, awaited) in &self.0 {
            let (way, note) = (awaited.way(name), awaited.way(name).note(store)?);
            if way.standing(note.as_ref()) != Standing::Whole {
                let was = |note: Note| {
                    if note.state == State::Whole { Some(note.noted) } else { note.was.or(Some(note.noted)) }
                };
                stale.push(Stale { name, awaited, noted: note.and_then(was) });
            }
        }
        Ok(stale)
    }

    /// The forms of all messages.
    pub(in crate::engine) fn ways(&self) -> Vec<Way<'_>> {
        self.0.iter().map(|(name, awaited)| awaited.way(name)).collect()
    }

    /// Returns the forms of the messages whose keys have to be renewed.
    pub(in crate::engine) fn stale_ways<'k>(&'k self, stale: &[Stale<'k>]) -> Vec<Way<'k>> {
        stale.iter().map(|Stale { name, awaited, .. }| awaited.way(name)).collect()
    }

    /// Returns the messages with keys of an earlier form, and how many keys there are.
    pub(in crate::engine) fn plan(&self, store: &Arc<dyn Store>) -> Result<Vec<Renewal>> {
        let stale = self.stale(&**store)?;
        if stale.is_empty() {
            return Ok(Vec::new());
        }
        let mut counts = BTreeMap::<&str, u64>::new();
        for Stale { name, awaited, noted } in &stale {
            for (list, message) in awaited.lists() {
                each_task(&**store, &list, |task| {
                    let other = other_key(message, task.waits_for.as_ref(), noted.as_deref());
                    *counts.entry(name).or_default() += u64::from(matches!(other, Some(Ok(_))));
                    Ok(ControlFlow::Continue(()))
                })?;
            }
        }
        each_page_of(&**store, MAILBOXES, |rows| {
            let db = Db::reader(Arc::clone(store), Timestamp::from_millis(0));
            strays(&db, rows, &stale)?.iter().for_each(|stray| *counts.entry(stray.name).or_default() += 1);
            Ok(())
        })?;
        let found = counts.into_iter().filter(|(_, count)| *count > 0);
        Ok(found.map(|(name, count)| Renewal { count, ..Renewal::new(Of::Message(name.to_owned())) }).collect())
    }
}

impl Engine {
    /// Gives waiting tasks and kept messages the current keys, if those have another form than when the store was last
    /// used. Returns whether every key could be read.
    pub(in crate::engine) fn renew_keys<'k>(&self, stale: &[Stale<'k>]) -> Result<Vec<(Way<'k>, bool)>> {
        let store = &*self.0.store;
        let mut now = Vec::new();
        for Stale { name, awaited, noted } in stale {
            let mut whole = true;
            for (list, message) in awaited.lists() {
                whole &= self.renew_waiting(&list, message, noted.as_deref())?;
            }
            now.push((awaited.way(name), whole));
        }
        if !stale.is_empty() {
            each_page_of(store, MAILBOXES, |rows| {
                let found = self.step(None, None, |db| strays(db, rows, stale))?;
                found.iter().try_for_each(|stray| self.forward(stray))
            })?;
        }
        Ok(now)
    }

    fn forward(&self, Stray { name, was, is, latch }: &Stray) -> Result<()> {
        let key = OtherKey { name, was, is };
        let forward = |db: &Db| {
            db.unit(|unit| {
                unit.rely_on(About::Keys, name);
                mailbox::forward(unit, key, *latch, AT_ONCE)
            })
        };
        while self.step(None, None, forward)? == AT_ONCE {}
        Ok(())
    }

    /// Returns whether every key could be read.
    fn renew_waiting(&self, list: &TaskList, message: &MessageDef, was: Option<&str>) -> Result<bool> {
        let (mut whole, mut after) = (true, None::<Cursor>);
        loop {
            let page = self.0.store.list_tasks(list, after, AT_ONCE)?;
            let Some(end) = page.last() else { return Ok(whole) };
            after = Some(*end);
            whole &= self.step(None, None, |db| {
                // If yet another version begins to renew them, this one has to stop.
                db.unit(|unit| unit.rely_on(About::Keys, message.name));
                let renew = |unit: &mut Unit, id| renew_task(unit, id, message, was);
                page.iter().try_fold(true, |whole, listed| Ok(db.unit(|unit| renew(unit, listed.task))? && whole))
            })?;
        }
    }
}

/// Lets a task wait with the current key. Returns whether its key could be read.
fn renew_task(unit: &mut Unit, id: TaskId, message: &MessageDef, was: Option<&str>) -> Result<bool> {
    let task = unit.task(id).cloned();
    let Some(task) = unit.pass_over(task)? else { return Ok(false) };
    match (&task.waits_for, other_key(message, task.waits_for.as_ref(), was)) {
        (_, None) => Ok(true),
        (Some(WaitsFor::Message { name, key }), Some(Ok(today))) => {
            let moved = mailbox::follow(unit, OtherKey { name, was: key, is: &today }, task.suspended);
            if unit.pass_over(moved)?.is_none() {
                return Ok(false);
            }
            unit.change_task(id)?.waits_for = Some(WaitsFor::Message { name: name.clone(), key: today });
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Returns the current key of what a task waits for, if it differs. Returns an error if the key cannot be read.
fn other_key(message: &MessageDef, waits_for: Option<&WaitsFor>, was: Option<&str>) -> Option<Result<String, ()>> {
    match waits_for {
        Some(WaitsFor::Message { name, key }) if name == message.name => match (message.key_of_today)(key, was) {
            Some(today) => (today != *key).then_some(Ok(today)),
            None => Some(Err(())),
        },
        _ => None,
    }
}

/// Returns the mailboxes in these rows that hold letters whose key has another form now.
fn strays(db: &Db, rows: &[u64], stale: &[Stale<'_>]) -> Result<Vec<Stray>> {
    let mut found = Vec::new();
    for row in rows {
        let boxes = db.unit(|unit| {
            let letters = mailbox::letters(unit, *row);
            unit.pass_over(letters)
        })?;
        for (name, was, content) in boxes.into_iter().flatten() {
            let Some(Stale { name, awaited, .. }) = stale.iter().find(|stale| stale.name == name) else { continue };
            let today =
                awaited.nodes().next().and_then(|(_, message)| Some((message, (message.letter)(&content).ok()?)));
            let today = today.filter(|(_, letter)| letter.key != was);
            found.extend(today.map(|(message, letter)| Stray { name, was, is: letter.key, latch: message.latch }));
        }
    }
    Ok(found)
}
