//! The model of an annotated flow.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Generics, LitStr, Type, Visibility};
use viewflow_graph::{Detail, Graph, Kind, Role, Selection};

use crate::syntax::{Closure, plain_name, snake_case, title_of};

pub(super) struct Flow {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) generics: Generics,
    pub(super) krate: TokenStream,
    /// Whether the flow is a struct of named fields.
    ///
    /// If not, only the trait is implemented, to avoid more messages.
    pub(super) usable: bool,
    /// Whether all options of the flow could be read.
    pub(super) complete: bool,
    pub(super) process: Option<TokenStream>,
    /// A type that reports an error and stands in for the process, which is missing.
    pub(super) no_process: Option<TokenStream>,
    /// Type parameters that lack bounds, with the types that report this.
    pub(super) unbounded: Vec<(Ident, TokenStream)>,
    /// The stored name of the flow.
    pub(super) name: String,
    /// The stored names that the flow had before.
    pub(super) was: Vec<LitStr>,
    /// The lock file, if it is not the one next to `Cargo.toml`.
    pub(super) lock: Option<LitStr>,
    pub(super) title: String,
    /// The fields that are not nodes: values for the handlers.
    pub(super) plain: Vec<(Ident, Type)>,
    pub(super) nodes: Vec<Node>,
    /// The fields that should be nodes, but do not have the type of one.
    pub(super) misread: Vec<Ident>,
}

pub(super) struct Node {
    pub(super) ident: Ident,
    pub(super) docs: Vec<Attribute>,
    pub(super) kind: Kind,
    /// The type of the field.
    pub(super) ty: Type,
    /// The kind given by `#[node(kind = ..)]`, where the type is an alias.
    pub(super) alias_of: Option<Kind>,
    /// The task type of the node.
    pub(super) task: TokenStream,
    /// The stored name of the node.
    pub(super) name: String,
    /// The stored names that the node had before.
    pub(super) was: Vec<LitStr>,
    pub(super) title: Option<String>,
    pub(super) form: Option<TokenStream>,
    pub(super) fields: Option<FieldsForm>,
    /// The field of the form that decides the way on.
    pub(super) decide: Option<Ident>,
    pub(super) submit: Option<TokenStream>,
    pub(super) input: Option<TokenStream>,
    pub(super) call: Option<TokenStream>,
    /// Whether `call` is `async`.
    pub(super) is_async: bool,
    pub(super) done: Option<TokenStream>,
    pub(super) undo: Option<TokenStream>,
    pub(super) retry: Option<Retry>,
    pub(super) timeout: Option<Duration>,
    pub(super) delay: Option<After>,
    pub(super) every: Option<Duration>,
    pub(super) cron: Option<Cron>,
    pub(super) signal: Option<String>,
    pub(super) message: Option<Message>,
    pub(super) child: Option<Child>,
    pub(super) code: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) until: Option<Closure>,
    pub(super) cond: Option<Closure>,
    pub(super) switch: Option<Closure>,
    pub(super) assign: Option<Assign>,
    pub(super) permission: Option<Permission>,
    pub(super) candidates: Option<Candidates>,
    /// The nodes that rule a person out: a person that did one of them may not do this task.
    pub(super) not_by: Vec<Ident>,
    pub(super) due: Option<After>,
    pub(super) priority: Option<Priority>,
    pub(super) on_create: Option<Closure>,
    pub(super) edges: Vec<Edge>,
    /// The attributes of the node.
    pub(super) given: Vec<viewflow_graph::Attribute>,
    /// Whether some attribute of the node could not be read.
    pub(super) incomplete: bool,
    /// Whether this node was found to need a process that the flow lacks.
    pub(super) lacks_process: bool,
}

/// The person that a task is assigned to.
pub(super) enum Assign {
    Asked(Closure),
    /// The person that did the most recent one of these nodes.
    SameAs(Vec<Ident>),
}

/// The permission that the tasks of a node need.
pub(super) struct Permission {
    /// The name of the permission, or `None` for the name of the node.
    pub(super) name: Option<String>,
    /// The object that the permission is about.
    pub(super) object: Option<Closure>,
}

/// The people that may take a task.
pub(super) enum Candidates {
    Groups(Vec<String>),
    Asked(Closure),
}

/// The urgency of a task.
pub(super) enum Priority {
    Fixed(i32),
    Asked(Closure),
}

