//! The one place that calls the application's code, so that a panic in it stops nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls code of the application, or work that calls such code. Returns a panic as an error, with its text.
pub(super) fn call<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
    })
}
