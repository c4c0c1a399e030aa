//! A program that takes steps on eight threads is killed. Each step reported as done is done, and no step is done
//! in part.

mod check;
mod work;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use check::Check;
use work::{PLACE, Step};

/// How often the program is killed, unless the variable `KILLS` says it. Each database sees only some of the kills,
/// because all of it is verified after each kill.
const KILLS: usize = 20;

/// Starts the program and kills it. Returns the lines that it reported.
fn run_and_kill(place: &Path, round: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_steps::work::a_program_on_eight_threads"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .env(PLACE, place)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut read = move || {
        let mut line = String::new();
        (out.read_line(&mut line).unwrap() > 0).then_some(line)
    };
    // Some programs are killed while they open their database.
    let while_opening = round % 5 == 4;
    if !while_opening {
        while read().expect("it gets to work") != "at work\n" {}
    }
    // A thread reads the other lines while the program works; otherwise the program would have to wait.
    let reader = thread::spawn(move || std::iter::from_fn(read).collect());
    thread::sleep(Duration::from_millis(u64::try_from(round * 37 % 400).unwrap()));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Kills the program in each of these rounds over one database, and checks the database each time. Returns how many
/// steps were reported.
fn told_in(rounds: Range<usize>) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("database");
    let mut told: Vec<Step> = Vec::new();
    let mut looked_at = BTreeSet::new();
    for round in rounds.clone() {
        let lines = run_and_kill(&place, round);
        let stopped: Vec<_> = lines.iter().filter(|line| line.starts_with("stopped")).collect();
        assert!(stopped.is_empty(), "round {round}: {stopped:?}");
        let steps: Vec<Step> = lines.iter().filter_map(|line| Step::read(line)).collect();
        let mut check = Check::open(&place);
        let processes = check.processes();
        // Checks new and continued processes; after the last kill, all of them.
        let at_last = round + 1 == rounds.end;
        let mut changed: BTreeSet<u64> = steps.iter().map(|step| step.process).collect();
        changed.extend(processes.iter().filter(|id| at_last || !looked_at.contains(*id)));
        let earlier = told.iter().filter(|_| at_last);
        let lost: Vec<String> = steps.iter().chain(earlier).filter_map(|step| check.has(step).err()).collect();
        check.faults.extend(lost);
        changed.iter().filter(|id| processes.contains(id)).for_each(|id| check.process(*id));
        if at_last {
            check.rows(&processes);
        }
        assert!(check.faults.is_empty(), "round {round}:\n{}", check.faults.join("\n"));
        looked_at.extend(processes);
        told.extend(steps);
    }
    println!("rounds {rounds:?}: {} steps were told, in {} processes", told.len(), looked_at.len());
    told.len()
}

#[test]
fn after_a_kill_every_step_that_was_told_is_there_and_none_by_halves() {
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let told: usize = (0..kills).step_by(KILLS).map(|first| told_in(first..kills.min(first + KILLS))).sum();
    assert!(told > 5 * kills, "{told} steps were told");
}
