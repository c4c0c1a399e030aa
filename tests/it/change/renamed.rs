//! Flows, nodes, fields and choices with new names.

use serde_json::json;
use viewflow::prelude::*;

use crate::support::{boss, do_next, on_every_store, open_task, perform, user};

mod v1 {
    use viewflow::prelude::*;

    #[derive(Choices, Clone, Copy, Debug, PartialEq)]
    pub enum Urgency {
        Low,
        High,
    }

    #[derive(Process, Clone, Debug)]
    pub struct Claim {
        pub remark: String,
        #[field(default = Urgency::High)]
        pub urgency: Urgency,
        pub minutes: u32,
    }

    #[derive(Flow)]
    #[flow(process = Claim, name = "claim")]
    pub struct ClaimFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(check)]
        #[branch(pay)]
        fork: Split,
        #[fields(remark, minutes)]
        #[next(gather)]
        #[on_timeout(after = "1h", then = late)]
        check: View,
        #[next(gather)]
        pay: View,
        #[next(end)]
        gather: Join,
        #[next(gather)]
        late: View,
        end: End,
    }
}

mod v2 {
    use viewflow::prelude::*;

    #[derive(Choices, Clone, Copy, Debug, PartialEq)]
    pub enum Urgency {
        Low,
        #[was("high")]
        Pressing,
    }

    #[derive(Process, Clone, Debug)]
    pub struct Claim {
        #[was("remark")]
        pub comment: String,
        #[field(default = Urgency::Low)]
        pub urgency: Urgency,
        #[field(from = |minutes: u32| format!("{minutes} min"))]
        pub minutes: String,
    }

    #[derive(Flow)]
    #[flow(process = Claim, name = "insurance_claim")]
    #[was("claim")]
    pub struct ClaimFlow {
        #[next(both)]
        start: StartHandle,
        #[branch(verify)]
        #[branch(pay)]
        #[was("fork")]
        both: Split,
        #[was("inspect", "check")]
        #[fields(comment)]
        #[next(joined)]
        #[on_timeout(after = "1h", then = too_late)]
        verify: View,
        #[next(joined)]
        pay: View,
        #[was("gather")]
        #[next(end)]
        joined: Join,
        #[was("late")]
        #[next(joined)]
        too_late: View,
        end: End,
    }
}

use v1::ClaimFlow as Old;
use v2::ClaimFlow as New;

