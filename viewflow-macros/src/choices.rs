//! `#[derive(Choices)]`: an enum as a field type.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, LitStr};

use crate::cases::{Way, cases_impl};
use crate::errors::Errors;
use crate::syntax::{
    WAS, default_crate, earlier_names, hidden, local, misplaced, options, plain_name, private_items, snake_case,
    title_of, unknown_option,
};

/// The name of a variant's attribute.
const CHOICE: &str = "choice";

struct Variant {
    ident: Ident,
    value: String,
    /// The values under which the variant was stored before.
    was: Vec<String>,
    label: String,
}

pub(crate) fn derive(input: DeriveInput, mut errors: Errors) -> TokenStream {
    let mut krate = default_crate();
    misplaced(&input.attrs, &[CHOICE, WAS], "on a variant", &mut errors);
    for option in options(&input.attrs, "choices", &mut errors) {
        if option.key == "crate" {
            krate = errors.ok(option.path()).unwrap_or(krate);
        } else {
            errors.push(unknown_option(&option.key, &["crate"]));
        }
    }
    let variants = variants(&input, &mut errors);
    expand(&input.ident, &krate, &variants, errors)
}

fn variants(input: &DeriveInput, errors: &mut Errors) -> Vec<Variant> {
    let Data::Enum(data) = &input.data else {
        errors.over(&input.ident, "expected an enum: the variants of `Choices` are what can be chosen");
        return Vec::new();
    };
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &data.variants {
        if matches!(variant.fields, Fields::Unit) {
            let variant = read_variant(variant, errors);
            check_stored(&variant, &variants, errors);
            variants.push(variant);
        } else {
            errors.over(variant, "expected a variant without data: for data use a struct with `#[derive(Embedded)]`");
        }
    }
    variants
}

fn read_variant(variant: &syn::Variant, errors: &mut Errors) -> Variant {
    let snake = snake_case(&plain_name(&variant.ident));
    let mut choice = Variant {
        ident: variant.ident.clone(),
        label: title_of(&snake),
        value: snake,
        was: earlier_names(&variant.attrs, errors).iter().map(LitStr::value).collect(),
    };
    misplaced(&variant.attrs, &["choices"], "on the enum", errors);
    for option in options(&variant.attrs, CHOICE, errors) {
        let text = match option.key.to_string().as_str() {
            "value" => &mut choice.value,
            "label" => &mut choice.label,
            _ => {
                errors.push(unknown_option(&option.key, &["value", "label"]));
                continue;
            }
        };
        if let Some(name) = errors.ok(option.name()) {
            *text = name;
        }
    }
    choice
}

/// Checks that a stored value belongs to only one variant.
fn check_stored(choice: &Variant, others: &[Variant], errors: &mut Errors) {
    let Variant { ident, value, was, .. } = choice;
    let is_taken =
        |was: &&String| *was == value || others.iter().any(|other| other.value == **was || other.was.contains(was));
    if let Some(was) = was.iter().find(is_taken) {
        errors.over(ident, format!("`{was}` is already a value of a variant: give each earlier value once"));
    }
    if others.iter().any(|other| other.value == *value) {
        let message = format!("two variants are stored as `{value}`: give one of them `#[choice(value = \"..\")]`");
        errors.over(ident, message);
    }
}

fn expand(ident: &Ident, krate: &TokenStream, variants: &[Variant], errors: Errors) -> TokenStream {
    let (idents, values): (Vec<_>, Vec<_>) = variants.iter().map(|variant| (&variant.ident, &variant.value)).unzip();
    let was: Vec<_> = variants.iter().map(|variant| &variant.was).collect();
    let labels: Vec<_> = variants.iter().map(|variant| &variant.label).collect();
    let known = values.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ");
    let must_be = format!("must be one of {known}");
    // A variant that is left out would make the `match` incomplete and cause a second error.
    let is_whole = !variants.is_empty() && errors.is_empty();
    let of_each =
        |texts: &[&String]| if is_whole { quote!(match self { #(Self::#idents => #texts,)* }) } else { quote!("") };
    let (stored, label) = (of_each(&values), of_each(&labels));
    let choices = quote! {
        #[automatically_derived]
        impl __viewflow::Choices for #ident {
            const ALL: &'static [Self] = &[#(Self::#idents),*];

            fn stored(&self) -> &'static ::core::primitive::str {
                #stored
            }

            fn label(&self) -> &'static ::core::primitive::str {
                #label
            }
        }

        #[automatically_derived]
        impl __viewflow::FieldType for #ident {
            type Item = Self;
            const SHAPE: __viewflow::Shape = __viewflow::Shape::Choice(&[#(&[#values #(, #was)*]),*]);

            fn kind() -> __viewflow::FieldKind {
                __viewflow::kind_of_choices::<Self>()
            }

            fn encode(&self) -> ::core::result::Result<__viewflow::Value, __viewflow::String> {
                ::core::result::Result::Ok(__viewflow::Value::from(__viewflow::Choices::stored(self)))
            }

            fn decode(__viewflow_value: &__viewflow::Value) -> ::core::result::Result<Self, __viewflow::String> {
                match __viewflow_value.as_str() {
                    #(::core::option::Option::Some(#values #(| #was)*) => ::core::result::Result::Ok(Self::#idents),)*
                    _ => ::core::result::Result::Err(__viewflow::String::from(#must_be)),
                }
            }
        }
    };
    let cases: Vec<_> = variants.iter().map(|variant| way_of(variant, errors.is_empty())).collect();
    let cases = cases_impl(ident, &cases);
    let (errors, items) = (errors.into_tokens(), private_items(krate, &quote!(#choices #cases)));
    quote!(#errors #items)
}

/// Returns a variant as a case. Such a case has no fields to fill in.
fn way_of(variant: &Variant, is_whole: bool) -> Way<'_> {
    let (ident, of) = (&variant.ident, local("choice", hidden()));
    let is_it = if is_whole { quote!(::core::matches!(#of, Self::#ident)) } else { quote!(false) };
    Way {
        ident,
        title: &variant.label,
        fields: quote!(()),
        taken: quote!(|#of: &Self| if #is_it { ::core::option::Option::Some(()) } else { ::core::option::Option::None }),
    }
}
