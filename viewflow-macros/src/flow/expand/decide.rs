//! Writes the way on from a person's decision.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::call::{DATA, Made, SEED, chained, seed_of};
use super::form::{field_type, form_type};
use crate::flow::model::{Edge, Flow, Node, Way};
use crate::syntax::{Closure, hidden, local, located, plain_name};

/// Returns the enum whose cases decide the way. Errors point at the form, or at the field that decides.
fn decides_by(flow: &Flow, node: &Node) -> Option<TokenStream> {
    let of = match &node.decide {
        Some(field) => located(&field_type(flow, field), field.span()),
        None => {
            let form = form_type(flow, node)?;
            located(&form, form.span())
        }
    };
    let at = of.span();
    // Groups the tokens so that they stay one type.
    let mut of = Group::new(Delimiter::None, of);
    of.set_span(at);
    Some(quote_spanned!(at=> #of))
}

/// Returns the name of the constant that holds the ways of a node's decision.
fn ways(node: &Node) -> Ident {
    format_ident!("__viewflow_WAYS_{}", plain_name(&node.ident), span = hidden())
}

/// Writes the ways of a node's decision in one item, so that a wrong name is reported once.
pub(super) fn expand_ways(flow: &Flow, node: &Node) -> Option<TokenStream> {
    if !node.is_decided() || node.incomplete {
        return None;
    }
    let (of, form) = (decides_by(flow, node)?, form_type(flow, node)?);
    let form = located(&form, form.span());
    let (task, ways) = (&node.task, ways(node));
    let cases = quote_spanned!(of.span()=> <#of as __viewflow::Cases>);
    let named: Vec<_> = node
        .edges
        .iter()
        .filter_map(|edge| match &edge.way {
            Way::Case(name) => Some(quote_spanned!(name.span()=> #cases::BY_NAME.#name)),
            _ => None,
        })
        .collect();
    let count = named.len();
    let decide = decide(flow, node, &cases);
    Some(quote! {
        const #ways: __viewflow::Ways<Self, #task, #form, #count> = __viewflow::Ways {
            told: #cases::WITHOUT_A_WAY,
            cases: [#(#named.number()),*],
            titles: [#(#named.title()),*],
            decide: #decide,
        };
    })
}

/// Writes the check that each case has a way, and that a default has cases left.
pub(super) fn expand_coverage(flow: &Flow, node: &Node) -> Option<TokenStream> {
    if !node.is_decided() || node.incomplete {
        return None;
    }
    let (of, ways, ident) = (decides_by(flow, node)?, ways(node), &flow.ident);
    let (_, generics, _) = flow.generics.split_for_impl();
    let at = of.span();
    let without = quote_spanned!(at=> <#ident #generics>::#ways.without());
    let default = node.edges.iter().find(|edge| matches!(edge.way, Way::Default));
    Some(match default {
        None => quote_spanned! {at=>
            if let ::core::option::Option::Some(message) = #without {
                ::core::panic!("{}", message)
            }
        },
        Some(default) => quote_spanned! {default.target.span()=>
            ::core::assert!(#without.is_some(), "each case has a way already, and none is left for this one: remove it")
        },
    })
}

/// Writes the call that gives the ways to the node.
pub(super) fn expand_decision(node: &Node) -> Option<TokenStream> {
    if !node.is_decided() {
        return None;
    }
    let ways = ways(node);
    Some(chained("node", node.ident.span(), "decide", &quote!((Self::#ways.decide))))
}

/// Writes the title of the button that leads along an edge.
pub(super) fn title_of(node: &Node, edge: &Edge) -> Option<TokenStream> {
    let is_case = |edge: &&Edge| matches!(edge.way, Way::Case(_));
    let number = node.edges.iter().filter(is_case).position(|other| std::ptr::eq(other, edge))?;
    let ways = ways(node);
    (node.is_decided() && !node.incomplete).then(|| quote!(Self::#ways.titles[#number]))
}

/// Writes the closure that goes through the cases of a submitted form and finds the way.
fn decide(flow: &Flow, node: &Node, cases: &TokenStream) -> TokenStream {
    let [owner, a, values] = ["flow", "a", "form"].map(|name| local(name, hidden()));
    let (mut ways, mut default) = (Vec::new(), None);
    // The builder numbers only edges with a target.
    for (number, edge) in node.edges.iter().filter(|edge| edge.to.is_some()).enumerate() {
        let way = chosen(flow, node, edge, number);
        match (&edge.way, &node.decide) {
            (Way::Case(name), None) => {
                let v = local("case", name.span());
                ways.push(quote_spanned! {name.span()=>
                    if let ::core::option::Option::Some(#v) = #cases::BY_NAME.#name.fields(#values) {
                        let #v = &#v;
                        return ::core::result::Result::Ok(#way);
                    }
                });
            }
            (Way::Case(name), Some(field)) => {
                let v = local("case", name.span());
                ways.push(quote_spanned! {name.span()=>
                    if #cases::BY_NAME.#name.fields(&#values.#field).is_some() {
                        let #v = #values;
                        return ::core::result::Result::Ok(#way.by(&#values.#field));
                    }
                });
            }
            (Way::Default, None) => default = Some(way),
            (Way::Default, Some(field)) => default = Some(quote!(#way.by(&#values.#field))),
            _ => {}
        }
    }
    let default = match default {
        Some(way) => quote!(::core::result::Result::Ok(#way)),
        // The check at compile time makes sure that each case has a way.
        None => quote!(::core::result::Result::Err(__viewflow::Error::Internal("a case without a way"))),
    };
    quote_spanned! {cases.span()=>
        |#owner, #a, #values| {
            let _ = (#owner, #a);
            #(#ways)*
            #default
        }
    }
}

/// Writes the way of an edge, with the seed and data for its task.
fn chosen(flow: &Flow, node: &Node, edge: &Edge, number: usize) -> TokenStream {
    let way = quote!(__viewflow::Chosen::new(#number));
    let Some(target) = edge.to.and_then(|to| flow.nodes.get(to)) else { return way };
    let (task, name) = (&target.task, &target.name);
    let seed_type = seed_of(task);
    let seed = edge.task_seed.as_ref().map(|closure| {
        let seed = answer(node, edge, closure, SEED, &seed_type);
        quote!(.seed::<#seed_type>(&#seed)?)
    });
    let data = edge.task_data.as_ref().map(|closure| {
        let data = answer(node, edge, closure, DATA, task);
        quote!(.data::<Self, #task>(#name, &#data)?)
    });
    quote!(#way #seed #data)
}

/// Writes the answer of a closure, converted to `of`.
fn answer(
    node: &Node,
    edge: &Edge,
    closure: &Closure,
    (made_by, method, fails): Made,
    of: &TokenStream,
) -> TokenStream {
    let [owner, a] = ["flow", "a"].map(|name| local(name, hidden()));
    let value = match closure {
        Closure::Inline { parameter, case, body } => {
            let v = match (&edge.way, case) {
                (Way::Case(name), Some(case)) => {
                    let v = local("case", name.span());
                    quote!(let #case = #v;)
                }
                _ => TokenStream::new(),
            };
            quote_spanned!(body.span()=> { let #parameter = #a; #v #body })
        }
        Closure::Path(path) => {
            let task = &node.task;
            match &edge.way {
                Way::Case(name) => {
                    let v = local("case", name.span());
                    quote_spanned!(path.span()=> (__viewflow::CaseMethod::<Self, #task, _, _, _>::method(#v, #path))(#owner, #a, #v)?)
                }
                _ => {
                    quote_spanned!(path.span()=> (__viewflow::QuestionMethod::<Self, #task, _, _>::method(#path))(#owner, #a)?)
                }
            }
        }
    };
    let at = value.span();
    let (made_by, method) = (Ident::new(made_by, at), Ident::new(method, at));
    let fails = fails.then(|| quote_spanned!(at=> ?));
    quote_spanned!(at=> __viewflow::#made_by::<#of>::#method(#value)#fails)
}
