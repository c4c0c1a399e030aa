//! Faces: whole flows through the desk alone, as each kind of person, by name and as JSON.
//!
//! `source` checks that this goes for the sources of all faces.

mod bills;
mod decisions;
mod hello;
mod orders;
mod publish;
mod shipment;
mod source;

use serde_json::{Value, json};
use viewflow::desk::{ProcessCommand, TaskCommand, TaskLine, TaskLines};
use viewflow::error::Reply;
use viewflow::people::Object;
use viewflow::prelude::*;
use viewflow::{Desk, Document, NodeName, User};

/// A person with some permissions, each on everything.
struct Person {
    name: &'static str,
    may: &'static [&'static str],
    is_active: bool,
}

const fn person(name: &'static str, may: &'static [&'static str]) -> Person {
    Person { name, may, is_active: true }
}

/// A person without any permission.
const STRANGER: Person = person("stan", &[]);
/// A person that has left, and had all permissions.
const GONE: Person = Person { is_active: false, ..person("gone", &["all"]) };

impl User for Person {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn has_permission(&self, permission: &str, _: Option<&Object>) -> bool {
        self.may.contains(&permission) || self.may.contains(&"all")
    }

    fn is_active(&self) -> bool {
        self.is_active
    }
}

/// The desk of a person, as a face uses it.
struct Face<'p> {
    desk: Desk<'p>,
}

impl<'p> Face<'p> {
    fn of(engine: &Engine, person: &'p impl User) -> Self {
        Self { desk: engine.desk(person) }
    }

    /// The starts that the person may use.
    fn starts(&self) -> Vec<String> {
        self.desk.starts().into_iter().map(|start| format!("{}.{}", start.flow, start.node)).collect()
    }

    /// Starts a process at one of the listed starts.
    fn start(&self, start: &str, form: Value) -> ProcessId {
        assert!(self.starts().contains(&start.to_owned()), "{:?} are listed", self.starts());
        self.desk.start(&node(start), &document(form)).unwrap()
    }

    fn queue(&self) -> Vec<String> {
        nodes(&self.desk.queue())
    }

    fn inbox(&self) -> Vec<String> {
        nodes(&self.desk.inbox())
    }

    fn archive(&self) -> Vec<String> {
        nodes(&self.desk.archive())
    }

    /// The first task at a node that the person has or may take.
    #[track_caller]
    fn task(&self, process: ProcessId, node: &str) -> TaskLine {
        let lists = [self.desk.inbox(), self.desk.queue()].map(|list| lines(&list.process(process)));
        let found = lists.into_iter().flatten().find(|task| task.node == node);
        found.unwrap_or_else(|| panic!("no task of {process} at `{node}` for {:?}", self.desk))
    }

    /// Takes a task at a node, unless the person has it, and does it.
    #[track_caller]
    fn perform(&self, process: ProcessId, node: &str, form: Value) -> TaskId {
        let mut task = self.task(process, node);
        if task.owner.is_none() {
            assert!(self.may(task.id, "assign"));
            self.act(task.id, json!({"action": "assign"})).unwrap();
            task = self.task(process, node);
        }
        assert!(self.may(task.id, "execute"));
        self.desk.clone().seen(task.tag).execute(task.id, &document(form)).unwrap();
        task.id
    }

    /// Carries out a command on a task. Returns what it came to, as JSON.
    fn act(&self, task: TaskId, command: Value) -> Result<Value> {
        let command: TaskCommand = serde_json::from_value(command).unwrap();
        self.desk.act(task, &command).map(|acted| serde_json::to_value(acted).unwrap())
    }

    /// Carries out a command on a process.
    fn act_on(&self, process: ProcessId, command: Value) -> Result<()> {
        let command: ProcessCommand = serde_json::from_value(command).unwrap();
        self.desk.act_on(process, &command).map(drop)
    }

    /// Whether the page of a task offers an action.
    fn may(&self, task: TaskId, action: &str) -> bool {
        offers(&serde_json::to_value(self.desk.task(task).unwrap()).unwrap(), action)
    }

