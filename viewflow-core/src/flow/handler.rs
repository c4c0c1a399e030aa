//! What the methods and closures that attributes name have to be like, in words for those who write them.
//!
//! `#[derive(Flow)]` asks these traits and nothing else does: what they are asked of stands in the user's code, where rustc
//! tells of a mistake with the words given here.
//!
//! A method is held against a trait that has two implementations, one of which is for nothing ([`Never`]): where there is only
//! one, rustc tells what that one wants of the method, and not what the trait says.

use std::marker::PhantomData;

use crate::data::field::FieldType;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::job::JobRun;
use crate::flow::process::Process;
use crate::flow::task::{IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, Task};

/// Nothing is this.
pub trait Never {}

/// How a method fits.
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
    /// The method.
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

/// A method that works on an activation with what is handed in.
#[diagnostic::on_unimplemented(
    message = "expected a method `fn name(&self, a: &mut Activation<Self, {T}>, given: {In}) -> Result<()>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait InputMethod<F, T, In, By> {
    /// The method.
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
    /// The method.
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
    /// The method. The case is told first, so that it is the method that is wrong.
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
    /// The method.
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

/// A method that takes what a job returned.
#[diagnostic::on_unimplemented(
    message = "the job returns `{In}`: expected a method `fn name(&self, a: &mut Activation<Self, {T}>, value: {In}) -> Result<()>`",
    label = "this method has another signature",
    note = "`Result` is `viewflow::Result`: within the method `?` makes an `io::Error` a `viewflow::Error`, and \
            `.map_err(Error::other)?` any other error"
)]
pub trait DoneMethod<F, T, In, By> {
    /// The method. What the job returns is told first, so that it is the method that is wrong.
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

/// The type of what a job returns.
pub fn value_of<F: Flow, T: Task, R>(_: &impl Fn(&F, &JobRun<F, T>) -> Result<R>) -> PhantomData<R> {
    PhantomData
}

/// A list of seeds.
#[diagnostic::on_unimplemented(
    message = "expected a list of seeds of type `{S}`, one for each task, found `{Self}`",
    label = "give a `Vec`, an array or an iterator of `{S}`"
)]
pub trait SeedItems<S> {
    /// The seeds.
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
    /// The data.
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
    /// The data.
    fn into_process(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<P: Process> IntoProcess<P> for P {
    fn into_process(self) -> P {
        self
    }
}

/// The data of a join that a split without items goes on to: [`NoDataNeeded`], in words for that.
#[diagnostic::on_unimplemented(
    message = "a split without items leads on to this join, and nothing gives the join its data, a `{Self}`",
    label = "give all fields a default, or add `#[otherwise(..)]` to the split"
)]
pub trait EmptySplitData {
    /// Whether it may be left out.
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: NoDataNeeded> EmptySplitData for T {}

/// The seed of a join that a split without items goes on to: [`NoSeedNeeded`], in words for that.
#[diagnostic::on_unimplemented(
    message = "a split without items leads on to this join, and nothing gives the join its seed, a `{Self}`",
    label = "make the seed an `Option`, or add `#[otherwise(..)]` to the split"
)]
pub trait EmptySplitSeed {
    /// Whether it may be left out.
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl<S: FieldType + NoSeedNeeded> EmptySplitSeed for S {}
