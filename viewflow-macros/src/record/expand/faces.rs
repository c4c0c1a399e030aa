//! Writes the main trait of a struct, such as `Process` or `Entity`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned as _;

use super::subject::{Item, Subject};
use crate::record::face::Face;
use crate::record::model::{Field, Latch, Record};
use crate::syntax::{duration_tokens, option_of, plain_name};

pub(super) fn expand_face(record: &Record) -> TokenStream {
    match record.face {
        Face::Process => expand_process(record),
        Face::Task => expand_task(record),
        Face::Form => expand_form(record),
        Face::Entity => expand_entity(record),
        Face::Embedded | Face::Variant => expand_embedded(record),
        Face::Message => expand_message(record),
    }
}

fn expand_process(record: &Record) -> TokenStream {
    let Record { ident, table, .. } = record;
    let begins_and_ends = seed_and_artifact(record);
    let table = record.fields.iter().any(|field| field.column).then(|| {
        quote!(const TABLE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(#table);)
    });
    // If a field is less visible than its struct, its type may be, too. A trait of the struct must not name such a
    // type.
    let hides = |of: &Subject<'_>| is_less_visible(&of.field.vis, &record.vis);
    let (hidden, visible): (Vec<_>, Vec<_>) = Subject::all(record).into_iter().partition(hides);
    let named = named_fields(record, &visible, &hidden);
    let initial = initial(record);
    let fields = visible.into_iter().map(field_at);
    let lookups = lookups(record);
    quote! {
        #[automatically_derived]
        impl __viewflow::Process for #ident {
            #begins_and_ends
            #table
        }

        #initial

        #named
        #(#fields)*
        #lookups
    }
}

/// Whether an item with visibility `field` may be hidden where an item with visibility `of` is seen.
fn is_less_visible(field: &Visibility, of: &Visibility) -> bool {
    match (field, of) {
        (Visibility::Public(_), _) | (_, Visibility::Inherited) => false,
        (Visibility::Restricted(field), Visibility::Restricted(of)) => {
            !field.path.is_ident("crate")
                && field.path.to_token_stream().to_string() != of.path.to_token_stream().to_string()
        }
        _ => true,
    }
}

/// Writes the indexes of the fields by name. Hidden fields have an entry, so that rustc reports them as private.
fn named_fields(record: &Record, visible: &[Subject<'_>], hidden: &[Subject<'_>]) -> TokenStream {
    let ident = &record.ident;
    let index_type = format_ident!("FieldsOf{}", plain_name(ident), span = ident.span());
    let (names, indexes): (Vec<_>, Vec<_>) = visible.iter().map(|of| (&of.field.ident, of.index)).unzip();
    let hidden: Vec<_> = hidden.iter().map(|of| &of.field.ident).collect();
    quote! {
        mod named {
            pub struct #index_type {
                #(pub #names: ::core::primitive::usize,)*
                #(#hidden: (),)*
            }

            pub const INDEX: #index_type = #index_type { #(#names: #indexes,)* #(#hidden: (),)* };
        }

        #[automatically_derived]
        impl __viewflow::NamedFields for #ident {
            type Index = named::#index_type;
            const INDEX: named::#index_type = named::INDEX;
        }
    }
}

/// Writes the impl through which forms of `#[fields(..)]` find a field.
fn field_at(of: Subject<'_>) -> TokenStream {
    let (ident, index, Field { ty, ident: name, .. }) = (&of.record.ident, of.index, of.field);
    let (constant, rules) = (of.item(Item::Field), of.item(Item::Rules));
    quote! {
        #[automatically_derived]
        impl __viewflow::FieldAt<#index> for #ident {
            type Type = #ty;
            const FIELD: __viewflow::FieldOf<#ty> = #constant;

            fn set(&mut self, __viewflow_value: #ty) {
                self.#name = __viewflow_value;
            }

            fn check(__viewflow_value: &#ty, __viewflow_at: __viewflow::At<'_>) {
                #rules(__viewflow_value, __viewflow_at);
            }
        }
    }
}

fn expand_task(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let begins_and_ends = seed_and_artifact(record);
    let complete = record.fields.iter().all(|field| field.default.is_some() || field.is_option() || field.incomplete);
    let options =
        record.fields.iter().filter(|field| field.default.is_none() && field.is_option()).map(|field| &field.ty);
    let no_data_needed = complete.then(|| {
        let initial = initial(record);
        quote! {
            #(const _: () = ::core::assert!(<#options as __viewflow::FieldType>::OPTIONAL, "this `Option` is not `std::option::Option`: write the path of your own type");)*

            #[automatically_derived]
            impl __viewflow::NoDataNeeded for #ident {}

            #initial
        }
    });
    quote! {
        #[automatically_derived]
        impl __viewflow::Task for #ident {
            #begins_and_ends
        }
        #no_data_needed
    }
}

