//! Puts an engine together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use viewflow_store::__private::Renamed;
use viewflow_store::{Clock, Event, LogCursor, MAX_CORRELATION, MAX_KEY, MAX_NAME, Store, SystemClock};

use super::change::keys::Keys;
use super::change::noted::{Way, noted, with_other_shapes};
use super::change::plan::{self, Plan};
use super::change::renewal::{Replaced, told_of_replaced};
use super::change::tables::Tables;
use super::keep::retention::{Retaining, Retention};
use super::lanes::Lanes;
use super::now::Now;
use super::work::duties::Duties;
use super::work::followers::{Followers, Listener};
use super::work::pending::Pending;
use super::work::subscribers;
use super::work::subscribers::Subscriber;
use super::{Engine, Inner};
use crate::data::entity::{Entity, TableSpec};
use crate::definition::{Behavior, Definition, Flows, Wait, check_message, check_signal, names_of};
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::builder::FlowBuilder;
use crate::people::Directory;
use crate::unit::versions::About;

/// Collects the parts of an engine.
pub struct EngineBuilder {
    store: Arc<dyn Store>,
    clock: Box<dyn Clock>,
    flows: Flows,
    listeners: Vec<Listener>,
    followers: Vec<Listener>,
    subscribers: Vec<Subscriber>,
    lease: Duration,
    on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>,
    retention: Retention,
    keep_obsolete: bool,
    take_over: bool,
    tables: Vec<TableSpec>,
    /// What is wrong with the flows, in words.
    problems: Vec<String>,
    people: Option<Box<dyn Directory>>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("flows", &self.flows.keys()).finish_non_exhaustive()
    }
}

/// How long a worker has a job.
const LEASE: Duration = Duration::from_secs(30);

