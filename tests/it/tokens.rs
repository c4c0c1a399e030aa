//! Splits, joins and scopes: no process gets stuck, no token is lost, no continuation runs twice.

use viewflow::prelude::*;
use viewflow::store::TaskRecord;

use crate::support::{do_next, events, on_every_store, open_task, open_tasks, perform, user};

#[derive(Process, Clone, Debug)]
pub struct Parcel {
    #[field(default = true)]
    pub label: bool,
    #[field(default = false)]
    pub giving_up: bool,
    pub items: Vec<String>,
    #[field(default = 0)]
    pub shipped: u32,
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ShipFlow {
    #[fields(label)]
    #[next(outer)]
    start: Start,

    #[branch(inner)]
    #[branch(pay)]
    outer: Split,

    #[branch(pack)]
    #[branch(print, cond = |a| a.process.label)]
    inner: Split,

    #[next(packed)]
    pack: View,

    #[next(packed)]
    print: View,

    #[next(gather)]
    packed: Join,

    #[fields(giving_up)]
    #[next(paid)]
    pay: View,

    #[cond(|a| a.process.giving_up)]
    #[then(given_up)]
    #[otherwise(gather)]
    paid: If,

    given_up: End,

    #[next(ship)]
    gather: Join,

    #[call(Self::ship)]
    #[next(end)]
    ship: Function,

    end: End,
}

impl ShipFlow {
    fn ship(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.shipped += 1;
        Ok(())
    }
}

#[test]
fn nested_splits_join_once_in_whatever_order_their_branches_are_done() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ShipFlow::new()).build().unwrap();
        for order in [["pack", "print", "pay"], ["pay", "pack", "print"], ["print", "pay", "pack"]] {
            let id = engine.start(ShipFlow::start, &user("ann"), StartFields { label: true }).unwrap().id;
            for node in order {
                assert_eq!(engine.process::<ShipFlow>(id).unwrap().status, ProcessStatus::New);
                match node {
                    "pack" => do_next(&engine, ShipFlow::pack, id, ()),
                    "print" => do_next(&engine, ShipFlow::print, id, ()),
                    _ => do_next(&engine, ShipFlow::pay, id, PayFields { giving_up: false }),
                }
            }
            let process = engine.process::<ShipFlow>(id).unwrap();
            assert_eq!((process.status, process.shipped), (ProcessStatus::Done, 1), "{order:?}");
            let joins = events(&engine, id).iter().filter(|event| event.ends_with("finished")).count();
            assert_eq!(joins, 13 - 1, "each node is done once: {:?}", events(&engine, id));
        }
    });
}

#[test]
fn a_branch_that_is_not_taken_is_not_waited_for() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ShipFlow::new()).build().unwrap();
        let id = engine.start(ShipFlow::start, &user("ann"), StartFields { label: false }).unwrap().id;
        assert!(open_tasks(&engine, ShipFlow::print, id).is_empty());
        do_next(&engine, ShipFlow::pack, id, ());
        do_next(&engine, ShipFlow::pay, id, PayFields { giving_up: false });
        assert_eq!(engine.process::<ShipFlow>(id).unwrap().shipped, 1);
    });
}

#[test]
fn a_branch_that_ends_by_itself_lets_the_join_go_on_before_and_after_the_others_arrive() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ShipFlow::new()).build().unwrap();
        for gives_up_first in [true, false] {
            let id = engine.start(ShipFlow::start, &user("ann"), StartFields { label: false }).unwrap().id;
            let give_up = || do_next(&engine, ShipFlow::pay, id, PayFields { giving_up: true });
            if gives_up_first {
                give_up();
                do_next(&engine, ShipFlow::pack, id, ());
            } else {
                do_next(&engine, ShipFlow::pack, id, ());
                give_up();
            }
            let process = engine.process::<ShipFlow>(id).unwrap();
            assert_eq!((process.status, process.shipped), (ProcessStatus::Done, 1), "first: {gives_up_first}");
        }
    });
}

/// Outer and inner split into one join.
#[derive(Flow)]
pub struct OneJoinFlow {
    #[next(outer)]
    start: Start,
    #[branch(inner)]
    #[branch(pay)]
    outer: Split,
    #[branch(pack)]
    #[branch(print)]
    inner: Split,
    #[next(gather)]
    pack: View,
    #[next(gather)]
    print: View,
    #[next(gather)]
    pay: View,
    #[next(last)]
    gather: Join,
    #[next(end)]
    last: View,
    end: End,
}

