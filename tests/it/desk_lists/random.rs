//! Lists with all filters, held against a look at everything there is.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use viewflow::desk::{Count, ListCursor, ProcessLine, ProcessLines, TaskLine, TaskLines};
use viewflow::engine::{Clock as _, ManualClock};
use viewflow::prelude::*;
use viewflow::store::{ProcessRecord, TaskRecord};
use viewflow::{Document, Store, Timestamp};

use super::flows::{Clerk, clerk, node, with_flows};
use crate::support::{boss, manual, on_every_store};

/// Something that happens: what, to which process, by whom.
type Deed = (u8, u8, u8);

fn people() -> Vec<Clerk> {
    vec![
        clerk("ann").of(&["sorters"]),
        clerk("bob").of(&["sorters", "carriers"]),
        clerk("cyd"),
        clerk("vic").may("errand.view", None),
        clerk("mia").may("errand.manage", None).may("parcel.manage", None),
        clerk("one").may("errand.view", Some(2)).may("errand.manage", Some(5)),
        Clerk { tells: false, ..clerk("shy").may("errand.view", Some(3)).of(&["carriers"]) },
        Clerk { is_active: false, ..clerk("out").of(&["sorters"]).may("errand.manage", None) },
    ]
}

fn happen(engine: &Engine, clock: &ManualClock, (what, process, by): Deed) {
    let people = people();
    let (by, to) = (&people[by as usize % 4], &people[(by / 4) as usize % 4]);
    let id = ProcessId(u64::from(process) + 1);
    clock.advance(Duration::from_secs(u64::from(what % 3)));
    let open = engine.tasks(id, 0, 100).unwrap_or_default();
    let task = open.into_iter().rev().find(|task| !task.status.is_final() && task.kind.is_human()).map(|task| task.id);
    // What cannot be done is not done.
    if what < 6 {
        let start = viewflow::NodeName { flow: "errand".to_owned(), node: "start".to_owned() };
        let form = json!({"region": process % 3, "refused": what % 2 == 0});
        engine.desk(by).start(&start, form.as_object().unwrap()).unwrap();
        return;
    }
    match what {
        6 => drop(engine.suspend(id, &boss())),
        7 => drop(engine.resume(id, &boss())),
        8 => drop(engine.cancel(id, &boss())),
        _ => {}
    }
    let Some(task) = task else { return };
    let at = Some(clock.now().after(Duration::from_secs(u64::from(what % 7 + process))));
    drop(match what {
        9..=12 => engine.assign(task, by),
        13 => engine.unassign(task, by),
        14 => engine.reassign(task, by, to),
        15 => engine.delegate(task, by, to),
        16 => engine.set_due_date(task, &boss(), at),
        17 => engine.set_priority(task, &boss(), Some(i32::from(process % 4) - 1)),
        18 => engine.set_follow_up(task, &boss(), at),
        19 => engine.cancel_task(task, &boss()),
        _ => engine.desk(by).execute(task, &Document::new()),
    });
}

/// Filters of tasks, as far as they are there.
#[derive(Clone, Debug)]
struct Asked {
    list: u8,
    flow: Option<bool>,
    node: Option<u8>,
    statuses: Vec<u8>,
    process: Option<u8>,
    owner: Option<u8>,
    due: Option<(u8, u8)>,
    created: Option<(u8, u8)>,
    finished: Option<(u8, u8)>,
    priority: Option<i8>,
    order: u8,
}

/// None, more often than not.
fn seldom<S: Strategy + 'static>(some: S) -> BoxedStrategy<Option<S::Value>>
where
    S::Value: Clone + std::fmt::Debug + 'static,
{
    prop::option::weighted(0.2, some).boxed()
}

fn asked() -> impl Strategy<Value = Asked> {
    let times = || seldom((0..40_u8, 0..60_u8));
    let first =
        (0..4_u8, seldom(any::<bool>()), seldom(0..4_u8), vec(0..8_u8, 0..3), seldom(0..12_u8), seldom(0..8_u8));
    let second = (times(), times(), times(), seldom(-2..4_i8), 0..6_u8);
    (first, second).prop_map(
        |((list, flow, node, statuses, process, owner), (due, created, finished, priority, order))| Asked {
            list,
            flow,
            node,
            statuses,
            process,
            owner,
            due,
            created,
            finished,
            priority,
            order,
        },
    )
}

fn range((from, length): (u8, u8)) -> std::ops::Range<Timestamp> {
    let at = |seconds: u64| Timestamp::from_millis(i64::try_from(seconds * 1000).unwrap());
    at(from.into())..at(u64::from(from) + u64::from(length))
}

