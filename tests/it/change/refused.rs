//! Changes that the engine refuses before anything runs, each with its own error.

use std::cell::RefCell;

use viewflow::Flow;
use viewflow::change::MismatchReason;
use viewflow::prelude::*;

use crate::support::{on_every_store, user};

/// A flow `case` with these nodes.
macro_rules! version {
    ($module:ident $(($process:ty))? { $($nodes:tt)* }) => {
        mod $module {
            use viewflow::prelude::*;

            #[derive(Flow)]
            #[flow(name = "case" $(, process = $process)?)]
            pub struct Case {
                #[next(first)]
                start: StartHandle,
                $($nodes)*
                end: End,
            }
        }
    };
}

version!(plain {
    #[next(end)]
    first: View,
});
version!(of_another_kind {
    #[call(Self::act)]
    #[next(end)]
    first: Job,
});
impl of_another_kind::Case {
    fn act(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}
version!(by_hand {
    #[next(end)]
    first: ManualTask,
});
version!(split {
    #[branch(left)]
    #[branch(right)]
    first: Split,
    #[next(join)]
    left: View,
    #[next(join)]
    right: View,
    #[next(end)]
    join: Join,
});
version!(without_split {
    #[next(left)]
    first: View,
    #[next(right)]
    left: View,
    #[next(end)]
    right: View,
});
version!(without_join {
    #[branch(left)]
    #[branch(right)]
    first: Split,
    #[next(end)]
    left: View,
    #[next(end)]
    right: View,
});
version!(moved_out {
    #[branch(left)]
    #[branch(more)]
    first: Split,
    #[next(join)]
    left: View,
    #[next(join)]
    more: View,
    #[next(right)]
    join: Join,
    #[next(end)]
    right: View,
});
version!(with_inner_split {
    #[branch(left)]
    #[branch(right)]
    first: Split,
    #[next(join)]
    left: View,
    #[branch(a)]
    #[branch(b)]
    right: Split,
    #[next(joined)]
    a: View,
    #[next(joined)]
    b: View,
    #[next(join)]
    joined: Join,
    #[next(end)]
    join: Join,
});
version!(race {
    #[branch(left)]
    #[branch(right)]
    first: SplitFirst,
    #[next(end)]
    left: View,
    #[next(end)]
    right: View,
});
version!(longer_race {
    #[branch(left)]
    #[branch(right)]
    #[branch(more)]
    first: SplitFirst,
    #[next(after)]
    left: View,
    #[next(after)]
    right: View,
    #[next(after)]
    more: View,
    #[next(end)]
    after: View,
});

#[derive(Process, Clone, Debug)]
pub struct Number {
    #[field(default = 300)]
    pub n: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Small {
    pub n: u8,
}

#[derive(Process, Clone, Debug)]
pub struct Large {
    pub n: u64,
}

version!(number (super::Number) { #[next(end)] first: View, });
version!(small (super::Small) { #[next(end)] first: View, });
version!(large (super::Large) { #[next(end)] first: View, });

/// The reasons why the second version cannot continue a process of the first; empty if it can.
fn change<Old: Flow, New: Flow>(
    old: impl Fn() -> Old,
    start: viewflow::nodes::StartHandleNode<Old, (), ()>,
    new: impl Fn() -> New,
) -> Vec<MismatchReason> {
    let answers = RefCell::new(Vec::new());
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(old()).build().unwrap();
        engine.run(start, ()).unwrap();
        drop(engine);
        let plan = Engine::builder(store.clone()).flow(new()).plan().unwrap();
        let why: Vec<MismatchReason> = plan.mismatches.into_iter().map(|mismatch| mismatch.reason).collect();
        for _ in 0..2 {
            let built = Engine::builder(store.clone()).flow(new()).build();
            assert_eq!(built.is_ok(), why.is_empty(), "{built:?} {why:?}");
        }
        answers.replace(why);
    });
    answers.into_inner()
}

#[test]
fn a_node_of_another_kind_is_refused_unless_a_person_does_both() {
    let why = change(plain::Case::new, plain::Case::start, of_another_kind::Case::new);
    assert!(matches!(&why[..], [MismatchReason::OtherKind { .. }]), "{why:?}");
    assert!(!why[0].can_be_kept());
    assert_eq!(change(plain::Case::new, plain::Case::start, by_hand::Case::new), []);
}

#[test]
fn a_split_or_a_join_that_is_gone_while_its_branches_are_open_is_refused() {
    let why = change(split::Case::new, split::Case::start, without_split::Case::new);
    assert!(why.iter().any(|why| matches!(why, MismatchReason::OtherKind { .. })), "{why:?}");
    assert!(why.iter().any(|why| matches!(why, MismatchReason::OtherScope { .. })), "{why:?}");
    assert_eq!(
        change(split::Case::new, split::Case::start, without_join::Case::new),
        [],
        "nobody waits at the join yet"
    );
}

#[test]
fn a_join_that_is_gone_while_a_branch_waits_at_it_is_refused() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(split::Case::new()).build().unwrap();
        let id = engine.run(split::Case::start, ()).unwrap().id;
        crate::support::do_next(&engine, split::Case::left, id, ());
        drop(engine);
        for _ in 0..2 {
            let builder = Engine::builder(store.clone()).flow(without_join::Case::new()).keep_obsolete();
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains("`case.join`") && error.contains("whose branches are open"), "{error}");
        }
        Engine::builder(store.clone()).flow(split::Case::new()).build().unwrap();
    });
}

#[test]
fn a_node_in_another_scope_is_refused() {
    let why = change(split::Case::new, split::Case::start, moved_out::Case::new);
    let [MismatchReason::OtherScope { was, is }] = &why[..] else { panic!("{why:?}") };
    assert_eq!((was.join(", "), is.join(", ")), ("first".to_owned(), String::new()));
}

#[test]
fn what_comes_beside_and_after_open_tasks_may_change() {
    assert_eq!(change(race::Case::new, race::Case::start, longer_race::Case::new), []);
    let why = change(split::Case::new, split::Case::start, with_inner_split::Case::new);
    assert!(matches!(&why[..], [MismatchReason::OtherKind { .. }]), "{why:?}");
}

#[test]
fn data_that_cannot_be_read_is_refused_with_its_field() {
    let why = change(number::Case::new, number::Case::start, small::Case::new);
    let [MismatchReason::Data(error)] = &why[..] else { panic!("{why:?}") };
    assert!(error.contains("`n` must be a whole number from 0 to 255"), "{error}");
    assert_eq!(change(number::Case::new, number::Case::start, large::Case::new), []);
}

#[derive(Message, Clone, Debug)]
#[message(name = "case.a", latch = drop)]
pub struct A {}

#[derive(Message, Clone, Debug)]
#[message(name = "case.b", latch = drop)]
pub struct B {}

version!(hears_a {
    #[message(super::A)]
    #[next(end)]
    first: MessageCatch,
});
version!(hears_b {
    #[message(super::B)]
    #[next(end)]
    first: MessageCatch,
});
version!(called_a {
    #[signal("case.a")]
    #[next(end)]
    first: SignalCatch,
});
version!(called_b {
    #[signal("case.b")]
    #[next(end)]
    first: SignalCatch,
});

#[test]
fn what_waits_for_a_message_or_signal_of_another_name_is_refused() {
    let expected = MismatchReason::OtherCall { was: "case.a".to_owned(), is: "case.b".to_owned() };
    assert_eq!(change(hears_a::Case::new, hears_a::Case::start, hears_b::Case::new), std::slice::from_ref(&expected));
    assert_eq!(change(called_a::Case::new, called_a::Case::start, called_b::Case::new), [expected]);
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(hears_a::Case::new()).build().unwrap();
        let id = engine.run(hears_a::Case::start, ()).unwrap().id;
        drop(engine);
        let engine = Engine::builder(store).flow(hears_b::Case::new()).keep_obsolete().build().unwrap();
        let boss = crate::support::boss();
        let task = crate::support::open_task(&engine, hears_b::Case::first, id).id;
        engine.move_task(task, hears_b::Case::first, &boss).unwrap();
        assert_eq!(
            engine.send(&B {}).unwrap(),
            viewflow::engine::Delivery::Waiting,
            "moved to where it is, it waits as the node does now"
        );
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[derive(Process, Clone, Debug)]
pub struct AtMostTen {
    #[field(default = 9, max = 10)]
    pub n: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Converted {
    #[field(from = |n: u32| n.to_string())]
    pub n: String,
}

#[derive(Process, Clone, Debug)]
pub struct NotConverted {
    pub n: String,
}

version!(at_most_ten (super::AtMostTen) { #[next(end)] first: View, });
version!(converted (super::Converted) { #[next(end)] first: View, });
version!(not_converted (super::NotConverted) { #[next(end)] first: View, });

#[test]
fn rules_that_what_is_stored_does_not_keep_and_conversions_that_are_gone_are_refused() {
    let why = change(number::Case::new, number::Case::start, at_most_ten::Case::new);
    assert!(matches!(&why[..], [MismatchReason::Data(error)] if error.contains("`n` must be at most 10")), "{why:?}");
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(number::Case::new()).build().unwrap();
        engine.run(number::Case::start, ()).unwrap();
        drop(engine);
        drop(Engine::builder(store.clone()).flow(converted::Case::new()).build().unwrap());
        let error = Engine::builder(store).flow(not_converted::Case::new()).build().unwrap_err().to_string();
        assert!(error.contains("`n` must be text"), "{error}");
    });
}

#[test]
fn a_plan_counts_suspended_processes_too() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(plain::Case::new()).build().unwrap();
        let id = engine.run(plain::Case::start, ()).unwrap().id;
        engine.suspend(id, &crate::support::boss()).unwrap();
        let plan = Engine::builder(store).flow(plain::Case::new()).plan().unwrap();
        assert_eq!(plan.flows[0].running, 1);
    });
}

#[test]
fn what_cannot_be_read_can_be_kept_and_is_told_as_long_as_it_is_there() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(number::Case::new()).build().unwrap();
        let id = engine.run(number::Case::start, ()).unwrap().id;
        drop(engine);
        let small = || Engine::builder(store.clone()).flow(small::Case::new());
        let engine = small().keep_obsolete().build().unwrap();
        let task = crate::support::open_task(&engine, small::Case::first, id).id;
        assert!(matches!(engine.process::<small::Case>(id), Err(Error::Data { .. })));
        assert!(small().build().is_err(), "it is told again");
        engine.cancel_task(task, &crate::support::boss()).unwrap();
        small().build().unwrap();
    });
}

#[test]
fn the_store_is_looked_through_once_after_a_change() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(number::Case::new()).build().unwrap();
        engine.run(number::Case::start, ()).unwrap();
        let shape = || {
            let rows = store.rows("viewflow.shape", 0, 10).unwrap();
            rows.iter().map(|(_, row)| row.data["noted"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let begun = shape();
        drop(engine);
        drop(Engine::builder(store.clone()).flow(large::Case::new()).build().unwrap());
        assert_ne!(shape(), begun);
        drop(Engine::builder(store.clone()).flow(number::Case::new()).build().unwrap());
        assert_eq!(shape(), begun);
        assert_eq!(shape().len(), 1);
    });
}

#[test]
fn a_flow_that_is_not_here_is_refused_whatever_is_to_be_kept() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(plain::Case::new()).build().unwrap();
        let id = engine.run(plain::Case::start, ()).unwrap().id;
        let shape = engine.process_record(id).unwrap().shape.clone();
        assert_eq!(shape.len(), 8, "each process remembers the shape it was started with");
        drop(engine);
        let error = Engine::builder(store.clone()).keep_obsolete().build().unwrap_err().to_string();
        assert!(error.contains("`case.first`") && error.contains("of a flow that is not here"), "{error}");
        let engine = Engine::builder(store).flow(plain::Case::new()).build().unwrap();
        engine.assign(crate::support::open_task(&engine, plain::Case::first, id).id, &user("ann")).unwrap();
    });
}
