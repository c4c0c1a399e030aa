//! The typed builder by which a flow tells its nodes. What `#[derive(Flow)]` writes is calls of this.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use viewflow_graph::{Graph, Kind, Role, Selection};

use crate::data::document::{self, Document, Fields, Value};
use crate::data::entity::RowType;
use crate::data::field::{FieldKind, FieldType, Rules, check_pattern};
use crate::data::form::{self, Form};
#[cfg(feature = "tokio")]
use crate::definition::BoxFuture;
use crate::definition::Letter;
use crate::definition::Run;
use crate::definition::Schedule;
use crate::definition::{
    Act, Action, After, Ask, ChildDef, ChildItems, Data, Definition, EdgeDef, Erased, FormDef, Items, JobDef,
    MessageDef, NodeDef, PeopleDef, PermissionDef, ProcessDef, Wait,
};
use crate::error::{Error, FieldErrors, Place, Result};
use crate::flow::Flow;
use crate::flow::activation::{self, Activation};
use crate::flow::job::{JobRun, flow_of};
use crate::flow::message::{Message, correlation};
use crate::flow::node::{Input, Node as _, StartHandleNode};
use crate::flow::process::{Process, ProcessOf, data_of, one};
use crate::flow::task::{IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, StartData, StartSeed, Task};
use crate::flow::user::IntoObject;
use crate::id::UserId;
use crate::people::IntoCandidates;
use crate::time::IntoMoment;

/// Collects the nodes of a flow.
pub struct FlowBuilder<F> {
    definition: Definition,
    edges: Vec<PendingEdge>,
    _flow: PhantomData<fn() -> F>,
}

struct PendingEdge {
    from: usize,
    target: &'static str,
    role: Role,
    when: Option<Ask<bool>>,
    seed: Option<Ask<Value>>,
    data: Option<Ask<Document>>,
    items: Option<Items>,
    after: Option<After>,
}

impl<F: Flow> FlowBuilder<F> {
    /// Builds the definition of a flow.
    pub(crate) fn build(flow: F) -> Definition {
        Definition { flow: Arc::new(flow), ..Self::definition() }
    }

    /// What the flow is, without what its handlers need.
    pub(crate) fn definition() -> Definition {
        let mut graph = Graph::new(F::NAME);
        graph.set_flow_title(F::TITLE);
        let mut builder = Self {
            definition: Definition {
                name: F::NAME,
                was: F::WAS,
                title: F::TITLE,
                graph,
                sound: None,
                nodes: Vec::new(),
                flow: Arc::new(()),
                process: ProcessDef {
                    fields: F::Process::FIELDS,
                    table: F::Process::TABLE,
                    rows: RowType::of::<F::Process>(),
                    shape: crate::flow::lock::process_data::<F::Process>,
                    open: |record, columns| Ok(Box::new(ProcessOf::<F::Process>::read(record, columns)?)),
                    save: |process, record| ref_of::<ProcessOf<F::Process>>(process)?.save(record),
                },
                problems: Vec::new(),
                kinds: Vec::new(),
                rules: Vec::new(),
                shape: String::new(),
            },
            edges: Vec::new(),
            _flow: PhantomData,
        };
        builder.note_fields::<F::Process>();
        builder.note_ends::<<F::Process as Process>::Seed, <F::Process as Process>::Artifact>();
        if let Err(errors) = document::read::<F::Process>(&Document::new()) {
            let problem = format!(
                "flow `{}`: its process cannot start, as its data begins against its own rules: {errors}",
                F::NAME
            );
            builder.definition.problems.push(problem);
        }
        F::define(&mut builder);
        connect(builder.definition, builder.edges)
    }

