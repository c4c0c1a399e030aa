//! Writes calls of the typed builder and their arguments.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::flow::model::{After, Node};
use crate::syntax::{Closure, duration_tokens, hidden, local, located};

/// Writes `let variable = variable.call;`, so that rustc points at the user's code if the call is wrong.
///
/// Receiver and method share one span. If they had different hygiene, rustc would point at the whole macro.
pub(super) fn chained(variable: &str, at: Span, method: &str, arguments: &TokenStream) -> TokenStream {
    let (variable, method) = (local(variable, at), Ident::new(method, hidden().located_at(at)));
    quote_spanned!(at=> let #variable = #variable.#method #arguments;)
}

pub(super) fn span_of(closure: &Closure) -> Span {
    match closure {
        Closure::Inline { body, .. } => body.span(),
        Closure::Path(path) => path.span(),
    }
}

/// Writes a call of `method` with a length of time, or of `method_by` with a function that returns a time.
pub(super) fn after(node: &Node, variable: &str, method: &str, after: &After, at: Span) -> TokenStream {
    match after {
        After::Fixed(wait) => {
            let wait = duration_tokens(*wait);
            chained(variable, at, method, &quote!((#wait)))
        }
        After::Asked(closure) => {
            let function = answered(node, closure, TIME, None);
            chained(variable, span_of(closure), &format!("{method}_by"), &quote!((#function)))
        }
    }
}

/// Checks that a task may be created without a seed and without data.
pub(super) fn left_out(task: &TokenStream, at: Span, [seed, data]: [&str; 2]) -> TokenStream {
    let (seed, data) = (left_out_seed(task, at, seed), left_out_data(task, at, data));
    quote!(#seed #data)
}

pub(super) fn left_out_seed(task: &TokenStream, at: Span, asked: &str) -> TokenStream {
    let (task, asked) = (located(task, at), Ident::new(asked, at));
    quote_spanned!(at=> let () = <<#task as __viewflow::Task>::Seed as __viewflow::#asked>::LEFT_OUT;)
}

pub(super) fn left_out_data(task: &TokenStream, at: Span, asked: &str) -> TokenStream {
    let (task, asked) = (located(task, at), Ident::new(asked, at));
    quote_spanned!(at=> let () = <#task as __viewflow::#asked>::LEFT_OUT;)
}

/// Writes the seed type of a task. If the type is no task, rustc reports that at the type.
pub(super) fn seed_of(task: &TokenStream) -> TokenStream {
    quote_spanned!(task.span()=> <#task as __viewflow::Task>::Seed)
}

/// Writes the arguments of a builder method that takes a handler.
pub(super) fn handler(node: &Node, path: &TokenStream, input: Option<TokenStream>) -> TokenStream {
    let method = handler_method(node, path, input.as_ref());
    match input {
        Some(input) => quote!(::<#input>(#method)),
        None => quote!((#method)),
    }
}

/// Writes a handler method that takes the activation, and perhaps an input.
pub(super) fn handler_method(node: &Node, path: &TokenStream, input: Option<&TokenStream>) -> TokenStream {
    let task = &node.task;
    match input {
        Some(input) => quote_spanned!(path.span()=> __viewflow::InputMethod::<Self, #task, #input, _>::method(#path)),
        None => quote_spanned!(path.span()=> __viewflow::CallMethod::<Self, #task, _>::method(#path)),
    }
}

/// Writes a method that returns an answer about the activation.
pub(super) fn question_method(node: &Node, path: &TokenStream, answer: &TokenStream) -> TokenStream {
    let task = &node.task;
    quote_spanned!(path.span()=> __viewflow::QuestionMethod::<Self, #task, #answer, _>::method(#path))
}

/// The conversion of an answer: a trait, its method, and whether the method can fail.
///
/// The answer itself has to implement the trait, so rustc reports a wrong answer at its place.
pub(super) type Made = (&'static str, &'static str, bool);

pub(super) const SEED: Made = ("IntoSeed", "into_seed", true);
pub(super) const DATA: Made = ("IntoData", "into_data", false);
pub(super) const SEEDS: Made = ("SeedItems", "seeds", true);
pub(super) const ITEMS: Made = ("DataItems", "data", false);
pub(super) const PROCESS: Made = ("IntoProcess", "into_process", false);
pub(super) const KEY: Made = ("IntoKey", "into_key", false);
const TIME: Made = ("IntoMoment", "into_moment", false);
pub(super) const OWNER: Made = ("IntoOwner", "into_owner", false);
pub(super) const OBJECT: Made = ("IntoObject", "into_object", false);
pub(super) const CANDIDATES: Made = ("IntoCandidates", "into_candidates", false);

/// Writes a question to the activation, with its answer converted to `of`.
pub(super) fn answered(
    node: &Node,
    closure: &Closure,
    (made_by, method, fails): Made,
    of: Option<&TokenStream>,
) -> TokenStream {
    let of = of.map(|of| quote!(::<#of>));
    let wrap = |body: &TokenStream| {
        let at = body.span();
        let (made_by, method) = (Ident::new(made_by, at), Ident::new(method, at));
        let fails = fails.then(|| quote_spanned!(at=> ?));
        quote_spanned!(at=> __viewflow::#made_by #of::#method(#body)#fails)
    };
    let Closure::Path(path) = closure else { return closure.to_function(wrap) };
    let at = path.span();
    let [method, flow, a] = ["method", "flow", "a"].map(|name| local(name, at));
    let question = question_method(node, path, &quote!(_));
    let answer = wrap(&quote_spanned!(at=> #method(#flow, #a)?));
    quote_spanned!(at=> { let #method = #question; move |#flow, #a| ::core::result::Result::Ok(#answer) })
}

/// Writes a question to the activation, with its answer as it is.
pub(super) fn question(node: &Node, closure: &Closure) -> TokenStream {
    match closure {
        Closure::Path(path) => question_method(node, path, &quote!(_)),
        Closure::Inline { .. } => closure.to_plain_function(),
    }
}

/// Writes a closure that returns a `bool`; rustc reports any other type.
pub(super) fn condition(node: &Node, closure: &Closure) -> TokenStream {
    match closure {
        Closure::Path(path) => question_method(node, path, &quote!(::core::primitive::bool)),
        Closure::Inline { .. } => {
            closure.to_function(|body| quote_spanned!(body.span()=> if #body { true } else { false }))
        }
    }
}

/// Writes a closure that collects the items itself, so that they may borrow from the activation.
pub(super) fn collected(source: &Node, closure: &Closure) -> TokenStream {
    if let Closure::Path(path) = closure {
        return question_method(source, path, &quote!(__viewflow::Vec<_>));
    }
    closure.to_function(|body| {
        quote_spanned! {body.span()=>
            ::core::iter::Iterator::collect::<__viewflow::Vec<_>>(::core::iter::IntoIterator::into_iter(#body))
        }
    })
}
