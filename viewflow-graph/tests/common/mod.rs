//! Graphs written as a few lines of text.

use viewflow_graph::{Graph, Kind, Role, Selection};

/// Returns the graph of lines such as `start: Start -> review` and `fork: Split -> pack, pay? , each*`.
///
/// The first target of an `If` is its `then`. After a branch of a split, `?` makes it conditional and `*` per item. A
/// sign before a target gives the edge another role:
///
/// - `!` the `otherwise` of a split
/// - `~` a timeout that interrupts the task
/// - `&` a timeout beside the task
/// - `#` an error
/// - `^` an escalation
/// - `<` the function that undoes the node
/// - `=` a case of a person's decision
pub(crate) fn graph(text: &str) -> Graph {
    let mut graph = Graph::new("test");
    let lines: Vec<(&str, &str, &str)> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (node, targets) = line.split_once("->").unwrap_or((line, ""));
            let (name, kind) = node.split_once(':').expect("name: Kind");
            (name.trim(), kind.trim(), targets)
        })
        .collect();
    for (name, kind, _) in &lines {
        graph.node(*name, Kind::from_name(kind).expect("a kind"));
    }
    for (from, (_, kind, targets)) in lines.iter().enumerate() {
        for (number, target) in targets.split(',').map(str::trim).filter(|target| !target.is_empty()).enumerate() {
            let name = target.trim_matches(['?', '*', '!', '~', '&', '#', '<', '^', '=']);
            let role = match (*kind, number) {
                _ if target.starts_with('~') => Role::Timeout { interrupting: true },
                _ if target.starts_with('&') => Role::Timeout { interrupting: false },
                _ if target.starts_with('#') => Role::OnError(None),
                _ if target.starts_with('<') => Role::Compensation,
                _ if target.starts_with('=') => Role::Case(number.to_string()),
                _ if target.starts_with('^') => Role::OnEscalation(None),
                ("If", 0) => Role::Then,
                ("If", _) => Role::Otherwise,
                ("Switch", _) => Role::Case(number.to_string()),
                ("Split" | "SplitFirst", _) if target.starts_with('!') => Role::Otherwise,
                ("Split" | "SplitFirst", _) if target.ends_with('?') => Role::Branch(Selection::Conditional),
                ("Split" | "SplitFirst", _) if target.ends_with('*') => Role::Branch(Selection::PerItem),
                ("Split" | "SplitFirst", _) => Role::Branch(Selection::Always),
                _ => Role::Next,
            };
            graph.edge(from, role, graph.find(name).unwrap_or_else(|| panic!("a node `{name}`")));
        }
    }
    graph
}