    /// Notes the rules of fields, what is wrong with them, and the tables to which they refer.
    fn note_fields<T: Fields>(&mut self) {
        let bound = |bound: Option<fn() -> Value>| bound.map(|bound| bound().to_string());
        for (index, spec) in T::FIELDS.iter().enumerate() {
            let Rules { max_length, pattern, min, max } = spec.rules;
            let converted = T::SHAPES.get(index).is_some_and(|shape| shape.converted);
            let rules = (spec.key, spec.was, max_length, pattern, bound(min), bound(max), converted);
            self.definition.rules.push(format!("{rules:?}"));
            self.definition.kinds.push(spec.kind);
            if let Some(Err(message)) = spec.rules.pattern.map(check_pattern) {
                self.definition.problems.push(format!("flow `{}`: field `{}` {message}", F::NAME, spec.name));
            }
        }
    }

    fn note_ends<Seed: FieldType, Artifact: FieldType>(&mut self) {
        self.definition.kinds.extend([Seed::kind as fn() -> FieldKind, Artifact::kind]);
    }

    /// Adds a node with this stored name, and returns a builder for what it does.
    pub fn node<T: Task>(&mut self, name: &'static str, kind: Kind) -> NodeBuilder<'_, F, T> {
        let index = self.definition.graph.node(name, kind);
        self.note_fields::<T>();
        self.note_ends::<T::Seed, T::Artifact>();
        self.definition.nodes.push(NodeDef {
            name,
            was: &[],
            kind,
            title: self.definition.graph.nodes()[index].title.clone(),
            shape: crate::flow::lock::task_data::<T>,
            open: activation::open::<F, T>,
            close: activation::close::<F, T>,
            no_data: no_data::<T>,
            action: Action::Pass,
            form: None,
            people: PeopleDef::default(),
            on_create: None,
            undo: None,
            edges: Vec::new(),
            wait: Wait::Nothing,
            until: None,
            code: None,
            schedule: None,
            undoes: false,
        });
        if kind.is_human() {
            self.definition.nodes[index].form = Some(form_def::<()>(false));
            self.definition.nodes[index].action = Action::Call(Box::new(|_, _, _| Ok(())));
        }
        NodeBuilder { flow: self, index, _task: PhantomData }
    }
}

/// Tells what one node does.
pub struct NodeBuilder<'b, F, T> {
    flow: &'b mut FlowBuilder<F>,
    index: usize,
    _task: PhantomData<fn() -> T>,
}

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    fn def(&mut self) -> &mut NodeDef {
        &mut self.flow.definition.nodes[self.index]
    }

    /// What a person reads.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.def().title);
        let index = self.index;
        self.flow.definition.graph.set_title(index, title);
        self
    }

    /// The stored names that it had before.
    pub fn was(mut self, names: &'static [&'static str]) -> Self {
        self.def().was = names;
        self
    }

    /// A start: its task is made without seed and data.
    pub fn begins(self) -> Self
    where
        T: StartData,
        T::Seed: StartSeed,
    {
        self
    }

    /// What happens when a person submits the form.
    pub fn form<Fm: Form>(
        mut self,
        submit: impl Fn(&F, &mut Activation<F, T>, Fm) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.flow.note_fields::<Fm>();
        let def = self.def();
        def.form = Some(form_def::<Fm>(false));
        def.action = Action::Call(act::<F, T, Fm>(submit));
        self
    }

    /// As [`NodeBuilder::form`], for a form made of fields of the process.
    pub fn fields<Fm: Form>(
        mut self,
        submit: impl Fn(&F, &mut Activation<F, T>, Fm) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let def = self.def();
        def.form = Some(form_def::<Fm>(true));
        def.action = Action::Call(act::<F, T, Fm>(submit));
        self
    }

    /// The handler of a function.
    pub fn call(mut self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.def().action = Action::Call(act::<F, T, ()>(move |flow, a, ()| call(flow, a)));
        self
    }

    /// The handler of a node that takes an input.
    pub fn call_with<In: Input>(
        mut self,
        call: impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.def().action = Action::Call(act::<F, T, In>(call));
        self
    }

    /// The condition of an `If`, or what a `ConditionalCatch` waits for.
    pub fn cond(mut self, cond: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        let def = self.def();
        match def.kind {
            Kind::ConditionalCatch => def.wait = Wait::Condition(ask(cond)),
            _ => def.action = Action::Cond(ask(cond)),
        }
        self
    }

    /// The handler of a job.
    pub fn job<R: 'static>(self, run: impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static) -> Self {
        self.work(Run::Here(Box::new(move |flow, attempt| {
            let value = run(&*flow_of::<F>(flow)?, &attempt.open()?)?;
            Ok(Box::new(value))
        })))
    }

    /// The handler of a job, and what happens with the value it returns, in the step that records it.
    pub fn job_done<R: Input>(
        self,
        run: impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static,
        done: impl Fn(&F, &mut Activation<F, T>, R) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.job(run).call_with(done)
    }

    /// As [`NodeBuilder::job`], with a future.
    #[cfg(feature = "tokio")]
    pub fn future<R: Send + 'static>(
        self,
        run: impl Fn(Arc<F>, JobRun<F, T>) -> BoxFuture<Result<R>> + Send + Sync + 'static,
    ) -> Self {
        self.work(Run::Future(Box::new(move |flow, attempt| {
            match flow_of::<F>(flow).and_then(|flow| Ok(run(flow, attempt.open()?))) {
                Ok(future) => Box::pin(async move { future.await.map(|value| Box::new(value) as Box<dyn Any + Send>) }),
                Err(error) => Box::pin(std::future::ready(Err(error))),
            }
        })))
    }

    /// As [`NodeBuilder::job_done`], with a future.
    #[cfg(feature = "tokio")]
    pub fn future_done<R: Input + Send>(
        self,
        run: impl Fn(Arc<F>, JobRun<F, T>) -> BoxFuture<Result<R>> + Send + Sync + 'static,
        done: impl Fn(&F, &mut Activation<F, T>, R) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.future(run).call_with(done)
    }

    fn work(mut self, run: Run) -> Self {
        let delay = After::Fixed(Duration::ZERO);
        let (backoff, max) = (Duration::ZERO, Duration::MAX);
        self.def().wait = Wait::Worker(JobDef { run, attempts: 1, backoff, max, timeout: None, delay });
        self
    }

    /// How often a job is tried, how long to wait after the first failure (twice as long after each further one), and how
    /// long at most.
    pub fn retry(mut self, attempts: u32, backoff: Duration, max: Duration) -> Self {
        if let Wait::Worker(job) = &mut self.def().wait {
            (job.attempts, job.backoff, job.max) = (attempts, backoff, max);
        }
        self
    }

    /// How long one attempt at a job may take.
    pub fn timeout(mut self, longest: Duration) -> Self {
        if let Wait::Worker(job) = &mut self.def().wait {
            job.timeout = Some(longest);
        }
        self
    }

    /// How long a timer waits, or a job before it begins.
    pub fn delay(self, wait: Duration) -> Self {
        self.delayed(After::Fixed(wait))
    }

    /// As [`NodeBuilder::delay`], asked when the task is made.
    pub fn delay_by<M: IntoMoment>(
        self,
        wait: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.delayed(After::Asked(ask(move |flow, a| wait(flow, a).map(IntoMoment::into_moment))))
    }

    fn delayed(mut self, after: After) -> Self {
        match &mut self.def().wait {
            Wait::Worker(job) => job.delay = after,
            wait => *wait = Wait::Time(after),
        }
        self
    }

    /// The signal that is caught or thrown.
    pub fn signal(mut self, name: &'static str) -> Self {
        let def = self.def();
        match def.kind {
            Kind::SignalThrow => def.action = Action::Signal(name),
            _ => def.wait = Wait::Signal(name),
        }
        self
    }

    /// The message that is sent.
    pub fn send<M: Message>(
        mut self,
        message: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.def().action = Action::Send(M::NAME, ask(move |flow, a| Letter::of(&message(flow, a)?)));
        self
    }

    /// The message that is waited for, and its correlation key.
    pub fn message<M: Message, K: IntoKey<M::Key>>(
        mut self,
        key: impl Fn(&F, &Activation<F, T>) -> Result<K> + Send + Sync + 'static,
    ) -> Self {
        self.flow.note_fields::<M>();
        self.def().wait = Wait::Message(MessageDef {
            name: M::NAME,
            key: ask(move |flow, a| correlation(&key(flow, a)?.into_key())),
            parse: |content| Ok(Box::new(document::read::<M>(content)?)),
            letter: |content| {
                let wrong = |errors| Error::Data { at: Place::of_message(M::NAME), errors };
                Letter::of(&document::read::<M>(content).map_err(wrong)?)
            },
        });
        self
    }

    /// When a join need not wait for the rest.
    pub fn until(mut self, enough: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        self.def().until = Some(ask(enough));
        let index = self.index;
        self.flow.definition.graph.set_early(index);
        self
    }

    /// The code of an `ErrorEnd` or `EscalationThrow`.
    pub fn code(mut self, code: &'static str) -> Self {
        self.def().code = Some(code);
        self
    }

    /// How long it is from one start to the next.
    pub fn every(mut self, interval: Duration) -> Self {
        self.def().schedule = Some(Schedule::every(interval));
        self
    }

    /// When processes start, in the language of crontab, and in which time zone: UTC if none is given, that of the computer
    /// for `"local"`.
    #[cfg(feature = "cron")]
    pub fn cron(mut self, pattern: &str, zone: Option<&str>) -> Self {
        match Schedule::cron(pattern, zone) {
            Ok(schedule) => self.def().schedule = Some(schedule),
            Err(message) => {
                let problem = format!("flow `{}`: `{}`: {message}", F::NAME, self.def().name);
                self.flow.definition.problems.push(problem);
            }
        }
        self
    }

    /// The flow that a sub-process runs, and where it starts.
    pub fn child<C: Flow, CT: Task, In: NoInputNeeded>(
        mut self,
        start: StartHandleNode<C, CT, In>,
    ) -> ChildBuilder<Self, C, CT> {
        let name = start.name();
        let index = self.index;
        self.flow.definition.graph.set_child(index, C::NAME, name);
        self.def().wait = Wait::Children(ChildDef {
            flow: C::NAME,
            start: name,
            sequential: false,
            process_seed: None,
            process_data: None,
            task_seed: None,
            task_data: None,
            items: None,
        });
        ChildBuilder { node: self, _types: PhantomData }
    }

    /// Which edge of a `Switch` to take, by its number.
    pub fn switch(mut self, choose: impl Fn(&F, &Activation<F, T>) -> Result<usize> + Send + Sync + 'static) -> Self {
        self.def().action = Action::Switch(ask(choose));
        self
    }

    /// Who gets the task when it is made; nobody when it is none.
    pub fn assign<R: IntoOwner>(
        mut self,
        owner: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.def().people.assign = Some(ask(move |flow, a| owner(flow, a).map(IntoOwner::into_owner)));
        self
    }

    /// Gives the task to whoever did that node, which is told by its stored name.
    pub fn assign_same_as(mut self, node: &'static str) -> Self {
        self.def().people.same_as = Some(node);
        self
    }

    /// Whoever did one of these nodes may not have the task.
    pub fn not_by(mut self, nodes: &[&'static str]) -> Self {
        self.def().people.not_by.extend_from_slice(nodes);
        self
    }

    /// The permission that whoever takes the task, or starts here, has to have.
    pub fn permission(mut self, name: &'static str) -> Self {
        self.def().people.permission = Some(PermissionDef { name: name.into(), object: None });
        self
    }

    /// As [`NodeBuilder::permission`], with the name `flow.node`.
    pub fn auto_permission(mut self) -> Self {
        let name = format!("{}.{}", F::NAME, self.def().name);
        self.def().people.permission = Some(PermissionDef { name: name.into(), object: None });
        self
    }

    /// On what one has to have the permission: asked when the task is made, and at a start when its form was submitted.
    pub fn permission_on<R: IntoObject>(
        mut self,
        object: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        if let Some(permission) = &mut self.def().people.permission {
            permission.object = Some(ask(move |flow, a| object(flow, a).map(IntoObject::into_object)));
        }
        self
    }

    /// Who may take the task.
    pub fn candidates<R: IntoCandidates>(
        mut self,
        candidates: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.def().people.candidates =
            Some(ask(move |flow, a| candidates(flow, a).map(IntoCandidates::into_candidates)));
        self
    }

    /// By when the task should be done, from when it was made on.
    pub fn due(mut self, wait: Duration) -> Self {
        self.def().people.due = Some(After::Fixed(wait));
        self
    }

    /// As [`NodeBuilder::due`], asked when the task is made.
    pub fn due_by<M: IntoMoment>(
        mut self,
        wait: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.def().people.due = Some(After::Asked(ask(move |flow, a| wait(flow, a).map(IntoMoment::into_moment))));
        self
    }

    /// How urgent the task is: the greater the more.
    pub fn priority(mut self, priority: impl Fn(&F, &Activation<F, T>) -> Result<i32> + Send + Sync + 'static) -> Self {
        self.def().people.priority = Some(ask(priority));
        self
    }

    /// What happens when the task is made.
    pub fn on_create(mut self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.def().on_create = Some(act::<F, T, ()>(move |flow, a, ()| call(flow, a)));
        self
    }

    /// What takes back what a task of it did, when somebody goes back to it or to a node before it.
    pub fn undo(mut self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.def().undo = Some(act::<F, T, ()>(move |flow, a, ()| call(flow, a)));
        self
    }

    /// A split that may have no items goes on to the join it is closed by, which knows `To`, without seed and data.
    pub fn may_have_no_items<To: NoDataNeeded>(self) -> Self
    where
        To::Seed: NoSeedNeeded,
    {
        self
    }

    /// Adds an edge to the node with this stored name, whose tasks know `To`.
    pub fn edge<To: Task>(&mut self, role: Role, target: &'static str) -> EdgeBuilder<'_, F, T, To> {
        let edge = PendingEdge {
            from: self.index,
            target,
            role,
            when: None,
            seed: None,
            data: None,
            items: None,
            after: None,
        };
        self.flow.edges.push(edge);
        let index = self.flow.edges.len() - 1;
        EdgeBuilder { edge: &mut self.flow.edges[index], _types: PhantomData }
    }
}

/// Tells what the processes of the flow `C` begin with that a sub-process runs. `CT` is what their first task knows.
pub struct ChildBuilder<N, C, CT> {
    node: N,
    _types: PhantomData<fn() -> (C, CT)>,
}

impl<'b, F: Flow, T: Task, C: Flow, CT: Task> ChildBuilder<NodeBuilder<'b, F, T>, C, CT> {
    fn child(&mut self) -> Option<&mut ChildDef> {
        match &mut self.node.def().wait {
            Wait::Children(child) => Some(child),
            _ => None,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut ChildDef)) -> Self {
        self.child().map(change);
        self
    }

    /// One child after the other.
    pub fn sequential(self) -> Self {
        let index = self.node.index;
        self.node.flow.definition.graph.set_sequential(index);
        self.with(|child| child.sequential = true)
    }

    /// The seed of the process.
    pub fn process_seed<R: IntoSeed<<C::Process as Process>::Seed>>(
        self,
        seed: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_seed::<<C::Process as Process>::Seed>(&seed(flow, a)?.into_seed()?));
        self.with(|child| child.process_seed = Some(ask))
    }

    /// The data of the process.
    pub fn process_data(
        self,
        data: impl Fn(&F, &Activation<F, T>) -> Result<C::Process> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_process::<C>(&data(flow, a)?));
        self.with(|child| child.process_data = Some(ask))
    }

    /// The seed of its first task.
    pub fn task_seed<R: IntoSeed<CT::Seed>>(
        self,
        seed: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_seed::<CT::Seed>(&seed(flow, a)?.into_seed()?));
        self.with(|child| child.task_seed = Some(ask))
    }

    /// The data of its first task.
    pub fn task_data<R: IntoData<CT>>(
        self,
        data: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_data::<C, CT>("start", &data(flow, a)?.into_data()));
        self.with(|child| child.task_data = Some(ask))
    }

    /// One process for each seed.
    pub fn process_seed_source<R: IntoSeed<<C::Process as Process>::Seed>>(
        self,
        seeds: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| {
            let seeds = seeds(flow, a)?.into_iter();
            seeds.map(|seed| encode_seed::<<C::Process as Process>::Seed>(&seed.into_seed()?)).collect()
        });
        self.with(|child| child.items = Some(ChildItems::ProcessSeeds(ask)))
    }

    /// One process for each item of data.
    pub fn process_data_source(
        self,
        items: impl Fn(&F, &Activation<F, T>) -> Result<Vec<C::Process>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| items(flow, a)?.iter().map(encode_process::<C>).collect());
        self.with(|child| child.items = Some(ChildItems::ProcessData(ask)))
    }

    /// One process for each seed of its first task.
    pub fn task_seed_source<R: IntoSeed<CT::Seed>>(
        self,
        seeds: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| {
            seeds(flow, a)?.into_iter().map(|seed| encode_seed::<CT::Seed>(&seed.into_seed()?)).collect()
        });
        self.with(|child| child.items = Some(ChildItems::TaskSeeds(ask)))
    }

    /// One process for each item of data of its first task.
    pub fn task_data_source<R: IntoData<CT>>(
        self,
        items: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| {
            items(flow, a)?.into_iter().map(|item| encode_data::<C, CT>("start", &item.into_data())).collect()
        });
        self.with(|child| child.items = Some(ChildItems::TaskData(ask)))
    }

    /// The node that runs them.
    pub fn node(self) -> NodeBuilder<'b, F, T> {
        self.node
    }
}

