//! The code that the macros write is right in any surroundings, and causes no warnings.
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery, unused_qualifications, missing_docs)]
#![allow(clippy::unused_self, clippy::unnecessary_wraps, clippy::missing_const_for_fn, clippy::missing_errors_doc)]
#![allow(clippy::must_use_candidate, clippy::new_without_default, clippy::use_self, clippy::needless_pass_by_value)]

/// The crate under another name; the macros know only this name.
extern crate viewflow as renamed;

/// Names of the prelude with another meaning here.
#[allow(dead_code, non_camel_case_types, clippy::pedantic)]
mod shadowed {
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Result;
    pub struct Ok;
    pub struct Err;
    pub struct Vec;
    pub struct String;
    pub struct Box;
    pub struct Default;
    pub struct Iterator;
    pub struct IntoIterator;
    pub struct Into;
    pub struct ToString;
    pub struct usize;
    pub struct bool;
    pub struct str;
    pub struct Sized;
    pub struct Send;
    pub struct Sync;
    pub struct Fn;
    pub mod core {}
    pub mod std {}
    pub mod viewflow {}
}

/// Every derive, where the prelude is shadowed and the crate has another name.
mod everything {
    #[allow(unused_imports)]
    use super::shadowed::*;
    use renamed::prelude::{
        Activation, BusinessRule, Choices, CompensateThrow, ConditionalCatch, Embedded, End, Engine, Entity, ErrorEnd,
        EscalationThrow, Flow, Form, Function, Handle, Id, If, Job, JobRun, Join, ManualTask, Message, MessageCatch,
        MessageThrow, NSubprocess, Process, Ref, Seed, SendHandle, SignalCatch, SignalThrow, Split, SplitFirst, Start,
        StartHandle, StartTimer, Subprocess, Switch, Task, Terminate, Timer, View,
    };

    /// Something to choose.
    #[derive(Choices, Clone, Debug)]
    #[choices(crate = renamed)]
    pub enum Size {
        /// Small.
        Small,
        /// Large.
        #[choice(value = "L", label = "Large")]
        Large,
    }

    /// Something nested.
    #[derive(Embedded, Clone, Debug)]
    #[embedded(crate = renamed)]
    pub struct Place {
        /// Where.
        #[field(max_length = 9, pattern = "[a-z]*")]
        pub r#where: ::std::string::String,
    }

    /// Rows.
    #[derive(Entity, Clone, Debug)]
    #[entity(crate = renamed, label = r#type, table = "things")]
    pub struct Thing {
        /// Which.
        #[id]
        pub number: Id<Thing>,
        /// Of what type.
        #[field(unique)]
        pub r#type: ::std::string::String,
        /// Made from.
        #[field(index, on_delete = cascade)]
        pub from: ::std::option::Option<Ref<Thing>>,
    }

    /// The process.
    #[derive(Process, Clone, Debug)]
    #[process(crate = renamed, seed = Ref<Thing>, artifact = ::std::string::String)]
    pub struct Everything {
        /// How large.
        #[field(default = Size::Small)]
        pub size: Size,
        /// How many.
        #[field(default = 1, min = 1, max = 9)]
        pub r#loop: u8,
        /// Where to.
        pub place: ::std::option::Option<Place>,
        /// Which word.
        #[field(default = "a", choices = ["a", "b"])]
        pub word: ::std::string::String,
        /// In a column.
        #[field(column, index, on_delete = set_none)]
        pub thing: ::std::option::Option<Ref<Thing>>,
    }

    /// A task.
    #[derive(Task, Clone, Debug)]
    #[task(crate = renamed, seed = ::std::option::Option<Ref<Thing>>)]
    pub struct Work {
        /// Of what.
        pub part: ::std::string::String,
    }

    /// A form.
    #[derive(Form, Clone, Debug)]
    #[form(crate = renamed)]
    pub struct Choose {
        /// One of them.
        #[field(choices = |db| db.table::<Thing>().filter(|thing| thing.from.is_none()))]
        pub thing: Ref<Thing>,
        /// Whether there is more.
        #[page("More")]
        #[field(widget = radio)]
        pub more: ::core::primitive::bool,
        /// What more.
        #[field(only_if = |form| form.more, required, widget = long_text)]
        pub r#what: ::std::option::Option<::std::string::String>,
        /// How much.
        #[field(computed = |Self { more, .. }| ::core::primitive::u8::from(*more), widget = unit("kg"))]
        pub r#much: ::core::primitive::u8,
    }

