use viewflow::prelude::*;
use viewflow::Timestamp;

#[derive(Process, Clone, Debug)]
pub struct Errand {
    pub by: UserId,
    pub parent: ProcessId,
    pub after: TaskId,
    pub until: Option<Timestamp>,
    #[field(default = "ann")]
    pub to: UserId,
    #[field(column, index)]
    pub others: Vec<UserId>,
}

#[derive(Task, Clone, Debug)]
pub struct Visit {
    pub by: UserId,
    pub at: Timestamp,
}

fn main() {}
