//! The memory store is the measure of what a store has to do.

#[test]
fn memory_keeps_the_contract_of_a_store() {
    viewflow_store::suite::store_suite(viewflow_store::MemoryStore::new);
}
