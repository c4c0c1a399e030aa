//! The engine: runs flows over a store.

mod builder;
mod gate;
mod history;
mod lifecycle;
mod noted;
mod obsolete;
mod open;
mod pending;
mod people;
mod plan;
mod query;
mod retention;
mod step;
mod subscribers;
mod tables;
mod tasks;
mod workers;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex};

use viewflow_graph::{Graph, Kind, Mark};

pub use builder::EngineBuilder;
pub use history::HistoryQuery;
pub use open::{AssignedTask, OpenHandle, OpenSubprocess, OpenTask, Waiting};
pub use plan::{FlowPlan, Misfit, Plan, Why};
pub use query::{Page, ProcessQuery};
pub use retention::Retention;
pub use subscribers::{Subscriber, Subscription};
pub use tasks::{TaskCursor, TaskQuery};
pub use workers::Workers;

use crate::data::document::Document;
use crate::data::form::{self, Form, FormSpec};
use crate::definition::{Definition, Flows, FormDef, check_message, check_signal};
use crate::definition::{Delivery, Letter};
use crate::error::{Error, Place, Result};
use crate::flow::Flow;
use crate::flow::message::Message;
use crate::flow::node::{Input, Node, StartHandleNode, StartNode};
use crate::flow::process::{Process, ProcessOf};
use crate::id::{ProcessId, TaskId};
use crate::kernel::{self, Step, mailbox, signal};
use crate::lifecycle::Action;
use crate::unit::Db;
use pending::Pending;
use retention::Retaining;
use subscribers::Subscribed;

use crate::flow::task::Task;
use crate::people::User;
use crate::store::{Event, NodeName, ProcessRecord, Store, TaskRecord, TaskStatus};
use crate::time::Clock;

/// How many locks the processes share. More make it less likely that two processes wait for each other.
const LOCKS: usize = 256;

/// Runs flows over a store. Cheap to clone; all clones are one engine, and any number of threads may use it.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Box<dyn Clock>,
    flows: Arc<Flows>,
    /// Steps of one process take turns, so that they seldom overtake each other. Nothing depends on it.
    turns: Vec<Mutex<()>>,
    listeners: Vec<Box<dyn Fn(&Event) + Send + Sync>>,
    subscribers: Vec<Subscribed>,
    pending: Pending,
    retaining: Retaining,
}

impl Engine {
    /// Begins an engine over this store.
    pub fn builder(store: impl Store) -> EngineBuilder<()> {
        EngineBuilder::over(Arc::new(store))
    }

    /// Starts a process with what a person filled in, and runs it until it waits.
    ///
    /// # Errors
    /// [`Error::Form`] when the form is not filled in right, [`Error::Handler`] when a handler fails; nothing is
    /// stored then.
    pub fn start<F: Flow, T: Task, Fm: Form>(
        &self,
        node: StartNode<F, T, Fm>,
        user: &impl User,
        form: Fm,
    ) -> Result<ProcessOf<F::Process>> {
        let id = self.begin(&node.full_name(), Some(user), &|form_def, db| {
            check_form(form_def, &form, db).map(|()| Box::new(form.clone()) as Box<dyn Any>)
        })?;
        self.process::<F>(id)
    }

    /// Starts a process from code, and runs it until it waits.
    ///
    /// # Errors
    /// [`Error::Handler`] when a handler fails; nothing is stored then.
    pub fn run<F: Flow, T: Task, In: Input>(
        &self,
        node: StartHandleNode<F, T, In>,
        input: In,
    ) -> Result<ProcessOf<F::Process>> {
        let id = self.begin(&node.full_name(), None, &|_, _| Ok(Box::new(input.clone())))?;
        self.process::<F>(id)
    }

    /// As [`Engine::start`], for pages and terminals: by name, with a form as JSON.
    ///
    /// # Errors
    /// As [`Engine::start`]; [`Error::NoNode`] when the flow has no start with this name.
    pub fn start_with(&self, node: &NodeName, user: &impl User, form: &Document) -> Result<ProcessId> {
        start_of(&*self.definition(&node.flow)?, node)?;
        self.begin(node, Some(user), &|form_def, db| parse_form(form_def, form, db))
    }

