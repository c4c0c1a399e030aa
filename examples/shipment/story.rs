//! The story of two shipments.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::prelude::*;

use super::flow::{
    Carrier, CheckInsurance, Customer, EnterQuote, FillPostLabel, Item, RegisterShipment, ShipBy, ShipmentFlow,
    TakeInsurance, Worker,
};

pub(crate) const CLERK: Worker = Worker { name: "clara", may: &["shipment.start"] };
pub(crate) const AGENT: Worker = Worker { name: "ines", may: &["shipment.take_extra_insurance"] };
pub(crate) const PACKER: Worker = Worker { name: "paul", may: &["shipment.package_goods"] };

/// Plays the example and returns its lines: one shipment goes by post and is insured, the other by a carrier.
pub(crate) fn story() -> Result<Vec<String>> {
    let (mail, letters) = mpsc::channel();
    let clock = Arc::new(ManualClock::default());
    let engine = Engine::builder(MemoryStore::new()).clock(Arc::clone(&clock)).flow(ShipmentFlow::new(mail)).build()?;
    let express = engine.transaction(|db| db.table().insert(Carrier { id: Id::NEW, name: "Express".to_owned() }))?;
    let register = |name: &str| {
        let customer = Customer { name: name.to_owned(), address: "Hill 1, Ulm".to_owned() };
        let items = vec![Item { name: "cup".to_owned(), quantity: 2 }];
        engine.start(ShipmentFlow::start, &CLERK, RegisterShipment { customer, items })
    };
    let mut told = Vec::new();

    let insured = register("Ada")?.id;
    clock.advance(Duration::from_hours(24));
    engine.run_pending()?;
    told.extend(letters.try_iter().map(|letter| format!("mail: {letter}")));
    let choose = engine.open_task(ShipmentFlow::shipment_type, insured)?.assign(&CLERK)?;
    choose.execute(&CLERK, ShipBy::Post)?;
    let check = engine.open_task(ShipmentFlow::check_insurance, insured)?.assign(&CLERK)?;
    check.execute(&CLERK, CheckInsurance { need_insurance: true })?;
    let label = engine.open_task(ShipmentFlow::fill_post_label, insured)?.assign(&CLERK)?;
    label.execute(&CLERK, FillPostLabel { post_label: "RR 123 DE".to_owned() })?;
    let insure = engine.open_task(ShipmentFlow::take_extra_insurance, insured)?.assign(&AGENT)?;
    insure.execute(&AGENT, TakeInsurance { company: "Lloyd".to_owned(), cents: 250 })?;

    let quoted = register("Bob")?.id;
    let choose = engine.open_task(ShipmentFlow::shipment_type, quoted)?.assign(&CLERK)?;
    choose.execute(&CLERK, ShipBy::Carrier { carrier: express })?;
    let quote = engine.open_task(ShipmentFlow::request_quotes, quoted)?.assign(&CLERK)?;
    quote.execute(&CLERK, EnterQuote { cents: 1290 })?;

    // The warehouse takes all tasks that are open.
    for task in engine.queue(&PACKER).of(ShipmentFlow::package_goods).list()? {
        engine.task(ShipmentFlow::package_goods, task.id)?.assign(&PACKER)?.execute(&PACKER, ())?;
    }
    for task in engine.inbox(&PACKER).of(ShipmentFlow::move_package).list()? {
        engine.task(ShipmentFlow::move_package, task.id)?.assign(&PACKER)?.execute(&PACKER, ())?;
    }

    for id in [insured, quoted] {
        let process = engine.process::<ShipmentFlow>(id)?;
        let line = engine.transaction(|db| {
            let shipment = db.load(process.artifact)?;
            let carrier = shipment.carrier.map(|carrier| db.load(carrier)).transpose()?;
            let carrier = carrier.map_or("Post".to_owned(), |carrier| carrier.name);
            let insured = shipment.insurance.map(|insurance| db.load(insurance)).transpose()?;
            let insured = insured.map_or("not insured".to_owned(), |by| format!("insured by {}", by.company));
            Ok(format!("the shipment to {} is {}: by {carrier}, {insured}", shipment.customer.name, process.status))
        })?;
        told.push(line);
    }
    Ok(told)
}
