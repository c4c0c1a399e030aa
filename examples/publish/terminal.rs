//! The terminal: its commands, each at the desk of the user that it names.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use viewflow::desk::{FormPlace, TaskCommand, TaskDetails, TaskLine};
use viewflow::error::Reply;
use viewflow::people::Object;
use viewflow::prelude::*;
use viewflow::{Desk, NodeName, Page, User};

use crate::flow::{Mailer, Post};

pub(crate) const HELP: &str = "  \
  post TITLE [BODY]              add a reader's post
  posts [USER]                   the posts that can be published
  starts [USER]                  what can be started
  start USER [FIELD=VALUE ...]   start publishing a post
  waiting [USER]                 what waits for whom
  look TASK [USER]               what a task is about, and what can be done with it
  take TASK USER                 give a task to a person
  back TASK USER                 give it back
  do TASK USER [FIELD=VALUE ..]  do a task; fields that are not given are asked for
  do TASK USER CASE [FIELD=..]   decide a task, such as `do 1/2 bob Reject remark=\"too short\"`
  processes [USER]               the processes and how they ended
  show PROCESS [USER]            how far a process is
  history PROCESS [USER]         what happened in it
  quit                           stop; all is kept
  A USER is any name. Without one you see what `admin` sees, who may see and do everything.";

/// How many entries are read at a time.
const PAGE: usize = 100;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A person at the terminal.
struct Person(String);

impl Person {
    const ADMIN: &'static str = "admin";

    /// The person with this name; `admin` where no name is given.
    fn named(name: Option<&&str>) -> Self {
        Self((*name.unwrap_or(&Self::ADMIN)).to_owned())
    }
}

impl User for Person {
    fn id(&self) -> UserId {
        UserId::new(self.0.as_str())
    }

    fn has_permission(&self, _: &str, _: Option<&Object>) -> bool {
        self.0 == Self::ADMIN
    }

    fn is_active(&self) -> bool {
        !self.0.trim().is_empty()
    }
}

pub(crate) struct Terminal {
    engine: Engine,
    mailer: Mailer,
    input: Box<dyn BufRead>,
    /// Whether a person is at the terminal and has to see the questions.
    pub(crate) asks: bool,
    /// The tags of tasks as each person saw them last.
    seen: BTreeMap<(UserId, TaskId), u32>,
}

impl Terminal {
    pub(crate) fn new(engine: Engine, mailer: Mailer, input: Box<dyn BufRead>, asks: bool) -> Self {
        Self { engine, mailer, input, asks, seen: BTreeMap::new() }
    }

