//! JSON documents, and structs laid over them.

pub mod embedded;
mod sent;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use serde_json::Value;
use viewflow_graph::FieldShape;
use viewflow_store::__private::is_deeper;
use viewflow_store::MAX_DEPTH;

use crate::data::field::{At, Depends, FieldOf, FieldSpec, Settled, Source};
use crate::error::{Complaint, FieldErrors};
pub(crate) use sent::{by_name, completed, is_blank, named, of_today, read_draft, read_sent, stored_by_name};
pub use viewflow_store::Document;

/// A struct whose fields live in a JSON document.
///
/// Several such structs may be laid over one document. Each reads and writes its own keys and keeps the others. The
/// derive macros implement it. By hand it looks like this:
///
/// ```
/// use viewflow_core::document::{Fields, Reader, Writer};
/// use viewflow_core::field::{At, FieldOf, FieldSpec};
/// use viewflow_core::{Document, FieldErrors, document};
///
/// #[derive(Debug, PartialEq)]
/// struct Vote { points: u8 }
///
/// const POINTS: FieldOf<u8> = FieldOf::new();
///
/// impl Fields for Vote {
///     const FIELDS: &'static [FieldSpec] = &[POINTS.spec("points", "Points", &["points"])];
///     fn read(reader: &mut Reader<'_>) -> Option<Self> {
///         Some(Vote { points: reader.field(0, &POINTS)? })
///     }
///     fn write(&self, writer: &mut Writer) {
///         writer.field(0, &POINTS, &self.points);
///     }
///     fn check(&self, errors: &mut FieldErrors) {
///         At::new("points", errors).max(&self.points, 10);
///     }
/// }
///
/// let mut stored: Document = serde_json::from_str(r#"{"points": 3, "by": "ann"}"#).unwrap();
/// document::write(&Vote { points: 7 }, &mut stored).unwrap();
/// assert_eq!(stored["points"], 7);
/// assert_eq!(stored["by"], "ann", "a key that `Vote` does not know is kept");
/// assert!(document::write(&Vote { points: 11 }, &mut stored).is_err());
/// ```
pub trait Fields: Sized + 'static {
    /// The fields, in declaration order.
    const FIELDS: &'static [FieldSpec];

    /// The shapes of the fields when they are stored, for lock files.
    const SHAPES: &'static [FieldShape] = &[];

    /// Reads all fields. Returns none if one of them is wrong; the reader has the complaints.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;

    /// Writes all fields.
    fn write(&self, writer: &mut Writer);

    /// Checks the fields against their rules.
    fn check(&self, errors: &mut FieldErrors);
}

/// The place of each field by its name, such as `INDEX.approved`. A form that consists of some of the fields uses it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields that `#[fields(..)]` can name",
    label = "its fields are not known here",
    note = "write `#[derive(Process)]` above `struct {Self}`, and `#[flow(process = {Self})]` above the flow"
)]
pub trait NamedFields: Fields {
    /// A struct with a number for each field.
    type Index;
    /// The numbers.
    const INDEX: Self::Index;
}

/// The type and the rules of the field at this place.
pub trait FieldAt<const INDEX: usize>: Fields {
    /// Its type.
    type Type: Clone;
    /// How it is read and written.
    const FIELD: FieldOf<Self::Type>;

    /// Sets it.
    fn set(&mut self, value: Self::Type);

    /// Checks a value against the rules of the field.
    fn check(value: &Self::Type, at: At<'_>);
}

impl Fields for () {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Reader<'_>) -> Option<Self> {
        Some(())
    }

    fn write(&self, _: &mut Writer) {}

    fn check(&self, _: &mut FieldErrors) {}
}

/// Reads a `T` from a document.
///
/// # Errors
/// Complaints about each field that is missing, has a wrong type or breaks its rules.
pub fn read<T: Fields>(document: &Document) -> Result<T, FieldErrors> {
    Reader::new(T::FIELDS, document, None).finish()
}

/// The code of the complaint that something was sent for a field that is not asked.
pub(crate) const NOT_ASKED: &str = "not_asked";

/// Determines the outcome of the dependent fields of a struct, with what a person has filled in so far.
pub fn settle<T: Fields>(filled: &Document) -> Settled {
    let mut reader = Reader::of_form(T::FIELDS, filled);
    drop(T::read(&mut reader));
    reader.settled
}

/// Writes `value` over a document: its own keys are replaced, all others kept. The document stays untouched if a field
/// breaks its rules.
///
/// # Errors
/// Complaints about each such field.
pub fn write<T: Fields>(value: &T, document: &mut Document) -> Result<(), FieldErrors> {
    (*document, _) = write_with_columns(value, document.clone(), None)?;
    Ok(())
}

