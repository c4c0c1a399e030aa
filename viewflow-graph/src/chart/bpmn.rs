//! Charts as BPMN 2.0 XML, with diagram interchange.
//!
//! The format's specification is OMG, "Business Process Model and Notation (BPMN), Version 2.0.2", 2013.

mod diagram;
mod time;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use self::time::timer;
use super::{Figure, Gateway, escaped, words_of};
use crate::detail::Detail;
use crate::graph::{Edge, Graph};
use crate::kind::{Drawn, Group, Happens, Kind};
use crate::layout::Layout;
use crate::role::{Role, Selection};
use crate::sound::Sound;

impl Graph {
    /// Returns the flow as BPMN 2.0 XML with diagram interchange, which other tools can read and draw.
    ///
    /// Some nodes have no exact counterpart in BPMN and are written as near to it as possible:
    ///
    /// - A branch for each item becomes a task with many instances, if the branch begins with a task.
    /// - A `SplitFirst` becomes an event-based gateway, or a complex one if some of its ways begin with work to do.
    /// - A person's decision becomes a task with an exclusive gateway after it.
    /// - Handlers and conditions appear only by name.
    ///
    /// ```
    /// use viewflow_graph::{Graph, Kind, Role};
    ///
    /// let mut graph = Graph::new("hello");
    /// let start = graph.node("start", Kind::Start);
    /// let end = graph.node("end", Kind::End);
    /// graph.edge(start, Role::Next, end);
    /// assert!(graph.bpmn().contains(r#"<startEvent id="start" name="Start">"#));
    /// ```
    pub fn bpmn(&self) -> String {
        let graph = self.with_gateways();
        let mut document = Document {
            graph: &graph,
            sound: graph.check().ok(),
            picture: graph.picture(),
            ids: graph.ids(),
            roots: BTreeMap::new(),
            text: String::new(),
        };
        document.process();
        document.diagram();
        document.finish()
    }

    /// Returns the flow with a separate gateway node after each task at which a person decides.
    ///
    /// In BPMN only a gateway can part the ways.
    fn with_gateways(&self) -> Graph {
        let mut graph = Graph::new(self.name.as_str());
        graph.set_flow_title(self.title.as_str());
        // For each node, the node at which tokens arrive, and the node that they leave.
        let mut places = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            let entered = graph.copy_node(node);
            let left = if self.decides(index) {
                let gateway = graph.node(format!("{}.decision", node.name), Kind::Switch);
                graph.set_title(gateway, "");
                gateway
            } else {
                entered
            };
            places.push((entered, left));
        }
        for (index, (entered, left)) in places.iter().enumerate() {
            if entered != left {
                graph.edge(*entered, Role::Next, *left);
            }
            for (_, edge) in self.out(index) {
                let from = if matches!(edge.role, Role::Case(_) | Role::Default) { *left } else { *entered };
                graph.copy_edge(edge, from, places[edge.to].0);
            }
        }
        graph
    }

    /// Returns an XML id for each node: its own name, if possible.
    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            let id = id(&node.name);
            let own = id == node.name && !ids.contains(&id);
            ids.push(if own { id } else { format!("{id}.{index}") });
        }
        ids
    }

    fn process_id(&self) -> String {
        format!("{}.process", id(&self.name))
    }
}

/// Replaces the letters of a name that XML ids do not allow.
///
/// The result contains no dot. All other ids of the document contain one, so they never clash with it.
fn id(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut id: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    if !id.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        id.insert(0, '_');
    }
    id
}

struct Document<'g> {
    graph: &'g Graph,
    sound: Option<Sound>,
    picture: Layout,
    ids: Vec<String>,
    /// The ids of all signals, messages, errors and escalations, by element and name.
    roots: BTreeMap<(&'static str, String), String>,
    text: String,
}