    /// Carries out all commands, and returns how many of them failed.
    pub(crate) fn run(mut self) -> Outcome<u32> {
        self.engine.run_pending()?;
        self.waiting(&Person::named(None))?;
        let mut failed = 0;
        while let Some(line) = self.read("publish> ")? {
            match self.obey(&line) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    println!("  {error}");
                    if let Some(help) = error.downcast_ref().and_then(help) {
                        println!("  {help}");
                    }
                    failed += u32::from(!self.asks);
                }
            }
            // The program does what needs no person: the jobs that are due now.
            self.engine.run_pending()?;
            self.read_mail();
        }
        Ok(failed)
    }

    /// Reads a line of input, or returns `None` at the end of the input.
    pub(crate) fn read(&mut self, prompt: &str) -> io::Result<Option<String>> {
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
    fn obey(&mut self, line: &str) -> Outcome<bool> {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => {}
            [comment, ..] if comment.starts_with('#') => {}
            ["help"] => println!("{HELP}"),
            ["post", title] => self.add_post(title, "")?,
            ["post", title, body] => self.add_post(title, body)?,
            ["posts"] | ["posts", _] => self.posts(&Person::named(words.get(1)))?,
            ["starts"] | ["starts", _] => self.starts(&Person::named(words.get(1))),
            ["start", user, fields @ ..] => self.start(&Person::named(Some(user)), fields)?,
            ["waiting"] | ["waiting", _] => self.waiting(&Person::named(words.get(1)))?,
            ["look", task] | ["look", task, _] => self.look(task_id(task)?, &Person::named(words.get(2)))?,
            ["take", task, user] => self.act(task_id(task)?, &Person::named(Some(user)), &TaskCommand::Assign)?,
            ["back", task, user] => self.act(task_id(task)?, &Person::named(Some(user)), &TaskCommand::Unassign)?,
            ["do", task, user, fields @ ..] => self.perform(task_id(task)?, &Person::named(Some(user)), fields)?,
            ["processes"] | ["processes", _] => self.processes(&Person::named(words.get(1)))?,
            ["show", id] | ["show", id, _] => self.show(process_id(id)?, &Person::named(words.get(2)))?,
            ["history", id] | ["history", id, _] => self.history(process_id(id)?, &Person::named(words.get(2)))?,
            ["quit" | "exit"] => return Ok(false),
            _ => return Err(format!("`{line}` is nothing that can be done here: see `help`").into()),
        }
        Ok(true)
    }

    /// A post comes from a reader, who has no desk: the program adds it.
    fn add_post(&self, title: &str, body: &str) -> Outcome {
        let post = Post { id: Id::NEW, title: title.to_owned(), body: body.to_owned(), fresh: true };
        let post = self.engine.transaction(|db| db.table().insert(post.clone()))?;
        println!("  post {post} is there");
        Ok(())
    }

    /// The posts that a person can choose in the form of the start.
    fn posts(&self, person: &Person) -> Outcome {
        let (desk, form) = (self.engine.desk(person), FormPlace::Start(start()));
        for post in all(|after| desk.choices(&form, "post", "", after, PAGE))? {
            println!("  {}  {}", post.value, post.label);
        }
        Ok(())
    }

    fn starts(&self, person: &Person) {
        for start in self.engine.desk(person).starts() {
            println!("  {}.{}  {}", start.flow, start.node, start.flow_title);
        }
    }

    fn start(&mut self, person: &Person, given: &[&str]) -> Outcome {
        let form = self.engine.desk(person).start_form(&start())?;
        let Some(filled) = self.fill_in(&form, given)? else { return Ok(()) };
        let process = self.engine.desk(person).start(&start(), &filled)?;
        println!("  process {process} is started");
        self.waiting(person)
    }

    fn waiting(&mut self, person: &Person) -> Outcome {
        let desk = self.engine.desk(person);
        let mut tasks = all(|after| desk.queue().page(after, PAGE))?;
        tasks.extend(all(|after| desk.tasks().status(TaskStatus::Assigned).page(after, PAGE))?);
        if tasks.is_empty() {
            println!("  nothing is waiting");
        }
        for task in tasks {
            self.show_task(&desk.task(task.id)?, person);
        }
        Ok(())
    }

    /// Prints a task in a line, and remembers that the person has seen it as it is now.
    fn show_task(&mut self, task: &TaskDetails, person: &Person) {
        let TaskLine { id, node, owner, tag, status, .. } = &task.line;
        let owner = owner.as_ref().map_or("anybody", UserId::as_str);
        let state = if status.is_final() { format!("is {status}") } else { format!("waits for {owner}") };
        let about: Vec<&str> = task.fields.iter().chain(&task.seed).map(|field| field.text.as_str()).collect();
        println!("  task {:6} {node:10} {:4} {state}", id.to_string(), about.join(" "));
        self.seen.insert((person.id(), *id), *tag);
    }

    fn look(&mut self, task: TaskId, person: &Person) -> Outcome {
        let details = self.engine.desk(person).task(task)?;
        self.show_task(&details, person);
        for field in details.process_fields.iter().filter(|field| !field.text.is_empty()) {
            println!("    {}: {}", field.label, field.text);
        }
        let may: Vec<&str> = details.actions.iter().filter(|may| may.allowed).map(|may| may.action.name()).collect();
        println!("    here {} may {}", person.0, if may.is_empty() { "do nothing".to_owned() } else { may.join(", ") });
        Ok(())
    }

    /// The person's desk for a task as they saw it last.
    fn desk_at<'p>(&self, task: TaskId, person: &'p Person) -> Desk<'p> {
        let desk = self.engine.desk(person);
        match self.seen.get(&(person.id(), task)) {
            Some(tag) => desk.seen(*tag),
            None => desk,
        }
    }

    fn act(&mut self, task: TaskId, person: &Person, command: &TaskCommand) -> Outcome {
        let acted = self.desk_at(task, person).act(task, command);
        acted.map_err(|error| self.refused(task, person, error))?;
        if let Ok(details) = self.engine.desk(person).task(task) {
            self.show_task(&details, person);
        }
        Ok(())
    }

    fn perform(&mut self, task: TaskId, person: &Person, given: &[&str]) -> Outcome {
        let desk = self.engine.desk(person);
        let details = desk.task(task).map_err(|error| self.refused(task, person, error))?;
        let form = desk.form(task)?;
        // A person that has not seen the task before sees it now.
        self.seen.entry((person.id(), task)).or_insert(details.line.tag);
        let Some(filled) = self.fill_in(&form, given)? else { return Ok(()) };
        if details.line.owner.is_none() {
            self.act(task, person, &TaskCommand::Assign)?;
        }
        let done = self.desk_at(task, person).execute(task, &filled);
        done.map_err(|error| self.refused(task, person, error))?;
        self.seen.retain(|(_, of), _| *of != task);
        println!("  done");
        self.engine.run_pending()?;
        self.show(task.process, person)
    }

    /// Shows a task as it is now, if that is the reply to an error.
    fn refused(&mut self, task: TaskId, person: &Person, error: Error) -> Box<dyn std::error::Error> {
        let was_seen = self.seen.remove(&(person.id(), task)).is_some();
        match error.reply() {
            // The message says that somebody was faster, or which action is no longer possible.
            Reply::Overtaken | Reply::Stale => {
                if let Ok(details) = self.engine.desk(person).task(task) {
                    println!("  this is how it is now:");
                    self.show_task(&details, person);
                }
            }
            Reply::NotThere if was_seen => println!("  somebody was faster"),
            _ => {}
        }
        error.into()
    }

    fn processes(&self, person: &Person) -> Outcome {
        let list = self.engine.desk(person).processes();
        for process in all(|after| list.page(after, PAGE))? {
            let outcome = process.outcome_title.map_or(String::new(), |end| format!(": {end}"));
            println!("  process {} is {}{outcome}", process.id, process.status);
        }
        Ok(())
    }

    fn show(&self, id: ProcessId, person: &Person) -> Outcome {
        let process = self.engine.desk(person).process(id)?;
        println!("  process {id} is {}", process.line.status);
        if let Some(chart) = process.chart {
            let outline = chart.graph.outline(|node| chart.marks.get(node).copied().unwrap_or_default());
            outline.lines().for_each(|line| println!("    {line}"));
        }
        for task in process.tasks.items.iter().filter(|task| task.kind.is_human()) {
            let decision = task.decision.as_ref().map_or(String::new(), |decision| format!(": {decision}"));
            let owner = task.owner.as_ref().map_or(String::new(), |owner| format!(" ({owner})"));
            println!("    task {} {} is {}{decision}{owner}", task.id, task.node, task.status);
        }
        Ok(())
    }

    /// What happened, and last what happened last.
    fn history(&self, id: ProcessId, person: &Person) -> Outcome {
        let desk = self.engine.desk(person);
        for event in all(|after| desk.history(id, after, PAGE))?.iter().rev() {
            let actor = event.actor.as_ref().map_or(String::new(), |actor| format!(" ({actor})"));
            println!("  {:3}  {}{actor}", event.number, event.text);
            for change in &event.changes {
                let part = change.label.map_or_else(|| change.part.to_string(), str::to_owned);
                println!("       {part}: {} → {}", change.from.text, change.to.text);
            }
        }
        Ok(())
    }

    fn read_mail(&self) {
        if let Ok(mut mail) = self.mailer.lock() {
            mail.drain(..).for_each(|letter| println!("  mail: {letter}"));
        }
    }
}

/// Reads a list page by page to its end.
fn all<T, C>(page: impl Fn(Option<C>) -> Result<Page<T, C>>) -> Result<Vec<T>> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let Page { items: found, next, .. } = page(after)?;
        items.extend(found);
        after = next;
        if after.is_none() {
            return Ok(items);
        }
    }
}

/// The start of the flow, by its name.
fn start() -> NodeName {
    NodeName::new("publish", "start")
}

/// Advice about an error, where its message has none.
fn help(error: &Error) -> Option<&'static str> {
    match error.reply() {
        Reply::NoPerson => Some("name a user"),
        Reply::NotThere => Some("or it is nothing for this user: `waiting USER` and `processes USER` show what is"),
        Reply::NotNow => Some("try again in a moment"),
        Reply::Fault => Some("this is a mistake of the program, which we are sorry for"),
        _ => None,
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
