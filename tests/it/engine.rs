//! Inbox, queue and archive; events; the engine's checks before it runs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewflow::Timestamp;
use viewflow::engine::{Clock, ManualClock};
use viewflow::nodes::Node;
use viewflow::prelude::*;

use crate::support::{do_next, events, on_every_store, open_task, user};

#[derive(Flow)]
pub struct HelloFlow {
    #[next(approve)]
    start: Start,
    #[next(sign)]
    approve: View,
    #[next(end)]
    sign: View,
    end: End,
}

#[derive(Flow)]
pub struct OtherFlow {
    #[next(approve)]
    start: Start,
    #[next(end)]
    approve: View,
    end: End,
}

fn with_engine(test: impl Fn(&Engine)) {
    on_every_store(|store| {
        test(&Engine::builder(store).flow(HelloFlow::new()).flow(OtherFlow::new()).build().unwrap());
    });
}

#[test]
fn tasks_go_from_the_queue_to_the_inbox_to_the_archive() {
    with_engine(|engine| {
        let (ann, bob) = (user("ann"), user("bob"));
        let first = engine.start(HelloFlow::start, &ann, ()).unwrap().id;
        let other = engine.start(OtherFlow::start, &ann, ()).unwrap().id;
        let second = engine.start(HelloFlow::start, &ann, ()).unwrap().id;
        let processes = |query: viewflow::engine::TaskQuery| -> Vec<_> {
            query.list().unwrap().into_iter().map(|task| (task.id.process, task.node)).collect()
        };
        let at = |process, node: &str| (process, node.to_owned());
        assert_eq!(
            processes(engine.queue(&user("ann"))),
            [at(first, "approve"), at(other, "approve"), at(second, "approve")]
        );
        assert_eq!(
            processes(engine.queue(&user("ann")).of(HelloFlow::approve)),
            [at(first, "approve"), at(second, "approve")]
        );
        assert!(processes(engine.inbox(&bob)).is_empty());

        let task = open_task(engine, HelloFlow::approve, second).id;
        let open = engine.task(HelloFlow::approve, task).unwrap().assign(&bob).unwrap();
        assert_eq!(processes(engine.inbox(&bob)), [at(second, "approve")]);
        assert_eq!(processes(engine.queue(&user("ann"))), [at(first, "approve"), at(other, "approve")]);
        let open = open.unassign(&bob).unwrap();
        assert_eq!(processes(engine.queue(&user("ann"))).len(), 3);
        open.assign(&bob).unwrap().execute(&bob, ()).unwrap();
        assert_eq!(processes(engine.archive(&bob)), [at(second, "approve")]);
        assert_eq!(processes(engine.archive(&ann)).len(), 3, "who started a process did its start");
        assert_eq!(processes(engine.queue(&user("ann")).of(HelloFlow::sign)), [at(second, "sign")]);
    });
}

#[test]
fn a_list_that_is_empty_says_which() {
    with_engine(|engine| {
        let error = engine.inbox(&user("bob")).of(HelloFlow::approve).first().unwrap_err();
        assert_eq!(error.to_string(), "no task is in the inbox of `bob` for `hello.approve`");
    });
}

#[test]
fn lists_are_paged() {
    with_engine(|engine| {
        for _ in 0..7 {
            engine.start(HelloFlow::start, &user("ann"), ()).unwrap();
        }
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = engine.queue(&user("ann")).page(after, 3).unwrap();
            pages.push(page.items.len());
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, [3, 3, 1]);
        let page = engine.processes::<HelloFlow>().page(None, 5).unwrap();
        assert_eq!(page.items.len(), 5);
        assert_eq!(engine.processes::<HelloFlow>().page(page.next, 5).unwrap().items.len(), 2);
    });
}

#[test]
fn processes_are_listed_by_status() {
    with_engine(|engine| {
        let done = engine.start(OtherFlow::start, &user("ann"), ()).unwrap().id;
        engine.start(OtherFlow::start, &user("ann"), ()).unwrap();
        do_next(engine, OtherFlow::approve, done, ());
        let listed = |status| {
            let found = engine.processes::<OtherFlow>().with_status(status).list().unwrap();
            found.iter().map(|process| process.id).collect::<Vec<_>>()
        };
        assert_eq!(listed(ProcessStatus::Done), [done]);
        assert_eq!(listed(ProcessStatus::New).len(), 1);
        assert_eq!(engine.processes::<OtherFlow>().list().unwrap().len(), 2);
    });
}