impl Document<'_> {
    fn line(&mut self, depth: usize, text: fmt::Arguments<'_>) {
        // Writing to a `String` never fails.
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = 2 * depth);
    }

    /// Returns the whole document.
    fn finish(self) -> String {
        let mut text = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
             xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" \
             xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" id=\"viewflow.definitions\" targetNamespace=\"urn:viewflow\">\n",
        );
        for ((what, name), id) in &self.roots {
            let name = escaped(name);
            let code = match *what {
                "error" => format!(" errorCode=\"{name}\""),
                "escalation" => format!(" escalationCode=\"{name}\""),
                _ => String::new(),
            };
            let _ = writeln!(text, "  <{what} id=\"{id}\" name=\"{name}\"{code}/>");
        }
        text.push_str(&self.text);
        text.push_str("</definitions>\n");
        text
    }

    fn process(&mut self) {
        let (id, title) = (self.graph.process_id(), escaped(&self.graph.title));
        self.line(1, format_args!("<process id=\"{id}\" name=\"{title}\" isExecutable=\"false\">"));
        (0..self.graph.nodes().len()).for_each(|node| self.node(node));
        (0..self.graph.edges().len()).for_each(|edge| self.boundary(edge));
        (0..self.graph.edges().len()).for_each(|edge| self.sequence(edge));
        (0..self.graph.edges().len()).for_each(|edge| self.association(edge));
        self.line(1, format_args!("</process>"));
    }

    fn node(&mut self, index: usize) {
        let node = &self.graph.nodes()[index];
        let element = self.element(index);
        let (id, title) = (self.ids[index].clone(), escaped(&node.title));
        let mut options = String::new();
        if self.graph.is_compensation(index) {
            options.push_str(" isForCompensation=\"true\"");
        }
        if let Some((flow, _)) = &node.child {
            let called = Graph::new(flow.as_str()).process_id();
            let _ = write!(options, " calledElement=\"{called}\"");
        }
        if let Some(default) = self.default_of(index) {
            let _ = write!(options, " default=\"{}\"", flow_id(default));
        }
        if element == "receiveTask" {
            let root = self.root("message", node.detail.as_ref(), &node.name);
            let _ = write!(options, " messageRef=\"{root}\"");
        }
        let head = format!("<{element} id=\"{id}\" name=\"{title}\"{options}>");
        self.line(2, format_args!("{head}"));
        let flows = |edge: &Edge| edge.role != Role::Compensation;
        for (edge, way) in self.graph.into(index) {
            if flows(way) {
                self.line(3, format_args!("<incoming>{}</incoming>", flow_id(edge)));
            }
        }
        for (edge, way) in self.graph.out(index) {
            if flows(way) && !way.role.is_boundary() {
                self.line(3, format_args!("<outgoing>{}</outgoing>", flow_id(edge)));
            }
        }
        if self.graph.figure(index) == Figure::Event {
            self.definition_of(index);
        }
        if self.is_many(index) {
            let sequential = if node.sequential { " isSequential=\"true\"" } else { "" };
            self.line(3, format_args!("<multiInstanceLoopCharacteristics{sequential}>"));
            self.line(4, format_args!("<loopCardinality xsi:type=\"tFormalExpression\">items</loopCardinality>"));
            self.line(3, format_args!("</multiInstanceLoopCharacteristics>"));
        }
        if element == "scriptTask" {
            self.line(3, format_args!("<script>{}</script>", escaped(&node.name)));
        }
        self.line(2, format_args!("</{element}>"));
    }

    /// Returns the BPMN element that stands for a node.
    fn element(&self, index: usize) -> &'static str {
        let kind = self.graph.nodes()[index].kind;
        match (self.graph.figure(index), kind) {
            (Figure::Gateway, _) => match self.graph.gateway(self.sound.as_ref(), index) {
                Gateway::Exclusive => "exclusiveGateway",
                Gateway::Parallel => "parallelGateway",
                Gateway::Inclusive => "inclusiveGateway",
                Gateway::EventBased => "eventBasedGateway",
                Gateway::Complex => "complexGateway",
            },
            (Figure::Event, kind) if kind.is_start() => "startEvent",
            (Figure::Event, kind) if kind.is_end() => "endEvent",
            (Figure::Event, kind) if kind.group() == Group::Throw => "intermediateThrowEvent",
            (Figure::Event, _) => "intermediateCatchEvent",
            (Figure::Task, kind) => match kind.drawn() {
                Drawn::Task(element, _) => element,
                Drawn::Calls { .. } => "callActivity",
                // A catch with boundaries becomes a task, as no event can have them.
                Drawn::Event(..) | Drawn::Catch(..) | Drawn::Gateway => "receiveTask",
            },
        }
    }

    /// Returns the edge that is taken when no other edge is.
    fn default_of(&self, node: usize) -> Option<usize> {
        let kind = self.graph.nodes()[node].kind;
        let wanted = |role: &Role| matches!(role, Role::Otherwise | Role::Default) && kind != Kind::SplitFirst;
        self.graph.out(node).find(|(_, edge)| wanted(&edge.role)).map(|(edge, _)| edge)
    }

    /// Whether a task has many instances.
    fn is_many(&self, node: usize) -> bool {
        let per_item = |(_, edge): (usize, &Edge)| edge.role == Role::Branch(Selection::PerItem);
        let task = self.graph.figure(node) == Figure::Task;
        matches!(self.graph.nodes()[node].kind.drawn(), Drawn::Calls { many: true })
            || (task && self.graph.into(node).any(per_item))
    }

    /// Writes the definition of the event that a node waits for or triggers.
    fn definition_of(&mut self, index: usize) {
        let node = &self.graph.nodes()[index];
        let id = format!("{}.definition", self.ids[index]);
        let mut named = |what| {
            let root = self.root(what, node.detail.as_ref(), &node.name);
            format!("<{what}EventDefinition id=\"{id}\" {what}Ref=\"{root}\"/>")
        };
        let (Drawn::Event(happens, _) | Drawn::Catch(happens, ..)) = node.kind.drawn() else { return };
        let definition = match happens {
            Happens::Nothing => return,
            Happens::Message => named("message"),
            Happens::Signal => named("signal"),
            Happens::Escalation => named("escalation"),
            Happens::Error => named("error"),
            Happens::Timer => timer(&id, node.detail.as_ref()),
            Happens::Condition => format!(
                "<conditionalEventDefinition id=\"{id}\"><condition xsi:type=\"tFormalExpression\">{}</condition>\
                 </conditionalEventDefinition>",
                escaped(&node.title)
            ),
            Happens::Compensation => format!("<compensateEventDefinition id=\"{id}\"/>"),
            Happens::Terminate => format!("<terminateEventDefinition id=\"{id}\"/>"),
        };
        self.line(3, format_args!("{definition}"));
    }

    /// Returns the id of a signal, message, error or escalation.
    ///
    /// Its name comes from `detail`, or is `name` if `detail` holds none.
    fn root(&mut self, what: &'static str, detail: Option<&Detail>, name: &str) -> String {
        let name = match detail {
            Some(Detail::Named(name)) => name,
            _ => name,
        };
        let number = self.roots.len();
        let id = || format!("{what}.{number}");
        self.roots.entry((what, name.to_owned())).or_insert_with(id).clone()
    }

    /// Writes the event on a task's border from which an edge leaves.
    fn boundary(&mut self, index: usize) {
        let edge = &self.graph.edges()[index];
        let id = boundary_id(index);
        let definition = match &edge.role {
            Role::Timeout { .. } => timer(&format!("{id}.definition"), edge.detail.as_ref()),
            Role::OnError(code) => self.caught("error", code.as_deref(), &id),
            Role::OnEscalation(code) => self.caught("escalation", code.as_deref(), &id),
            Role::Compensation => format!("<compensateEventDefinition id=\"{id}.definition\"/>"),
            _ => return,
        };
        let host = self.ids[edge.from].clone();
        let beside = if edge.role.is_beside() { " cancelActivity=\"false\"" } else { "" };
        self.line(2, format_args!("<boundaryEvent id=\"{id}\" attachedToRef=\"{host}\"{beside}>"));
        if edge.role != Role::Compensation {
            self.line(3, format_args!("<outgoing>{}</outgoing>", flow_id(index)));
        }
        self.line(3, format_args!("{definition}"));
        self.line(2, format_args!("</boundaryEvent>"));
    }

    fn caught(&mut self, what: &'static str, code: Option<&str>, id: &str) -> String {
        let reference = code.map(|code| format!(" {what}Ref=\"{}\"", self.root(what, None, code)));
        format!("<{what}EventDefinition id=\"{id}.definition\"{}/>", reference.unwrap_or_default())
    }

    fn sequence(&mut self, index: usize) {
        let edge = &self.graph.edges()[index];
        let source = match &edge.role {
            Role::Compensation => return,
            role if role.is_boundary() => boundary_id(index),
            _ => self.ids[edge.from].clone(),
        };
        let name = match words_of(edge) {
            Some(label) if !edge.role.is_boundary() => format!(" name=\"{}\"", escaped(&label)),
            _ => String::new(),
        };
        let head = format!(
            "<sequenceFlow id=\"{}\"{name} sourceRef=\"{source}\" targetRef=\"{}\"",
            flow_id(index),
            self.ids[edge.to]
        );
        match self.condition(edge) {
            Some(condition) => {
                self.line(2, format_args!("{head}>"));
                let condition = escaped(&condition);
                self.line(
                    3,
                    format_args!(
                        "<conditionExpression xsi:type=\"tFormalExpression\">{condition}</conditionExpression>"
                    ),
                );
                self.line(2, format_args!("</sequenceFlow>"));
            }
            None => self.line(2, format_args!("{head}/>")),
        }
    }

    /// Returns the condition under which an edge is taken, in words for people.
    fn condition(&self, edge: &Edge) -> Option<String> {
        let parallel = || self.graph.gateway(self.sound.as_ref(), edge.from) == Gateway::Parallel;
        let split = self.graph.nodes()[edge.from].kind == Kind::Split;
        match &edge.role {
            Role::Then => Some(self.graph.nodes()[edge.from].title.clone()),
            Role::Case(_) => Some(edge.way()),
            Role::Branch(Selection::Conditional) if split => Some(self.graph.nodes()[edge.to].title.clone()),
            Role::Branch(Selection::PerItem) if split => Some("items".to_owned()),
            Role::Branch(Selection::Always) if split && !parallel() => Some("true".to_owned()),
            _ => None,
        }
    }

    /// Writes the association from a node to the function that undoes it.
    fn association(&mut self, index: usize) {
        let edge = &self.graph.edges()[index];
        if edge.role == Role::Compensation {
            let (source, target) = (boundary_id(index), self.ids[edge.to].clone());
            self.line(
                2,
                format_args!(
                    "<association id=\"{}\" associationDirection=\"One\" sourceRef=\"{source}\" targetRef=\"{target}\"/>",
                    flow_id(index)
                ),
            );
        }
    }
}

fn flow_id(edge: usize) -> String {
    format!("flow.{edge}")
}

fn boundary_id(edge: usize) -> String {
    format!("boundary.{edge}")
}
