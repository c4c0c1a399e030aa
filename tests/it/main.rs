//! Behaviour of the whole, a module for each feature.

#[path = "../../examples/publish/flow.rs"]
#[allow(dead_code)]
mod flow;

#[cfg(feature = "tokio")]
mod async_jobs;
mod bad_input;
mod children;
mod compensation;
mod concurrency;
mod crash_points;
mod data_management;
mod endings;
mod engine;
mod entities;
mod example;
mod fields;
mod forms;
mod jobs;
mod judged;
mod killed;
mod killed_steps;
mod lifecycle;
mod many;
mod messages;
mod nodes;
mod people;
mod publish;
mod random;
mod retention;
mod support;
mod timers;
mod tokens;
mod transfer;
