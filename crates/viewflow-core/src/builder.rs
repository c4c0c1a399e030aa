//! The typed builder by which a flow tells its nodes. What `#[derive(Flow)]` writes is calls of this.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use viewflow_graph::{Graph, Kind, Role, Selection};

use crate::activation::{self, Activation};
use crate::definition::{Act, Action, Ask, Definition, EdgeDef, Erased, FormDef, Items, NodeDef, ProcessDef};
use crate::document::{self, Document, Fields as _};
use crate::error::{Error, FieldErrors, Place, Result};
use crate::field::{FieldSpec, FieldType, check_pattern};
use crate::flow::Flow;
use crate::form::{self, Form};
use crate::id::UserId;
use crate::node::Input;
use crate::process::{Process, ProcessOf, one};
use crate::task::{IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, Task};

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
    seed: Option<Ask<serde_json::Value>>,
    data: Option<Ask<Document>>,
    items: Option<Items>,
}

impl<F: Flow> FlowBuilder<F> {
    /// Builds the definition of a flow.
    pub(crate) fn build(flow: F) -> Definition {
        let mut builder = Self {
            definition: Definition {
                name: F::NAME,
                title: F::TITLE,
                graph: Graph::new(F::NAME),
                sound: None,
                nodes: Vec::new(),
                flow: Arc::new(flow),
                process: ProcessDef {
                    fields: F::Process::FIELDS,
                    table: F::Process::TABLE,
                    open: |record, columns| Ok(Box::new(ProcessOf::<F::Process>::read(record, columns)?)),
                    save: |process, record| ref_of::<ProcessOf<F::Process>>(process)?.save(record),
                },
                problems: Vec::new(),
            },
            edges: Vec::new(),
            _flow: PhantomData,
        };
        builder.note_patterns(F::Process::FIELDS);
        if let Err(errors) = document::read::<F::Process>(&Document::new()) {
            let problem = format!(
                "flow `{}`: its process cannot start, as its data begins against its own rules: {errors}",
                F::NAME
            );
            builder.definition.problems.push(problem);
        }
        F::define(&mut builder);
        builder.connect()
    }

    fn note_patterns(&mut self, specs: &[FieldSpec]) {
        for spec in specs {
            if let Some(Err(message)) = spec.rules.pattern.map(check_pattern) {
                self.definition.problems.push(format!("flow `{}`: field `{}` {message}", F::NAME, spec.name));
            }
        }
    }

    fn connect(mut self) -> Definition {
        for edge in self.edges {
            let PendingEdge { from, target, role, when, seed, data, items } = edge;
            if items.is_some() && !matches!(role, Role::Branch(Selection::PerItem)) {
                let node = self.definition.nodes[from].name;
                let problem =
                    format!("flow `{}`: `{node}` has a source of items on an edge that is no branch per item", F::NAME);
                self.definition.problems.push(problem);
            }
            match self.definition.find(target) {
                None => {
                    let node = self.definition.nodes[from].name;
                    self.definition
                        .problems
                        .push(format!("flow `{}`: `{node}` leads to `{target}`, which is no node", F::NAME));
                }
                Some(target) => {
                    if let (None, Err(errors)) = (&data, (self.definition.nodes[target].no_data)())
                        && !matches!(items, Some(Items::Data(_)))
                    {
                        let name = self.definition.nodes[target].name;
                        let problem =
                            format!("flow `{}`: `{name}` begins with data against its own rules: {errors}", F::NAME);
                        self.definition.problems.push(problem);
                    }
                    self.definition.graph.edge(from, role.clone(), target);
                    self.definition.nodes[from].edges.push(EdgeDef { target, role, when, seed, data, items });
                }
            }
        }
        for node in &self.definition.nodes {
            let needs = match node.kind {
                Kind::If if !matches!(node.action, Action::Cond(_)) => "a condition",
                Kind::Switch if !matches!(node.action, Action::Switch(_)) => "a value to switch by",
                _ => continue,
            };
            self.definition.problems.push(format!("flow `{}`: `{}` needs {needs}", F::NAME, node.name));
        }
        match self.definition.graph.check() {
            Ok(sound) => self.definition.sound = Some(sound),
            Err(faults) => {
                let told = faults.iter().map(|fault| format!("flow `{}`: {fault}", F::NAME));
                self.definition.problems.extend(told);
            }
        }
        self.definition
    }

    /// Adds a node with this stored name, and returns a builder for what it does.
    pub fn node<T: Task>(&mut self, name: &'static str, kind: Kind) -> NodeBuilder<'_, F, T> {
        let index = self.definition.graph.node(name, kind);
        self.note_patterns(T::FIELDS);
        self.definition.nodes.push(NodeDef {
            name,
            kind,
            title: self.definition.graph.nodes()[index].title.clone(),
            open: activation::open::<F, T>,
            close: activation::close::<F, T>,
            no_data: no_data::<T>,
            action: Action::Pass,
            form: None,
            assign: None,
            on_create: None,
            edges: Vec::new(),
        });
        if kind == Kind::Start || kind == Kind::View {
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

    /// A start: its task is made without seed and data.
    pub fn begins(self) -> Self
    where
        T: NoDataNeeded,
        T::Seed: NoSeedNeeded,
    {
        self
    }

    /// What happens when a person submits the form.
    pub fn form<Fm: Form>(
        mut self,
        submit: impl Fn(&F, &mut Activation<F, T>, Fm) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.flow.note_patterns(Fm::FIELDS);
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

    /// The condition of an `If`.
    pub fn cond(mut self, cond: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        self.def().action = Action::Cond(ask(cond));
        self
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
        self.def().assign = Some(ask(move |flow, a| owner(flow, a).map(IntoOwner::into_owner)));
        self
    }

    /// What happens when the task is made.
    pub fn on_create(mut self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.def().on_create = Some(act::<F, T, ()>(move |flow, a, ()| call(flow, a)));
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
        let edge = PendingEdge { from: self.index, target, role, when: None, seed: None, data: None, items: None };
        self.flow.edges.push(edge);
        let index = self.flow.edges.len() - 1;
        EdgeBuilder { edge: &mut self.flow.edges[index], _types: PhantomData }
    }
}

/// Tells what an edge from a node that knows `T` gives to a node that knows `To`.
pub struct EdgeBuilder<'b, F, T, To> {
    edge: &'b mut PendingEdge,
    _types: PhantomData<fn() -> (F, T, To)>,
}

impl<F: Flow, T: Task, To: Task> EdgeBuilder<'_, F, T, To> {
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
        self.edge.seed = Some(ask(move |flow, a| encode_seed::<To>(&seed(flow, a)?.into_seed()?)));
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
            seeds(flow, a)?.into_iter().map(|seed| encode_seed::<To>(&seed.into_seed()?)).collect()
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

impl IntoOwner for UserId {
    fn into_owner(self) -> Option<UserId> {
        Some(self)
    }
}

impl IntoOwner for &UserId {
    fn into_owner(self) -> Option<UserId> {
        Some(self.clone())
    }
}

impl<T: IntoOwner> IntoOwner for Option<T> {
    fn into_owner(self) -> Option<UserId> {
        self.and_then(T::into_owner)
    }
}

fn encode_seed<To: Task>(seed: &To::Seed) -> Result<serde_json::Value> {
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
