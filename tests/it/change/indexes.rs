//! Types whose rows are now found by other indexes than those that were written.

use std::sync::Arc;

use viewflow::prelude::*;
use viewflow::{Flow, Store};
use viewflow_testing::{crash_points, inconsistencies};

use crate::support::{do_next, on_every_store};

/// A flow `article`, whose processes refer to an article.
macro_rules! version {
    ($module:ident { $($article:tt)* } { $($process:tt)* }) => {
        mod $module {
            use viewflow::prelude::*;

            $($article)*

            #[derive(Process, Clone, Debug)]
            #[process(table = "change_publication")]
            pub struct Publication {
                pub article: Option<Ref<Article>>,
                $($process)*
            }

            #[derive(Flow)]
            #[flow(process = Publication, name = "change_article")]
            pub struct ArticleFlow {
                #[input(String)]
                #[call(Self::begin)]
                #[next(read)]
                start: StartHandle,
                #[next(end)]
                read: View,
                end: End,
            }
        }
    };
}

version!(plain {
    #[derive(Entity, Clone, Debug)]
    #[entity(table = "change_article")]
    pub struct Article {
        #[id]
        pub id: Id<Self>,
        pub slug: String,
        pub about: Option<Ref<Self>>,
    }
} {
    pub shelf: String,
});
impl plain::ArticleFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, input: String) -> Result<()> {
        a.process.shelf = input;
        Ok(())
    }
}

version!(indexed {
    #[derive(Entity, Clone, Debug)]
    #[entity(table = "change_article")]
    pub struct Article {
        #[id]
        pub id: Id<Self>,
        #[field(index)]
        pub slug: String,
        #[field(on_delete = cascade)]
        pub about: Option<Ref<Self>>,
    }
} {
    #[field(column, index)]
    pub shelf: String,
});
impl indexed::ArticleFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, input: String) -> Result<()> {
        a.process.shelf = input;
        Ok(())
    }
}

version!(renamed {
    #[derive(Entity, Clone, Debug)]
    #[entity(table = "change_article")]
    pub struct Article {
        #[id]
        pub id: Id<Self>,
        #[was("slug")]
        #[field(unique)]
        pub address: String,
        #[field(on_delete = set_none)]
        pub about: Option<Ref<Self>>,
    }
} {
    #[was("shelf")]
    #[field(column, index)]
    pub place: String,
});
impl renamed::ArticleFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, input: String) -> Result<()> {
        a.process.place = input;
        Ok(())
    }
}

fn engine<F: Flow>(store: &Arc<dyn Store>, flow: F) -> Result<Engine> {
    Engine::builder(Arc::clone(store)).flow(flow).build()
}

/// More articles than one step rewrites, and processes on four shelves.
fn filled(store: &Arc<dyn Store>) {
    let engine = engine(store, plain::ArticleFlow::new()).unwrap();
    let insert = |slug: String, about| plain::Article { id: Id::NEW, slug, about };
    engine
        .transaction(|db| {
            let first = db.table().insert(insert("a0".to_owned(), None))?;
            (1..150).try_for_each(|number| db.table().insert(insert(format!("a{number}"), Some(first))).map(drop))
        })
        .unwrap();
    for number in 0..8 {
        engine.run(plain::ArticleFlow::start, format!("shelf {}", number % 4)).unwrap();
    }
}

fn by_slug(engine: &Engine, slug: &str) -> Vec<u64> {
    let found = engine.transaction(|db| db.table().by(indexed::Article::BY_SLUG, slug).list()).unwrap();
    found.iter().map(|article| article.id.number()).collect()
}

fn by_address(engine: &Engine, address: &str) -> Vec<u64> {
    let found = engine.transaction(|db| db.table().by(renamed::Article::BY_ADDRESS, address).list()).unwrap();
    found.iter().map(|article| article.id.number()).collect()
}

fn by_shelf(engine: &Engine, shelf: &str) -> Vec<u64> {
    let found = engine.processes::<indexed::ArticleFlow>().by(indexed::Publication::BY_SHELF, shelf).unwrap();
    found.iter().map(|process| process.id.0).collect()
}

