//! The cost of a page of a queue, and how often it asks a person: counted among n and among a hundred times n.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use viewflow::engine::TaskQuery;
use viewflow::people::{Candidate, Object};
use viewflow::prelude::*;
use viewflow::{Permission, Store, User};
use viewflow_testing::CountingStore;

use crate::refused::store::Refusing;
use crate::support::{boss, on_every_store, open_task, user};

const FEW: u32 = 10;
const MANY: u32 = 1000;
const PAGE: usize = 25;

#[derive(Process, Clone, Debug)]
pub struct Matter {
    #[field(default = 0)]
    pub count: u32,
}

/// A task about a customer, for persons with the permission on that customer.
#[derive(Entity, Clone, Debug)]
#[entity(table = "flat_customer")]
pub struct Customer {
    #[id]
    pub id: Id<Self>,
    pub number: u32,
}

#[derive(Process, Clone, Debug)]
#[process(artifact = Ref<Customer>)]
pub struct OfCustomer {}

#[derive(Flow)]
#[flow(process = OfCustomer)]
pub struct CustomerFlow {
    #[input(Ref<Customer>)]
    #[call(Self::begin)]
    #[next(call)]
    start: StartHandle,
    #[permission("call", object = |a| a.process.artifact)]
    #[next(end)]
    call: View,
    end: End,
}

impl CustomerFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, customer: Ref<Customer>) -> Result<()> {
        a.process.artifact = Some(customer);
        Ok(())
    }
}

/// A task for this many groups.
#[derive(Flow)]
#[flow(process = Matter)]
pub struct GroupFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(look)]
    start: StartHandle,
    #[candidates(|a| (0..a.process.count).map(group).collect::<Vec<_>>())]
    #[next(end)]
    look: View,
    end: End,
}

impl GroupFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, count: u32) -> Result<()> {
        a.process.count = count;
        Ok(())
    }
}

fn group(number: u32) -> Candidate {
    Candidate::group(format!("g{number}"))
}

/// Four eyes: the person that started it cannot sign it.
#[derive(Flow)]
pub struct EyesFlow {
    #[next(sign)]
    start: Start,
    #[not_by(start)]
    #[priority(5)]
    #[next(end)]
    sign: View,
    end: End,
}

/// A person that notes the questions they get.
#[derive(Default)]
struct Clerk {
    groups: Vec<String>,
    rights: Vec<Permission>,
    /// Whether they list all their permissions, and a permission that they leave out.
    tells: bool,
    hides: Option<Permission>,
    asked_groups: AtomicUsize,
    asked: Mutex<BTreeMap<(String, Option<Object>), usize>>,
}

impl Clerk {
    fn with(rights: Vec<Permission>) -> Self {
        Self { rights, ..Self::default() }
    }

    /// How often they were asked: for groups, for permissions, and at most for one permission.
    fn asked(&self) -> (usize, usize, usize) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let groups = self.asked_groups.swap(0, Ordering::SeqCst);
        (groups, asked.values().sum(), asked.into_values().max().unwrap_or(0))
    }
}

impl User for Clerk {
    fn id(&self) -> UserId {
        user("clerk")
    }

    fn groups(&self) -> Vec<String> {
        self.asked_groups.fetch_add(1, Ordering::SeqCst);
        self.groups.clone()
    }

    fn has_permission(&self, name: &str, object: Option<&Object>) -> bool {
        *self.asked.lock().unwrap().entry((name.to_owned(), object.cloned())).or_default() += 1;
        let on_all = |right: &&Permission| right.object.is_none() || right.object.as_ref() == object;
        self.rights.iter().filter(|right| right.name == name).any(|right| on_all(&right))
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        let told = self.rights.iter().filter(|right| self.hides.as_ref() != Some(right)).cloned();
        self.tells.then(|| told.collect())
    }
}

fn on(customer: Option<Ref<Customer>>) -> Permission {
    customer.map_or(Permission::on_all("call"), |customer| Permission::on("call", Customer::object(customer)))
}

type Counting = Arc<CountingStore<Arc<dyn Store>>>;