    /// The open task of a node, to be assigned and executed.
    ///
    /// # Errors
    /// [`Error::NoTask`], and [`Error::OtherNode`] when the task is of another node.
    pub fn task<N: Waiting>(&self, node: N, id: TaskId) -> Result<N::Open> {
        let task = self.task_record(id)?;
        let expected = node.full_name();
        if (&task.flow, &task.node) != (&expected.flow, &expected.node) {
            return Err(Error::OtherNode {
                task: id,
                expected: format!("{}.{}", expected.flow, expected.node),
                found: format!("{}.{}", task.flow, task.node),
            });
        }
        Ok(node.open(self.clone(), id))
    }

    /// The open task of a node in a process, for code that knows the process alone. Reads the tasks of the process.
    ///
    /// # Errors
    /// [`Error::NoneListed`] when no task of the node is open there.
    pub fn open_task<N: Waiting>(&self, node: N, process: ProcessId) -> Result<N::Open> {
        let name = node.full_name();
        let mut after = 0;
        loop {
            let tasks = self.tasks(process, after, 256)?;
            let Some(last) = tasks.last() else {
                let list = format!("process {process} that is open at `{}.{}`", name.flow, name.node);
                return Err(Error::NoneListed(list));
            };
            after = last.id.ordinal;
            let open =
                |task: &&TaskRecord| (&task.flow, &task.node) == (&name.flow, &name.node) && !task.status.is_final();
            if let Some(task) = tasks.iter().find(open) {
                return Ok(node.open(self.clone(), task.id));
            }
        }
    }

    /// Sends a signal to all tasks that wait for it now. Workers, or [`Engine::run_pending`], let them go on. Answers with
    /// how many there are.
    ///
    /// # Errors
    /// [`Error::NobodyListens`] when no flow here has a catch for it.
    pub fn signal(&self, name: &str) -> Result<usize> {
        check_signal(&self.0.flows, name)?;
        self.step(None, None, |db| db.unit(|unit| signal::throw(unit, name)))
    }

    /// Sends a message. Whoever waits for it with its key gets it from a worker, or from [`Engine::run_pending`]; one that
    /// nobody waits for is kept or dropped, as it says itself.
    ///
    /// # Errors
    /// [`Error::NobodyListens`] when no flow here has a catch for it, [`Error::Data`] when a field is against its rules.
    pub fn send<M: Message>(&self, message: &M) -> Result<Delivery> {
        check_message(&self.0.flows, M::NAME)?;
        let letter = Letter::of(message)?;
        self.step(None, None, |db| db.unit(|unit| mailbox::post(unit, &letter)))
    }

    /// As [`Engine::send`], for what comes from outside: by name, as JSON.
    ///
    /// # Errors
    /// As [`Engine::send`]; [`Error::Data`] also when the JSON does not fit the message.
    pub fn send_with(&self, name: &str, message: &Document) -> Result<Delivery> {
        check_message(&self.0.flows, name)?;
        let nodes = self.0.flows.values().flat_map(|def| &def.nodes);
        let waits = nodes.filter_map(|node| node.wait.message()).find(|message| message.name == name);
        let waits = waits.ok_or(Error::Internal("a message"))?;
        let letter = (waits.letter)(message)?;
        self.step(None, None, |db| db.unit(|unit| mailbox::post(unit, &letter)))
    }

    /// Does a task, for pages and terminals: with a form as JSON.
    ///
    /// # Errors
    /// [`Error::Form`] when the form is not filled in right, [`Error::NotOwner`] and [`Error::WrongStatus`] when the
    /// person does not have the task.
    pub fn execute_with(&self, id: TaskId, user: &impl User, form: &Document) -> Result<()> {
        self.execute_form(id, user, &|form_def, db| parse_form(form_def, form, db))
    }

    /// The form of a start, described as data.
    ///
    /// # Errors
    /// [`Error::NoNode`] when the flow has no start with this name.
    pub fn start_form(&self, node: &NodeName) -> Result<FormSpec> {
        let def = self.definition(&node.flow)?;
        let start = &def.nodes[start_of(&def, node)?];
        let fields = start.form.as_ref().map_or(&[][..], |form| form.fields);
        self.transaction(|db| form::describe(&start.title, fields, db, None))
    }