#[test]
fn an_inner_split_may_go_straight_to_the_outer_join() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OneJoinFlow::new()).build().unwrap();
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
            let id = engine.start(OneJoinFlow::start, &user("ann"), ()).unwrap().id;
            for (done, branch) in order.into_iter().enumerate() {
                assert!(open_tasks(&engine, OneJoinFlow::last, id).is_empty(), "{order:?} after {done}");
                match branch {
                    0 => do_next(&engine, OneJoinFlow::pack, id, ()),
                    1 => do_next(&engine, OneJoinFlow::print, id, ()),
                    _ => do_next(&engine, OneJoinFlow::pay, id, ()),
                }
            }
            do_next(&engine, OneJoinFlow::last, id, ());
            let joins = engine.tasks(id, 0, 100).unwrap().iter().filter(|task| task.node == "gather").count();
            assert_eq!((joins, engine.process_record(id).unwrap().status), (1, ProcessStatus::Done));
        }
    });
}

#[derive(Task, Clone, Debug)]
pub struct Item {
    pub name: String,
}

/// An inner split that is entered once for each item of an outer one.
#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ItemsFlow {
    #[fields(items, as = ItemsForm)]
    #[next(each)]
    start: Start,

    #[branch(both, task_data_source = |a| a.process.items.iter().map(|name| Item { name: name.clone() }))]
    each: Split,

    #[branch(wrap, task_data = |a| Item { name: a.task.name.clone() })]
    #[branch(weigh, task_seed = |a| a.task.name.clone())]
    both: Split<Item>,

    #[next(ready)]
    wrap: View<Item>,

    #[next(ready)]
    weigh: View<Seed<String>>,

    #[next(gather)]
    ready: Join,

    #[next(ship)]
    gather: Join,

    #[call(Self::ship)]
    #[next(end)]
    ship: Function,

    end: End,
}

impl ItemsFlow {
    fn ship(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.shipped += 1;
        Ok(())
    }
}

fn start_items(engine: &Engine, items: &[&str]) -> ProcessOf<Parcel> {
    let items = items.iter().map(|&item| item.to_owned()).collect();
    engine.start(ItemsFlow::start, &user("ann"), ItemsForm { items }).unwrap()
}

#[test]
fn one_inner_split_is_entered_from_many_outer_branches() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ItemsFlow::new()).build().unwrap();
        let id = start_items(&engine, &["cup", "plate", "fork"]).id;
        let name = |task: &TaskRecord| task.data["name"].as_str().unwrap().to_owned();
        let wraps = open_tasks(&engine, ItemsFlow::wrap, id);
        let weighs = open_tasks(&engine, ItemsFlow::weigh, id);
        assert_eq!(wraps.iter().map(name).collect::<Vec<_>>(), ["cup", "plate", "fork"]);
        assert_eq!(weighs.iter().map(|task| task.seed.clone()).collect::<Vec<_>>(), ["cup", "plate", "fork"]);
        for task in wraps {
            perform(&engine, ItemsFlow::wrap, task.id, ());
        }
        for (done, task) in weighs.iter().rev().enumerate() {
            let ready = open_tasks(&engine, ItemsFlow::ready, id).len();
            assert_eq!(ready, 3 - done, "a join for each item");
            perform(&engine, ItemsFlow::weigh, task.id, ());
        }
        let process = engine.process::<ItemsFlow>(id).unwrap();
        assert_eq!((process.status, process.shipped), (ProcessStatus::Done, 1));
    });
}

#[test]
fn a_split_without_items_goes_on_at_its_join() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ItemsFlow::new()).build().unwrap();
        let process = start_items(&engine, &[]);
        assert_eq!((process.status, process.shipped), (ProcessStatus::Done, 1));
        let tasks = engine.tasks(process.id, 0, 100).unwrap();
        let nodes: Vec<_> = tasks.iter().map(|task| task.node.as_str()).collect();
        assert_eq!(nodes, ["start", "each", "gather", "ship", "end"]);
    });
}

/// Conditional branches with a fallback when no branch is taken, and a branch without a join.
#[derive(Flow)]
#[flow(process = Parcel)]
pub struct MaybeFlow {
    #[node(title = "Begin")]
    #[fields(label, giving_up)]
    #[next(maybe)]
    begin: Start,
    #[branch(print, cond = |a| a.process.label)]
    #[branch(cry, cond = |a| a.process.giving_up)]
    #[otherwise(rest)]
    maybe: Split,
    #[next(end)]
    print: View,
    #[next(end)]
    cry: View,
    #[next(end)]
    rest: View,
    end: End,
}

