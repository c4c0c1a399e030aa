//! Many rows in one transaction.

use viewflow::Db;
use viewflow::prelude::*;

use super::{cost, counting, is_linear};

#[derive(Entity, Clone, Debug)]
pub struct Item {
    #[id]
    pub id: Id<Item>,
    #[field(index)]
    pub code: u32,
    #[field(unique)]
    pub name: String,
}

fn item(code: u32) -> Item {
    Item { id: Id::NEW, code, name: format!("item {code}") }
}

/// The cost of work in one transaction, with `stored` items in the table.
fn in_one(stored: u32, work: impl Fn(&Db) -> Result<()>) -> u64 {
    let store = counting();
    let engine = Engine::builder(store.clone()).build().unwrap();
    let fill = |db: &Db| (0..stored).try_for_each(|code| db.table().insert(item(code)).map(drop));
    engine.transaction(fill).unwrap();
    cost(&store, || engine.transaction(&work).unwrap())
}

#[test]
fn to_find_or_insert_rows_is_linear() {
    is_linear("find or insert", |count| {
        in_one(count / 2, |db| {
            for code in 0..count {
                if db.table::<Item>().by(Item::BY_CODE, code).first()?.is_none() {
                    db.table().insert(item(code))?;
                }
            }
            Ok(())
        })
    });
}

#[test]
fn to_move_rows_from_key_to_key_and_ask_for_both_is_linear() {
    is_linear("rows that get another key", |count| {
        in_one(count, |db| {
            for code in 0..count {
                let mut row = db.table::<Item>().by(Item::BY_CODE, code).first()?.ok_or(Error::msg("it is there"))?;
                row.code = code + 1_000_000;
                db.table().update(&row)?;
                assert_eq!(db.table::<Item>().by(Item::BY_CODE, code).list()?.len(), 0);
                assert_eq!(db.table::<Item>().by(Item::BY_CODE, code + 1_000_000).list()?.len(), 1);
            }
            Ok(())
        })
    });
}

#[test]
fn to_exchange_unique_values_is_linear() {
    is_linear("unique values", |count| {
        in_one(count, |db| {
            for row in db.table::<Item>().all().list()? {
                db.table().update(&Item { name: format!("another {}", row.code), ..row.clone() })?;
                db.table().insert(Item { id: Id::NEW, ..row })?;
            }
            Ok(())
        })
    });
}

/// The table is emptied from its front, like a queue.
#[test]
fn to_take_the_first_row_until_there_is_none_is_linear() {
    for stored in [true, false] {
        is_linear("the first of all", |count| {
            in_one(if stored { count } else { 0 }, |db| {
                if !stored {
                    (0..count).try_for_each(|code| db.table().insert(item(code)).map(drop))?;
                }
                let mut codes = Vec::new();
                while let Some(row) = db.table::<Item>().all().first()? {
                    db.table::<Item>().delete(row.id)?;
                    codes.push(row.code);
                }
                assert!(codes.iter().copied().eq(0..count), "in their order: {codes:?}");
                Ok(())
            })
        });
    }
}

#[test]
fn to_take_the_first_row_of_a_key_until_there_is_none_is_linear() {
    is_linear("the first of a key", |count| {
        let store = counting();
        let engine = Engine::builder(store.clone()).build().unwrap();
        let named = |number: u32| Item { code: 7, ..item(number) };
        let fill = |db: &Db| (0..count).try_for_each(|number| db.table().insert(named(number)).map(drop));
        engine.transaction(fill).unwrap();
        let work = |db: &Db| {
            fill_again(db, count)?;
            let mut taken = 0;
            while let Some(mut row) = db.table::<Item>().by(Item::BY_CODE, 7_u32).first()? {
                row.code = 8;
                db.table().update(&row)?;
                taken += 1;
            }
            assert_eq!(taken, 2 * count);
            Ok(())
        };
        cost(&store, || engine.transaction(work).unwrap())
    });
}

/// Adds as many rows again with the same key, in the step itself.
fn fill_again(db: &Db, count: u32) -> Result<()> {
    (count..2 * count).try_for_each(|number| db.table().insert(Item { code: 7, ..item(number) }).map(drop))
}