    /// Everything there is.
    #[derive(Flow)]
    #[flow(crate = renamed, process = Everything, name = "everything")]
    pub struct EverythingFlow {
        engine: ::std::option::Option<Engine>,

        /// Begin.
        #[form(Choose)]
        #[submit(Self::chosen)]
        #[next(way)]
        start: Start,

        #[input(u8)]
        #[call(Self::begun)]
        #[next(way)]
        by_code: StartHandle,

        #[next(way)]
        by_hand: StartHandle,

        #[switch(|a| &a.process.size)]
        #[case(Size::Small => r#type)]
        #[case(Size::Large => fork)]
        way: Switch,

        #[fields(page("First"), size, r#loop, page("Second"), place = empty, word, thing)]
        #[submit(Self::filled)]
        #[assign(|a| a.actor())]
        #[on_create(Self::made)]
        #[next(fork)]
        r#type: View,

        #[branch(work, task_data_source = |a| (0..a.process.r#loop).map(|part| Work { part: part.to_string() }))]
        #[branch(wait, cond = |a| a.process.place.is_some(), task_seed = |a| a.process.word.clone())]
        #[otherwise(join)]
        fork: Split,

        #[next(join)]
        work: View<Work>,

        #[call(Self::made)]
        #[next(join)]
        wait: Handle<Seed<::std::string::String>>,

        #[next(check)]
        join: Join,

        #[cond(Self::is_large)]
        #[then(compute)]
        #[otherwise(end)]
        check: If,

        #[call(Self::compute)]
        #[next(end)]
        compute: Function,

        end: End,
    }

    impl EverythingFlow {
        fn chosen(&self, a: &mut Activation<Self, ()>, form: Choose) -> renamed::Result<()> {
            a.process.thing = ::std::option::Option::Some(form.thing);
            ::std::result::Result::Ok(())
        }

        fn begun(&self, a: &mut Activation<Self, ()>, number: u8) -> renamed::Result<()> {
            a.process.r#loop = number;
            ::std::result::Result::Ok(())
        }

        fn filled(&self, a: &mut Activation<Self, ()>, form: TypeFields) -> renamed::Result<()> {
            a.process.r#loop = form.r#loop;
            ::std::result::Result::Ok(())
        }

        fn made<T: Task>(&self, _: &mut Activation<Self, T>) -> renamed::Result<()> {
            ::std::result::Result::Ok(())
        }

        fn is_large(&self, a: &Activation<Self, ()>) -> renamed::Result<::std::primitive::bool> {
            ::std::result::Result::Ok(self.engine.is_none() && a.process.r#loop > 3)
        }

        fn compute(&self, _: &mut Activation<Self, ()>) -> renamed::Result<()> {
            ::std::result::Result::Ok(())
        }
    }

    /// A message.
    #[derive(Message, Clone, Debug)]
    #[message(crate = renamed, key = r#for, latch = last, expires = "1d")]
    pub struct Parcel {
        /// For whom.
        pub r#for: ::std::string::String,
    }

    /// Everything that waits, and what it waits for.
    #[derive(Flow)]
    #[flow(crate = renamed, process = Everything)]
    pub struct WaitingFlow {
        #[every("1h")]
        #[next(fork)]
        hourly: StartTimer,
        #[next(fork)]
        r#start: StartHandle,

        #[branch(job)]
        #[branch(race)]
        #[branch(child)]
        #[branch(children)]
        #[branch(throw)]
        #[branch(manual)]
        fork: Split,

        #[call(Self::run)]
        #[done(Self::ran)]
        #[retry(attempts = 3, backoff = "1s", max = "1m")]
        #[timeout("10m")]
        #[delay("1s")]
        #[on_timeout(after = "1d", then = stop)]
        #[on_error(code = "refused", then = failed)]
        #[compensate_with(unrun)]
        #[next(join)]
        job: Job,
        #[call(Self::undone)]
        unrun: Function,

        #[branch(timer)]
        #[branch(signal)]
        #[branch(message)]
        #[branch(condition)]
        race: SplitFirst,
        #[delay(|a| ::std::time::Duration::from_secs(a.process.r#loop.into()))]
        #[next(join)]
        timer: Timer,
        #[signal("go")]
        #[next(join)]
        signal: SignalCatch,
        #[message(Parcel, key = |a| a.process.word.clone())]
        #[call(Self::heard)]
        #[next(join)]
        message: MessageCatch,
        #[cond(|a| a.process.r#loop == 0)]
        #[next(join)]
        condition: ConditionalCatch,

