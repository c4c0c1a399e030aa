//! Lengths of time.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, LitStr, Result};

/// Parses a length of time such as `"10s"`.
pub(crate) fn duration(text: &LitStr) -> Result<Duration> {
    humantime::parse_duration(&text.value()).map_err(|_| {
        let message =
            format!("\"{}\" is not a length of time: write \"10s\", \"5m\", \"1h 30m\" or \"3d\"", text.value());
        Error::new(text.span(), message)
    })
}

/// Parses a length of time that is not zero, as the only argument of an attribute.
pub(crate) fn some_duration_of(attribute: &Attribute) -> Result<Duration> {
    let tokens: TokenStream = attribute.parse_args()?;
    let expected = "expected a length of time in quotes, such as \"10s\", \"1h 30m\" or \"3d\"";
    let text = syn::parse2::<LitStr>(tokens.clone()).map_err(|_| Error::new_spanned(tokens, expected))?;
    some_duration(&text)
}

/// Parses a length of time that is not zero.
pub(crate) fn some_duration(text: &LitStr) -> Result<Duration> {
    let length = duration(text)?;
    if length.as_millis() == 0 {
        let message = format!("\"{}\" is less than a millisecond: expected a longer time", text.value());
        return Err(Error::new(text.span(), message));
    }
    Ok(length)
}

/// Writes a length of time.
pub(crate) fn duration_tokens(duration: Duration) -> TokenStream {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}
