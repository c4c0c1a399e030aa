//! The one place where the application's code is called: what panics in it stops nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls code of the application, or work that comes to such code. A panic is an error: what it said.
pub(super) fn call<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
    })
}
