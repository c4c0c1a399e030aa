//! What people have filled in of starts so far.
//!
//! A draft is a row of the table `viewflow.draft` for a person and a start. It belongs to that person, and the commit that starts the
//! process takes it away. Rows are listed by the person.

use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{Document, IndexEntry, NodeName, RowRecord, Timestamp, UserId, index_key};

use super::input::Asked;
use super::start::start_of;
use crate::data::document::check_depth;
use crate::definition::Definition;
use crate::engine::{Engine, gate};
use crate::error::{Error, Place, Result};
use crate::people::{Anonymous, Person, User};
use crate::unit::{Db, Unit};

/// The table of the drafts.
const DRAFTS: &str = "viewflow.draft";
/// The field by which a person's drafts are listed.
const PERSON: &str = "person";

/// What a person has filled in of a start so far.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StartDraft {
    /// The start, under the name that it had when the draft was kept.
    pub start: NodeName,
    /// When it was kept last.
    pub kept: Timestamp,
}

impl Engine {
    /// Keeps what this person filled in so far of a start's form, unchecked: [`Engine::start_form_for`] shows it to them, and to nobody
    /// else. It is gone when they start a process there. What is left out stays as it was drafted before, and what is null is drafted as
    /// empty.
    ///
    /// # Errors
    /// [`Error::NoNode`] when the flow has no start with this name; [`Error::Forbidden`]
    /// for a person who is not active; [`Error::Form`] when a value is nested deeper than a store keeps.
    pub fn draft_start_with(&self, start: &NodeName, user: &impl User, form: &Document) -> Result<()> {
        let def = self.definition(&start.flow)?;
        let node = start_of(&def, start)?;
        let place = || Box::new(Place::Node { flow: start.flow.clone(), node: start.node.clone() });
        check_depth(form).map_err(|errors| Error::from(errors).at(place))?;
        self.foreground(None, Some(user), |_, db| {
            // A draft belongs to somebody.
            let is_nobody = user.id().as_str().trim().is_empty();
            let person = if is_nobody { Person::of(&Anonymous) } else { Person::of(user) };
            gate::pass_start(&person, place, None)?;
            let before = take_draft(db, &def, node, person.id())?;
            let asked =
                Asked { def: &def, form: def.nodes[node].form.as_ref(), task: None, draft: before.as_ref(), db };
            let draft = asked.drafted(form)?;
            db.unit(|unit| {
                let row = row_of(def.name, def.nodes[node].name, person.id());
                let record = record(def.name, def.nodes[node].name, person.id(), unit.now, draft);
                unit.put_row(DRAFTS, row, Some(record))
            })
        })
    }

    /// The starts of which this person keeps a draft.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start_drafts(&self, user: &impl User) -> Result<Vec<StartDraft>> {
        let person = user.id();
        let Some(key) = index_key(&Value::from(person.as_str())) else { return Ok(Vec::new()) };
        self.transaction(|db| {
            db.unit(|unit| {
                let (mut drafts, mut after) = (Vec::new(), None);
                loop {
                    let (rows, next) = unit.rows_under(DRAFTS, PERSON, &key, after, 100)?;
                    for row in rows {
                        let record = unit.row_copy(DRAFTS, row)?;
                        drafts.extend(record.filter(|record| is_of(record, &person)).as_ref().map(draft_of));
                    }
                    after = next;
                    if after.is_none() {
                        return Ok(drafts);
                    }
                }
            })
        })
    }

    /// Drops what this person drafted of a start, also of one that no flow has any more. Answers whether there was something.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drop_start_draft(&self, start: &NodeName, user: &impl User) -> Result<bool> {
        let def = self.definition(&start.flow).ok();
        let known = def.as_deref().and_then(|def| Some((def, start_of(def, start).ok()?)));
        self.foreground(None, Some(user), |_, db| match known {
            Some((def, node)) => Ok(take_draft(db, def, node, &user.id())?.is_some()),
            None => db.unit(|unit| Ok(take_row(unit, &start.flow, &start.node, &user.id())?.is_some())),
        })
    }
}

/// What this person drafted of a start, without taking it away.
pub(in crate::engine) fn draft_of_start(
    db: &Db,
    def: &Definition,
    node: usize,
    user: &UserId,
) -> Result<Option<Document>> {
    db.unit(|unit| {
        for (flow, node) in names(def, node) {
            let found = unit.row_copy(DRAFTS, row_of(flow, node, user))?;
            if let Some(record) = found.filter(|record| is_for(record, flow, node, user)) {
                return Ok(Some(form_of(record)));
            }
        }
        Ok(None)
    })
}

/// What this person drafted of a start, under the names that it has or had before; it is taken away.
pub(in crate::engine) fn take_draft(db: &Db, def: &Definition, node: usize, user: &UserId) -> Result<Option<Document>> {
    db.unit(|unit| {
        let mut found = None;
        for (flow, node) in names(def, node) {
            let earlier = take_row(unit, flow, node, user)?;
            found = found.or(earlier);
        }
        Ok(found)
    })
}

fn take_row(unit: &mut Unit, flow: &str, node: &str, user: &UserId) -> Result<Option<Document>> {
    let row = row_of(flow, node, user);
    match unit.row_copy(DRAFTS, row)?.filter(|record| is_for(record, flow, node, user)) {
        Some(record) => unit.put_row(DRAFTS, row, None).map(|()| Some(form_of(record))),
        None => Ok(None),
    }
}

/// The names of a start: those of today, and all that it had before.
fn names(def: &Definition, node: usize) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (name, was) = (def.nodes[node].name, def.nodes[node].was);
    let flows = std::iter::once(def.name).chain(def.was.iter().copied());
    flows.flat_map(move |flow| std::iter::once(name).chain(was.iter().copied()).map(move |node| (flow, node)))
}

fn row_of(flow: &str, node: &str, user: &UserId) -> u64 {
    stable_hash([flow, node, user.as_str()])
}

fn record(flow: &str, node: &str, user: &UserId, now: Timestamp, form: Document) -> RowRecord {
    let fields = [
        ("flow", flow.into()),
        ("node", node.into()),
        (PERSON, user.as_str().into()),
        ("kept", now.as_millis().into()),
        ("form", Value::Object(form)),
    ];
    let index = vec![IndexEntry { field: PERSON.to_owned(), value: user.as_str().into(), unique: false }];
    RowRecord { index, ..RowRecord::of(fields) }
}

fn text<'r>(record: &'r RowRecord, field: &str) -> &'r str {
    record.data.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn is_of(record: &RowRecord, user: &UserId) -> bool {
    text(record, PERSON) == user.as_str()
}

/// The number of a row may be that of another draft: nobody is shown what is not theirs.
fn is_for(record: &RowRecord, flow: &str, node: &str, user: &UserId) -> bool {
    is_of(record, user) && text(record, "flow") == flow && text(record, "node") == node
}

fn form_of(mut record: RowRecord) -> Document {
    match record.data.remove("form") {
        Some(Value::Object(form)) => form,
        _ => Document::new(),
    }
}

fn draft_of(record: &RowRecord) -> StartDraft {
    let kept = record.data.get("kept").and_then(Value::as_i64).unwrap_or_default();
    let start = NodeName { flow: text(record, "flow").to_owned(), node: text(record, "node").to_owned() };
    StartDraft { start, kept: Timestamp::from_millis(kept) }
}
