//! Charts of a flow: the figures of its nodes, and a module for each output format.

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

/// The progress of a node in a running process, as charts show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mark {
    /// No token has been here.
    #[default]
    Untouched,
    /// Every token that came here has gone on.
    Passed,
    /// A token is here.
    Active,
    /// A token is here, and its task has failed.
    Failed,
}

impl Mark {
    /// Returns the name of the mark, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Passed => "passed",
            Self::Active => "active",
            Self::Failed => "failed",
        }
    }
}

/// The figure that BPMN draws for a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    /// A box: an activity.
    Task,
    /// A circle: an event.
    Event,
    /// A diamond: ways part or meet here.
    Gateway,
}

/// The meaning of a diamond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gateway {
    /// A token takes one of several ways.
    Exclusive,
    /// Tokens take all ways.
    Parallel,
    /// Tokens take some of the ways.
    Inclusive,
    /// A token takes the way whose event happens first.
    EventBased,
    /// Anything else, for which BPMN has only the word "complex".
    ///
    /// That is a split that takes the way whose work is done first, or a join that waits for enough branches.
    Complex,
}

impl Mark {
    /// Returns the mark in words, for people to read.
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
    /// Returns the figure of a node.
    ///
    /// A node that waits for an event is drawn as an event. If it has boundaries, it is drawn as a task, since BPMN
    /// allows no boundary on an event.
    fn figure(&self, node: usize) -> Figure {
        match self.nodes()[node].kind.drawn() {
            Drawn::Gateway => Figure::Gateway,
            Drawn::Catch(..) if self.boundaries(node).next().is_some() => Figure::Task,
            Drawn::Event(..) | Drawn::Catch(..) => Figure::Event,
            Drawn::Task(..) | Drawn::Calls { .. } => Figure::Task,
        }
    }

    /// Returns the edges that leave the border of a node, each with its index.
    fn boundaries(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.out(node).filter(|(_, edge)| leaves_the_border(&edge.role))
    }

    /// Returns the meaning of a node that is drawn as a diamond.
    ///
    /// A join waits for all branches that may still arrive, as BPMN's inclusive gateway does. If each branch is sure to
    /// arrive exactly once, a parallel gateway means the same, and the join is drawn as such.
    fn gateway(&self, sound: Option<&Sound>, node: usize) -> Gateway {
        let always = |node: usize| self.out(node).all(|(_, edge)| edge.role == Role::Branch(Selection::Always));
        match self.nodes()[node].kind {
            kind if kind.group() == Group::Choice => Gateway::Exclusive,
            Kind::SplitFirst => {
                // BPMN lets such a gateway lead only to nodes that wait for an event, and only the gateway may lead
                // there. Messages have to be either all events or all tasks.
                let kinds = || self.out(node).map(|(_, edge)| self.nodes()[edge.to].kind);
                let caught = |edge: &Edge| {
                    let kind = self.nodes()[edge.to].kind;
                    let alone = self.boundaries(edge.to).next().is_none() && self.ways_in(edge.to).count() == 1;
                    let waits = self.figure(edge.to) == Figure::Event && kind.waits();
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

    /// Whether a token is sure to get from a node to the join, without a choice on the way.
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

/// Returns the label of an edge for charts made of text, or `None` if the edge is the only way.
fn told_way(edge: &Edge) -> Option<String> {
    match &edge.role {
        Role::Next | Role::Branch(Selection::Always) => None,
        _ => Some(edge.way()),
    }
}

/// Returns the words of an edge's label in a picture.
fn words_of(edge: &Edge) -> Option<String> {
    match &edge.role {
        _ if edge.title.is_some() => edge.title.clone(),
        Role::Next | Role::Branch(Selection::Always) | Role::Compensation => None,
        Role::Timeout { .. } => edge.detail.as_ref()?.told(),
        Role::OnError(code) | Role::OnEscalation(code) => code.clone(),
        role => Some(role.to_string()),
    }
}

/// Returns the label of an edge in a picture, shortened if it is long.
fn label_of(edge: &Edge) -> Option<String> {
    const LONGEST: usize = 24;
    let label = words_of(edge)?;
    if label.chars().count() <= LONGEST {
        return Some(label);
    }
    let start: String = label.chars().take(LONGEST - 1).collect();
    Some(format!("{}…", start.trim_end()))
}

/// Escapes a text for XML and HTML, and leaves out characters that XML does not allow.
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