const NODES: [&str; 4] = ["start", "sort", "parcel", "carry"];

impl Asked {
    fn lines<'u>(&self, engine: &Engine, person: &'u Clerk) -> TaskLines<'u> {
        let desk = engine.desk(person);
        let mut lines = match self.list {
            0 => desk.inbox(),
            1 => desk.queue(),
            2 => desk.archive(),
            _ => desk.tasks(),
        };
        if let Some(errand) = self.flow {
            lines = lines.flow(if errand { "errand" } else { "parcel" });
        }
        if let Some(name) = self.node {
            lines = lines.node(&node(NODES[usize::from(name)]));
        }
        for status in &self.statuses {
            lines = lines.status(TaskStatus::ALL[usize::from(*status)]);
        }
        if let Some(process) = self.process {
            lines = lines.process(ProcessId(process.into()));
        }
        if let Some(owner) = self.owner {
            lines = lines.owner(UserId::new(people()[usize::from(owner)].name));
        }
        lines = self.due.map_or(lines.clone(), |due| lines.due(range(due)));
        lines = self.created.map_or(lines.clone(), |created| lines.created(range(created)));
        lines = self.finished.map_or(lines.clone(), |finished| lines.finished(range(finished)));
        lines = self.priority.map_or(lines.clone(), |priority| lines.priority(i32::from(priority)..));
        match self.order {
            0 => lines.by_due_date(),
            1 => lines.by_priority(),
            2 => lines.by_follow_up(),
            _ => lines,
        }
    }

    fn wants(&self, person: &Clerk, task: &TaskRecord) -> bool {
        let is_own = task.owner == Some(UserId::new(person.name));
        let is_listed = person.is_active
            && match self.list {
                0 => task.status == TaskStatus::Assigned && is_own && !task.suspended,
                1 => {
                    let waits = task.status == TaskStatus::New && task.kind.is_human() && !task.suspended;
                    waits && person.may_take(task)
                }
                2 => task.status == TaskStatus::Done && is_own,
                _ => person.sees_task(task),
            };
        let within = |asked: Option<(u8, u8)>, time: Option<Timestamp>| {
            asked.is_none_or(|asked| time.is_some_and(|time| range(asked).contains(&time)))
        };
        let statuses: Vec<_> = self.statuses.iter().map(|status| TaskStatus::ALL[usize::from(*status)]).collect();
        is_listed
            && self.flow.is_none_or(|errand| task.flow == if errand { "errand" } else { "parcel" })
            && self.node.is_none_or(|name| {
                let node = node(NODES[usize::from(name)]);
                (&node.flow, &node.node) == (&task.flow, &task.node)
            })
            && (statuses.is_empty() || statuses.contains(&task.status))
            && self.process.is_none_or(|process| task.id.process.0 == u64::from(process))
            && self.owner.is_none_or(|owner| task.owner == Some(UserId::new(people()[usize::from(owner)].name)))
            && within(self.due, task.due_date)
            && within(self.created, Some(task.created))
            && within(self.finished, task.finished)
            && self.priority.is_none_or(|least| task.priority.is_some_and(|priority| priority >= least.into()))
    }

    /// Where a task comes in the list.
    fn place(&self, task: &TaskRecord) -> (u8, i64, TaskId) {
        let is_sorted = self.list < 2;
        let by = match self.order {
            0 if is_sorted => task.due_date.map(Timestamp::as_millis),
            1 if is_sorted => task.priority.map(|priority| -i64::from(priority)),
            2 if is_sorted => task.follow_up.map(Timestamp::as_millis),
            _ => None,
        };
        let by_age = task.created.as_millis();
        match (by, self.list) {
            (Some(by), _) => (0, by, task.id),
            (None, 2) => (1, -task.finished.unwrap().as_millis(), task.id),
            (None, 3) if self.process.is_some() => (1, 0, task.id),
            (None, 3) if self.owner.is_some() => (1, -i64::try_from(task.id.process.0).unwrap(), task.id),
            (None, _) => (1, by_age, task.id),
        }
    }
}

fn paged<T>(limit: usize, page: impl Fn(Option<ListCursor>) -> Result<viewflow::Page<T, ListCursor>>) -> Vec<T> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = page(after).unwrap();
        assert!(page.items.len() == limit || page.next.is_none(), "a page is full, or it is the last one");
        assert!(!page.is_cut);
        items.extend(page.items);
        after = page.next.map(|next| next.to_string().parse().unwrap());
        if after.is_none() {
            return items;
        }
    }
}

