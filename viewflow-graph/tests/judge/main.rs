//! The rules compared with the judge.
//!
//! Flows that the rules accept cannot go wrong. Flows that they refuse can go wrong, or the rule is stricter for a
//! reason that is listed here.
//!
//! `JUDGED=100000 cargo test --release -p viewflow-graph --test judge` judges any number of flows.

mod explorer;
mod random;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use viewflow_graph::{Fault, Graph, Kind, Role, Rule, Selection, Sound};

use explorer::{Game, Verdict, Wrong, judge_alone, reading};

/// The rules that refuse some flows that cannot go wrong, each with its reason.
const STRICTER: &[(Rule, &str)] = &[
    (Rule::FirstBranchWaits, "a branch that does not begin by waiting always wins, so that the others are no choice"),
    (
        Rule::EndsAtOnce,
        "where the other branches are done in the step that ends the process, it is the order alone that lets them be done",
    ),
    (
        Rule::SplitClosedTwice,
        "a split that takes one branch alone on every run could have a join for each: it is an `If` that is meant",
    ),
];

/// Whether the fault is a token that never comes to an end, whatever way it takes.
///
/// If another token can end the whole process, the process does come to its end. The flow is refused even so. People
/// would get such a task again and again, and only the other token keeps the process from running for ever.
fn goes_round_for_ever(graph: &Graph, fault: &Fault) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), Vec::from_iter(fault.node));
    while let Some(node) = open.pop() {
        if seen.insert(node) {
            open.extend(graph.out(node).filter(|(_, way)| way.role != Role::Compensation).map(|(_, way)| way.to));
        }
    }
    fault.rule == Rule::NoWayToAnEnd && !seen.is_empty() && seen.iter().all(|node| !graph.nodes()[*node].kind.is_end())
}

/// Returns a runner that draws the same 5,000 flows each time, or as many others as `JUDGED` asks for.
fn runner() -> TestRunner {
    let wanted = std::env::var("JUDGED").ok().map(|number| number.parse().expect("`JUDGED` is a number of flows"));
    let config = Config {
        cases: wanted.unwrap_or(5_000),
        max_shrink_iters: std::env::var("SHRINK").ok().and_then(|times| times.parse().ok()).unwrap_or(20_000),
        failure_persistence: None,
        ..Config::default()
    };
    match wanted {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    }
}

fn closes(graph: &Graph, sound: &Sound) -> BTreeMap<usize, usize> {
    let joins = (0..graph.nodes().len()).filter(|node| graph.nodes()[*node].kind == Kind::Join);
    joins.filter_map(|join| Some((join, sound.split_of(join)?))).collect()
}

/// Returns a flow whose nodes are numbered in this order.
fn flow(kinds: &[Kind], edges: &[(usize, Role, usize)]) -> Graph {
    let mut graph = Graph::new("f");
    for kind in kinds {
        graph.node(format!("n{}", graph.nodes().len()), *kind);
    }
    for (from, role, to) in edges {
        graph.edge(*from, role.clone(), *to);
    }
    graph
}

const ALWAYS: Role = Role::Branch(Selection::Always);