    /// The form of an open task, described as data and filled in with what is stored, and over that with its draft.
    ///
    /// # Errors
    /// [`Error::NoTask`], and [`Error::NoNode`] when no person does such tasks.
    pub fn form(&self, id: TaskId) -> Result<FormSpec> {
        self.transaction(|db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            let def = self.definition(&task.flow)?;
            let node = def.find(&task.node).map(|index| &def.nodes[index]);
            let Some((node, form)) = node.and_then(|node| Some((node, node.form.as_ref()?))) else {
                return Err(no_node(&NodeName { flow: task.flow, node: task.node }, "with a form"));
            };
            let columns = db.columns(def.process.table, id.process)?;
            let process = db.unit(|unit| unit.process(id.process).cloned())?;
            let stored = form.of_process.then_some((&process.data, columns.as_ref()));
            let mut spec = form::describe(&node.title, form.fields, db, stored)?;
            task.draft.iter().for_each(|draft| spec.fill_in(draft));
            Ok(spec)
        })
    }

    /// A process, through the proxy of its flow.
    ///
    /// # Errors
    /// [`Error::NoProcess`], and [`Error::OtherFlow`] when the process is of another flow.
    pub fn process<F: Flow>(&self, id: ProcessId) -> Result<ProcessOf<F::Process>> {
        self.transaction(|db| read_process::<F>(db, id))
    }

    /// A process as it is stored.
    ///
    /// # Errors
    /// [`Error::NoProcess`].
    pub fn process_record(&self, id: ProcessId) -> Result<ProcessRecord> {
        self.0.store.process(id)?.map(|stored| stored.record).ok_or(Error::NoProcess(id))
    }

    /// A task as it is stored.
    ///
    /// # Errors
    /// [`Error::NoTask`].
    pub fn task_record(&self, id: TaskId) -> Result<TaskRecord> {
        self.0.store.task(id)?.ok_or(Error::NoTask(id))
    }

    /// The tasks of a process in the order in which they were made, at most `limit` that come after the ordinal `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> Result<Vec<TaskRecord>> {
        Ok(self.0.store.tasks(process, after, limit)?)
    }

    /// What happened in a process, at most `limit` events that come after the number `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn events(&self, process: ProcessId, after: u32, limit: usize) -> Result<Vec<Event>> {
        Ok(self.0.store.events(process, after, limit)?.into_iter().map(|logged| logged.event).collect())
    }

    /// The tasks a person has to do.
    pub fn inbox(&self, user: &impl User) -> TaskQuery<'static> {
        TaskQuery::inbox(self.clone(), user.id())
    }

    /// The tasks that nobody has and this person may take.
    pub fn queue<'u>(&self, user: &'u impl User) -> TaskQuery<'u> {
        TaskQuery::queue(self.clone(), user)
    }

    /// The tasks a person has done, newest first.
    pub fn archive(&self, user: &impl User) -> TaskQuery<'static> {
        TaskQuery::archive(self.clone(), user.id())
    }

    /// The tasks of a node with a status.
    pub fn tasks_of<N: Node>(&self, node: N, status: TaskStatus) -> TaskQuery<'static> {
        self.tasks_at(&node.full_name(), status)
    }

    /// As [`Engine::tasks_of`], for a node by its name: of one that is gone, or where any node will do.
    pub fn tasks_at(&self, node: &NodeName, status: TaskStatus) -> TaskQuery<'static> {
        TaskQuery::by_status(self.clone(), node.clone(), status)
    }

    /// The processes of a flow.
    pub fn processes<F: Flow>(&self) -> ProcessQuery<'_, F> {
        ProcessQuery::new(self.clone())
    }

    /// Reads and writes tables outside of any process. `work` may run several times, as a step may.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// let now = engine.transaction(|db| Ok(db.now()))?;
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `work` fails with; nothing is written then.
    pub fn transaction<R>(&self, work: impl Fn(&Db) -> Result<R>) -> Result<R> {
        self.step(None, None, work)
    }

    /// The names of the flows, in alphabetical order.
    pub fn flows(&self) -> impl Iterator<Item = &'static str> {
        self.0.flows.keys().copied()
    }

    /// The title of a flow.
    ///
    /// # Errors
    /// [`Error::NoFlow`].
    pub fn title(&self, flow: &str) -> Result<&'static str> {
        Ok(self.definition(flow)?.title)
    }

    /// The graph of a flow, by its name.
    ///
    /// # Errors
    /// [`Error::NoFlow`].
    pub fn graph(&self, flow: &str) -> Result<Graph> {
        Ok(self.definition(flow)?.graph.clone())
    }

    /// How far each node of a process is, in the order of the graph's nodes.
    ///
    /// # Errors
    /// [`Error::NoProcess`].
    pub fn marks(&self, process: ProcessId) -> Result<Vec<Mark>> {
        let record = self.process_record(process)?;
        let def = self.definition(&record.flow)?;
        let mut marks = vec![Mark::Untouched; def.nodes.len()];
        let mut after = 0;
        loop {
            let tasks = self.tasks(process, after, 1000)?;
            let Some(last) = tasks.last() else { return Ok(marks) };
            after = last.id.ordinal;
            for task in &tasks {
                if let Some(node) = def.find(&task.node) {
                    let mark = match task.status {
                        TaskStatus::Error => Mark::Failed,
                        status if status.is_final() => Mark::Passed,
                        _ => Mark::Active,
                    };
                    marks[node] = marks[node].max(mark);
                }
            }
        }
    }

    fn definition(&self, flow: &str) -> Result<Arc<Definition>> {
        self.0.flows.get(flow).cloned().ok_or_else(|| Error::NoFlow(flow.to_owned()))
    }

    fn begin(&self, node: &NodeName, user: Option<&dyn User>, input: &InputOf<'_>) -> Result<ProcessId> {
        let def = self.definition(&node.flow)?;
        let start = def.find(&node.node).filter(|index| def.nodes[*index].kind.is_start());
        let start = start.ok_or_else(|| no_node(node, "that starts a process"))?;
        let place = || Box::new(Place::Node { flow: node.flow.clone(), node: node.node.clone() });
        self.foreground(None, user, |step, db| {
            // Who may do nothing is not told what is wrong with his form; what else it takes is known when it was submitted.
            user.map_or(Ok(()), |user| gate::pass_start(user, place, None))?;
            let input = input(def.nodes[start].form.as_ref(), db).map_err(|error| error.at(place))?;
            step.start(&def, start, user.map(User::id), &*input, &|permission| {
                user.map_or(Ok(()), |user| gate::pass_start(user, place, permission))
            })
        })
    }

    pub(crate) fn execute_form(&self, id: TaskId, user: &dyn User, input: &InputOf<'_>) -> Result<()> {
        self.gated(id, Action::Execute, user, |step, task| self.execute(step, task, input))
    }

    pub(crate) fn run_handle(&self, id: TaskId, input: &InputOf<'_>) -> Result<()> {
        self.foreground(Some(id.process), None, |step, db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            gate::pass_code(Action::Run, &task)?;
            kernel::check_goes_on(db, id.process)?;
            self.execute(step, &task, input)
        })
    }

    fn execute(&self, step: &mut Step, task: &TaskRecord, input: &InputOf<'_>) -> Result<()> {
        let def = self.definition(&task.flow)?;
        let form = def.find(&task.node).and_then(|index| def.nodes[index].form.as_ref());
        let input = input(form, &step.db).map_err(|error| error.at(|| Place::of_task(task)))?;
        step.execute(task.id, &*input)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.flows().collect::<Vec<_>>()).finish()
    }
}

