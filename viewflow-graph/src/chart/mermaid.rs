//! Charts in the Mermaid language.

use std::fmt::Write as _;

use super::{escaped, leaves_the_border, told_way};
use crate::graph::Graph;
use crate::kind::{Drawn, Group};

impl Graph {
    /// Returns a chart in the Mermaid language, which many web sites can draw.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for (index, node) in self.nodes().iter().enumerate() {
            let (open, close) = match (node.kind.group(), node.kind.drawn()) {
                (Group::Start | Group::End, _) => ("([", "])"),
                (Group::Choice, _) => ("{", "}"),
                (Group::Split | Group::Join, _) => ("{{", "}}"),
                (Group::Children | Group::Function, _) => ("[[", "]]"),
                (_, Drawn::Task(..)) => ("[", "]"),
                _ => ("((", "))"),
            };
            let _ = writeln!(text, "    n{index}{open}\"{}\"{close}", escaped(&node.title));
        }
        for edge in self.edges() {
            let label = told_way(edge).map_or(String::new(), |way| format!("|\"{}\"|", escaped(&way)));
            let arrow = if leaves_the_border(&edge.role) { "-.->" } else { "-->" };
            let _ = writeln!(text, "    n{} {arrow}{label} n{}", edge.from, edge.to);
        }
        text
    }
}
