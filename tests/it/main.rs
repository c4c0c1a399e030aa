//! Behaviour of the whole, a module for each feature.

#[path = "../../examples/publish/flow.rs"]
#[allow(dead_code)]
mod flow;

mod bad_input;
mod concurrency;
mod data_management;
mod engine;
mod entities;
mod example;
mod fields;
mod forms;
mod jobs;
mod nodes;
mod publish;
mod support;
mod tokens;
