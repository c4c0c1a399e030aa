//! A twin of each snippet on Viewflow's page about data management, except sub-processes.

use viewflow::prelude::*;
use viewflow::table::IndexOf;

use crate::support::{do_next, on_every_store, open_task, open_tasks, user};

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(label = name)]
pub struct Grain {
    #[id]
    pub id: Id<Grain>,
    pub name: String,
    pub fresh: bool,
}

fn add_grain(engine: &Engine, name: &str, fresh: bool) -> Ref<Grain> {
    engine.transaction(|db| db.table().insert(Grain { id: Id::NEW, name: name.to_owned(), fresh })).unwrap()
}

/// `SelectSeedForm`: a form that offers the rows of a query. The chosen row becomes the seed of the process.
mod select_seed {
    use super::*;

    #[derive(Form, Clone, Debug)]
    pub struct SelectSeed {
        #[field(choices = |db| db.table::<Grain>().filter(|grain| grain.fresh))]
        pub seed: Ref<Grain>,
    }

    #[derive(Process, Clone, Debug)]
    #[process(seed = Ref<Grain>)]
    pub struct SampleProcess {}

    #[derive(Flow)]
    #[flow(process = SampleProcess)]
    pub struct SampleFlow {
        #[form(SelectSeed)]
        #[submit(Self::select)]
        #[next(end)]
        start: Start,

        end: End,
    }

    impl SampleFlow {
        fn select(&self, a: &mut Activation<Self, ()>, form: SelectSeed) -> Result<()> {
            a.process.seed = Some(form.seed);
            Ok(())
        }
    }

    #[test]
    fn the_chosen_row_becomes_the_seed_of_the_process() {
        on_every_store(|store| {
            let engine = Engine::builder(store).flow(SampleFlow::new()).build().unwrap();
            let (fresh, stale) = (add_grain(&engine, "rye", true), add_grain(&engine, "oat", false));
            let form =
                engine.desk(&user("ann")).start_form(&viewflow::nodes::Node::full_name(SampleFlow::start)).unwrap();
            let offered: Vec<_> = form.fields[0].choices.iter().flatten().map(|choice| choice.label.as_str()).collect();
            assert_eq!(offered, ["rye"], "the form offers the rows of its query");
            let process = engine.start(SampleFlow::start, &user("ann"), SelectSeed { seed: fresh }).unwrap();
            assert_eq!(process.seed, Some(fresh));
            engine.start(SampleFlow::start, &user("ann"), SelectSeed { seed: stale }).unwrap_err();
        });
    }
}

/// `jsonstore` and `UpdateProcessView`: a field of the process's document, and a form made of it.
mod proxy_field {
    use super::*;

    #[derive(Process, Clone, Debug)]
    pub struct ApprovalProcess {
        #[field(default = false)]
        pub approved: bool,
    }

    #[derive(Flow)]
    #[flow(process = ApprovalProcess)]
    pub struct ApprovalFlow {
        #[next(approve)]
        start: Start,

        #[fields(approved)]
        #[next(end)]
        approve: View,

        end: End,
    }

    #[test]
    fn a_field_is_kept_in_the_document_and_read_as_a_field() {
        on_every_store(|store| {
            let engine = Engine::builder(store).flow(ApprovalFlow::new()).build().unwrap();
            let process = engine.start(ApprovalFlow::start, &user("ann"), ()).unwrap();
            assert!(!process.approved);
            let stored = engine.process_record(process.id).unwrap().data;
            assert_eq!(stored["approved"], false, "a default is stored, not only read");
        });
    }

    #[test]
    fn a_form_of_fields_of_the_process_updates_them() {
        on_every_store(|store| {
            let engine = Engine::builder(store).flow(ApprovalFlow::new()).build().unwrap();
            let id = engine.start(ApprovalFlow::start, &user("ann"), ()).unwrap().id;
            do_next(&engine, ApprovalFlow::approve, id, ApproveFields { approved: true });
            assert!(engine.process::<ApprovalFlow>(id).unwrap().approved);
            assert_eq!(engine.process_record(id).unwrap().data["approved"], true);
        });
    }
}

/// `ShipmentProcess.carrier`: a process with a column in a table of its own.
mod inheritance {
    use super::*;

    #[derive(Entity, Clone, Debug, PartialEq)]
    pub struct Carrier {
        #[id]
        pub id: Id<Carrier>,
        pub name: String,
    }

    #[derive(Process, Clone, Debug)]
    pub struct ShipmentProcess {
        #[field(column, index, on_delete = protect)]
        pub carrier: Option<Ref<Carrier>>,
        #[field(column, on_delete = set_none)]
        pub spare: Option<Ref<Carrier>>,
        pub label: String,
    }

    #[derive(Flow)]
    #[flow(process = ShipmentProcess)]
    pub struct ShipmentFlow {
        #[input(Ref<Carrier>)]
        #[call(Self::ship)]
        #[next(pack)]
        start: StartHandle,