fn told(count: Count) -> (usize, bool, bool) {
    (count.number, count.is_more, count.is_cut)
}

fn everything(store: &dyn Store) -> (Vec<ProcessRecord>, Vec<TaskRecord>) {
    let processes = store.processes(ProcessId(0), usize::MAX).unwrap();
    let tasks = processes.iter().flat_map(|process| store.tasks(process.id, 0, usize::MAX).unwrap()).collect();
    (processes, tasks)
}

fn tasks_are_listed(store: Arc<dyn Store>, deeds: &[Deed], asked: &[Asked], limit: usize) {
    let (builder, clock) = manual(Arc::clone(&store));
    let engine = with_flows(builder);
    deeds.iter().for_each(|deed| happen(&engine, &clock, *deed));
    let (_, tasks) = everything(&*store);
    for (number, asked) in asked.iter().enumerate() {
        let people = people();
        let person = &people[number % people.len()];
        let mut expected: Vec<&TaskRecord> = tasks.iter().filter(|task| asked.wants(person, task)).collect();
        expected.sort_by_key(|task| asked.place(task));
        let lines = asked.lines(&engine, person);
        let found = paged(limit, |after| lines.page(after, limit));
        let ids = |lines: &[TaskLine]| lines.iter().map(|line| line.id).collect::<Vec<_>>();
        let expected: Vec<_> = expected.iter().map(|task| task.id).collect();
        assert_eq!(ids(&found), expected, "{} asks {asked:?}", person.name);
        assert_eq!(told(lines.count().unwrap()), (expected.len().min(99), expected.len() > 99, false), "{asked:?}");
        let all = lines.page(None, 1000).unwrap();
        assert_eq!((ids(&all.items), all.next), (expected, None), "in one page");
    }
}

/// Filters of processes.
#[derive(Clone, Debug)]
struct OfProcesses {
    flow: Option<bool>,
    statuses: Vec<u8>,
    parent: Option<(u8, bool)>,
    starter: Option<u8>,
    outcome: Option<bool>,
    created: Option<(u8, u8)>,
    finished: Option<(u8, u8)>,
    region: Option<u8>,
    part: Option<u8>,
}

fn of_processes() -> impl Strategy<Value = OfProcesses> {
    let times = || seldom((0..40_u8, 0..60_u8));
    let first = (seldom(any::<bool>()), vec(0..5_u8, 0..2), seldom((0..12_u8, any::<bool>())), seldom(0..8_u8));
    let second = (seldom(any::<bool>()), times(), times(), seldom(0..3_u8), seldom(0..8_u8));
    (first, second).prop_map(|((flow, statuses, parent, starter), (outcome, created, finished, region, part))| {
        OfProcesses { flow, statuses, parent, starter, outcome, created, finished, region, part }
    })
}

/// Whether somebody has, had, did or delegated a task of a process.
pub fn takes_part(name: &str, process: &ProcessRecord, tasks: &[TaskRecord]) -> bool {
    let user = UserId::new(name);
    let mut own = tasks.iter().filter(|task| task.id.process == process.id);
    own.any(|task| task.owner.iter().chain(&task.delegated_by).chain(&task.had).any(|person| *person == user))
}

impl OfProcesses {
    fn has_a_list_by_number(&self) -> bool {
        let outcome = self.outcome.is_some() && self.flow.is_some();
        self.parent.is_none() && (self.region.is_some() || self.starter.is_some() || self.part.is_some() || outcome)
    }

