//! The behavior of the whole framework, a module for each feature.

#[path = "../../examples/publish/flow.rs"]
#[allow(dead_code)]
mod flow;

#[path = "../../examples/bills/main.rs"]
#[allow(dead_code)]
mod bills_example;
#[path = "../../examples/hello.rs"]
#[allow(dead_code)]
mod hello_example;
// Without the example's `main.rs`, because its lock file belongs to the package of the examples.
#[path = "../../examples/shipment"]
mod shipment_example {
    pub(crate) mod flow;
    pub(crate) mod story;
}

mod acceptance;
mod apart;
#[cfg(feature = "tokio")]
mod async_jobs;
mod bad_input;
mod bills;
mod change;
mod children;
mod clocks;
mod compensation;
mod concurrency;
mod conditions_durable;
mod contended;
mod counted;
mod crash_points;
mod data_management;
mod decisions;
mod dependent;
mod described;
mod desk_acts;
mod desk_lists;
mod desk_many;
mod desk_once;
mod desk_past;
mod desk_whole;
mod doers;
mod drafts;
mod endings;
mod engine;
mod engines;
mod entities;
mod equal_values;
mod example;
mod faces;
mod fields;
mod flat;
mod flat_conditions;
mod flat_in_a_step;
mod flat_mailboxes;
mod flat_past;
mod flat_queues;
mod forms;
mod hello;
mod history;
mod identities;
mod jobs;
mod judged;
mod killed;
mod killed_steps;
mod lifecycle;
mod listeners;
mod many;
mod messages;
mod nested;
mod nodes;
mod offers;
mod pages;
mod partial;
mod paths;
mod people;
mod promised;
mod publish;
mod random;
mod referred;
mod refused;
mod replies;
mod retention;
mod schema;
mod shared;
mod shipment;
mod skip;
mod subscribers;
mod support;
mod suspend;
mod taken;
mod timers;
mod tokens;
mod towers;
mod transfer;
mod undo;
mod undo_cases;
mod undo_random;
mod unknown;
mod values;
mod versions;
mod widgets;
mod woken;
