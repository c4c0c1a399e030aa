//! Bills of two departments, from start to end: `cargo run --example bills`.

pub(crate) mod flow;

use viewflow::jiff::civil::date;
use viewflow::prelude::*;

use flow::{Acceptance, BillFlow, Clerk, Department, RegisterBill, SetPaydate, Signature, Validation};

/// The permissions of a department's head, who orders and signs. Accounting does the rest.
pub(crate) const HEAD: &[&str] = &["bill.register_bill", "bill.sign_bill"];
pub(crate) const ACCOUNTANT: &[&str] =
    &["bill.accept_bill", "bill.validate_bill", "bill.set_bill_paydate", "bill.pay_bill"];

/// Plays the example and returns its lines: the garage's bill is paid at the second attempt, the kitchen's is not
/// signed.
pub(crate) fn story() -> Result<Vec<String>> {
    let engine = Engine::builder(MemoryStore::new()).flow(BillFlow::new()).build()?;
    let department =
        |name: &str| engine.transaction(|db| db.table().insert(Department { id: Id::NEW, name: name.to_owned() }));
    let (garage, kitchen) = (department("Garage")?, department("Kitchen")?);
    let clerk = |name, department, may| Clerk { name, department, may };
    let (grace, gina) = (clerk("grace", garage, HEAD), clerk("gina", garage, ACCOUNTANT));
    let (karl, kate) = (clerk("karl", kitchen, HEAD), clerk("kate", kitchen, ACCOUNTANT));
    let register = |head: &Clerk, item: &str| {
        let form = RegisterBill { department: head.department, item: item.to_owned(), quantity: 4 };
        engine.start(BillFlow::register_bill, head, form)
    };
    let accept = |id: ProcessId, who: &Clerk| {
        engine.open_task(BillFlow::accept_bill, id)?.assign(who)?.execute(who, Acceptance::Accept)
    };
    let sign = |id: ProcessId, who: &Clerk, signature: Signature| {
        engine.open_task(BillFlow::sign_bill, id)?.assign(who)?.execute(who, signature)
    };
    let validate = |id: ProcessId, who: &Clerk, validation: Validation| {
        engine.open_task(BillFlow::validate_bill, id)?.assign(who)?.execute(who, validation)
    };
    let mut told = Vec::new();

    let tyres = register(&grace, "tyres")?.id;
    let ovens = register(&karl, "ovens")?.id;
    for who in [&gina, &kate] {
        let queue = engine.queue(who).list()?;
        let tasks: Vec<String> = queue.iter().map(|task| format!("{} {}", task.node, task.id)).collect();
        told.push(format!("{} can take {}", who.name, tasks.join(", ")));
    }
    told.extend(accept(tyres, &kate).err().map(|error| error.to_string()));

    accept(tyres, &gina)?;
    sign(tyres, &grace, Signature::Sign)?;
    validate(tyres, &gina, Validation::Again)?;
    accept(tyres, &gina)?;
    sign(tyres, &grace, Signature::Sign)?;
    validate(tyres, &gina, Validation::Valid)?;
    let paydate = engine.open_task(BillFlow::set_bill_paydate, tyres)?.assign(&gina)?;
    paydate.execute(&gina, SetPaydate { payment_date: date(2026, 3, 31) })?;
    engine.open_task(BillFlow::pay_bill, tyres)?.assign(&gina)?.execute(&gina, ())?;

    accept(ovens, &kate)?;
    sign(ovens, &karl, Signature::Reject { reason: "the old ones do".to_owned() })?;

    for id in [tyres, ovens] {
        let process = engine.process::<BillFlow>(id)?;
        let bill = engine.transaction(|db| db.load(process.artifact))?;
        let paid = bill.payment_date.map_or("not paid".to_owned(), |date| format!("paid on {date}"));
        told.push(format!("the bill for {} {} is {}, {paid}", bill.quantity, bill.item, process.status));
    }
    Ok(told)
}

fn main() -> Result<()> {
    story()?.iter().for_each(|line| println!("{line}"));
    Ok(())
}
