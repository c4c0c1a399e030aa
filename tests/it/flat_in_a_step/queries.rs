//! Queries read only as much as the caller asks for.

use viewflow::prelude::*;
use viewflow::{Db, ProcessStatus};

use super::{FEW, cost, counting, is_flat};
use crate::support::user;

#[derive(Entity, Clone, Debug)]
struct Book {
    #[id]
    id: Id<Book>,
    #[field(index)]
    shelf: u32,
    number: u32,
}

fn library(count: u32) -> (super::Counting, Engine) {
    let store = counting();
    let engine = Engine::builder(store.clone()).build().unwrap();
    let fill =
        |db: &Db| (0..count).try_for_each(|number| db.table().insert(Book { id: Id::NEW, shelf: 1, number }).map(drop));
    engine.transaction(fill).unwrap();
    (store, engine)
}

#[test]
fn a_query_reads_as_many_rows_as_are_asked_for() {
    let (store, engine) = library(1000);
    let read = |work: &dyn Fn(&Db) -> Result<usize>| {
        let mut found = 0;
        let cost = cost(&store, || found = engine.transaction(work).unwrap());
        (found, cost)
    };
    let all = |db: &Db| db.table::<Book>().all();
    let shelf = |db: &Db| db.table::<Book>().by(Book::BY_SHELF, 1_u32);
    // Each row costs its entry in the list and one read.
    assert_eq!(read(&|db| Ok(all(db).first()?.iter().count())), (1, 2));
    assert_eq!(read(&|db| Ok(all(db).page(None, 25)?.len())), (25, 50));
    // Through an index, the index entry costs one more read.
    assert_eq!(read(&|db| Ok(shelf(db).first()?.iter().count())), (1, 3));
    assert_eq!(read(&|db| Ok(shelf(db).page(Some(Id::from_number(500)), 25)?.len())), (25, 75));
    let (found, cost) = read(&|db| Ok(all(db).filter(|book| book.number >= 500).page(None, 25)?.len()));
    assert_eq!(found, 25);
    assert!(cost < 2 * 800, "what is passed over is read, and not all of the rest: {cost}");
    let (found, cost) = read(&|db| Ok(all(db).list()?.len()));
    assert!(found == 1000 && cost == 2000, "{found} books at {cost}");
}

#[test]
fn a_page_is_the_same_whatever_of_it_the_step_has_changed() {
    let (_, engine) = library(300);
    let numbers = engine.transaction(|db| {
        // Nine of ten books are deleted or moved to another shelf, and new books come.
        for book in db.table::<Book>().all().list()? {
            match book.number % 10 {
                0 => {}
                1..=4 => db.table::<Book>().delete(book.id)?,
                _ => db.change(book.id, |book| book.shelf = 2)?,
            }
        }
        for number in 300..320 {
            db.table().insert(Book { id: Id::NEW, shelf: 1, number })?;
        }
        let shelf = db.table::<Book>().by(Book::BY_SHELF, 1_u32);
        let (mut numbers, mut after) = (Vec::new(), None);
        loop {
            let page = shelf.page(after, 7)?;
            after = page.last().map(|book| book.id);
            numbers.extend(page.iter().map(|book| book.number));
            if after.is_none() {
                break;
            }
        }
        assert_eq!(shelf.list()?.iter().map(|book| book.number).collect::<Vec<_>>(), numbers);
        let all: Vec<u32> = db.table::<Book>().all().list()?.iter().map(|book| book.number).collect();
        assert_eq!(
            all,
            (0..320).filter(|number| *number >= 300 || !(1..=4).contains(&(number % 10))).collect::<Vec<_>>()
        );
        Ok(numbers)
    });
    assert_eq!(numbers.unwrap(), (0..320).filter(|number| *number >= 300 || number % 10 == 0).collect::<Vec<_>>());
}

#[derive(Process, Clone, Debug)]
pub struct Shipment {
    #[field(column, index)]
    pub carrier: u32,
    pub waits: bool,
}

#[derive(Flow)]
#[flow(process = Shipment)]
pub struct ShipmentFlow {
    #[fields(carrier, waits)]
    #[next(has_to_wait)]
    start: Start,
    #[cond(|a| a.process.waits)]
    #[then(wait)]
    #[otherwise(end)]
    has_to_wait: If,
    #[next(end)]
    wait: View,
    end: End,
}

mod returned {
    use viewflow::prelude::*;

    use super::Shipment;

    #[derive(Flow)]
    #[flow(process = Shipment)]
    pub struct ReturnFlow {
        #[fields(carrier, waits)]
        #[next(end)]
        start: Start,
        end: End,
    }
}

/// The cost of finding the open processes with a value. There are others: finished ones with the value, open ones
/// with another value, and ones of another flow with the value.
fn cost_of_open(done: u32, others: u32, returned: u32) -> u64 {
    use returned::ReturnFlow;
    let store = counting();
    let builder = Engine::builder(store.clone()).flow(ShipmentFlow::new()).flow(ReturnFlow::new());
    let engine = builder.build().unwrap();
    let start =
        |carrier, waits| engine.start(ShipmentFlow::start, &user("ann"), StartFields { carrier, waits }).unwrap().id;
    let give_back = || {
        let form = returned::StartFields { carrier: 1, waits: false };
        engine.start(ReturnFlow::start, &user("ann"), form).unwrap()
    };
    let mut wanted = Vec::new();
    for part in 0..4 {
        wanted.push(start(1, true));
        (0..done / 4).for_each(|_| assert!(start(1, false) > wanted[0]));
        (0..others / 4).for_each(|number| assert!(start(2 + number + part, true) > wanted[0]));
        (0..returned / 4).for_each(|_| drop(give_back()));
    }
    let open = engine.processes::<ShipmentFlow>().with_status(ProcessStatus::New);
    let mut found = Vec::new();
    let cost = cost(&store, || found = open.by(Shipment::BY_CARRIER, 1_u32).unwrap());
    assert_eq!(found.iter().map(|process| process.id).collect::<Vec<_>>(), wanted);
    let all = engine.processes::<ShipmentFlow>().by(Shipment::BY_CARRIER, 1_u32).unwrap();
    assert_eq!(all.len(), wanted.len() + done as usize);
    cost
}

#[test]
fn processes_with_a_status_and_a_value_cost_what_the_rarer_of_them_does() {
    is_flat("few are open, and many done", |count| cost_of_open(count, FEW, 0));
    is_flat("few have the value, and many are open", |count| cost_of_open(FEW, count, 0));
    is_flat("few are of the flow", |count| cost_of_open(FEW, FEW, count));
}