#[test]
fn what_was_there_before_an_index_is_found_by_it_and_under_the_new_name_of_its_field() {
    on_every_store(|store| {
        filled(&store);
        {
            let engine = engine(&store, indexed::ArticleFlow::new()).unwrap();
            assert_eq!((by_slug(&engine, "a0"), by_slug(&engine, "a149")), (vec![1], vec![150]));
            assert_eq!(by_shelf(&engine, "shelf 1"), [2, 6], "fields that became columns are found, too");
            let id = ProcessId(2);
            do_next(&engine, indexed::ArticleFlow::read, id, ());
            assert_eq!(engine.process::<indexed::ArticleFlow>(id).unwrap().shelf, "shelf 1");
            assert_eq!(inconsistencies(&*store), Vec::<String>::new());
        }
        let engine = engine(&store, renamed::ArticleFlow::new()).unwrap();
        assert_eq!(by_address(&engine, "a7"), [8]);
        let by_place = |place: &str| {
            engine.processes::<renamed::ArticleFlow>().by(renamed::Publication::BY_PLACE, place).unwrap().len()
        };
        assert_eq!((by_place("shelf 1"), by_place("shelf 9")), (2, 0));
        let taken = renamed::Article { id: Id::NEW, address: "a7".to_owned(), about: None };
        let refused = engine.transaction(|db| db.table().insert(taken.clone()));
        assert!(matches!(refused, Err(Error::NotUnique { row: 8, .. })), "{refused:?}");
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn what_happens_to_rows_when_another_one_is_deleted_is_as_their_type_says_now() {
    on_every_store(|store| {
        filled(&store);
        let first = Id::<plain::Article>::from_number(1);
        let refused = engine(&store, plain::ArticleFlow::new()).unwrap().transaction(|db| db.table().delete(first));
        assert!(matches!(refused, Err(Error::Protected { .. })), "{refused:?}");
        let engine = engine(&store, renamed::ArticleFlow::new()).unwrap();
        engine.transaction(|db| db.table().delete(Id::<renamed::Article>::from_number(1))).unwrap();
        let left = engine.transaction(|db| db.table::<renamed::Article>().all().list()).unwrap();
        assert!(left.len() == 149 && left.iter().all(|article| article.about.is_none()));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn an_index_that_is_to_be_unique_and_is_not_is_refused_and_the_version_before_goes_on() {
    on_every_store(|store| {
        filled(&store);
        let twice = indexed::Article { id: Id::NEW, slug: "a7".to_owned(), about: None };
        engine(&store, indexed::ArticleFlow::new())
            .unwrap()
            .transaction(|db| db.table().insert(twice.clone()))
            .unwrap();
        for _ in 0..2 {
            let error = engine(&store, renamed::ArticleFlow::new()).unwrap_err().to_string();
            assert!(error.contains("`address` of the table `change_article` is to be unique, and row"), "{error}");
        }
        let engine = engine(&store, indexed::ArticleFlow::new()).unwrap();
        assert_eq!(by_slug(&engine, "a7"), [8, 151]);
        assert_eq!(by_slug(&engine, "a3"), [4], "a rewritten article is found as before");
        assert_eq!(by_shelf(&engine, "shelf 3"), [4, 8]);
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn references_that_are_to_be_set_to_none_are_so_under_other_names_and_in_columns() {
    mod first {
        use viewflow::prelude::*;

        #[derive(Entity, Clone, Debug)]
        #[entity(table = "change_page")]
        pub struct Page {
            #[id]
            pub id: Id<Self>,
            #[field(on_delete = set_none)]
            pub about: Option<Ref<Self>>,
        }

        #[derive(Process, Clone, Debug)]
        #[process(table = "change_visit")]
        pub struct Visit {
            pub page: Option<Ref<Page>>,
        }

        #[derive(Flow)]
        #[flow(process = Visit, name = "change_visit")]
        pub struct VisitFlow {
            #[input(Ref<Page>)]
            #[call(Self::begin)]
            #[next(end)]
            start: StartHandle,
            end: End,
        }

        impl VisitFlow {
            fn begin(&self, a: &mut Activation<Self, ()>, page: Ref<Page>) -> Result<()> {
                a.process.page = Some(page);
                Ok(())
            }
        }
    }
    mod second {
        use viewflow::prelude::*;

        #[derive(Entity, Clone, Debug)]
        #[entity(table = "change_page")]
        pub struct Page {
            #[id]
            pub id: Id<Self>,
            #[was("about")]
            #[field(on_delete = set_none)]
            pub parent: Option<Ref<Self>>,
        }

        #[derive(Process, Clone, Debug)]
        #[process(table = "change_visit")]
        pub struct Visit {
            #[field(column, on_delete = set_none)]
            pub page: Option<Ref<Page>>,
        }

        #[derive(Flow)]
        #[flow(process = Visit, name = "change_visit")]
        pub struct VisitFlow {
            #[next(end)]
            start: StartHandle,
            end: End,
        }
    }
    on_every_store(|store| {
        let old = engine(&store, first::VisitFlow::new()).unwrap();
        let insert = |about| old.transaction(|db| db.table().insert(first::Page { id: Id::NEW, about })).unwrap();
        let page = insert(None);
        insert(Some(page));
        let id = old.run(first::VisitFlow::start, page).unwrap().id;
        drop(old);
        let engine = engine(&store, second::VisitFlow::new()).unwrap();
        engine.transaction(|db| db.table().delete(Id::<second::Page>::from_number(1))).unwrap();
        let left = engine.transaction(|db| db.table::<second::Page>().all().list()).unwrap();
        assert!(left.len() == 1 && left[0].parent.is_none(), "{left:?}");
        assert!(engine.process::<second::VisitFlow>(id).unwrap().page.is_none());
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn what_could_not_be_read_is_looked_at_again() {
    mod row {
        macro_rules! version {
            ($module:ident, $($n:tt)*) => {
                pub mod $module {
                    use viewflow::prelude::*;

                    #[derive(Entity, Clone, Debug)]
                    #[entity(table = "change_row")]
                    pub struct Row {
                        #[id]
                        pub id: Id<Self>,
                        $($n)*
                    }
                }
            };
        }
        version!(first, pub slug: String, pub n: u32);
        version!(unreadable, #[field(index)] pub slug: String, pub n: String);
        version!(mended, #[field(index)] pub slug: String, #[field(from = |n: u32| n.to_string())] pub n: String);
    }
    on_every_store(|store| {
        let builder = || Engine::builder(store.clone());
        let row = row::first::Row { id: Id::NEW, slug: "a".to_owned(), n: 1 };
        let engine = builder().table::<row::first::Row>().build().unwrap();
        engine.transaction(|db| db.table().insert(row.clone())).unwrap();
        drop(engine);
        builder().table::<row::unreadable::Row>().build().unwrap();
        let engine = builder().table::<row::mended::Row>().build().unwrap();
        assert_eq!(engine.transaction(|db| db.table().by(row::mended::Row::BY_SLUG, "a").count()).unwrap(), 1);
    });
}

#[test]
fn what_is_of_a_flow_that_comes_later_is_looked_at_then() {
    mod other {
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[flow(process = super::plain::Publication, name = "change_other")]
        pub struct OtherFlow {
            #[next(end)]
            start: StartHandle,
            end: End,
        }
    }
    mod other_indexed {
        use viewflow::prelude::*;

        #[derive(Flow)]
        #[flow(process = super::indexed::Publication, name = "change_other")]
        pub struct OtherFlow {
            #[next(end)]
            start: StartHandle,
            end: End,
        }
    }
    on_every_store(|store| {
        engine(&store, other::OtherFlow::new()).unwrap().run(other::OtherFlow::start, ()).unwrap();
        drop(engine(&store, indexed::ArticleFlow::new()).unwrap());
        let builder = Engine::builder(store.clone()).flow(indexed::ArticleFlow::new());
        let engine = builder.flow(other_indexed::OtherFlow::new()).build().unwrap();
        let of_other = engine.processes::<other_indexed::OtherFlow>();
        assert_eq!(of_other.by(indexed::Publication::BY_SHELF, "").unwrap().len(), 1);
    });
}

#[test]
fn rows_are_looked_at_once() {
    on_every_store(|store| {
        filled(&store);
        drop(engine(&store, indexed::ArticleFlow::new()).unwrap());
        let revisions = || store.rows("change_article", 0, 200).unwrap().iter().map(|(_, row)| row.revision).max();
        let before = revisions();
        drop(engine(&store, indexed::ArticleFlow::new()).unwrap());
        assert_eq!(revisions(), before);
    });
}

#[test]
fn a_table_to_which_no_flow_refers_is_told_to_the_builder() {
    mod first {
        use viewflow::prelude::*;

        #[derive(Entity, Clone, Debug)]
        #[entity(table = "change_tag")]
        pub struct Tag {
            #[id]
            pub id: Id<Self>,
            pub name: String,
        }
    }
    mod second {
        use viewflow::prelude::*;

        #[derive(Entity, Clone, Debug)]
        #[entity(table = "change_tag")]
        pub struct Tag {
            #[id]
            pub id: Id<Self>,
            #[field(index)]
            pub name: String,
        }
    }
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).table::<first::Tag>().build().unwrap();
        let tag = first::Tag { id: Id::NEW, name: "red".to_owned() };
        engine.transaction(|db| db.table().insert(tag.clone())).unwrap();
        drop(engine);
        let engine = Engine::builder(store.clone()).table::<second::Tag>().build().unwrap();
        let found = engine.transaction(|db| db.table().by(second::Tag::BY_NAME, "red").count()).unwrap();
        assert_eq!(found, 1);
        let error = Engine::builder(store.clone()).table::<first::Tag>().table::<second::Tag>().build().unwrap_err();
        let told = error.to_string();
        assert!(told.contains("the table `change_tag` has rows of two types") && told.contains("first::Tag"), "{told}");
    });
}

#[test]
fn wherever_it_is_broken_off_every_row_is_found_by_the_version_that_comes_next() {
    let crashes = crash_points(
        || {
            let store = Arc::new(MemoryStore::new());
            filled(&(store.clone() as Arc<dyn Store>));
            drop(engine(&(store.clone() as Arc<dyn Store>), indexed::ArticleFlow::new()).unwrap());
            store
        },
        Arc::clone,
        |store| engine(&store, renamed::ArticleFlow::new()).map(drop),
        |store, _| {
            // The earlier version goes on as well, over a copy, so that it repairs nothing for the other engine.
            let copy: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let mut lines = Vec::new();
            viewflow::store::export(store, &mut lines, |_| {}).unwrap();
            viewflow::store::import(&*copy, lines.as_slice(), |_| {}).unwrap();
            let builder = Engine::builder(Arc::clone(&copy)).flow(indexed::ArticleFlow::new());
            let engine = builder.take_over().build().unwrap();
            for number in [0, 70, 149] {
                assert_eq!(by_slug(&engine, &format!("a{number}")), [number + 1]);
            }
            assert_eq!(by_shelf(&engine, "shelf 2"), [3, 7]);
        },
    );
    assert!(crashes >= 10, "{crashes}");
}
