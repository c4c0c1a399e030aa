//! Business data in typed tables.

use viewflow::Db;
use viewflow::prelude::*;

use crate::support::{complaints, on_every_store, user};

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "authors", label = name)]
pub struct Author {
    #[id]
    id: Id<Author>,
    #[field(unique, max_length = 20)]
    name: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
struct Post {
    #[id]
    id: Id<Post>,
    author: Ref<Author>,
    #[field(index)]
    year: Option<i32>,
    #[field(unique, key = "web.slug")]
    slug: Option<String>,
}

#[derive(Entity, Clone, Debug, PartialEq)]
struct Comment {
    #[id]
    id: Id<Comment>,
    #[field(on_delete = cascade)]
    post: Ref<Post>,
    #[field(index, on_delete = set_none)]
    editor: Option<Ref<Author>>,
    #[field(on_delete = set_none)]
    readers: Vec<Ref<Author>>,
}

fn author(name: &str) -> Author {
    Author { id: Id::NEW, name: name.to_owned() }
}

fn post(author: Ref<Author>) -> Post {
    Post { id: Id::NEW, author, year: None, slug: None }
}

/// An engine without flows, for its tables.
fn with_tables(test: impl Fn(&Engine)) {
    on_every_store(|store| test(&Engine::builder(store).build().unwrap()));
}

/// The result of `work`, in a transaction of its own.
fn run<R>(engine: &Engine, work: impl Fn(&Db) -> Result<R>) -> R {
    engine.transaction(work).unwrap()
}

fn insert<E: Entity + Clone>(engine: &Engine, entity: E) -> Ref<E> {
    run(engine, |db| db.table().insert(entity.clone()))
}

#[test]
fn a_row_is_inserted_read_changed_and_deleted() {
    with_tables(|engine| {
        let ann = insert(engine, author("ann"));
        assert_eq!(run(engine, |db| db.load(ann)), Author { id: ann.id(), ..author("ann") });
        run(engine, |db| db.table().update(&Author { id: ann.id(), ..author("anna") }));
        assert_eq!(run(engine, |db| db.load(ann)).name, "anna");
        run(engine, |db| db.change(Some(ann), |author| author.name.push('h')));
        assert_eq!(run(engine, |db| db.load(ann)).name, "annah");
        let too_long = engine.transaction(|db| db.change(ann, |author| author.name = "a".repeat(21)));
        assert_eq!(complaints(too_long), ["name: must not be longer than 20 (it is 21 long)"]);
        let none = engine.transaction(|db| db.change(None::<Ref<Author>>, |_| ())).unwrap_err();
        assert!(matches!(none, Error::Empty(_)), "{none}");
        run(engine, |db| db.table::<Author>().delete(ann));
        assert_eq!(run(engine, |db| db.table::<Author>().get(ann)), None);
        let gone = |error: Error| assert!(matches!(error, Error::NoRow { .. }), "{error}");
        gone(engine.transaction(|db| db.load(ann)).unwrap_err());
        gone(engine.transaction(|db| db.table::<Author>().delete(ann)).unwrap_err());
        gone(engine.transaction(|db| db.table().update(&Author { id: ann.id(), ..author("x") })).unwrap_err());
        gone(engine.transaction(|db| db.table().update(&author("x"))).unwrap_err());
    });
}

#[test]
fn a_failed_transaction_writes_nothing() {
    with_tables(|engine| {
        let failed = engine.transaction(|db| {
            db.table().insert(author("ann"))?;
            assert_eq!(db.table::<Author>().all().count()?, 1, "a step sees what it has written");
            Err::<(), _>(Error::msg("no"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(run(engine, |db| db.table::<Author>().all().count()), 0);
    });
}

#[test]
fn rows_are_paged_and_filtered_in_the_order_of_their_insertion() {
    with_tables(|engine| {
        run(engine, |db| (0..700).try_for_each(|i| db.table().insert(author(&format!("a{i:03}"))).map(drop)));
        let names = |rows: Vec<Author>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
        let page = run(engine, |db| db.table::<Author>().all().page(None, 2));
        assert_eq!(names(page.clone()), ["a000", "a001"]);
        assert_eq!(names(run(engine, |db| db.table::<Author>().all().page(Some(page[1].id), 2))), ["a002", "a003"]);
        let filtered = run(engine, |db| db.table().filter(|a: &Author| a.name.ends_with("99")).list());
        assert_eq!(names(filtered), ["a099", "a199", "a299", "a399", "a499", "a599", "a699"]);
        assert_eq!(run(engine, |db| db.table::<Author>().all().count()), 700);
        let changed = run(engine, |db| {
            let table = db.table::<Author>();
            let first = table.all().first()?.unwrap();
            table.delete(first.id)?;
            let second = table.all().first()?.unwrap();
            table.update(&Author { name: "zoe".to_owned(), ..second })?;
            table.insert(author("new"))?;
            table.filter(|a| !a.name.starts_with('a')).list()
        });
        assert_eq!(names(changed), ["zoe", "new"], "a query sees what the step has written");
    });
}

#[test]
fn rows_are_found_by_index() {
    with_tables(|engine| {
        let ann = insert(engine, author("ann"));
        let of = |year| insert(engine, Post { year, ..post(ann) });
        let (first, _, _, last) = (of(Some(2024)), of(None), of(Some(-1)), of(Some(2024)));
        let by = |year: i32| run(engine, |db| db.table::<Post>().by(Post::BY_YEAR, year).list());
        assert_eq!(by(2024).iter().map(|post| post.id).collect::<Vec<_>>(), [first.id(), last.id()]);
        assert_eq!(by(-1).len(), 1);
        assert_eq!(by(1999), []);
        assert_eq!(run(engine, |db| db.table::<Author>().by(Author::BY_NAME, "ann").first()).unwrap().id, ann.id());
        let seen = run(engine, |db| {
            db.table().update(&Post { id: first.id(), year: Some(1999), ..post(ann) })?;
            let by = |year: i32| db.table::<Post>().by(Post::BY_YEAR, year).count();
            Ok((by(2024)?, by(1999)?))
        });
        assert_eq!(seen, (1, 1), "an index sees what the step has written");
        assert_eq!(by(1999).len(), 1);
    });
}

#[test]
fn a_unique_value_is_taken_once() {
    with_tables(|engine| {
        let ann = insert(engine, author("ann"));
        let bob = insert(engine, author("bob"));
        let taken = |result: Result<()>| {
            let error = result.unwrap_err();
            assert!(matches!(&error, Error::NotUnique { row, .. } if *row == ann.id().number()), "{error}");
        };
        taken(engine.transaction(|db| db.table().insert(author("ann")).map(drop)));
        taken(engine.transaction(|db| db.table().update(&Author { id: bob.id(), ..author("ann") })));
        let twice = engine.transaction(|db| {
            db.table().insert(author("carl"))?;
            db.table().insert(author("carl")).map(drop)
        });
        assert!(matches!(twice.unwrap_err(), Error::NotUnique { .. }));
        run(engine, |db| {
            db.table().update(&Author { id: ann.id(), ..author("anna") })?;
            db.table().update(&Author { id: bob.id(), ..author("ann") })
        });
        run(engine, |db| db.table::<Author>().delete(bob));
        insert(engine, author("ann"));
        insert(engine, post(ann));
        insert(engine, post(ann));
    });
}

#[test]
fn a_row_refers_only_to_rows_that_are_there() {
    with_tables(|engine| {
        let nobody = Id::from_number(77).to_ref();
        let error = engine.transaction(|db| db.table().insert(post(nobody))).unwrap_err();
        assert_eq!(error.to_string(), "table `authors` has no row 77, which `post.author` refers to");
        let both = run(engine, |db| {
            let ann = db.table().insert(author("ann"))?;
            db.table().insert(post(ann))
        });
        assert_eq!(run(engine, |db| db.load(db.load(both)?.author)).name, "ann");
    });
}

#[test]
fn deletion_protects_cascades_or_sets_none() {
    with_tables(|engine| {
        let ann = insert(engine, author("ann"));
        let bob = insert(engine, author("bob"));
        let post = insert(engine, post(ann));
        let comment = Comment { id: Id::NEW, post, editor: Some(bob), readers: vec![bob, ann, bob] };
        let comment = insert(engine, comment);

        let error = engine.transaction(|db| db.table::<Author>().delete(ann)).unwrap_err();
        assert!(matches!(error, Error::Protected { .. }), "{error}");

        run(engine, |db| db.table::<Author>().delete(bob));
        let left = run(engine, |db| db.load(comment));
        assert_eq!((left.editor, left.readers), (None, vec![ann]));
        assert_eq!(run(engine, |db| db.table::<Comment>().by(Comment::BY_EDITOR, bob).count()), 0);

        run(engine, |db| db.table::<Post>().delete(post));
        assert_eq!(run(engine, |db| db.table::<Comment>().get(comment)), None, "it went with its post");
        run(engine, |db| db.table::<Author>().delete(ann));
    });
}

#[test]
fn deletion_sees_references_made_and_dropped_in_the_same_step() {
    with_tables(|engine| {
        let ann = insert(engine, author("ann"));
        let made = engine.transaction(|db| {
            db.table().insert(post(ann))?;
            db.table::<Author>().delete(ann)
        });
        assert!(matches!(made.unwrap_err(), Error::Protected { .. }));
        let written = insert(engine, post(ann));
        run(engine, |db| {
            db.table::<Post>().delete(written)?;
            db.table::<Author>().delete(ann)
        });
        assert_eq!(run(engine, |db| db.table::<Author>().all().count()), 0);
    });
}

#[test]
fn rules_of_fields_are_held_and_unknown_keys_kept() {
    with_tables(|engine| {
        let long = author(&"x".repeat(21));
        assert_eq!(
            complaints(engine.transaction(|db| db.table().insert(long.clone()))),
            ["name: must not be longer than 20 (it is 21 long)"]
        );
        let slug = Some("a".repeat(600));
        let ann = insert(engine, author("ann"));
        let error = engine.transaction(|db| db.table().insert(Post { slug: slug.clone(), ..post(ann) })).unwrap_err();
        assert!(error.to_string().contains("`web.slug`"), "{error}");
    });
}

#[derive(Entity, Clone, Debug)]
struct Tagged {
    #[id]
    id: Id<Tagged>,
    #[field(index)]
    tags: Vec<String>,
}

#[test]
fn a_list_is_found_by_each_of_its_items() {
    with_tables(|engine| {
        let tagged = |tags: &[&str]| {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            insert(engine, Tagged { id: Id::NEW, tags })
        };
        let (both, one, _) = (tagged(&["a", "b", "a"]), tagged(&["b"]), tagged(&[]));
        let by = |tag: &str| {
            let found = run(engine, |db| db.table::<Tagged>().by(Tagged::BY_TAGS, tag).list());
            found.iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!((by("a"), by("b")), (vec![both.id()], vec![both.id(), one.id()]));
        assert!(by(&"x".repeat(600)).is_empty(), "what is too long to be a key is found under none");
    });
}

#[test]
fn a_deletion_that_fails_and_is_put_up_with_has_changed_nothing() {
    with_tables(|engine| {
        let (ann, bob) = (insert(engine, author("ann")), insert(engine, author("bob")));
        let comment = Comment { id: Id::NEW, post: insert(engine, post(ann)), editor: Some(bob), readers: vec![bob] };
        let comment = insert(engine, comment);
        insert(engine, post(bob));
        run(engine, |db| {
            assert!(matches!(db.table::<Author>().delete(bob), Err(Error::Protected { .. })));
            Ok(())
        });
        let comment = run(engine, |db| db.load(comment));
        assert_eq!((comment.editor, comment.readers), (Some(bob), vec![bob]));
    });
}

#[test]
fn a_protected_row_may_go_with_the_rows_that_refer_to_it() {
    with_tables(|engine| {
        #[derive(Entity, Clone, Debug)]
        struct Note {
            #[id]
            id: Id<Note>,
            #[field(on_delete = cascade)]
            comment: Ref<Comment>,
            post: Ref<Post>,
        }
        let written = insert(engine, post(insert(engine, author("ann"))));
        let comment = Comment { id: Id::NEW, post: written, editor: None, readers: Vec::new() };
        let comment = insert(engine, comment);
        insert(engine, Note { id: Id::NEW, comment, post: written });
        run(engine, |db| db.table::<Post>().delete(written));
        assert_eq!(run(engine, |db| db.table::<Note>().all().count()), 0);
    });
}

#[test]
fn a_table_carried_out_of_its_step_is_of_no_use() {
    with_tables(|engine| {
        let table = run(engine, |db| Ok(db.table::<Author>()));
        assert!(matches!(table.insert(author("ann")), Err(Error::StepIsOver)));
        assert!(matches!(table.all().list(), Err(Error::StepIsOver)));
    });
}

#[derive(Process, Clone, Debug)]
pub struct Letter {
    pub readers: Vec<Ref<Author>>,
    pub answer: Option<Ref<Author>>,
}

#[derive(Flow)]
#[flow(process = Letter)]
pub struct LetterFlow {
    #[fields(readers, answer)]
    #[next(end)]
    start: Start,
    end: End,
}

#[test]
fn references_to_one_row_and_to_many_are_kept_in_the_document_and_held_when_filled_in() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(LetterFlow::new()).build().unwrap();
        let (ann, bob) = (insert(&engine, author("ann")), insert(&engine, author("bob")));
        let form = StartFields { readers: vec![bob, ann], answer: Some(ann) };
        let process = engine.start(LetterFlow::start, &user("ann"), form).unwrap();
        assert_eq!((process.readers.as_slice(), process.answer), (&[bob, ann][..], Some(ann)));
        let stored = engine.process_record(process.id).unwrap().data;
        assert_eq!(stored["readers"], serde_json::json!([bob.id().number(), ann.id().number()]));
        let gone = Id::<Author>::from_number(99).to_ref();
        for (readers, answer) in [(vec![ann, gone], None), (Vec::new(), Some(gone))] {
            let error = engine.start(LetterFlow::start, &user("ann"), StartFields { readers, answer }).unwrap_err();
            assert!(error.to_string().contains("99"), "{error}");
        }
        assert_eq!(engine.processes::<LetterFlow>().list().unwrap().len(), 1);
    });
}
