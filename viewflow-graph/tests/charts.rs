//! Charts: their content and their look.
//!
//! `CHARTS=directory cargo test -p viewflow-graph --test charts` writes the charts of all flows in this file to files.

use std::time::Duration;

use viewflow_graph::{Detail, Graph, Kind, Mark, Role};

use common::graph;

mod common;

/// A flow with every kind of node.
fn every_kind() -> Graph {
    let mut graph = graph(
        "start: Start -> how
         by_hand: StartHandle -> how
         at_night: StartTimer -> how
         how: Switch -> post, courier, many, look
         post: View -> again, ~late, &remind
         courier: Subprocess -> again, #failed
         many: NSubprocess -> again, #failed, ^told
         look: ManualTask -> rule
         rule: BusinessRule -> again
         remind: SendHandle -> reminded
         reminded: End
         late: Terminate
         failed: ErrorEnd
         told: Function -> reminded
         again: If -> race, how
         race: SplitFirst -> wait, hear, mail, holds
         wait: Timer -> fork
         hear: SignalCatch -> fork
         mail: MessageCatch -> fork
         holds: ConditionalCatch -> fork
         choose: SplitFirst -> shipped, asked
         shipped: Handle -> diagram
         asked: View -> =diagram, =plane, ~late
         diagram: View -> plane
         plane: Job -> end, #failed
         fork: Split -> each*, one, maybe?
         each: View -> gather
         one: Job -> gather, <undo, #undoing
         undo: Function
         undoing: CompensateThrow -> gather
         maybe: MessageCatch -> gather, ~gather
         gather: Join -> call
         call: SignalThrow -> tell
         tell: MessageThrow -> rise
         rise: EscalationThrow -> choose
         end: End",
    );
    graph.name = "every_kind".into();
    graph.set_flow_title("Every kind of <node> & \"edge\"");
    let set = |graph: &mut Graph, name: &str, detail| {
        let node = graph.find(name).expect("a node");
        graph.set_detail(node, detail);
    };
    set(&mut graph, "at_night", Detail::Cron("0 3 * * * UTC".to_owned()));
    set(&mut graph, "wait", Detail::After(Duration::from_hours(36)));
    set(&mut graph, "hear", Detail::Named("storm".to_owned()));
    set(&mut graph, "call", Detail::Named("storm".to_owned()));
    let timeouts = (0..graph.edges().len()).filter(|edge| matches!(graph.edges()[*edge].role, Role::Timeout { .. }));
    for (edge, hours) in timeouts.collect::<Vec<_>>().into_iter().zip([72, 24, 1]) {
        graph.set_timeout(edge, Detail::After(Duration::from_secs(hours * 3600)));
    }
    for name in ["courier", "many"] {
        let node = graph.find(name).expect("a node");
        graph.set_child(node, "parcel", "start");
    }
    graph
}

/// The shipment flow of Viewflow's demo.
fn shipment() -> Graph {
    let mut graph = graph(
        "start: Start -> split_clerk_warehouse
         split_clerk_warehouse: Split -> shipment_type, package_goods
         shipment_type: View -> delivery_mode, &remind_clerk
         remind_clerk: End
         delivery_mode: If -> check_insurance, request_quotes
         request_quotes: View -> join_clerk_warehouse
         check_insurance: View -> split_on_insurance
         split_on_insurance: Split -> take_extra_insurance?, fill_post_label
         fill_post_label: View -> join_on_insurance
         take_extra_insurance: View -> join_on_insurance
         join_on_insurance: Join -> join_clerk_warehouse
         package_goods: View -> join_clerk_warehouse
         join_clerk_warehouse: Join -> move_package
         move_package: View -> end
         end: End",
    );
    graph.name = "shipment".into();
    graph
}

/// The bill flow of Viewflow's demo.
fn bills() -> Graph {
    let mut graph = graph(
        "register_bill: Start -> accept_bill
         accept_bill: View -> =sign_bill, =incorrect_bill
         incorrect_bill: End
         sign_bill: View -> =validate_bill, =bill_rejected
         bill_rejected: End
         validate_bill: View -> =set_bill_paydate, =accept_bill
         set_bill_paydate: View -> pay_bill
         pay_bill: View -> bill_paid
         bill_paid: End",
    );
    graph.name = "bills".into();
    let titles = ["Accept", "Incorrect", "Sign", "Reject", "Valid", "Begin again"];
    let cases = (0..graph.edges().len()).filter(|edge| matches!(graph.edges()[*edge].role, Role::Case(_)));
    for (edge, title) in cases.collect::<Vec<_>>().into_iter().zip(titles) {
        graph.set_edge_title(edge, title);
    }
    graph
}

#[test]
fn every_flow_here_is_sound_and_has_all_its_charts() {
    for graph in [every_kind(), shipment(), bills()] {
        let told = graph.check().map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(told.is_ok(), "{told:?}");
        let marks = [Mark::Passed, Mark::Active, Mark::Failed, Mark::Untouched];
        let mark = |node: usize| if graph.name == "every_kind" { marks[node % 4] } else { Mark::Untouched };
        let charts =
            [("svg", graph.svg(mark)), ("bpmn", graph.bpmn()), ("dot", graph.dot()), ("txt", graph.drawing(mark))];
        for (form, chart) in &charts {
            for node in graph.nodes().iter().filter(|node| node.title.chars().count() < 16) {
                assert!(chart.contains(&node.title), "`{}` is not in the {form}:\n{chart}", node.title);
            }
            let markup = matches!(*form, "svg" | "bpmn");
            assert!(!markup || !chart.contains("<node>"), "titles are written as text in the {form}");
        }
        if let Some(directory) = std::env::var_os("CHARTS").map(std::path::PathBuf::from) {
            std::fs::create_dir_all(&directory).unwrap();
            for (form, chart) in &charts {
                std::fs::write(directory.join(format!("{}.{form}", graph.name)), chart).unwrap();
            }
        }
    }
    let kinds: Vec<Kind> = every_kind().nodes().iter().map(|node| node.kind).collect();
    assert_eq!(Kind::ALL.iter().find(|kind| !kinds.contains(kind)), None);
}

