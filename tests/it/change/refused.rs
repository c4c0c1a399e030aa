//! Changes that are refused before anything runs, and told apart.

use std::cell::RefCell;

use viewflow::prelude::*;
use viewflow::{Flow, Why};

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

/// What keeps the second version from going on with a process of the first; nothing when it does go on.
fn change<Old: Flow, New: Flow>(
    old: impl Fn() -> Old,
    start: viewflow::StartHandleNode<Old, (), ()>,
    new: impl Fn() -> New,
) -> Vec<Why> {
    let answers = RefCell::new(Vec::new());
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(old()).build().unwrap();
        engine.run(start, ()).unwrap();
        drop(engine);
        let plan = Engine::builder(store.clone()).flow(new()).plan().unwrap();
        let why: Vec<Why> = plan.misfits.into_iter().map(|misfit| misfit.why).collect();
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
    assert!(matches!(&why[..], [Why::OtherKind { .. }]), "{why:?}");
    assert!(!why[0].can_be_kept());
    assert_eq!(change(plain::Case::new, plain::Case::start, by_hand::Case::new), []);
}

#[test]
fn a_split_or_a_join_that_is_gone_while_its_branches_are_open_is_refused() {
    let why = change(split::Case::new, split::Case::start, without_split::Case::new);
    assert!(why.iter().any(|why| matches!(why, Why::OtherKind { .. })), "{why:?}");
    assert!(why.iter().any(|why| matches!(why, Why::OtherScope { .. })), "{why:?}");
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
    let [Why::OtherScope { was, is }] = &why[..] else { panic!("{why:?}") };
    assert_eq!((was.join(", "), is.join(", ")), ("first".to_owned(), String::new()));
}

#[test]
fn what_comes_beside_and_after_open_tasks_may_change() {
    assert_eq!(change(race::Case::new, race::Case::start, longer_race::Case::new), []);
    let why = change(split::Case::new, split::Case::start, with_inner_split::Case::new);
    assert!(matches!(&why[..], [Why::OtherKind { .. }]), "{why:?}");
}

#[test]
fn data_that_cannot_be_read_is_refused_with_its_field() {
    let why = change(number::Case::new, number::Case::start, small::Case::new);
    let [Why::Data(error)] = &why[..] else { panic!("{why:?}") };
    assert!(error.contains("`n` must be a whole number from 0 to 255"), "{error}");
    assert_eq!(change(number::Case::new, number::Case::start, large::Case::new), []);
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
        let shape = engine.process_record(id).unwrap().shape;
        assert_eq!(shape.len(), 8, "each process remembers the shape it was started with");
        drop(engine);
        let error = Engine::builder(store.clone()).keep_obsolete().build().unwrap_err().to_string();
        assert!(error.contains("`case.first`") && error.contains("of a flow that is not here"), "{error}");
        let engine = Engine::builder(store).flow(plain::Case::new()).build().unwrap();
        engine.assign(crate::support::open_task(&engine, plain::Case::first, id).id, &user("ann")).unwrap();
    });
}
