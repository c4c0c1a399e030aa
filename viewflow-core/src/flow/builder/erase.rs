//! Removes the types from handlers and data, for the definition.

use std::any::Any;

use serde_json::Value;
use viewflow_store::Document;

use crate::data::document;
use crate::data::field::{FieldType, Source};
use crate::data::form::{self, Form};
use crate::definition::{Act, Ask, Data, Erased, FormDef};
use crate::error::{Error, FieldErrors, Place, Result};
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::process::{Process, data_of};
use crate::flow::task::Task;

pub(super) fn encode_process<C: Flow>(data: &C::Process) -> Result<Data> {
    let at = || Box::new(Place::NewProcess { flow: C::NAME.to_owned() });
    data_of(data).map_err(|errors| Error::Data { at: at(), errors })
}

pub(super) fn encode_seed<S: FieldType>(seed: &S) -> Result<Value> {
    seed.merge(None).and_then(document::not_too_deep).map_err(|errors| Error::msg(format!("the seed {errors}")))
}

pub(super) fn encode_data<F: Flow, To: Task>(target: &'static str, data: &To) -> Result<Document> {
    let mut document = Document::new();
    document::write(data, &mut document).map_err(|errors| Error::Data {
        at: Box::new(Place::Node { flow: F::NAME.to_owned(), node: target.to_owned() }),
        errors,
    })?;
    Ok(document)
}

/// The seed and the data of a process, as a person sends them: the fields by their names.
pub(super) fn sent_process<P: Process>(seed: &Value, data: &Document) -> Result<(Value, Data), FieldErrors> {
    let read_seed = || match seed {
        Value::Null => Ok(Value::Null),
        seed => document::not_too_deep(P::Seed::read_from(seed, Source::Person)?.merge(None)?),
    };
    let read_data = || {
        document::check_depth(data)?;
        data_of(&document::read_sent::<P>(data)?)
    };
    match (read_seed(), read_data()) {
        (Ok(seed), Ok(data)) => Ok((seed, data)),
        (seed, data) => {
            let mut errors = FieldErrors::default();
            errors.extend(seed.err().unwrap_or_default().under("seed"));
            errors.extend(data.err().unwrap_or_default().under("data"));
            Err(errors)
        }
    }
}

/// Returns the document of a task that was given no data. Only called for tasks that are `NoDataNeeded`.
pub(super) fn no_data<T: Task>() -> Result<Document, FieldErrors> {
    let mut document = Document::new();
    let data: T = document::read(&document)?;
    document::write(&data, &mut document)?;
    Ok(document)
}

pub(super) fn form_def<Fm: Form>(of_process: Option<fn(&Document, Option<&Document>) -> Document>) -> FormDef {
    FormDef {
        fields: Fm::FIELDS,
        cases: Fm::CASES,
        case: |form| Fm::CASES.get(form.downcast_ref::<Fm>()?.case()?),
        of_process,
        computes: form::computes(Fm::FIELDS),
        parse: |sent| Ok(Box::new(document::read_sent::<Fm>(sent)?)),
        check: |form, db, user, kept| match form.downcast_ref::<Fm>() {
            Some(form) => form::check(form, db, user, kept),
            None => Ok(FieldErrors::here("is another form")),
        },
        places: |form, name, value| {
            form.downcast_ref::<Fm>().map_or_else(Vec::new, |form| form::places(form, name, value))
        },
        of_today: document::of_today::<Fm>,
    }
}

pub(super) fn ask<F: Flow, T: Task, R: 'static>(
    question: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
) -> Ask<R> {
    Box::new(move |flow: &Erased, activation: &Erased| question(ref_of(flow)?, ref_of(activation)?))
}

pub(super) fn act<F: Flow, T: Task, In: Clone + 'static>(
    work: impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static,
) -> Act {
    Box::new(move |flow: &Erased, activation: &mut Erased, input: &Erased| {
        work(ref_of(flow)?, mut_of(activation)?, ref_of::<In>(input)?.clone())
    })
}

pub(super) fn ref_of<T: Any>(erased: &Erased) -> Result<&T> {
    erased.downcast_ref().ok_or(Error::Internal("a value of another node"))
}

pub(super) fn mut_of<T: Any>(erased: &mut Erased) -> Result<&mut T> {
    erased.downcast_mut().ok_or(Error::Internal("a value of another node"))
}
