//! The cost of the desk, compared with typed calls, and of many commands at once, compared with one by one.

use tempfile::TempDir;
use viewflow::desk::TaskCommand;
use viewflow::prelude::{Engine, ProcessId, TaskId};
use viewflow::serde_json::Value;
use viewflow::{Document, MemoryStore, NodeName};

use crate::flows::{self, somebody, task_of};
use crate::measure::{Result, Row, Run, float, in_turns, seconds};
use crate::stores;

pub(crate) fn run(run: &Run) -> Result<()> {
    if run.wants("desk") {
        beside_typed_calls(run)?;
        many_at_once(run)?;
    }
    Ok(())
}

fn form(field: &str, value: impl Into<Value>) -> Document {
    [(field.to_owned(), value.into())].into_iter().collect()
}

/// Starts a process at the desk, takes its task and does it.
fn hello_at_the_desk(engine: &Engine, start: &NodeName, said: &Document, approved: &Document) -> Result<()> {
    let person = somebody();
    let desk = engine.desk(&person);
    let task = task_of(desk.start(start, said)?);
    desk.act(task, &TaskCommand::Assign)?;
    Ok(desk.execute(task, approved)?)
}

fn beside_typed_calls(run: &Run) -> Result<()> {
    let processes = run.size(30_000, 3_000);
    let each = |time: f64| time * 1e6 / float(processes * flows::HELLO_STEPS);
    let (start, said, approved) = (NodeName::new("hello", "start"), form("text", "Hello"), form("approved", true));
    let [typed, desk] = in_turns(
        run.repeats(),
        [
            &mut || {
                let engine = flows::engine(MemoryStore::new())?;
                Ok(each(seconds(|| flows::hello(&engine, 1, processes))?))
            },
            &mut || {
                let engine = flows::engine(MemoryStore::new())?;
                let all = || (0..processes).try_for_each(|_| hello_at_the_desk(&engine, &start, &said, &approved));
                Ok(each(seconds(all)?))
            },
        ],
    )?;
    let row = Row::new("desk", desk, "us/step").against(typed).at_most(1.2);
    run.show(&row.repeats(run.repeats()).note("in memory, against typed calls"));
    Ok(())
}

fn many_at_once(run: &Run) -> Result<()> {
    let tasks = run.size(2_000, 500);
    let open = |directory: &TempDir| -> Result<(Engine, Vec<(TaskId, TaskCommand)>)> {
        let engine = flows::engine(stores::open(directory.path())?)?;
        let (person, start) = (somebody(), NodeName::new("hello", "start"));
        let forms = vec![form("text", "Hello"); tasks];
        let started: Vec<ProcessId> = engine.desk(&person).start_all(&start, &forms)?;
        let commands = started.into_iter().map(|process| (task_of(process), TaskCommand::Assign));
        Ok((engine, commands.collect()))
    };
    let repeats = run.size(3, 1);
    let [single, many] = in_turns(
        repeats,
        [
            &mut || {
                let directory = TempDir::new()?;
                let (engine, commands) = open(&directory)?;
                let (person, few) = (somebody(), &commands[..tasks / 4]);
                let all = || {
                    few.iter().try_for_each(|(task, command)| Ok(engine.desk(&person).act(*task, command).map(drop)?))
                };
                Ok(seconds(all)? * 1e6 / float(few.len()))
            },
            &mut || {
                let directory = TempDir::new()?;
                let (engine, commands) = open(&directory)?;
                let person = somebody();
                let all = || {
                    Ok(engine
                        .desk(&person)
                        .act_on_each(&commands)
                        .into_iter()
                        .try_for_each(|result| result.map(drop))?)
                };
                Ok(seconds(all)? * 1e6 / float(tasks))
            },
        ],
    )?;
    let row = Row::new("desk-many", many, "us/task").against(single).at_most(0.05);
    run.show(&row.repeats(repeats).note(format!("{tasks} tasks taken at once on sled, against one by one")));
    Ok(())
}
