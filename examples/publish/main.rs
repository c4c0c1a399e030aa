//! The flow of the README in a terminal: `cargo run --example publish`.
//!
//! The program keeps everything in a directory. Stop it at any time, even with Ctrl-C: the next run goes on from there.

mod flow;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use viewflow::form::{FormField, FormSpec};
use viewflow::prelude::*;
use viewflow::{Document, NodeName};

use crate::flow::{Mailer, Post, PublishFlow};

const HELP: &str = "  \
  post TITLE [BODY]              add a reader's post
  posts                          the posts that can be published
  start USER [FIELD=VALUE ...]   start publishing a post
  waiting                        what waits for whom
  take TASK USER                 give a task to a person
  back TASK USER                 give it back
  do TASK USER [FIELD=VALUE ..]  do a task; fields that are not given are asked for
  do TASK USER CASE [FIELD=..]   decide a task, such as `do 1/2 bob Reject remark=\"too short\"`
  show PROCESS                   how far a process is
  history PROCESS                what happened in it
  quit                           stop; all is kept";

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
    let mut terminal = Terminal { engine, mailer, input, asks };
    println!("Publishing, kept in {}. Type `help` for what can be done.", options.data.display());
    terminal.engine.run_pending()?;
    terminal.waiting()?;
    let mut failed = 0;
    while let Some(line) = terminal.read("publish> ")? {
        match terminal.obey(&line) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                println!("  {error}");
                failed += u32::from(!terminal.asks);
            }
        }
        // The program does what needs no person: the jobs that are due now.
        terminal.engine.run_pending()?;
        terminal.read_mail();
    }
    Ok(failed)
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

struct Terminal {
    engine: Engine,
    mailer: Mailer,
    input: Box<dyn BufRead>,
    /// Whether a person is at the terminal and has to see the questions.
    asks: bool,
}

impl Terminal {
    /// Reads a line of input, or returns `None` at the end of the input.
    fn read(&mut self, prompt: &str) -> io::Result<Option<String>> {
        if self.asks {
            print!("{prompt}");
            io::stdout().flush()?;
        }
        let mut line = String::new();
        let some = self.input.read_line(&mut line)? > 0;
        if some && !self.asks {
            println!("{prompt}{}", line.trim_end());
        }
        Ok(some.then(|| line.trim().to_owned()))
    }

