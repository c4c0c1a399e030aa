//! A reader's post is reviewed, proofread in every language and published.

use std::sync::{Arc, Mutex};

use viewflow::prelude::*;

/// Business data: the application's own, in typed tables of the same store.
#[derive(Entity, Clone, Debug)]
#[entity(label = title)]
pub struct Post {
    #[id]
    pub id: Id<Post>,
    #[field(max_length = 80)]
    pub title: String,
    pub body: String,
    /// Not published yet.
    pub fresh: bool,
}

/// What became of a post.
#[derive(Entity, Clone, Debug)]
pub struct Publication {
    #[id]
    pub id: Id<Publication>,
    #[field(index)]
    pub post: Ref<Post>,
    pub languages: Vec<String>,
}

/// Workflow data: fields that live in the process's document.
#[derive(Process, Clone, Debug)]
#[process(seed = Ref<Post>, artifact = Ref<Publication>)]
pub struct PublishProcess {
    /// What the author should know.
    pub remark: Option<String>,
    /// Into which languages the post goes.
    pub languages: Vec<String>,
}

/// What the start knows: which post was selected.
#[derive(Task, Clone, Debug)]
#[task(artifact = Ref<Post>)]
pub struct Selection {}

/// What a review knows: the post.
#[derive(Task, Clone, Debug)]
#[task(seed = Ref<Post>)]
pub struct Review {}

/// What a proofreader knows: the language.
#[derive(Task, Clone, Debug)]
pub struct Proofread {
    pub language: String,
}

/// What a person fills in to start.
#[derive(Form, Clone, Debug)]
pub struct SelectPost {
    #[field(choices = |db| db.table::<Post>().filter(|post| post.fresh))]
    pub post: Ref<Post>,
}

/// What a reviewer says.
#[derive(Form, Clone, Debug)]
pub enum Verdict {
    Approve {
        /// Into which languages the post goes.
        languages: Vec<String>,
    },
    Reject {
        /// What the author should know.
        #[field(max_length = 150)]
        remark: String,
    },
}

/// Where announcements go.
pub type Mailer = Arc<Mutex<Vec<String>>>;

/// Publish a post.
///
/// A reader's post is reviewed, proofread in every language and published.
#[derive(Flow)]
#[flow(process = PublishProcess)]
pub struct PublishFlow {
    mailer: Mailer,

    #[form(SelectPost)]
    #[submit(Self::select)]
    #[next(review, task_seed = |a| a.task.artifact)]
    start: Start<Selection>,

    #[form(Verdict)]
    #[submit(Self::judge)]
    #[case(Approve => languages)]
    #[case(Reject => end)]
    review: View<Review>,

    #[branch(proofread, task_data_source = |a| a.process.languages.iter().map(|l| Proofread { language: l.clone() }))]
    languages: Split,

    #[next(gather)]
    proofread: View<Proofread>,

    #[next(send)]
    gather: Join,

    #[call(Self::send)]
    #[done(Self::sent)]
    #[retry(attempts = 3, backoff = "10s")]
    #[next(end)]
    send: Job,

    end: End,
}

impl PublishFlow {
    fn select(&self, a: &mut Activation<Self, Selection>, form: SelectPost) -> Result<()> {
        a.process.seed = Some(form.post);
        a.task.artifact = Some(form.post);
        Ok(())
    }

    fn judge(&self, a: &mut Activation<Self, Review>, verdict: Verdict) -> Result<()> {
        match verdict {
            Verdict::Approve { languages } => a.process.languages = languages,
            Verdict::Reject { remark } => a.process.remark = Some(remark),
        }
        Ok(())
    }

    /// Runs on a worker, outside of any step: it cannot be undone.
    fn send(&self, job: &JobRun<Self>) -> Result<()> {
        let post = job.load(job.process.seed)?;
        let mut sent = self.mailer.lock().map_err(|_| Error::msg("the mailer is out of order"))?;
        sent.push(format!("{} is out in {}", post.title, job.process.languages.join(", ")));
        Ok(())
    }

    /// Records it, in one commit with the business data.
    fn sent(&self, a: &mut Activation<Self, ()>, (): ()) -> Result<()> {
        let mut post = a.load(a.process.seed)?;
        post.fresh = false;
        a.table().update(&post)?;
        let publication = Publication { id: Id::NEW, post: post.id.to_ref(), languages: a.process.languages.clone() };
        a.process.artifact = Some(a.table().insert(publication)?);
        Ok(())
    }
}
