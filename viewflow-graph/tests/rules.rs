//! Every rule: flows that break it, the place of the fault, and flows that pass.

use std::time::Instant;

use viewflow_graph::{Graph, Kind, Role, Rule, Selection, Spot};

use common::graph;

mod common;

/// Returns the rule and the node of each fault.
fn faults(text: &str) -> Vec<(Rule, String)> {
    let graph = graph(text);
    let Err(faults) = graph.check() else { panic!("this is sound:\n{text}") };
    let name = |node: Option<usize>| node.map_or(String::new(), |node| graph.nodes()[node].name.clone());
    faults.into_iter().map(|fault| (fault.rule, name(fault.node))).collect()
}

fn one(rule: Rule, node: &str) -> Vec<(Rule, String)> {
    vec![(rule, node.to_owned())]
}

fn sound(text: &str) {
    graph(text).check().unwrap_or_else(|faults| panic!("{}\n{text}", faults[0]));
}

#[test]
fn a_straight_flow_is_sound() {
    sound("start: Start -> review\n review: View -> end\n end: End");
}

#[test]
fn every_kind_needs_its_edges() {
    let needs = |kind: &str, targets: &str| faults(&format!("start: Start -> x\n x: {kind} -> {targets}\n end: End"));
    for kind in ["View", "Handle", "Function"] {
        assert_eq!(needs(kind, ""), one(Rule::MissingEdge, "x"), "{kind}");
        assert_eq!(needs(kind, "end, end"), one(Rule::ExtraEdge, "x"), "{kind}");
    }
    for kind in ["If", "Switch", "Split"] {
        assert_eq!(needs(kind, ""), one(Rule::MissingEdge, "x"), "{kind}");
    }
    assert_eq!(needs("If", "end"), one(Rule::MissingEdge, "x"));
    assert_eq!(needs("If", "end, end, end"), one(Rule::ExtraEdge, "x"));
    assert_eq!(faults("start: Start -> end\n end: End -> end"), one(Rule::ExtraEdge, "end"));
}

#[test]
fn an_edge_of_another_kind_is_told() {
    let mut graph = graph("start: Start -> view\n view: View -> end\n end: End");
    graph.edge(1, Role::Then, 2);
    let faults = graph.check().unwrap_err();
    assert_eq!(faults[0].message, "`view` is a `View`, which takes no `#[then(..)]`");
    assert_eq!(faults[0].spots, [Spot::Edge(2)]);
}

#[test]
fn a_flow_has_a_start_and_an_end() {
    assert_eq!(faults("view: View -> end\n end: End"), one(Rule::NoStart, ""));
    assert_eq!(faults("start: Start -> view\n view: View -> view"), one(Rule::NoWayToAnEnd, ""));
    assert_eq!(
        faults("start: Start -> view\n view: View -> start"),
        [(Rule::IntoStart, "view".to_owned()), (Rule::NoWayToAnEnd, String::new())]
    );
}

#[test]
fn only_the_head_of_what_is_unreachable_is_told() {
    let text = "start: Start -> end\n a: View -> b\n b: View -> c\n c: View -> end\n end: End";
    assert_eq!(faults(text), one(Rule::UnreachableNode, "a"));
    let ring = "start: Start -> end\n a: View -> b\n b: View -> a\n end: End";
    assert_eq!(faults(ring)[0], (Rule::UnreachableNode, "a".to_owned()));
    assert_eq!(faults(ring).len(), 1);
}

#[test]
fn a_loop_without_a_way_out_is_told_once() {
    let text = "start: Start -> if\n if: If -> end, a\n a: View -> b\n b: View -> a\n end: End";
    assert_eq!(faults(text), one(Rule::NoWayToAnEnd, "a"));
    sound("start: Start -> a\n a: View -> if\n if: If -> end, a\n end: End");
}

#[test]
fn a_loop_waits_somewhere() {
    let text = "start: Start -> f\n f: Function -> if\n if: If -> end, f\n end: End";
    assert_eq!(faults(text), one(Rule::AutomaticLoop, "f"));
    let self_loop = "start: Start -> if\n if: If -> end, if\n end: End";
    assert_eq!(faults(self_loop), one(Rule::AutomaticLoop, "if"));
    let through_a_join = "start: Start -> s\n s: Split -> j, j\n j: Join -> if\n if: If -> end, s\n end: End";
    assert_eq!(faults(through_a_join), one(Rule::AutomaticLoop, "s"));
    sound("start: Start -> f\n f: Function -> h\n h: Handle -> if\n if: If -> end, f\n end: End");
}