        #[child(EverythingFlow::by_hand, process_seed = |a| a.process.thing)]
        #[on_escalation(code = "late", then = tell)]
        #[next(join)]
        child: Subprocess,
        #[child(EverythingFlow::by_hand, sequential, process_seed_source = |a| a.process.thing)]
        #[next(join)]
        children: NSubprocess,

        #[signal("gone")]
        #[next(send)]
        throw: SignalThrow,
        #[message(|a| Parcel { r#for: a.process.word.clone() })]
        #[next(rule)]
        send: MessageThrow,
        #[call(Self::undone)]
        #[next(undo)]
        rule: BusinessRule,
        #[next(join)]
        undo: CompensateThrow,

        #[on_timeout(after = |a| a.now(), then = tell)]
        #[next(hand)]
        manual: ManualTask,
        #[call(Self::undone)]
        #[next(join)]
        hand: SendHandle,
        #[code("late")]
        #[next(join)]
        tell: EscalationThrow,

        #[until(|a| a.arrived()? > 1)]
        #[next(end)]
        join: Join,
        stop: Terminate,
        #[code("refused")]
        failed: ErrorEnd,
        end: End,
    }

    impl WaitingFlow {
        fn run(&self, job: &JobRun<Self>) -> renamed::Result<::std::primitive::u32> {
            ::std::result::Result::Ok(job.attempt)
        }

        fn ran(&self, a: &mut Activation<Self, ()>, attempt: ::std::primitive::u32) -> renamed::Result<()> {
            a.process.r#loop = ::std::convert::TryFrom::try_from(attempt).unwrap_or(9);
            ::std::result::Result::Ok(())
        }

        fn heard(&self, a: &mut Activation<Self, ()>, parcel: Parcel) -> renamed::Result<()> {
            a.process.word = parcel.r#for;
            ::std::result::Result::Ok(())
        }

        fn undone(&self, _: &mut Activation<Self, ()>) -> renamed::Result<()> {
            ::std::result::Result::Ok(())
        }
    }
}

/// The same flow with attribute macros.
mod by_attributes {
    #[allow(unused_imports)]
    use super::shadowed::*;
    use renamed::prelude::{Activation, End, Engine, Id, MemoryStore, Ref, Start, UserId, View};

    /// Rows.
    #[renamed::entity(crate = renamed, label = r#type, table = "things")]
    pub struct Thing {
        /// Which.
        #[id]
        pub number: Id<Thing>,
        /// Of what type.
        #[field(unique)]
        pub r#type: ::std::string::String,
    }

    /// The process.
    #[renamed::process(crate = renamed, seed = Ref<Thing>)]
    #[derive(::std::cmp::PartialEq, ::std::cmp::Eq, ::std::clone::Clone)]
    pub struct Everything {
        /// How many.
        #[field(default = 1, min = 1, max = 9)]
        pub r#loop: u8,
        /// Which word, where there are some.
        #[cfg(not(any()))]
        #[field(choices = ["a", "b"])]
        pub word: ::std::option::Option<::std::string::String>,
    }

    /// A task.
    #[renamed::task]
    #[task(crate = renamed, seed = Ref<Thing>)]
    pub struct Work {}

    /// A form.
    #[renamed::form(crate = renamed)]
    pub struct Choose {
        /// One of them.
        #[field(choices = |db| db.table::<Thing>().filter(|thing| thing.r#type != ""))]
        pub thing: Ref<Thing>,
    }

    /// A message.
    #[renamed::message(crate = renamed, key = r#for, latch = last)]
    pub struct Parcel {
        /// For whom.
        pub r#for: ::std::string::String,
    }

    /// Everything there is.
    ///
    /// And what is to be said of it.
    #[renamed::flow(crate = renamed, process = Everything, name = "attributes")]
    #[derive(::std::clone::Clone, ::std::fmt::Debug, ::std::default::Default)]
    pub struct EverythingFlow<T: ::std::marker::Send + ::std::marker::Sync + 'static> {
        /// What it needs.
        pub kept: T,

        /// Begin.
        #[form(Choose)]
        #[submit(Self::chosen)]
        #[next(work, task_seed = |a| a.process.seed)]
        start: Start,

        #[fields(r#loop, word)]
        #[next(end)]
        work: View<Work>,

        end: End,
    }