#[test]
fn events_are_kept_in_order_and_told_after_the_commit() {
    on_every_store(|store| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let engine = Engine::builder(store)
            .flow(OtherFlow::new())
            .on_event(move |event| listener.lock().unwrap().push(event.clone()))
            .build()
            .unwrap();
        let id = engine.start(OtherFlow::start, &user("ann"), ()).unwrap().id;
        do_next(&engine, OtherFlow::approve, id, ());
        assert_eq!(
            events(&engine, id),
            [
                "process started",
                "start created",
                "start finished",
                "approve created",
                "approve assigned to ann",
                "approve finished",
                "end created",
                "end finished",
                "process finished"
            ]
        );
        assert_eq!(*told.lock().unwrap(), engine.events(id, 0, 100).unwrap());
        assert!(told.lock().unwrap().iter().all(|event| event.actor == Some(user("ann"))));
        told.lock().unwrap().clear();
        engine.task(OtherFlow::approve, open_or_done(&engine, id)).unwrap().assign(&user("ann")).unwrap_err();
        assert!(told.lock().unwrap().is_empty(), "a step that fails tells nothing");
    });
}

fn open_or_done(engine: &Engine, process: ProcessId) -> TaskId {
    engine.tasks(process, 0, 100).unwrap().into_iter().find(|task| task.node == "approve").unwrap().id
}

#[test]
fn time_comes_from_the_clock() {
    on_every_store(|store| {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000)));
        let engine = Engine::builder(store).clock(Arc::clone(&clock)).flow(OtherFlow::new()).build().unwrap();
        let id = engine.start(OtherFlow::start, &user("ann"), ()).unwrap().id;
        clock.advance(Duration::from_secs(5));
        let task = open_task(&engine, OtherFlow::approve, id).id;
        engine.assign(task, &user("ann")).unwrap();
        clock.advance(Duration::from_secs(5));
        engine.task(OtherFlow::approve, task).unwrap().assign(&user("ann")).unwrap().execute(&user("ann"), ()).unwrap();
        let task = engine.task_record(task).unwrap();
        let at = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        assert_eq!(
            (at(Some(task.created)), at(task.assigned), at(task.finished)),
            (Some(1_000), Some(6_000), Some(11_000))
        );
        assert_eq!(at(engine.process_record(id).unwrap().finished), at(Some(clock.now())));
    });
}

#[test]
fn open_tasks_that_the_code_does_not_know_are_told_before_anything_runs() {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::builder(Arc::clone(&store)).flow(HelloFlow::new()).flow(OtherFlow::new()).build().unwrap();
    let id = engine.start(HelloFlow::start, &user("ann"), ()).unwrap().id;
    let Err(Error::Build(problems)) = Engine::builder(Arc::clone(&store)).flow(OtherFlow::new()).build() else {
        panic!("a flow is missing")
    };
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].contains("`hello.approve`") && problems[0].contains("is of a flow that is not here"),
        "{problems:?}"
    );
    do_next(&engine, HelloFlow::approve, id, ());
    do_next(&engine, HelloFlow::sign, id, ());
    Engine::builder(store).flow(OtherFlow::new()).build().expect("what is done needs no code");
}

#[derive(Flow)]
#[flow(name = "hello")]
pub struct NamesakeFlow {
    #[next(end)]
    start: Start,
    end: End,
}

#[test]
fn two_flows_that_share_a_name_are_refused_before_anything_runs() {
    // The builder has one type, however many flows it has: they can be added under a condition, or in a loop.
    let mut builder = Engine::builder(MemoryStore::new());
    for _ in 0..2 {
        builder = builder.flow(HelloFlow::new());
    }
    let Err(Error::Build(problems)) = builder.build() else { panic!("it was added twice") };
    assert_eq!(problems.len(), 1, "{problems:?}");
    let Err(error) = Engine::builder(MemoryStore::new()).flow(HelloFlow::new()).flow(NamesakeFlow::new()).build()
    else {
        panic!("both are `hello`")
    };
    let told = "- flow `hello`: `Hello` is, or once was, stored under the name `hello`, too: add each flow once, or give one of them \
         `#[flow(name = \"..\")]`";
    assert!(error.to_string().contains(told), "{error}");
}

#[derive(Process, Clone, Debug)]
pub struct Broken {
    #[field(pattern = "[")]
    pub text: Option<String>,
}

#[derive(Flow)]
#[flow(process = Broken)]
pub struct BrokenFlow {
    #[next(end)]
    start: Start,
    end: End,
}

#[test]
fn a_pattern_that_is_none_is_told_before_anything_runs() {
    let Err(error) = Engine::builder(MemoryStore::new()).flow(BrokenFlow::new()).build() else { panic!("it is none") };
    assert!(error.to_string().contains("field `text` has a pattern, `[`"), "{error}");
}

