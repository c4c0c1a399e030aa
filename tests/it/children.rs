//! Sub-processes: they get their seed from the parent, the parent waits for them, and their results return to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use viewflow::prelude::*;
use viewflow::{EventKind, Store};

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks, perform, user};

#[derive(Entity, Clone, Debug)]
pub struct Text {
    #[id]
    pub id: Id<Text>,
    pub body: String,
}

#[derive(Process, Clone, Debug)]
#[process(seed = Ref<Text>, artifact = Ref<Text>)]
pub struct Translation {
    pub language: String,
    #[field(default = false)]
    pub refused: bool,
    #[field(default = false)]
    pub urgent: bool,
}

#[derive(Task, Clone, Debug)]
#[task(seed = Option<Ref<Text>>)]
pub struct Begin {
    #[field(default = 0)]
    pub pages: u32,
}

/// A text is translated by a person.
#[derive(Flow)]
#[flow(process = Translation)]
pub struct TranslationFlow {
    #[next(translate)]
    start: StartHandle<Begin>,

    #[fields(refused, urgent)]
    #[submit(Self::translated)]
    #[next(check)]
    translate: View,

    #[cond(|a| a.process.refused)]
    #[then(refuse)]
    #[otherwise(hurry)]
    check: If,

    #[code("refused")]
    refuse: ErrorEnd,

    #[cond(|a| a.process.urgent)]
    #[then(tell)]
    #[otherwise(end)]
    hurry: If,

    #[code("late")]
    #[next(end)]
    tell: EscalationThrow,

    end: End,
}

impl TranslationFlow {
    fn translated(&self, a: &mut Activation<Self, ()>, _: TranslateFields) -> Result<()> {
        let text = a.load(a.process.seed)?;
        let body = format!("{} in {}", text.body, a.process.language);
        a.process.artifact = Some(a.table().insert(Text { id: Id::NEW, body })?);
        Ok(())
    }
}

#[derive(Process, Clone, Debug)]
#[process(artifact = Ref<Text>)]
pub struct Publication {
    pub languages: Vec<String>,
    pub result: Vec<String>,
    #[field(default = 0)]
    pub told: u32,
}

#[derive(Form, Clone, Debug)]
pub struct NewText {
    pub body: String,
    pub languages: Vec<String>,
}

/// The last snippet of the data management page: a sub-process that starts from the artifact of the process.
#[derive(Flow)]
#[flow(process = Publication)]
pub struct PublicationFlow {
    #[form(NewText)]
    #[submit(Self::write)]
    #[next(translate)]
    start: Start,

    #[child(
        TranslationFlow::start,
        process_seed = |a| a.process.artifact,
        process_data_source = |a| a.process.languages.iter().map(|language| PublicationFlow::order(language)),
        task_seed = |a| a.process.artifact,
        task_data = |_a| Begin { pages: 3 },
    )]
    #[done(Self::translated)]
    #[on_error(code = "refused", then = rescue, task_seed = |a| u32::try_from(a.children(PublicationFlow::translate)?.len()).ok())]
    #[on_escalation(then = note)]
    #[next(end)]
    translate: NSubprocess,

    #[call(Self::rescue)]
    #[next(give_up)]
    rescue: Function<Seed<u32>>,

    give_up: End,

    #[call(Self::note)]
    #[next(noted)]
    note: Function,

    noted: End,

    end: End,
}

impl PublicationFlow {
    fn write(&self, a: &mut Activation<Self, ()>, form: NewText) -> Result<()> {
        a.process.languages = form.languages;
        a.process.artifact = Some(a.table().insert(Text { id: Id::NEW, body: form.body })?);
        Ok(())
    }

    fn order(language: &str) -> Translation {
        Translation { language: language.to_owned(), refused: false, urgent: false }
    }

    fn translated(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        for child in a.children(Self::translate)? {
            let body = a.load(child.artifact)?.body;
            a.process.result.push(body);
        }
        Ok(())
    }

    /// Collects the translations that were done before one was refused.
    fn rescue(&self, a: &mut Activation<Self, Seed<u32>>) -> Result<()> {
        let done = a.children(Self::translate)?;
        assert_eq!(done.len(), a.task.seed as usize, "the edge and the node see the same");
        a.process.result = done.iter().map(|child| format!("only {}", child.language)).collect();
        Ok(())
    }

    fn note(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.told += 1;
        Ok(())
    }
}