/// Where a sub-process can start: a `StartHandle` without `#[input(..)]`.
#[diagnostic::on_unimplemented(
    message = "a sub-process cannot start where a `{Self}` is handed in",
    label = "this start has an `#[input(..)]`",
    note = "give the sub-process its data with `process_data` or `task_data`, at a `StartHandle` without input"
)]
pub trait NoInputNeeded: Input {}

#[diagnostic::do_not_recommend]
impl NoInputNeeded for () {}

/// What a catch may give as the correlation key of its message.
#[diagnostic::on_unimplemented(
    message = "the correlation key of this message is of type `{K}`, not of `{Self}`",
    label = "this gives a `{Self}`: write `key = |a| ..` with a value of the message's key field"
)]
pub trait IntoKey<K> {
    /// The key.
    fn into_key(self) -> K;
}

#[diagnostic::do_not_recommend]
impl<K: FieldType> IntoKey<K> for K {
    fn into_key(self) -> K {
        self
    }
}

/// Tells what an edge from a node that knows `T` gives to a node that knows `To`.
pub struct EdgeBuilder<'b, F, T, To> {
    edge: &'b mut PendingEdge,
    _types: PhantomData<fn() -> (F, T, To)>,
}

impl<F: Flow, T: Task, To: Task> EdgeBuilder<'_, F, T, To> {
    /// When a timeout fires, after the task was made.
    pub fn after(self, wait: Duration) -> Self {
        self.edge.after = Some(After::Fixed(wait));
        self
    }

    /// As [`EdgeBuilder::after`], asked when the task is made.
    pub fn after_by<M: IntoMoment>(
        self,
        wait: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.edge.after = Some(After::Asked(ask(move |flow, a| wait(flow, a).map(IntoMoment::into_moment))));
        self
    }

    /// Takes the branch only when this holds.
    pub fn when(self, cond: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        self.edge.when = Some(ask(cond));
        self
    }

    /// Gives the target's seed.
    pub fn seed<R: IntoSeed<To::Seed>>(
        self,
        seed: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.edge.seed = Some(ask(move |flow, a| encode_seed::<To::Seed>(&seed(flow, a)?.into_seed()?)));
        self
    }

    /// Gives no seed.
    pub fn no_seed(self) -> Self
    where
        To::Seed: NoSeedNeeded,
    {
        self
    }

    /// Gives the target's data.
    pub fn data<R: IntoData<To>>(
        self,
        data: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let target = self.edge.target;
        self.edge.data = Some(ask(move |flow, a| encode_data::<F, To>(target, &data(flow, a)?.into_data())));
        self
    }

    /// Gives no data.
    pub fn no_data(self) -> Self
    where
        To: NoDataNeeded,
    {
        self
    }

    /// Makes one task for each seed.
    pub fn seed_source<R: IntoSeed<To::Seed>>(
        self,
        seeds: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        self.edge.items = Some(Items::Seeds(ask(move |flow, a| {
            seeds(flow, a)?.into_iter().map(|seed| encode_seed::<To::Seed>(&seed.into_seed()?)).collect()
        })));
        self
    }

    /// Makes one task for each item of data.
    pub fn data_source<R: IntoData<To>>(
        self,
        items: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let target = self.edge.target;
        self.edge.items = Some(Items::Data(ask(move |flow, a| {
            items(flow, a)?.into_iter().map(|item| encode_data::<F, To>(target, &item.into_data())).collect()
        })));
        self
    }
}