/// A flow written by hand with the builder: the same calls that a derived flow makes.
struct ByHand;

impl Flow for ByHand {
    type Process = ();
    const NAME: &'static str = "by_hand";
    const TITLE: &'static str = "By hand";

    fn define(flow: &mut viewflow::builder::FlowBuilder<Self>) {
        use viewflow::graph::{Kind, Role};
        flow.node::<()>("start", Kind::Start).edge::<()>(Role::Next, "review");
        let mut review = flow.node::<()>("review", Kind::View).assign_same_as("begin").not_by(&["start", "check"]);
        review.edge::<()>(Role::Next, "gather");
        flow.node::<()>("gather", Kind::Join).edge::<()>(Role::Next, "nowhere");
    }
}

#[test]
fn a_flow_written_by_hand_is_held_to_the_same_rules() {
    let Err(Error::Build(problems)) = Engine::builder(MemoryStore::new()).flow(ByHand).build() else {
        panic!("it is not sound")
    };
    assert!(problems[0].contains("`gather` leads to `nowhere`, which is no node"), "{problems:?}");
    assert!(problems[1].contains("`review` asks who did `begin`, which is no node"), "{problems:?}");
    assert!(problems[2].contains("`review` asks who did `check`, which is no node"), "{problems:?}");
    assert!(problems[3].contains("[missing-edge]"), "{problems:?}");
}

/// Valid declarations, in either order.
struct Told<const HANDLER_FIRST: bool>;

impl<const HANDLER_FIRST: bool> Flow for Told<HANDLER_FIRST> {
    type Process = ();
    const NAME: &'static str = "told";
    const TITLE: &'static str = "Told";

    fn define(flow: &mut viewflow::builder::FlowBuilder<Self>) {
        use viewflow::graph::{Kind, Role};
        flow.node::<()>("start", Kind::StartHandle).edge::<()>(Role::Next, "send");
        let send = flow.node::<()>("send", Kind::Job);
        let fails = |_: &Self, _: &JobRun<Self>| -> Result<()> { Err(Error::msg("not today")) };
        let minute = Duration::from_mins(1);
        let mut send = if HANDLER_FIRST {
            send.job(fails).retry(2, minute, minute).timeout(minute).delay(minute)
        } else {
            send.delay(minute).timeout(minute).retry(2, minute, minute).job(fails)
        };
        send.edge::<()>(Role::Next, "end");
        flow.node::<()>("end", Kind::End);
    }
}

fn tries<const HANDLER_FIRST: bool>() -> Vec<String> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let engine =
        Engine::builder(MemoryStore::new()).clock(Arc::clone(&clock)).flow(Told::<HANDLER_FIRST>).build().unwrap();
    let start: viewflow::nodes::StartHandleNode<Told<HANDLER_FIRST>, (), ()> =
        viewflow::nodes::StartHandleNode::new("start");
    let id = engine.run(start, ()).unwrap().id;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let done = engine.run_pending().unwrap();
        let task = engine.tasks(id, 0, 10).unwrap().pop().unwrap();
        seen.push(format!("{done} done, {} after {} attempts", task.status, task.job.unwrap().attempt));
        clock.advance(Duration::from_mins(1));
    }
    seen
}

#[test]
fn what_the_builder_is_told_of_a_node_may_be_told_in_any_order() {
    let told = [
        "0 done, scheduled after 0 attempts",
        "1 done, scheduled after 1 attempts",
        "1 done, failed after 2 attempts",
        "0 done, failed after 2 attempts",
    ];
    assert_eq!(tries::<true>(), told);
    assert_eq!(tries::<false>(), told);
}

/// Declarations that contradict each other.
struct Muddled;

impl Flow for Muddled {
    type Process = ();
    const NAME: &'static str = "muddled";
    const TITLE: &'static str = "Muddled";

    fn define(flow: &mut viewflow::builder::FlowBuilder<Self>) {
        use viewflow::graph::{Kind, Role};
        flow.node::<()>("start", Kind::StartHandle).edge::<()>(Role::Next, "twice");
        let mut twice = flow.node::<()>("twice", Kind::Function).call(|_, _| Ok(())).call(|_, _| Ok(()));
        twice.edge::<()>(Role::Next, "waits");
        let mut waits = flow.node::<()>("waits", Kind::Timer).signal("bell").delay(Duration::from_mins(1));
        waits.edge::<()>(Role::Next, "rule");
        let mut rule = flow.node::<()>("rule", Kind::Function).call(|_, _| Ok(())).timeout(Duration::from_mins(1));
        rule.edge::<()>(Role::Next, "view").when(|_, _| Ok(true)).seed(|_, _| Ok(())).seed(|_, _| Ok(()));
        let mut view = flow.node::<()>("view", Kind::View).permission_on(|_, _| Ok(None::<viewflow::people::Object>));
        view.edge::<()>(Role::Next, "end");
        flow.node::<()>("end", Kind::End);
    }
}

