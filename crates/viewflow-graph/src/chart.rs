//! Charts for terminals and for pages that draw Mermaid.

use std::fmt::Write as _;

use crate::graph::Graph;
use crate::kind::{Kind, Role};

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

impl Mark {
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
    /// A chart for a terminal: a line for each node, with its mark, its kind and the ways out of it.
    ///
    /// `mark` is asked for each node by index.
    pub fn outline(&self, mark: impl Fn(usize) -> Mark) -> String {
        let width = self.nodes().iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
        let kinds = self.nodes().iter().map(|node| node.kind.name().len()).max().unwrap_or(0);
        let mut text = String::new();
        for (index, node) in self.nodes().iter().enumerate() {
            let line = format!(
                "{} {:width$}  {:kinds$}  {}",
                mark(index).symbol(),
                node.name,
                node.kind.name(),
                self.told_ways(index)
            );
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn told_ways(&self, node: usize) -> String {
        let ways = self.out(node).map(|(_, edge)| {
            let target = &self.nodes()[edge.to].name;
            match &edge.role {
                Role::Next => format!("→ {target}"),
                role => format!("{role} → {target}"),
            }
        });
        ways.collect::<Vec<_>>().join(", ")
    }

    /// A chart in the Mermaid language, which many pages draw.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for (index, node) in self.nodes().iter().enumerate() {
            let (open, close) = match node.kind {
                kind if kind.is_start() || kind.is_end() => ("([", "])"),
                Kind::If | Kind::Switch => ("{", "}"),
                Kind::Split | Kind::SplitFirst | Kind::Join => ("{{", "}}"),
                Kind::Subprocess | Kind::NSubprocess => ("[[", "]]"),
                Kind::View | Kind::ManualTask | Kind::Handle | Kind::Job => ("[", "]"),
                kind if kind.is_function() => ("[[", "]]"),
                _ => ("((", "))"),
            };
            let _ = writeln!(text, "    n{index}{open}\"{}\"{close}", escaped(&node.title));
        }
        for edge in self.edges() {
            let label = match &edge.role {
                Role::Next | Role::Branch(crate::Selection::Always) => String::new(),
                role => format!("|\"{}\"|", escaped(&role.to_string())),
            };
            let arrow = if edge.role.is_boundary() || edge.role == Role::Compensation { "-.->" } else { "-->" };
            let _ = writeln!(text, "    n{} {arrow}{label} n{}", edge.from, edge.to);
        }
        text
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