#[test]
fn a_split_takes_the_branches_whose_conditions_hold_and_else_the_other_way() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(MaybeFlow::new()).build().unwrap();
        for (label, giving_up) in [(true, true), (true, false), (false, true), (false, false)] {
            let form = BeginFields { label, giving_up };
            let id = engine.start(MaybeFlow::begin, &user("ann"), form).unwrap().id;
            let tasks = engine.tasks(id, 0, 100).unwrap();
            let open = tasks.iter().filter(|task| task.status == TaskStatus::New);
            let open: Vec<_> = open.map(|task| task.node.as_str()).collect();
            let mut expected = Vec::new();
            expected.extend(label.then_some("print"));
            expected.extend(giving_up.then_some("cry"));
            expected.extend((!label && !giving_up).then_some("rest"));
            assert_eq!(open, expected, "in the order of their declaration");
            for node in expected {
                match node {
                    "print" => do_next(&engine, MaybeFlow::print, id, ()),
                    "cry" => do_next(&engine, MaybeFlow::cry, id, ()),
                    _ => do_next(&engine, MaybeFlow::rest, id, ()),
                }
            }
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
            let finished = events(&engine, id).iter().filter(|event| *event == "process finished").count();
            assert_eq!(finished, 1, "two ends finish the process once");
        }
    });
}

/// A branch with a loop inside, and a data closure that fails late.
#[derive(Flow)]
#[flow(process = Parcel)]
pub struct FailFlow {
    #[fields(items)]
    #[next(each)]
    open: Start,
    #[branch(wrap, task_data_source = |a| a.process.items.iter().map(|name| FailFlow::item(name)).collect::<Result<Vec<_>>>()?)]
    each: Split,
    #[next(gather)]
    wrap: View<Item>,
    #[next(end)]
    gather: Join,
    end: End,
}

impl FailFlow {
    fn item(name: &str) -> Result<Item> {
        if name == "glass" { Err(Error::msg("glass breaks")) } else { Ok(Item { name: name.to_owned() }) }
    }
}

#[test]
fn a_source_that_fails_on_the_last_item_makes_no_branch() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(FailFlow::new()).build().unwrap();
        let mut items = vec!["cup".to_owned(); 99];
        items.push("glass".to_owned());
        let error = engine.start(FailFlow::open, &user("ann"), OpenFields { items }).unwrap_err();
        assert!(error.to_string().contains("`fail.each`") && error.to_string().contains("glass breaks"), "{error}");
        assert!(engine.queue(&user("ann")).of(FailFlow::wrap).list().unwrap().is_empty());
        assert!(engine.processes::<FailFlow>().list().unwrap().is_empty());
    });
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ManyFlow {
    #[fields(shipped, as = ManyForm)]
    #[next(each)]
    begin: Start,
    #[branch(wrap, task_data_source = |a| (0..a.process.shipped).map(|number| Item { name: number.to_string() }))]
    each: Split,
    #[next(gather)]
    wrap: View<Item>,
    #[next(end)]
    gather: Join,
    end: End,
}

#[test]
fn ten_thousand_branches_are_joined_once() {
    let engine = Engine::builder(MemoryStore::new()).flow(ManyFlow::new()).build().unwrap();
    let form = ManyForm { shipped: 10_000 };
    let id = engine.start(ManyFlow::begin, &user("ann"), form).unwrap().id;
    let tasks = open_tasks(&engine, ManyFlow::wrap, id);
    assert_eq!(tasks.len(), 10_000);
    let (last, others) = tasks.split_last().unwrap();
    for task in others {
        perform(&engine, ManyFlow::wrap, task.id, ());
    }
    assert_eq!(open_task(&engine, ManyFlow::gather, id).status, TaskStatus::Started);
    perform(&engine, ManyFlow::wrap, last.id, ());
    assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    assert_eq!(engine.tasks_of(ManyFlow::gather, TaskStatus::Done).list().unwrap().len(), 1);
}

#[test]
fn a_split_is_open_as_long_as_its_branches() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ShipFlow::new()).build().unwrap();
        let id = engine.start(ShipFlow::start, &user("ann"), StartFields { label: false }).unwrap().id;
        let status =
            |node: &str| engine.tasks(id, 0, 100).unwrap().iter().find(|task| task.node == node).unwrap().status;
        assert_eq!((status("outer"), status("inner")), (TaskStatus::Started, TaskStatus::Started));
        do_next(&engine, ShipFlow::pack, id, ());
        assert_eq!((status("outer"), status("inner")), (TaskStatus::Started, TaskStatus::Done));
        do_next(&engine, ShipFlow::pay, id, PayFields { giving_up: false });
        assert_eq!(status("outer"), TaskStatus::Done);
    });
}
