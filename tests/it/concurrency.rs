//! Steps from many threads at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use viewflow::prelude::*;

use crate::support::{on_every_store, open_task, open_tasks, user};

#[derive(Entity, Clone, Debug)]
pub struct Account {
    #[id]
    pub id: Id<Account>,
    pub balance: i64,
}

#[derive(Process, Clone, Debug)]
pub struct Deposit {
    #[field(default = 0)]
    pub arrived: u32,
}

#[derive(Flow)]
#[flow(process = Deposit)]
pub struct DepositFlow {
    #[input(Ref<Account>)]
    #[call(Self::pay_in)]
    #[next(each)]
    start: StartHandle,

    #[branch(sign, task_seed_source = |_| 0..8_u8)]
    each: Split,

    #[submit(Self::signed)]
    #[next(gather)]
    sign: View<Seed<u8>>,

    #[next(end)]
    gather: Join,

    end: End,
}

impl DepositFlow {
    fn pay_in(&self, a: &mut Activation<Self, ()>, account: Ref<Account>) -> Result<()> {
        let mut account = a.load(account)?;
        account.balance += 1;
        a.table().update(&account)
    }

    fn signed(&self, a: &mut Activation<Self, Seed<u8>>) -> Result<()> {
        a.process.arrived += 1;
        Ok(())
    }
}

/// Another flow that changes the same rows.
#[derive(Flow)]
pub struct WithdrawalFlow {
    #[input(Ref<Account>)]
    #[call(Self::pay_out)]
    #[next(end)]
    start: StartHandle,

    end: End,
}

impl WithdrawalFlow {
    fn pay_out(&self, a: &mut Activation<Self, ()>, account: Ref<Account>) -> Result<()> {
        let mut account = a.load(account)?;
        account.balance -= 1;
        a.table().update(&account)
    }
}

fn in_a_bank(test: impl Fn(&Engine, Ref<Account>)) {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(DepositFlow::new()).flow(WithdrawalFlow::new()).build().unwrap();
        let account = engine.transaction(|db| db.table().insert(Account { id: Id::NEW, balance: 0 })).unwrap();
        test(&engine, account);
    });
}

fn in_threads(count: usize, work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..count)
        .map(|number| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(number))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn of_two_who_do_one_task_one_wins() {
    in_a_bank(|engine, account| {
        for _ in 0..10 {
            let id = engine.run(DepositFlow::start, account).unwrap().id;
            let task = open_tasks(engine, DepositFlow::sign, id)[0].id;
            engine.assign(task, &user("ann")).unwrap();
            let won = Arc::new(AtomicUsize::new(0));
            let (counter, worker) = (Arc::clone(&won), engine.clone());
            in_threads(4, move |_| match worker.desk(&user("ann")).execute(task, &viewflow::Document::new()) {
                Ok(()) => drop(counter.fetch_add(1, Ordering::SeqCst)),
                Err(error) => assert!(matches!(error, Error::WrongStatus { .. }), "{error}"),
            });
            assert_eq!(won.load(Ordering::SeqCst), 1);
            assert_eq!(engine.process::<DepositFlow>(id).unwrap().arrived, 1);
        }
    });
}

#[test]
fn flows_that_change_the_same_row_lose_no_update() {
    in_a_bank(|engine, account| {
        let worker = engine.clone();
        in_threads(6, move |_| (0..20).for_each(|_| drop(worker.run(DepositFlow::start, account).unwrap())));
        assert_eq!(engine.transaction(|db| db.load(account)).unwrap().balance, 120);
        assert_eq!(engine.processes::<DepositFlow>().list().unwrap().len(), 120);
    });
}

#[test]
fn two_flows_that_change_the_same_row_lose_no_update() {
    in_a_bank(|engine, account| {
        let worker = engine.clone();
        in_threads(6, move |number| {
            for _ in 0..20 {
                if number % 3 == 0 {
                    worker.run(WithdrawalFlow::start, account).unwrap();
                } else {
                    worker.run(DepositFlow::start, account).unwrap();
                }
            }
        });
        assert_eq!(engine.transaction(|db| db.load(account)).unwrap().balance, 80 - 40);
    });
}

