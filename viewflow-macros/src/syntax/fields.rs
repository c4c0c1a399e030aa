//! Writes how a struct is read from a document and written to it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::name::plain_name;
use super::output::{hidden, local};

/// A field, with the expressions that describe it.
pub(crate) struct Accessor<'f> {
    pub(crate) ident: &'f Ident,
    /// The description of the field.
    pub(crate) spec: TokenStream,
    /// The constant that reads the field.
    pub(crate) read: TokenStream,
    /// The constant that writes the field.
    pub(crate) write: TokenStream,
    /// The function that checks a value against the field's rules.
    pub(crate) rules: TokenStream,
    /// How the field depends on other fields, if it does.
    pub(crate) depends: Option<Dependence>,
}

/// The function through which a field depends on other fields.
pub(crate) enum Dependence {
    Computed(TokenStream),
    OnlyIf(TokenStream),
}

/// Writes the impl of `Fields` for a struct of these fields.
///
/// `rest` holds the other fields of the struct with their values; without it, the impl creates no struct.
pub(crate) fn fields_impl(
    of: &impl ToTokens,
    fields: &[Accessor<'_>],
    shapes: &TokenStream,
    rest: Option<&TokenStream>,
) -> TokenStream {
    let numbers: Vec<_> = (0..fields.len()).collect();
    let idents: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let names = idents.iter().map(|ident| plain_name(ident));
    let locals: Vec<_> = numbers.iter().map(|number| local(&format!("field_{number}"), hidden())).collect();
    let specs = fields.iter().map(|field| &field.spec);
    let [read, write, rules] = [
        fields.iter().map(|field| &field.read).collect::<Vec<_>>(),
        fields.iter().map(|field| &field.write).collect(),
        fields.iter().map(|field| &field.rules).collect(),
    ];
    let made = match rest {
        Some(rest) if fields.iter().any(|field| field.depends.is_some()) => made_in_steps(fields, &locals, rest),
        Some(rest) => quote!(::core::option::Option::Some(Self { #(#idents: #locals?,)* #rest })),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #[automatically_derived]
        impl __viewflow::Fields for #of {
            const FIELDS: &'static [__viewflow::FieldSpec] = &[#(#specs),*];
            #shapes

            #[allow(unused_variables)]
            fn read(__viewflow_reader: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                #(
                    let #locals = __viewflow_reader.field(#numbers, &#read);
                    __viewflow_reader.check(#numbers, ::core::option::Option::as_ref(&#locals), #rules);
                )*
                #made
            }

            #[allow(unused_variables)]
            fn write(&self, __viewflow_writer: &mut __viewflow::Writer) {
                #(__viewflow_writer.field(#numbers, &#write, &self.#idents);)*
            }

            #[allow(unused_variables)]
            fn check(&self, __viewflow_errors: &mut __viewflow::FieldErrors) {
                #(#rules(&self.#idents, __viewflow::At::new(#names, __viewflow_errors));)*
            }
        }
    }
}

/// Writes the creation of a struct in which some fields depend on others.
///
/// The independent fields come first, then the dependent ones in their order.
fn made_in_steps(fields: &[Accessor<'_>], locals: &[Ident], rest: &TokenStream) -> TokenStream {
    let form = local("form", hidden());
    let first = fields.iter().zip(locals).map(|(Accessor { ident, read, depends, .. }, local)| match depends {
        Some(_) => quote!(#ident: (const { #read.at_first() })()),
        None => quote!(#ident: #local?),
    });
    let steps = fields.iter().zip(locals).enumerate().map(|(number, (field, local))| {
        let Accessor { ident, read, rules, depends, .. } = field;
        match depends {
            Some(Dependence::OnlyIf(condition)) => quote! {
                if __viewflow_reader.asks(#number, &#read, || #condition(&#form)) {
                    #form.#ident = #local?;
                }
            },
            Some(Dependence::Computed(compute)) => quote! {
                #form.#ident = __viewflow_reader.computes(#number, &#read, #local, || #compute(&#form))?;
                __viewflow_reader.check(#number, ::core::option::Option::Some(&#form.#ident), #rules);
            },
            None => TokenStream::new(),
        }
    });
    quote! {
        let mut #form = Self { #(#first,)* #rest };
        #(#steps)*
        ::core::option::Option::Some(#form)
    }
}
