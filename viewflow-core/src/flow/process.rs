//! Proxies: structs laid over a process's document.

use std::ops::{Deref, DerefMut};

use serde_json::Value;
use viewflow_store::{Document, ProcessData, ProcessId, ProcessRecord, ProcessStatus, Timestamp};

use crate::data::document::{self, Fields, Reader};
use crate::data::field::{FieldType, Source};
use crate::definition::Data;
use crate::error::{Error, FieldErrors, Place, Result};

/// A struct laid over a process's document: its fields are the workflow data of the process.
///
/// `#[derive(Process)]` implements it. By hand it needs [`Fields`] and the types of seed and artifact:
///
/// ```
/// # use viewflow_core::{FieldErrors, Process, document::{Fields, Reader, Writer}, field::FieldSpec};
/// struct Bare;
/// # impl Fields for Bare {
/// #     const FIELDS: &'static [FieldSpec] = &[];
/// #     fn read(_: &mut Reader<'_>) -> Option<Self> { Some(Bare) }
/// #     fn write(&self, _: &mut Writer) {}
/// #     fn check(&self, _: &mut FieldErrors) {}
/// # }
/// impl Process for Bare {
///     type Seed = ();
///     type Artifact = String;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process",
    label = "not a process type",
    note = "write `#[derive(Process)]` above `struct {Self}`"
)]
pub trait Process: Fields {
    /// The type of the value that the process starts from.
    type Seed: FieldType;
    /// The type of the value that the process brings about.
    type Artifact: FieldType;
    /// The table of the columns: [`FieldSpec::column`](crate::field::FieldSpec::column). None without such
    /// fields.
    const TABLE: Option<&'static str> = None;
}

#[diagnostic::do_not_recommend]
impl Process for () {
    type Seed = ();
    type Artifact = ();
}

/// A process, seen through its proxy `P`. `process.approved` is a field of `P`; the fields below belong to every
/// process.
///
/// Parts of the document that `P` does not know are kept.
#[derive(Clone, Debug)]
pub struct ProcessOf<P: Process> {
    /// The number of the process.
    pub id: ProcessId,
    /// Its status.
    pub status: ProcessStatus,
    /// The time when it was started.
    pub created: Timestamp,
    /// The time when it was finished.
    pub finished: Option<Timestamp>,
    /// The value that it starts from.
    pub seed: Option<P::Seed>,
    /// The value that it brings about.
    pub artifact: Option<P::Artifact>,
    pub(super) laid: Laid<P>,
}

impl<P: Process> ProcessOf<P> {
    pub(crate) fn read(record: &ProcessRecord, data: &ProcessData, columns: Option<Document>) -> Result<Self> {
        let laid = Laid::read(record, data, columns)?;
        let wrong = |errors| Error::Data { at: laid.place(), errors };
        Ok(Self {
            id: record.id,
            status: record.status,
            created: record.created,
            finished: record.finished,
            seed: optional(&data.seed, "seed").map_err(wrong)?,
            artifact: optional(&data.artifact, "artifact").map_err(wrong)?,
            laid,
        })
    }

    /// Returns the same document seen through another proxy.
    ///
    /// # Errors
    /// [`Error::Data`] if the document does not fit `Q`.
    pub fn proxy<Q: Fields>(&self) -> Result<Q> {
        self.laid.proxy()
    }

    /// Changes the document through another proxy. In fields that both have, `P` sees the change.
    ///
    /// # Errors
    /// [`Error::Data`] if the document does not fit `Q`, or if `change` leaves a field against its rules. Then nothing
    /// is changed.
    pub fn with_proxy<Q: Fields, R>(&mut self, change: impl FnOnce(&mut Q) -> R) -> Result<R> {
        self.laid.with_proxy(change)
    }
}

/// A proxy, and the document that it is laid over.
#[derive(Clone, Debug)]
pub(super) struct Laid<P> {
    pub(super) fields: P,
    document: Document,
    columns: Option<Document>,
    flow: String,
    id: ProcessId,
}

impl<P: Process> Laid<P> {
    fn read(record: &ProcessRecord, data: &ProcessData, columns: Option<Document>) -> Result<Self> {
        let place = || Box::new(Place::Process { flow: record.flow.clone(), process: record.id });
        let wrong = |errors| Error::Data { at: place(), errors };
        let fields = Reader::new(P::FIELDS, &data.data, columns.as_ref()).finish().map_err(wrong)?;
        Ok(Self { fields, document: data.data.clone(), columns, flow: record.flow.clone(), id: record.id })
    }

    pub(super) fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        self.fields.check(&mut errors);
        errors.into_result()
    }

    /// Writes back what may have changed. Returns the columns as they were read and as they are now.
    pub(super) fn save(&self, data: &mut ProcessData) -> Result<Option<(Document, Document)>> {
        let wrong = |errors| Error::Data { at: self.place(), errors };
        let (document, columns) = self.written().map_err(wrong)?;
        data.data = document;
        Ok(self.columns.clone().zip(columns))
    }

    /// Returns the document and the columns with the fields as they are now.
    fn written(&self) -> Result<(Document, Option<Document>), FieldErrors> {
        document::write_with_columns(&self.fields, self.document.clone(), self.columns.clone())
    }

    pub(super) fn place(&self) -> Box<Place> {
        Box::new(Place::Process { flow: self.flow.clone(), process: self.id })
    }

    pub(super) fn proxy<Q: Fields>(&self) -> Result<Q> {
        let wrong = |errors| Error::Data { at: self.place(), errors };
        let (document, columns) = self.written().map_err(wrong)?;
        Reader::new(Q::FIELDS, &document, columns.as_ref()).finish().map_err(wrong)
    }

    pub(super) fn with_proxy<Q: Fields, R>(&mut self, change: impl FnOnce(&mut Q) -> R) -> Result<R> {
        let place = self.place();
        let wrong = |errors| Error::Data { at: place.clone(), errors };
        let (document, columns) = self.written().map_err(wrong)?;
        let mut other: Q = Reader::new(Q::FIELDS, &document, columns.as_ref()).finish().map_err(wrong)?;
        let answer = change(&mut other);
        let (document, columns) = document::write_with_columns(&other, document, columns).map_err(wrong)?;
        self.fields = Reader::new(P::FIELDS, &document, columns.as_ref()).finish().map_err(wrong)?;
        self.document = document;
        self.columns = columns;
        Ok(answer)
    }
}

impl<P: Process> Deref for ProcessOf<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.laid.fields
    }
}

impl<P: Process> DerefMut for ProcessOf<P> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.laid.fields
    }
}

/// Reads a seed or artifact that may be missing.
pub(crate) fn optional<T: FieldType>(value: &Value, name: &str) -> Result<Option<T>, FieldErrors> {
    if value.is_null() {
        Ok(None)
    } else {
        T::read_from(value, Source::Store).map(Some).map_err(|errors| errors.under(name))
    }
}

pub(crate) fn encoded<T: FieldType>(value: Option<&T>, name: &str) -> Result<Value, FieldErrors> {
    value
        .map_or(Ok(Value::Null), |value| value.merge(None).and_then(document::not_too_deep))
        .map_err(|errors| errors.under(name))
}

/// Returns the proxy as the data of a process that begins with it.
pub(crate) fn data_of<P: Process>(fields: &P) -> Result<Data, FieldErrors> {
    document::write_with_columns(fields, Document::new(), P::TABLE.map(|_| Document::new()))
}
