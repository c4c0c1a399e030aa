//! What viewflow costs, measured against what it is made of: `cargo run --release -p viewflow-bench -- [FIGURES]`.
//!
//! What is compared is measured in one run, in turns, and given as medians. Stores are made in the directory for temporary
//! files (`TMPDIR`), which is to be on a disk.

#![warn(unreachable_pub)]

mod bare;
mod binary;
mod child;
mod durable;
mod flows;
mod large;
mod measure;
mod memory;
mod soak;
mod stores;

use std::process::ExitCode;

use measure::{Result, Run};

/// All figures, in the order in which they are measured.
const FIGURES: [&str; 11] = [
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
    let mut run = Run { names: Vec::new(), json: false, quick: false };
    for argument in arguments {
        match argument.as_str() {
            "--json" => run.json = true,
            "--quick" => run.quick = true,
            figure if FIGURES.contains(&figure) => run.names.push(figure.to_owned()),
            other => {
                let figures = FIGURES.join(" ");
                return Err(format!(
                    "`{other}` is no figure\n\nusage: viewflow-bench [FIGURES] [--json] [--quick]\n       \
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
    large::run(&run)
}