#[test]
fn what_was_begun_under_old_names_goes_on_under_the_new_ones() {
    on_every_store(|store| {
        let ann = user("ann");
        let (half, fresh) = {
            let engine = Engine::builder(store.clone()).flow(Old::new()).build().unwrap();
            let half = engine.run(Old::start, ()).unwrap().id;
            let filled = v1::CheckFields { remark: "wet".to_owned(), minutes: 90 };
            do_next(&engine, Old::check, half, filled);
            let fresh = engine.run(Old::start, ()).unwrap().id;
            let check = open_task(&engine, Old::check, fresh).id;
            engine.assign(check, &ann).unwrap();
            (half, fresh)
        };
        let earlier = Engine::builder(store.clone()).flow(New::new()).plan().unwrap().earlier;
        let told: Vec<_> = earlier.iter().map(|name| format!("{}.{}", name.flow, name.node)).collect();
        // `claim.late` has never had a task; it is only the target of a timeout.
        let names = ["check", "fork", "gather", "late", "pay", "start"];
        let mut expected: Vec<_> = names.iter().map(|name| format!("claim.{name}")).collect();
        expected.sort();
        assert_eq!(told, expected);
        let engine = Engine::builder(store.clone()).flow(New::new()).build().unwrap();
        let third = engine.run(New::start, ()).unwrap().id;

        let process = engine.process::<New>(half).unwrap();
        assert_eq!(process.comment, "wet");
        assert_eq!(process.urgency, v2::Urgency::Pressing);
        assert_eq!(process.minutes, "90 min");
        let listed = engine.processes::<New>().list().unwrap();
        assert_eq!(listed.iter().map(|process| process.id).collect::<Vec<_>>(), [half, fresh, third]);

        // Finished, owned and unassigned tasks are found under the new name.
        let archive = engine.archive(&ann).of(New::verify).list().unwrap();
        assert_eq!(archive.iter().map(|task| (task.id.process, &*task.node)).collect::<Vec<_>>(), [(half, "verify")]);
        let inbox = engine.inbox(&ann).of(New::verify).list().unwrap();
        assert_eq!(inbox.iter().map(|task| task.id.process).collect::<Vec<_>>(), [fresh]);
        let queue = engine.queue(&boss()).of(New::verify).list().unwrap();
        assert_eq!(queue.iter().map(|task| task.id.process).collect::<Vec<_>>(), [third]);

        for id in [half, fresh, third] {
            do_next(&engine, New::pay, id, ());
        }
        assert_eq!(engine.process::<New>(half).unwrap().status, ProcessStatus::Done);
        let task = engine.inbox(&ann).of(New::verify).first().unwrap();
        engine.desk(&ann).execute(task.id, json!({"comment": "dry"}).as_object().unwrap()).unwrap();
        let filled = v2::VerifyFields { comment: "dry".to_owned() };
        perform(&engine, New::verify, open_task(&engine, New::verify, third).id, filled);
        for id in [fresh, third] {
            assert_eq!(engine.process::<New>(id).unwrap().status, ProcessStatus::Done);
        }
        // After a rewrite, the fields are only under their new keys.
        let data = engine.process_record(fresh).unwrap().data;
        assert!(data.contains_key("comment") && !data.contains_key("remark"), "{data:?}");
        assert!(engine.tasks_of(New::verify, TaskStatus::New).list().unwrap().is_empty());
        assert_eq!(viewflow_testing::inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_timeout_that_was_armed_leads_to_the_node_under_its_new_name() {
    on_every_store(|store| {
        let (builder, _) = crate::support::manual(store.clone());
        let id = builder.flow(Old::new()).build().unwrap().run(Old::start, ()).unwrap().id;
        let (builder, clock) = crate::support::manual(store);
        let engine = builder.flow(New::new()).build().unwrap();
        clock.advance(std::time::Duration::from_secs(3601));
        engine.run_pending().unwrap();
        open_task(&engine, New::too_late, id);
    });
}

#[test]
fn a_start_by_the_clock_goes_on_in_its_rhythm_under_its_new_name() {
    mod old {
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[flow(name = "nightly")]
        pub struct NightlyFlow {
            #[every("1h")]
            #[next(end)]
            start: StartTimer,
            end: End,
        }
    }
    mod new {
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[was("nightly")]
        pub struct HourlyFlow {
            #[was("start")]
            #[every("1h")]
            #[next(end)]
            tick: StartTimer,
            end: End,
        }
    }
    on_every_store(|store| {
        let hour = std::time::Duration::from_hours(1);
        let (builder, clock) = crate::support::manual(store.clone());
        let engine = builder.flow(old::NightlyFlow::new()).build().unwrap();
        engine.run_pending().unwrap();
        clock.advance(hour);
        engine.run_pending().unwrap();
        let before = engine.processes::<old::NightlyFlow>().list().unwrap().len();
        let (builder, clock) = crate::support::manual(store);
        clock.advance(hour + hour / 2);
        let engine = builder.flow(new::HourlyFlow::new()).build().unwrap();
        engine.run_pending().unwrap();
        assert_eq!(engine.processes::<new::HourlyFlow>().list().unwrap().len(), before, "its time has not come");
        clock.advance(hour / 2);
        engine.run_pending().unwrap();
        assert_eq!(engine.processes::<new::HourlyFlow>().list().unwrap().len(), before + 1);
    });
}

#[test]
fn a_value_that_cannot_be_converted_is_told_with_its_field() {
    mod old {
        use viewflow::prelude::*;

        #[derive(Process, Clone, Debug)]
        pub struct Count {
            #[field(default = 300)]
            pub count: u32,
        }

        #[derive(Flow)]
        #[flow(process = Count, name = "count")]
        pub struct CountFlow {
            #[next(wait)]
            start: StartHandle,
            #[next(end)]
            wait: View,
            end: End,
        }
    }
    mod new {
        use viewflow::prelude::*;

        #[derive(Process, Clone, Debug)]
        pub struct Count {
            #[field(from = Self::of_number)]
            pub count: Option<String>,
        }

        impl Count {
            fn of_number(count: u32) -> Result<Option<String>> {
                if count > 255 { Err(Error::msg("is more than 255")) } else { Ok(Some(count.to_string())) }
            }
        }

        #[derive(Flow)]
        #[flow(process = Count, name = "count")]
        pub struct CountFlow {
            #[next(wait)]
            start: StartHandle,
            #[next(end)]
            wait: View,
            end: End,
        }
    }
    on_every_store(|store| {
        let id = Engine::builder(store.clone()).flow(old::CountFlow::new()).build().unwrap();
        id.run(old::CountFlow::start, ()).unwrap();
        let error = Engine::builder(store).flow(new::CountFlow::new()).build().unwrap_err().to_string();
        assert!(error.contains("`count` is more than 255"), "{error}");
    });
}

#[test]
fn an_earlier_name_that_another_node_has_is_told_when_the_engine_is_built() {
    struct ByHand;
    impl Flow for ByHand {
        type Process = ();
        const NAME: &'static str = "by_hand";
        const TITLE: &'static str = "By hand";

        fn define(flow: &mut viewflow::builder::FlowBuilder<Self>) {
            use viewflow::graph::{Kind, Role};
            flow.node::<()>("start", Kind::StartHandle).edge::<()>(Role::Next, "end");
            flow.node::<()>("end", Kind::End).was(&["start"]);
        }
    }
    let error = Engine::builder(MemoryStore::new()).flow(ByHand).build().unwrap_err().to_string();
    assert!(error.contains("`end` was `start`, which is a name of `start`"), "{error}");
}

#[test]
fn a_split_is_known_by_its_earlier_name_as_long_as_its_branches_are_open() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(Old::new()).build().unwrap();
        let id = engine.run(Old::start, ()).unwrap().id;
        drop(engine);
        let engine = Engine::builder(store.clone()).flow(New::new()).build().unwrap();
        // This rewrites all open tasks, but not the scope.
        engine.suspend(id, &boss()).unwrap();
        engine.resume(id, &boss()).unwrap();
        drop(engine);
        let plan = Engine::builder(store).flow(New::new()).plan().unwrap();
        assert!(plan.earlier.iter().any(|name| name.node == "fork"), "{plan}");
    });
}

#[test]
fn the_only_timeout_of_a_node_leads_where_it_leads_now() {
    mod old {
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[flow(name = "slow")]
        pub struct SlowFlow {
            #[next(wait)]
            start: StartHandle,
            #[next(end)]
            #[on_timeout(after = "1h", then = late)]
            wait: View,
            #[next(end)]
            late: View,
            end: End,
        }
    }
    mod new {
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[flow(name = "slow")]
        pub struct SlowFlow {
            #[next(wait)]
            start: StartHandle,
            #[next(end)]
            #[on_timeout(after = "1h", then = later)]
            wait: View,
            #[next(late)]
            later: View,
            #[next(end)]
            late: View,
            end: End,
        }
    }
    on_every_store(|store| {
        let (builder, _) = crate::support::manual(store.clone());
        let id = builder.flow(old::SlowFlow::new()).build().unwrap().run(old::SlowFlow::start, ()).unwrap().id;
        let (builder, clock) = crate::support::manual(store);
        let engine = builder.flow(new::SlowFlow::new()).build().unwrap();
        clock.advance(std::time::Duration::from_hours(3));
        engine.run_pending().unwrap();
        open_task(&engine, new::SlowFlow::later, id);
    });
}

#[test]
fn what_is_under_an_earlier_key_is_converted_even_if_it_could_be_read_as_it_is() {
    mod old {
        use viewflow::prelude::*;

        #[derive(Process, Clone, Debug)]
        pub struct Price {
            #[field(default = 250)]
            pub cents: u32,
        }

        #[derive(Flow)]
        #[flow(process = Price, name = "price")]
        pub struct PriceFlow {
            #[next(wait)]
            start: StartHandle,
            #[next(end)]
            wait: View,
            end: End,
        }
    }
    mod new {
        use viewflow::prelude::*;

        #[derive(Process, Clone, Debug)]
        pub struct Price {
            #[was("cents")]
            #[field(from = |cents: u32| f64::from(cents) / 100.0)]
            pub euros: f64,
        }

        #[derive(Flow)]
        #[flow(process = Price, name = "price")]
        pub struct PriceFlow {
            #[next(wait)]
            start: StartHandle,
            #[next(end)]
            wait: View,
            end: End,
        }
    }
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(old::PriceFlow::new()).build().unwrap();
        let id = engine.run(old::PriceFlow::start, ()).unwrap().id;
        drop(engine);
        let engine = Engine::builder(store).flow(new::PriceFlow::new()).build().unwrap();
        let euros = |engine: &Engine| format!("{:.2}", engine.process::<new::PriceFlow>(id).unwrap().euros);
        assert_eq!(euros(&engine), "2.50");
        do_next(&engine, new::PriceFlow::wait, id, ());
        assert_eq!(euros(&engine), "2.50", "and once");
    });
}