#[test]
fn a_join_closes_its_split() {
    assert_eq!(faults("start: Start -> j\n j: Join -> end\n end: End"), one(Rule::JoinWithoutSplit, "j"));
    let exclusive = "start: Start -> if\n if: If -> a, b\n a: View -> j\n b: View -> j\n j: Join -> end\n end: End";
    assert_eq!(faults(exclusive), one(Rule::JoinWithoutSplit, "j"));
    let twice = "start: Start -> s\n s: Split -> a, b\n a: View -> j\n b: View -> k\n j: Join -> end\n k: Join -> end\n end: End";
    assert_eq!(faults(twice), one(Rule::SplitClosedTwice, "k"));
    sound("start: Start -> s\n s: Split -> a, b\n a: View -> j\n b: View -> j\n j: Join -> end\n end: End");
    sound("start: Start -> s\n s: Split -> j, b\n b: View -> j\n j: Join -> end\n end: End");
}

#[test]
fn a_node_is_inside_a_split_or_outside_it() {
    let text = "start: Start -> s\n s: Split -> a, b\n a: View -> j\n b: View -> j\n j: Join -> if\n if: If -> end, b\n end: End";
    assert_eq!(faults(text), one(Rule::EscapesSplit, "b"));
    let end = "start: Start -> s\n s: Split -> a, b\n a: View -> j\n b: View -> end\n j: Join -> end\n end: End";
    assert_eq!(faults(end), one(Rule::EscapesSplit, "end"));
    sound(
        "start: Start -> s\n s: Split -> a, b\n a: View -> j\n b: View -> own\n j: Join -> end\n own: End\n end: End",
    );
    let grows = "start: Start -> s\n s: Split -> a, b\n a: View -> s\n b: View -> end\n end: End";
    assert_eq!(faults(grows)[0], (Rule::EscapesSplit, "s".to_owned()));
}

#[test]
fn splits_may_be_nested_looped_and_left_open() {
    sound(
        "start: Start -> o\n o: Split -> i, c\n i: Split -> a, b\n a: View -> j\n b: View -> j\n j: Join -> k\n c: View -> k\n k: Join -> end\n end: End",
    );
    let one_join = "start: Start -> o\n o: Split -> i, c\n i: Split -> a, b\n a: View -> k\n b: View -> k\n c: View -> k\n k: Join -> end\n end: End";
    let sound_graph = graph(one_join).check().unwrap();
    let of = |name: &str| graph(one_join).find(name).unwrap();
    assert_eq!((sound_graph.join_of(of("o")), sound_graph.join_of(of("i"))), (Some(of("k")), None));
    assert_eq!(sound_graph.split_of(of("k")), Some(of("o")));
    assert_eq!(sound_graph.scope(of("a")), [of("o"), of("i")]);
    assert_eq!(sound_graph.scope(of("end")), [0_usize; 0]);
    sound(
        "start: Start -> s\n s: Split -> a, b\n a: View -> again\n again: If -> a, j\n b: View -> j\n j: Join -> more\n more: If -> s, end\n end: End",
    );
    sound("start: Start -> s\n s: Split -> a, b\n a: View -> end\n b: View -> end\n end: End");
}

#[test]
fn a_split_knows_what_to_do_without_branches() {
    let tail = "a: View -> j\n b: View -> j\n j: Join -> end\n end: End";
    let split = |targets: &str| format!("start: Start -> s\n s: Split -> {targets}\n {tail}");
    assert_eq!(faults(&split("a?, b?")), one(Rule::SplitWithoutBranch, "s"));
    sound(&split("a?, b"));
    sound(&split("a?, b?, !j"));
    sound(&split("a*, b?"));
    let open = "start: Start -> s\n s: Split -> a*\n a: View -> end\n end: End";
    assert_eq!(faults(open), one(Rule::SplitWithoutBranch, "s"));
    sound("start: Start -> s\n s: Split -> a*, !end\n a: View -> end\n end: End");
}

#[test]
fn an_edge_that_could_not_be_read_is_not_told_again_in_other_words() {
    let mut graph = graph("start: Start\n a: View -> j\n j: Join -> end\n end: End");
    graph.set_incomplete(0);
    assert_eq!(graph.check().unwrap_err(), []);
}

