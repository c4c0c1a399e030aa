//! Charts in the language of Graphviz.

use std::fmt::Write as _;

use super::{Figure, Gateway, leaves_the_border, told_way};
use crate::graph::Graph;

impl Graph {
    /// Returns a chart in DOT, the language of Graphviz.
    ///
    /// ```
    /// use viewflow_graph::{Graph, Kind, Role};
    ///
    /// let mut graph = Graph::new("hello");
    /// let start = graph.node("start", Kind::Start);
    /// let end = graph.node("end", Kind::End);
    /// graph.edge(start, Role::Next, end);
    /// assert!(graph.dot().contains("start -> end"));
    /// ```
    pub fn dot(&self) -> String {
        let sound = self.check().ok();
        let mut text = format!("digraph {} {{\n    rankdir=LR\n    label={}\n", id(&self.name), quoted(&self.title));
        for (index, node) in self.nodes().iter().enumerate() {
            let shape = match self.figure(index) {
                Figure::Task if node.kind.has_children() => "box, peripheries=2",
                Figure::Task => "box, style=rounded",
                Figure::Event if node.kind.is_start() => "circle",
                Figure::Event if node.kind.is_end() => "circle, penwidth=3",
                Figure::Event => "doublecircle",
                Figure::Gateway => "diamond",
            };
            let sign = match (self.figure(index), self.gateway(sound.as_ref(), index)) {
                (Figure::Gateway, Gateway::Exclusive) => "×\n",
                (Figure::Gateway, Gateway::Parallel) => "+\n",
                (Figure::Gateway, Gateway::Inclusive) => "○\n",
                (Figure::Gateway, Gateway::EventBased) => "⬠\n",
                (Figure::Gateway, Gateway::Complex) => "*\n",
                _ => "",
            };
            let title = quoted(&format!("{sign}{}", node.title));
            let _ = writeln!(text, "    {} [label={title}, shape={shape}]", id(&node.name));
        }
        for edge in self.edges() {
            let label = told_way(edge).map(|way| format!("label={}", quoted(&way)));
            let style = leaves_the_border(&edge.role).then(|| "style=dashed".to_owned());
            let options: Vec<String> = label.into_iter().chain(style).collect();
            let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
            let name = |node: usize| id(&self.nodes()[node].name);
            let _ = writeln!(text, "    {} -> {}{options}", name(edge.from), name(edge.to));
        }
        text.push_str("}\n");
        text
    }
}

/// Writes a name, in quotes unless it is plain.
fn id(name: &str) -> String {
    const WORDS: [&str; 6] = ["node", "edge", "graph", "digraph", "subgraph", "strict"];
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let plain =
        name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit()) && name.bytes().next().is_some_and(letter);
    let word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
    if plain && !word { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