fn counted(test: impl Fn(&Engine, &Counting)) {
    on_every_store(|store| {
        let store = Arc::new(CountingStore::new(store));
        let engine = Engine::builder(Arc::clone(&store)).flow(CustomerFlow::new()).flow(GroupFlow::new());
        test(&engine.flow(EyesFlow::new()).build().unwrap(), &store);
    });
}

/// Creates this many customers, each with a task.
fn customers(engine: &Engine, count: u32) -> Vec<Ref<Customer>> {
    let insert = |number| engine.transaction(|db| db.table().insert(Customer { id: Id::NEW, number })).unwrap();
    let customers: Vec<_> = (0..count).map(insert).collect();
    customers.iter().for_each(|customer| drop(engine.run(CustomerFlow::start, *customer).unwrap()));
    customers
}

/// The calls of the store, the entries and records it returned, and the tasks of a page.
fn page(store: &Counting, query: &TaskQuery, size: usize) -> (Vec<u64>, u64, usize) {
    store.take();
    let found = query.page(None, size).unwrap().items.len();
    let counts = store.take();
    assert_eq!(counts.asked("task"), 0, "no task is read by itself");
    let calls = ["permissions", "list_tasks", "tasks_at"].map(|method| counts.asked(method)).to_vec();
    (calls, counts.read(), found)
}

#[test]
fn a_page_of_who_tells_their_permissions_costs_what_they_have() {
    let costs = |count| {
        let costs = Mutex::new(Vec::new());
        counted(|engine, store| {
            let own = customers(engine, count)[7];
            let clerk = Clerk { tells: true, ..Clerk::with(vec![on(Some(own))]) };
            let cost = page(store, &engine.queue(&clerk), PAGE);
            assert_eq!(cost, (vec![0, 4, 1], 2, 1), "calls of the store; an entry and a task; the task");
            assert_eq!(clerk.asked(), (1, 0, 0));
            costs.lock().unwrap().push(cost);
        });
        costs.into_inner().unwrap()
    };
    assert_eq!(costs(FEW), costs(MANY));
}

#[test]
fn who_does_not_is_asked_once_a_page_for_each_permission_in_use() {
    for count in [FEW, MANY] {
        counted(|engine, store| {
            let customers = customers(engine, count);
            // More tasks for the same permissions lead to no more questions.
            customers.iter().take(5).for_each(|customer| drop(engine.run(CustomerFlow::start, *customer).unwrap()));
            let clerk = Clerk::with(customers.iter().take(5).map(|customer| on(Some(*customer))).collect());
            let (calls, _, found) = page(store, &engine.queue(&clerk), PAGE);
            let in_use = count as usize + 1;
            assert_eq!((clerk.asked(), found), ((1, in_use, 1), 10));
            assert!(calls[0] <= u64::from(count) / 256 + 11, "{calls:?}");
            assert_eq!((engine.queue(&clerk).list().unwrap().len(), clerk.asked()), (10, (1, in_use, 1)));
        });
    }
}

#[test]
fn what_is_held_on_all_objects_is_not_asked_for_each_of_them() {
    for count in [FEW, MANY] {
        counted(|engine, store| {
            customers(engine, count);
            for tells in [false, true] {
                let clerk = Clerk { tells, ..Clerk::with(vec![on(None)]) };
                let (calls, read, found) = page(store, &engine.queue(&clerk), 5);
                assert_eq!((clerk.asked(), found), ((1, usize::from(!tells), usize::from(!tells)), 5));
                assert!(calls[0] <= 2 && calls[1] <= 5 && read <= 20, "{calls:?} {read}");
            }
            store.take();
            engine.queue(&boss()).first().unwrap();
            let counts = store.take();
            assert!(counts.asked("permissions") <= 2 && counts.read() <= 8, "{counts:?}");
        });
    }
}