fn engine(store: Arc<dyn Store>) -> Engine {
    Engine::builder(store).flow(PublicationFlow::new()).flow(TranslationFlow::new()).build().unwrap()
}

fn publish(engine: &Engine, languages: &[&str]) -> ProcessId {
    let languages = languages.iter().map(|&language| language.to_owned()).collect();
    engine.start(PublicationFlow::start, &user("ann"), NewText { body: "Hello".to_owned(), languages }).unwrap().id
}

fn children(engine: &Engine, parent: ProcessId) -> Vec<ProcessOf<Translation>> {
    let host = engine.tasks(parent, 0, 100).unwrap().into_iter().rfind(|task| task.node == "translate").unwrap();
    engine.task(PublicationFlow::translate, host.id).unwrap().children().unwrap()
}

fn translate(engine: &Engine, child: ProcessId) {
    do_next(engine, TranslationFlow::translate, child, TranslateFields { refused: false, urgent: false });
}

#[test]
fn a_sub_process_starts_from_the_artifact_and_its_own_comes_back() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &["German", "French"]);
        let children = children(&engine, id);
        assert_eq!(children.iter().map(|child| child.language.as_str()).collect::<Vec<_>>(), ["German", "French"]);
        assert!(children.iter().all(|child| child.seed == engine.process::<PublicationFlow>(id).unwrap().artifact));
        let begun = engine.task_record(TaskId { process: children[0].id, ordinal: 1 }).unwrap();
        assert_eq!((begun.data["pages"].as_u64(), begun.seed.is_null()), (Some(3), false));
        translate(&engine, children[1].id);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New, "it waits for all of them");
        translate(&engine, children[0].id);
        let parent = engine.process::<PublicationFlow>(id).unwrap();
        assert_eq!(
            (parent.status, &parent.result[..]),
            (ProcessStatus::Done, &["Hello in German".to_owned(), "Hello in French".to_owned()][..])
        );
        let ends = engine.events(id, 0, 100).unwrap();
        let ended = |kind: &EventKind| matches!(kind, EventKind::TaskFinished { node, .. } if node == "translate");
        assert_eq!(ends.iter().filter(|event| ended(&event.kind)).count(), 1, "it goes on once");
    });
}

#[test]
fn without_items_there_are_no_children_and_it_goes_on_at_once() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &[]);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert!(engine.processes::<TranslationFlow>().list().unwrap().is_empty());
    });
}

#[test]
fn an_error_of_a_child_comes_up_by_its_code_and_the_other_children_are_canceled() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &["German", "French", "Latin"]);
        let children = children(&engine, id);
        translate(&engine, children[2].id);
        do_next(&engine, TranslationFlow::translate, children[0].id, TranslateFields { refused: true, urgent: false });
        let status = |id| engine.process_record(id).unwrap().status;
        assert_eq!(status(children[0].id), ProcessStatus::Failed);
        assert_eq!(engine.process_record(children[0].id).unwrap().error.as_deref(), Some("refused"));
        assert_eq!((status(children[1].id), status(id)), (ProcessStatus::Canceled, ProcessStatus::Done));
        assert!(events(&engine, id).contains(&"translate left for rescue".to_owned()));
        assert_eq!(engine.process::<PublicationFlow>(id).unwrap().result, ["only Latin"], "what was done by then");
    });
}

#[test]
fn an_escalation_of_a_child_starts_something_beside_it() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &["German"]);
        let child = children(&engine, id)[0].id;
        do_next(&engine, TranslationFlow::translate, child, TranslateFields { refused: false, urgent: true });
        let parent = engine.process::<PublicationFlow>(id).unwrap();
        assert_eq!((parent.told, parent.status, parent.result.len()), (1, ProcessStatus::Done, 1));
        // A process without a parent reports to no process.
        let alone = engine.run(TranslationFlow::start, ()).unwrap().id;
        let error = engine.open_task(TranslationFlow::translate, alone).unwrap().assign(&user("ann")).unwrap();
        let form = TranslateFields { refused: false, urgent: true };
        assert!(error.execute(&user("ann"), form).is_err(), "it has no text");
    });
}

