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
}

impl Mark {
    fn symbol(self) -> char {
        match self {
            Self::Untouched => '·',
            Self::Passed => '✓',
            Self::Active => '●',
        }
    }
}

impl Graph {
    /// A chart for a terminal: a line for each node, with its mark, its kind and the ways out of it.
    ///
    /// `mark` is asked for each node by index.
    pub fn outline(&self, mark: impl Fn(usize) -> Mark) -> String {
        let width = self.nodes().iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (index, node) in self.nodes().iter().enumerate() {
            let line = format!(
                "{} {:width$}  {:11}  {}",
                mark(index).symbol(),
                node.name,
                node.kind.name(),
                self.ways_out(index)
            );
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn ways_out(&self, node: usize) -> String {
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
                Kind::Start | Kind::StartHandle | Kind::End => ("([", "])"),
                Kind::If | Kind::Switch => ("{", "}"),
                Kind::Split | Kind::Join => ("{{", "}}"),
                Kind::Function => ("[[", "]]"),
                Kind::View | Kind::Handle => ("[", "]"),
            };
            let _ = writeln!(text, "    n{index}{open}\"{}\"{close}", escaped(&node.title));
        }
        for edge in self.edges() {
            let label = match &edge.role {
                Role::Next | Role::Branch(crate::Selection::Always) => String::new(),
                role => format!("|\"{}\"|", escaped(&role.to_string())),
            };
            let _ = writeln!(text, "    n{} -->{label} n{}", edge.from, edge.to);
        }
        text
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
