//! Behaviour of the whole, a module for each feature.

#[path = "../../examples/publish/flow.rs"]
mod flow;
mod publish;
