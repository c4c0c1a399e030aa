//! The example `bills`: its paths and ends, and permissions on the department of a bill.

use std::collections::BTreeSet;
use std::sync::Arc;

use viewflow::jiff::civil::date;
use viewflow::lifecycle::Action;
use viewflow::nodes::ViewNode;
use viewflow::people::Object;
use viewflow::prelude::*;
use viewflow::{Form, Store, User};

use crate::bills_example::flow::*;
use crate::bills_example::{ACCOUNTANT, HEAD, story};
use crate::support::on_every_store;

/// A department, with its head and its accountant.
struct Office {
    department: Ref<Department>,
    head: Clerk,
    accountant: Clerk,
}

struct Company {
    engine: Engine,
    garage: Office,
    kitchen: Office,
}

impl Company {
    fn open(store: Arc<dyn Store>) -> Self {
        let engine = Engine::builder(store).flow(BillFlow::new()).build().unwrap();
        let office = |name: &str, head, accountant| {
            let department = Department { id: Id::NEW, name: name.to_owned() };
            let department = engine.transaction(|db| db.table().insert(department.clone())).unwrap();
            let clerk = |name, may| Clerk { name, department, may };
            Office { department, head: clerk(head, HEAD), accountant: clerk(accountant, ACCOUNTANT) }
        };
        let (garage, kitchen) = (office("Garage", "grace", "gina"), office("Kitchen", "karl", "kate"));
        Self { engine, garage, kitchen }
    }

    fn register(&self, office: &Office, by: &Clerk) -> Result<ProcessId> {
        let form = RegisterBill { department: office.department, item: "cups".to_owned(), quantity: 4 };
        Ok(self.engine.start(BillFlow::register_bill, by, form)?.id)
    }

    fn perform<Fm: Form>(&self, node: ViewNode<BillFlow, (), Fm>, id: ProcessId, by: &Clerk, form: Fm) -> Result<()> {
        self.engine.open_task(node, id)?.assign(by)?.execute(by, form)
    }

    /// Accepts, signs and validates a bill of the garage.
    fn round(&self, id: ProcessId, validated: bool) {
        let Office { head, accountant, .. } = &self.garage;
        self.perform(BillFlow::accept_bill, id, accountant, Acceptance::Accept).unwrap();
        self.perform(BillFlow::sign_bill, id, head, Signature::Sign).unwrap();
        self.perform(
            BillFlow::validate_bill,
            id,
            accountant,
            if validated { Validation::Valid } else { Validation::Again },
        )
        .unwrap();
    }

    fn pay(&self, id: ProcessId) {
        let accountant = &self.garage.accountant;
        let form = SetPaydate { payment_date: date(2026, 3, 31) };
        self.perform(BillFlow::set_bill_paydate, id, accountant, form).unwrap();
        self.perform(BillFlow::pay_bill, id, accountant, ()).unwrap();
    }

    /// The end that a finished process came to, and its number of tasks.
    fn end(&self, id: ProcessId) -> (String, usize) {
        assert_eq!(self.engine.process::<BillFlow>(id).unwrap().status, ProcessStatus::Done);
        let mut tasks = self.engine.tasks(id, 0, usize::MAX).unwrap();
        (tasks.pop().unwrap().node, tasks.len() + 1)
    }

    fn queue(&self, user: &impl User) -> Vec<(ProcessId, String)> {
        let tasks = self.engine.queue(user).list().unwrap();
        tasks.into_iter().map(|task| (task.id.process, task.node)).collect()
    }
}

#[test]
fn a_bill_that_is_accepted_signed_and_valid_is_paid() {
    on_every_store(|store| {
        let company = Company::open(store);
        let id = company.register(&company.garage, &company.garage.head).unwrap();
        company.round(id, true);
        company.pay(id);
        assert_eq!(company.end(id), ("bill_paid".to_owned(), 7));
        let process = company.engine.process::<BillFlow>(id).unwrap();
        let bill = company.engine.transaction(|db| db.load(process.artifact)).unwrap();
        assert_eq!(bill.payment_date, Some(date(2026, 3, 31)));
    });
}

#[test]
fn a_bill_that_is_not_accepted_or_not_signed_ends_there() {
    on_every_store(|store| {
        let company = Company::open(store);
        let Office { head, accountant, .. } = &company.garage;
        let incorrect = company.register(&company.garage, head).unwrap();
        company
            .perform(BillFlow::accept_bill, incorrect, accountant, Acceptance::Refuse { mistake: "no date".to_owned() })
            .unwrap();
        assert_eq!(company.end(incorrect), ("incorrect_bill".to_owned(), 3));

        let rejected = company.register(&company.garage, head).unwrap();
        company.perform(BillFlow::accept_bill, rejected, accountant, Acceptance::Accept).unwrap();
        company
            .perform(BillFlow::sign_bill, rejected, head, Signature::Reject { reason: "too dear".to_owned() })
            .unwrap();
        assert_eq!(company.end(rejected), ("bill_rejected".to_owned(), 4));
    });
}

#[test]
fn a_bill_that_is_not_valid_begins_again_as_often_as_it_takes() {
    on_every_store(|store| {
        let company = Company::open(store);
        let id = company.register(&company.garage, &company.garage.head).unwrap();
        for _ in 0..3 {
            company.round(id, false);
            let accountant = &company.garage.accountant;
            assert_eq!(company.queue(accountant), [(id, "accept_bill".to_owned())], "it is for all that may take it");
        }
        company.round(id, true);
        company.pay(id);
        assert_eq!(company.end(id), ("bill_paid".to_owned(), 7 + 3 * 3));
    });
}

