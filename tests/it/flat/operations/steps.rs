//! Operations within a step, on tables and on the activation.

use viewflow::prelude::*;

use super::Operation;
use crate::flat::flows::*;
use crate::flat::lab::{Cost, KEY, Lab};
use crate::support::boss;

pub(super) const STEPS: &[Operation] = &[
    ("Engine::transaction", |lab| lab.count(|| lab.engine.transaction(|_| Ok(())))),
    ("Db::load", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.load(item)))
    }),
    ("Db::change", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.change(item, |item| item.code += 1)))
    }),
    ("Table::get", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().get(item)))
    }),
    ("Table::load", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().load(item)))
    }),
    ("Table::insert", |lab| {
        lab.count(|| lab.engine.transaction(|db| db.table().insert(Item { id: Id::NEW, code: KEY })))
    }),
    ("Table::insert, of a row that refers", |lab| {
        let item = lab.referred();
        lab.count(|| lab.engine.transaction(|db| db.table().insert(Bill { id: Id::NEW, item })))
    }),
    ("Table::update", |lab| {
        let item = lab.item();
        let row = lab.engine.transaction(|db| db.load(item)).unwrap();
        lab.count(|| lab.engine.transaction(|db| db.table().update(&Item { code: 1, ..row.clone() })))
    }),
    ("Table::delete", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().delete(item)))
    }),
    ("Table::delete, of a row that is held", |lab| {
        let item = lab.referred();
        lab.count(|| match lab.engine.transaction(|db| db.table::<Item>().delete(item)) {
            Err(Error::Protected { .. }) => Ok(()),
            other => panic!("{other:?}"),
        })
    }),
    ("Query::first", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().first()))),
    ("Query::first, by an index", |lab| {
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().by(Item::BY_CODE, KEY).first()))
    }),
    ("Query::page", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().page(None, 1)))),
    ("Query::list, by an index", |lab| {
        lab.db(|db| db.table().insert(Item { id: Id::NEW, code: 2 * KEY }).map(drop));
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().by(Item::BY_CODE, 2 * KEY).list()))
    }),
    ("Query::list", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().list()))),
    ("Query::count", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().count()))),
    ("Activation::load", |lab| asked(lab, Way::Ask, Question::Load)),
    ("Activation::change", |lab| asked(lab, Way::Ask, Question::Change)),
    ("Activation::table", |lab| asked(lab, Way::Ask, Question::Table)),
    ("Activation::done_by", |lab| asked(lab, Way::Ask, Question::DoneBy)),
    ("Activation::arrived", |lab| asked(lab, Way::Fork, Question::Nothing)),
    ("Activation::branch_count", |lab| asked(lab, Way::Fork, Question::Nothing)),
    ("Activation::branch", |lab| asked(lab, Way::Fork, Question::Branch)),
    ("Activation::child", |lab| {
        let id = lab.process();
        lab.turn(id, Way::Kid);
        lab.leave(lab.kid(id));
        lab.count(|| lab.ask(id, Way::Ask, Question::Child))
    }),
    ("Activation::children", |lab| {
        let id = lab.host().process;
        lab.engine.skip(lab.newest(id), &boss()).unwrap();
        lab.count(|| lab.ask(id, Way::Ask, Question::Children))
    }),
    ("JobRun::load", |lab| worked(lab, Question::Load)),
    ("JobRun::table", |lab| worked(lab, Question::Table)),
];

fn asked(lab: &Lab, way: Way, question: Question) -> Cost {
    let id = lab.process();
    lab.count(|| lab.ask(id, way, question))
}

fn worked(lab: &Lab, question: Question) -> Cost {
    let id = lab.process();
    lab.ask(id, Way::Work, question).unwrap();
    lab.count(|| lab.engine.run_pending())
}