/// Writes the initial value of the struct. It is called only if every field has an initial value.
fn initial(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let values = Subject::all(record).into_iter().map(|of| {
        let (name, constant) = (&of.field.ident, of.item(Item::Field));
        if of.field.default.is_none() && record.face == Face::Task {
            quote!(#name: ::core::option::Option::None)
        } else {
            quote!(#name: (const { #constant.at_first() })())
        }
    });
    // A mistake must not be reported twice.
    let is_right = record.whole && record.usable && record.fields.iter().all(|field| !field.incomplete);
    let body = if is_right { quote!(Self { #(#values),* }) } else { quote!(loop {}) };
    // A derived `Default` would ignore the defaults of the fields. If both exist, rustc reports it at such a field.
    let given = record.fields.iter().find_map(|field| field.default.as_ref());
    let default = given.map(|given| {
        quote_spanned! {given.span()=>
            #[automatically_derived]
            impl ::core::default::Default for #ident {
                fn default() -> Self {
                    <Self as __viewflow::Initial>::initial()
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl __viewflow::Initial for #ident {
            fn initial() -> Self {
                #body
            }
        }

        #default
    }
}

fn expand_form(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl __viewflow::Form for #ident {}
    }
}

fn expand_entity(record: &Record) -> TokenStream {
    let (ident, table) = (&record.ident, &record.table);
    let (get, set) = match &record.id {
        Some(id) => (quote!(self.#id), quote!(self.#id = __viewflow_id;)),
        None => (quote!(__viewflow::Id::NEW), quote!(let _ = __viewflow_id;)),
    };
    let label = record.label.as_ref().map(|label| {
        quote! {
            fn label(&self) -> __viewflow::String {
                __viewflow::ToString::to_string(&self.#label)
            }
        }
    });
    let lookups = lookups(record);
    quote! {
        #[automatically_derived]
        impl __viewflow::Entity for #ident {
            const TABLE: &'static ::core::primitive::str = #table;

            fn id(&self) -> __viewflow::Id<Self> {
                #get
            }

            fn set_id(&mut self, __viewflow_id: __viewflow::Id<Self>) {
                #set
            }

            #label
        }
        #lookups
    }
}

fn expand_embedded(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl __viewflow::FieldType for #ident {
            type Item = Self;
            const SHAPE: __viewflow::Shape = __viewflow::Shape::Embedded(<Self as __viewflow::Fields>::SHAPES);

            fn kind() -> __viewflow::FieldKind {
                __viewflow::FieldKind::Embedded(<Self as __viewflow::Fields>::FIELDS)
            }

            fn stand_in() -> ::core::option::Option<Self> {
                __viewflow::embedded::stand_in()
            }

            fn encode(&self) -> ::core::result::Result<__viewflow::Value, __viewflow::String> {
                __viewflow::embedded::encode(self)
            }

            fn decode(__viewflow_value: &__viewflow::Value) -> ::core::result::Result<Self, __viewflow::String> {
                __viewflow::embedded::decode(__viewflow_value)
            }

            fn merge(&self, __viewflow_stored: ::core::option::Option<&__viewflow::Value>) -> ::core::result::Result<__viewflow::Value, __viewflow::FieldErrors> {
                __viewflow::embedded::merge(self, __viewflow_stored)
            }

            fn read_from(__viewflow_value: &__viewflow::Value, __viewflow_source: __viewflow::Source) -> ::core::result::Result<Self, __viewflow::FieldErrors> {
                __viewflow::embedded::read_from(__viewflow_value, __viewflow_source)
            }
        }
    }
}

fn expand_message(record: &Record) -> TokenStream {
    let Record { ident, name, key, .. } = record;
    let expires = option_of(record.expires.map(duration_tokens));
    let latch = match record.latch {
        Latch::Keep => quote!(Keep(#expires)),
        Latch::Last => quote!(Last(#expires)),
        Latch::Drop => quote!(Drop),
    };
    let field = key.as_ref().and_then(|key| record.fields.iter().find(|field| field.ident == *key));
    let (ty, value) = match field {
        Some(field) => {
            let (ty, ident) = (&field.ty, &field.ident);
            (quote!(#ty), quote!(&self.#ident))
        }
        None => (quote!(()), quote!(&())),
    };
    let named = field.map(|field| {
        let name = plain_name(&field.ident);
        quote!(const KEY: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(#name);)
    });
    quote! {
        #[automatically_derived]
        impl __viewflow::Message for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const LATCH: __viewflow::Latch = __viewflow::Latch::#latch;
            type Key = #ty;
            #named

            fn key(&self) -> &#ty {
                #value
            }
        }
    }
}

/// Writes `BY_NAME` for each indexed field.
fn lookups(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let lookups = record.fields.iter().filter(|field| field.index.is_some() || field.incomplete).map(|field| {
        let (vis, ty, name) = (&field.vis, &field.ty, plain_name(&field.ident));
        let constant = format_ident!("BY_{}", name.to_uppercase(), span = field.ident.span());
        let (doc, key) = (format!("Finds by `{name}`."), field.key.join("."));
        quote! {
            #[doc = #doc]
            #vis const #constant: __viewflow::IndexOf<Self, #ty> = __viewflow::IndexOf::new(#key);
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code)]
        impl #ident {
            #(#lookups)*
        }
    }
}

/// Writes the types of seed and artifact.
fn seed_and_artifact(record: &Record) -> TokenStream {
    let or_unit = |ty: &Option<TokenStream>| ty.clone().unwrap_or_else(|| quote!(()));
    let (seed, artifact) = (or_unit(&record.seed), or_unit(&record.artifact));
    quote! {
        type Seed = #seed;
        type Artifact = #artifact;
    }
}