#[test]
fn what_a_builder_is_told_that_does_not_go_together_is_refused() {
    let Err(Error::Build(problems)) = Engine::builder(MemoryStore::new()).flow(Muddled).build() else {
        panic!("it does not go together")
    };
    for told in [
        "`twice` has `call` more than once",
        "`waits` is a `Timer`, which takes no `signal`",
        "`rule` is a `Function`, which takes no `timeout`",
        "`rule` has a condition on an edge that is no branch",
        "`rule` has `seed` more than once on its edge to `view`",
        "`view` says what its permission is on, and has none",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(told)), "{told}: {problems:?}");
    }
}

#[test]
fn handles_name_their_node() {
    assert_eq!((HelloFlow::approve.name(), HelloFlow::approve.full_name().flow), ("approve", "hello".to_owned()));
    with_engine(|engine| {
        assert_eq!(engine.flows().collect::<Vec<_>>(), ["hello", "other"]);
        let id = engine.start(HelloFlow::start, &user("ann"), ()).unwrap().id;
        do_next(engine, HelloFlow::approve, id, ());
        assert_eq!(engine.tasks_of(HelloFlow::approve, TaskStatus::Done).list().unwrap().len(), 1);
    });
}

#[derive(Clone, Default)]
struct Reach(Arc<Mutex<Option<Engine>>>);

#[derive(Flow)]
struct ReachingFlow {
    reach: Reach,
    #[call(Self::start_another)]
    #[next(end)]
    start: StartHandle,
    end: End,
}

impl ReachingFlow {
    fn start_another(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        let engine = self.reach.0.lock().unwrap().clone().unwrap();
        engine.run(Self::start, ()).map(drop)
    }
}

#[test]
fn a_handler_that_starts_another_step_is_told_not_to() {
    let reach = Reach::default();
    let engine = Engine::builder(MemoryStore::new()).flow(ReachingFlow::new(reach.clone())).build().unwrap();
    *reach.0.lock().unwrap() = Some(engine.clone());
    let error = engine.run(ReachingFlow::start, ()).unwrap_err().to_string();
    assert!(error.contains("a handler is part of a step and cannot start another step"), "{error}");
    assert!(engine.transaction(|db| Ok(db.now())).is_ok(), "the next step is not held to it");
}

#[test]
fn who_listens_may_use_the_engine() {
    let reach = Reach::default();
    let heard = Arc::new(Mutex::new(0));
    let (inside, counter) = (reach.clone(), Arc::clone(&heard));
    let listener = move |event: &viewflow::Event| {
        let engine = inside.0.lock().unwrap().clone();
        if let Some(engine) = engine {
            assert!(engine.process::<OtherFlow>(event.process).is_ok());
            *counter.lock().unwrap() += 1;
        }
    };
    let engine = Engine::builder(MemoryStore::new()).flow(OtherFlow::new()).on_event(listener).build().unwrap();
    *reach.0.lock().unwrap() = Some(engine.clone());
    engine.start(OtherFlow::start, &user("ann"), ()).unwrap();
    assert_eq!(*heard.lock().unwrap(), 4);
}

#[derive(Flow)]
#[flow(name = "other")]
struct ChangedFlow {
    #[next(approve)]
    start: Start,
    #[next(end)]
    approve: Handle,
    end: End,
}

#[test]
fn a_node_that_became_another_kind_is_told_before_anything_runs() {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::builder(Arc::clone(&store)).flow(OtherFlow::new()).build().unwrap();
    engine.start(OtherFlow::start, &user("ann"), ()).unwrap();
    let Err(error) = Engine::builder(store).flow(ChangedFlow::new()).build() else { panic!("it waits as a View") };
    assert!(error.to_string().contains("which was a `View` and is a `Handle` here"), "{error}");
}

#[derive(Process, Clone, Debug)]
struct Impossible {
    #[field(min = 1)]
    count: u8,
}

#[derive(Flow)]
#[flow(process = Impossible)]
struct ImpossibleFlow {
    #[next(end)]
    start: Start,
    end: End,
}

#[test]
fn a_process_that_begins_against_its_own_rules_is_told_before_anything_runs() {
    let Err(error) = Engine::builder(MemoryStore::new()).flow(ImpossibleFlow::new()).build() else { panic!("it is 0") };
    assert!(error.to_string().contains("its process cannot start") && error.to_string().contains("`count`"), "{error}");
}