    /// Carries out a line, and returns whether to go on.
    fn obey(&mut self, line: &str) -> Result<bool, Box<dyn std::error::Error>> {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => {}
            [comment, ..] if comment.starts_with('#') => {}
            ["help"] => println!("{HELP}"),
            ["post", title] => self.add_post(title, "")?,
            ["post", title, body] => self.add_post(title, body)?,
            ["posts"] => self.posts()?,
            ["waiting"] => self.waiting()?,
            ["start", user, fields @ ..] => self.start(&UserId::new(*user), fields)?,
            ["take", task, user] => self.engine.assign(task_id(task)?, &UserId::new(*user))?,
            ["back", task, user] => self.engine.unassign(task_id(task)?, &UserId::new(*user))?,
            ["do", task, user, fields @ ..] => self.perform(task_id(task)?, &UserId::new(*user), fields)?,
            ["show", process] => self.show(process_id(process)?)?,
            ["history", process] => self.history(process_id(process)?)?,
            ["quit" | "exit"] => return Ok(false),
            _ => return Err(format!("`{line}` is nothing that can be done here: see `help`").into()),
        }
        Ok(true)
    }

    fn add_post(&self, title: &str, body: &str) -> Result<(), Box<dyn std::error::Error>> {
        let post = Post { id: Id::NEW, title: title.to_owned(), body: body.to_owned(), fresh: true };
        let post = self.engine.transaction(|db| db.table().insert(post.clone()))?;
        println!("  post {post} is there");
        Ok(())
    }

    fn posts(&self) -> Result<(), Box<dyn std::error::Error>> {
        for post in self.engine.transaction(|db| db.table::<Post>().filter(|post| post.fresh).list())? {
            println!("  {}  {}", post.id, post.title);
        }
        Ok(())
    }

    fn waiting(&self) -> Result<(), Box<dyn std::error::Error>> {
        let queue = self.engine.queue(&Superuser::new("admin")).list()?;
        let assigned = [
            self.engine.tasks_of(PublishFlow::review, TaskStatus::Assigned).list()?,
            self.engine.tasks_of(PublishFlow::proofread, TaskStatus::Assigned).list()?,
        ];
        for task in queue.iter().chain(assigned.iter().flatten()) {
            let owner = task.owner.as_ref().map_or("anybody", UserId::as_str);
            let about = task.data.get("language").and_then(|language| language.as_str()).unwrap_or_default();
            println!("  task {:6} {:10} {about:4} waits for {owner}", task.id.to_string(), task.node);
        }
        if queue.is_empty() && assigned.iter().all(Vec::is_empty) {
            println!("  nothing is waiting");
        }
        Ok(())
    }

    fn start(&mut self, user: &UserId, given: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
        let start = NodeName { flow: "publish".to_owned(), node: "start".to_owned() };
        let form = self.engine.desk(user).start_form(&start)?;
        let Some(filled) = self.fill_in(&form, given)? else { return Ok(()) };
        let process = self.engine.desk(user).start(&start, &filled)?;
        println!("  process {process} is started");
        self.waiting()
    }

    fn perform(&mut self, task: TaskId, user: &UserId, given: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
        let form = self.engine.desk(user).form(task)?;
        let Some(filled) = self.fill_in(&form, given)? else { return Ok(()) };
        self.engine.assign(task, user)?;
        self.engine.desk(user).execute(task, &filled)?;
        println!("  done");
        self.engine.run_pending()?;
        self.show(task.process)
    }

    /// Fills in a form from `field=value` words, and asks for the fields that are missing.
    ///
    /// Returns `None` when the input ends.
    fn fill_in(&mut self, form: &FormSpec, given: &[&str]) -> Result<Option<Document>, Box<dyn std::error::Error>> {
        if form.cases.is_empty() {
            return self.fill_in_fields(&form.fields, given);
        }
        let (case, given) = match given {
            [case, fields @ ..] if !case.contains('=') => ((*case).to_owned(), fields),
            _ => {
                form.cases.iter().for_each(|case| println!("    {}  {}", case.name, case.title));
                let Some(case) = self.read("  decide: ")? else { return Ok(None) };
                (case, given)
            }
        };
        let known = form.cases.iter().find(|known| known.name.eq_ignore_ascii_case(&case));
        let Some(known) = known else {
            let cases: Vec<&str> = form.cases.iter().map(|case| case.name).collect();
            return Err(format!("`{case}` cannot be decided here: choose one of {}", cases.join(", ")).into());
        };
        let filled = self.fill_in_fields(&known.fields, given)?;
        Ok(filled.map(|filled| Document::from_iter([(known.name.to_owned(), filled.into())])))
    }

    fn fill_in_fields(
        &mut self,
        fields: &[FormField],
        given: &[&str],
    ) -> Result<Option<Document>, Box<dyn std::error::Error>> {
        let mut filled = Document::new();
        for word in given {
            let (name, text) = word.split_once('=').ok_or(format!("`{word}` should be FIELD=VALUE"))?;
            let field = fields.iter().find(|field| field.name == name);
            let value = match field {
                Some(field) => field.value_from_text(text).map_err(|error| format!("`{name}` {error}"))?,
                // The engine reports what is wrong with the value.
                None => text.into(),
            };
            filled.insert(name.to_owned(), value);
        }
        for field in fields.iter().filter(|field| given.is_empty() || field.required) {
            while !filled.contains_key(field.name) {
                for choice in field.offered().into_iter().flatten() {
                    println!("    {}  {}", choice.value, choice.label);
                }
                let needed = if field.required { "" } else { " (may be left out)" };
                let Some(text) = self.read(&format!("  {}{needed}: ", field.label))? else { return Ok(None) };
                match field.value_from_text(&text) {
                    Ok(value) => drop(filled.insert(field.name.to_owned(), value)),
                    Err(error) if self.asks => println!("  it {error}"),
                    Err(error) => return Err(format!("`{}` {error}", field.name).into()),
                }
            }
        }
        Ok(Some(filled))
    }

    fn show(&self, id: ProcessId) -> Result<(), Box<dyn std::error::Error>> {
        let process = self.engine.process::<PublishFlow>(id)?;
        let marks = self.engine.marks(id)?;
        println!("  process {id} is {}", process.status);
        let chart = self.engine.graph("publish")?.outline(|node| marks.get(node).copied().unwrap_or_default());
        chart.lines().for_each(|line| println!("    {line}"));
        Ok(())
    }

    fn history(&self, id: ProcessId) -> Result<(), Box<dyn std::error::Error>> {
        self.engine.process_record(id)?;
        for event in self.engine.events(id, 0, 1000)? {
            let actor = event.actor.map_or(String::new(), |actor| format!(" ({actor})"));
            println!("  {:3}  {}{actor}", event.number, event.kind);
        }
        Ok(())
    }

    fn read_mail(&self) {
        if let Ok(mut mail) = self.mailer.lock() {
            mail.drain(..).for_each(|letter| println!("  mail: {letter}"));
        }
    }
}

fn task_id(text: &str) -> Result<TaskId, String> {
    text.parse().map_err(|_| format!("`{text}` is no task: write PROCESS/NUMBER, as in 1/2"))
}

fn process_id(text: &str) -> Result<ProcessId, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of a process"))
}

/// Splits a line into words; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None, false);
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_with(String::new);
            }
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_with(String::new).push(letter),
        }
    }
    words.extend(word);
    words
}
