//! `#[derive(Choices)]`: an enum as a field type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::errors::Errors;
use crate::syntax::{
    default_crate, earlier_names, misplaced, options, plain_name, quiet_lints, snake_case, title_of, unknown_option,
};

struct Variant {
    ident: syn::Ident,
    value: String,
    /// What it was stored as before.
    was: Vec<String>,
    label: String,
}

pub(crate) fn derive(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut krate = default_crate();
    misplaced(&input.attrs, &["choice", "was"], "on a variant", &mut errors);
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
        errors.over(&input.ident, "`Choices` is derived for an enum: its variants are what can be chosen");
        return Vec::new();
    };
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors
                .over(variant, "a choice is a variant without data: for data use a struct with `#[derive(Embedded)]`");
            continue;
        }
        let snake = snake_case(&plain_name(&variant.ident));
        let mut choice =
            Variant { ident: variant.ident.clone(), label: title_of(&snake), value: snake, was: Vec::new() };
        choice.was.extend(earlier_names(&variant.attrs, errors).iter().map(syn::LitStr::value));
        for option in options(&variant.attrs, "choice", errors) {
            let text = match option.key.to_string().as_str() {
                "value" => &mut choice.value,
                "label" => &mut choice.label,
                _ => {
                    errors.push(unknown_option(&option.key, &["value", "label"]));
                    continue;
                }
            };
            *text = errors.ok(option.name()).unwrap_or_else(|| text.clone());
        }
        let is_taken = |was: &String| {
            *was == choice.value || variants.iter().any(|other| other.value == *was || other.was.contains(was))
        };
        if let Some(was) = choice.was.iter().find(|was| is_taken(was)) {
            errors.over(
                &variant.ident,
                format!("`{was}` is or was stored for a variant already: tell an earlier value once"),
            );
        }
        if variants.iter().any(|other| other.value == choice.value) {
            errors.over(
                &variant.ident,
                format!("two variants are stored as `{}`: give one `#[choice(value = \"..\")]`", choice.value),
            );
        }
        variants.push(choice);
    }
    variants
}

fn expand(ident: &syn::Ident, krate: &TokenStream, variants: &[Variant], errors: Errors) -> TokenStream {
    let (idents, values): (Vec<_>, Vec<_>) = variants.iter().map(|variant| (&variant.ident, &variant.value)).unzip();
    let former = variants.iter().map(|variant| &variant.was);
    let earlier = variants.iter().map(|variant| &variant.was);
    let labels = variants.iter().map(|variant| &variant.label);
    let known = values.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ");
    let must_be = format!("must be one of {known}");
    // With a variant left out the match would not be complete, which is no mistake of its own.
    let encode = if variants.is_empty() || !errors.is_empty() {
        quote!(::core::result::Result::Err(__viewflow::String::new()))
    } else {
        quote!(::core::result::Result::Ok(__viewflow::Value::from(match self { #(Self::#idents => #values,)* })))
    };
    let errors = errors.into_tokens();
    let lints = quiet_lints();
    quote! {
        #errors
        #[allow(#lints)]
        const _: () = {
            use #krate::__private as __viewflow;

            #[automatically_derived]
            impl __viewflow::FieldType for #ident {
                type Item = Self;
                const SHAPE: __viewflow::Shape = __viewflow::Shape::Choice(&[#(&[#values #(, #former)*]),*]);

                fn kind() -> __viewflow::FieldKind {
                    __viewflow::FieldKind::Choice(__viewflow::vec![
                        #(__viewflow::Choice { value: __viewflow::Value::from(#values), label: __viewflow::String::from(#labels) },)*
                    ])
                }

                fn encode(&self) -> ::core::result::Result<__viewflow::Value, __viewflow::String> {
                    #encode
                }

                fn decode(value: &__viewflow::Value) -> ::core::result::Result<Self, __viewflow::String> {
                    match value.as_str() {
                        #(::core::option::Option::Some(#values #(| #earlier)*) => ::core::result::Result::Ok(Self::#idents),)*
                        _ => ::core::result::Result::Err(__viewflow::String::from(#must_be)),
                    }
                }
            }
        };
    }
}
