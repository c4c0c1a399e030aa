//! Lock files: round trips, mistakes of people and merges, and the changes that are allowed.

use proptest::prelude::*;
use viewflow_graph::lock::{Data, Edge, Field, Flow, Lock, Node, Now, Type, compare};
use viewflow_graph::{FieldShape, Kind, Plain, Shape, finds_columns, reads, reads_field, seems_renamed, stays_column};

const TEXT: &str = "version 1

flow publish
  process seed ref(post)
  process table publication
  process column approved: bool
  process field languages: [text]
  process field parcel: (count: u8, \"to whom\": text?)
  node start: Start
    edge next -> fork
  node fork: Split
    edge branch -> review
    edge \"branch if\" -> check
  node review: View in fork
    seed ref(post)
    field kind: choice(a, \"b c\")
    edge next -> gather
    edge \"on timeout\" -> check
  node check: View in fork
    edge next -> gather
  node gather: Join of fork
    edge next -> end
  node end: End
";

fn told(text: &str) -> String {
    text.parse::<Lock>().unwrap_err().to_string()
}

#[test]
fn what_is_written_is_read_again() {
    let lock: Lock = TEXT.parse().unwrap();
    assert!(lock.to_string().ends_with(TEXT), "{lock}");
    assert_eq!(lock.to_string().parse::<Lock>().unwrap(), lock);
    let windows = TEXT.replace('\n', "\r\n");
    assert_eq!(windows.parse::<Lock>().unwrap(), lock, "whatever the line ends");
}

#[test]
fn what_a_merge_left_is_told() {
    let conflict = TEXT.replace("  node check: View in fork\n", "<<<<<<< ours\n  node check: View in fork\n=======\n");
    assert!(told(&conflict).starts_with("line 19: a merge left a conflict here"), "{}", told(&conflict));
    let twice = TEXT.replace("  node check: View in fork\n", "  node check: View in fork\n  node check: View\n");
    assert!(told(&twice).starts_with("line 20: the node `check` stands here twice"), "{}", told(&twice));
    let flows = format!("{TEXT}\nflow publish\n");
    assert!(told(&flows).contains("the flow `publish` stands here twice"), "{}", told(&flows));
    let field = TEXT.replace("approved: bool", "languages: bool");
    assert!(told(&field).contains("the field `languages` stands here twice"), "{}", told(&field));
    let lost = TEXT.replace("  node check: View in fork\n", "");
    assert!(told(&lost).starts_with("line 13: `check` is no node of the flow: was its line lost"), "{}", told(&lost));
    let no_flow = TEXT.replace("flow publish\n", "");
    assert!(told(&no_flow).contains("`process` stands outside of a flow"), "{}", told(&no_flow));
    let within = TEXT.replace("check: View in fork", "check: View in review");
    assert!(
        told(&within).contains("`review` is a `View`, and only a `Split` has nodes within it"),
        "{}",
        told(&within)
    );
}

#[test]
fn what_a_hand_wrote_is_told_with_what_was_meant() {
    for (old, new, message) in [
        ("check: View", "check: Veiw", "line 19: `Veiw` is no kind of node, did you mean `View`?"),
        ("approved: bool", "approved: boole", "line 6: `boole` is no type, did you mean `bool`?"),
        ("[text]", "[text", "line 7: expected `]`, and the line ends"),
        ("ref(post)", "ref(post) x", "line 4: expected the end of the line, found `x`"),
        ("    edge next -> fork", "    egde next -> fork", "line 10: `egde` is no line, did you mean `edge`?"),
        ("-> review", "review", "line 12: expected `->`, found `r`"),
        ("\"to whom\"", "\"to whom", "line 8: expected `\"`, and the line ends"),
        ("version 1", "version 2", "line 1: the file has version 2, and this release of viewflow reads version 1"),
        ("version 1\n", "", "line 2: a lock file begins with `version 1`"),
        (TEXT, "", "line 1: the file is empty"),
        ("u8", "integer(1)", "line 8: `integer(..)` takes the least and the greatest number"),
    ] {
        let error = told(&TEXT.replacen(old, new, 1));
        assert!(error.starts_with(message), "{error}\nis not\n{message}");
    }
    let deep = TEXT.replace("approved: bool", &format!("approved: {}", "[".repeat(100_000)));
    assert!(told(&deep).contains("64 deep"), "{}", told(&deep));
    let options = TEXT.replace("approved: bool", &format!("approved: bool{}", "?".repeat(100_000)));
    assert!(told(&options).contains("64 deep"));
}

#[test]
fn a_fingerprint_is_of_all_that_counts_and_of_nothing_else() {
    let of = |text: &str| text.parse::<Lock>().unwrap().flows[0].fingerprint("");
    assert_eq!(of(TEXT), of(&TEXT.replace("version 1\n", "version 1\n# a comment\n")));
    assert_ne!(of(TEXT), of(&TEXT.replace("bool", "text")));
    assert_eq!(of(TEXT).len(), 8);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{1,6}", ".{0,6}", Just("in".to_owned()), Just("a\"\\\n\r->".to_owned())]
}

fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        (0..Plain::ALL.len()).prop_map(|index| Type::Plain(Plain::ALL[index])),
        (any::<i64>(), any::<i64>()).prop_map(|(min, max)| Type::Integer { min: min.into(), max: max.into() }),
        Just(Type::Integer { min: 0, max: 255 }),
        proptest::collection::vec(text(), 0..4).prop_map(Type::Choice),
        text().prop_map(Type::Reference),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ty| Type::List(Box::new(ty))),
            inner.clone().prop_map(|ty| Type::Map(Box::new(ty))),
            inner.clone().prop_map(|ty| Type::Optional(Box::new(ty))),
            proptest::collection::vec((text(), inner), 0..3).prop_map(|fields| Type::Embedded(fields_of(fields))),
        ]
    })
}

/// Returns the fields with different keys.
fn fields_of(fields: Vec<(String, Type)>) -> Vec<Field> {
    let mut all: Vec<Field> = Vec::new();
    for (key, ty) in fields {
        if all.iter().all(|field| field.key != key) {
            all.push(Field { key, ty, column: false });
        }
    }
    all
}

fn data() -> impl Strategy<Value = Data> {
    let fields = proptest::collection::vec((text(), ty()), 0..4);
    (ty(), ty(), fields, proptest::option::of(text()), any::<bool>()).prop_map(
        |(seed, artifact, fields, table, column)| {
            let mut fields = fields_of(fields);
            fields.iter_mut().for_each(|field| field.column = column);
            Data { seed, artifact, table, fields }
        },
    )
}

prop_compose! {
    fn flow()(
        name in text(),
        process in data(),
        nodes in proptest::collection::btree_map(text(), (0..Kind::ALL.len(), data()), 1..6),
        edges in proptest::collection::vec((any::<prop::sample::Index>(), text(), any::<prop::sample::Index>()), 0..8),
        within in any::<bool>(),
    ) -> Flow {
        let mut nodes: Vec<Node> = nodes
            .into_iter()
            .map(|(name, (kind, data))| Node { name, kind: Kind::ALL[kind], closes: None, scope: Vec::new(), data, edges: Vec::new() })
            .collect();
        let split = nodes.iter().find(|node| node.kind == Kind::Split).map(|node| node.name.clone());
        if let (true, Some(split)) = (within, split) {
            nodes[0].scope = vec![split.clone(), split];
        }
        for (from, role, to) in edges {
            let to = nodes[to.index(nodes.len())].name.clone();
            let from = from.index(nodes.len());
            nodes[from].edges.push(Edge { role, to });
        }
        Flow { name, process, nodes }
    }
}

proptest! {
    #[test]
    fn any_lock_that_is_written_is_read_again(flow in flow()) {
        let lock = Lock { flows: vec![flow] };
        prop_assert_eq!(lock.to_string().parse::<Lock>(), Ok(lock));
    }

    #[test]
    fn a_damaged_file_is_read_or_told_of(
        cut in any::<prop::sample::Index>(),
        put in ".{0,8}",
        length in 0_usize..20,
    ) {
        let letters: Vec<char> = TEXT.chars().collect();
        let cut = cut.index(letters.len());
        let rest = letters.iter().skip(cut + length);
        let text: String = letters[..cut].iter().copied().chain(put.chars()).chain(rest.copied()).collect();
        if let Err(error) = text.parse::<Lock>() {
            prop_assert!(error.line <= text.lines().count().max(1));
        }
    }
}

fn now<'n>(name: &'n str, was: &[&str], kind: Kind, scope: &[&'n str]) -> Now<'n> {
    Now { name, was: was.iter().map(|was| (*was).to_owned()).collect(), kind, closes: None, scope: scope.to_vec() }
}

fn nodes() -> Vec<Now<'static>> {
    vec![
        now("start", &[], Kind::Start, &[]),
        now("fork", &[], Kind::Split, &[]),
        now("review", &[], Kind::View, &["fork"]),
        now("check", &[], Kind::View, &["fork"]),
        now("gather", &[], Kind::Join, &[]),
        now("end", &[], Kind::End, &[]),
    ]
}