#[test]
fn groups_are_asked_once_however_many_tasks_are_for_however_many() {
    for count in [1, FEW, 30 * FEW] {
        counted(|engine, store| {
            (0..PAGE).for_each(|_| drop(engine.run(GroupFlow::start, count).unwrap()));
            // The clerk is in one of the groups, and in as many others.
            let groups = (0..count).map(|group| format!("other{group}")).chain([format!("g{}", count - 1)]).collect();
            let clerk = Clerk { groups, ..Clerk::default() };
            let (calls, read, found) = page(store, &engine.queue(&clerk), PAGE);
            assert_eq!((clerk.asked(), found), ((1, 0, 0), PAGE));
            assert!(calls[1] <= u64::from(count) + 10, "a look at each of the lists, and then at one: {calls:?}");
            assert!((calls[0], calls[2]) == (1, 1) && read <= 70, "{calls:?} {read}");
        });
    }
}

#[test]
fn of_many_lists_only_as_much_is_read_as_is_shown() {
    counted(|engine, store| {
        (0..200).for_each(|_| drop(engine.run(GroupFlow::start, 40).unwrap()));
        let clerk =
            Clerk { groups: (0..40).map(|group| format!("g{group}")).collect(), tells: true, ..Clerk::default() };
        let (_, read, found) = page(store, &engine.queue(&clerk), PAGE);
        // Each task is in each of the lists, and each list is read some entries beyond the page.
        assert!(found == PAGE && read <= 40 * 2 * (PAGE as u64 + 1), "{read}");
        let (_, read, found) = page(store, &engine.queue(&clerk), 1);
        assert!(found == 1 && read <= 40 * 2 + 1 + 40 * 4, "{read}");
        assert_eq!(engine.queue(&clerk).list().unwrap().len(), 200, "each once");
    });
}

#[test]
fn the_gate_asks_a_person_once() {
    counted(|engine, _| {
        let id = engine.run(GroupFlow::start, 300).unwrap().id;
        let task = open_task(engine, GroupFlow::look, id).id;
        let clerk = Clerk { groups: vec!["g299".to_owned()], ..Clerk::default() };
        assert!(!engine.actions(task, &clerk).unwrap().is_empty());
        let (groups, _, most) = clerk.asked();
        assert_eq!((groups, most), (1, 1));
        engine.assign(task, &clerk).unwrap();
        assert_eq!(clerk.asked().0, 1);
        engine.process_actions(id, &clerk).unwrap();
        assert_eq!(clerk.asked().2, 1);
        engine.desk(&clerk).execute(task, &viewflow::Document::new()).unwrap();
        assert_eq!(clerk.asked().0, 1);
    });
}

#[test]
fn a_step_on_a_task_reads_it_with_its_process() {
    counted(|engine, store| {
        let id = engine.run(GroupFlow::start, 1).unwrap().id;
        let task = open_task(engine, GroupFlow::look, id).id;
        let clerk = Clerk { groups: vec!["g0".to_owned()], ..Clerk::default() };
        store.take();
        engine.assign(task, &clerk).unwrap();
        let counts = store.take();
        let reads = ["process_and_task", "process", "task", "process_data", "scope"].map(|method| counts.asked(method));
        assert_eq!(reads, [1, 0, 0, 0, 0], "{counts:?}");
        engine.desk(&clerk).execute(task, &viewflow::Document::new()).unwrap();
        let counts = store.take();
        assert_eq!(["process_and_task", "process", "task"].map(|method| counts.asked(method)), [1, 0, 0], "{counts:?}");
    });
}

#[test]
fn what_was_taken_from_a_person_a_moment_ago_they_have_not_any_more() {
    counted(|engine, _| {
        let (own, id) = (customers(engine, 1)[0], engine.run(GroupFlow::start, 1).unwrap().id);
        for tells in [false, true] {
            let groups = vec!["g0".to_owned()];
            let mut clerk = Clerk { groups, tells, ..Clerk::with(vec![on(Some(own))]) };
            assert_eq!(engine.queue(&clerk).list().unwrap().len(), 2);
            clerk.groups.clear();
            assert_eq!(engine.queue(&clerk).list().unwrap().len(), 1);
            let task = open_task(engine, GroupFlow::look, id).id;
            assert!(matches!(engine.assign(task, &clerk), Err(Error::Forbidden { .. })));
            clerk.rights.clear();
            assert!(engine.queue(&clerk).list().unwrap().is_empty());
        }
    });
}

