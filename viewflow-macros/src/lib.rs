//! The macros of viewflow: derives, and attributes that do the same as the derives.
//!
//! The crate `viewflow` re-exports them and documents what they do.
//!
//! Each macro is a pipeline: it *parses* the annotated struct into a *model*, *checks* the model, and *expands* it. The
//! macro collects all mistakes and reports them together. Besides, it writes an expansion that is as complete as
//! possible. So one mistake gives one message, and the rest of the program still finds its types and traits.

#![warn(unreachable_pub)]

mod attribute;
mod cases;
mod choices;
mod errors;
mod flow;
#[cfg(test)]
mod fuzz;
mod record;
mod syntax;

use crate::attribute::{Of, attributed};
use crate::record::Face;
use crate::syntax::derived;
use proc_macro::TokenStream;

/// Derives `Process`, which makes a struct a view of a process's document with typed fields.
#[proc_macro_derive(Process, attributes(process, field, was, page))]
pub fn derive_process(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Process, errors)).into()
}

/// Derives `Task`, which makes a struct a view of a task's document with typed fields.
#[proc_macro_derive(Task, attributes(task, field, was, page))]
pub fn derive_task(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Task, errors)).into()
}

/// Derives `Entity`, which makes a struct the type of a table's rows.
#[proc_macro_derive(Entity, attributes(entity, field, was, id, page))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Entity, errors)).into()
}

/// Derives `Form`, which makes a struct a form to fill in, or an enum a decision to make.
#[proc_macro_derive(Form, attributes(form, field, page, case, was))]
pub fn derive_form(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Form, errors)).into()
}

/// Derives `Message`, which makes a struct a message between processes.
#[proc_macro_derive(Message, attributes(message, field, was, page))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Message, errors)).into()
}

/// Derives `Embedded`, which makes a struct a field type whose values are nested objects.
#[proc_macro_derive(Embedded, attributes(embedded, field, was, page))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Embedded, errors)).into()
}

/// Derives `Choices`, which makes an enum without data a field type with a choice of values.
#[proc_macro_derive(Choices, attributes(choices, choice, was))]
pub fn derive_choices(input: TokenStream) -> TokenStream {
    derived(input.into(), choices::derive).into()
}

/// Derives `Flow`, which makes a struct a flow: its fields are the nodes, their attributes the edges.
#[proc_macro_derive(
    Flow,
    attributes(
        flow,
        node,
        was,
        form,
        submit,
        fields,
        decide,
        input,
        call,
        done,
        retry,
        timeout,
        delay,
        every,
        cron,
        signal,
        message,
        child,
        code,
        outcome,
        cond,
        until,
        switch,
        assign,
        permission,
        candidates,
        not_by,
        due,
        priority,
        on_create,
        next,
        then,
        otherwise,
        case,
        default,
        branch,
        on_timeout,
        on_error,
        on_escalation,
        compensate_with,
        undo,
        // These are not names of attributes; `syntax/item.rs` explains them.
        r#if,
        r#else,
        r#match,
        r#for,
        r#fn
    )
)]
pub fn derive_flow(input: TokenStream) -> TokenStream {
    derived(input.into(), flow::derive).into()
}

/// Derives `Flow` as `#[derive(Flow)]` does, and puts the chart at the head of the flow's page.
///
/// `#[viewflow::flow(process = Post)]` is `#[derive(Flow)]` with `#[flow(process = Post)]`.
#[proc_macro_attribute]
pub fn flow(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Flow).into()
}

/// Derives `Process` as `#[derive(Process)]` does, and `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::process(seed = String)]` is `#[derive(Process, Clone, Debug)]` with `#[process(seed = String)]`.
#[proc_macro_attribute]
pub fn process(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Process)).into()
}

/// Derives `Task` as `#[derive(Task)]` does, and `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::task(seed = String)]` is `#[derive(Task, Clone, Debug)]` with `#[task(seed = String)]`.
#[proc_macro_attribute]
pub fn task(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Task)).into()
}

/// Derives `Form` as `#[derive(Form)]` does, and `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::form]` is `#[derive(Form, Clone, Debug)]`.
#[proc_macro_attribute]
pub fn form(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Form)).into()
}

/// Derives `Entity` as `#[derive(Entity)]` does, and `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::entity(table = "posts")]` is `#[derive(Entity, Clone, Debug)]` with `#[entity(table = "posts")]`.
#[proc_macro_attribute]
pub fn entity(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Entity)).into()
}

/// Derives `Message` as `#[derive(Message)]` does, and `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::message(key = order)]` is `#[derive(Message, Clone, Debug)]` with `#[message(key = order)]`.
#[proc_macro_attribute]
pub fn message(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Message)).into()
}