#[test]
fn a_process_that_is_canceled_takes_its_children_along() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &["German", "French"]);
        let children = children(&engine, id);
        translate(&engine, children[0].id);
        engine.cancel(id, &boss()).unwrap();
        let status = |id| engine.process_record(id).unwrap().status;
        assert_eq!(status(id), ProcessStatus::Canceled);
        assert_eq!((status(children[0].id), status(children[1].id)), (ProcessStatus::Done, ProcessStatus::Canceled));
        assert!(engine.queue(&user("ann")).list().unwrap().is_empty());
        let error = engine.cancel(id, &boss()).unwrap_err();
        assert!(error.to_string().contains("is canceled already"), "{error}");
    });
}

#[test]
fn of_many_children_one_that_is_canceled_is_done_without() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &["German", "French"]);
        let children = children(&engine, id);
        translate(&engine, children[0].id);
        engine.cancel(children[1].id, &boss()).unwrap();
        let parent = engine.process::<PublicationFlow>(id).unwrap();
        assert_eq!((parent.status, &parent.result[..]), (ProcessStatus::Done, &["Hello in German".to_owned()][..]));
    });
}

#[test]
fn children_can_be_added_while_others_run_and_not_afterwards() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = publish(&engine, &["German"]);
        let open = engine.open_task(PublicationFlow::translate, id).unwrap();
        let text = engine.process::<PublicationFlow>(id).unwrap().artifact;
        let added = open.add(text, PublicationFlow::order("Latin")).unwrap();
        translate(&engine, children(&engine, id)[0].id);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
        translate(&engine, added.id);
        let parent = engine.process::<PublicationFlow>(id).unwrap();
        assert_eq!(parent.result, ["Hello in German", "Hello in Latin"]);
        let error = open.add(text, PublicationFlow::order("Greek")).unwrap_err();
        assert!(error.to_string().contains("cannot add a child to a task that is done"), "{error}");
    });
}

#[derive(Process, Clone, Debug)]
pub struct Tour {
    pub stops: Vec<String>,
    pub seen: Vec<String>,
}

#[derive(Flow)]
#[flow(process = Translation)]
pub struct StopFlow {
    #[next(visit)]
    start: StartHandle,
    #[next(end)]
    visit: View,
    end: End,
}

#[derive(Flow)]
#[flow(process = Tour)]
pub struct TourFlow {
    #[fields(stops)]
    #[next(visit)]
    start: Start,

    #[child(StopFlow::start, sequential, process_data_source = |a| a.process.stops.iter().map(|stop| PublicationFlow::order(stop)))]
    #[done(Self::seen)]
    #[next(end)]
    visit: NSubprocess,

    end: End,
}

impl TourFlow {
    fn seen(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.seen = a.children(Self::visit)?.into_iter().map(|child| child.language.clone()).collect();
        Ok(())
    }
}

#[test]
fn sequential_children_run_one_after_the_other() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(TourFlow::new()).flow(StopFlow::new()).build().unwrap();
        let stops: Vec<String> = ["Rome", "Oslo", "Bern"].map(str::to_owned).to_vec();
        let form = StartFields { stops: stops.clone() };
        let id = engine.start(TourFlow::start, &user("ann"), form).unwrap().id;
        let host = open_task(&engine, TourFlow::visit, id).id;
        let open = engine.task(TourFlow::visit, host).unwrap();
        open.add(None, PublicationFlow::order("Kiev")).unwrap();
        for stop in ["Rome", "Oslo", "Bern", "Kiev"] {
            let waiting = engine.queue(&user("ann")).of(StopFlow::visit).list().unwrap();
            assert_eq!(waiting.len(), 1, "one at a time");
            assert_eq!(engine.process::<StopFlow>(waiting[0].id.process).unwrap().language, stop);
            perform(&engine, StopFlow::visit, waiting[0].id, ());
        }
        assert_eq!(engine.process::<TourFlow>(id).unwrap().seen, ["Rome", "Oslo", "Bern", "Kiev"]);
        // After a cancellation in the middle, the rest never begins.
        let id = engine.start(TourFlow::start, &user("ann"), StartFields { stops }).unwrap().id;
        engine.cancel(id, &boss()).unwrap();
        assert!(engine.queue(&user("ann")).list().unwrap().is_empty());
        let open = engine.processes::<StopFlow>().with_status(ProcessStatus::New).list().unwrap();
        assert!(open.is_empty(), "{open:?}");
    });
}

#[derive(Process, Clone, Debug)]
pub struct Outer {
    #[field(default = false)]
    pub wait: bool,
    pub heard: Option<String>,
}