/// A form made of fields of the process.
pub(super) struct FieldsForm {
    pub(super) fields: Vec<Ident>,
    /// The fields that are empty at first.
    pub(super) empty: Vec<Ident>,
    /// The titles of pages, each with the field that begins the page.
    pub(super) pages: Vec<(Ident, LitStr)>,
    /// The name of the form, if it is not the node's name with `Fields` appended.
    pub(super) name: Option<Ident>,
}

/// How often a job is tried, and after which delays.
pub(super) struct Retry {
    pub(super) attempts: u32,
    pub(super) backoff: Duration,
    pub(super) max: Duration,
}

/// A length of time, or a closure that returns a time.
pub(super) enum After {
    Fixed(Duration),
    Asked(Closure),
}

pub(super) struct Cron {
    pub(super) pattern: LitStr,
    pub(super) zone: Option<LitStr>,
}

/// The message that a catch waits for, or that a throw sends.
pub(super) enum Message {
    Caught { ty: TokenStream, key: Option<Closure> },
    Sent(Closure),
}

/// The flow that a sub-process runs.
pub(super) struct Child {
    /// The node handle of the flow's start.
    pub(super) start: TokenStream,
    /// The type of the flow.
    pub(super) flow: TokenStream,
    pub(super) sequential: bool,
    /// The seed and data of the new process, by the names of their options.
    pub(super) given: Vec<(&'static str, Closure)>,
}

pub(super) struct Edge {
    pub(super) target: Ident,
    /// The index of the target among the nodes, if there is such a node.
    pub(super) to: Option<usize>,
    pub(super) way: Way,
    /// The time after which a timeout fires.
    pub(super) after: Option<After>,
    pub(super) task_seed: Option<Closure>,
    pub(super) task_data: Option<Closure>,
    pub(super) task_seed_source: Option<Closure>,
    pub(super) task_data_source: Option<Closure>,
}

/// The way that an edge is from its node.
pub(super) enum Way {
    Next,
    Then,
    Otherwise,
    /// The pattern.
    Case(TokenStream),
    Default,
    /// The condition.
    Branch(Option<Closure>),
    Timeout {
        interrupting: bool,
    },
    /// The code, or `None` for every code.
    OnError(Option<String>),
    /// The code, or `None` for every code.
    OnEscalation(Option<String>),
    Compensation,
}

impl Edge {
    /// Creates an edge without options.
    pub(super) fn new(target: Ident, way: Way) -> Self {
        Self {
            target,
            to: None,
            way,
            after: None,
            task_seed: None,
            task_data: None,
            task_seed_source: None,
            task_data_source: None,
        }
    }

    pub(super) fn role(&self) -> Role {
        match &self.way {
            Way::Next => Role::Next,
            Way::Then => Role::Then,
            Way::Otherwise => Role::Otherwise,
            Way::Case(pattern) => Role::Case(compact(pattern)),
            Way::Default => Role::Default,
            Way::Branch(_) if self.is_per_item() => Role::Branch(Selection::PerItem),
            Way::Branch(Some(_)) => Role::Branch(Selection::Conditional),
            Way::Branch(None) => Role::Branch(Selection::Always),
            Way::Timeout { interrupting } => Role::Timeout { interrupting: *interrupting },
            Way::OnError(code) => Role::OnError(code.clone()),
            Way::OnEscalation(code) => Role::OnEscalation(code.clone()),
            Way::Compensation => Role::Compensation,
        }
    }

    /// Returns the title of the button that leads this way, if there is one.
    pub(super) fn title(&self, source: &Node) -> Option<String> {
        match &self.way {
            Way::Case(name) if source.kind.is_human() => Some(title_of(&snake_case(&name.to_string()))),
            _ => None,
        }
    }

    pub(super) fn is_per_item(&self) -> bool {
        self.task_seed_source.is_some() || self.task_data_source.is_some()
    }
}

impl Node {
    /// Creates a node without attributes.
    pub(super) fn new(ident: Ident, kind: Kind, ty: Type, task: TokenStream) -> Self {
        Self {
            name: plain_name(&ident),
            ident,
            docs: Vec::new(),
            kind,
            ty,
            alias_of: None,
            task,
            was: Vec::new(),
            form: None,
            fields: None,
            decide: None,
            submit: None,
            input: None,
            call: None,
            is_async: false,
            done: None,
            undo: None,
            retry: None,
            timeout: None,
            delay: None,
            every: None,
            cron: None,
            signal: None,
            message: None,
            child: None,
            code: None,
            outcome: None,
            until: None,
            cond: None,
            switch: None,
            assign: None,
            permission: None,
            candidates: None,
            not_by: Vec::new(),
            due: None,
            priority: None,
            on_create: None,
            edges: Vec::new(),
            given: Vec::new(),
            incomplete: false,
            lacks_process: false,
            title: None,
        }
    }