#[test]
fn an_end_inside_a_split_is_not_the_end_of_the_process() {
    let text = "start: Start -> fork\n fork: Split -> v, e\n v: View -> gather\n gather: Join -> fork\n e: End";
    assert_eq!(faults(text), one(Rule::NoWayToAnEnd, "fork"));
    sound(
        "start: Start -> fork\n fork: Split -> v, e\n v: View -> gather\n gather: Join -> if\n if: If -> fork, end\n e: End\n end: End",
    );
    sound("start: Start -> fork\n fork: Split -> v, e\n v: View -> if\n if: If -> v, own\n own: End\n e: End");
}

#[test]
fn a_split_that_always_takes_a_branch_has_no_otherwise() {
    let text = "start: Start -> s\n s: Split -> a, !b\n a: View -> j\n b: View -> j\n j: Join -> end\n end: End";
    assert_eq!(faults(text), one(Rule::ExtraEdge, "s"));
}

#[test]
fn every_kind_has_its_name_and_the_edges_it_takes() {
    for kind in Kind::ALL.iter().copied() {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
        let extra = |target: &str| faults(&format!("start: Start -> x\n x: {} -> {target}\n end: End", kind.name()));
        if kind.is_end() {
            assert_eq!(extra("end")[0], (Rule::ExtraEdge, "x".to_owned()), "{kind}");
        } else if !kind.is_start() && !kind.is_split() && !matches!(kind, Kind::If | Kind::Switch | Kind::Join) {
            sound(&format!("start: Start -> x\n x: {} -> end\n end: End", kind.name()));
        }
        let takes_timeouts = kind.waits() && kind != Kind::Timer;
        let told = extra("~end").contains(&(Rule::ExtraEdge, "x".to_owned()));
        assert_eq!(told, !takes_timeouts, "{kind}");
        let told = extra("#end").contains(&(Rule::ExtraEdge, "x".to_owned()));
        assert_eq!(told, !(kind == Kind::Job || kind.has_children()), "{kind}");
    }
}

#[test]
fn a_process_may_end_by_terminating_or_failing() {
    sound("start: Start -> a\n a: View -> stop\n stop: Terminate");
    sound("start: Start -> a\n a: View -> bad\n bad: ErrorEnd");
    sound("start: Start -> s\n s: Split -> a, b\n a: View -> stop\n b: View -> end\n stop: Terminate\n end: End");
}

#[test]
fn a_timeout_that_interrupts_is_another_way_on() {
    sound("start: Start -> a\n a: View -> end, ~late\n late: Function -> end\n end: End");
    sound("start: Start -> s\n s: Split -> a, b\n a: View -> j, ~j\n b: View -> j\n j: Join -> end\n end: End");
    let escapes =
        "start: Start -> s\n s: Split -> a, b\n a: View -> j, ~end\n b: View -> j\n j: Join -> end\n end: End";
    assert_eq!(faults(escapes), one(Rule::EscapesSplit, "end"));
    let stuck = "start: Start -> a\n a: View -> end, ~b\n b: View -> c\n c: View -> b\n end: End";
    assert_eq!(faults(stuck), one(Rule::NoWayToAnEnd, "b"));
    sound("start: Start -> a\n a: View -> a, ~end\n end: End");
}

#[test]
fn what_runs_beside_a_task_stays_beside_it_until_a_join() {
    sound("start: Start -> a\n a: View -> end, &remind\n remind: Function -> end\n end: End");
    let into = "start: Start -> a\n a: View -> b, &remind\n remind: Function -> b\n b: View -> end\n end: End";
    assert_eq!(faults(into), one(Rule::RunsIntoHost, "a"));
    let back = "start: Start -> a\n a: View -> end, &remind\n remind: Handle -> a\n end: End";
    assert_eq!(faults(back), one(Rule::RunsIntoHost, "a"));
    let through_an_interruption = "start: Start -> a\n a: View -> end, ~b, &b\n b: View -> end\n end: End";
    assert!(faults(through_an_interruption).contains(&(Rule::ExtraEdge, "a".to_owned())));
    sound(
        "start: Start -> s\n s: Split -> a, b\n a: View -> j, &remind\n remind: View -> j\n b: View -> j\n j: Join -> end\n end: End",
    );
    // A token that comes back to the task starts another reminder.
    sound(
        "start: Start -> a\n a: View -> more, &remind\n remind: Function -> done\n done: End\n more: If -> a, end\n end: End",
    );
    let endless = "start: Start -> a\n a: View -> end, &b\n b: View -> c\n c: View -> b\n end: End";
    assert_eq!(faults(endless), one(Rule::NoWayToAnEnd, "b"));
}