fn troubles(change: impl FnOnce(&mut Vec<Now<'static>>)) -> Vec<(Option<usize>, String)> {
    let lock: Lock = TEXT.parse().unwrap();
    let mut nodes = nodes();
    change(&mut nodes);
    compare(&lock.flows[0], &nodes).into_iter().map(|trouble| (trouble.node, trouble.message)).collect()
}

#[test]
fn what_running_processes_bear_is_no_trouble() {
    assert_eq!(troubles(|_| {}), []);
    assert_eq!(troubles(|nodes| nodes.push(now("more", &[], Kind::View, &["fork"]))), []);
    let renamed = troubles(|nodes| {
        nodes[1] = now("both", &["fork"], Kind::Split, &[]);
        nodes[2] = now("look", &["review"], Kind::ManualTask, &["both"]);
        nodes[3].scope = vec!["both"];
    });
    assert_eq!(renamed, []);
    let without_start = troubles(|nodes| {
        nodes.remove(0);
        nodes.pop();
    });
    assert_eq!(without_start, [], "nothing ever waits at a start or an end");
}

#[test]
fn what_running_processes_do_not_bear_is_told_at_its_node() {
    let only = |troubles: Vec<(Option<usize>, String)>, node: Option<usize>, text: &str| {
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        assert_eq!(troubles[0].0, node);
        assert!(troubles[0].1.contains(text), "{}", troubles[0].1);
    };
    only(troubles(|nodes| drop(nodes.remove(2))), None, "`review`, a `View`, is gone, and processes may wait at it");
    only(troubles(|nodes| drop(nodes.remove(4))), None, "`gather`, a `Join`, is gone, and branches may be open at it");
    only(troubles(|nodes| nodes[2].kind = Kind::Job), Some(2), "`review` was a `View` and is a `Job` now");
    only(
        troubles(|nodes| nodes[2].scope.clear()),
        Some(2),
        "`review` was within `fork` and is outside of all splits now",
    );
    let without_split = troubles(|nodes| {
        nodes.remove(1);
        nodes.iter_mut().for_each(|node| node.scope.clear());
    });
    only(without_split, None, "`fork`, a `Split`, is gone");
}

const U8: Shape = Shape::Integer { min: 0, max: 255 };
const U16: Shape = Shape::Integer { min: 0, max: 65_535 };
const TEXT_SHAPE: Shape = Shape::Plain(Plain::Text);
const AB: Shape = Shape::Choice(&[&["a"], &["b"]]);

const fn field(key: &'static str, shape: Shape) -> FieldShape {
    FieldShape { key, was: &[], shape, optional: false, converted: false, column: false }
}

#[test]
fn wider_types_read_what_was_stored_and_narrower_ones_do_not() {
    let nothing = Shape::Plain(Plain::Nothing);
    let wider: [(Shape, Shape); 13] = [
        (U16, U8),
        (Shape::Optional(&U8), U8),
        (Shape::Optional(&U16), Shape::Optional(&U8)),
        (Shape::Choice(&[&["b"], &["c", "a"]]), AB),
        (TEXT_SHAPE, AB),
        (TEXT_SHAPE, Shape::Plain(Plain::Uuid)),
        (Shape::Plain(Plain::Json), Shape::List(&U8)),
        (Shape::Plain(Plain::F64), U8),
        (Shape::Plain(Plain::F64), Shape::Plain(Plain::F32)),
        (Shape::List(&U16), Shape::List(&U8)),
        (Shape::Map(&U16), Shape::Map(&U8)),
        (nothing, U8),
        (nothing, Shape::Choice(&[&["a"]])),
    ];
    for (new, old) in wider {
        assert!(reads(&new, &old), "{new:?} reads {old:?}");
        assert!(!reads(&old, &new), "{old:?} does not read {new:?}");
    }
    assert!(reads(&Shape::Optional(&U8), &nothing) && reads(&nothing, &Shape::Optional(&U8)));
    let person = Shape::Plain(Plain::User);
    assert!(reads(&TEXT_SHAPE, &person) && reads(&person, &TEXT_SHAPE), "a name may be any text");
    let (u64, process) = (Shape::Integer { min: 0, max: u64::MAX.into() }, Shape::Plain(Plain::Process));
    assert!(reads(&u64, &process) && reads(&process, &u64) && reads(&process, &U8) && !reads(&U8, &process));
    assert!(!reads(&process, &Shape::Integer { min: -1, max: 1 }));
    assert!(!reads(&Shape::Reference("post"), &Shape::Reference("page")));
    assert!(!reads(&Shape::Plain(Plain::Date), &Shape::Plain(Plain::Time)));
}

const OLD: &[FieldShape] = &[field("a", U8)];
const MORE: &[FieldShape] = &[field("a", U8), field("b", U8)];
const MORE_OR_NONE: &[FieldShape] = &[field("a", U8), field("b", Shape::Optional(&U8))];

#[test]
fn fields_are_found_by_the_keys_that_they_had() {
    let renamed = FieldShape { was: &["old"], ..field("new", U16) };
    assert!(reads_field(&[renamed], "old", &U8));
    assert!(!reads_field(&[renamed], "old", &TEXT_SHAPE));
    assert!(reads_field(&[FieldShape { converted: true, ..renamed }], "old", &TEXT_SHAPE));
    assert!(reads_field(&[], "old", &U8), "a key without a reader is kept");
    assert!(!reads_field(&[renamed], "new", &Shape::Optional(&U8)));
    assert!(
        reads_field(&[FieldShape { optional: true, ..renamed }], "new", &Shape::Optional(&U8)),
        "null is the default"
    );
    let nothing = Shape::Plain(Plain::Nothing);
    assert!(reads_field(&[FieldShape { optional: true, ..renamed }], "new", &nothing));
    assert!(!reads_field(&[renamed], "new", &nothing));
    assert!(!reads(&Shape::Embedded(MORE), &Shape::Embedded(OLD)));
    assert!(reads(&Shape::Embedded(OLD), &Shape::Embedded(MORE_OR_NONE)));
}

#[test]
fn a_column_stays_in_its_table_and_other_fields_may_become_columns() {
    assert!(finds_columns(Some("claim"), "claim"));
    assert!(!finds_columns(Some("claims"), "claim") && !finds_columns(None, "claim"));
    let column = FieldShape { column: true, was: &["old"], ..field("key", U16) };
    assert!(stays_column(&[column], "key") && stays_column(&[column], "old"));
    assert!(!stays_column(&[field("key", U16)], "key"));
    assert!(stays_column(&[field("key", U16)], "gone"), "what no field reads stays where it is");
}

#[test]
fn a_field_that_is_gone_beside_a_new_one_of_its_type_seems_renamed() {
    const OLD: &[FieldShape] = &[field("note", TEXT_SHAPE), field("count", U8)];
    const NEW: &[FieldShape] = &[field("remark", TEXT_SHAPE), field("count", U8)];
    assert!(seems_renamed(NEW, OLD, "note", &TEXT_SHAPE));
    assert!(!seems_renamed(NEW, OLD, "count", &U8), "it is there");
    let told = [FieldShape { was: &["note"], ..field("remark", TEXT_SHAPE) }, field("count", U8)];
    assert!(!seems_renamed(&told, OLD, "note", &TEXT_SHAPE));
    let other = [field("paid", Shape::Plain(Plain::Bool)), field("count", U8)];
    assert!(!seems_renamed(&other, OLD, "note", &TEXT_SHAPE), "of another type");
    assert!(!seems_renamed(&[field("count", U8)], OLD, "note", &TEXT_SHAPE), "nothing is new");
}

#[test]
fn keys_within_each_other_are_not_read() {
    assert!(!reads_field(&[field("size", U8)], "size.width", &U8));
    assert!(!reads_field(&[field("size.width", U8)], "size", &U8));
    assert!(reads_field(&[field("sized", U8)], "size", &U8) && reads_field(&[field("size", U8)], "sized.width", &U8));
}

#[test]
fn a_join_that_joins_another_split_is_told() {
    let old: Lock = TEXT.parse().unwrap();
    let flow = &old.flows[0];
    let mut nodes: Vec<Now<'_>> = flow.nodes.iter().map(|node| now(&node.name, &[], node.kind, &[])).collect();
    for (now, node) in nodes.iter_mut().zip(&flow.nodes) {
        now.scope = node.scope.iter().map(String::as_str).collect();
    }
    nodes.push(now("other", &[], Kind::Split, &[]));
    nodes[4].closes = Some("fork");
    assert!(compare(flow, &nodes).is_empty());
    nodes[4].closes = Some("other");
    let told = compare(flow, &nodes);
    assert!(
        told[0].message.contains("`gather` joined the branches of `fork` and joins those of `other` now"),
        "{told:?}"
    );
}
