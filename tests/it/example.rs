//! The example of the README, run as a user runs it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The example's program. Builds it if necessary.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--example", "publish", "--message-format=json-render-diagnostics"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let output = String::from_utf8(built.stdout).unwrap();
        let executable = |line: &str| -> Option<PathBuf> {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            (message["target"]["name"] == "publish").then(|| message["executable"].as_str().map(PathBuf::from))?
        };
        output.lines().find_map(executable).expect("cargo prints the path of the example")
    })
}

/// The program's output for a script.
fn run(data: &TempDir, script: &str) -> String {
    let file = data.path().join("script");
    std::fs::write(&file, script).unwrap();
    let database = data.path().join("database");
    let output = Command::new(program()).arg("--data").arg(database).arg("--script").arg(file).output().unwrap();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || failed.contains("of the commands failed"), "{failed}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_script_publishes_a_post_and_a_second_one_goes_on_where_the_first_stopped() {
    let data = TempDir::new().unwrap();
    let printed = run(
        &data,
        "post Hello\nstart ann\n7\nstart \"\" post=1 colour=red\nstart ann post=1\ndo 1/2 bob Perhaps\ndo 1/2 bob\napprove\nde, fr\nwaiting\n",
    );
    assert!(printed.contains("`post` cannot be 7: it is none of the choices"), "{printed}");
    assert!(printed.contains("`Perhaps` cannot be decided here: choose one of Approve, Reject"), "{printed}");
    assert!(printed.contains("● proofread  View   → gather"), "{printed}");
    assert!(printed.contains("task 1/4    proofread  de   waits for anybody"), "{printed}");
    let printed = run(&data, "take 1/4 carl\ndo 1/4 bob\ndo 1/4 carl\ndo 1/5 carl\nhistory 1\nposts\n");
    assert!(printed.starts_with("Publishing, kept in"), "{printed}");
    assert!(printed.contains("task 1/5    proofread  fr   waits for anybody"), "{printed}");
    assert!(printed.contains("there is no task 1/4"), "{printed}");
    assert!(printed.contains("review finished: Approve"), "{printed}");
    assert!(printed.contains("mail: Hello is out in de, fr"), "{printed}");
    assert!(printed.contains("process 1 is done") && printed.contains("process finished"), "{printed}");
    assert!(!printed.contains("  1  Hello"), "a published post is not offered again: {printed}");
}

#[test]
fn mistakes_at_the_terminal_are_told_and_change_nothing() {
    let data = TempDir::new().unwrap();
    let printed = run(
        &data,
        "frobnicate\ndo 9/9 ann\ndo x ann\nshow 5\nstart ann post=one\npost Hello\nstart ann post=1 colour=red\nwaiting\n",
    );
    for told in [
        "`frobnicate` is nothing that can be done here",
        "there is no task 9/9",
        "`x` is no task",
        "there is no process 5",
        "`post` must be a whole number",
        "`colour` is no field of this form",
        "nothing is waiting",
    ] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
}

#[test]
fn a_person_that_saw_a_task_before_another_took_it_is_shown_it_anew() {
    let data = TempDir::new().unwrap();
    let printed = run(
        &data,
        "post Hello\nstart ann post=1\nwaiting eve\n\
         take 1/2 bob\nback 1/2 bob\ntake 1/2 eve\ntake 1/2 eve\ntake 1/2 bob\n",
    );
    let mut takes = printed.split("publish> ").filter(|part| part.starts_with("take"));
    let mut told = || takes.next().unwrap();
    assert!(told().contains("waits for bob"), "{printed}");
    let late = told();
    assert!(late.contains("somebody was faster: the task is no longer as it was"), "{printed}");
    assert!(late.contains("this is how it is now:\n  task 1/2    review     Hello waits for anybody"), "{printed}");
    assert!(told().contains("waits for eve"), "she has seen it now: {printed}");
    let late = told();
    assert!(late.contains("somebody was faster") && late.contains("waits for eve"), "{printed}");
}

#[test]
fn a_decision_with_a_question_is_made_when_the_person_says_yes() {
    let data = TempDir::new().unwrap();
    let reject = "do 1/2 bob Reject remark=short";
    let script = ["post Hello", "start ann post=1", reject, "no", "waiting", reject, "yes", "history 1 bob"];
    let printed = run(&data, &script.join("\n"));
    assert_eq!(printed.matches("Reject it for good? (yes or no)").count(), 2, "{printed}");
    let (before, after) = printed.split_once("nothing is decided").unwrap();
    assert!(
        !before.contains("process 1 is done") && after.contains("task 1/2    review     Hello waits for anybody"),
        "{printed}"
    );
    assert!(after.contains("process 1 is done") && after.contains("review finished: Reject (bob)"), "{printed}");
}

#[test]
fn what_was_answered_survives_a_killed_program() {
    let data = TempDir::new().unwrap();
    for round in 1..=8 {
        let mut child = Command::new(program())
            .arg("--data")
            .arg(data.path().join("database"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "post Round{round}\nstart ann post={round}").unwrap();
        input.flush().unwrap();
        let answered = format!("process {round} is started");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains(&answered)), "round {round}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let printed = run(&data, "waiting\n");
    for process in 1..=8 {
        assert!(printed.contains(&format!("task {process}/2")), "{printed}");
    }
}

#[path = "../../examples/orders.rs"]
#[allow(dead_code)]
pub(crate) mod orders;

#[test]
fn orders_are_shipped_paid_back_and_forgotten() {
    let told = orders::story().unwrap();
    assert_eq!(
        told,
        [
            "order 25 is done: reminded, 2250 cents received, mind the glass, mind the glass, \
             shipped as order.ship/1/13/777600000",
            "order 7 is done: 700 cents received, paid back",
            "order 8 is done: reminded",
            "25 nights",
        ]
    );
}
