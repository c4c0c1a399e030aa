//! The signatures that methods and closures named by attributes must have, with messages for the people that write
//! them.
//!
//! Only `#[derive(Flow)]` uses these traits. It applies them to the user's code, where rustc reports a mistake in the
//! words given here.
//!
//! Each trait for methods has two implementations, and one of them is for nothing ([`Never`]). With only one
//! implementation, rustc would report what that one wants of the method, and not the trait's message.

use std::marker::PhantomData;

use crate::data::field::FieldType;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::job::JobRun;
use crate::flow::process::Process;
use crate::flow::task::{IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, Task};

/// A trait that no type implements.
pub trait Never {}

/// The marker of the implementation that fits.
#[derive(Debug)]
pub struct Fits;

/// A method that works on an activation.
#[diagnostic::on_unimplemented(
    message = "expected a method `fn name(&self, a: &mut Activation<Self, {T}>) -> Result<()>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait CallMethod<F, T, By> {
    /// Returns the method.
    fn method(self) -> impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, M> CallMethod<F, T, Fits> for M
where
    M: Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static,
{
    fn method(self) -> impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, M: Never> CallMethod<F, T, ()> for M {
    fn method(self) -> impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static {
        |_: &F, _: &mut Activation<F, T>| Err(Error::Internal("a method that does not fit"))
    }
}

/// A method that works on an activation with an input.
#[diagnostic::on_unimplemented(
    message = "expected a method `fn name(&self, a: &mut Activation<Self, {T}>, given: {In}) -> Result<()>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait InputMethod<F, T, In, By> {
    /// Returns the method.
    fn method(self) -> impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, In, M> InputMethod<F, T, In, Fits> for M
where
    M: Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static,
{
    fn method(self) -> impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, In, M: Never> InputMethod<F, T, In, ()> for M {
    fn method(self) -> impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static {
        |_: &F, _: &mut Activation<F, T>, _: In| Err(Error::Internal("a method that does not fit"))
    }
}

/// A method that answers a question about an activation.
#[diagnostic::on_unimplemented(
    message = "expected a method `fn name(&self, a: &Activation<Self, {T}>) -> Result<{R}>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait QuestionMethod<F, T, R, By> {
    /// Returns the method.
    fn method(self) -> impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, R, M> QuestionMethod<F, T, R, Fits> for M
where
    M: Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
{
    fn method(self) -> impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, R, M: Never> QuestionMethod<F, T, R, ()> for M {
    fn method(self) -> impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static {
        |_: &F, _: &Activation<F, T>| Err(Error::Internal("a method that does not fit"))
    }
}

/// A method that answers a question about an activation and the case that a person chose.
#[diagnostic::on_unimplemented(
    message = "expected a method `fn name(&self, a: &Activation<Self, {T}>, case: &{V}) -> Result<{R}>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait CaseMethod<F, T, V, R, By> {
    /// Returns the method. The case is a parameter before it, so that rustc blames the method for a mismatch.
    fn method(case: &V, method: Self) -> impl Fn(&F, &Activation<F, T>, &V) -> Result<R>;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, V, R, M> CaseMethod<F, T, V, R, Fits> for M
where
    M: Fn(&F, &Activation<F, T>, &V) -> Result<R>,
{
    fn method(_: &V, method: Self) -> impl Fn(&F, &Activation<F, T>, &V) -> Result<R> {
        method
    }
}
#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, V, R, M: Never> CaseMethod<F, T, V, R, ()> for M {
    fn method(_: &V, _: Self) -> impl Fn(&F, &Activation<F, T>, &V) -> Result<R> {
        |_: &F, _: &Activation<F, T>, _: &V| Err(Error::Internal("a method that does not fit"))
    }
}

/// A method that a worker runs.
#[diagnostic::on_unimplemented(
    message = "expected a method `fn name(&self, job: &JobRun<Self, {T}>) -> Result<..>`",
    label = "this method has another signature",
    note = "it runs outside of the step: to change the process with what it returns, add `#[done(Self::..)]`; an `async` \
            method is named by `#[call(async Self::..)]`"
)]
pub trait JobMethod<F, T, R, By> {
    /// Returns the method.
    fn method(self) -> impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, R, M> JobMethod<F, T, R, Fits> for M
where
    M: Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static,
{
    fn method(self) -> impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, R, M: Never> JobMethod<F, T, R, ()> for M {
    fn method(self) -> impl Fn(&F, &JobRun<F, T>) -> Result<R> + Send + Sync + 'static {
        |_: &F, _: &JobRun<F, T>| Err(Error::Internal("a method that does not fit"))
    }
}

/// A method that takes the value that a job returned.
#[diagnostic::on_unimplemented(
    message = "the job returns `{In}`: expected a method `fn name(&self, a: &mut Activation<Self, {T}>, value: {In}) -> Result<()>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait DoneMethod<F, T, In, By> {
    /// Returns the method. The job's value is a parameter before it, so that rustc blames the method for a mismatch.
    fn method(
        value: PhantomData<In>,
        method: Self,
    ) -> impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, In, M> DoneMethod<F, T, In, Fits> for M
where
    M: Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static,
{
    fn method(
        _: PhantomData<In>,
        method: Self,
    ) -> impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static {
        method
    }
}
#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, In, M: Never> DoneMethod<F, T, In, ()> for M {
    fn method(
        _: PhantomData<In>,
        method: Self,
    ) -> impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static {
        let _ = method;
        |_: &F, _: &mut Activation<F, T>, _: In| Err(Error::Internal("a method that does not fit"))
    }
}