    fn lines<'u>(&self, engine: &Engine, person: &'u Clerk) -> ProcessLines<'u> {
        let mut lines = engine.desk(person).processes();
        if let Some(errand) = self.flow {
            lines = lines.flow(if errand { "errand" } else { "parcel" });
        }
        for status in &self.statuses {
            lines = lines.status(ProcessStatus::ALL[usize::from(*status)]);
        }
        if let Some((process, of_task)) = self.parent {
            let process = ProcessId(process.into());
            lines = if of_task { lines.parent(TaskId { process, ordinal: 4 }) } else { lines.parent(process) };
        }
        if let Some(starter) = self.starter {
            lines = lines.starter(UserId::new(people()[usize::from(starter)].name));
        }
        if let Some(part) = self.part {
            lines = lines.participant(UserId::new(people()[usize::from(part)].name));
        }
        if let Some(refused) = self.outcome {
            lines = lines.outcome(if refused { "refuse" } else { "done" });
        }
        lines = self.created.map_or(lines.clone(), |created| lines.created(range(created)));
        lines = self.finished.map_or(lines.clone(), |finished| lines.finished(range(finished)));
        self.region.map_or(lines.clone(), |region| lines.flow("errand").column("region", json!(region)))
    }

    fn wants(&self, person: &Clerk, process: &ProcessRecord, tasks: &[TaskRecord], region: u64) -> bool {
        let within = |asked: Option<(u8, u8)>, time: Option<Timestamp>| {
            asked.is_none_or(|asked| time.is_some_and(|time| range(asked).contains(&time)))
        };
        let statuses: Vec<_> = self.statuses.iter().map(|status| ProcessStatus::ALL[usize::from(*status)]).collect();
        let starter = self.starter.map(|starter| UserId::new(people()[usize::from(starter)].name));
        let flow = if self.region.is_some() { Some(true) } else { self.flow };
        person.sees_process(process, tasks)
            && flow.is_none_or(|errand| process.flow == if errand { "errand" } else { "parcel" })
            && (statuses.is_empty() || statuses.contains(&process.status))
            && self.parent.is_none_or(|(parent, of_task)| {
                process
                    .parent
                    .is_some_and(|task| task.process.0 == u64::from(parent) && (!of_task || task.ordinal == 4))
            })
            && starter.is_none_or(|starter| process.started_by == Some(starter) && process.parent.is_none())
            && self
                .outcome
                .is_none_or(|refused| process.outcome.as_deref() == Some(if refused { "refuse" } else { "done" }))
            && within(self.created, Some(process.created))
            && within(self.finished, process.finished)
            && self.part.is_none_or(|part| takes_part(people()[usize::from(part)].name, process, tasks))
            && self.region.is_none_or(|asked| process.flow == "errand" && u64::from(asked) == region)
    }
}

fn processes_are_listed(store: Arc<dyn Store>, deeds: &[Deed], asked: &[OfProcesses], limit: usize) {
    let (builder, clock) = manual(Arc::clone(&store));
    let engine = with_flows(builder);
    deeds.iter().for_each(|deed| happen(&engine, &clock, *deed));
    let (processes, tasks) = everything(&*store);
    let region =
        |id: ProcessId| engine.process_record(id).unwrap().data.get("region").and_then(serde_json::Value::as_u64);
    for (number, asked) in asked.iter().enumerate() {
        let people = people();
        let person = &people[number % people.len()];
        let wanted =
            |process: &&ProcessRecord| asked.wants(person, process, &tasks, region(process.id).unwrap_or(u64::MAX));
        let mut expected: Vec<_> = processes.iter().filter(wanted).map(|process| process.id).collect();
        let lines = asked.lines(&engine, person);
        let found = paged(limit, |after| lines.page(after, limit));
        let ids = |lines: &[ProcessLine]| lines.iter().map(|line| line.id).collect::<Vec<_>>();
        let all = lines.page(None, 1000).unwrap();
        assert_eq!((ids(&all.items), all.next), (ids(&found), None), "in one page");
        let mut found = ids(&found);
        if asked.has_a_list_by_number() {
            let newest_first = asked.region.is_none();
            assert!(found.windows(2).all(|pair| (pair[0] > pair[1]) == newest_first), "{asked:?}: {found:?}");
        }
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{} asks {asked:?}", person.name);
        assert_eq!(told(lines.count().unwrap()), (expected.len().min(99), expected.len() > 99, false), "{asked:?}");
    }
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    vec((0..30_u8, 0..12_u8, 0..16_u8), 20..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_list_of_tasks_shows_what_a_look_at_all_tasks_finds(
        deeds in deeds(),
        asked in vec(asked(), 24),
        limit in 1..9_usize,
    ) {
        tasks_are_listed(Arc::new(MemoryStore::new()), &deeds, &asked, limit);
    }

    #[test]
    fn a_list_of_processes_shows_what_a_look_at_all_processes_finds(
        deeds in deeds(),
        asked in vec(of_processes(), 24),
        limit in 1..9_usize,
    ) {
        processes_are_listed(Arc::new(MemoryStore::new()), &deeds, &asked, limit);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, ..ProptestConfig::default() })]

    #[test]
    fn both_do_on_every_store(
        deeds in deeds(),
        tasks in vec(asked(), 40),
        processes in vec(of_processes(), 40),
        limit in 1..9_usize,
    ) {
        on_every_store(|store| tasks_are_listed(store, &deeds, &tasks, limit));
        on_every_store(|store| processes_are_listed(store, &deeds, &processes, limit));
    }
}
