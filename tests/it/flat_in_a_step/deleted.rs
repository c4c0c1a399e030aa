//! Deleting rows that other rows refer to.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use viewflow::Db;
use viewflow::prelude::*;

use super::{cost, counting, is_flat, is_linear};

#[derive(Entity, Clone, Debug)]
struct Order {
    #[id]
    id: Id<Order>,
    #[field(on_delete = set_none)]
    lines: Vec<Ref<Line>>,
}

#[derive(Entity, Clone, Debug)]
struct Line {
    #[id]
    id: Id<Line>,
    #[field(on_delete = cascade)]
    order: Ref<Order>,
}

/// A row that may refer to others in each way.
#[derive(Entity, Clone, Debug)]
struct Part {
    #[id]
    id: Id<Part>,
    #[field(on_delete = cascade)]
    of: Option<Ref<Part>>,
    #[field(on_delete = protect)]
    needs: Option<Ref<Part>>,
    #[field(on_delete = set_none)]
    knows: Vec<Ref<Part>>,
}

const PART: Part = Part { id: Id::NEW, of: None, needs: None, knows: Vec::new() };

fn insert_order(db: &Db, lines: u32) -> Result<Ref<Order>> {
    let order = db.table().insert(Order { id: Id::NEW, lines: Vec::new() })?;
    (0..lines).try_for_each(|_| db.table().insert(Line { id: Id::NEW, order }).map(drop))?;
    Ok(order)
}

#[test]
fn a_cascade_is_linear_in_what_it_deletes() {
    for stored in [true, false] {
        is_linear("a cascade", |count| {
            let store = counting();
            let engine = Engine::builder(store.clone()).build().unwrap();
            let order = stored.then(|| engine.transaction(|db| insert_order(db, count)).unwrap());
            cost(&store, || {
                let delete = |db: &Db| db.table::<Order>().delete(order.map_or_else(|| insert_order(db, count), Ok)?);
                engine.transaction(delete).unwrap();
            })
        });
    }
}

#[test]
fn to_delete_rows_one_by_one_is_linear() {
    is_linear("deletions", |count| {
        let store = counting();
        let engine = Engine::builder(store.clone()).build().unwrap();
        engine.transaction(|db| insert_order(db, count)).unwrap();
        let delete = |db: &Db| (1..=count).try_for_each(|id| db.table::<Line>().delete(Id::from_number(id.into())));
        cost(&store, || engine.transaction(delete).unwrap())
    });
}

#[test]
fn a_list_of_references_is_settled_at_once() {
    is_linear("a list", |count| {
        let store = counting();
        let engine = Engine::builder(store.clone()).build().unwrap();
        let begun = |db: &Db| {
            let order = insert_order(db, count)?;
            let lines = db.table::<Line>().all().list()?.iter().map(|line| line.id.to_ref()).collect();
            db.table().insert(Order { id: Id::NEW, lines }).map(|keeps| (order, keeps))
        };
        let (order, keeps) = engine.transaction(begun).unwrap();
        let cost = cost(&store, || engine.transaction(|db| db.table::<Order>().delete(order)).unwrap());
        let left = engine.transaction(|db| db.load(keeps)).unwrap();
        assert_eq!(left.lines, []);
        cost
    });
}

#[test]
fn a_refused_deletion_reads_few_of_those_who_refer() {
    is_flat("a refused deletion", |count| {
        let store = counting();
        let engine = Engine::builder(store.clone()).build().unwrap();
        let needed = |db: &Db| {
            let needed = db.table().insert(PART)?;
            // As many as the first read takes.
            (0..100 + count).try_for_each(|_| db.table().insert(Part { needs: Some(needed), ..PART }).map(drop))?;
            Ok(needed)
        };
        let needed = engine.transaction(needed).unwrap();
        cost(&store, || {
            let refused = engine.transaction(|db| db.table::<Part>().delete(needed));
            assert!(matches!(refused, Err(Error::Protected { by: 2, .. })), "the first one that refers: {refused:?}");
        })
    });
}