impl EngineBuilder {
    pub(super) fn over(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: Box::new(SystemClock),
            flows: Flows::new(),
            listeners: Vec::new(),
            followers: Vec::new(),
            subscribers: Vec::new(),
            lease: LEASE,
            on_error: None,
            retention: Retention::forever(),
            keep_obsolete: false,
            take_over: false,
            tables: Vec::new(),
            problems: Vec::new(),
            people: None,
        }
    }

    /// Adds a flow. Two flows that are, or once were, stored under one name are an error of [`EngineBuilder::build`].
    pub fn flow<F: Flow>(mut self, flow: F) -> Self {
        let names = || std::iter::once(F::NAME).chain(F::WAS.iter().copied());
        let has = |def: &Definition, name: &str| def.name == name || def.was.contains(&name);
        for (at, name) in names().enumerate() {
            let other = self.flows.values().find(|def| has(def, name)).map(|def| def.title);
            let itself = names().take(at).any(|earlier| earlier == name).then_some(F::TITLE);
            if let Some(other) = other.or(itself) {
                self.problems.push(format!(
                    "flow `{}`: `{other}` is, or once was, stored under the name `{name}`, too: add each flow once, or give one of them \
                     `#[flow(name = \"..\")]`",
                    F::NAME
                ));
            }
        }
        self.flows.entry(F::NAME).or_insert_with(|| Arc::new(FlowBuilder::build(flow)));
        self
    }

    /// Takes the time from this clock instead of the computer's. If the store has a clock of its own, as a server has,
    /// the store's time counts. This clock then only measures how time goes on until the store is asked again.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Calls `listener` with each event, in the thread of the step, once the step is durable.
    ///
    /// This is cheap, and nothing is kept for it: a crash between step and call loses the call. The events of a step
    /// come in order. Events of steps in different threads may come in another order than that of their commits. A
    /// panic in the listener is reported to [`EngineBuilder::on_error`], and changes nothing.
    ///
    /// The listener gets only the steps of this engine. For the steps of all engines over the store see
    /// [`EngineBuilder::on_logged`]; for delivery at least once, [`EngineBuilder::subscriber`].
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// Calls `listener` with each event that any engine over the store commits from now on, once it is durable. The
    /// events come in the order of the log. This is for live pages, where many hosts share a store.
    ///
    /// Each engine calls its own listeners, on a thread of [`Engine::workers`] or in [`Engine::run_pending`]. Nothing
    /// is kept for it: each listener gets an event at most once, and misses the events while the program does not run.
    /// A panic in the listener is reported to [`EngineBuilder::on_error`].
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).on_logged(|event| println!("{}", event.kind)).build()?;
    /// engine.run_pending()?;
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    pub fn on_logged(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.followers.push(Box::new(listener));
        self
    }

    /// Adds a subscriber, which gets all events at least once, in the order in which they were committed.
    /// [`Engine::workers`] calls each subscriber on a thread of its own, or [`Engine::run_pending`] calls them. If
    /// several engines over a store have the subscriber, one of them at a time calls it. Its failures go to
    /// [`EngineBuilder::on_error`].
    pub fn subscriber(mut self, subscriber: Subscriber) -> Self {
        self.subscribers.push(subscriber);
        self
    }

    /// Sets how long a worker has a job before another worker may take it over; 30 seconds if this is not called.
    ///
    /// Live workers renew their jobs, so this says how soon the jobs of a lost worker are taken over. The same time
    /// holds for work that one of several hosts does at a time: calling a subscriber, forgetting, starting by the
    /// clock.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Calls `listener` with failures in the background that no task can be blamed for. They are failures of the store
    /// itself and of subscribers, and unreadable records, which are skipped.
    pub fn on_error(mut self, listener: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Box::new(listener));
        self
    }

    /// Sets how long processes are kept once they are over; for ever if this is not called.
    pub fn retain(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Builds the engine although some open tasks cannot go on: their nodes are gone or wait for something else, or
    /// their data cannot be read. Tasks whose nodes are gone are set aside as failed, with the code `obsolete`.
    /// [`Engine::cancel_task`] ends them, [`Engine::move_task`] lets them go on elsewhere.
    pub fn keep_obsolete(mut self) -> Self {
        self.keep_obsolete = true;
        self
    }

    /// Builds the engine although another version of the program has replaced this one: it has renewed how rows,
    /// processes or tasks are found.
    ///
    /// Use it to go back to this version. Use it also if this version is the newer one and finds something again in the
    /// way of an earlier version. Stored data is renewed for this version, and the other version is replaced by it.
    /// Stop the other version before, and call this for one start only: two versions that both call it replace each
    /// other in turn.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).take_over().build()?;
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    pub fn take_over(mut self) -> Self {
        self.take_over = true;
        self
    }

    /// Also checks the table of `E`, if no data of a flow refers to its type. The rows of a table have the index
    /// entries that their type called for when they were written. If the type has other indexes now, or their values
    /// have another form, building the engine renews the entries.
    pub fn table<E: Entity>(mut self) -> Self {
        self.tables.push(TableSpec::of::<E>());
        self
    }

    /// The people of the application, by name: the [`Desk`](crate::Desk) gives tasks to the people that a face names.
    pub fn people(mut self, directory: impl Directory) -> Self {
        self.people = Some(Box::new(directory));
        self
    }

    /// Returns what the flows would find in the store. Changes nothing and runs nothing. Reads all open tasks. Also
    /// reads the tables whose rows would be found by other indexes, or by values in another form.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let plan = Engine::builder(MemoryStore::new()).plan()?;
    /// assert!(plan.mismatches.is_empty());
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Build`] when the flows themselves are not right. Fails when the store fails.
    pub fn plan(self) -> Result<Plan> {
        let (flows, mut problems, store) = self.checked();
        let tables = Tables::of(&flows, &self.tables, &mut problems);
        if !problems.is_empty() {
            return Err(Error::Build(problems));
        }
        let plan = plan::survey(&store, &flows, &|_| true)?;
        let earlier = plan::earlier(&*self.store, &names_of(&flows))?;
        let keys = Keys::of(&flows);
        let mut renewals = tables.plan(&store)?;
        renewals.extend(keys.plan(&store)?);
        let replaced = replaced(&*store, tables.ways().into_iter().chain(keys.ways()))?;
        Ok(Plan { flows: plan::count(&*store, &flows)?, earlier, renewals, replaced, ..plan })
    }

    /// Returns the flows, their problems, and the store under their names.
    fn checked(&self) -> (Flows, Vec<String>, Arc<dyn Store>) {
        let flows = self.flows.clone();
        let mut problems = self.problems.clone();
        problems.extend(flows.values().flat_map(|flow| flow.problems.clone()));
        check_children(&flows, &mut problems);
        check_throws(&flows, &mut problems);
        check_messages(&flows, &mut problems);
        check_names(&flows, &mut problems);
        let store = Renamed::over(Arc::clone(&self.store), names_of(&flows));
        (flows, problems, store)
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// [`Error::Build`] with all problems:
    /// - flows that are not sound or share a name, or start each other without ever waiting;
    /// - sub-processes of flows that the engine does not have;
    /// - signals and messages that no flow waits for;
    /// - messages, tables and subscribers that share a name, and names that are too long;
    /// - rules of fields that no value keeps, and invalid patterns;
    /// - open tasks in the store that no flow here knows;
    /// - rows with the same value in a field that is unique now;
    /// - another version of the program that has replaced this one: see [`EngineBuilder::take_over`].
    pub fn build(self) -> Result<Engine> {
        let (flows, mut problems, store) = self.checked();
        let tables = Tables::of(&flows, &self.tables, &mut problems);
        let subscribers = subscribers::subscribed(self.subscribers, &mut problems);
        let keys = Keys::of(&flows);
        let ways: Vec<Way<'_>> = tables.ways().into_iter().chain(keys.ways()).collect();
        if !self.take_over {
            problems.extend(told_of_replaced(&replaced(&*store, ways.iter().copied())?));
        }
        let changed = with_other_shapes(&*store, &flows)?;
        let survey = || plan::survey(&store, &flows, &|def| changed.contains(&def.name));
        if !problems.is_empty() {
            problems.extend(survey()?.mismatches.iter().map(ToString::to_string));
            return Err(Error::Build(problems));
        }
        let known = known(&*store, &flows)?;
        let now = Now::over(self.clock, &store)?;
        let duties = Duties::new(store.claims()?);
        let place = if self.followers.is_empty() { LogCursor::default() } else { LogCursor::behind(store.log_end()?) };
        let engine = Engine(Arc::new(Inner {
            store: Arc::clone(&store),
            now,
            pending: Pending::new(&flows, self.lease, self.on_error),
            versions: Arc::default(),
            flows: Arc::new(flows.clone()),
            lanes: Lanes::default(),
            listeners: self.listeners,
            followers: Followers::new(self.followers, place),
            subscribers,
            watching: OnceLock::new(),
            duties,
            retaining: Retaining::new(self.retention),
            people: self.people,
        }));
        engine.begin_to_look_through(&changed)?;
        let plan = survey()?;
        let (kept, refused): (Vec<_>, Vec<_>) =
            plan.mismatches.into_iter().partition(|mismatch| self.keep_obsolete && mismatch.reason.can_be_kept());
        problems.extend(refused.iter().map(ToString::to_string));
        if !problems.is_empty() {
            return Err(Error::Build(problems));
        }
        tables.try_to_renew(&store)?;
        engine.watch()?;
        engine.renew(&tables, &keys, self.take_over, &known)?;
        engine.begin_to_sweep()?;
        engine.subscribe()?;
        let gone = kept.iter().filter(|mismatch| matches!(mismatch.reason, plan::MismatchReason::NodeGone(_)));
        gone.map(|mismatch| &mismatch.node).try_for_each(|node| engine.set_aside(node))?;
        // Unreadable data is to be reported again.
        if kept.is_empty() {
            engine.has_looked_through(&changed)?;
        }
        engine.agree(&ways)?;
        Ok(engine)
    }
}

impl Engine {
    /// Renews how rows, processes and tasks are found, for the current flows. Before that, it makes the writes of other
    /// versions fail.
    fn renew(&self, tables: &Tables, keys: &Keys, take_over: bool, known: &[&str]) -> Result<()> {
        let store = &*self.0.store;
        let [rows, noted_together] = tables.stale_ways(store)?;
        let stale_keys = keys.stale(store)?;
        let all = rows.iter().chain(&noted_together).copied();
        let ways: Vec<Way<'_>> = all.chain(keys.stale_ways(&stale_keys)).collect();
        self.begin_to_renew(&ways, take_over, known)?;
        let mut renewed = self.reindex(tables, &rows)?;
        renewed.extend(noted_together.into_iter().map(|way| (way, true)));
        renewed.extend(self.renew_keys(&stale_keys)?);
        self.has_renewed(&renewed)
    }

    /// Makes sure that the notes agree with this engine, and remembers under which revisions they do.
    fn agree(&self, ways: &[Way<'_>]) -> Result<()> {
        let (store, versions) = (&*self.0.store, &self.0.versions);
        for def in self.0.flows.values() {
            versions.add(About::Shape, def.name, def.shape.clone(), false, false);
            versions.look(store, About::Shape, def.name)?;
        }
        for way in ways {
            versions.add(way.about, way.name, way.text.to_owned(), way.can_be_missing, false);
            versions.look(store, way.about, way.name)?;
        }
        Ok(())
    }
}

/// Returns the flows with which the store has been used.
fn known(store: &dyn Store, flows: &Flows) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for def in flows.values() {
        found.extend(noted(store, About::Shape, def.name)?.map(|_| def.name));
    }
    Ok(found)
}

/// Returns the ways in which another version has replaced this one.
fn replaced<'w>(store: &dyn Store, ways: impl Iterator<Item = Way<'w>>) -> Result<Vec<Replaced>> {
    let mut found = Vec::new();
    for way in ways {
        found.extend(way.replaced(way.note(store)?.as_ref()));
    }
    Ok(found)
}

/// Checks that the engine has the flows of sub-processes, and that they do not start each other for ever.
fn check_children(flows: &Flows, problems: &mut Vec<String>) {
    for def in flows.values() {
        for node in &def.nodes {
            if let Wait::Children(child) = &node.wait
                && !flows.contains_key(child.flow)
            {
                problems.push(format!(
                    "flow `{}`: `{}` runs processes of flow `{}`, which is not here: give it to the builder, too",
                    def.name, node.name, child.flow
                ));
            }
        }
    }
    let graphs: Vec<&viewflow_graph::Graph> = flows.values().map(|def| &def.graph).collect();
    for (graph, fault) in viewflow_graph::check_family(&graphs) {
        problems.push(format!("flow `{}`: {fault}", graphs[graph].name));
    }
}

/// Checks that the names of flows, nodes and messages leave room in the keys of the store. They need it for the names
/// of people and for correlation keys.
fn check_names(flows: &Flows, problems: &mut Vec<String>) {
    const BESIDE_PEOPLE: usize = MAX_KEY - MAX_NAME;
    const BESIDE_A_KEY: usize = MAX_KEY - MAX_CORRELATION;
    for def in flows.values() {
        let too_long = def.nodes.iter().filter(|node| def.name.len() + node.name.len() > BESIDE_PEOPLE);
        problems.extend(too_long.map(|node| {
            let (flow, node) = (def.name, node.name);
            format!(
                "the names of the flow `{flow}` and its node `{node}` are longer than {BESIDE_PEOPLE} bytes together"
            )
        }));
        let outcomes = def.nodes.iter().filter_map(|node| node.outcome);
        let too_long = outcomes.filter(|outcome| def.name.len() + outcome.len() > BESIDE_PEOPLE);
        problems.extend(too_long.map(|outcome| {
            let flow = def.name;
            format!("the names of the flow `{flow}` and its outcome `{outcome}` are longer than {BESIDE_PEOPLE} bytes together")
        }));
        let too_long = def.messages.iter().filter(|(name, _)| name.len() > BESIDE_A_KEY);
        problems.extend(
            too_long.map(|(name, _)| format!("the name of the message `{name}` is longer than {BESIDE_A_KEY} bytes")),
        );
    }
}

/// Checks that each message has one type, as all tasks that wait for it read it as that type.
fn check_messages(flows: &Flows, problems: &mut Vec<String>) {
    let mut known = BTreeMap::new();
    for (name, message) in flows.values().flat_map(|def| &def.messages) {
        let first = known.entry(*name).or_insert(*message);
        let problem = || {
            let (first, second) = (first.name, message.name);
            format!(
                "`{first}` and `{second}` are both messages of the name `{name}`: give one of them another `#[message(name = \"..\")]`"
            )
        };
        if first.id != message.id && !problems.contains(&problem()) {
            problems.push(problem());
        }
    }
}

/// Checks that some flow hears what the flows throw.
fn check_throws(flows: &Flows, problems: &mut Vec<String>) {
    for def in flows.values() {
        for node in &def.nodes {
            let heard = match &node.behavior {
                Behavior::Signal(name) => check_signal(flows, name),
                Behavior::Send(name, _) => check_message(flows, name),
                _ => Ok(()),
            };
            if let Err(error) = heard {
                problems.push(format!("flow `{}`: `{}`: {error}", def.name, node.name));
            }
        }
    }
}