#[test]
fn the_judge_sees_that_a_process_is_stuck() {
    // Each branch comes to a join of its own, and each join waits for the other branch.
    let kinds = [Kind::StartHandle, Kind::Split, Kind::View, Kind::Join, Kind::Join, Kind::End];
    let edges = [
        (0, Role::Next, 1),
        (1, ALWAYS, 2),
        (1, ALWAYS, 3),
        (2, Role::Next, 4),
        (3, Role::Next, 5),
        (4, Role::Next, 5),
    ];
    let graph = flow(&kinds, &edges);
    let verdict = Game::new(&graph, BTreeMap::from([(3, 1), (4, 1)])).judge();
    let Verdict::Bad(Wrong::Stuck(state)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(state.waiting(), Vec::<usize>::new(), "both branches are in their joins");
}

#[test]
fn the_judge_sees_what_is_never_done_never_reached_and_done_twice() {
    let kinds = [Kind::StartHandle, Kind::View, Kind::View, Kind::View, Kind::End];
    let straight = [(0, Role::Next, 1), (1, Role::Next, 2), (2, Role::Next, 3), (3, Role::Next, 4)];
    assert_eq!(Game::new(&flow(&kinds, &straight), BTreeMap::new()).judge(), Verdict::Good);

    let mut round = straight.clone();
    round[3].2 = 2;
    let verdict = Game::new(&flow(&kinds, &round), BTreeMap::new()).judge();
    let Verdict::Bad(Wrong::NeverDone(state)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(state.waiting(), [1]);

    let mut past = straight.clone();
    past[1].2 = 3;
    assert_eq!(Game::new(&flow(&kinds, &past), BTreeMap::new()).judge(), Verdict::Bad(Wrong::Dead(2)));

    let beside = [&straight[..], &[(1, Role::Timeout { interrupting: false }, 3)]].concat();
    assert_eq!(Game::new(&flow(&kinds, &beside), BTreeMap::new()).judge(), Verdict::Bad(Wrong::Twice(3)));
}

#[test]
fn the_judge_lets_pass_whoever_waits_for_a_condition_only_where_it_holds() {
    let kinds = [Kind::StartHandle, Kind::ConditionalCatch, Kind::End];
    let graph = flow(&kinds, &[(0, Role::Next, 1), (1, Role::Next, 2)]);
    let begun = |holds: bool| Game::new(&graph, BTreeMap::new()).where_conditions_hold(holds).begin(0).unwrap();
    assert_eq!(begun(true), [explorer::State::Done]);
    let waiting: Vec<Vec<usize>> = begun(false).iter().map(explorer::State::waiting).collect();
    assert_eq!(waiting, [[1]]);
}

#[test]
fn what_goes_round_for_ever_is_refused_even_where_another_token_ends_the_process() {
    let kinds = [Kind::StartHandle, Kind::View, Kind::View, Kind::Terminate];
    let edges =
        [(0, Role::Next, 1), (1, Role::Timeout { interrupting: false }, 2), (1, Role::Next, 3), (2, Role::Next, 2)];
    let graph = flow(&kinds, &edges);
    assert_eq!(judge_alone(&graph), Verdict::Good);
    let faults = graph.check().unwrap_err();
    assert!(faults.iter().all(|fault| goes_round_for_ever(&graph, fault)), "{faults:?}");
    // A node that has a way out of the circle is not refused for this reason.
    let mut out = flow(&kinds, &edges);
    out.edge(2, Role::Timeout { interrupting: true }, 3);
    assert!(!goes_round_for_ever(&out, &faults[0]));
}

#[test]
fn what_the_rules_accept_cannot_go_wrong_and_what_they_refuse_can() {
    let told: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let count = |what: String| *told.borrow_mut().entry(what).or_default() += 1;
    let result = runner().run(&random::graphs(), |graph| {
        let text = graph.outline(|_| viewflow_graph::Mark::Untouched);
        match graph.check() {
            Ok(sound) => match Game::new(&graph, closes(&graph, &sound)).judge() {
                Verdict::Good => {
                    prop_assert_eq!(closes(&graph, &sound), reading(&graph), "what the joins close\n{}", text);
                    count("accepted, and good".to_owned());
                }
                Verdict::Unknown => count("accepted, too large to judge".to_owned()),
                Verdict::Bad(wrong) => prop_assert!(false, "accepted, but {wrong:?}\n{text}"),
            },
            Err(faults) => match judge_alone(&graph) {
                Verdict::Bad(_) => count("refused, and bad".to_owned()),
                Verdict::Unknown => count("refused, too large to judge".to_owned()),
                Verdict::Good => {
                    let rules: Vec<Rule> = faults.iter().map(|fault| fault.rule).collect();
                    let stricter = |fault: &Fault| {
                        STRICTER.iter().any(|(stricter, _)| *stricter == fault.rule)
                            || goes_round_for_ever(&graph, fault)
                    };
                    prop_assert!(faults.iter().all(stricter), "refused with {rules:?}, but good\n{text}");
                    count(format!("refused by {}, which is stricter", rules[0]));
                }
            },
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let told = told.borrow();
    println!("{told:#?}");
    let of = |what: &str| told.get(what).copied().unwrap_or(0);
    let all: u32 = told.values().sum();
    assert!(of("accepted, and good") * 8 > all && of("refused, and bad") * 3 > all, "of each there are enough");
    assert!(of("refused, too large to judge") * 8 < all, "few are too large");
}