#[test]
fn the_branches_of_a_split_first_wait_and_go_on_outside_it() {
    let race = |kind: &str| {
        format!("start: Start -> s\n s: SplitFirst -> a, b\n a: View -> c\n b: {kind} -> c\n c: View -> end\n end: End")
    };
    for kind in ["Job", "Timer", "MessageCatch", "SignalCatch", "ConditionalCatch", "Subprocess", "Handle"] {
        sound(&race(kind));
    }
    for kind in ["Function", "SignalThrow"] {
        assert_eq!(faults(&race(kind)), one(Rule::FirstBranchWaits, "s"), "{kind}");
    }
    let joined = "start: Start -> s\n s: SplitFirst -> a, b\n a: View -> j\n b: View -> j\n j: Join -> end\n end: End";
    assert_eq!(faults(joined), one(Rule::JoinWithoutSplit, "j"));
    sound(
        "start: Start -> o\n o: Split -> s, c\n s: SplitFirst -> a, b\n a: View -> j\n b: View -> j\n c: View -> j\n j: Join -> end\n end: End",
    );
    let none = "start: Start -> s\n s: SplitFirst -> a?, b*\n a: View -> end\n b: View -> end\n end: End";
    assert_eq!(faults(none), one(Rule::SplitWithoutBranch, "s"));
}

#[test]
fn what_undoes_a_node_is_a_function_that_stands_apart() {
    sound("start: Start -> a\n a: View -> end, <undo\n undo: Function\n end: End");
    sound(
        "start: Start -> a\n a: View -> b, <undo\n b: Job -> t, <undo\n t: CompensateThrow -> end\n undo: Function\n end: End",
    );
    let view = "start: Start -> a\n a: View -> end, <undo\n undo: View\n end: End";
    assert_eq!(faults(view), one(Rule::CompensationApart, "undo"));
    let goes_on = "start: Start -> a\n a: View -> end, <undo\n undo: Function -> end\n end: End";
    assert_eq!(faults(goes_on), one(Rule::CompensationApart, "undo"));
    let led_to = "start: Start -> a\n a: View -> undo, <undo\n undo: Function\n end: End";
    assert!(faults(led_to).contains(&(Rule::CompensationApart, "a".to_owned())));
    let start = "start: Start -> end, <undo\n undo: Function\n end: End";
    assert_eq!(faults(start)[0], (Rule::ExtraEdge, "start".to_owned()));
}

#[test]
fn a_loop_through_a_condition_may_not_wait() {
    let text = "start: Start -> c\n c: ConditionalCatch -> if\n if: If -> end, c\n end: End";
    assert_eq!(faults(text), one(Rule::AutomaticLoop, "c"));
    for kind in ["SignalCatch", "MessageCatch", "Timer", "Job"] {
        sound(&format!("start: Start -> c\n c: {kind} -> if\n if: If -> end, c\n end: End"));
    }
}

#[test]
fn a_branch_that_ends_the_process_at_once_is_seen_through_splits_and_their_joins() {
    let outer = "start: Start -> fork\n fork: Split -> ask, inner\n ask: View -> stop\n stop: Terminate\n";
    for at_once in [
        "inner: Split -> f\n f: Function -> j\n j: Join -> stop",
        "inner: Split -> f, g?\n f: Function -> j\n g: Function -> end\n j: Join -> stop\n end: End",
        "inner: Split -> f?, g*\n f: Function -> j\n g: Function -> j\n j: Join -> stop",
        "inner: Split -> deep, j\n deep: Split -> k\n k: Join -> j\n j: Join -> g\n g: Function -> stop",
    ] {
        assert_eq!(faults(&format!("{outer} {at_once}")), one(Rule::EndsAtOnce, "fork"), "{at_once}");
    }
    for waits in [
        "inner: Split -> f\n f: View -> j\n j: Join -> stop",
        "inner: Split -> f, g?\n f: Function -> j\n g: View -> j\n j: Join -> stop",
        "inner: Split -> f, j?\n f: Function -> end\n j: Join -> stop\n end: End",
        "inner: Split -> f\n f: Function -> j\n j: Join -> v\n v: View -> stop",
    ] {
        sound(&format!("{outer} {waits}"));
    }
}

