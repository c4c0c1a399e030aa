//! Shared facts for all engines over one store: claims and the clock.

use std::sync::Arc;

use crate::store::Store;

pub(super) fn claims_are_those_of_one_store(one: &impl Store, other: &impl Store) {
    let (Some(claims), Some(others)) = (one.claims().unwrap(), other.claims().unwrap()) else { return };
    assert!(claims.take("duty"));
    let again = one.claims().unwrap().expect("it still has the store for itself");
    assert!(!again.take("duty") && Arc::ptr_eq(&claims, &again), "they are the same for all engines");
    assert!(others.take("duty"), "another store's are others");
    claims.give_back("duty");
    assert!(again.take("duty"));
}

pub(super) fn a_clock_goes_on(store: &impl Store) {
    let Some(before) = store.clock().unwrap() else { return };
    let after = store.clock().unwrap().expect("it still has a clock");
    assert!(before <= after, "a clock does not go back");
}
