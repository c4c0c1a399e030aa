//! Graphs as data for other programs.

use serde_json::json;
use viewflow_graph::{Graph, Kind, Mark, Role};

#[test]
fn a_graph_is_json_with_the_names_of_its_nodes() {
    let mut graph = Graph::new("hello");
    let start = graph.node("start", Kind::Start);
    let approve = graph.node("approve", Kind::View);
    let end = graph.node("end", Kind::End);
    graph.edge(start, Role::Next, approve);
    graph.edge(approve, Role::Case("Accept".to_owned()), end);
    let told = serde_json::to_value(&graph).unwrap();
    assert_eq!(told["name"], json!("hello"));
    assert_eq!(told["nodes"][1]["name"], json!("approve"));
    assert_eq!(told["nodes"][1]["kind"], json!("View"));
    assert_eq!(told["edges"][0], json!({"from": "start", "to": "approve", "role": Role::Next.to_string()}));
    assert_eq!((&told["edges"][1]["from"], &told["edges"][1]["to"]), (&json!("approve"), &json!("end")));
    assert_eq!(serde_json::to_value([Mark::Active, Mark::Untouched]).unwrap(), json!(["active", "untouched"]));
}