    /// Returns the name of the form that `#[fields(..)]` makes for the node.
    pub(super) fn form_name(&self) -> Option<Ident> {
        let given = &self.fields.as_ref()?.name;
        Some(given.clone().unwrap_or_else(|| {
            let name = format!("{}Fields", crate::syntax::camel_case(&plain_name(&self.ident)));
            let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name };
            Ident::new(&name, self.ident.span())
        }))
    }

    /// Whether a person's decision chooses the way on.
    pub(super) fn is_decided(&self) -> bool {
        self.kind.is_human() && self.edges.iter().any(|edge| matches!(edge.way, Way::Case(_) | Way::Default))
    }

    /// Returns the other nodes that determine the person for this node.
    pub(super) fn others(&self) -> impl Iterator<Item = &Ident> {
        let same_as = match &self.assign {
            Some(Assign::SameAs(others)) => &others[..],
            _ => &[],
        };
        self.not_by.iter().chain(same_as)
    }

    /// Returns the closures that decide who may do the task, and by when.
    pub(super) fn people_closures(&self) -> impl Iterator<Item = &Closure> {
        let assign = match &self.assign {
            Some(Assign::Asked(closure)) => Some(closure),
            _ => None,
        };
        let candidates = match &self.candidates {
            Some(Candidates::Asked(closure)) => Some(closure),
            _ => None,
        };
        let due = match &self.due {
            Some(After::Asked(closure)) => Some(closure),
            _ => None,
        };
        let priority = match &self.priority {
            Some(Priority::Asked(closure)) => Some(closure),
            _ => None,
        };
        let object = self.permission.as_ref().and_then(|permission| permission.object.as_ref());
        [assign, candidates, due, priority, object].into_iter().flatten()
    }

    /// Returns the detail that charts show of the node.
    fn detail(&self) -> Option<Detail> {
        let cron = |Cron { pattern, zone }: &Cron| {
            let zone = zone.as_ref().map_or("UTC".to_owned(), LitStr::value);
            Detail::Cron(format!("{} {zone}", pattern.value()))
        };
        let name = self.signal.as_ref().or(self.code.as_ref());
        match &self.delay {
            Some(delay) if self.kind == Kind::Timer => Some(delay.detail()),
            _ => name.cloned().map(Detail::Named).or(self.every.map(Detail::Every)).or(self.cron.as_ref().map(cron)),
        }
    }
}

impl After {
    fn detail(&self) -> Detail {
        match self {
            Self::Fixed(wait) => Detail::After(*wait),
            Self::Asked(_) => Detail::Asked,
        }
    }
}

impl Flow {
    /// Returns the process type of the flow.
    pub(super) fn process_type(&self) -> TokenStream {
        self.process.clone().unwrap_or_else(|| quote!(()))
    }

    /// Returns the flow's graph, as far as it could be read, and the span of each edge.
    pub(super) fn graph(&self) -> (Graph, Vec<Span>) {
        let mut graph = Graph::new(&self.name);
        graph.set_flow_title(&self.title);
        let mut spans = Vec::new();
        for node in &self.nodes {
            let index = graph.node(plain_name(&node.ident), node.kind);
            if let Some(title) = &node.title {
                graph.set_title(index, title);
            }
            if let Some(detail) = node.detail() {
                graph.set_detail(index, detail);
            }
            if node.until.is_some() {
                graph.set_early(index);
            }
            if node.child.as_ref().is_some_and(|child| child.sequential) {
                graph.set_sequential(index);
            }
            if node.incomplete || node.edges.iter().any(|edge| edge.to.is_none()) {
                graph.set_incomplete(index);
            }
        }
        for (index, node) in self.nodes.iter().enumerate() {
            for edge in &node.edges {
                if let Some(to) = edge.to {
                    let number = graph.edge(index, edge.role(), to);
                    if let Some(after) = &edge.after {
                        graph.set_timeout(number, after.detail());
                    }
                    if let Some(title) = edge.title(node) {
                        graph.set_edge_title(number, title);
                    }
                    spans.push(edge.target.span());
                }
            }
        }
        (graph, spans)
    }
}

/// Formats a pattern as a person writes it, such as `Kind::Post`, without the blanks of printed tokens.
fn compact(pattern: &TokenStream) -> String {
    pattern.to_string().replace(" :: ", "::").replace(" (", "(").replace("( ", "(").replace(" )", ")")
}