/// As [`write()`], over a document and columns that are returned.
pub(crate) fn write_with_columns<T: Fields>(
    value: &T,
    document: Document,
    columns: Option<Document>,
) -> Result<(Document, Option<Document>), FieldErrors> {
    let mut errors = FieldErrors::default();
    value.check(&mut errors);
    let mut writer = Writer::new(T::FIELDS, document, columns);
    value.write(&mut writer);
    // Nested structs check the rules of their own fields.
    errors.extend(writer.errors);
    errors.into_result()?;
    Ok((writer.document, writer.columns))
}

/// Reads fields from a document, and collects complaints about them.
#[derive(Debug)]
pub struct Reader<'d> {
    specs: &'static [FieldSpec],
    document: &'d Document,
    columns: Option<&'d Document>,
    source: Source,
    errors: FieldErrors,
    /// The fields that were found and could be read: by their names, in the form in which they would be stored now.
    today: Option<Document>,
    /// The outcome of the dependent fields.
    settled: Settled,
    /// The invalid fields that have a stand-in value.
    stood_in: BTreeSet<usize>,
}

impl<'d> Reader<'d> {
    pub(crate) fn new(specs: &'static [FieldSpec], document: &'d Document, columns: Option<&'d Document>) -> Self {
        Self {
            specs,
            document,
            columns,
            source: Source::Store,
            errors: FieldErrors::default(),
            today: None,
            settled: Settled::default(),
            stood_in: BTreeSet::new(),
        }
    }

    /// Reads what a person sent. Fields are under their names, and an empty text counts as missing.
    pub(crate) fn of_form(specs: &'static [FieldSpec], document: &'d Document) -> Self {
        Self { source: Source::Person, ..Self::new(specs, document, None) }
    }

    /// Reads a draft. Fields are under their names, or under the names that they had when it was written.
    pub(crate) fn of_draft(specs: &'static [FieldSpec], document: &'d Document) -> Self {
        Self { source: Source::Draft, ..Self::new(specs, document, None) }
    }

    /// Adds a complaint.
    pub(crate) fn complain(&mut self, path: &str, complaint: impl Into<Complaint>) {
        self.errors.add(path, complaint);
    }

    /// Reads the field at `index` of [`Fields::FIELDS`].
    pub fn field<T>(&mut self, index: usize, field: &FieldOf<T>) -> Option<T> {
        let spec = self.specs.get(index)?;
        if spec.is_computed() && self.source == Source::Person {
            return field.default.map(|default| default());
        }
        let (found, is_of_today) = self.find(spec);
        let read = self.read(spec, field, found, is_of_today);
        if let (Some(today), Some(_), Ok(value)) = (&mut self.today, found, &read)
            && let Ok(value) = (field.merge)(value, None)
        {
            today.insert(spec.name.to_owned(), value);
        }
        read.or_else(|errors| {
            self.errors.extend(errors.under(spec.name));
            // A stand-in lets fields that depend on this one be checked, too.
            let instead = || field.default.map(|default| default()).or_else(field.stand_in);
            let stand_in = if self.source == Source::Person { instead() } else { None };
            self.stood_in.extend(stand_in.is_some().then_some(index));
            stand_in.ok_or(())
        })
        .ok()
    }

    /// Returns whether the field at `index` is asked, by a `condition` over the others. For stored data it returns
    /// true.
    pub fn asks<T>(&mut self, index: usize, field: &FieldOf<T>, condition: impl FnOnce() -> bool) -> bool {
        let Some(spec) = self.specs.get(index).filter(|_| self.source == Source::Person) else { return true };
        let sent = self.document.get(spec.name).filter(|value| !is_blank(value));
        let asked = condition();
        self.settled.asked.insert(spec.name, asked);
        if asked {
            if sent.is_none() && spec.depends == Some(Depends::OnlyIf { required: true }) {
                self.complain(spec.name, Complaint::required());
            }
            return true;
        }
        self.errors.forget_within(spec.name);
        self.stood_in.remove(&index);
        let nothing = || field.default.and_then(|default| (field.merge)(&default(), None).ok());
        if let Some(sent) = sent
            && nothing().is_none_or(|nothing| named(&(spec.kind)(), &nothing) != *sent)
        {
            self.complain(spec.name, Complaint::new(NOT_ASKED, "is not asked here: it has to be empty"));
        }
        false
    }

