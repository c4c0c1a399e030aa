//! Puts an engine together.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use super::{Engine, Inner, LOCKS, query};
use crate::builder::FlowBuilder;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::store::{Event, Store};
use crate::time::{Clock, SystemClock};

/// Collects what an engine is made of. `L` is the list of its flows, so that two of one stored name do not compile.
pub struct EngineBuilder<L> {
    store: Arc<dyn Store>,
    clock: Box<dyn Clock>,
    flows: Vec<Definition>,
    listeners: Vec<Box<dyn Fn(&Event) + Send + Sync>>,
    _flows: PhantomData<fn() -> L>,
}

/// A list of flows, as a type: the newest one and the list of the others.
#[doc(hidden)]
pub trait FlowList {
    /// Their stored names.
    const NAMES: Option<&'static Names>;
}

/// A list of names that can be walked at compile time.
#[doc(hidden)]
pub struct Names {
    first: &'static str,
    others: Option<&'static Self>,
}

impl FlowList for () {
    const NAMES: Option<&'static Names> = None;
}

impl<F: Flow, L: FlowList> FlowList for (F, L) {
    const NAMES: Option<&'static Names> = Some(&Names { first: F::NAME, others: L::NAMES });
}

const fn contains(mut names: Option<&Names>, name: &str) -> bool {
    while let Some(Names { first, others }) = names {
        if same(first.as_bytes(), name.as_bytes()) {
            return true;
        }
        names = *others;
    }
    false
}

const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}

impl EngineBuilder<()> {
    pub(super) fn over(store: Arc<dyn Store>) -> Self {
        Self { store, clock: Box::new(SystemClock), flows: Vec::new(), listeners: Vec::new(), _flows: PhantomData }
    }
}

impl<L: FlowList> EngineBuilder<L> {
    /// Adds a flow. Two flows with one stored name do not compile.
    pub fn flow<F: Flow>(mut self, flow: F) -> EngineBuilder<(F, L)> {
        const {
            assert!(
                !contains(L::NAMES, F::NAME),
                "two flows of this engine are stored under one name: give one of them `#[flow(name = \"..\")]`"
            );
        }
        self.flows.push(FlowBuilder::build(flow));
        EngineBuilder {
            store: self.store,
            clock: self.clock,
            flows: self.flows,
            listeners: self.listeners,
            _flows: PhantomData,
        }
    }

    /// Takes the time from this clock instead of the computer's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Calls `listener` with each event, in the thread of the step, once the step is durable.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// [`Error::Build`] with all that is wrong: flows that are not sound or share a name, patterns that are none, and
    /// open tasks in the store that no flow here knows.
    pub fn build(self) -> Result<Engine> {
        let mut problems: Vec<String> = self.flows.iter().flat_map(|flow| flow.problems.clone()).collect();
        let mut flows = BTreeMap::new();
        flows.extend(self.flows.into_iter().map(|flow| (flow.name, Arc::new(flow))));
        query::check_stored_tasks(&*self.store, &flows, &mut problems)?;
        if !problems.is_empty() {
            return Err(Error::Build(problems));
        }
        let turns = (0..LOCKS).map(|_| Mutex::new(())).collect();
        Ok(Engine(Arc::new(Inner { store: self.store, clock: self.clock, flows, turns, listeners: self.listeners })))
    }
}
