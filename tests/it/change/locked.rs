//! Lock files: a test writes them and checks the flows against them, and so does the compiler (`tests/ui/lock`).

use std::fs;

use std::collections::BTreeMap;

use viewflow::Bytes;
use viewflow::document::Value;
use viewflow::field::FieldType;
use viewflow::graph::{Shape, reads};
use viewflow::jiff::civil::Date;
use viewflow::lock::{Described, describe, hold};
use viewflow::prelude::*;
use viewflow::rust_decimal::Decimal;
use viewflow::uuid::Uuid;

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Language {
    English,
    #[choice(value = "de")]
    German,
}

#[derive(Embedded, Clone, Debug)]
pub struct Parcel {
    pub weight: f64,
    #[field(key = "to.whom")]
    pub to: Option<String>,
    pub inner: Vec<Self>,
}

/// A type alias is the same type.
type Count = u16;

#[derive(Process, Clone, Debug)]
#[process(seed = String)]
pub struct Order {
    #[field(default = Language::German)]
    pub language: Language,
    pub count: Count,
    pub parcels: Vec<Parcel>,
}

#[derive(Task, Clone, Debug)]
pub struct Check {
    pub deadline: Option<u8>,
}

#[derive(Flow)]
#[flow(process = Order, lock = "it/change/order.lock")]
pub struct OrderFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(check, cond = |a| a.process.count > 1)]
    #[otherwise(gather)]
    fork: Split,
    #[next(gather)]
    #[on_timeout(after = "1h", then = gather)]
    check: View<Check>,
    #[next(end)]
    gather: Join,
    end: End,
}

#[derive(Flow)]
#[flow(lock = "it/change/order.lock")]
pub struct BareFlow {
    #[next(end)]
    start: StartHandle,
    end: End,
}

viewflow::flow_lock!("it/change/order.lock" => OrderFlow, BareFlow);

#[test]
fn a_lock_tells_nodes_edges_scopes_and_what_fields_are() {
    let text = describe::<OrderFlow>().unwrap().flow.to_string();
    let expected = "flow order
  process seed text
  process field language: choice(english, de)
  process field count: u16
  process field parcels: [(weight: f64, to.whom: text?, inner: itself)]
  node start: StartHandle
    edge next -> fork
  node fork: Split
    edge \"branch if\" -> check
    edge otherwise -> gather
  node check: View in fork
    field deadline: u8?
    edge next -> gather
    edge \"on timeout\" -> gather
  node gather: Join of fork
    edge next -> end
  node end: End
";
    assert_eq!(text, expected);
}

#[test]
fn a_file_that_is_missing_old_or_damaged_is_told_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("flow.lock");
    let held = || hold(&file, vec![describe::<OrderFlow>(), describe::<BareFlow>()]);
    assert!(held().unwrap_err().contains("make it by `VIEWFLOW_LOCK=update cargo test flow_lock`"));
    let current = fs::read_to_string("it/change/order.lock").unwrap();
    fs::write(&file, current.replace('\n', "\r\n")).unwrap();
    assert_eq!(held(), Ok(()), "whatever the line ends");
    fs::write(&file, current.replace("count: u16", "count: u8")).unwrap();
    let error = held().unwrap_err();
    assert!(error.contains("is not current"), "{error}");
    assert!(error.ends_with("-   process field count: u8\n+   process field count: u16"), "{error}");
    fs::write(&file, current.replace("flow bare", "<<<<<<< ours\nflow bare")).unwrap();
    assert!(held().unwrap_err().contains("a merge left a conflict here"));
    fs::write(&file, &current).unwrap();
    let gone = hold(&file, vec![describe::<BareFlow>()]).unwrap_err();
    assert!(gone.contains("has the flow `order`, which is not among those of `flow_lock!`"), "{gone}");
    assert!(gone.contains("`#[was(\"order\")]`"), "{gone}");
    let renamed = Described { was: &["order"], ..describe::<BareFlow>().unwrap() };
    assert!(hold(&file, vec![Ok(renamed)]).unwrap_err().contains("is not current"));
    fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(held().unwrap_err().contains("cannot be read"));
}

