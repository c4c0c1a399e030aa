//! Two versions of a program. The second version finds its rows, its processes and its waiting tasks by different
//! values.

/// The code that both versions share.
macro_rules! version {
    (
        $module:ident,
        $(#[$slug_options:meta])* $slug:ident by $by_slug:ident,
        $(#[$shelf_options:meta])*,
        $(#[$phone_options:meta])* $phone:ty,
        { $($other:tt)* }
    ) => {
        pub mod $module {
            use viewflow::prelude::*;

            #[derive(Entity, Clone, Debug)]
            #[entity(table = "versions_article")]
            pub struct Article {
                #[id]
                pub id: Id<Self>,
                $(#[$slug_options])*
                pub $slug: String,
            }

            #[derive(Message, Clone, Debug)]
            #[message(name = "versions_called", key = phone)]
            pub struct Called {
                $(#[$phone_options])*
                pub phone: $phone,
            }

            #[derive(Process, Clone, Debug)]
            #[process(table = "versions_publication")]
            pub struct Publication {
                pub article: Option<Ref<Article>>,
                $(#[$shelf_options])*
                pub shelf: String,
                $(#[$phone_options])*
                pub phone: $phone,
                pub tries: u32,
            }

            #[derive(Flow)]
            #[flow(process = Publication, name = "versions_article")]
            pub struct ArticleFlow {
                #[input(String)]
                #[call(Self::begin)]
                #[next(read)]
                start: StartHandle,
                #[next(end)]
                read: View,

                #[call(Self::take_phone)]
                #[input($phone)]
                #[next(hear)]
                ring: StartHandle,
                #[message(Called, key = |a| a.process.phone.clone())]
                #[next(end)]
                hear: MessageCatch,

                #[next(later)]
                write: StartHandle,
                #[delay("1m")]
                #[next(insert)]
                later: Timer,
                #[call(Self::insert)]
                #[next(end)]
                insert: Function,

                #[next(search)]
                find: StartHandle,
                #[call(Self::search)]
                #[done(Self::found)]
                #[retry(attempts = 2, backoff = "1s")]
                #[next(end)]
                search: Job,
                end: End,
            }

            impl ArticleFlow {
                fn begin(&self, a: &mut Activation<Self, ()>, input: String) -> Result<()> {
                    a.process.shelf = input;
                    Ok(())
                }

                fn take_phone(&self, a: &mut Activation<Self, ()>, input: $phone) -> Result<()> {
                    a.process.phone = input;
                    Ok(())
                }

                fn insert(&self, a: &mut Activation<Self, ()>) -> Result<()> {
                    a.table().insert(Article { id: Id::NEW, $slug: format!("by process {}", a.process.id) }).map(drop)
                }

                fn search(&self, job: &JobRun<Self>) -> Result<u32> {
                    let found = job.table::<Article>().by(Article::$by_slug, "sought").first()?;
                    // However a handler reports this error, it is not the task's own.
                    found.map(|_| job.attempt).ok_or_else(|| Error::msg("nothing was found"))
                }

                fn found(&self, a: &mut Activation<Self, ()>, attempt: u32) -> Result<()> {
                    a.process.tries = attempt;
                    Ok(())
                }
            }

            /// Inserts an article.
            pub fn insert(engine: &Engine, $slug: &str) -> Result<u64> {
                let article = Article { id: Id::NEW, $slug: $slug.to_owned() };
                engine.transaction(|db| db.table().insert(article.clone())).map(|article| article.id().number())
            }

            /// The articles with this name, found by index.
            pub fn by_name(engine: &Engine, $slug: &str) -> Result<Vec<u64>> {
                let found = engine.transaction(|db| db.table().by(Article::$by_slug, $slug).list())?;
                Ok(found.iter().map(|article| article.id.number()).collect())
            }

            $($other)*
        }
    };
}

version!(
    first,
    #[field(index)]
    slug by BY_SLUG,
    ,
    u32,
    {}
);

version!(
    second,
    #[was("slug")]
    #[field(unique)]
    address by BY_ADDRESS,
    #[field(column, index)],
    #[field(from = |phone: u32| format!("+{phone}"))]
    String,
    {
        /// The processes on a shelf, found by index.
        pub fn by_shelf(engine: &Engine, shelf: &str) -> Result<Vec<u64>> {
            let found = engine.processes::<ArticleFlow>().by(Publication::BY_SHELF, shelf)?;
            Ok(found.iter().map(|process| process.id.0).collect())
        }
    }
);