/// Returns the type of the value that a job returns.
pub fn value_of<F: Flow, T: Task, R>(_: &impl Fn(&F, &JobRun<F, T>) -> Result<R>) -> PhantomData<R> {
    PhantomData
}

/// A list of seeds.
#[diagnostic::on_unimplemented(
    message = "expected a list of seeds of type `{S}`, one for each task, found `{Self}`",
    label = "give a `Vec`, an array or an iterator of `{S}`"
)]
pub trait SeedItems<S> {
    /// Returns the seeds.
    ///
    /// # Errors
    /// As [`IntoSeed::into_seed`].
    fn seeds(self) -> Result<Vec<S>>;
}

#[diagnostic::do_not_recommend]
impl<S, I: IntoIterator<Item: IntoSeed<S>>> SeedItems<S> for I {
    fn seeds(self) -> Result<Vec<S>> {
        self.into_iter().map(IntoSeed::into_seed).collect()
    }
}

/// A list of data.
#[diagnostic::on_unimplemented(
    message = "expected a list of data of type `{T}`, one for each task, found `{Self}`",
    label = "give a `Vec`, an array or an iterator of `{T}`"
)]
pub trait DataItems<T> {
    /// Returns the data.
    fn data(self) -> Vec<T>;
}

#[diagnostic::do_not_recommend]
impl<T, I: IntoIterator<Item: IntoData<T>>> DataItems<T> for I {
    fn data(self) -> Vec<T> {
        self.into_iter().map(IntoData::into_data).collect()
    }
}

/// The data of a sub-process.
#[diagnostic::on_unimplemented(
    message = "expected the data of a process of this flow, a `{P}`, found `{Self}`",
    label = "this gives a `{Self}`: write `{P} {{ .. }}`"
)]
pub trait IntoProcess<P> {
    /// Returns the data.
    fn into_process(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<P: Process> IntoProcess<P> for P {
    fn into_process(self) -> P {
        self
    }
}

/// The data of a join to which a split without items goes on: [`NoDataNeeded`], with a message for this case.
#[diagnostic::on_unimplemented(
    message = "a split without items leads on to this join, and nothing gives the join its data, a `{Self}`",
    label = "give all fields a default, or add `#[otherwise(..)]` to the split"
)]
pub trait EmptySplitData {
    /// The proof that it may be left out.
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: NoDataNeeded> EmptySplitData for T {}

/// The seed of a join to which a split without items goes on: [`NoSeedNeeded`], with a message for this case.
#[diagnostic::on_unimplemented(
    message = "a split without items leads on to this join, and nothing gives the join its seed, a `{Self}`",
    label = "make the seed an `Option`, or add `#[otherwise(..)]` to the split"
)]
pub trait EmptySplitSeed {
    /// The proof that it may be left out.
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl<S: FieldType + NoSeedNeeded> EmptySplitSeed for S {}