/// Who a task is assigned to: a [`UserId`], or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nobody a task can be assigned to",
    label = "expected a `UserId`, or an `Option` of one"
)]
pub trait IntoOwner {
    /// The person, if there is one.
    fn into_owner(self) -> Option<UserId>;
}

#[diagnostic::do_not_recommend]
impl IntoOwner for UserId {
    fn into_owner(self) -> Option<UserId> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOwner for &UserId {
    fn into_owner(self) -> Option<UserId> {
        Some(self.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoOwner> IntoOwner for Option<T> {
    fn into_owner(self) -> Option<UserId> {
        self.and_then(T::into_owner)
    }
}

/// What is said of nodes that there are not: whose doer a task goes to, or may not go to.
fn unknown_doers(def: &Definition) -> Vec<String> {
    let mut problems = Vec::new();
    for node in &def.nodes {
        for other in node.people.same_as.iter().chain(&node.people.not_by) {
            if def.find(other).is_none() {
                let (flow, node) = (def.name, node.name);
                problems.push(format!("flow `{flow}`: `{node}` asks who did `{other}`, which is no node"));
            }
        }
    }
    problems
}

/// Leads the edges to their targets, and looks whether anything is missing.
fn connect(mut def: Definition, edges: Vec<PendingEdge>) -> Definition {
    for edge in edges {
        let PendingEdge { from, target, role, when, seed, data, items, after } = edge;
        if items.is_some() && !matches!(role, Role::Branch(Selection::PerItem)) {
            let node = def.nodes[from].name;
            let problem =
                format!("flow `{}`: `{node}` has a source of items on an edge that is no branch per item", def.name);
            def.problems.push(problem);
        }
        match def.find(target) {
            None => {
                let node = def.nodes[from].name;
                def.problems.push(format!("flow `{}`: `{node}` leads to `{target}`, which is no node", def.name));
            }
            Some(target) => {
                if let (None, Err(errors)) = (&data, (def.nodes[target].no_data)())
                    && !matches!(items, Some(Items::Data(_)))
                {
                    let name = def.nodes[target].name;
                    let problem =
                        format!("flow `{}`: `{name}` begins with data against its own rules: {errors}", def.name);
                    def.problems.push(problem);
                }
                let number = def.graph.edge(from, role.clone(), target);
                if let Some(after) = &after {
                    def.graph.set_timeout(number, after.detail());
                }
                def.nodes[target].undoes |= role == Role::Compensation;
                def.nodes[from].edges.push(EdgeDef { target, role, when, seed, data, items, after });
            }
        }
    }
    def.problems.extend(def.twice_named());
    def.problems.extend(unknown_doers(&def));
    for (index, node) in def.nodes.iter().enumerate() {
        if let Some(detail) = node.detail() {
            def.graph.set_detail(index, detail);
        }
        let needs = match node.kind {
            Kind::If if !matches!(node.action, Action::Cond(_)) => "a condition",
            Kind::Switch if !matches!(node.action, Action::Switch(_)) => "a value to switch by",
            Kind::StartTimer if node.schedule.is_none() => "a rhythm",
            Kind::Timer if !matches!(node.wait, Wait::Time(_)) => "a delay",
            Kind::Job if !matches!(node.wait, Wait::Worker(_)) => "a handler",
            Kind::Subprocess | Kind::NSubprocess if !matches!(node.wait, Wait::Children(_)) => "a flow to run",
            Kind::SignalCatch if !matches!(node.wait, Wait::Signal(_)) => "a signal",
            Kind::SignalThrow if !matches!(node.action, Action::Signal(_)) => "a signal",
            Kind::MessageCatch if !matches!(node.wait, Wait::Message(_)) => "a message",
            Kind::MessageThrow if !matches!(node.action, Action::Send(..)) => "a message",
            Kind::ConditionalCatch if !matches!(node.wait, Wait::Condition(_)) => "a condition",
            Kind::ErrorEnd | Kind::EscalationThrow if node.code.is_none() => "a code",
            _ if node.edges.iter().any(|edge| matches!(edge.role, Role::Timeout { .. }) != edge.after.is_some()) => {
                "a time for each timeout"
            }
            _ => continue,
        };
        def.problems.push(format!("flow `{}`: `{}` needs {needs}", def.name, node.name));
    }
    match def.graph.check() {
        Ok(sound) => {
            def.sound = Some(sound);
            def.shape = def.described().map_or(String::new(), |flow| flow.fingerprint(&def.rules.concat()));
        }
        Err(faults) => {
            let told = faults.iter().map(|fault| format!("flow `{}`: {fault}", def.name));
            def.problems.extend(told);
        }
    }
    def
}

fn encode_process<C: Flow>(data: &C::Process) -> Result<Data> {
    let at = || Box::new(Place::Node { flow: C::NAME.to_owned(), node: "a new process".to_owned() });
    data_of(data).map_err(|errors| Error::Data { at: at(), errors })
}

fn encode_seed<S: FieldType>(seed: &S) -> Result<Value> {
    seed.encode().map_err(|message| Error::msg(format!("the seed {message}")))
}

fn encode_data<F: Flow, To: Task>(target: &'static str, data: &To) -> Result<Document> {
    let mut document = Document::new();
    document::write(data, &mut document).map_err(|errors| Error::Data {
        at: Box::new(Place::Node { flow: F::NAME.to_owned(), node: target.to_owned() }),
        errors,
    })?;
    Ok(document)
}

/// Only the data of a `NoDataNeeded` task is ever asked for.
fn no_data<T: Task>() -> Result<Document, FieldErrors> {
    let mut document = Document::new();
    let data: T = document::read(&document)?;
    document::write(&data, &mut document)?;
    Ok(document)
}

fn form_def<Fm: Form>(of_process: bool) -> FormDef {
    FormDef {
        fields: Fm::FIELDS,
        of_process,
        parse: |sent| Ok(Box::new(form::parse::<Fm>(sent)?)),
        check: |form, db| match form.downcast_ref::<Fm>() {
            Some(form) => form::check(form, db),
            None => Ok(one("", "is another form".to_owned())),
        },
    }
}

fn ask<F: Flow, T: Task, R: 'static>(
    question: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
) -> Ask<R> {
    Box::new(move |flow: &Erased, activation: &Erased| question(ref_of(flow)?, ref_of(activation)?))
}

fn act<F: Flow, T: Task, In: Clone + 'static>(
    work: impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static,
) -> Act {
    Box::new(move |flow: &Erased, activation: &mut Erased, input: &Erased| {
        work(ref_of(flow)?, mut_of(activation)?, ref_of::<In>(input)?.clone())
    })
}

fn ref_of<T: Any>(erased: &Erased) -> Result<&T> {
    erased.downcast_ref().ok_or(Error::Internal("a value of another node"))
}

fn mut_of<T: Any>(erased: &mut Erased) -> Result<&mut T> {
    erased.downcast_mut().ok_or(Error::Internal("a value of another node"))
}