#[test]
fn a_loop_that_waits_by_a_timeout_of_its_own_is_no_endless_one() {
    sound("start: Start -> c\n c: ConditionalCatch -> end, ~f\n f: Function -> c\n end: End");
    sound("start: Start -> c\n c: ConditionalCatch -> end, ~c\n end: End");
    sound("start: Start -> c\n c: ConditionalCatch -> end, ~if\n if: If -> c, end\n end: End");
    // A loop through a join to which only the timeout leads at once.
    let again = "start: Start -> again\n again: If -> fork, end\n gather: Join -> again\n end: End\n";
    sound(&format!(
        "{again} fork: Split -> c, f\n f: Function -> gather\n c: ConditionalCatch -> v, ~gather\n v: View -> gather"
    ));
    // The condition may hold each time. The loop uses its own way, not the timeout.
    let own = "start: Start -> c\n c: ConditionalCatch -> f, ~end\n f: Function -> c\n end: End";
    assert_eq!(faults(own), one(Rule::AutomaticLoop, "c"));
}

#[test]
fn processes_do_not_start_each_other_for_ever() {
    let named = |name: &str, text: &str, child: &str| {
        let mut graph = graph(text);
        graph.name = name.to_owned();
        for node in 0..graph.nodes().len() {
            if graph.nodes()[node].kind.has_children() {
                graph.set_child(node, child, "start");
            }
        }
        graph
    };
    let told = |graphs: &[&Graph]| -> Vec<(usize, Rule)> {
        viewflow_graph::check_family(graphs).into_iter().map(|(graph, fault)| (graph, fault.rule)).collect()
    };
    let at_once = "start: StartHandle -> s\n s: Subprocess -> end\n end: End";
    let patient = "start: StartHandle -> v\n v: View -> s\n s: Subprocess -> end\n end: End";
    let (a, b) = (named("a", at_once, "b"), named("b", at_once, "a"));
    assert_eq!(told(&[&a, &b]), [(0, Rule::StartsForEver)]);
    assert_eq!(told(&[&named("a", at_once, "a")]), [(0, Rule::StartsForEver)]);
    assert_eq!(told(&[&a, &named("b", patient, "a")]), []);
    assert_eq!(told(&[&named("a", patient, "a")]), []);
    let looped = "start: StartHandle -> s\n s: NSubprocess -> if\n if: If -> s, end\n end: End";
    let quick = named("q", "start: StartHandle -> end\n end: End", "");
    let slow = named("q", "start: StartHandle -> v\n v: View -> end\n end: End", "");
    let around = named("l", looped, "q");
    assert_eq!(told(&[&around, &quick]), [(0, Rule::AutomaticLoop)]);
    assert_eq!(told(&[&around, &slow]), []);
}

#[test]
fn a_branch_that_ends_the_process_waits_before_it_does() {
    let fork = "start: Start -> fork\n fork: Split -> a, b\n a: View -> end\n end: End\n";
    for at_once in [
        "b: Terminate",
        "b: ErrorEnd",
        "b: Function -> stop\n stop: Terminate",
        "b: If -> stop, fail\n stop: Terminate\n fail: ErrorEnd",
        "b: Split -> other, stop\n other: View -> end\n stop: Terminate",
    ] {
        assert!(faults(&format!("{fork}{at_once}")).contains(&(Rule::EndsAtOnce, "fork".to_owned())), "{at_once}");
    }
    sound(&format!("{fork} b: View -> stop\n stop: Terminate"));
    sound(&format!("{fork} b: If -> stop, end\n stop: Terminate"));
    sound("start: Start -> fork\n fork: Split -> a, stop?\n a: View -> end\n end: End\n stop: Terminate");
}

#[test]
fn a_join_is_not_behind_a_branch_that_always_ends_the_process() {
    let fork = "start: Start -> fork\n fork: Split -> a, b\n a: View -> gather\n gather: Join -> end\n end: End\n";
    assert_eq!(faults(&format!("{fork} b: View -> stop\n stop: Terminate")), one(Rule::UnreachableNode, "gather"));
    assert_eq!(
        faults(&format!("{fork} b: Split -> c\n c: View -> d\n d: Join -> e\n e: View -> stop\n stop: ErrorEnd")),
        one(Rule::UnreachableNode, "gather")
    );
    sound(&format!("{fork} b: View -> c\n c: If -> stop, gather\n stop: Terminate"));
    sound(&format!("{fork} b: View -> c\n c: If -> stop, quit\n stop: Terminate\n quit: End"));
    sound(&format!("{fork} b: View -> gather, ~stop\n stop: Terminate"));
}

