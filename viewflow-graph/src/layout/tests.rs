//! Properties that the chart of every flow has.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

#[path = "../../tests/judge/random.rs"]
mod random;

type Point = (i32, i32);

/// Gives nodes boxes of several sizes, some of them titles below, and some edges labels.
fn measures(graph: &Graph) -> Measures {
    let boundaries = |node: usize| graph.out(node).filter(|(_, edge)| leaves_the_border(&edge.role)).count();
    let size = |node: usize| match if boundaries(node) > 0 { 0 } else { node % 3 } {
        0 => Size { width: 120, half: 60, border: 30, up: 30, down: 30 },
        1 => Size { width: 90, half: 20, border: 20, up: 20, down: 40 },
        _ => Size { width: 40, half: 16, border: 16, up: 16, down: 30 },
    };
    Measures {
        nodes: (0..graph.nodes().len()).map(size).collect(),
        labels: (0..graph.edges().len()).map(|edge| if edge % 2 == 0 { 50 } else { 0 }).collect(),
        gap: 20,
        line: (10, 6),
        stub: 14,
        track: 10,
        arrow: 18,
        boundary: 24,
        boundaries: Boundaries { first: 10, next: 10 },
    }
}

/// Returns the borders of a node's shape: left, top, right, bottom.
fn shape(layout: &Layout, measures: &Measures, node: usize) -> (i32, i32, i32, i32) {
    let ((x, y), size) = (layout.nodes[node], measures.nodes[node]);
    (x - size.half, y - size.up, x + size.half, y + size.border)
}

fn pieces(route: &Route) -> impl Iterator<Item = (Point, Point)> {
    route.points.windows(2).map(|pair| (pair[0], pair[1]))
}

/// Whether a line along an axis goes through the inside of a box.
fn goes_through(((x, y), (to_x, to_y)): (Point, Point), (left, top, right, bottom): (i32, i32, i32, i32)) -> bool {
    x.min(to_x) < right && x.max(to_x) > left && y.min(to_y) < bottom && y.max(to_y) > top
}

/// Returns how far two lines along the same axis overlap.
fn overlap((a, b): (Point, Point), (c, d): (Point, Point)) -> i32 {
    let shared = |a: i32, b: i32, c: i32, d: i32| a.max(b).min(c.max(d)) - a.min(b).max(c.min(d));
    match (a.0 == b.0 && c.0 == d.0 && a.0 == c.0, a.1 == b.1 && c.1 == d.1 && a.1 == c.1) {
        (true, _) => shared(a.1, b.1, c.1, d.1),
        (_, true) => shared(a.0, b.0, c.0, d.0),
        _ => 0,
    }
}

/// Describes the first fault that a person would find in the chart.
fn blemish(graph: &Graph) -> Option<String> {
    let measures = measures(graph);
    let layout = layout(graph, &measures);
    let nodes = graph.nodes().len();
    let around = |node: usize| {
        let ((x, y), size) = (layout.nodes[node], measures.nodes[node]);
        (x - size.width / 2, y - size.up, x + size.width / 2, y + size.down)
    };
    for node in 0..nodes {
        let (left, top, right, bottom) = around(node);
        if left < 0 || top < 0 || right > layout.width || bottom > layout.height {
            return Some(format!("n{node} is outside of the chart"));
        }
        for other in 0..node {
            let (other_left, other_top, other_right, other_bottom) = around(other);
            if left < other_right && other_left < right && top < other_bottom && other_top < bottom {
                return Some(format!("n{other} and n{node} lie over each other"));
            }
        }
    }
    for (index, (edge, route)) in graph.edges().iter().zip(&layout.edges).enumerate() {
        let (from, to) = (shape(&layout, &measures, edge.from), shape(&layout, &measures, edge.to));
        let (begin, end) = (route.points[0], route.points[route.points.len() - 1]);
        let begins = if leaves_the_border(&edge.role) {
            begin.1 == from.3 && from.0 < begin.0 && begin.0 < from.2
        } else {
            begin.0 == from.2
        };
        if !begins || end != (to.0, layout.nodes[edge.to].1) {
            return Some(format!("edge {index} does not go from n{} to n{}", edge.from, edge.to));
        }
        for (a, b) in pieces(route) {
            if a.0 != b.0 && a.1 != b.1 {
                return Some(format!("edge {index} is aslant"));
            }
            if a.0.min(b.0) < 0 || a.0.max(b.0) > layout.width || a.1.min(b.1) < 0 || a.1.max(b.1) > layout.height {
                return Some(format!("edge {index} is outside of the chart"));
            }
            if let Some(node) = (0..nodes).find(|node| goes_through((a, b), shape(&layout, &measures, *node))) {
                return Some(format!("edge {index} goes through n{node}"));
            }
        }
        for (other, (another, line)) in graph.edges()[..index].iter().zip(&layout.edges).enumerate() {
            let together = edge.to == another.to || (edge.from == another.from && begin == line.points[0]);
            let over = pieces(route).any(|own| pieces(line).any(|other| overlap(own, other) > 0));
            let same = route.points == line.points;
            if (over && !together) || same {
                return Some(format!("edges {other} and {index} run over each other"));
            }
        }
    }
    None
}

#[test]
fn no_line_goes_through_a_box_or_over_another_line_and_no_box_lies_over_another() {
    let cases = std::env::var("CHARTED").ok().map_or(3_000, |number| number.parse().expect("a number of flows"));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&random::graphs(), |graph| {
        let text = graph.outline(|_| viewflow_graph::Mark::Untouched);
        prop_assert_eq!(blemish(&graph), None, "{}", text);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn the_longest_way_goes_straight_on() {
    let mut graph = Graph::new("f");
    let [start, ask, pay, end] =
        ["start", "ask", "pay", "end"].map(|name| graph.node(name, viewflow_graph::Kind::View));
    graph.edge(start, Role::Next, ask);
    graph.edge(ask, Role::Otherwise, end);
    graph.edge(ask, Role::Then, pay);
    graph.edge(pay, Role::Next, end);
    let layout = layout(&graph, &measures(&graph));
    let rows: Vec<i32> = layout.nodes.iter().map(|(_, y)| *y).collect();
    assert!(rows.iter().all(|row| *row == rows[0]), "{rows:?}");
}