        #[fields(label)]
        #[submit(Self::packed)]
        #[next(end)]
        pack: View,

        end: End,
    }

    impl ShipmentFlow {
        fn ship(&self, a: &mut Activation<Self, ()>, carrier: Ref<Carrier>) -> Result<()> {
            a.process.carrier = Some(carrier);
            a.process.spare = Some(a.table().insert(Carrier { id: Id::NEW, name: "spare".to_owned() })?);
            Ok(())
        }

        fn packed(&self, a: &mut Activation<Self, ()>, _: PackFields) -> Result<()> {
            match a.process.spare {
                Some(spare) => a.table::<Carrier>().delete(spare),
                None => Ok(()),
            }
        }
    }

    #[test]
    fn a_column_is_joined_when_loaded_and_found_by_index() {
        on_every_store(|store| {
            let engine = Engine::builder(store.clone()).flow(ShipmentFlow::new()).build().unwrap();
            let carrier = |name: &str| {
                let carrier = Carrier { id: Id::NEW, name: name.to_owned() };
                engine.transaction(|db| db.table().insert(carrier.clone())).unwrap()
            };
            let (post, courier) = (carrier("post"), carrier("courier"));
            let first = engine.run(ShipmentFlow::start, post).unwrap();
            let second = engine.run(ShipmentFlow::start, courier).unwrap();
            let third = engine.run(ShipmentFlow::start, post).unwrap();
            assert_eq!(first.carrier, Some(post));
            let document = store.process_data(first.id).unwrap().unwrap().data;
            assert!(!document.contains_key("carrier"), "it is not in the document");
            assert!(engine.process_record(first.id).unwrap().data.contains_key("carrier"), "the record includes it");
            do_next(&engine, ShipmentFlow::pack, third.id, PackFields { label: "fragile".to_owned() });

            let by = |carrier| {
                let found = engine.processes::<ShipmentFlow>().by(ShipmentProcess::BY_CARRIER, carrier).unwrap();
                found.iter().map(|process| process.id).collect::<Vec<_>>()
            };
            assert_eq!(by(post), [first.id, third.id]);
            assert_eq!(by(courier), [second.id]);
            let open = engine.processes::<ShipmentFlow>().with_status(ProcessStatus::New);
            assert_eq!(open.by(ShipmentProcess::BY_CARRIER, post).unwrap().len(), 1);
            let third = engine.process::<ShipmentFlow>(third.id).unwrap();
            assert_eq!((third.carrier, third.label.as_str()), (Some(post), "fragile"));
            assert_eq!(third.spare, None, "it was deleted in the step");
            let error = engine.transaction(|db| db.table::<Carrier>().delete(post)).unwrap_err();
            assert!(matches!(error, Error::Protected { .. }), "{error}");
        });
    }

    #[test]
    fn an_index_has_the_type_of_its_field() {
        let _: IndexOf<ShipmentProcess, Option<Ref<Carrier>>> = ShipmentProcess::BY_CARRIER;
    }
}

/// `task_seed` and `task_data`: tasks get their data from the task before, and each branch of an `If` gets its own.
mod seeds_and_data {
    use super::*;

    #[derive(Form, Clone, Debug)]
    pub struct SelectGrain {
        pub grain: Ref<Grain>,
    }

    #[derive(Task, Clone, Debug)]
    pub struct Plant {
        pub seed_of: Ref<Grain>,
    }

    #[derive(Task, Clone, Debug)]
    pub struct Eat {
        pub grain: String,
    }

    #[derive(Flow)]
    pub struct MyFlow {
        #[form(SelectGrain)]
        #[submit(Self::select)]
        #[next(next_task, task_seed = |a| a.task.artifact)]
        start: Start<Artifact<Ref<Grain>>>,

        #[cond(|a| a.load(a.task.seed)?.fresh)]
        #[then(plant, task_data = |a| Plant { seed_of: a.task.seed })]
        #[otherwise(eat, task_data = |a| Eat { grain: a.load(a.task.seed)?.name })]
        next_task: If<Seed<Ref<Grain>>>,

        #[next(end)]
        plant: View<Plant>,

        #[next(end)]
        eat: View<Eat>,

        end: End,
    }

    impl MyFlow {
        fn select(&self, a: &mut Activation<Self, Artifact<Ref<Grain>>>, form: SelectGrain) -> Result<()> {
            a.task.artifact = Some(form.grain);
            Ok(())
        }
    }

