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

/// A post that was published, with its languages.
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
    /// A note for the author.
    pub remark: Option<String>,
    /// The languages in which the post is published.
    pub languages: Vec<String>,
}

/// The data of the start: the selected post.
#[derive(Task, Clone, Debug)]
#[task(artifact = Ref<Post>)]
pub struct Selection {}

/// The data of a review: the post.
#[derive(Task, Clone, Debug)]
#[task(seed = Ref<Post>)]
pub struct Review {}

/// The data of a proofreading task: the language.
#[derive(Task, Clone, Debug)]
pub struct Proofread {
    pub language: String,
}

/// The form with which a person starts.
#[derive(Form, Clone, Debug)]
pub struct SelectPost {
    #[field(choices = |db| db.table::<Post>().filter(|post| post.fresh))]
    pub post: Ref<Post>,
}

/// The decision of a reviewer.
#[derive(Form, Clone, Debug)]
pub enum Verdict {
    Approve {
        /// The languages in which the post is published.
        languages: Vec<String>,
    },
    #[case(confirm = "Reject it for good?")]
    Reject {
        /// A note for the author.
        #[field(max_length = 150)]
        remark: String,
    },
}

/// The place where announcements go.
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

    /// Records the publication, in one commit with the business data.
    fn sent(&self, a: &mut Activation<Self, ()>, (): ()) -> Result<()> {
        let mut post = a.load(a.process.seed)?;
        post.fresh = false;
        a.table().update(&post)?;
        let publication = Publication { id: Id::NEW, post: post.id.to_ref(), languages: a.process.languages.clone() };
        a.process.artifact = Some(a.table().insert(publication)?);
        Ok(())
    }
}