/// A process that may be done in the step that starts it.
#[derive(Flow)]
#[flow(process = Outer)]
pub struct QuickFlow {
    #[next(maybe)]
    start: StartHandle,
    #[cond(|a| a.process.wait)]
    #[then(wait)]
    #[otherwise(end)]
    maybe: If,
    #[next(end)]
    wait: View,
    end: End,
}

#[derive(Flow)]
#[flow(process = Outer)]
pub struct OneFlow {
    #[fields(wait, as = OneStart)]
    #[next(run)]
    start: Start,
    #[child(QuickFlow::start, process_data = |a| Outer { wait: a.process.wait, heard: Some("you".to_owned()) })]
    #[next(use_it, task_seed = |a| a.child(OneFlow::run)?.heard.clone())]
    run: Subprocess,
    #[call(Self::use_it)]
    #[next(end)]
    use_it: Function<Seed<String>>,
    end: End,
}

impl OneFlow {
    fn use_it(&self, a: &mut Activation<Self, Seed<String>>) -> Result<()> {
        let child = a.child(Self::run)?;
        assert_eq!(child.heard.as_ref(), Some(&a.task.seed));
        a.process.heard = Some(a.task.seed.clone());
        Ok(())
    }
}

#[test]
fn a_child_that_is_done_at_once_lets_its_parent_go_on_once() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OneFlow::new()).flow(QuickFlow::new()).build().unwrap();
        for wait in [false, true] {
            let id = engine.start(OneFlow::start, &user("ann"), OneStart { wait }).unwrap().id;
            if wait {
                let task = engine.queue(&user("ann")).of(QuickFlow::wait).first().unwrap();
                perform(&engine, QuickFlow::wait, task.id, ());
            }
            let process = engine.process::<OneFlow>(id).unwrap();
            assert_eq!((process.status, process.heard.as_deref()), (ProcessStatus::Done, Some("you")));
            let used = engine.tasks(id, 0, 100).unwrap().iter().filter(|task| task.node == "use_it").count();
            assert_eq!(used, 1);
        }
    });
}

#[test]
fn a_single_child_that_is_canceled_or_fails_leaves_its_parent_to_be_revived() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OneFlow::new()).flow(QuickFlow::new()).build().unwrap();
        let id = engine.start(OneFlow::start, &user("ann"), OneStart { wait: true }).unwrap().id;
        let child = engine.queue(&user("ann")).of(QuickFlow::wait).first().unwrap().id.process;
        engine.cancel(child, &boss()).unwrap();
        let host = open_task(&engine, OneFlow::run, id);
        assert_eq!((host.status, host.error.unwrap().code.as_deref()), (TaskStatus::Error, Some("canceled")));
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
        let again = engine.retry(host.id, &boss()).unwrap();
        assert_ne!(again, host.id, "children cannot be tried again: the task is made again");
        let task = engine.queue(&user("ann")).of(QuickFlow::wait).first().unwrap();
        perform(&engine, QuickFlow::wait, task.id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert!(open_tasks(&engine, OneFlow::run, id).is_empty());
    });
}

#[test]
fn a_flow_that_is_not_here_is_told_when_the_engine_is_built() {
    let error = Engine::builder(MemoryStore::new()).flow(OneFlow::new()).build().unwrap_err().to_string();
    assert!(error.contains("`run` runs processes of flow `quick`, which is not here"), "{error}");
}

#[derive(Process, Clone, Debug)]
pub struct Visit {
    pub stops: Vec<String>,
    pub seen: Vec<String>,
}

/// One process of another flow in each branch.
#[derive(Flow)]
#[flow(process = Visit)]
pub struct VisitFlow {
    #[fields(stops, as = VisitStart)]
    #[next(each)]
    start: Start,
    #[branch(visit, task_seed_source = |a| a.process.stops.clone())]
    each: Split,
    #[child(QuickFlow::start, process_data = |a| Outer { wait: true, heard: Some(a.task.seed.clone()) })]
    #[next(compare, task_seed = |a| a.task.seed.clone())]
    visit: Subprocess<Seed<String>>,
    #[call(Self::compare)]
    #[next(gather)]
    compare: Function<Seed<String>>,
    #[next(end)]
    gather: Join,
    end: End,
}

impl VisitFlow {
    fn compare(&self, a: &mut Activation<Self, Seed<String>>) -> Result<()> {
        let child = a.child(Self::visit)?.heard.clone().unwrap_or_default();
        let line = format!("{} is {child}", a.task.seed);
        a.process.seen.push(line);
        Ok(())
    }
}