    /// Returns the value of the computed field at `index`.
    ///
    /// If a person sent the other fields and they are valid, it is computed from them. Otherwise it is the value that
    /// was `read`. If the computation panics, that is a complaint.
    pub fn computes<T>(
        &mut self,
        index: usize,
        field: &FieldOf<T>,
        read: Option<T>,
        compute: impl FnOnce() -> T,
    ) -> Option<T> {
        let Some(spec) = self.specs.get(index).filter(|_| self.source == Source::Person) else { return read };
        let is_wrong = |spec: &FieldSpec| spec.depends.is_none() && self.errors.within(spec.name);
        if !self.stood_in.is_empty() || self.specs.iter().any(is_wrong) {
            return read;
        }
        // A panic, such as an overflow, on what a person sent must not stop more than their form.
        let Ok(value) = catch_unwind(AssertUnwindSafe(compute)) else {
            let message = "cannot be computed of what was filled in";
            self.complain(spec.name, Complaint::new("not_computed", message));
            return read;
        };
        match (field.merge)(&value, None).and_then(not_too_deep) {
            Ok(encoded) => drop(self.settled.computed.insert(spec.name, named(&(spec.kind)(), &encoded))),
            Err(errors) => self.errors.extend(errors.under(spec.name)),
        }
        Some(value)
    }

    /// Returns the value of a field, if there is one, and whether it is under the current key.
    fn find(&self, spec: &FieldSpec) -> (Option<&'d Value>, bool) {
        let named = self.document.get(spec.name);
        match self.source {
            Source::Person => (named, true),
            Source::Draft if named.is_some() => (named, true),
            Source::Draft => (spec.named_before(self.document), false),
            Source::Store => {
                (spec.find(self.document, self.columns), spec.has_key_of_today(self.document, self.columns))
            }
        }
    }

    fn read<T>(
        &self,
        spec: &FieldSpec,
        field: &FieldOf<T>,
        found: Option<&Value>,
        is_of_today: bool,
    ) -> Result<T, FieldErrors> {
        let from_a_person = self.source == Source::Person;
        let blank = |value: &Value| from_a_person && is_blank(value);
        // A value under an earlier key has the type that the field had then.
        if let (Some(convert), Some(value), false) = (field.convert, found, is_of_today)
            && let Ok(converted) = convert(value)
        {
            return Ok(converted);
        }
        let decode = |value: &Value| {
            if from_a_person && is_deeper(value, MAX_DEPTH) {
                return Err(too_deep());
            }
            (field.read)(value, self.source).map_err(|errors| spec.with_its_bounds(errors))
        };
        match found {
            Some(value) if blank(value) && field.optional => decode(&Value::Null),
            Some(value) if blank(value) && spec.required => Err(FieldErrors::here(Complaint::required())),
            Some(value) if !blank(value) || field.default.is_none() => match (decode(value), field.default) {
                // A field that was an `Option` earlier may have left a null.
                (Err(_), Some(default)) if value.is_null() => Ok(default()),
                // A value that does not fit the current type may be of an earlier type.
                (Err(errors), _) if !from_a_person => match field.convert {
                    Some(convert) => convert(value).map_err(FieldErrors::here),
                    None => Err(errors),
                },
                (decoded, _) => decoded,
            },
            _ => match field.default {
                Some(default) => Ok(default()),
                None if field.optional => decode(&Value::Null),
                None if from_a_person => Err(FieldErrors::here(Complaint::required())),
                None => Err(FieldErrors::here(Complaint::new("missing", "is missing"))),
            },
        }
    }

    /// Returns the number of the only field with a value: the case that was chosen in a decision. If there is none, or
    /// more than one, that is a complaint.
    pub fn chosen(&mut self) -> Option<usize> {
        let is_there = |spec: &FieldSpec| self.find(spec).0.is_some_and(|value| !value.is_null());
        let there: Vec<usize> = (0..self.specs.len()).filter(|number| is_there(&self.specs[*number])).collect();
        let names = |specs: &mut dyn Iterator<Item = &FieldSpec>| specs.map(|spec| spec.name).collect::<Vec<_>>();
        let (code, names, also) = match there[..] {
            [chosen] => return Some(chosen),
            [] => ("undecided", names(&mut self.specs.iter()), ""),
            _ => ("decided_twice", names(&mut there.iter().map(|number| &self.specs[*number])), ", not several"),
        };
        let message = format!("choose one of {}{also}", names.join(", "));
        self.complain("", Complaint::new(code, message).with("cases", names));
        None
    }

