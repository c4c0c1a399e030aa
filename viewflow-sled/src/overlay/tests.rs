use super::*;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop::sample::select(vec![0_u8, 1, 7, 255]), 0..4)
}

fn writes() -> impl Strategy<Value = Writes> {
    btree_map(prop_oneof![key(), of_many()], option::of(vec(any::<u8>(), 0..3)), 0..20)
}

/// A series of removed keys, so long that scans note some of them as a gap.
fn many_removed() -> impl Strategy<Value = Writes> {
    (prop::sample::select(vec![1_u8, 7]), 0..200_u8, 1..200_u8).prop_map(|(first, from, length)| {
        (from..from.saturating_add(length)).map(|second| (vec![first, second], None)).collect()
    })
}

/// A key of such a series.
fn of_many() -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(vec![1_u8, 7]), any::<u8>()).prop_map(|(first, second)| vec![first, second])
}

/// Where a scan begins: the prefix, the key to continue after, and how many entries are wanted.
type Place = (Vec<u8>, Option<Vec<u8>>, usize);

fn place() -> impl Strategy<Value = Place> {
    let rest = prop_oneof![key(), vec(any::<u8>(), 1..2)];
    (vec(prop::sample::select(vec![0_u8, 1, 7, 255]), 0..2), option::of(rest), 1..8_usize)
}

#[derive(Clone, Debug)]
enum Step {
    Add(Writes),
    Absorb,
    Freeze,
    Thaw,
    Scan(Place),
    /// A scan that reads the overlay before these writes and the tree after them.
    Slow(Place, Writes, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => writes().prop_map(Step::Add),
        2 => many_removed().prop_map(Step::Add),
        2 => Just(Step::Absorb),
        1 => Just(Step::Freeze),
        1 => Just(Step::Thaw),
        4 => place().prop_map(Step::Scan),
        2 => (place(), prop_oneof![writes(), many_removed()], any::<bool>())
            .prop_map(|(place, writes, thaws)| Step::Slow(place, writes, thaws)),
    ]
}

/// An overlay over a tree, and the content that scans should find.
struct Tried {
    _db: sled::Db,
    tree: Tree,
    overlay: Overlay,
    model: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Tried {
    fn new(stored: BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        let db = sled::Config::new().temporary(true).open().unwrap();
        for (key, value) in &stored {
            db.insert(key, value.clone()).unwrap();
        }
        Self { tree: Tree((*db).clone()), _db: db, overlay: Overlay::default(), model: stored }
    }

    fn add(&mut self, writes: Writes) {
        for (key, value) in writes.clone() {
            match value {
                Some(value) => drop(self.model.insert(key, value)),
                None => drop(self.model.remove(&key)),
            }
        }
        drop(self.overlay.add(writes));
    }

    fn freeze(&mut self) {
        if !self.overlay.is_frozen() {
            self.overlay.freeze();
        }
    }

    fn thaw(&mut self) {
        let Some(frozen) = self.overlay.frozen.clone() else { return };
        for (key, value) in frozen.iter() {
            match value {
                Some(value) => drop(self.tree.0.insert(key, value.clone()).unwrap()),
                None => drop(self.tree.0.remove(key).unwrap()),
            }
        }
        drop(self.overlay.thaw());
    }

    fn bound((prefix, after, _): &Place) -> Bound<Vec<u8>> {
        after.as_ref().map_or(Bound::Unbounded, |after| Bound::Excluded([&prefix[..], after].concat()))
    }

    fn scan(&mut self, place: &Place) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (mut all, mut after) = (Vec::new(), Self::bound(place));
        loop {
            let found = self.overlay.scan(&place.0, &after, place.2 - all.len()).read(&self.tree).unwrap();
            all.extend(found.entries);
            found.dead.into_iter().for_each(|dead| self.overlay.note(dead));
            match found.next {
                Some(next) if all.len() < place.2 => after = next,
                _ => return all,
            }
        }
    }