#[test]
fn a_chart_for_a_terminal_is_drawn_with_boxes_and_lines() {
    let graph = graph(
        "start: Start -> approve
         approve: View -> is_approved, ~escalate
         is_approved: If -> send, approve
         send: Job -> end
         escalate: End
         end: End",
    );
    let mark = |node| [Mark::Passed, Mark::Active].get(node).copied().unwrap_or_default();
    let drawn = "
                ┌───────────┐                                 ┌───────┐
( ✓ Start )─┬──▶│ ● Approve ├────▶<x Is approved >──┬──then──▶│  Send ├──▶(( End ))
            │   └─────────◷─┘ ┌───▶(( Escalate ))   │         └───────┘
            │             └───┘                     │
            └────────────────────────────otherwise──┘
";
    assert_eq!(format!("\n{}", graph.drawing(mark)), drawn);
}

#[test]
fn a_decision_has_a_line_with_its_title_for_each_case_and_in_bpmn_a_gateway_of_its_own() {
    let bills = bills();
    let drawn = bills.drawing(|_| Mark::Untouched);
    let mermaid = bills.mermaid();
    for title in ["Accept", "Incorrect", "Sign", "Reject", "Valid", "Begin again"] {
        assert!(drawn.contains(title), "`{title}` is not in\n{drawn}");
        assert!(mermaid.contains(&format!("|\"{title}\"|")), "`{title}` is not in\n{mermaid}");
    }
    let bpmn = bills.bpmn();
    for line in [
        "<userTask id=\"accept_bill\" name=\"Accept bill\">",
        "<exclusiveGateway id=\"accept_bill_decision.2\" name=\"\">",
        "name=\"Incorrect\" sourceRef=\"accept_bill_decision.2\" targetRef=\"incorrect_bill\">",
        "<conditionExpression xsi:type=\"tFormalExpression\">Incorrect</conditionExpression>",
    ] {
        assert!(bpmn.contains(line), "`{line}` is not in\n{bpmn}");
    }
    let flows = bpmn.matches("<sequenceFlow ").count();
    assert_eq!(flows, bills.edges().len() + 3, "and one to each gateway");
}

#[test]
fn the_charts_in_lines_show_every_node_and_edge() {
    let graph = graph("start: Start -> s\n s: Split -> a?, !end\n a: View -> end\n end: End");
    let outline = graph.outline(|node| if node == 2 { Mark::Active } else { Mark::Passed });
    assert_eq!(
        outline,
        "✓ start  Start  → s\n\
         ✓ s      Split  if → a, otherwise → end\n\
         ● a      View   → end\n\
         ✓ end    End\n"
    );
    assert_eq!(
        graph.mermaid(),
        "flowchart LR\n\
         \x20   n0([\"Start\"])\n    n1{{\"S\"}}\n    n2[\"A\"]\n    n3([\"End\"])\n\
         \x20   n0 --> n1\n    n1 -->|\"if\"| n2\n    n1 -->|\"otherwise\"| n3\n    n2 --> n3\n"
    );
    assert_eq!(
        graph.dot(),
        "digraph test {\n    rankdir=LR\n    label=\"Test\"\n    start [label=\"Start\", shape=circle]\n    \
         s [label=\"○\\nS\", shape=diamond]\n    a [label=\"A\", shape=box, style=rounded]\n    \
         end [label=\"End\", shape=circle, penwidth=3]\n    start -> s\n    s -> a [label=\"if\"]\n    \
         s -> end [label=\"otherwise\"]\n    a -> end\n}\n"
    );
}

#[test]
fn a_join_is_parallel_in_bpmn_only_where_every_branch_is_sure_to_come() {
    let elements = |graph: &Graph| {
        let bpmn = graph.bpmn();
        let join = bpmn.lines().find(|line| line.contains("id=\"gather\"")).expect("a join").trim().to_owned();
        join.split(' ').next().unwrap().to_owned()
    };
    let fork = |branch: &str| {
        graph(&format!(
            "start: Start -> fork\n fork: Split -> a, b\n a: View -> gather\n b: {branch}\n gather: Join -> end\n end: End"
        ))
    };
    assert_eq!(elements(&fork("View -> gather")), "<parallelGateway");
    assert_eq!(elements(&fork("View -> gather, ~end2\n end2: End")), "<inclusiveGateway");
    assert_eq!(elements(&fork("If -> c, gather\n c: View -> gather")), "<inclusiveGateway");
    assert_eq!(
        elements(&fork("Split -> c, d\n c: View -> inner\n d: View -> inner\n inner: Join -> gather")),
        "<parallelGateway",
        "what is joined within comes out as one"
    );
}

#[test]
fn a_large_chart_is_drawn_in_little_time() {
    let mut graph = Graph::new("large");
    let start = graph.node("start", Kind::StartHandle);
    let (failed, end) = (graph.node("failed", Kind::ErrorEnd), graph.node("end", Kind::End));
    let mut before = start;
    for number in 0..300 {
        let job = graph.node(format!("job_{number}"), Kind::Job);
        graph.edge(before, Role::Next, job);
        graph.edge(job, Role::OnError(None), failed);
        before = job;
    }
    graph.edge(before, Role::Next, end);
    let begun = std::time::Instant::now();
    assert!(graph.svg(|_| Mark::Untouched).len() > 100_000);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
}