/// Makes a node's input, given its form.
type InputOf<'a> = dyn Fn(Option<&FormDef>, &Db) -> Result<Box<dyn Any>> + 'a;

pub(crate) fn read_process<F: Flow>(db: &Db, id: ProcessId) -> Result<ProcessOf<F::Process>> {
    let record = db.unit(|unit| unit.process(id).cloned())?;
    if record.flow != F::NAME {
        return Err(Error::OtherFlow { process: id, expected: F::NAME.to_owned(), found: record.flow });
    }
    let columns = db.columns(<F::Process as Process>::TABLE, id)?;
    ProcessOf::read(&record, columns)
}

fn no_node(node: &NodeName, what: &'static str) -> Error {
    Error::NoNode { flow: node.flow.clone(), node: node.node.clone(), what }
}

fn start_of(def: &Definition, node: &NodeName) -> Result<usize> {
    let start = def.find(&node.node).filter(|index| def.nodes[*index].kind == Kind::Start);
    start.ok_or_else(|| no_node(node, "that a person starts"))
}

pub(crate) fn check_form<Fm: Form>(def: Option<&FormDef>, form: &Fm, db: &Db) -> Result<()> {
    match def {
        Some(def) => {
            (def.check)(form, db)?.into_result().map_err(|errors| Error::Form { at: Place::unknown(), errors })
        }
        None => Ok(()),
    }
}

fn parse_form(def: Option<&FormDef>, sent: &Document, db: &Db) -> Result<Box<dyn Any>> {
    let def = def.ok_or(Error::Internal("a node without a form"))?;
    let form = (def.parse)(sent).map_err(|errors| Error::Form { at: Place::unknown(), errors })?;
    (def.check)(&*form, db)?.into_result().map_err(|errors| Error::Form { at: Place::unknown(), errors })?;
    Ok(form)
}