    fn expected(&self, place: &Place) -> Vec<(Vec<u8>, Vec<u8>)> {
        let after = Self::bound(place);
        let wanted = |key: &[u8]| {
            key.starts_with(&place.0) && !matches!(&after, Bound::Excluded(after) if key <= after.as_slice())
        };
        let found = self.model.iter().filter(|(key, _)| wanted(key)).take(place.2);
        found.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_scan_sees_the_tree_with_the_newer_writes_over_it_whatever_was_found_empty_before(
        stored in btree_map(prop_oneof![key(), of_many()], vec(any::<u8>(), 0..3), 0..20),
        steps in vec(step(), 0..16),
        last in place(),
    ) {
        let mut tried = Tried::new(stored);
        for step in steps.into_iter().chain([Step::Scan(last)]) {
            match step {
                Step::Add(writes) => tried.add(writes),
                Step::Absorb => drop(tried.overlay.absorb()),
                Step::Freeze => tried.freeze(),
                Step::Thaw => tried.thaw(),
                Step::Scan(place) => prop_assert_eq!(tried.scan(&place), tried.expected(&place)),
                Step::Slow(place, writes, thaws) => {
                    let scan = tried.overlay.scan(&place.0, &Tried::bound(&place), place.2);
                    tried.add(writes);
                    if thaws {
                        tried.freeze();
                        tried.thaw();
                    }
                    let found = scan.read(&tried.tree).unwrap();
                    found.dead.into_iter().for_each(|dead| tried.overlay.note(dead));
                }
            }
            for (key, value) in &tried.model {
                let read = tried.overlay.get(key).cloned();
                let read = read.unwrap_or_else(|| tried.tree.get(key).unwrap());
                prop_assert_eq!(read.as_ref(), Some(value));
            }
        }
    }
}

#[test]
fn what_comes_into_a_gap_is_found_in_whatever_layer_and_however_late_the_gap_is_noted() {
    let key = |number: u8| vec![0, number];
    let place = (vec![0], None, 1);
    let gone = || (0..100).map(|number| (key(number), None)).collect::<Writes>();
    let comes = || Writes::from([(key(50), Some(Vec::new()))]);

    let mut tried = Tried::new(BTreeMap::new());
    tried.add(gone());
    assert!(tried.scan(&place).is_empty());
    tried.freeze();
    tried.add(comes());
    assert_eq!(tried.scan(&place), tried.expected(&place), "the gap was noted before its layer was set apart");

    for thaws in [false, true] {
        let mut tried = Tried::new(BTreeMap::new());
        tried.add(gone());
        let found = tried.overlay.scan(&[0], &Bound::Unbounded, 1).read(&tried.tree).unwrap();
        tried.add(comes());
        if thaws {
            tried.freeze();
            tried.thaw();
        }
        tried.overlay.note(found.dead.unwrap());
        assert_eq!(tried.scan(&place), tried.expected(&place), "{thaws}");
    }
}

#[test]
fn what_was_removed_is_walked_over_once_and_gaps_grow_together() {
    let key = |number: u32| number.to_be_bytes().to_vec();
    let mut tried = Tried::new((0..2000).map(|number| (key(number), Vec::new())).collect());
    let walked = |tried: &mut Tried| {
        let mut walked = 0;
        let mut after = Bound::Unbounded;
        loop {
            let found = tried.overlay.scan(&[0], &after, 1).read(&tried.tree).unwrap();
            walked += found.walked;
            found.dead.into_iter().for_each(|dead| tried.overlay.note(dead));
            match found.next.filter(|_| found.entries.is_empty()) {
                Some(next) => after = next,
                None => return walked,
            }
        }
    };
    tried.add((0..1000).map(|number| (key(number), None)).collect());
    assert!(walked(&mut tried) >= 1000);
    assert!(walked(&mut tried) < 10);
    // The keys come back and go again one by one, in an order of their own.
    for number in (0..1000).rev().step_by(3) {
        tried.add(Writes::from([(key(number), Some(Vec::new()))]));
        tried.add(Writes::from([(key(number), None)]));
    }
    tried.freeze();
    walked(&mut tried);
    assert!(walked(&mut tried) < 10);
    for number in (1000..2000).step_by(3) {
        tried.add((number..number + 3).map(|number| (key(number), None)).collect());
        assert!(walked(&mut tried) < 3 * FEW as u64, "{number}");
    }
    tried.thaw();
    walked(&mut tried);
    assert!(walked(&mut tried) < 3 * FEW as u64);
}