#[test]
fn one_command_renews_a_file_that_was_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("flow.lock");
    fs::write(&file, "<<<<<<< ours\n").unwrap();
    let program = std::env::current_exe().unwrap();
    let renewed = std::process::Command::new(program)
        .args(["--exact", "change::locked::renews", "--ignored"])
        .env("VIEWFLOW_LOCK", "update")
        .env("VIEWFLOW_LOCK_FILE", &file)
        .output()
        .unwrap();
    assert!(renewed.status.success(), "{renewed:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), fs::read_to_string("it/change/order.lock").unwrap());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
#[ignore = "run by `one_command_renews_a_file_that_was_damaged`"]
fn renews() {
    let Some(file) = std::env::var_os("VIEWFLOW_LOCK_FILE") else { return };
    hold(file.as_ref(), vec![describe::<OrderFlow>(), describe::<BareFlow>()]).unwrap();
}

/// A field type: its entry in a lock, some of its stored values, and whether a stored value can be read.
struct Sample {
    name: &'static str,
    shape: Shape,
    values: Vec<Value>,
    reads: fn(&Value) -> bool,
}

fn sample<T: FieldType>(values: impl IntoIterator<Item = T>) -> Sample {
    Sample {
        name: std::any::type_name::<T>(),
        shape: T::SHAPE,
        values: values.into_iter().map(|value| value.encode().unwrap()).collect(),
        reads: |value| T::decode(value).is_ok(),
    }
}

#[derive(Choices, Clone, Copy, Debug)]
enum Tongue {
    English,
    #[was("german")]
    #[choice(value = "de")]
    German,
    Latin,
}

#[derive(Embedded, Clone, Debug)]
struct Size {
    width: u8,
}

#[derive(Embedded, Clone, Debug)]
struct Room {
    #[was("width")]
    breadth: u16,
    height: Option<u8>,
}

#[derive(Embedded, Clone, Debug)]
struct Nested {
    size: Size,
}

#[derive(Embedded, Clone, Debug)]
struct Flat {
    #[field(key = "size.width")]
    width: Option<String>,
}

#[derive(Embedded, Clone, Debug)]
struct Outer {
    size: Option<u8>,
}

#[test]
fn whatever_a_lock_lets_pass_can_be_read() {
    let samples = [
        sample([()]),
        sample([true, false]),
        sample([u8::MIN, u8::MAX]),
        sample([u16::MIN, u16::MAX]),
        sample([i8::MIN, i8::MAX]),
        sample([i64::MIN, i64::MAX]),
        sample([u64::MIN, u64::MAX]),
        sample([0.5, -1e300]),
        sample([0.5_f32]),
        sample([String::new(), "text".to_owned(), "de".to_owned()]),
        sample([Bytes(vec![0, 255])]),
        sample([Date::constant(2026, 11, 26)]),
        sample([Decimal::new(125, 2)]),
        sample([Uuid::nil()]),
        sample([UserId::new(""), UserId::new("ann")]),
        sample([ProcessId(0), ProcessId(u64::MAX)]),
        sample([TaskId { process: ProcessId(7), ordinal: 3 }]),
        sample([viewflow::Timestamp::from_millis(-1)]),
        sample([jiff::Timestamp::constant(-1, -999_999_999)]),
        sample([Value::Null, Value::from("any"), Value::from(vec![1, 2])]),
        sample([Language::English, Language::German]),
        sample([Tongue::English, Tongue::German, Tongue::Latin]),
        sample([Some(7_u8), None]),
        sample([Some(7_u16), None]),
        sample([Some("text".to_owned()), None]),
        sample([vec![1_u8, 2], vec![]]),
        sample([vec![1_u16, 2], vec![]]),
        sample([vec![Some(1_u8), None]]),
        sample([BTreeMap::from([("a".to_owned(), 1_u8)])]),
        sample([BTreeMap::from([("a".to_owned(), 1_u16)])]),
        sample([Size { width: 3 }]),
        sample([Room { breadth: 3, height: Some(2) }, Room { breadth: 300, height: None }]),
        sample([Some(Room { breadth: 3, height: None }), None]),
        sample([Nested { size: Size { width: 3 } }]),
        sample([Flat { width: Some("3".to_owned()) }, Flat { width: None }]),
        sample([Outer { size: Some(3) }, Outer { size: None }]),
        sample([16_777_217_i32, i32::MIN]),
    ];
    let mut pass = 0;
    for new in &samples {
        for old in &samples {
            let all = old.values.iter().all(new.reads);
            if reads(&new.shape, &old.shape) {
                pass += 1;
                assert!(all, "what was a `{}` is not read as a `{}`: {:?}", old.name, new.name, old.values);
            }
        }
        assert!(reads(&new.shape, &new.shape), "a `{}` may stay one", new.name);
    }
    assert!(pass > 60, "only {pass} changes pass");
}
