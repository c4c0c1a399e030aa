//! Writes how a struct is read from a document, written to it, and checked against its rules.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::items::items;
use super::subject::{Item, Subject};
use crate::record::face::Face;
use crate::record::model::{Choices, Index, OnDelete, Record, Widget};
use crate::syntax::{Accessor, Dependence, fields_impl, option_of, plain_name, told};

/// Writes the trait for a struct with mistakes, so that rustc reports nothing else about it.
pub(super) fn expand_no_fields(record: &Record) -> TokenStream {
    fields_impl(&record.ident, &[], &TokenStream::new(), None)
}

pub(super) fn expand_fields(record: &Record) -> TokenStream {
    let all = Subject::all(record);
    let items = all.iter().map(|of| items(*of));
    let shapes = all.iter().map(|of| shape(*of));
    let shapes = quote!(const SHAPES: &'static [__viewflow::FieldShape] = &[#(#shapes),*];);
    let fields: Vec<_> = all.iter().map(|of| accessor(*of)).collect();
    let id = record.id.as_ref().map(|id| quote!(#id: __viewflow::Id::NEW,)).unwrap_or_default();
    let fields = fields_impl(&record.ident, &fields, &shapes, record.whole.then_some(&id));
    quote!(#(#items)* #fields)
}

fn accessor(of: Subject<'_>) -> Accessor<'_> {
    let (field, rules) = (of.item(Item::Field), of.item(Item::Rules));
    Accessor {
        ident: &of.field.ident,
        spec: spec(of),
        read: quote!(#field),
        write: quote!(#field),
        rules: quote!(#rules),
        depends: dependence(of),
    }
}

fn dependence(of: Subject<'_>) -> Option<Dependence> {
    let asked = of.item(Item::Depends);
    match (&of.field.computed, &of.field.only_if) {
        (Some(_), _) => Some(Dependence::Computed(quote!(#asked))),
        (None, Some(_)) => Some(Dependence::OnlyIf(quote!(#asked))),
        (None, None) => None,
    }
}

/// Writes the description of the field that is used at run time.
fn spec(of: Subject<'_>) -> TokenStream {
    let Subject { record, field, .. } = of;
    let (name, constant) = (plain_name(&field.ident), of.item(Item::Field));
    let (label, help, key) = (&field.label, &field.help, &field.key);
    let was = field.was.iter().map(|path| quote!(&[#(#path),*]));
    let encoded = |is_given: bool, item: Item| {
        let function = of.item(item);
        option_of(is_given.then(|| quote_spanned!(field.ty.span()=> || __viewflow::encoded(&#function()))))
    };
    let max_length = option_of(field.max_length.as_ref().map(|_| of.item(Item::Length)));
    let pattern = option_of(field.pattern.as_ref());
    let (min, max) = (encoded(field.min.is_some(), Item::Min), encoded(field.max.is_some(), Item::Max));
    let default = of.item(Item::Default);
    let default = option_of(field.default.as_ref().map(|_| quote!(|| #constant.described(&#default()))));
    let choices = of.item(Item::Choices);
    let choices = option_of(field.choices.as_ref().map(|of| match of {
        Choices::List(_) => quote!(|_, _| #choices()),
        Choices::Query(_) => quote!(#choices),
    }));
    let index = option_of(field.index.map(|index| match index {
        Index::Plain => quote!(__viewflow::Index::Plain),
        Index::Unique => quote!(__viewflow::Index::Unique),
    }));
    let widget = option_of(field.widget.as_ref().map(|widget| hint(of, widget)));
    let page = option_of(field.page.as_ref());
    let (on_delete, column) = (on_delete(of), field.column);
    let holds_processes = field.on_delete.as_ref().filter(|_| !of.is_of_itself()).map(|_| holds_processes(of));
    let depends = dependence(of);
    // In a form, and in a struct nested in a form, a field with a default may be left out.
    let required = (matches!(record.face, Face::Form | Face::Embedded | Face::Variant)
        && (field.default.is_some() || depends.is_some()))
    .then(|| quote!(required: false,));
    let required_then = field.required.is_some();
    let depends = depends.map(|depends| {
        let how = match depends {
            Dependence::Computed(_) => quote!(Computed),
            Dependence::OnlyIf(_) => quote!(OnlyIf { required: #required_then }),
        };
        quote! {
            depends: ::core::option::Option::Some(__viewflow::Depends::#how),
            settle: ::core::option::Option::Some(__viewflow::settle::<Self>),
        }
    });
    quote! {
        __viewflow::FieldSpec {
            help: #help,
            was: &[#(#was),*],
            rules: __viewflow::Rules { max_length: #max_length, pattern: #pattern, min: #min, max: #max },
            default: #default,
            choices: #choices,
            widget: #widget,
            page: #page,
            index: #index,
            on_delete: #on_delete,
            #holds_processes
            column: #column,
            #depends
            #required
            ..#constant.spec(#name, #label, &[#(#key),*])
        }
    }
}

/// Writes a widget, and the check that it fits the values of the field.
fn hint(of: Subject<'_>, widget: &Widget) -> TokenStream {
    let Widget { name, value } = widget;
    let (ty, has_choices) = (of.field.ty.to_token_stream(), of.field.choices.is_some());
    if of.is_of_itself() {
        return quote!(__viewflow::Widget::#value);
    }
    let belongs = match name.to_string().as_str() {
        "radio" => {
            "on what is chosen, one of several: an enum with `#[derive(Choices)]`, a `bool`, a field with `choices`"
        }
        "currency" | "unit" => "on a number",
        _ => "on text",
    };
    let message = format!("`{name}` belongs {belongs}, not on `{}`", told(&ty));
    quote_spanned! {name.span()=> {
        const {
            ::core::assert!(
                __viewflow::Widget::#value.fits(&<#ty as __viewflow::FieldType>::SHAPE, #has_choices),
                #message
            );
        }
        __viewflow::Widget::#value
    }}
}

fn on_delete(of: Subject<'_>) -> TokenStream {
    match &of.field.on_delete {
        None => quote!(__viewflow::OnDelete::Protect),
        Some(OnDelete::Protect(at)) => of_a_reference(of, at, &quote!(__viewflow::OnDelete::Protect)),
        Some(OnDelete::Cascade(at)) => of_a_reference(of, at, &quote!(__viewflow::OnDelete::Cascade)),
        Some(OnDelete::SetNone(ident)) => {
            let ty = &of.field.ty;
            quote_spanned!(ident.span()=> __viewflow::set_none::<#ty>())
        }
    }
}

/// Writes the check that makes a process number a reference.
///
/// A field with `on_delete` says what happens when the process is forgotten, so it refers to the process.
fn holds_processes(of: Subject<'_>) -> TokenStream {
    let ty = &of.field.ty;
    quote_spanned! {ty.span()=>
        holds_processes: ::core::matches!(
            <#ty as __viewflow::FieldType>::SHAPE,
            __viewflow::Shape::Plain(__viewflow::Plain::Process)
                | __viewflow::Shape::Optional(__viewflow::Shape::Plain(__viewflow::Plain::Process))
                | __viewflow::Shape::List(__viewflow::Shape::Plain(__viewflow::Plain::Process))
        ),
    }
}

/// Writes `on_delete`, with the check that the field is a reference.
fn of_a_reference(of: Subject<'_>, at: &Ident, on_delete: &TokenStream) -> TokenStream {
    let ty = of.field.ty.to_token_stream();
    if of.is_of_itself() && !told(&ty).contains('<') {
        return on_delete.clone();
    }
    let message =
        format!("`on_delete = {at}` belongs on a reference such as `Ref<..>` or `ProcessId`, not on `{}`", told(&ty));
    quote_spanned! {at.span()=> {
        const {
            ::core::assert!(
                ::core::matches!(
                    <#ty as __viewflow::FieldType>::SHAPE,
                    __viewflow::Shape::Reference(_)
                        | __viewflow::Shape::Plain(__viewflow::Plain::Process)
                        | __viewflow::Shape::Optional(__viewflow::Shape::Plain(__viewflow::Plain::Process))
                        | __viewflow::Shape::List(__viewflow::Shape::Plain(__viewflow::Plain::Process))
                        | __viewflow::Shape::Optional(__viewflow::Shape::Reference(_) | __viewflow::Shape::List(__viewflow::Shape::Reference(_)))
                        | __viewflow::Shape::List(__viewflow::Shape::Reference(_))
                        | __viewflow::Shape::Map(__viewflow::Shape::Reference(_))
                ),
                #message
            );
        }
        #on_delete
    }}
}

/// Writes the stored form of the field.
fn shape(of: Subject<'_>) -> TokenStream {
    let (constant, key, column) = (of.item(Item::Field), of.field.key.join("."), of.field.column);
    let was = of.field.was.iter().map(|path| path.join("."));
    quote!(__viewflow::FieldShape { was: &[#(#was),*], column: #column, ..#constant.shape(#key) })
}