    #[test]
    fn the_artifact_of_one_task_is_the_seed_of_the_next_and_each_branch_gets_its_data() {
        on_every_store(|store| {
            let engine = Engine::builder(store).flow(MyFlow::new()).build().unwrap();
            let (fresh, stale) = (add_grain(&engine, "rye", true), add_grain(&engine, "oat", false));
            let id = engine.start(MyFlow::start, &user("ann"), SelectGrain { grain: fresh }).unwrap().id;
            let planted = open_task(&engine, MyFlow::plant, id);
            assert_eq!(planted.data["seed_of"], fresh.id().number());
            let id = engine.start(MyFlow::start, &user("ann"), SelectGrain { grain: stale }).unwrap().id;
            assert_eq!(open_task(&engine, MyFlow::eat, id).data["grain"], "oat");
            let decision = engine.tasks(id, 1, 1).unwrap().remove(0);
            assert_eq!((decision.node.as_str(), decision.seed), ("next_task", stale.id().number().into()));
        });
    }
}

/// `task_data_source`: one task for each item of a list, each with its own data.
mod per_item {
    use super::*;

    #[derive(Process, Clone, Debug)]
    pub struct PostsProcess {
        pub posts: Vec<String>,
    }

    #[derive(Task, Clone, Debug)]
    pub struct OnePost {
        pub post: String,
    }

    #[derive(Flow)]
    #[flow(process = PostsProcess)]
    pub struct PostsFlow {
        #[fields(posts)]
        #[next(split)]
        start: Start,

        #[branch(process_post, task_data_source = |a| a.process.posts.iter().map(|post| OnePost { post: post.clone() }))]
        #[branch(join)]
        split: Split,

        #[next(join)]
        process_post: View<OnePost>,

        #[next(end)]
        join: Join,

        end: End,
    }

    #[test]
    fn each_item_has_a_task_with_its_own_data() {
        on_every_store(|store| {
            let engine = Engine::builder(store).flow(PostsFlow::new()).build().unwrap();
            let posts = ["a", "b", "c"].map(str::to_owned).to_vec();
            let id = engine.start(PostsFlow::start, &user("ann"), StartFields { posts }).unwrap().id;
            let tasks = open_tasks(&engine, PostsFlow::process_post, id);
            let items: Vec<_> = tasks.iter().map(|task| task.data["post"].as_str().unwrap().to_owned()).collect();
            assert_eq!(items, ["a", "b", "c"]);
            for task in tasks {
                assert_eq!(engine.process::<PostsFlow>(id).unwrap().status, ProcessStatus::New);
                crate::support::perform(&engine, PostsFlow::process_post, task.id, ());
            }
            assert_eq!(engine.process::<PostsFlow>(id).unwrap().status, ProcessStatus::Done);
        });
    }
}

/// `AbstractProcess` and `AbstractTask`: types written by hand against the public traits.
mod by_hand {
    use super::*;
    use viewflow::FieldErrors;
    use viewflow::builder::NoDataNeeded;
    use viewflow::document::{Fields, Reader, Writer};
    use viewflow::field::{FieldOf, FieldSpec};

    #[derive(Debug)]
    pub struct Temperature {
        pub celsius: f64,
    }

    const CELSIUS: FieldOf<f64> = FieldOf::with_default(|| 20.0);

    impl Fields for Temperature {
        const FIELDS: &'static [FieldSpec] = &[CELSIUS.spec("celsius", "Celsius", &["celsius"])];

        fn read(reader: &mut Reader<'_>) -> Option<Self> {
            Some(Self { celsius: reader.field(0, &CELSIUS)? })
        }

        fn write(&self, writer: &mut Writer) {
            writer.field(0, &CELSIUS, &self.celsius);
        }

        fn check(&self, errors: &mut FieldErrors) {
            if self.celsius < -273.15 {
                errors.add("celsius", "is colder than anything");
            }
        }
    }

    impl Process for Temperature {
        type Seed = ();
        type Artifact = ();
    }

    impl Task for Temperature {
        type Seed = Option<String>;
        type Artifact = ();
    }

    impl NoDataNeeded for Temperature {}

    #[derive(Flow)]
    #[flow(process = Temperature)]
    pub struct HeatFlow {
        #[input(f64)]
        #[call(Self::begin)]
        #[next(measure)]
        start: StartHandle,

        #[next(end)]
        measure: View<Temperature>,

        end: End,
    }

    impl HeatFlow {
        fn begin(&self, a: &mut Activation<Self, ()>, celsius: f64) -> Result<()> {
            a.process.celsius = celsius;
            Ok(())
        }
    }

    #[test]
    fn types_written_by_hand_work_as_derived_ones() {
        on_every_store(|store| {
            let engine = Engine::builder(store).flow(HeatFlow::new()).build().unwrap();
            let process = engine.run(HeatFlow::start, 80.5).unwrap();
            assert!((process.celsius - 80.5).abs() < f64::EPSILON);
            assert_eq!(open_task(&engine, HeatFlow::measure, process.id).data["celsius"], 20.0);
            let error = engine.run(HeatFlow::start, -300.0).unwrap_err();
            assert_eq!(error.field_errors().unwrap().of("celsius"), ["is colder than anything"]);
        });
    }
}
