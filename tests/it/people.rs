//! Permissions, candidates and four eyes; reassigning and delegating; due dates, priorities and follow-up.

use std::sync::Arc;
use std::time::Duration;

use viewflow::engine::TaskQuery;
use viewflow::lifecycle::Action;
use viewflow::people::{Candidate, Object};
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{Anonymous, EventKind, User};

use crate::support::{boss, manual, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
pub struct Department {
    #[id]
    pub id: Id<Department>,
    pub name: String,
}

#[derive(Process, Clone, Debug)]
#[process(artifact = Ref<Department>)]
pub struct BillProcess {
    pub urgent: bool,
}

#[derive(Form, Clone, Debug)]
pub struct Register {
    pub department: Ref<Department>,
    pub urgent: bool,
}

/// A bill is accepted in its department, signed by a chief, and paid by the person that accepted it.
#[derive(Flow)]
#[flow(process = BillProcess)]
pub struct BillFlow {
    #[permission("register", object = |a| a.process.artifact)]
    #[form(Register)]
    #[submit(Self::register)]
    #[next(accept)]
    start: Start,

    #[permission(auto, object = |a| a.process.artifact)]
    #[due("3d")]
    #[priority(|a| if a.process.urgent { 10 } else { 1 })]
    #[next(sign)]
    accept: View,

    #[candidates(group = "chiefs", group = "deputies")]
    #[not_by(start, accept)]
    #[next(pay)]
    sign: View,

    #[assign(same_as = accept)]
    #[next(end)]
    pay: View,

    end: End,
}

impl BillFlow {
    fn register(&self, a: &mut Activation<Self, ()>, form: Register) -> Result<()> {
        a.process.artifact = Some(form.department);
        a.process.urgent = form.urgent;
        Ok(())
    }
}

/// Anybody may do the first task; the other task is for a person that the process names.
#[derive(Flow)]
pub struct OpenFlow {
    #[next(look)]
    start: Start,
    #[next(check)]
    look: View,
    #[candidates(|a| a.done_by(Self::start)?)]
    #[next(end)]
    check: View,
    end: End,
}

/// Two tasks at once: one by permission, one for the person that started the process.
#[derive(Flow)]
pub struct PairFlow {
    #[next(fork)]
    start: Start,
    #[branch(sign)]
    #[branch(own)]
    fork: Split,
    #[permission("sign")]
    #[not_by(start)]
    #[due("1d")]
    #[next(join)]
    sign: View,
    #[assign(same_as = start)]
    #[next(join)]
    own: View,
    #[next(end)]
    join: Join,
    end: End,
}

/// A person of the host application.
#[derive(Clone)]
struct Person {
    name: &'static str,
    groups: Vec<&'static str>,
    /// Permissions, each on one department or on all.
    rights: Vec<(&'static str, Option<Ref<Department>>)>,
}

impl User for Person {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn groups(&self) -> Vec<String> {
        self.groups.iter().map(|group| (*group).to_owned()).collect()
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        let object = object.and_then(Department::row_in);
        self.rights.iter().any(|(name, on)| *name == permission && (on.is_none() || *on == object))
    }
}

fn person(name: &'static str) -> Person {
    Person { name, groups: Vec::new(), rights: Vec::new() }
}

fn clerk(name: &'static str, department: Ref<Department>) -> Person {
    let rights = vec![("register", Some(department)), ("bill.accept", Some(department))];
    Person { rights, ..person(name) }
}

fn chief(name: &'static str) -> Person {
    Person { groups: vec!["chiefs"], ..person(name) }
}

fn with_engine(test: impl Fn(&Engine, Ref<Department>, Ref<Department>)) {
    on_every_store(|store| {
        let engine = manual(store).0.flow(BillFlow::new()).flow(OpenFlow::new()).build().unwrap();
        let department = |name: &str| {
            engine.transaction(|db| db.table().insert(Department { id: Id::NEW, name: name.to_owned() })).unwrap()
        };
        test(&engine, department("sales"), department("law"));
    });
}

fn register(engine: &Engine, by: &Person, department: Ref<Department>) -> Result<ProcessId> {
    Ok(engine.start(BillFlow::start, by, Register { department, urgent: false })?.id)
}

fn perform(engine: &Engine, id: TaskId, by: &impl User) -> Result<()> {
    engine.assign(id, by)?;
    engine.desk(by).execute(id, &viewflow::Document::new())
}

fn ids(query: &TaskQuery) -> Vec<u64> {
    query.list().unwrap().iter().map(|task| task.id.process.0).collect()
}

fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_start_asks_for_the_permission_on_what_its_form_named() {
    with_engine(|engine, sales, law| {
        let ann = clerk("ann", sales);
        register(engine, &ann, sales).unwrap();
        let error = told(register(engine, &ann, law));
        assert_eq!(
            error,
            "`bill.start`: `ann` may not start this: that takes the permission `register` on row 2 of `department`"
        );
        assert_eq!(engine.processes::<BillFlow>().list().unwrap().len(), 1, "nothing is left of what was refused");
        assert!(told(engine.start(OpenFlow::start, &Anonymous, ())).contains("an unknown person may do nothing"));
    });
}

#[test]
fn a_task_is_taken_by_who_has_its_permission_on_its_object() {
    with_engine(|engine, sales, law| {
        let (ann, lea) = (clerk("ann", sales), clerk("lea", law));
        let id = register(engine, &ann, sales).unwrap();
        let task = open_task(engine, BillFlow::accept, id).id;
        let error = told(engine.assign(task, &lea));
        assert!(error.contains("`lea` may not take this: that takes the permission `bill.accept` on row 1"), "{error}");
        let everywhere = Person { rights: vec![("bill.accept", None)], ..person("eve") };
        engine.assign(task, &everywhere).unwrap();
        engine.unassign(task, &everywhere).unwrap();
        engine.assign(task, &ann).unwrap();
        assert!(told(engine.assign(task, &lea)).contains("belongs to `ann`"));
        let done = engine.desk(&lea).execute(task, &viewflow::Document::new());
        assert!(matches!(done, Err(Error::NoTask(_))), "she does not see it");
    });
}

#[test]
fn queues_show_what_one_may_take_in_full_pages() {
    with_engine(|engine, sales, law| {
        let (ann, lea) = (clerk("ann", sales), clerk("lea", law));
        let mut own = Vec::new();
        for round in 0..60 {
            let (by, department) = if round % 4 == 0 { (&ann, sales) } else { (&lea, law) };
            let id = register(engine, by, department).unwrap();
            if round % 4 == 0 {
                own.push(id.0);
            }
        }
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = engine.queue(&ann).page(after, 4).unwrap();
            assert!(page.items.len() == 4 || page.next.is_none(), "a page that is not the last one is full");
            seen.extend(page.items.iter().map(|task| task.id.process.0));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, own);
        let everywhere = Person { rights: vec![("bill.accept", None)], ..person("eve") };
        assert_eq!(ids(&engine.queue(&everywhere)).len(), 60, "each once, whatever it stands in");
        assert!(ids(&engine.queue(&person("bob"))).is_empty());
        assert!(ids(&engine.queue(&Anonymous)).is_empty());
    });
}

#[test]
fn groups_and_names_open_a_task() {
    with_engine(|engine, sales, _| {
        let ann = clerk("ann", sales);
        let id = register(engine, &ann, sales).unwrap();
        perform(engine, open_task(engine, BillFlow::accept, id).id, &ann).unwrap();
        let sign = open_task(engine, BillFlow::sign, id);
        assert_eq!(sign.candidates, [Candidate::group("chiefs"), Candidate::group("deputies")]);
        let deputy = Person { groups: vec!["deputies", "drivers"], ..person("dan") };
        assert_eq!(ids(&engine.queue(&deputy)), [id.0]);
        assert!(ids(&engine.queue(&Person { groups: vec!["drivers"], ..person("don") })).is_empty());
        assert!(
            told(engine.assign(sign.id, &person("don"))).contains("it is for the group `chiefs`, the group `deputies`")
        );

        let open = engine.start(OpenFlow::start, &user("zoe"), ()).unwrap().id;
        perform(engine, open_task(engine, OpenFlow::look, open).id, &user("bob")).unwrap();
        let check = open_task(engine, OpenFlow::check, open).id;
        assert!(told(engine.assign(check, &user("bob"))).contains("it is for `zoe`"));
        assert_eq!(ids(&engine.queue(&user("zoe"))), [open.0]);
        perform(engine, check, &user("zoe")).unwrap();
    });
}

#[test]
fn who_did_a_task_cannot_do_the_one_that_looks_at_it() {
    with_engine(|engine, sales, _| {
        let ann = Person { groups: vec!["chiefs"], ..clerk("ann", sales) };
        let id = register(engine, &ann, sales).unwrap();
        let accept = open_task(engine, BillFlow::accept, id).id;
        // Bob accepts it in the place of Cleo, so both count as having accepted it.
        let cleo = Person { groups: vec!["chiefs"], ..clerk("cleo", sales) };
        let bob = chief("bob");
        engine.assign(accept, &cleo).unwrap();
        engine.delegate(accept, &cleo, &bob).unwrap();
        engine.desk(&bob).execute(accept, &viewflow::Document::new()).unwrap();
        let sign = open_task(engine, BillFlow::sign, id).id;
        for who in [&ann, &bob, &cleo] {
            assert!(told(engine.assign(sign, who)).contains("who did what it looks at may not do it as well"));
            assert!(ids(&engine.queue(who)).is_empty(), "the task is not in their queue");
        }
        engine.assign(sign, &chief("dora")).unwrap();
        assert!(told(engine.delegate(sign, &chief("dora"), &ann)).contains("`not_by`"), "not by a detour either");
        assert!(told(engine.reassign(sign, &boss(), &ann.clone().into_boss())).contains("`not_by`"));
        engine.desk(&chief("dora")).execute(sign, &viewflow::Document::new()).unwrap();
        let pay = open_task(engine, BillFlow::pay, id);
        assert_eq!(pay.owner, Some(user("bob")), "who did `accept`");
    });
}

impl Person {
    fn into_boss(self) -> impl User {
        Superuser(self.id())
    }
}

#[test]
fn a_task_is_reassigned_to_who_may_have_it_and_delegated_to_anybody() {
    with_engine(|engine, sales, law| {
        let (ann, ben, lea) = (clerk("ann", sales), clerk("ben", sales), clerk("lea", law));
        let id = register(engine, &ann, sales).unwrap();
        let task = open_task(engine, BillFlow::accept, id).id;
        let owner = || {
            let task = engine.task_record(task).unwrap();
            (task.owner, task.delegated_by)
        };
        let had =
            || engine.task_record(task).unwrap().had.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert!(told(engine.reassign(task, &ann, &ben)).contains("takes the permission `bill.manage`"), "nobody's yet");
        engine.reassign(task, &boss(), &ann).unwrap();
        assert!(told(engine.reassign(task, &ben, &ben)).contains("`ben` cannot reassign a task that belongs to `ann`"));
        assert!(told(engine.reassign(task, &ann, &lea)).contains("may not take this: that takes the permission"));
        assert!(told(engine.reassign(task, &ann, &Anonymous)).contains("may do nothing"));
        assert_eq!(had(), "");
        engine.reassign(task, &ann, &ben).unwrap();
        assert_eq!((owner(), had().as_str()), ((Some(user("ben")), None), "ann"));

        engine.delegate(task, &ben, &lea).unwrap();
        assert_eq!((owner(), had().as_str()), ((Some(user("lea")), Some(user("ben"))), "ann"), "he has it still");
        assert_eq!(ids(&engine.inbox(&lea)), [id.0]);
        engine.delegate(task, &lea, &person("max")).unwrap();
        assert_eq!(owner(), (Some(user("max")), Some(user("ben"))), "in the place of the same person");
        assert_eq!(had(), "ann lea");
        engine.unassign(task, &person("max")).unwrap();
        assert_eq!(owner(), (Some(user("ben")), None), "given back to who had it done");
        assert_eq!(had(), "ann lea max");
        engine.delegate(task, &ben, &lea).unwrap();
        assert_eq!(had(), "ann max", "who has it again is not among those who had it");
        engine.unassign(task, &ben).unwrap();
        assert_eq!(owner(), (Some(user("ben")), None), "and taken back");
        engine.unassign(task, &ben).unwrap();
        assert_eq!((owner(), had().as_str()), ((None, None), "ann max lea ben"));
    });
}

#[test]
fn a_task_has_the_number_of_the_last_event_about_it() {
    with_engine(|engine, sales, _| {
        let ann = clerk("ann", sales);
        let id = register(engine, &ann, sales).unwrap();
        let task = open_task(engine, BillFlow::accept, id).id;
        let mut before = 0;
        let mut changed = |what: &str, events: u32| {
            let (event, last) = (engine.task_record(task).unwrap().event, engine.process_record(id).unwrap().events);
            assert_eq!(event, last, "{what}");
            assert_eq!(event - std::mem::replace(&mut before, event), events, "{what}");
        };
        changed("made", engine.process_record(id).unwrap().events);
        engine.assign(task, &ann).unwrap();
        changed("assigned", 1);
        engine.set_priority(task, &boss(), Some(7)).unwrap();
        changed("rescheduled", 1);
        engine.unassign(task, &ann).unwrap();
        changed("given back", 1);
        engine.suspend(id, &boss()).unwrap();
        let suspended = engine.task_record(task).unwrap();
        assert_eq!(suspended.event + 1, engine.process_record(id).unwrap().events, "an event of the process alone");
        engine.resume(id, &boss()).unwrap();
        engine.cancel_task(task, &boss()).unwrap();
        let canceled = engine.task_record(task).unwrap();
        let events = engine.events(id, 0, 100).unwrap();
        let last = events.iter().rfind(|event| event.kind.task() == Some(task.ordinal)).unwrap();
        assert!(matches!(last.kind, EventKind::TaskCanceled { .. }) && canceled.event == last.number, "{last:?}");
    });
}

#[test]
fn the_task_of_somebody_who_vanished_is_given_to_another_one() {
    with_engine(|engine, sales, _| {
        let (ann, ben) = (clerk("ann", sales), clerk("ben", sales));
        let id = register(engine, &ann, sales).unwrap();
        let task = open_task(engine, BillFlow::accept, id).id;
        engine.assign(task, &clerk("gone", sales)).unwrap();
        assert!(told(engine.unassign(task, &ben)).contains("belongs to `gone`"));
        engine.reassign(task, &boss().because("left the company"), &ben).unwrap();
        assert_eq!(ids(&engine.inbox(&ben)), [id.0]);
        let events = engine.events(id, 0, 100).unwrap();
        let last = events.last().unwrap();
        assert_eq!((last.actor.clone(), last.reason.as_deref()), (Some(user("boss")), Some("left the company")));
    });
}

/// An action of a person on a task that they have, as one step.
type OnOwn = fn(&Engine, TaskId, &Person) -> Result<()>;

const ON_OWN: [(&str, OnOwn); 5] = [
    ("draft", |engine, task, by| engine.desk(by).draft(task, &viewflow::Document::new())),
    ("reschedule", |engine, task, by| engine.set_priority(task, by, Some(5))),
    ("delegate", |engine, task, by| engine.delegate(task, by, &person("max"))),
    ("reassign", |engine, task, by| engine.reassign(task, by, &chief("cleo"))),
    ("execute", |engine, task, by| engine.desk(by).execute(task, &viewflow::Document::new())),
];

#[test]
fn who_took_a_task_and_may_not_have_it_any_more_can_only_give_it_back() {
    with_engine(|engine, sales, law| {
        let ann = clerk("ann", sales);
        // Once by a permission on an object, and once by group.
        let accept = |id| open_task(engine, BillFlow::accept, id).id;
        let sign = |id| {
            perform(engine, accept(id), &ann).unwrap();
            open_task(engine, BillFlow::sign, id).id
        };
        let told_of = |may: &Person, may_not: &Person, task: TaskId, needs: &str| {
            engine.assign(task, may).unwrap();
            for (action, act) in ON_OWN {
                let before = engine.task_record(task).unwrap();
                let error = act(engine, task, may_not).unwrap_err();
                assert!(matches!(error, Error::Forbidden { .. }), "{action}: {error}");
                let text = format!("`{}` may not {action} this: {needs}", may.name);
                assert!(error.to_string().contains(&text), "{error}");
                assert_eq!(engine.task_record(task).unwrap(), before, "{action}");
            }
            assert_eq!(engine.actions(task, may_not).unwrap(), [Action::Assign, Action::Unassign]);
            assert_eq!(ids(&engine.inbox(may_not)), [task.process.0], "it is still there to be given back");
            engine.unassign(task, may_not).unwrap();
            assert!(told(engine.assign(task, may_not)).contains(needs));
        };
        let ben = clerk("ben", sales);
        let moved = clerk("ben", law);
        told_of(
            &ben,
            &moved,
            accept(register(engine, &ann, sales).unwrap()),
            "that takes the permission `bill.accept`",
        );
        told_of(&chief("dora"), &person("dora"), sign(register(engine, &ann, sales).unwrap()), "it is for the group");
        // With the permission back, all actions are possible again.
        for (action, act) in ON_OWN.into_iter().filter(|(action, _)| *action != "reassign") {
            let task = accept(register(engine, &ann, sales).unwrap());
            engine.assign(task, &ben).unwrap();
            assert!(act(engine, task, &moved).is_err());
            act(engine, task, &ben).unwrap_or_else(|error| panic!("{action}: {error}"));
        }
    });
}

/// One task is for the starter, one also for chiefs, and one names no person.
#[derive(Flow)]
pub struct GivenFlow {
    #[next(fork)]
    start: Start,
    #[branch(own)]
    #[branch(shared)]
    #[branch(nobodys)]
    fork: Split,
    #[assign(same_as = start)]
    #[next(join)]
    own: View,
    #[assign(same_as = start)]
    #[candidates(group = "chiefs")]
    #[next(join)]
    shared: View,
    #[assign(|_a| None::<UserId>)]
    #[next(join)]
    nobodys: View,
    #[next(end)]
    join: Join,
    end: End,
}

#[test]
fn who_got_a_task_from_the_flow_keeps_it_and_given_back_it_is_for_nobody_else() {
    on_every_store(|store| {
        let engine = manual(Arc::clone(&store)).0.flow(GivenFlow::new()).build().unwrap();
        let (emma, eve, cleo) = (person("emma"), person("eve"), chief("cleo"));
        let begun = || engine.start(GivenFlow::start, &emma, ()).unwrap().id;
        let own = |id| open_task(&engine, GivenFlow::own, id).id;
        let shared = |id| open_task(&engine, GivenFlow::shared, id).id;
        let owner = |task| engine.task_record(task).unwrap().owner;

        // Emma is not one of the chiefs, but keeps the tasks from the flow, even after a delegate returns them.
        let id = begun();
        engine.desk(&emma).draft(shared(id), &viewflow::Document::new()).unwrap();
        engine.delegate(shared(id), &emma, &eve).unwrap();
        engine.unassign(shared(id), &eve).unwrap();
        engine.desk(&emma).execute(shared(id), &viewflow::Document::new()).unwrap();
        engine.desk(&emma).execute(own(id), &viewflow::Document::new()).unwrap();

        // A task that names candidates goes back to the candidates, and Emma can no longer take it.
        let id = begun();
        engine.unassign(shared(id), &emma).unwrap();
        assert!(told(engine.assign(shared(id), &emma)).contains("it is for the group `chiefs`"));
        perform(&engine, shared(id), &cleo).unwrap();

        // A task that names only Emma stays for Emma alone.
        engine.unassign(own(id), &emma).unwrap();
        for other in [&eve, &cleo] {
            assert!(told(engine.assign(own(id), other)).contains("it is for `emma`"));
            assert!(ids(&engine.queue(other).of(GivenFlow::own)).is_empty());
        }
        assert_eq!(ids(&engine.queue(&emma).of(GivenFlow::own)), [id.0]);
        engine.assign(own(id), &emma).unwrap();
        assert!(
            told(engine.reassign(own(id), &emma, &eve)).contains("it is for `emma`"),
            "an owner cannot reassign it for good"
        );

        // Emma may have left. A manager can give the task to anybody, and that person can keep it and delegate it.
        engine.reassign(own(id), &boss(), &eve).unwrap();
        engine.delegate(own(id), &eve, &cleo).unwrap();
        engine.unassign(own(id), &eve).unwrap();
        engine.unassign(own(id), &eve).unwrap();
        assert!(told(engine.assign(own(id), &eve)).contains("it is for `emma`"));
        engine.reassign(own(id), &boss(), &eve).unwrap();
        engine.desk(&eve).execute(own(id), &viewflow::Document::new()).unwrap();

        // A task that names no person is open to everybody.
        let nobodys = open_task(&engine, GivenFlow::nobodys, id).id;
        engine.assign(nobodys, &eve).unwrap();
        assert_eq!(owner(nobodys), Some(user("eve")));
        assert_eq!(viewflow_testing::inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn who_has_a_task_in_the_place_of_another_cannot_give_it_away_for_good_nor_gain_by_it() {
    with_engine(|engine, sales, law| {
        let (ann, ben, moved) = (clerk("ann", sales), clerk("ben", sales), clerk("ann", law));
        let id = register(engine, &ann, sales).unwrap();
        let task = open_task(engine, BillFlow::accept, id).id;
        engine.assign(task, &ann).unwrap();
        engine.delegate(task, &ann, &person("max")).unwrap();
        let error = told(engine.reassign(task, &person("max"), &ben));
        assert!(error.contains("`max` may not reassign this: the task is done in the place of `ann`"), "{error}");
        // The task comes back to Ann by a detour, as Ann's own. Nobody does a task in their own place, with the
        // permission or without.
        engine.delegate(task, &person("max"), &ann).unwrap();
        assert_eq!(engine.task_record(task).unwrap().delegated_by, None);
        assert!(engine.desk(&moved).execute(task, &viewflow::Document::new()).is_err());
        engine.delegate(task, &ann, &ann).unwrap();
        assert_eq!(engine.task_record(task).unwrap().delegated_by, None);
        assert!(engine.desk(&moved).execute(task, &viewflow::Document::new()).is_err());
        engine.desk(&ann).execute(task, &viewflow::Document::new()).unwrap();
    });
}

#[test]
fn inbox_and_queue_are_sorted_by_due_date_priority_and_follow_up() {
    with_engine(|engine, sales, _| {
        let ann = clerk("ann", sales);
        let ids_of = |query: TaskQuery| ids(&query);
        let bills: Vec<ProcessId> = (0..5).map(|_| register(engine, &ann, sales).unwrap()).collect();
        let tasks: Vec<TaskRecord> = bills.iter().map(|id| open_task(engine, BillFlow::accept, *id)).collect();
        let due = tasks[0].due_date.unwrap();
        assert_eq!(due, tasks[0].created.after(Duration::from_hours(3 * 24)));
        assert_eq!(tasks[0].priority, Some(1));
        let sooner = |hours: u64| Some(due.after(Duration::from_secs(3600 * hours)));
        assert!(told(engine.set_priority(tasks[0].id, &ann, Some(3))).contains("`bill.manage`"), "nobody has it yet");
        for (task, priority, date) in
            [(0, None, sooner(5)), (1, Some(7), sooner(1)), (2, Some(-1), None), (3, Some(9), sooner(2))]
        {
            engine.set_priority(tasks[task].id, &boss(), priority).unwrap();
            engine.set_due_date(tasks[task].id, &boss(), date).unwrap();
        }
        let number = |order: [usize; 5]| order.map(|index| bills[index].0).to_vec();
        for take in [false, true] {
            if take {
                tasks.iter().for_each(|task| engine.assign(task.id, &ann).unwrap());
            }
            let list = || if take { engine.inbox(&ann) } else { engine.queue(&ann) };
            assert_eq!(ids_of(list()), number([0, 1, 2, 3, 4]));
            assert_eq!(ids_of(list().by_due_date()), number([4, 1, 3, 0, 2]), "who has no date comes last");
            assert_eq!(ids_of(list().by_priority()), number([3, 1, 4, 2, 0]));
            assert_eq!(ids_of(list().of(BillFlow::accept).by_priority()), number([3, 1, 4, 2, 0]));
            let mut paged = Vec::new();
            let mut after = None;
            loop {
                let page = list().by_due_date().page(after, 2).unwrap();
                paged.extend(page.items.iter().map(|task| task.id.process.0));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, number([4, 1, 3, 0, 2]), "page by page");
        }
        engine.set_follow_up(tasks[4].id, &ann, sooner(1)).unwrap();
        assert_eq!(ids_of(engine.inbox(&ann).by_follow_up()), number([4, 0, 1, 2, 3]));
    });
}

#[test]
fn a_revived_task_keeps_who_may_have_it_and_by_when() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(PairFlow::new()).build().unwrap();
        let signer = Person { rights: vec![("sign", None)], ..person("ann") };
        let id = engine.start(PairFlow::start, &signer, ()).unwrap().id;
        let task = open_task(&engine, PairFlow::sign, id);
        engine.set_priority(task.id, &boss(), Some(99)).unwrap();
        clock.advance(Duration::from_hours(1));
        engine.cancel_task(task.id, &boss()).unwrap();
        assert!(told(engine.assign(task.id, &signer)).contains("cannot assign a task that is canceled"));
        let again = engine.task_record(engine.revive(task.id, &boss()).unwrap()).unwrap();
        assert_eq!((again.candidates, again.barred), (task.candidates, vec![user("ann")]));
        assert_eq!((again.due_date, again.priority), (task.due_date, Some(99)));
        assert!(told(engine.assign(again.id, &user("bob"))).contains("that takes the permission `sign`"));
        assert!(ids(&engine.queue(&user("bob"))).is_empty(), "it is in nobody's queue who may not do it");
        assert!(told(engine.assign(again.id, &signer)).contains("`not_by`"));

        let own = open_task(&engine, PairFlow::own, id);
        engine.cancel_task(own.id, &boss()).unwrap();
        let again = engine.revive(own.id, &boss()).unwrap();
        assert_eq!(engine.task_record(again).unwrap().owner, Some(user("ann")), "the rule who gets it is asked again");
    });
}

#[test]
fn a_manager_of_one_flow_is_none_of_another() {
    with_engine(|engine, sales, _| {
        let bill = register(engine, &clerk("ann", sales), sales).unwrap();
        let open = engine.start(OpenFlow::start, &user("ann"), ()).unwrap().id;
        let manager = Person { rights: vec![("open.manage", None)], ..person("mia") };
        assert!(told(engine.cancel(bill, &manager)).contains("that takes the permission `bill.manage`"));
        let task = open_task(engine, BillFlow::accept, bill).id;
        assert!(told(engine.cancel_task(task, &manager)).contains("`bill.manage`"));
        engine.cancel(open, &manager).unwrap();
        assert!(told(engine.cancel(open, &manager)).contains("process 2 is canceled already"));
        let names: Vec<_> = engine.process_actions(bill, &manager).unwrap();
        assert!(names.is_empty());
        assert!(engine.process_actions(bill, &boss()).unwrap().contains(&Action::Cancel));
    });
}

#[test]
fn a_list_of_processes_shows_those_one_may_look_at_in_full_pages() {
    struct Viewer(Option<u64>);
    impl User for Viewer {
        fn id(&self) -> UserId {
            user("vic")
        }

        fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
            permission == "open.view"
                && match (self.0, object.and_then(OpenFlow::process_in)) {
                    (None, _) => true,
                    (Some(each), Some(id)) => id.0.is_multiple_of(each),
                    (Some(_), None) => false,
                }
        }
    }
    with_engine(|engine, _, _| {
        for _ in 0..20 {
            engine.start(OpenFlow::start, &user("ann"), ()).unwrap();
        }
        let seen = |viewer: &dyn User| -> Vec<u64> {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = engine.processes::<OpenFlow>().visible_to(viewer).page(after, 3).unwrap();
                assert!(page.items.len() == 3 || page.next.is_none());
                seen.extend(page.items.iter().map(|process| process.id.0));
                after = page.next;
                if after.is_none() {
                    return seen;
                }
            }
        };
        assert_eq!(seen(&Viewer(None)), (1..=20).collect::<Vec<_>>());
        assert_eq!(seen(&Viewer(Some(4))), [4, 8, 12, 16, 20]);
        assert_eq!(seen(&boss()).len(), 20);
        assert!(seen(&user("ann")).is_empty() && seen(&Anonymous).is_empty());
    });
}