/// A person that lists a permission which they do not have.
struct Boaster(Permission);

impl User for Boaster {
    fn id(&self) -> UserId {
        user("bo")
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        Some(vec![self.0.clone()])
    }
}

#[test]
fn where_a_person_tells_other_permissions_than_they_have_the_gate_asks_for_the_one() {
    counted(|engine, _| {
        let own = on(Some(customers(engine, 1)[0]));
        let hidden = Clerk { tells: true, hides: Some(own.clone()), ..Clerk::with(vec![own.clone()]) };
        assert!(engine.queue(&hidden).list().unwrap().is_empty());
        let boaster = Boaster(own);
        let task = engine.queue(&boaster).first().unwrap().id;
        let told = engine.assign(task, &boaster).unwrap_err().to_string();
        assert!(told.contains("that takes the permission `call` on row 1"), "{told}");
        engine.assign(task, &hidden).unwrap();
    });
}

#[test]
fn a_task_from_which_somebody_is_barred_is_not_read_for_them() {
    let (ann, bob) = (user("ann"), user("bob"));
    for barred in [FEW, MANY] {
        counted(|engine, store| {
            (0..barred).for_each(|_| drop(engine.start(EyesFlow::start, &ann, ()).unwrap()));
            (0..30).for_each(|_| drop(engine.start(EyesFlow::start, &bob, ()).unwrap()));
            let queues = [
                engine.queue(&ann),
                engine.queue(&ann).of(EyesFlow::sign),
                engine.queue(&ann).by_priority(),
                engine.queue(&ann).of(EyesFlow::sign).by_priority(),
            ];
            for queue in &queues {
                let (calls, read, found) = page(store, queue, PAGE);
                assert_eq!((calls[2], found), (1, PAGE), "one read for all tasks of the page, and none for others");
                // The entries of the barred tasks twice, once in the queue and once in their own list, and the
                // entries read ahead.
                assert!(read <= 4 * u64::from(barred) + 150 && calls[1] <= 20, "{calls:?} {read}");
                store.take();
                assert_eq!(queue.first().unwrap().id.process.0, u64::from(barred) + 1);
                assert!(store.take().asked("tasks_at") == 1);
                assert_eq!(queue.list().unwrap().len(), 30);
            }
            // A person barred from few of the tasks reads few of those entries.
            let (_, read, _) = page(store, &engine.queue(&bob), 5);
            assert!(read <= 35, "{read}");
        });
    }
}

#[test]
fn a_page_passes_over_so_many_barred_tasks_and_no_more() {
    const BARRED: u32 = 2 * 2000 + 100;
    let (ann, bob) = (user("ann"), user("bob"));
    counted(|engine, store| {
        (0..BARRED).for_each(|_| drop(engine.start(EyesFlow::start, &ann, ()).unwrap()));
        (0..30).for_each(|_| drop(engine.start(EyesFlow::start, &bob, ()).unwrap()));
        for queue in [engine.queue(&ann), engine.queue(&ann).of(EyesFlow::sign).by_priority()] {
            let (mut after, mut cut) = (None, 0);
            let page = loop {
                store.take();
                let page = queue.page(after, PAGE).unwrap();
                let counts = store.take();
                // 2,000 entries in the queue and as many of the barred, and what is read ahead.
                assert!(counts.read() <= 2 * 2000 + 2 * 1000 + 100, "{}", counts.read());
                if !page.is_cut {
                    break page;
                }
                assert!(page.items.is_empty() && counts.asked("tasks_at") == 0, "no record is read");
                (after, cut) = (page.next, cut + 1);
            };
            assert_eq!((cut, page.items.len()), (2, PAGE));
            assert_eq!(queue.page(page.next, PAGE).unwrap().items.len(), 5);
            assert_eq!(queue.first().unwrap().id.process.0, u64::from(BARRED) + 1, "the first one is found even so");
            assert_eq!(queue.list().unwrap().len(), 30);
        }
        let (_, read, found) = page(store, &engine.queue(&bob), 5);
        assert!(found == 5 && read <= 35, "a page costs the same for a person that is barred from other tasks: {read}");
    });
}