#[test]
fn a_loop_around_a_join_may_pass_a_function_when_another_branch_waits() {
    let again = "start: Start -> again\n again: If -> fork, end\n gather: Join -> again\n end: End\n";
    sound(&format!("{again} fork: Split -> ask, tell\n ask: View -> gather\n tell: Function -> gather"));
    sound("start: Start -> fork\n fork: Split -> ask?, !end\n ask: View -> gather\n gather: Join -> fork\n end: End");
    for endless in [
        "fork: Split -> tell, log\n tell: Function -> gather\n log: Function -> gather",
        "fork: Split -> tell, ask?\n tell: Function -> gather\n ask: View -> gather",
        "fork: Split -> ask*\n ask: View -> gather",
        "fork: Split -> tell, none\n tell: Function -> gather\n none: End",
        "fork: Split -> inner, tell\n tell: Function -> gather\n inner: Split -> log, gather\n log: Function -> joined\n joined: Join -> gather",
    ] {
        let faults = faults(&format!("{again} {endless}"));
        assert!(faults.contains(&(Rule::AutomaticLoop, "again".to_owned())), "{endless}: {faults:?}");
    }
}

#[test]
fn a_flow_may_be_left_by_the_end_of_the_whole_process_only() {
    let round = "start: Start -> fork\n fork: Split -> a, b\n a: View -> gather\n gather: Join -> fork\n";
    sound(&format!("{round} b: If -> stop, gather\n stop: Terminate"));
    sound(&format!("{round} b: View -> gather, ~stop\n stop: ErrorEnd"));
    assert_eq!(faults(&format!("{round} b: If -> end, gather\n end: End")), one(Rule::NoWayToAnEnd, "fork"));
}

/// Returns flows of about `nodes` nodes, each of another shape.
fn large(nodes: usize) -> Vec<Graph> {
    let flow = || {
        let mut graph = Graph::new("large");
        let start = graph.node("start", Kind::StartHandle);
        (graph, start)
    };
    let finish = |mut graph: Graph, last: usize, role: Role| {
        let end = graph.node("end", Kind::End);
        graph.edge(last, role, end);
        graph
    };
    let mut graphs = Vec::new();

    // A long way. Each node has a reminder and may lead back to the first node.
    let (mut graph, mut last) = flow();
    let first = graph.node("first", Kind::View);
    graph.edge(last, Role::Next, first);
    last = first;
    for _ in 0..nodes / 5 {
        let (ask, again) = (graph.node("ask", Kind::View), graph.node("again", Kind::If));
        let (remind, over) = (graph.node("remind", Kind::Function), graph.node("over", Kind::End));
        graph.edge(last, if last == first { Role::Next } else { Role::Then }, ask);
        graph.edge(ask, Role::Next, again);
        graph.edge(ask, Role::Timeout { interrupting: false }, remind);
        graph.edge(remind, Role::Next, over);
        graph.edge(again, Role::Otherwise, first);
        last = again;
    }
    graphs.push(finish(graph, last, Role::Then));

    // Splits one after the other, and splits nested to some depth.
    let (mut graph, mut last) = flow();
    for _ in 0..nodes / 60 {
        let mut open = Vec::new();
        for _ in 0..20 {
            let split = graph.node("split", Kind::Split);
            graph.edge(last, if open.is_empty() { Role::Next } else { Role::Branch(Selection::Always) }, split);
            open.push(split);
            last = split;
        }
        for (level, split) in open.into_iter().rev().enumerate() {
            let (side, join) = (graph.node("side", Kind::View), graph.node("join", Kind::Join));
            graph.edge(split, Role::Branch(Selection::Always), side);
            graph.edge(side, Role::Next, join);
            graph.edge(last, if level == 0 { Role::Branch(Selection::Always) } else { Role::Next }, join);
            last = join;
        }
    }
    graphs.push(finish(graph, last, Role::Next));

    // One split with many branches.
    let (mut graph, start) = flow();
    let (split, join) = (graph.node("split", Kind::Split), graph.node("join", Kind::Join));
    graph.edge(start, Role::Next, split);
    for _ in 0..nodes {
        let branch = graph.node("branch", Kind::View);
        graph.edge(split, Role::Branch(Selection::Always), branch);
        graph.edge(branch, Role::Next, join);
    }
    graphs.push(finish(graph, join, Role::Next));

    // Many nodes without a way to an end, and many loops that do not wait.
    let (mut graph, start) = flow();
    let choose = graph.node("choose", Kind::Switch);
    graph.edge(start, Role::Next, choose);
    for number in 0..nodes / 2 {
        let (one, other) = (graph.node("one", Kind::Function), graph.node("other", Kind::Function));
        graph.edge(choose, Role::Case(number.to_string()), one);
        graph.edge(one, Role::Next, other);
        graph.edge(other, Role::Next, one);
    }
    graphs.push(graph);
    graphs
}

