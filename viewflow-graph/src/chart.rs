//! Charts of a flow: what the shapes of its nodes are, and a module for each form that charts come in.

mod bpmn;
mod dot;
mod mermaid;
mod picture;
mod svg;
mod symbols;
mod terminal;

use std::collections::BTreeSet;

use crate::graph::{Edge, Graph};
use crate::kind::{Drawn, Group, Kind};
use crate::layout::leaves_the_border;
use crate::role::{Role, Selection};
use crate::sound::Sound;

/// How far a node of a running process is, for a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mark {
    /// No token has been here.
    #[default]
    Untouched,
    /// All that came here has gone on.
    Passed,
    /// A token is here.
    Active,
    /// A token is here whose task failed.
    Failed,
}

/// The form that BPMN gives to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A box: something is done.
    Task,
    /// A circle: something happens.
    Event,
    /// A diamond: the way parts, or ways meet.
    Gateway,
}

/// What a diamond means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gateway {
    /// One way of several.
    Exclusive,
    /// All ways.
    Parallel,
    /// Some of the ways.
    Inclusive,
    /// The way on which something happens first.
    EventBased,
    /// What BPMN has no word for but that it is complex: the first way of several on which something is done, or a join of
    /// as many ways as are enough.
    Complex,
}

impl Mark {
    /// What a person reads of it.
    fn told(self) -> Option<&'static str> {
        match self {
            Self::Untouched => None,
            Self::Passed => Some("done"),
            Self::Active => Some("here now"),
            Self::Failed => Some("failed"),
        }
    }

    fn symbol(self) -> char {
        match self {
            Self::Untouched => '·',
            Self::Passed => '✓',
            Self::Active => '●',
            Self::Failed => '✗',
        }
    }
}

impl Graph {
    /// The form of a node. What is caught is an event, but on an event's border no other can stand.
    fn shape(&self, node: usize) -> Shape {
        match self.nodes()[node].kind.drawn() {
            Drawn::Gateway => Shape::Gateway,
            Drawn::Catch(..) if self.boundaries(node).next().is_some() => Shape::Task,
            Drawn::Event(..) | Drawn::Catch(..) => Shape::Event,
            Drawn::Task(..) | Drawn::Calls { .. } => Shape::Task,
        }
    }

    /// The edges that leave the border of a node, each with its index.
    fn boundaries(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.out(node).filter(|(_, edge)| leaves_the_border(&edge.role))
    }

    /// What a node that is a diamond means.
    ///
    /// A join waits for whoever may still come, as BPMN's inclusive gateway does; it is drawn as a parallel one where that
    /// is the same, which is where each branch is sure to arrive, once.
    fn gateway(&self, sound: Option<&Sound>, node: usize) -> Gateway {
        let always = |node: usize| self.out(node).all(|(_, edge)| edge.role == Role::Branch(Selection::Always));
        match self.nodes()[node].kind {
            kind if kind.group() == Group::Choice => Gateway::Exclusive,
            Kind::SplitFirst => {
                // BPMN lets such a gateway lead to what is caught, and only from there: to messages as events or as tasks.
                let kinds = || self.out(node).map(|(_, edge)| self.nodes()[edge.to].kind);
                let caught = |edge: &Edge| {
                    let kind = self.nodes()[edge.to].kind;
                    let alone = self.boundaries(edge.to).next().is_none() && self.ways_in(edge.to).count() == 1;
                    let waits = self.shape(edge.to) == Shape::Event && kind.waits();
                    edge.role == Role::Branch(Selection::Always) && alone && (waits || kind == Kind::Handle)
                };
                let mixed = kinds().any(|kind| kind == Kind::Handle) && kinds().any(|kind| kind == Kind::MessageCatch);
                let fits = !mixed && self.out(node).all(|(_, edge)| caught(edge));
                if fits { Gateway::EventBased } else { Gateway::Complex }
            }
            Kind::Join if self.nodes()[node].early => Gateway::Complex,
            Kind::Join => {
                let split = sound.and_then(|sound| Some((sound, sound.split_of(node)?)));
                let arrives = |sound, split: usize| {
                    always(split) && self.out(split).all(|(_, edge)| self.arrives(sound, edge.to, node))
                };
                let ways = |split: usize| self.out(split).count() == self.ways_in(node).count();
                match split {
                    Some((sound, split)) if ways(split) && arrives(sound, split) => Gateway::Parallel,
                    _ => Gateway::Inclusive,
                }
            }
            _ => {
                if always(node) {
                    Gateway::Parallel
                } else {
                    Gateway::Inclusive
                }
            }
        }
    }

    /// Whether a token is sure to come from a node to the join, without a choice.
    fn arrives(&self, sound: &Sound, from: usize, join: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut node = from;
        while node != join {
            let inner = sound.join_of(node).filter(|inner| self.gateway(Some(sound), *inner) == Gateway::Parallel);
            let mut ways = self.ways_out(node).map(|(_, edge)| edge.to);
            let next = match (inner, ways.next(), ways.next()) {
                (Some(inner), ..) => inner,
                (None, Some(next), None) => next,
                _ => return false,
            };
            if !seen.insert(node) {
                return false;
            }
            node = next;
        }
        true
    }
}

/// Which of the ways from its node an edge is, in charts of words; nothing where it is the only one.
fn told_way(edge: &Edge) -> Option<String> {
    match &edge.role {
        Role::Next | Role::Branch(Selection::Always) => None,
        _ => Some(edge.way()),
    }
}

/// What is said of an edge.
fn words_of(edge: &Edge) -> Option<String> {
    match &edge.role {
        _ if edge.title.is_some() => edge.title.clone(),
        Role::Next | Role::Branch(Selection::Always) | Role::Compensation => None,
        Role::Timeout { .. } => edge.detail.as_ref()?.told(),
        Role::OnError(code) | Role::OnEscalation(code) => code.clone(),
        role => Some(role.to_string()),
    }
}

/// What stands on an edge in a picture.
fn label_of(edge: &Edge) -> Option<String> {
    const LONGEST: usize = 24;
    let label = words_of(edge)?;
    if label.chars().count() <= LONGEST {
        return Some(label);
    }
    let start: String = label.chars().take(LONGEST - 1).collect();
    Some(format!("{}…", start.trim_end()))
}

/// A text as it is written in XML and HTML. Characters that XML does not know are left out.
fn escaped(text: &str) -> String {
    let known = |letter: &char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r');
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars().filter(known).filter(|letter| !matches!(letter, '\u{fffe}' | '\u{ffff}')) {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