    /// Whether the page of a process offers an action.
    fn may_on(&self, process: ProcessId, action: &str) -> bool {
        offers(&self.process(process), action)
    }

    /// The page of a process.
    fn process(&self, id: ProcessId) -> Value {
        serde_json::to_value(self.desk.process(id).unwrap()).unwrap()
    }

    /// How far a process is: its status, and the end that it came to.
    fn state(&self, id: ProcessId) -> String {
        let line = &self.process(id)["line"];
        let end = line["outcome"].as_str().map_or(String::new(), |end| format!(" at {end}"));
        format!("{}{end}", line["status"].as_str().unwrap())
    }

    /// The value of a field of a process.
    fn field(&self, id: ProcessId, name: &str) -> Value {
        let process = self.process(id);
        let field = process["fields"].as_array().unwrap().iter().find(|field| field["name"] == name);
        field.unwrap_or_else(|| panic!("{process} has no `{name}`"))["value"].clone()
    }

    /// The nodes of the tasks that are done.
    fn way(&self, id: ProcessId) -> Vec<String> {
        let tasks = self.desk.tasks_of(id, 0, 100).unwrap().items;
        tasks.into_iter().filter(|task| task.status == TaskStatus::Done).map(|task| task.node).collect()
    }

    /// Asserts that the process is on the person's list and on a page, with its history.
    fn sees(&self, id: ProcessId) {
        assert!(self.lists(id), "{:?}", self.desk);
        self.process(id);
        assert!(!self.desk.history(id, None, 10).unwrap().items.is_empty());
    }

    /// Asserts that the person sees nothing of a process, and can do nothing in it.
    fn sees_nothing_of(&self, id: ProcessId) {
        let who = &self.desk;
        assert!(!self.lists(id), "{who:?}");
        assert_eq!(reply(self.desk.process(id)), Reply::NotThere, "{who:?}");
        assert_eq!(reply(self.desk.history(id, None, 10)), Reply::NotThere, "{who:?}");
        assert_eq!(reply(self.desk.tasks_of(id, 0, 10)), Reply::NotThere, "{who:?}");
        for list in [self.desk.queue(), self.desk.inbox(), self.desk.archive(), self.desk.tasks()] {
            assert_eq!(nodes(&list.process(id)), [""; 0], "{who:?}");
        }
        // A person that is not active may do nothing at all, whatever is there.
        let refused = if self.desk.is_active() { Reply::NotThere } else { Reply::NotAllowed };
        assert_eq!(reply(self.act_on(id, json!({"action": "cancel"}))), refused, "{who:?}");
        for ordinal in 1..20 {
            let task = TaskId { process: id, ordinal };
            assert_eq!(reply(self.desk.task(task)), Reply::NotThere, "{who:?}");
            assert_eq!(reply(self.act(task, json!({"action": "assign"}))), refused, "{who:?}");
            assert_eq!(reply(self.desk.execute(task, &Document::new())), refused, "{who:?}");
        }
    }

    fn lists(&self, id: ProcessId) -> bool {
        self.desk.processes().page(None, 100).unwrap().items.iter().any(|process| process.id == id)
    }
}

fn lines(list: &TaskLines<'_>) -> Vec<TaskLine> {
    let page = list.page(None, 100).unwrap();
    assert!(page.next.is_none(), "more than a page");
    page.items
}

fn nodes(list: &TaskLines<'_>) -> Vec<String> {
    lines(list).into_iter().map(|task| task.node).collect()
}

fn node(name: &str) -> NodeName {
    let (flow, node) = name.split_once('.').unwrap();
    NodeName::new(flow, node)
}

fn document(form: Value) -> Document {
    match form {
        Value::Object(document) => document,
        other => panic!("{other} is no document"),
    }
}

/// What a face does about the error.
#[track_caller]
fn reply<T>(result: Result<T>) -> Reply {
    let Err(error) = result else { panic!("it is not refused") };
    error.reply()
}

fn offers(page: &Value, action: &str) -> bool {
    page["actions"].as_array().unwrap().iter().any(|may| may["action"] == action && may["allowed"] == json!(true))
}