#[test]
fn to_check_a_graph_costs_in_proportion_to_its_size() {
    let cost = |graph: &Graph| {
        let begun = Instant::now();
        let _ = graph.check();
        begun.elapsed()
    };
    for (small, big) in large(3_000).iter().zip(&large(30_000)) {
        let fastest = |graph| (0..3).map(|_| cost(graph)).min().unwrap_or_default();
        let (few, many) = (fastest(small), fastest(big));
        println!("{} nodes: {few:?}, {} nodes: {many:?}", small.nodes().len(), big.nodes().len());
        assert!(many < few * 40, "ten times the nodes cost {few:?} and {many:?}");
    }
}

#[test]
fn a_loop_around_a_join_that_waits_for_an_inner_branch_is_no_endless_one() {
    sound(
        "start: StartHandle -> fork
         fork: Split -> inner?, end
         inner: Split -> ask, note
         ask: View -> first
         first: Join -> both
         note: Function -> both
         both: Join -> fork
         end: End",
    );
}

#[test]
fn a_loop_around_a_join_ends_where_nothing_beside_a_task_comes_to_the_join() {
    let round = "start: StartHandle -> fork\n end: End\n gather: Join -> fork\n";
    for beside in ["&gather", "^gather", "&gather, ^gather"] {
        sound(&format!("{round} fork: Split -> ask, ask?\n ask: Subprocess -> end, {beside}"));
    }
    sound(&format!("{round} fork: Split -> ask, ask?\n ask: View -> end, &note\n note: View -> gather"));
    // A branch that always comes to the join goes round for ever. So does a token beside a task that never ends.
    let never = format!("{round} fork: Split -> ask, note\n note: View -> gather\n ask: View -> gather, &end");
    assert_eq!(faults(&never), one(Rule::NoWayToAnEnd, "fork"));
    let turns = format!("{round} fork: Split -> ask, ask?\n ask: View -> end, &gather, &turn\n turn: View -> turn");
    assert_eq!(faults(&turns), one(Rule::NoWayToAnEnd, "turn"));
}

#[test]
fn a_loop_around_joins_ends_where_an_inner_split_need_not_come_to_its_join() {
    let round = "start: StartHandle -> outer\n end: End\n last: Join -> outer\n first: Join -> last";
    let inner = "outer: Split -> inner\n ask: View -> end\n note: Function -> first";
    sound(&format!("{round}\n {inner}\n inner: Split -> ask, note?"));
    sound(&format!(
        "{round}\n {inner}\n inner: Split -> deep, note?\n deep: Split -> ask, more?\n more: Join -> first"
    ));
    // A branch that leaves an inner split for the outer join does arrive at the outer join.
    let begin =
        "start: StartHandle -> begin\n begin: If -> outer, end\n end: End\n last: Join -> outer\n first: Join -> last";
    let leaves =
        format!("{begin}\n outer: Split -> inner, out\n out: End\n note: Function -> first\n leave: View -> last");
    for inner in [
        "inner: Split -> leave, note?",
        "inner: Split -> deep, note?\n deep: Split -> leave, more?\n more: Join -> first",
    ] {
        assert_eq!(faults(&format!("{leaves}\n {inner}")), one(Rule::NoWayToAnEnd, "outer"), "{inner}");
    }
}

#[test]
fn of_a_split_that_two_joins_close_no_loop_is_told() {
    let text = "start: StartHandle -> fork\n fork: Split -> ask?, !done\n ask: View -> again\n done: Join -> end\n end: End\n again: Join -> fork";
    assert_eq!(faults(text), one(Rule::SplitClosedTwice, "again"));
}