#[test]
fn a_tower_that_holds_on_to_its_ground_goes_with_it_at_linear_cost() {
    is_linear("a tower", |count| {
        let store = counting();
        let engine = Engine::builder(store.clone()).build().unwrap();
        // The top is the first row that refers to the ground, because it has the smallest number.
        let build = |db: &Db| {
            let rows: Vec<Ref<Part>> = (0..count).map(|_| db.table().insert(PART)).collect::<Result<_>>()?;
            let ground = db.table().insert(PART)?;
            for (level, row) in rows.iter().enumerate() {
                let below = rows.get(level + 1).copied().unwrap_or(ground);
                db.change(*row, |part| (part.of, part.needs) = (Some(below), Some(ground)))?;
            }
            Ok(ground)
        };
        let ground = engine.transaction(build).unwrap();
        let cost = cost(&store, || engine.transaction(|db| db.table::<Part>().delete(ground)).unwrap());
        assert_eq!(engine.transaction(|db| db.table::<Part>().all().count()).unwrap(), 0);
        cost
    });
}

/// The references of each part: `of`, `needs`, `knows`.
type Parts = Vec<(Option<usize>, Option<usize>, Vec<usize>)>;

/// The rows that are left after the deletion of one of these; `None` if it is refused.
fn expected(parts: &Parts, deleted: usize) -> Option<BTreeMap<usize, Vec<usize>>> {
    let mut doomed = BTreeSet::from([deleted]);
    while let Some(next) =
        (0..parts.len()).find(|part| !doomed.contains(part) && parts[*part].0.is_some_and(|of| doomed.contains(&of)))
    {
        doomed.insert(next);
    }
    let stays = |part: &usize| !doomed.contains(part);
    let left: BTreeMap<usize, Vec<usize>> = (0..parts.len())
        .filter(stays)
        .map(|part| (part, parts[part].2.iter().copied().filter(stays).collect()))
        .collect();
    let is_refused = left.keys().any(|part| parts[*part].1.is_some_and(|needs| doomed.contains(&needs)));
    (!is_refused).then_some(left)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_refers_to_what_a_deletion_is_refused_or_settled_as_a_whole(
        parts in (2..8_usize).prop_flat_map(|count| {
            let other = || proptest::option::weighted(0.6, 0..count);
            proptest::collection::vec((other(), proptest::option::weighted(0.2, 0..count), proptest::collection::vec(0..count, 0..3)), count)
        }),
        deleted in 0..8_usize,
        stored in 0..8_usize,
    ) {
        let mut parts: Parts = parts;
        parts.iter_mut().for_each(|part| { part.2.sort_unstable(); part.2.dedup(); });
        let deleted = deleted % parts.len();
        let engine = Engine::builder(MemoryStore::new()).build().unwrap();
        let refer = |db: &Db, rows: &[Ref<Part>], part: usize| {
            let to = &parts[part];
            db.change(rows[part], |row| {
                (row.of, row.needs) = (to.0.map(|of| rows[of]), to.1.map(|needs| rows[needs]));
                row.knows = to.2.iter().map(|known| rows[*known]).collect();
            })
        };
        // Some references exist before the step that deletes; that step makes the others.
        let rows = engine.transaction(|db| {
            let rows: Vec<Ref<Part>> = parts.iter().map(|_| db.table().insert(PART)).collect::<Result<_>>()?;
            (0..parts.len().min(stored)).try_for_each(|part| refer(db, &rows, part))?;
            Ok(rows)
        }).unwrap();
        let result = engine.transaction(|db| {
            (stored..parts.len()).try_for_each(|part| refer(db, &rows, part))?;
            db.table::<Part>().delete(rows[deleted])
        });
        let number = |row: Ref<Part>| rows.iter().position(|other| *other == row).unwrap();
        match expected(&parts, deleted) {
            None => prop_assert!(matches!(result, Err(Error::Protected { .. })), "{result:?}"),
            Some(expected) => {
                prop_assert!(result.is_ok(), "{result:?}");
                let left = engine.transaction(|db| db.table::<Part>().all().list()).unwrap();
                let left: BTreeMap<usize, Vec<usize>> =
                    left.iter().map(|part| (number(part.id.to_ref()), part.knows.iter().map(|known| number(*known)).collect())).collect();
                prop_assert_eq!(left, expected);
            }
        }
    }
}
