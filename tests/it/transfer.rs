//! One store imports what another store exports, whatever their kinds.

use std::sync::Arc;

use tempfile::TempDir;
use viewflow::prelude::*;
use viewflow::{Store, store};

use crate::support::{boss, do_next};

#[derive(Entity, Clone, Debug)]
pub struct Author {
    #[id]
    pub id: Id<Author>,
    #[field(unique)]
    pub name: String,
}

#[derive(Entity, Clone, Debug)]
pub struct Book {
    #[id]
    pub id: Id<Book>,
    #[field(on_delete = protect)]
    pub by: Ref<Author>,
    #[field(index)]
    pub title: String,
}

#[derive(Process, Clone, Debug)]
pub struct Printing {
    #[field(column, index)]
    pub copies: u32,
    #[field(default = false)]
    pub approved: bool,
}

#[derive(Flow)]
#[flow(process = Printing)]
pub struct PrintFlow {
    #[next(split)]
    start: StartHandle,

    #[branch(check)]
    #[branch(wait)]
    split: Split,

    #[fields(approved)]
    #[next(gather)]
    check: View,

    #[delay("1h")]
    #[next(gather)]
    wait: Timer,

    #[next(end)]
    gather: Join,

    end: End,
}

fn engine(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(PrintFlow::new()).build().unwrap()
}

fn lines(store: &Arc<dyn Store>) -> Vec<String> {
    let mut file = Vec::new();
    store::export(&**store, &mut file, |_| ()).unwrap();
    let lines = String::from_utf8(file).unwrap();
    // The last numbers are compared by giving out one of each. The log may end behind its last event.
    lines
        .lines()
        .filter(|line| !line.starts_with("{\"numbers\"") && !line.starts_with("{\"log\""))
        .map(str::to_owned)
        .collect()
}

fn copied(from: &Arc<dyn Store>, to: Arc<dyn Store>) -> Arc<dyn Store> {
    let mut file = Vec::new();
    let written = store::export(&**from, &mut file, |_| ()).unwrap();
    let mut told = 0;
    assert_eq!(store::import(&*to, &file[..], |done| told = done).unwrap(), written);
    assert_eq!(told, written, "the last word is that all is done");
    to
}

#[test]
fn a_store_goes_from_memory_to_disk_and_back_with_its_work_open() {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let first = engine(&memory);
    let ids: Vec<_> = (0..30).map(|_| first.run(PrintFlow::start, ()).unwrap().id).collect();
    do_next(&first, PrintFlow::check, ids[3], CheckFields { approved: true });
    first
        .transaction(|db| {
            let ann = db.table().insert(Author { id: Id::NEW, name: "Ann".to_owned() })?;
            let bob = db.table().insert(Author { id: Id::NEW, name: "Bob".to_owned() })?;
            db.table::<Author>().delete(bob)?;
            let title = "long ".repeat(5000);
            db.table().insert(Book { id: Id::NEW, by: ann, title })
        })
        .unwrap_err();
    first
        .transaction(|db| {
            let ann = db.table().insert(Author { id: Id::NEW, name: "Ann".to_owned() })?;
            let bob = db.table().insert(Author { id: Id::NEW, name: "Bob".to_owned() })?;
            db.table::<Author>().delete(bob)?;
            db.table().insert(Book { id: Id::NEW, by: ann, title: "A title".to_owned() })
        })
        .unwrap();

    let directory = TempDir::new().unwrap();
    let disk = Arc::new(SledStore::open(directory.path()).unwrap());
    let on_disk = copied(&memory, Arc::<SledStore>::clone(&disk));
    assert_eq!(disk.verify().unwrap().faults, [] as [String; 0]);
    assert_eq!(lines(&on_disk), lines(&memory));
    let back = copied(&on_disk, Arc::new(MemoryStore::new()));
    assert_eq!(lines(&back), lines(&memory));

    for store in [on_disk, back] {
        let engine = engine(&store);
        do_next(&engine, PrintFlow::check, ids[4], CheckFields { approved: true });
        assert!(engine.process::<PrintFlow>(ids[4]).unwrap().approved);
        assert!(engine.run(PrintFlow::start, ()).unwrap().id > ids[29]);
        let again = engine.transaction(|db| db.table().insert(Author { id: Id::NEW, name: "Ann".to_owned() }));
        assert!(again.is_err(), "the name is taken still");
        let cat = engine.transaction(|db| db.table().insert(Author { id: Id::NEW, name: "Cat".to_owned() })).unwrap();
        let ids = engine.transaction(|db| Ok(db.table::<Author>().all().list()?.len())).unwrap();
        assert_eq!(ids, 2);
        let deleted = engine.transaction(|db| db.table::<Author>().load(cat).map(|author| author.name));
        assert_eq!(deleted.unwrap(), "Cat");
        engine.cancel(ProcessId(1), &boss()).unwrap();
    }
}