#[test]
fn who_is_of_another_department_sees_nothing_and_may_do_nothing() {
    on_every_store(|store| {
        let company = Company::open(store);
        let (ours, theirs) = (&company.garage, &company.kitchen);
        let refused = company.register(ours, &theirs.head).unwrap_err();
        assert!(matches!(refused, Error::Forbidden { action: Action::Start, .. }), "{refused}");
        let bills = || company.engine.transaction(|db| db.table::<Bill>().all().count()).unwrap();
        assert_eq!(bills(), 0, "the bill that was made to find that out is gone");

        let id = company.register(ours, &ours.head).unwrap();
        let forbidden = |result: Result<()>| {
            let refused = result.unwrap_err();
            assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
            assert!(refused.to_string().contains("on row 1 of `department`"), "{refused}");
        };
        for stranger in [&theirs.head, &theirs.accountant] {
            assert!(company.queue(stranger).is_empty());
            let form = Acceptance::Accept;
            forbidden(company.perform(BillFlow::accept_bill, id, stranger, form));
        }
        // The owner of the task cannot give it to a stranger, either.
        let accountant = &ours.accountant;
        let task = company.engine.open_task(BillFlow::accept_bill, id).unwrap().assign(accountant).unwrap();
        forbidden(company.engine.reassign(task.id(), accountant, &theirs.accountant));
        task.execute(accountant, Acceptance::Accept).unwrap();
        assert!(company.queue(&theirs.head).is_empty());
        forbidden(company.perform(BillFlow::sign_bill, id, &theirs.head, Signature::Sign));
        assert_eq!(company.queue(&ours.head), [(id, "sign_bill".to_owned())]);
    });
}

#[test]
fn within_a_department_each_has_his_own_work() {
    on_every_store(|store| {
        let company = Company::open(store);
        let Office { head, accountant, .. } = &company.garage;
        assert!(matches!(company.register(&company.garage, accountant), Err(Error::Forbidden { .. })));
        let id = company.register(&company.garage, head).unwrap();
        assert!(company.queue(head).is_empty());
        let accepted = company.perform(BillFlow::accept_bill, id, head, Acceptance::Accept);
        assert!(matches!(accepted, Err(Error::Forbidden { .. })), "{accepted:?}");
        assert_eq!(company.queue(accountant), [(id, "accept_bill".to_owned())]);
    });
}

/// A person that checks the books of the whole company.
struct Auditor;

impl User for Auditor {
    fn id(&self) -> UserId {
        UserId::new("auditor")
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        permission == "bill.accept_bill" && object.is_none()
    }
}

#[test]
fn a_queue_is_paged_over_the_bills_of_one_s_own_departments() {
    on_every_store(|store| {
        let company = Company::open(store);
        let mut registered = [Vec::new(), Vec::new()];
        for number in 0..60 {
            // Two of three belong to the garage.
            let (office, list) = if number % 3 == 0 {
                (&company.kitchen, &mut registered[1])
            } else {
                (&company.garage, &mut registered[0])
            };
            list.push(company.register(office, &office.head).unwrap());
        }
        let pages = |user: &dyn User| {
            let (mut seen, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = company.engine.queue(&user).of(BillFlow::accept_bill).page(after, 7).unwrap();
                sizes.push(page.items.len());
                seen.extend(page.items.iter().map(|task| task.id.process));
                after = page.next;
                if after.is_none() {
                    return (seen, sizes);
                }
            }
        };
        for (office, bills) in [&company.garage, &company.kitchen].into_iter().zip(&registered) {
            let (seen, sizes) = pages(&office.accountant);
            assert_eq!(seen, *bills, "oldest first, each once, and no other department's");
            assert!(sizes[..sizes.len() - 1].iter().all(|size| *size == 7), "full pages: {sizes:?}");
        }
        let (seen, _) = pages(&Auditor);
        let all: BTreeSet<ProcessId> = registered.concat().into_iter().collect();
        assert_eq!(seen, all.into_iter().collect::<Vec<_>>(), "who may on all departments sees all in one list");
    });
}

#[test]
fn who_may_look_at_a_bill_may_do_nothing_else() {
    on_every_store(|store| {
        let company = Company::open(store);
        let ids = [(); 2].map(|()| company.register(&company.garage, &company.garage.head).unwrap());
        let visitor = Visitor(ids[0]);
        assert_eq!(company.engine.process_actions(ids[0], &visitor).unwrap(), [Action::View]);
        assert!(company.engine.process_actions(ids[1], &visitor).unwrap().is_empty(), "another bill");
        let task = company.engine.open_task(BillFlow::accept_bill, ids[0]).unwrap().id();
        assert!(company.engine.actions(task, &visitor).unwrap().is_empty());
        for refused in [company.engine.cancel(ids[0], &visitor), company.engine.cancel_task(task, &visitor)] {
            assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
        }
    });
}

/// A person that may see one process.
struct Visitor(ProcessId);

impl User for Visitor {
    fn id(&self) -> UserId {
        UserId::new("visitor")
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        permission == "bill.view" && object.and_then(BillFlow::process_in) == Some(self.0)
    }
}

#[test]
fn the_story_of_the_bills_is_told() {
    assert_eq!(
        story().unwrap(),
        [
            "gina can take accept_bill 1/2",
            "kate can take accept_bill 2/2",
            "`bill.accept_bill` of process 1 (task 1/2): `kate` may not take this: \
             that takes the permission `bill.accept_bill` on row 1 of `department`",
            "the bill for 4 tyres is done, paid on 2026-03-31",
            "the bill for 4 ovens is done, not paid",
        ]
    );
}
