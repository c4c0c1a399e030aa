//! The macros of viewflow: derives, and attributes that do the same. What they do is told where they are re-exported, in
//! the crate `viewflow`.
//!
//! Each macro is a pipeline: *parse* the annotated struct into a *model*, *check* it, *expand* it. Mistakes are collected
//! on the way and all told together; what is expanded besides is as complete as it can be, so that one mistake is one
//! message and the rest of the program still finds its types and traits.

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

/// Makes a struct a proxy process: a view of a process's document with typed fields.
#[proc_macro_derive(Process, attributes(process, field, was, page))]
pub fn derive_process(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Process, errors)).into()
}

/// Makes a struct what a task knows: a view of a task's document with typed fields.
#[proc_macro_derive(Task, attributes(task, field, was, page))]
pub fn derive_task(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Task, errors)).into()
}

/// Makes a struct the type of a table's rows.
#[proc_macro_derive(Entity, attributes(entity, field, was, id, page))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Entity, errors)).into()
}

/// Makes a struct what a person fills in, or an enum what a person decides.
#[proc_macro_derive(Form, attributes(form, field, page, case, was))]
pub fn derive_form(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Form, errors)).into()
}

/// Makes a struct a message between processes.
#[proc_macro_derive(Message, attributes(message, field, was, page))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Message, errors)).into()
}

/// Makes a struct a field type of its own, kept as a nested object.
#[proc_macro_derive(Embedded, attributes(embedded, field, was, page))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    derived(input.into(), |item, errors| record::derive(item, Face::Embedded, errors)).into()
}

/// Makes an enum without data a field type, whose variants can be chosen.
#[proc_macro_derive(Choices, attributes(choices, choice, was))]
pub fn derive_choices(input: TokenStream) -> TokenStream {
    derived(input.into(), choices::derive).into()
}

/// Makes a struct a flow: its fields are the nodes, their attributes the edges.
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
        // No names of attributes: see `syntax/item.rs`.
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

/// Makes a struct a flow, as `#[derive(Flow)]` does, and puts its chart at the head of its page.
///
/// `#[viewflow::flow(process = Post)]` is `#[derive(Flow)]` with `#[flow(process = Post)]`.
#[proc_macro_attribute]
pub fn flow(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Flow).into()
}

/// Makes a struct a proxy process, as `#[derive(Process)]` does, and derives `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::process(seed = String)]` is `#[derive(Process, Clone, Debug)]` with `#[process(seed = String)]`.
#[proc_macro_attribute]
pub fn process(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Process)).into()
}

/// Makes a struct what a task knows, as `#[derive(Task)]` does, and derives `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::task(seed = String)]` is `#[derive(Task, Clone, Debug)]` with `#[task(seed = String)]`.
#[proc_macro_attribute]
pub fn task(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Task)).into()
}

/// Makes a struct what a person fills in, as `#[derive(Form)]` does, and derives `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::form]` is `#[derive(Form, Clone, Debug)]`.
#[proc_macro_attribute]
pub fn form(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Form)).into()
}

/// Makes a struct the type of a table's rows, as `#[derive(Entity)]` does, and derives `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::entity(table = "posts")]` is `#[derive(Entity, Clone, Debug)]` with `#[entity(table = "posts")]`.
#[proc_macro_attribute]
pub fn entity(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Entity)).into()
}

/// Makes a struct a message between processes, as `#[derive(Message)]` does, and derives `Clone` and `Debug` unless a derive below names them.
///
/// `#[viewflow::message(key = order)]` is `#[derive(Message, Clone, Debug)]` with `#[message(key = order)]`.
#[proc_macro_attribute]
pub fn message(options: TokenStream, item: TokenStream) -> TokenStream {
    attributed(options.into(), item.into(), Of::Record(Face::Message)).into()
}