#[test]
fn branches_done_at_the_same_time_are_joined_once() {
    in_a_bank(|engine, account| {
        for _ in 0..5 {
            let id = engine.run(DepositFlow::start, account).unwrap().id;
            let tasks = open_tasks(engine, DepositFlow::sign, id);
            let worker = engine.clone();
            in_threads(8, move |number| {
                let someone = user(&format!("user{number}"));
                worker.assign(tasks[number].id, &someone).unwrap();
                worker.desk(&someone).execute(tasks[number].id, &viewflow::Document::new()).unwrap();
            });
            let process = engine.process::<DepositFlow>(id).unwrap();
            assert_eq!((process.status, process.arrived), (ProcessStatus::Done, 8));
            let joins = engine.tasks(id, 0, 100).unwrap().iter().filter(|task| task.node == "gather").count();
            assert_eq!(joins, 1);
        }
    });
}

#[test]
fn two_engines_over_one_store_lose_no_step() {
    on_every_store(|store| {
        // Each engine has its own locks: here only the store keeps steps apart.
        let engines = [0, 1].map(|_| Engine::builder(Arc::clone(&store)).flow(DepositFlow::new()).build().unwrap());
        let account = engines[0].transaction(|db| db.table().insert(Account { id: Id::NEW, balance: 0 })).unwrap();
        for _ in 0..5 {
            let id = engines[0].run(DepositFlow::start, account).unwrap().id;
            let tasks = open_tasks(&engines[0], DepositFlow::sign, id);
            let workers = engines.clone();
            in_threads(8, move |number| {
                let (engine, ann) = (&workers[number % 2], user("ann"));
                engine.assign(tasks[number].id, &ann).unwrap();
                engine.desk(&ann).execute(tasks[number].id, &viewflow::Document::new()).unwrap();
            });
            let process = engines[1].process::<DepositFlow>(id).unwrap();
            assert_eq!((process.status, process.arrived), (ProcessStatus::Done, 8));
            let numbers: Vec<u32> = engines[0].events(id, 0, 1000).unwrap().iter().map(|event| event.number).collect();
            assert!(
                numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()),
                "no event is lost: {numbers:?}"
            );
        }
    });
}

#[test]
fn a_query_that_another_step_would_have_changed_is_asked_again() {
    in_a_bank(|engine, _| {
        // Each adds an account whose balance is the number of accounts before. The balances all differ if the steps
        // are serializable.
        let worker = engine.clone();
        in_threads(4, move |_| {
            for _ in 0..10 {
                let add = |db: &viewflow::Db| {
                    let balance = i64::try_from(db.table::<Account>().all().count()?).unwrap();
                    db.table().insert(Account { id: Id::NEW, balance })
                };
                worker.transaction(add).unwrap();
            }
        });
        let mut balances: Vec<_> =
            engine.transaction(|db| db.table::<Account>().all().list()).unwrap().iter().map(|a| a.balance).collect();
        balances.sort_unstable();
        balances.remove(0);
        assert_eq!(balances, (1..=40).collect::<Vec<_>>());
    });
}

#[test]
fn a_handler_that_panics_leaves_the_engine_at_work() {
    in_a_bank(|engine, account| {
        let id = engine.run(DepositFlow::start, account).unwrap().id;
        let before = engine.process_record(id).unwrap();
        let worker = engine.clone();
        let panicked = worker.transaction(|db| -> Result<()> {
            db.table().insert(Account { id: Id::NEW, balance: 7 })?;
            panic!("on purpose")
        });
        let error = panicked.unwrap_err();
        assert!(matches!(&error, Error::Panicked { message, .. } if message == "on purpose"), "{error}");
        assert_eq!(engine.process_record(id).unwrap(), before);
        assert_eq!(engine.transaction(|db| db.table::<Account>().all().count()).unwrap(), 1);
        let task = open_tasks(engine, DepositFlow::sign, id)[0].id;
        engine.assign(task, &user("ann")).unwrap();
        assert_eq!(open_task_owner(engine, task), "ann");
    });
}

fn open_task_owner(engine: &Engine, task: TaskId) -> String {
    let _ = open_task::<viewflow::nodes::ViewNode<DepositFlow, Seed<u8>, ()>>;
    engine.task_record(task).unwrap().owner.unwrap().as_str().to_owned()
}
