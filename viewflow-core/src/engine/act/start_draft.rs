//! The drafts of starts: forms of starts that people have filled in so far.
//!
//! A draft is a row of the table `viewflow.draft` for a person and a start. It belongs to that person, and the commit
//! that starts the process takes it away. Rows are listed by the person.

use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{Document, IndexEntry, NodeName, RowRecord, Timestamp, UserId, index_key};

use super::start::Starting;
use crate::data::document::check_depth;
use crate::error::{Error, Result};
use crate::unit::{Db, Unit};

/// The table of the drafts.
const DRAFTS: &str = "viewflow.draft";
/// The field by which a person's drafts are listed.
const PERSON: &str = "person";

/// The input of a person for a start so far.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine) struct StartDraft {
    /// The start, under the name that it had when the draft was kept.
    pub start: NodeName,
    /// When it was kept last.
    pub kept: Timestamp,
}

/// Keeps what a person filled in so far of a start's form, over what was kept before.
pub(in crate::engine) fn keep_draft(db: &Db, start: &Starting, user: &UserId, form: &Document) -> Result<()> {
    check_depth(form).map_err(|errors| Error::from(errors).at(|| start.place()))?;
    let before = take_draft(db, start, user)?;
    let draft = start.asked(before.as_ref(), db).drafted(form)?;
    let (flow, node) = (start.def.name, start.node().name);
    db.unit(|unit| {
        let record = record(flow, node, user, unit.now, draft);
        unit.put_row(DRAFTS, row_of(flow, node, user), Some(record))
    })
}

/// The starts for which this person keeps a draft.
pub(in crate::engine) fn drafts_of(db: &Db, person: &UserId) -> Result<Vec<StartDraft>> {
    let Some(key) = index_key(&Value::from(person.as_str())) else { return Ok(Vec::new()) };
    db.unit(|unit| {
        let (mut drafts, mut after) = (Vec::new(), None);
        loop {
            let (rows, next) = unit.rows_under(DRAFTS, PERSON, &key, after, 100)?;
            for row in rows {
                let record = unit.row_copy(DRAFTS, row)?;
                drafts.extend(record.filter(|record| is_of(record, person)).as_ref().map(draft_of));
            }
            after = next;
            if after.is_none() {
                return Ok(drafts);
            }
        }
    })
}

/// Returns the draft of this person for a start, and leaves it there.
pub(in crate::engine) fn draft_of_start(db: &Db, start: &Starting, user: &UserId) -> Result<Option<Document>> {
    db.unit(|unit| {
        for (flow, node) in names(start) {
            let found = unit.row_copy(DRAFTS, row_of(flow, node, user))?;
            if let Some(record) = found.filter(|record| is_for(record, flow, node, user)) {
                return Ok(Some(form_of(record)));
            }
        }
        Ok(None)
    })
}

/// Returns the draft of this person for a start, under its present and earlier names, and takes it away.
pub(in crate::engine) fn take_draft(db: &Db, start: &Starting, user: &UserId) -> Result<Option<Document>> {
    db.unit(|unit| {
        let mut found = None;
        for (flow, node) in names(start) {
            let earlier = take_row(unit, flow, node, user)?;
            found = found.or(earlier);
        }
        Ok(found)
    })
}

/// Returns the draft of this person for a start under this name, and takes it away.
pub(in crate::engine) fn take_row(unit: &mut Unit, flow: &str, node: &str, user: &UserId) -> Result<Option<Document>> {
    let row = row_of(flow, node, user);
    match unit.row_copy(DRAFTS, row)?.filter(|record| is_for(record, flow, node, user)) {
        Some(record) => unit.put_row(DRAFTS, row, None).map(|()| Some(form_of(record))),
        None => Ok(None),
    }
}

/// The names of a start: the current ones, and all that it had before.
fn names(start: &Starting) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (name, was) = (start.node().name, start.node().was);
    let flows = std::iter::once(start.def.name).chain(start.def.was.iter().copied());
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
