//! Lock files record what flows were like when their processes were started. The derive macro checks a flow against
//! them. This module writes them, and checks them against the current flows.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use viewflow_graph::FieldShape;
use viewflow_graph::lock::{Data, Flow as Locked, Lock, RENEW};

use crate::data::document::Fields;
use crate::data::field::FieldType;
use crate::flow::Flow;
use crate::flow::builder::FlowBuilder;
use crate::flow::process::Process;
use crate::flow::task::Task;

/// Describes a process for a lock file.
pub(crate) fn process_data<P: Process>() -> Data {
    Data { table: P::TABLE.map(str::to_owned), ..data_of::<P, P::Seed, P::Artifact>() }
}

/// Describes a task for a lock file.
pub(crate) fn task_data<T: Task>() -> Data {
    data_of::<T, T::Seed, T::Artifact>()
}

fn data_of<T: Fields, Seed: FieldType, Artifact: FieldType>() -> Data {
    let fields = FieldShape::to_fields(T::SHAPES);
    Data { seed: Seed::SHAPE.to_type(), artifact: Artifact::SHAPE.to_type(), table: None, fields }
}

/// A flow as it is now.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its description for a lock file.
    pub flow: Locked,
    /// Its earlier names.
    pub was: &'static [&'static str],
}

/// Describes a flow for a lock file.
///
/// # Errors
/// If the flow is not sound.
pub fn describe<F: Flow>() -> Result<Described, String> {
    let def = FlowBuilder::<F>::definition();
    let flow = def.described().ok_or_else(|| def.problems.join("\n"))?;
    Ok(Described { flow, was: F::WAS })
}

/// Checks a lock file against its flows. If the environment variable `VIEWFLOW_LOCK` is `update`, writes it instead.
///
/// # Errors
/// The problem with the file, or its differences from the flows, and what to do.
pub fn hold(file: &Path, flows: Vec<Result<Described, String>>) -> Result<(), String> {
    let flows: Vec<Described> = flows.into_iter().collect::<Result<_, _>>()?;
    let is_here = |name: &str| flows.iter().any(|here| here.flow.name == name || here.was.contains(&name));
    let mut now = Lock { flows: flows.iter().map(|here| here.flow.clone()).collect() };
    now.flows.sort_by(|left, right| left.name.cmp(&right.name));
    let text = now.to_string();
    let place = file.display();
    let stored = match fs::read_to_string(file) {
        Ok(stored) => Some(stored),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(format!("`{place}` cannot be read: {error}")),
    };
    if std::env::var_os("VIEWFLOW_LOCK").is_some_and(|mode| mode == "update") {
        return if stored.as_ref() == Some(&text) { Ok(()) } else { write(file, &text) };
    }
    let Some(stored) = stored else { return Err(format!("there is no `{place}`: make it by `{RENEW}`")) };
    let lock: Lock = stored.parse().map_err(|error| format!("`{place}`, {error}"))?;
    if lock == now {
        return Ok(());
    }
    if let Some(gone) = lock.flows.iter().find(|flow| !is_here(&flow.name)) {
        return Err(format!(
            "`{place}` has the flow `{0}`, which is not among those of `flow_lock!`: if it has another name now, write \
             `#[was(\"{0}\")]` above it; else keep it until its processes are done, and then renew the file by `{RENEW}`",
            gone.name
        ));
    }
    Err(format!(
        "`{place}` is not current. What has changed can be borne by running processes, else the flow would not compile: \
         renew the file by `{RENEW}`, and check it in.\n{}",
        difference(&lock.to_string(), &text)
    ))
}

/// Writes the file as a whole, or leaves it as it is.
fn write(file: &Path, text: &str) -> Result<(), String> {
    let new = file.with_extension("lock.new");
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, file));
    written.map_err(|error| format!("`{}` cannot be written: {error}", file.display()))
}

/// Returns the lines that only one of two texts has.
fn difference(old: &str, new: &str) -> String {
    let only = |of: &str, other: &str, sign: char| -> Vec<String> {
        let mut others: Vec<&str> = other.lines().collect();
        let lines = of.lines().filter(|line| match others.iter().position(|other| other == line) {
            Some(at) => {
                others.swap_remove(at);
                false
            }
            None => true,
        });
        lines.map(|line| format!("{sign} {}", line.trim_end())).collect()
    };
    let mut lines = only(old, new, '-');
    lines.extend(only(new, old, '+'));
    if lines.is_empty() { "Lines stand in another order.".to_owned() } else { lines.join("\n") }
}

/// Makes a test `flow_lock` that checks the lock file of a crate against its flows. If the environment variable
/// `VIEWFLOW_LOCK` is `update`, the test writes the file instead.
///
/// Call it once in the crate, with all flows that are in the file. A file other than `flow.lock` beside `Cargo.toml` is
/// named first: `flow_lock!("src/claims.lock" => ClaimFlow)`, as in `#[flow(lock = "src/claims.lock")]`.
///
/// ```
/// # mod claims {
/// # use viewflow_core as viewflow;
/// # use viewflow_core::{Flow, builder::FlowBuilder};
/// # pub struct ClaimFlow;
/// # impl Flow for ClaimFlow {
/// #     type Process = ();
/// #     const NAME: &'static str = "claim";
/// #     const TITLE: &'static str = "Claim";
/// #     fn define(_: &mut FlowBuilder<Self>) {}
/// # }
/// viewflow::flow_lock!(ClaimFlow);
/// # }
/// ```
#[macro_export]
macro_rules! flow_lock {
    ($file:literal => $($flow:ty),+ $(,)?) => {
        #[test]
        fn flow_lock() {
            let file = ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($file);
            let flows = ::std::vec![$($crate::lock::describe::<$flow>()),+];
            if let ::core::result::Result::Err(message) = $crate::lock::hold(&file, flows) {
                ::core::panic!("{message}");
            }
        }
    };
    ($($flow:ty),+ $(,)?) => {
        $crate::flow_lock!("flow.lock" => $($flow),+);
    };
}
