//! Each kind of node.

use viewflow::prelude::*;

use crate::support::{do_next, events, on_every_store, open_task, open_tasks, user};

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Air,
    Sea,
    Land,
}

#[derive(Process, Clone, Debug)]
pub struct TripProcess {
    #[field(default = Way::Air)]
    pub way: Way,
    pub stops: Vec<String>,
    #[field(default = false)]
    pub insured: bool,
    pub owner: Option<String>,
}

#[derive(Flow)]
#[flow(process = TripProcess)]
pub struct TripFlow {
    #[input(Way)]
    #[call(Self::plan)]
    #[next(route)]
    start: StartHandle,

    #[fields(way, insured)]
    #[next(route)]
    ask: Start,

    #[switch(|a| a.process.way)]
    #[default(walk)]
    #[case(Way::Air if a.process.insured => insure)]
    #[case(Way::Air => fly, task_seed = |a| format!("{:?}", a.process.way))]
    #[case(Way::Sea => sail)]
    route: Switch,

    #[call(Self::insure)]
    #[next(fly, task_seed = |_| "insured".to_owned())]
    insure: Function,

    #[assign(|a| a.process.owner.as_deref().map(UserId::new))]
    #[on_create(Self::note)]
    #[next(end)]
    fly: View<Seed<String>>,

    #[input(u8)]
    #[call(Self::arrive)]
    #[next(end)]
    sail: Handle,

    #[call(Self::walk)]
    #[next(end)]
    walk: Function,

    end: End,
}

impl TripFlow {
    fn plan(&self, a: &mut Activation<Self, ()>, way: Way) -> Result<()> {
        a.process.way = way;
        a.process.owner = Some("dora".to_owned());
        Ok(())
    }

    fn insure(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.stops.push("insurance".to_owned());
        Ok(())
    }

    fn note(&self, a: &mut Activation<Self, Seed<String>>) -> Result<()> {
        let seed = a.task.seed.clone();
        a.process.stops.push(seed);
        Ok(())
    }

    fn arrive(&self, a: &mut Activation<Self, ()>, knots: u8) -> Result<()> {
        if knots == 0 {
            a.process.stops.push("becalmed".to_owned());
            return Err(Error::msg("no wind"));
        }
        a.process.stops.push(format!("port at {knots} knots"));
        Ok(())
    }

    fn walk(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        if a.process.insured { Err(Error::msg("too far to walk")) } else { Ok(()) }
    }
}

fn travelling(test: impl Fn(&Engine)) {
    on_every_store(|store| test(&Engine::builder(store).flow(TripFlow::new()).build().unwrap()));
}

#[test]
fn a_switch_takes_the_first_case_that_matches_guards_included() {
    travelling(|engine| {
        let flown = engine.run(TripFlow::start, Way::Air).unwrap();
        assert_eq!(flown.stops, ["Air"]);
        let insured = AskFields { way: Way::Air, insured: true };
        let insured = engine.start(TripFlow::ask, &user("ann"), insured).unwrap();
        assert_eq!(insured.stops, ["insurance", "insured"]);
        let walked = engine.run(TripFlow::start, Way::Land).unwrap();
        assert_eq!(walked.status, ProcessStatus::Done, "the default is taken, wherever it stands");
    });
}

#[test]
fn a_view_can_be_assigned_when_it_is_made() {
    travelling(|engine| {
        let id = engine.run(TripFlow::start, Way::Air).unwrap().id;
        let task = engine.inbox(&user("dora")).of(TripFlow::fly).first().unwrap();
        assert_eq!((task.id.process, task.status), (id, TaskStatus::Assigned));
        let form = AskFields { way: Way::Air, insured: false };
        let id = engine.start(TripFlow::ask, &user("ann"), form).unwrap().id;
        assert_eq!(open_task(engine, TripFlow::fly, id).status, TaskStatus::New, "nobody is nobody");
    });
}

#[test]
fn a_handle_waits_for_code_and_a_failing_handler_leaves_no_trace() {
    travelling(|engine| {
        let id = engine.run(TripFlow::start, Way::Sea).unwrap().id;
        let task = open_task(engine, TripFlow::sail, id);
        let before = (engine.process_record(id).unwrap(), events(engine, id));
        let error = engine.task(TripFlow::sail, task.id).unwrap().run(0).unwrap_err();
        assert_eq!(error.to_string(), format!("`trip.sail` of process {id} (task {}): no wind", task.id));
        assert_eq!((engine.process_record(id).unwrap(), events(engine, id)), before);
        engine.open_task(TripFlow::sail, id).unwrap().run(7).unwrap();
        let process = engine.process::<TripFlow>(id).unwrap();
        assert_eq!((process.status, process.stops.join(" ")), (ProcessStatus::Done, "port at 7 knots".to_owned()));
        let none = engine.open_task(TripFlow::sail, id).unwrap_err();
        assert_eq!(none.to_string(), format!("no task is in process {id} that is open at `trip.sail`"));
        let again = engine.task(TripFlow::sail, task.id).unwrap().run(7).unwrap_err();
        assert!(matches!(again, Error::WrongStatus { status: TaskStatus::Done, .. }), "{again}");
    });
}

#[test]
fn a_failure_far_downstream_undoes_the_whole_step() {
    travelling(|engine| {
        let form = AskFields { way: Way::Land, insured: true };
        let error = engine.start(TripFlow::ask, &user("ann"), form).unwrap_err();
        assert!(error.to_string().contains("`trip.walk`") && error.to_string().contains("too far"), "{error}");
        assert_eq!(engine.processes::<TripFlow>().list().unwrap().len(), 0, "no process is left behind");
    });
}

/// A loop: the person is asked for the bill again until it is right.
#[derive(Process, Clone, Debug)]
pub struct BillProcess {
    #[field(default = false)]
    pub right: bool,
    #[field(default = 0)]
    pub rounds: u32,
}

#[derive(Flow)]
#[flow(process = BillProcess)]
pub struct BillFlow {
    #[next(check)]
    start: Start,

    #[fields(right)]
    #[submit(Self::count)]
    #[next(enough)]
    check: View,

    #[cond(|a| a.process.right)]
    #[then(paid)]
    #[otherwise(check)]
    enough: If,

    paid: End,
}

impl BillFlow {
    fn count(&self, a: &mut Activation<Self, ()>, _: CheckFields) -> Result<()> {
        a.process.rounds += 1;
        Ok(())
    }
}

#[test]
fn a_loop_makes_a_new_task_each_time() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BillFlow::new()).build().unwrap();
        let id = engine.start(BillFlow::start, &user("ann"), ()).unwrap().id;
        for _ in 0..40 {
            do_next(&engine, BillFlow::check, id, CheckFields { right: false });
        }
        do_next(&engine, BillFlow::check, id, CheckFields { right: true });
        let process = engine.process::<BillFlow>(id).unwrap();
        assert_eq!((process.status, process.rounds), (ProcessStatus::Done, 41));
        assert_eq!(open_tasks(&engine, BillFlow::check, id).len(), 0);
    });
}