#[test]
fn each_branch_sees_the_sub_process_that_it_ran_itself() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(VisitFlow::new()).flow(QuickFlow::new()).build().unwrap();
        let stops = ["Rome", "Oslo", "Bern"].map(str::to_owned).to_vec();
        let id = engine.start(VisitFlow::start, &user("ann"), VisitStart { stops }).unwrap().id;
        let waiting = engine.queue(&user("ann")).of(QuickFlow::wait).list().unwrap();
        for index in [1, 2, 0] {
            perform(&engine, QuickFlow::wait, waiting[index].id, ());
        }
        assert_eq!(engine.process::<VisitFlow>(id).unwrap().seen, ["Oslo is Oslo", "Bern is Bern", "Rome is Rome"]);
    });
}

/// Flows that start each other, at once or after waiting.
mod round {
    use viewflow::prelude::*;

    #[derive(Flow)]
    pub struct PingFlow {
        #[next(pong)]
        start: StartHandle,
        #[child(PongFlow::start)]
        #[next(end)]
        pong: Subprocess,
        end: End,
    }

    #[derive(Flow)]
    pub struct PongFlow {
        #[next(ping)]
        start: StartHandle,
        #[child(PingFlow::start)]
        #[next(end)]
        ping: Subprocess,
        end: End,
    }

    #[derive(Flow)]
    pub struct PatientFlow {
        #[next(think)]
        start: StartHandle,
        #[next(again)]
        think: View,
        #[child(PatientFlow::start)]
        #[next(end)]
        again: Subprocess,
        end: End,
    }

    /// Loops without waiting, because its child does not wait.
    #[derive(Flow)]
    pub struct LoopFlow {
        #[next(again)]
        start: StartHandle,
        #[child(super::QuickFlow::start)]
        #[next(enough)]
        again: Subprocess,
        #[cond(|_a| false)]
        #[then(end)]
        #[otherwise(again)]
        enough: If,
        end: End,
    }
}

#[test]
fn flows_that_start_each_other_without_ever_waiting_are_refused() {
    use round::{LoopFlow, PatientFlow, PingFlow, PongFlow};
    let build = Engine::builder(MemoryStore::new()).flow(PingFlow::new()).flow(PongFlow::new()).build();
    let error = build.unwrap_err().to_string();
    assert_eq!(error.matches("[starts-for-ever]").count(), 1, "{error}");
    assert!(error.contains("comes from `start` to `pong` without waiting"), "{error}");
    let build = Engine::builder(MemoryStore::new()).flow(LoopFlow::new()).flow(QuickFlow::new()).build();
    let error = build.unwrap_err().to_string();
    assert!(error.contains("the loop `again` -> `enough` -> `again` has no node that waits"), "{error}");
    Engine::builder(MemoryStore::new()).flow(PatientFlow::new()).build().unwrap();
}

#[derive(Flow)]
#[flow(process = Tour)]
pub struct FailingFlow {
    #[fields(stops, as = FailingForm)]
    #[next(visit)]
    start: Start,
    #[child(StopFlow::start, process_data_source = |a| a.process.stops.iter().map(|stop| FailingFlow::order(stop)).collect::<Result<Vec<_>>>()?)]
    #[next(end)]
    visit: NSubprocess,
    end: End,
}

impl FailingFlow {
    fn order(stop: &str) -> Result<Translation> {
        if stop == "nowhere" { Err(Error::msg("there is no road")) } else { Ok(PublicationFlow::order(stop)) }
    }
}

#[test]
fn a_source_of_children_that_fails_on_the_last_item_starts_none() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(FailingFlow::new()).flow(StopFlow::new()).build().unwrap();
        let mut stops = vec!["Rome".to_owned(); 99];
        stops.push("nowhere".to_owned());
        let error = engine.start(FailingFlow::start, &user("ann"), FailingForm { stops }).unwrap_err();
        assert!(error.to_string().contains("there is no road"), "{error}");
        assert!(engine.processes::<StopFlow>().list().unwrap().is_empty());
        assert!(engine.processes::<FailingFlow>().list().unwrap().is_empty());
    });
}