    /// Checks a field that could be read against its rules. So these complaints are reported along with the unreadable
    /// fields.
    pub fn check<T>(&mut self, index: usize, value: Option<&T>, rules: impl FnOnce(&T, At<'_>)) {
        let Some(spec) = self.specs.get(index).filter(|_| !self.stood_in.contains(&index)) else { return };
        let is_computed = self.source != Source::Person || self.settled.computed.contains_key(spec.name);
        if let Some(value) = value.filter(|_| is_computed || !spec.is_computed()) {
            rules(value, At::new(spec.name, &mut self.errors));
        }
    }

    /// Returns the struct, if all of it is valid.
    pub(crate) fn finish<T: Fields>(mut self) -> Result<T, FieldErrors> {
        let read = T::read(&mut self);
        if let (Some(value), true) = (&read, self.errors.is_empty()) {
            value.check(&mut self.errors);
        }
        match read {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ if self.errors.is_empty() => Err({
                self.errors.add("", Complaint::new("type", "could not be read"));
                self.errors
            }),
            _ => Err(self.errors),
        }
    }
}

/// Writes fields into a document.
#[derive(Debug)]
pub struct Writer {
    specs: &'static [FieldSpec],
    by_name: bool,
    document: Document,
    columns: Option<Document>,
    errors: FieldErrors,
}

impl Writer {
    fn new(specs: &'static [FieldSpec], document: Document, columns: Option<Document>) -> Self {
        Self { specs, by_name: false, document, columns, errors: FieldErrors::default() }
    }

    /// Writes the field at `index` of [`Fields::FIELDS`].
    pub fn field<T>(&mut self, index: usize, field: &FieldOf<T>, value: &T) {
        let Some(spec) = self.specs.get(index) else { return };
        if self.by_name {
            match (field.merge)(value, None).and_then(not_too_deep) {
                Ok(value) => drop(self.document.insert(spec.name.to_owned(), named(&(spec.kind)(), &value))),
                Err(errors) => self.errors.extend(errors.under(spec.name)),
            }
            return;
        }
        let document: &mut Document = match &mut self.columns {
            Some(columns) if spec.column => {
                // The field may have become a column since.
                [spec.key].iter().chain(spec.was).for_each(|path| remove(&mut self.document, path));
                columns
            }
            _ => &mut self.document,
        };
        let written = (field.merge)(value, spec.lookup(document)).and_then(not_too_deep).and_then(|value| {
            for path in spec.was {
                if !holds(document, path, spec.key) {
                    remove(document, path);
                }
            }
            put(document, spec.key, value).map_err(FieldErrors::here)
        });
        if let Err(errors) = written {
            self.errors.extend(errors.under(spec.name));
        }
    }
}

/// Returns the value of a field, unless it is nested too deep for a store.
pub(crate) fn not_too_deep(value: Value) -> Result<Value, FieldErrors> {
    if is_deeper(&value, MAX_DEPTH) { Err(too_deep()) } else { Ok(value) }
}

/// Refuses values that are nested too deep for a store.
pub(crate) fn check_depth(document: &Document) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    for (name, _) in document.iter().filter(|(_, value)| is_deeper(value, MAX_DEPTH)) {
        errors.extend(too_deep().under(name));
    }
    errors.into_result()
}

fn too_deep() -> FieldErrors {
    let message = format!("must not be nested deeper than {MAX_DEPTH} levels");
    FieldErrors::here(Complaint::new("too_deep", message).with("max", MAX_DEPTH))
}

/// Puts a value at a nested key. Objects on the way are made if they are missing.
pub(crate) fn put(document: &mut Document, path: &[&str], value: Value) -> Result<(), String> {
    let Some((last, parents)) = path.split_last() else { return Ok(()) };
    let mut object = document;
    for key in parents {
        let inner = object.entry(*key).or_insert_with(|| Value::Object(Document::new()));
        object = match inner {
            Value::Object(inner) => inner,
            _ => return Err(format!("cannot be stored below `{key}`, which is no object")),
        };
    }
    match object.get_mut(*last) {
        Some(there) => *there = value,
        None => drop(object.insert((*last).to_owned(), value)),
    }
    Ok(())
}

/// Returns whether the value at the old path is the object in which the field is now.
fn holds(document: &Document, old: &[&str], key: &[&str]) -> bool {
    let at_old = old
        .split_first()
        .and_then(|(first, rest)| rest.iter().try_fold(document.get(*first)?, |value, key| value.get(*key)));
    key.starts_with(old) && at_old.is_some_and(Value::is_object)
}

fn remove(document: &mut Document, path: &[&str]) {
    let Some((last, parents)) = path.split_last() else { return };
    let inner = parents.iter().try_fold(document, |object, key| object.get_mut(*key)?.as_object_mut());
    if let Some(object) = inner {
        object.remove(*last);
    }
}
