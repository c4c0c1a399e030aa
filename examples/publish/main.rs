//! The flow of the README in a terminal: `cargo run --example publish`.
//!
//! The program keeps everything in a directory. Stop it at any time, even with Ctrl-C: the next run goes on from there.
//!
//! It is one terminal for several people, so that commands name a user.
//! All that a user sees and does goes through their desk: `engine.desk(&user)`.

mod filling;
mod flow;
mod terminal;

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use viewflow::prelude::*;

use crate::flow::{Mailer, PublishFlow};
use crate::terminal::{HELP, Terminal};

const USAGE: &str = "usage: publish [--data DIRECTORY] [--script FILE]";

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} of the commands failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all commands, and returns how many of them failed.
fn run() -> Result<u32, Box<dyn std::error::Error>> {
    let Some(options) = Options::read(std::env::args().skip(1))? else {
        println!("{USAGE}\n\n{HELP}");
        return Ok(0);
    };
    let input: Box<dyn BufRead> = match &options.script {
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Box::new(io::BufReader::new(file))
        }
        None => Box::new(io::stdin().lock()),
    };
    let asks = options.script.is_none() && io::stdin().is_terminal();
    let mailer = Mailer::default();
    let engine =
        Engine::builder(SledStore::open(&options.data)?).flow(PublishFlow::new(Mailer::clone(&mailer))).build()?;
    println!("Publishing, kept in {}. Type `help` for what can be done.", options.data.display());
    Terminal::new(engine, mailer, input, asks).run()
}

struct Options {
    data: PathBuf,
    script: Option<PathBuf>,
}

impl Options {
    /// Reads the options, or returns `None` if they ask for help.
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self { data: PathBuf::from("publish-data"), script: None };
        while let Some(name) = arguments.next() {
            if name == "--help" {
                return Ok(None);
            }
            let value = arguments.next().ok_or(format!("`{name}` needs a value"));
            match name.as_str() {
                "--data" => options.data = value?.into(),
                "--script" => options.script = Some(value?.into()),
                _ => return Err(format!("`{name}` is no option; {USAGE}")),
            }
        }
        Ok(Some(options))
    }
}