#[test]
fn three_thousand_children_are_waited_for() {
    let engine = Engine::builder(MemoryStore::new()).flow(FailingFlow::new()).flow(StopFlow::new()).build().unwrap();
    let form = FailingForm { stops: vec!["Rome".to_owned(); 3_000] };
    let id = engine.start(FailingFlow::start, &user("ann"), form).unwrap().id;
    let waiting = engine.queue(&user("ann")).of(StopFlow::visit).list().unwrap();
    assert_eq!(waiting.len(), 3_000);
    let (last, others) = waiting.split_last().unwrap();
    for task in others {
        perform(&engine, StopFlow::visit, task.id, ());
    }
    assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
    perform(&engine, StopFlow::visit, last.id, ());
    assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
}

#[derive(Flow)]
pub struct LateFlow {
    #[next(work)]
    start: StartHandle,
    #[next(tell)]
    work: View,
    #[code("late")]
    #[next(more)]
    tell: EscalationThrow,
    #[next(end)]
    more: View,
    end: End,
}

/// One of the two children is enough.
#[derive(Flow)]
pub struct ImpatientFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(sub)]
    #[branch(other)]
    fork: Split,
    #[child(LateFlow::start)]
    #[on_escalation(code = "late", then = gather)]
    #[next(gather)]
    sub: Subprocess,
    #[next(gather)]
    other: View,
    #[until(|a| a.arrived()? >= 1)]
    #[next(last)]
    gather: Join,
    #[next(end)]
    last: View,
    end: End,
}

#[test]
fn an_escalation_that_ends_its_own_process_leaves_nothing_of_it_open() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ImpatientFlow::new()).flow(LateFlow::new()).build().unwrap();
        let id = engine.run(ImpatientFlow::start, ()).unwrap().id;
        let child = engine.processes::<LateFlow>().list().unwrap()[0].id;
        do_next(&engine, LateFlow::work, child, ());
        assert_eq!(open_task(&engine, ImpatientFlow::last, id).status, TaskStatus::New);
        assert_eq!(engine.process_record(child).unwrap().status, ProcessStatus::Canceled);
        assert!(engine.tasks(child, 0, 100).unwrap().iter().all(|task| task.status.is_final()));
    });
}

#[test]
fn a_sub_process_whose_own_handler_failed_is_tried_again_without_running_its_child_again() {
    #[derive(Flow)]
    struct NapFlow {
        #[next(nap)]
        start: StartHandle,
        #[delay("1d")]
        #[next(end)]
        nap: Timer,
        end: End,
    }
    #[derive(Flow)]
    struct HostFlow {
        broken: Arc<AtomicBool>,
        #[next(sub)]
        start: StartHandle,
        #[child(NapFlow::start)]
        #[done(Self::rested)]
        #[next(end)]
        sub: Subprocess,
        end: End,
    }
    impl HostFlow {
        fn rested(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            if self.broken.load(Ordering::SeqCst) { Err(Error::msg("still tired")) } else { Ok(()) }
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let broken = Arc::new(AtomicBool::new(true));
        let engine = builder.flow(HostFlow::new(Arc::clone(&broken))).flow(NapFlow::new()).build().unwrap();
        let id = engine.run(HostFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let failed = open_task(&engine, HostFlow::sub, id);
        assert!(failed.error.unwrap().message.contains("still tired"));
        broken.store(false, Ordering::SeqCst);
        engine.retry(failed.id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert_eq!(engine.processes::<NapFlow>().list().unwrap().len(), 1);
    });
}

#[test]
fn thousands_of_children_one_after_the_other_in_one_step_are_no_endless_loop() {
    #[derive(Flow)]
    struct HopFlow {
        #[next(hop)]
        start: StartHandle,
        #[call(Self::hop)]
        #[next(end)]
        hop: Function,
        end: End,
    }
    impl HopFlow {
        fn hop(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            Ok(())
        }
    }
    #[derive(Flow)]
    struct HopsFlow {
        #[next(sub)]
        start: StartHandle,
        #[child(HopFlow::start, sequential, process_data_source = |_| vec![(); 4_000])]
        #[next(end)]
        sub: NSubprocess,
        end: End,
    }
    let engine = Engine::builder(MemoryStore::new()).flow(HopsFlow::new()).flow(HopFlow::new()).build().unwrap();
    assert_eq!(engine.run(HopsFlow::start, ()).unwrap().status, ProcessStatus::Done);
    assert_eq!(engine.processes::<HopFlow>().with_status(ProcessStatus::Done).list().unwrap().len(), 4_000);
}
