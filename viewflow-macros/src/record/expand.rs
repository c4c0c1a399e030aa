//! Writes the impls for a struct over a document.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned as _;

use super::Face;
use super::model::{Choices, Field, Index, Latch, OnDelete, Record};
use crate::errors::Errors;
use crate::syntax::{
    Closure, changed, duration_tokens, hidden, located, option_of, plain_name, private_items, told, told_type,
};

pub(super) fn expand(record: &Record, errors: Errors) -> TokenStream {
    let fields = if record.usable { expand_fields(record) } else { expand_no_fields(record) };
    let face = match record.face {
        Face::Process => expand_process(record),
        Face::Task => expand_task(record),
        Face::Form => expand_form(record),
        Face::Entity => expand_entity(record),
        Face::Embedded => expand_embedded(record),
        Face::Message => expand_message(record),
    };
    let (errors, impls) = (errors.into_tokens(), private_items(&record.krate, &quote!(#fields #face)));
    quote!(#errors #impls)
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
    quote! {
        #[automatically_derived]
        impl __viewflow::Message for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const LATCH: __viewflow::Latch = __viewflow::Latch::#latch;
            type Key = #ty;

            fn key(&self) -> &#ty {
                #value
            }
        }
    }
}

/// The trait for a struct that cannot have it, so that nothing else is said of it.
fn expand_no_fields(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl __viewflow::Fields for #ident {
            const FIELDS: &'static [__viewflow::FieldSpec] = &[];
            fn read(_: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
            fn write(&self, _: &mut __viewflow::Writer) {}
            fn check(&self, _: &mut __viewflow::FieldErrors) {}
        }
    }
}

fn expand_fields(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let items = record.fields.iter().enumerate().map(|(index, field)| expand_items(record, index, field));
    let specs = record.fields.iter().enumerate().map(|(index, field)| spec(record, index, field));
    let shapes = record.fields.iter().enumerate().map(|(index, field)| shape(record, index, field));
    let idents: Vec<_> = record.fields.iter().map(|field| &field.ident).collect();
    let locals: Vec<_> = (0..idents.len()).map(|index| format_ident!("field_{index}", span = hidden())).collect();
    let fields: Vec<_> = (0..idents.len()).map(|index| item("FIELD", index)).collect();
    let rules: Vec<_> = (0..idents.len()).map(|index| item("RULES", index)).collect();
    let indexes: Vec<_> = (0..idents.len()).collect();
    let names = idents.iter().map(|ident| plain_name(ident));
    let id = record.id.as_ref().map(|id| quote!(#id: __viewflow::Id::NEW,));
    quote! {
        #(#items)*

        #[automatically_derived]
        impl __viewflow::Fields for #ident {
            const FIELDS: &'static [__viewflow::FieldSpec] = &[#(#specs),*];
            const SHAPES: &'static [__viewflow::FieldShape] = &[#(#shapes),*];

            #[allow(unused_variables)]
            fn read(reader: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                #(
                    let #locals = reader.field(#indexes, &#fields);
                    reader.check(#indexes, ::core::option::Option::as_ref(&#locals), #rules);
                )*
                ::core::option::Option::Some(Self { #(#idents: #locals?,)* #id })
            }

            #[allow(unused_variables)]
            fn write(&self, writer: &mut __viewflow::Writer) {
                #(writer.field(#indexes, &#fields, &self.#idents);)*
            }

            #[allow(unused_variables)]
            fn check(&self, errors: &mut __viewflow::FieldErrors) {
                #(#rules(&self.#idents, __viewflow::At::new(#names, errors));)*
            }
        }
    }
}

/// The name of what is generated for a field.
fn item(what: &str, index: usize) -> Ident {
    format_ident!("__viewflow_{what}_{index}", span = hidden())
}

/// What is said of a field in several places is generated once, so that a mistake in it is told once: its type, its
/// default, its bounds, its choices.
///
/// These are items beside the impls, where `Self` would mean nothing: it is replaced by the struct's name.
fn expand_items(record: &Record, index: usize, field: &Field) -> TokenStream {
    let named = |tokens: &TokenStream| without_self(tokens, &record.ident);
    let ty = named(&field.ty.to_token_stream());
    let of = quote_spanned!(ty.span()=> __viewflow::FieldOf::<#ty>);
    let constant = item("FIELD", index);
    let value_type = quote_spanned!(ty.span()=> <#ty as __viewflow::FieldType>::Item);
    let function = |what: &str, returns: &TokenStream, body: &TokenStream| {
        let name = item(what, index);
        quote! {
            fn #name() -> #returns {
                #body
            }
        }
    };
    let default = default_value(field).map(|value| function("DEFAULT", &ty, &named(&value)));
    let new = match &default {
        Some(_) => {
            let default = item("DEFAULT", index);
            quote!(with_default(#default))
        }
        None if record.face == Face::Process => quote_spanned!(ty.span()=> initial()),
        None => quote_spanned!(ty.span()=> new()),
    };
    let conversion = field.from.as_ref().map(|from| conversion_function(record, index, field, &ty, from));
    let converted = conversion.as_ref().map(|_| {
        let convert = item("CONVERT", index);
        quote!(.converted(#convert))
    });
    // A struct within itself would never come to an end.
    let shape = if names(&field.ty.to_token_stream(), &record.ident) {
        quote!(__viewflow::Shape::Plain(__viewflow::Plain::Itself))
    } else {
        // Told at the same place as by the field's constructor, a type that is none is told once.
        let located = located(&ty, ty.span());
        quote_spanned!(ty.span()=> <#located as __viewflow::FieldType>::SHAPE)
    };
    let min = field.min.as_ref().map(|bound| function("MIN", &value_type, &named(bound)));
    let max = field.max.as_ref().map(|bound| function("MAX", &value_type, &named(bound)));
    let length = field.max_length.as_ref().map(|max| {
        let (name, max) = (item("LENGTH", index), named(max));
        quote!(const #name: ::core::primitive::usize = #max;)
    });
    let choices = field.choices.as_ref().map(|choices| choice_function(record, index, &ty, choices));
    let pattern = field.pattern.as_ref().map(|pattern| {
        let name = item("PATTERN", index);
        quote!(static #name: __viewflow::Pattern = __viewflow::Pattern::new(#pattern);)
    });
    let rules = item("RULES", index);
    let check = check(index, field, &quote!(value), &quote!(at));
    quote! {
        const #constant: __viewflow::FieldOf<#ty> = #of::#new.shaped(#shape) #converted;

        #[allow(unused_variables)]
        fn #rules(value: &#ty, at: __viewflow::At<'_>) {
            #check
        }

        #default
        #conversion
        #min
        #max
        #length
        #choices
        #pattern
    }
}

/// The tokens with `Self` spelled out.
fn without_self(tokens: &TokenStream, ident: &Ident) -> TokenStream {
    changed(tokens, &|tree| match tree {
        TokenTree::Ident(name) if name == "Self" => {
            let mut named = ident.clone();
            named.set_span(name.span());
            TokenTree::Ident(named)
        }
        tree => tree,
    })
}

/// The expression of `default`; text in quotes becomes what the field is.
fn default_value(field: &Field) -> Option<TokenStream> {
    let value = field.default.as_ref()?;
    let is_text = syn::parse2::<syn::LitStr>(value.clone()).is_ok();
    Some(match (is_text, field.is_option()) {
        (false, _) => value.clone(),
        (true, false) => quote!(::core::convert::Into::into(#value)),
        (true, true) => quote!(::core::option::Option::Some(::core::convert::Into::into(#value))),
    })
}

fn spec(record: &Record, index: usize, field: &Field) -> TokenStream {
    let name = plain_name(&field.ident);
    let (label, help, key) = (&field.label, &field.help, &field.key);
    let was = field.was.iter().map(|path| quote!(&[#(#path),*]));
    let encoded = |is_given: bool, what: &str| {
        let function = item(what, index);
        option_of(is_given.then(|| quote!(|| __viewflow::encoded(&#function()))))
    };
    let length = item("LENGTH", index);
    let max_length = option_of(field.max_length.as_ref().map(|_| quote!(#length)));
    let pattern = option_of(field.pattern.clone());
    let (min, max) = (encoded(field.min.is_some(), "MIN"), encoded(field.max.is_some(), "MAX"));
    let default = encoded(field.default.is_some(), "DEFAULT");
    let choices = item("CHOICES", index);
    let choices = option_of(field.choices.as_ref().map(|of| match of {
        Choices::List(_) => quote!(|_| #choices()),
        Choices::Query { .. } => quote!(#choices),
    }));
    let lookup = option_of(field.index.map(|index| match index {
        Index::Plain => quote!(__viewflow::Index::Plain),
        Index::Unique => quote!(__viewflow::Index::Unique),
    }));
    let on_delete = match &field.on_delete {
        None | Some(OnDelete::Protect) => quote!(__viewflow::OnDelete::Protect),
        Some(OnDelete::Cascade) => quote!(__viewflow::OnDelete::Cascade),
        Some(OnDelete::SetNone(ident)) => {
            let ty = &field.ty;
            quote_spanned!(ident.span()=> __viewflow::set_none::<#ty>())
        }
    };
    let column = field.column && record.face == Face::Process;
    // In a form, what has a default may be left out.
    let required = (record.face == Face::Form && field.default.is_some()).then(|| quote!(required: false,));
    let constant = item("FIELD", index);
    quote! {
        __viewflow::FieldSpec {
            help: #help,
            was: &[#(#was),*],
            rules: __viewflow::Rules { max_length: #max_length, pattern: #pattern, min: #min, max: #max },
            default: #default,
            choices: #choices,
            index: #lookup,
            on_delete: #on_delete,
            column: #column,
            #required
            ..#constant.spec(#name, #label, &[#(#key),*])
        }
    }
}

/// What the field is like when it is stored.
fn shape(record: &Record, index: usize, field: &Field) -> TokenStream {
    let (constant, key) = (item("FIELD", index), field.key.join("."));
    let column = field.column && record.face == Face::Process;
    let was = field.was.iter().map(|path| path.join("."));
    quote!(__viewflow::FieldShape { was: &[#(#was),*], column: #column, ..#constant.shape(#key) })
}

/// Whether a type is, or has in it, the struct that it is in.
fn names(ty: &TokenStream, ident: &Ident) -> bool {
    ty.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(name) => name == "Self" || name == *ident,
        TokenTree::Group(group) => names(&group.stream(), ident),
        _ => false,
    })
}

fn choice_function(record: &Record, index: usize, ty: &TokenStream, choices: &Choices) -> TokenStream {
    let name = item("CHOICES", index);
    let (parameter, body) = match choices {
        Choices::List(list) => (TokenStream::new(), list),
        Choices::Query { parameter, body } => (quote!(#parameter: &__viewflow::Db), body),
    };
    let body = without_self(body, &record.ident);
    let into =
        quote_spanned!(body.span()=> __viewflow::ChoiceSource::<<#ty as __viewflow::FieldType>::Item>::into_choices);
    quote! {
        fn #name(#parameter) -> __viewflow::Result<__viewflow::Box<dyn __viewflow::Choices>> {
            #into(#body)
        }
    }
}

/// Reads a value of the type that the field had before, and makes it one of today's.
fn conversion_function(record: &Record, index: usize, field: &Field, ty: &TokenStream, from: &Closure) -> TokenStream {
    let (name, value) = (item("CONVERT", index), Ident::new("value", hidden()));
    let convert = match from {
        Closure::Path(path) => without_self(path, &record.ident),
        Closure::Inline { parameter, body } => {
            let (parameter, body) = (without_self(parameter, &record.ident), without_self(body, &record.ident));
            quote_spanned!(body.span()=> |#parameter| __viewflow::Result::<#ty>::Ok(#body))
        }
    };
    let refused = never_called(record, field, ty);
    quote! {
        fn #name(#value: &__viewflow::Value) -> ::core::result::Result<#ty, __viewflow::String> {
            __viewflow::convert::<_, #ty, _>(#value, #convert)
        }

        #refused
    }
}

/// Refuses the conversion of what can be read as it is, under the same key: it would never be called.
fn never_called(record: &Record, field: &Field, ty: &TokenStream) -> Option<TokenStream> {
    let Some(Closure::Inline { parameter, .. }) = &field.from else { return None };
    if !field.was.is_empty() || names(ty, &record.ident) {
        return None;
    }
    let old = without_self(&told_type(parameter)?, &record.ident);
    let message = format!(
        "what was stored as `{}` can be read as what `{}` is now, and would never be converted: give the field another name or `key`, \
         and tell the one that it had by `#[was(\"..\")]`",
        told(&old),
        plain_name(&field.ident)
    );
    let shape = |ty: &TokenStream| quote!(<#ty as __viewflow::FieldType>::SHAPE);
    let (new, before) = (shape(ty), shape(&old));
    Some(quote_spanned!(old.span()=> const _: () = ::core::assert!(!__viewflow::reads(&#new, &#before), #message);))
}

/// Holds a value against the rules of its field.
fn check(index: usize, field: &Field, value: &TokenStream, at: &TokenStream) -> TokenStream {
    let local = |span: Span| Ident::new("at", hidden().located_at(span));
    let mut rules = Vec::new();
    if let Some(max) = &field.max_length {
        let at = local(max.span());
        let (method, value) = (Ident::new("max_length", at.span()), located(value, max.span()));
        let length = item("LENGTH", index);
        rules.push(quote_spanned!(max.span()=> let #at = #at.#method(#value, #length);));
    }
    for (bound, method, what) in [(&field.min, "min", "MIN"), (&field.max, "max", "MAX")] {
        if let Some(bound) = bound {
            let (at, function) = (local(bound.span()), item(what, index));
            let (method, value) = (Ident::new(method, at.span()), located(value, bound.span()));
            rules.push(quote_spanned!(bound.span()=> let #at = #at.#method(#value, #function());));
        }
    }
    if let Some(pattern) = &field.pattern {
        let (at, compiled) = (local(pattern.span()), item("PATTERN", index));
        let (method, value) = (Ident::new("pattern", at.span()), located(value, pattern.span()));
        rules.push(quote_spanned!(pattern.span()=> let #at = #at.#method(#value, &#compiled);));
    }
    if let Some(Choices::List(list)) = &field.choices {
        let (at, function) = (local(list.span()), item("CHOICES", index));
        rules.push(quote_spanned!(list.span()=> let #at = #at.one_of(#value, #function());));
    }
    if rules.is_empty() {
        return TokenStream::new();
    }
    let local = local(hidden());
    quote!({
        let #local = #at;
        #(#rules)*
        let _ = #local;
    })
}

fn expand_process(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let (seed, artifact) = (or_unit(record.seed.as_ref()), or_unit(record.artifact.as_ref()));
    let table = record.fields.iter().any(|field| field.column).then(|| {
        let name = &record.table;
        quote!(const TABLE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(#name);)
    });
    // The type of a private field may be private too, and cannot be named by a trait of a struct that is not.
    let hides =
        |field: &Field| !matches!(record.vis, Visibility::Inherited) && matches!(field.vis, Visibility::Inherited);
    let visible: Vec<_> = record.fields.iter().enumerate().filter(|(_, field)| !hides(field)).collect();
    let (indexes, names): (Vec<_>, Vec<_>) = visible.iter().map(|(index, field)| (*index, &field.ident)).unzip();
    let index_type = format_ident!("FieldsOf{}", plain_name(ident), span = ident.span());
    // Of the others it is said that they are private.
    let hidden_names: Vec<_> = record.fields.iter().filter(|field| hides(field)).map(|field| &field.ident).collect();
    let at = visible.into_iter().map(|(index, field)| {
        let Field { ty, ident: name, .. } = field;
        let (constant, rules) = (item("FIELD", index), item("RULES", index));
        quote! {
            #[automatically_derived]
            impl __viewflow::FieldAt<#index> for #ident {
                type Type = #ty;
                const FIELD: __viewflow::FieldOf<#ty> = #constant;

                fn set(&mut self, value: #ty) {
                    self.#name = value;
                }

                fn check(value: &#ty, at: __viewflow::At<'_>) {
                    #rules(value, at);
                }
            }
        }
    });
    let lookups = lookups(record);
    quote! {
        #[automatically_derived]
        impl __viewflow::Process for #ident {
            type Seed = #seed;
            type Artifact = #artifact;
            #table
        }

        mod named {
            pub struct #index_type {
                #(pub #names: ::core::primitive::usize,)*
                #(#hidden_names: (),)*
            }

            pub const INDEX: #index_type = #index_type { #(#names: #indexes,)* #(#hidden_names: (),)* };
        }

        #[automatically_derived]
        impl __viewflow::NamedFields for #ident {
            type Index = named::#index_type;
            const INDEX: named::#index_type = named::INDEX;
        }

        #(#at)*
        #lookups
    }
}

fn expand_task(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let (seed, artifact) = (or_unit(record.seed.as_ref()), or_unit(record.artifact.as_ref()));
    let complete = record.fields.iter().all(|field| field.default.is_some() || field.is_option());
    let options = record.fields.iter().filter(|field| field.default.is_none()).map(|field| &field.ty);
    let no_data_needed = complete.then(|| {
        quote! {
            #(const _: () = ::core::assert!(<#options as __viewflow::FieldType>::OPTIONAL, "this `Option` is not `std::option::Option`");)*

            #[automatically_derived]
            impl __viewflow::NoDataNeeded for #ident {}
        }
    });
    quote! {
        #[automatically_derived]
        impl __viewflow::Task for #ident {
            type Seed = #seed;
            type Artifact = #artifact;
        }
        #no_data_needed
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
        Some(id) => (quote!(self.#id), quote!(self.#id = id;)),
        None => (quote!(__viewflow::Id::NEW), quote!(let _ = id;)),
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

            fn set_id(&mut self, id: __viewflow::Id<Self>) {
                #set
            }

            #label
        }
        #lookups
    }
}

/// `BY_NAME` for each indexed field.
fn lookups(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let lookups = record.fields.iter().filter(|field| field.index.is_some()).map(|field| {
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

            fn encode(&self) -> ::core::result::Result<__viewflow::Value, __viewflow::String> {
                __viewflow::embedded::encode(self)
            }

            fn decode(value: &__viewflow::Value) -> ::core::result::Result<Self, __viewflow::String> {
                __viewflow::embedded::decode(value)
            }

            fn merge(&self, stored: ::core::option::Option<&__viewflow::Value>) -> ::core::result::Result<__viewflow::Value, __viewflow::String> {
                __viewflow::embedded::merge(self, stored)
            }
        }
    }
}

fn or_unit(ty: Option<&TokenStream>) -> TokenStream {
    ty.cloned().unwrap_or_else(|| quote!(()))
}
