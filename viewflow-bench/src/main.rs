//! The cost of viewflow, compared with its parts: `cargo run --release -p viewflow-bench -- [FIGURES]`.
//!
//! Values that are compared are measured in one run, in turns, and reported as medians. `--before FILE` also shows the
//! figures of an earlier run or another release, as `--json` has written them. The stores are in the directory for
//! temporary files (`TMPDIR`), which should be on a disk.

#![warn(unreachable_pub)]

mod bare;
mod binary;
mod child;
mod desk;
mod durable;
mod flows;
mod growth;
mod idle;
mod large;
mod lock;
mod measure;
mod memory;
mod soak;
mod stores;

use std::process::ExitCode;

use measure::{Before, Result, Run};

/// All figures, in the order in which they are measured.
const FIGURES: [&str; 15] = [
    "memory-hello",
    "fanout",
    "durable-64",
    "durable-1",
    "disk-share",
    "bytes",
    "binary",
    "inbox",
    "step-at-scale",
    "memory-1m",
    "open",
    "desk",
    "growth",
    "idle",
    "lock",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("child") => child::serve(&arguments[1..]),
        Some("soak") => soak::run(&arguments[1..]),
        _ => figures(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn figures(arguments: &[String]) -> Result<()> {
    let mut run = Run::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--before" => {
                let file = arguments.next().ok_or("before what?")?;
                run.before = Before::read(&std::fs::read_to_string(file)?)?;
            }
            "--json" => run.json = true,
            "--quick" => run.quick = true,
            figure if FIGURES.contains(&figure) => run.names.push(figure.to_owned()),
            other => {
                let figures = FIGURES.join(" ");
                return Err(format!(
                    "`{other}` is no figure\n\nusage: viewflow-bench [FIGURES] [--json] [--quick] [--before FILE]\n       \
                     viewflow-bench soak [--minutes N] [--json]\n\nfigures (all if none is named): {figures}"
                )
                .into());
            }
        }
    }
    if cfg!(debug_assertions) {
        eprintln!("this is not a release build: the figures mean nothing");
    }
    memory::run(&run)?;
    durable::run(&run)?;
    binary::run(&run)?;
    large::run(&run)?;
    desk::run(&run)?;
    growth::run(&run)?;
    idle::run(&run)?;
    lock::run(&run)
}