#[test]
fn a_draft_is_shown_under_the_new_name_of_its_field() {
    mod form {
        use viewflow::prelude::*;

        pub use super::v2::Claim;

        #[derive(Flow)]
        #[flow(process = Claim, name = "claim")]
        pub struct ClaimFlow {
            #[next(fork)]
            start: StartHandle,
            #[branch(check)]
            #[branch(pay)]
            fork: Split,
            #[fields(comment)]
            #[next(gather)]
            check: View,
            #[next(gather)]
            pay: View,
            #[next(end)]
            gather: Join,
            end: End,
        }
    }
    on_every_store(|store| {
        let ann = user("ann");
        let engine = Engine::builder(store.clone()).flow(Old::new()).build().unwrap();
        let id = engine.run(Old::start, ()).unwrap().id;
        let check = open_task(&engine, Old::check, id).id;
        engine.assign(check, &ann).unwrap();
        let typed = viewflow::Document::from_iter([("remark".to_owned(), "an hour of typing".into())]);
        engine.desk(&ann).draft(check, &typed).unwrap();
        drop(engine);
        let engine = Engine::builder(store).flow(form::ClaimFlow::new()).build().unwrap();
        let form = engine.desk(&user("ann")).form(check).unwrap();
        assert_eq!((form.fields[0].name, &form.fields[0].value), ("comment", &"an hour of typing".into()));
    });
}