#[test]
fn while_the_list_of_the_barred_is_filled_the_tasks_themselves_tell() {
    on_every_store(|store| {
        let store = Arc::new(Refusing::new(store));
        let engine = Engine::builder(Arc::clone(&store)).flow(EyesFlow::new()).build().unwrap();
        let [ann, bob] = ["ann", "bob"].map(user);
        for round in 0..60 {
            engine.start(EyesFlow::start, if round % 3 == 2 { &bob } else { &ann }, ()).unwrap();
        }
        let seen = || {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = engine.queue(&ann).by_priority().page(after, 7).unwrap();
                assert!(page.items.len() == 7 || page.next.is_none());
                seen.extend(page.items.into_iter().map(|task| task.id));
                after = page.next;
                if after.is_none() {
                    return seen;
                }
            }
        };
        let ready = seen();
        store.is_filling(true);
        assert_eq!((ready.len(), &ready), (20, &seen()));
    });
}

#[test]
fn a_page_of_a_list_is_one_read_of_its_tasks() {
    counted(|engine, store| {
        (0..100).for_each(|_| drop(engine.run(GroupFlow::start, 1).unwrap()));
        let of_node = engine.tasks_of(GroupFlow::look, TaskStatus::New);
        let (calls, read, found) = page(store, &of_node, PAGE);
        assert_eq!((calls, read, found), (vec![0, 1, 1], 2 * PAGE as u64 + 1, PAGE));
        let exactly = of_node.page(None, 100).unwrap();
        assert!(exactly.items.len() == 100 && exactly.next.is_none(), "what is over is known to be");
    });
}

#[test]
fn the_processes_that_a_person_may_look_at_are_found_by_what_they_tell() {
    for count in [FEW, MANY] {
        counted(|engine, store| {
            let started: Vec<_> = (0..count).map(|_| engine.run(GroupFlow::start, 1).unwrap().id).collect();
            let other = engine.start(EyesFlow::start, &boss(), ()).unwrap().id;
            let may = |right: &str, flow: &str, id: Option<ProcessId>| Permission {
                name: format!("group.{right}"),
                object: id.map(|id| Object::Process { flow: flow.to_owned(), id }),
            };
            let rights = vec![
                may("view", "group", Some(started[9])),
                may("manage", "group", Some(started[2])),
                may("view", "group", Some(started[4])),
                may("view", "eyes", Some(started[5])),
                may("view", "group", Some(other)),
            ];
            engine.cancel(started[4], &boss()).unwrap();
            let clerk = Clerk { tells: true, ..Clerk::with(rights.clone()) };
            let seen = |clerk: &Clerk, after, limit| -> (Vec<ProcessId>, Option<ProcessId>) {
                let page = engine.processes::<GroupFlow>().visible_to(clerk).page(after, limit).unwrap();
                (page.items.into_iter().map(|process| process.id).collect(), page.next)
            };
            store.take();
            assert_eq!(seen(&clerk, None, PAGE), (vec![started[2], started[4], started[9]], None));
            let read = store.take().read();
            assert!(read <= 20, "{read}");
            assert_eq!(clerk.asked(), (0, 0, 0));
            assert_eq!(seen(&clerk, None, 2), (vec![started[2], started[4]], Some(started[4])));
            assert_eq!(seen(&clerk, Some(started[4]), 1).0, [started[9]]);
            let asked = Clerk::with(rights);
            assert_eq!(
                seen(&asked, None, PAGE).0,
                [started[2], started[4], started[9]],
                "as for a person that is asked about each"
            );
            let open = engine.processes::<GroupFlow>().visible_to(&clerk).with_status(ProcessStatus::New);
            assert_eq!(open.list().unwrap().len(), 2);
            let everything = Clerk { tells: true, ..Clerk::with(vec![may("view", "", None)]) };
            assert_eq!(seen(&everything, None, 10).0, started[..10]);
        });
    }
}
