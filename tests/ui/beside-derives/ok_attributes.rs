use viewflow as vf;
use viewflow::prelude::*;

/// A thing.
#[viewflow::entity]
#[entity(table = "things")]
#[derive(PartialEq, Eq)]
pub struct Thing {
    #[id]
    pub id: Id<Thing>,
    /// Its name.
    #[field(unique)]
    pub name: String,
}

#[viewflow::process(seed = Ref<Thing>)]
#[cfg_attr(all(), derive(Clone, std::fmt::Debug))]
#[cfg_attr(any(), derive(PartialEq))]
pub struct Order {
    #[field(default = 1, max = 9)]
    pub number: u32,
    #[cfg(all())]
    #[field(max_length = 5)]
    pub text: String,
    #[cfg(any())]
    #[field(max_length = 6)]
    pub text: u8,
}

#[cfg_attr(all(), viewflow::task(seed = String))]
pub struct Check {}

#[viewflow::form]
pub struct Choose {
    #[field(choices = |db| db.table::<Thing>().filter(|thing| thing.name != "old"))]
    pub thing: Ref<Thing>,
}

#[vf::message(crate = vf, key = number)]
#[message(latch = last)]
#[derive(std::default::Default)]
pub struct Parcel {
    pub number: u32,
}

/// Orders.
///
/// What is sent, and when.
#[vf::flow(crate = vf)]
#[flow(process = Order)]
#[was("ordering")]
#[derive(Clone, Debug, Default)]
pub struct OrderFlow<T: Send + Sync + 'static> {
    pub kept: T,
    #[form(Choose)]
    #[submit(Self::chosen)]
    #[next(check, task_seed = |a| a.process.text.clone())]
    start: Start,
    #[fields(number, text)]
    #[next(wait)]
    check: View<Check>,
    #[message(Parcel, key = |a| a.process.number)]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

impl<T: Send + Sync + 'static> OrderFlow<T> {
    fn chosen(&self, a: &mut Activation<Self, ()>, form: Choose) -> Result<()> {
        a.process.seed = Some(form.thing);
        Ok(())
    }
}

/// With a node that is there or not.
#[viewflow::flow(process = Order, name = "conditional")]
pub struct ConditionalFlow {
    #[cfg_attr(all(), next(end))]
    #[cfg_attr(any(), next(check))]
    start: StartHandle,
    #[cfg(any())]
    #[next(end)]
    check: View,
    end: End,
}

macro_rules! flow {
    ($(#[$attribute:meta])* $flow:ident { $($node:ident: $ty:ty => $next:ident,)* }) => {
        $(#[$attribute])*
        #[viewflow::flow]
        pub struct $flow {
            $(#[next($next)] $node: $ty,)*
            end: End,
        }
    };
}

flow!(
    /// Notes.
    NoteFlow { start: StartHandle => write, write: View => end, }
);

/// Derives of other things.
mod others {
    pub use std::cmp::PartialEq as Message;
}

#[viewflow::message]
#[derive(others::Message)]
pub struct Packet {
    pub number: u32,
}

fn main() {
    assert!(Packet { number: 1 }.clone() == Packet { number: 1 });

    #[viewflow::process]
    struct Local {
        number: u32,
    }

    #[viewflow::flow(process = Local)]
    struct LocalFlow {
        #[fields(number)]
        #[next(end)]
        start: Start,
        end: End,
    }

    let engine = Engine::builder(MemoryStore::new()).flow(OrderFlow::<u8>::default().clone());
    let engine = engine.flow(ConditionalFlow::new()).flow(NoteFlow::new()).flow(LocalFlow::new()).build().unwrap();
    let ann = UserId::new("ann");
    engine.start(LocalFlow::start, &ann, StartFields { number: 3 }).unwrap();
    let thing = engine.transaction(|db| db.table().insert(Thing { id: Id::NEW, name: "ball".to_owned() })).unwrap();
    let order = engine.start(OrderFlow::<u8>::start, &ann, Choose { thing }).unwrap();
    let text = format!("{:?} {:?} {:?}", Parcel::default(), Choose { thing }.clone(), OrderFlow::new(1_u8));
    assert!(order.seed == Some(thing) && text.contains("start: Start"), "{text}");
    let _ = (Order::initial().clone(), Check {}.clone());
}