    impl<T: ::std::marker::Send + ::std::marker::Sync + 'static> EverythingFlow<T> {
        fn chosen(&self, a: &mut Activation<Self, ()>, form: Choose) -> renamed::Result<()> {
            let _ = &self.kept;
            a.process.seed = ::std::option::Option::Some(form.thing);
            ::std::result::Result::Ok(())
        }
    }

    #[test]
    fn a_flow_by_attributes_runs() {
        const fn printed<T: ::std::fmt::Debug + ::std::clone::Clone>() {}
        const { printed::<Parcel>() };
        let flow = EverythingFlow { kept: 7_u8, ..EverythingFlow::default() };
        let engine = Engine::builder(MemoryStore::new()).flow(flow.clone()).build().unwrap();
        let ann = UserId::new("ann");
        let thing = engine.transaction(|db| db.table().insert(Thing { number: Id::NEW, r#type: "x".to_owned() }));
        let form = Choose { thing: thing.unwrap() };
        let process = engine.start(EverythingFlow::<u8>::start, &ann, form).unwrap();
        assert_eq!(process.r#loop, 1);
        let task = engine.queue(&ann).of(EverythingFlow::<u8>::work).first().unwrap().id;
        let task = engine.task(EverythingFlow::<u8>::work, task).unwrap().assign(&ann).unwrap();
        task.execute(&ann, WorkFields { r#loop: 2, word: ::std::option::Option::None }).unwrap();
        let process = engine.process::<EverythingFlow<u8>>(process.id).unwrap();
        assert_eq!((process.status, process.r#loop), (renamed::ProcessStatus::Done, 2));
        assert_eq!(::std::format!("{flow:?}"), "EverythingFlow { kept: 7, start: Start, work: View, end: End }");
    }
}

/// Structs that a macro of the application makes.
mod by_macro {
    use renamed::prelude::*;

    macro_rules! approval {
        ($flow:ident, $process:ident, $field:ident, $node:ident, $form:ident, $test:expr) => {
            /// The process.
            #[derive(Process, Clone, Debug)]
            pub struct $process {
                /// The field.
                #[field(default = false)]
                pub $field: bool,
            }

            /// The flow.
            #[derive(Flow)]
            #[flow(process = $process)]
            pub struct $flow {
                #[next($node)]
                start: Start,
                #[fields($field, as = $form)]
                #[next(decide)]
                $node: View,
                #[cond(|a| a.process.$field == $test)]
                #[then(end)]
                #[otherwise($node)]
                decide: If,
                end: End,
            }
        };
    }
    approval!(BillFlow, Bill, paid, pay, PayForm, true);
    approval!(OrderFlow, Order, packed, pack, PackForm, true);

    #[test]
    fn a_flow_made_by_a_macro_runs() {
        let engine = Engine::builder(MemoryStore::new()).flow(BillFlow::new()).flow(OrderFlow::new()).build().unwrap();
        let ann = UserId::new("ann");
        let id = engine.start(OrderFlow::start, &ann, ()).unwrap().id;
        for packed in [false, true] {
            let task = engine.queue(&::viewflow::UserId::new("ann")).of(OrderFlow::pack).first().unwrap().id;
            engine
                .task(OrderFlow::pack, task)
                .unwrap()
                .assign(&ann)
                .unwrap()
                .execute(&ann, PackForm { packed })
                .unwrap();
        }
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().status, ProcessStatus::Done);
    }
}

/// A flow with a type parameter: anything that sends letters.
mod generic {
    use renamed::prelude::*;

    /// Sends letters.
    pub trait Post: Send + Sync + 'static {
        /// Sends one.
        fn send(&self) -> Result<()>;
    }

    /// The flow.
    #[derive(Flow)]
    pub struct LetterFlow<P: Post> {
        post: P,
        #[next(send)]
        start: Start,
        #[call(Self::send)]
        #[next(end)]
        send: Function,
        end: End,
    }

    impl<P: Post> LetterFlow<P> {
        fn send(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            self.post.send()
        }
    }

    struct Counter(std::sync::Arc<std::sync::atomic::AtomicU32>);

    impl Post for Counter {
        fn send(&self) -> Result<()> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(())
        }
    }

    #[test]
    fn a_flow_may_have_type_parameters() {
        let sent = std::sync::Arc::default();
        let flow = LetterFlow::new(Counter(std::sync::Arc::clone(&sent)));
        let engine = Engine::builder(MemoryStore::new()).flow(flow).build().unwrap();
        engine.start(LetterFlow::<Counter>::start, &UserId::new("ann"), ()).unwrap();
        assert_eq!(sent.load(std::sync::atomic::Ordering::SeqCst), 1);
    }
}

/// Names in scope that generated code could have used for itself, and items that are less visible than their
/// struct.
mod surroundings {
    use renamed::prelude::*;

    #[allow(non_upper_case_globals, dead_code)]
    mod values {
        pub const value: u8 = 1;
        pub const reader: u8 = 1;
        pub const writer: u8 = 1;
        pub const builder: u8 = 1;
        pub const flow: u8 = 1;
        pub const node: u8 = 1;
        pub const field_0: u8 = 1;
        pub const a: u8 = 1;
        pub static at: u8 = 1;
        pub static errors: u8 = 1;
        pub static edge: u8 = 1;
        pub static id: u8 = 1;
    }
    #[allow(unused_imports)]
    use values::*;

    /// Crate-private.
    #[allow(clippy::redundant_pub_crate)]
    #[derive(Choices, Clone, Debug)]
    pub(crate) enum Inner {
        /// The only one.
        One,
    }

    /// Tasks have been this.
    pub mod earlier {
        /// A number.
        #[derive(renamed::Embedded, Clone, Debug)]
        pub struct Old {
            /// The number.
            pub number: u8,
        }
    }

    /// The process.
    #[derive(Process, Clone, Debug)]
    pub struct Bill {
        /// How much.
        #[field(default = 4, min = 1)]
        pub amount: u8,
        #[field(default = Inner::One)]
        pub(crate) inner: Inner,
        /// Was a struct.
        #[field(default = "", from = |earlier::Old { number }: earlier::Old| number.to_string())]
        pub text: String,
    }

    /// Rows.
    #[derive(Entity, Clone, Debug)]
    pub struct Row {
        /// Which.
        #[id]
        pub key: Id<Row>,
        /// A name.
        #[field(unique, max_length = 9)]
        pub name: String,
    }

    /// A flow whose node has the name of a method that the generated code calls with type arguments.
    #[derive(Flow)]
    #[flow(process = Bill)]
    pub struct BillFlow<T: Send + Sync + 'static> {
        kept: T,
        #[fields(amount, text)]
        #[next(large)]
        start: Start,
        #[cond(|x| BillFlow::<u8>::limit(x.process.amount) > 3)]
        #[then(limit)]
        #[otherwise(end)]
        large: If,
        #[next(end)]
        limit: View,
        end: End,
    }

    impl<T: Send + Sync + 'static> BillFlow<T> {
        const fn limit(amount: u8) -> u8 {
            amount
        }
    }

    #[test]
    fn a_flow_among_names_of_all_kinds_runs() {
        let mut bill = BillFlow::new(3_u8);
        bill.kept += 1;
        let engine = Engine::builder(MemoryStore::new()).flow(bill).build().unwrap();
        let form = StartFields { amount: 4, text: "x".to_owned() };
        let process = engine.start(BillFlow::<u8>::start, &UserId::new("ann"), form).unwrap();
        assert_eq!(engine.queue(&UserId::new("ann")).of(BillFlow::<u8>::limit_node).list().unwrap().len(), 1);
        assert!(matches!(process.inner, Inner::One));
        let _ = Row::BY_NAME;
    }
}

/// Private flows in a function, with everything they need beside them.
#[test]
fn a_flow_may_be_declared_in_a_function() {
    use renamed::prelude::*;

    #[derive(Process, Clone, Debug)]
    struct Local {
        #[field(default = 3)]
        number: u8,
    }

    #[derive(Flow)]
    #[flow(process = Local)]
    struct LocalFlow {
        #[fields(number)]
        #[next(end)]
        start: Start,
        end: End,
    }

    let engine = Engine::builder(MemoryStore::new()).flow(LocalFlow::new()).build().unwrap();
    let process = engine.start(LocalFlow::start, &UserId::new("ann"), StartFields { number: 4 }).unwrap();
    assert_eq!(process.number, 4);
}

#[test]
fn everything_runs() {
    use everything::EverythingFlow;
    use renamed::{MemoryStore, ProcessStatus};

    let engine = renamed::Engine::builder(MemoryStore::new()).flow(EverythingFlow::new(None)).build().unwrap();
    let process = engine.run(EverythingFlow::by_code, 0).unwrap_err();
    assert!(process.to_string().contains("`loop` must be at least 1"), "{process}");
    let process = engine.run(EverythingFlow::by_code, 2).unwrap();
    assert_eq!(process.status, ProcessStatus::New);
    assert_eq!(engine.queue(&::viewflow::UserId::new("ann")).of(EverythingFlow::r#type).list().unwrap().len(), 1);
}
