//! The calls about what a node waits for (a worker, a time, a signal, a message), and what it sends.

#[cfg(feature = "tokio")]
use std::any::Any;
#[cfg(feature = "tokio")]
use std::sync::Arc;
use std::time::Duration;

use viewflow_graph::{Attribute, Kind};

use super::NodeBuilder;
use super::connect::Retry;
use super::erase::ask;
use crate::data::document;
use crate::data::field::FieldType;
#[cfg(feature = "tokio")]
use crate::definition::BoxFuture;
use crate::definition::{After, Behavior, Letter, MessageDef, Run, Schedule, Wait};
use crate::error::{Error, Place, Result};
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::in_step::ReadOnly;
use crate::flow::job::{JobRun, flow_of};
use crate::flow::message::{Message, correlation, form_of_key, key_of_today};
use crate::flow::node::Input;
use crate::flow::task::Task;
use crate::moment::IntoMoment;

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    /// Sets the handler of a job.
    pub fn job<R: 'static>(self, run: impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static) -> Self {
        self.work(Run::Here(Box::new(move |flow, attempt| {
            let value = run(&*flow_of::<F>(flow)?, &attempt.open()?)?;
            Ok(Box::new(value))
        })))
    }

    /// Sets the handler of a job, and the handler for the value that it returns. The latter runs in the step that
    /// records the value.
    pub fn job_done<R: Input>(
        self,
        run: impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static,
        done: impl Fn(&F, &mut Activation<F, T>, R) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.job(run).call_with(done)
    }

    /// As [`NodeBuilder::job`], with a future.
    #[cfg(feature = "tokio")]
    pub fn future<R: Send + 'static>(
        self,
        run: impl Fn(Arc<F>, JobRun<F, T>) -> BoxFuture<Result<R>> + Send + Sync + 'static,
    ) -> Self {
        self.work(Run::Future(Box::new(move |flow, attempt| {
            match flow_of::<F>(flow).and_then(|flow| Ok(run(flow, attempt.open()?))) {
                Ok(future) => Box::pin(async move { future.await.map(|value| Box::new(value) as Box<dyn Any + Send>) }),
                Err(error) => Box::pin(std::future::ready(Err(error))),
            }
        })))
    }

    /// As [`NodeBuilder::job_done`], with a future.
    #[cfg(feature = "tokio")]
    pub fn future_done<R: Input + Send>(
        self,
        run: impl Fn(Arc<F>, JobRun<F, T>) -> BoxFuture<Result<R>> + Send + Sync + 'static,
        done: impl Fn(&F, &mut Activation<F, T>, R) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.future(run).call_with(done)
    }

    fn work(mut self, run: Run) -> Self {
        self.told(&[Attribute::Call]);
        self.pending().run = Some(run);
        self
    }

    /// Sets how a job is tried again: how often it is tried, how long to wait after the first failure, and the longest
    /// wait. The wait doubles after each further failure.
    pub fn retry(mut self, attempts: u32, backoff: Duration, max: Duration) -> Self {
        self.told(&[Attribute::Retry]);
        self.pending().retry = Some(Retry { attempts, backoff, max });
        self
    }

    /// Sets how long one attempt at a job may take.
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.told(&[Attribute::Timeout]);
        self.pending().timeout = Some(longest);
        self
    }

    /// Sets how long a timer waits, or a job before it begins.
    pub fn delay(self, wait: Duration) -> Self {
        self.delayed(After::Fixed(wait))
    }

    /// As [`NodeBuilder::delay`], but asked when the task is made.
    pub fn delay_by<M: IntoMoment>(
        self,
        wait: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.delayed(After::Asked(ask(move |flow, a| wait(flow, a).map(IntoMoment::into_moment))))
    }

    fn delayed(mut self, after: After) -> Self {
        self.told(&[Attribute::Delay]);
        self.pending().delay = Some(after);
        self
    }

    /// Sets the signal that is caught or thrown.
    pub fn signal(mut self, name: &'static str) -> Self {
        match self.def().kind {
            Kind::SignalThrow => self.acts(&[Attribute::Signal], Behavior::Signal(name)),
            _ => self.waits(&[Attribute::Signal], Wait::Signal(name)),
        }
    }

    /// Sets the message that is sent.
    pub fn send<M: Message>(
        self,
        message: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.flow.note_message::<M>();
        self.acts(&[Attribute::Message], Behavior::Send(M::NAME, ask(move |flow, a| Letter::of(&message(flow, a)?))))
    }

    /// Sets the message that the task waits for, and its correlation key.
    pub fn message<M: Message, K: IntoKey<M::Key>>(
        self,
        key: impl Fn(&F, &Activation<F, T>) -> Result<K> + Send + Sync + 'static,
    ) -> Self {
        self.flow.note_message::<M>();
        self.waits(
            &[Attribute::Message],
            Wait::Message(MessageDef {
                name: M::NAME,
                key: ask(move |flow, a| correlation(&key(flow, a)?.into_key())),
                latch: M::LATCH,
                form: form_of_key::<M>,
                key_of_today: key_of_today::<M>,
                parse: |content| Ok(Box::new(document::read::<M>(content)?)),
                letter: |content| {
                    let wrong = |errors| Error::Data { at: Place::of_message(M::NAME), errors };
                    Letter::of(&document::read::<M>(content).map_err(wrong)?)
                },
                sent: |content| {
                    document::check_depth(content)?;
                    let wrong = |errors| Error::Form { at: Place::of_message(M::NAME), errors };
                    Letter::of(&document::read_sent::<M>(content).map_err(wrong)?)
                },
            }),
        )
    }

    /// Sets the time from one start to the next.
    pub fn every(mut self, interval: Duration) -> Self {
        self.told(&[Attribute::Every]);
        self.def().schedule = Some(Schedule::every(interval));
        self
    }

    /// Sets when processes start, in the syntax of crontab, and the time zone: UTC if none is given, the computer's
    /// zone for `"local"`.
    #[cfg(feature = "cron")]
    pub fn cron(mut self, pattern: &str, zone: Option<&str>) -> Self {
        // `every` and `cron` exclude each other, as a start has one rhythm.
        self.told(&[Attribute::Every]);
        match Schedule::cron(pattern, zone) {
            Ok(schedule) => self.def().schedule = Some(schedule),
            Err(message) => {
                let problem = format!("flow `{}`: `{}`: {message}", F::NAME, self.def().name);
                self.flow.definition.problems.push(problem);
            }
        }
        self
    }
}

/// A value that a catch may give as the correlation key of its message.
#[diagnostic::on_unimplemented(
    message = "expected a correlation key of type `{K}`, found `{Self}`",
    label = "write `key = |a| ..` with a value of the message's key field"
)]
pub trait IntoKey<K> {
    /// Returns the key.
    fn into_key(self) -> K;
}

#[diagnostic::do_not_recommend]
impl<K: FieldType> IntoKey<K> for K {
    fn into_key(self) -> K {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<K: FieldType + Copy> IntoKey<K> for ReadOnly<K> {
    fn into_key(self) -> K {
        *self
    }
}
