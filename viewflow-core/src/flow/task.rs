//! The data of a task: its seed, its artifact, its fields.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use viewflow_store::{Document, TaskId, TaskRecord, TaskStatus, UserId};

use crate::data::document::{self, Fields, Reader, Writer};
use crate::data::field::{FieldSpec, FieldType, Source};
use crate::error::{Error, FieldErrors, Place, Result};
use crate::flow::process::optional;

/// A struct laid over a task's document: the data of a node's tasks.
///
/// `#[derive(Task)]` implements it. `()` is a task without data; [`Seed`] and [`Artifact`] are tasks with only these.
/// By hand it needs [`Fields`] and the types of seed and artifact. If all its fields can be read from an empty
/// document, it also needs [`NoDataNeeded`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task type",
    label = "expected a struct with `#[derive(Task)]`",
    note = "for a seed alone write `Seed<..>`, with a field type such as `u32`, `String` or `Ref<Entity>`; the process needs \
            no task type, as handlers see it anyway"
)]
pub trait Task: Fields {
    /// The type of the value that the task starts from: `()` for nothing, an `Option` if it may be missing.
    type Seed: FieldType;
    /// The type of the value that the task brings about.
    type Artifact: FieldType;
}

#[diagnostic::do_not_recommend]
impl Task for () {
    type Seed = ();
    type Artifact = ();
}

/// A task with a seed, perhaps an artifact, and nothing else: `View<Seed<Ref<Post>>>`.
#[derive(Clone, Debug)]
pub struct Seed<S, A = ()>(PhantomData<fn() -> (S, A)>);

/// A task with an artifact and nothing else: `Start<Artifact<Ref<Post>>>`.
pub type Artifact<A> = Seed<(), A>;

impl<S: 'static, A: 'static> Fields for Seed<S, A> {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self(PhantomData))
    }

    fn write(&self, _: &mut Writer) {}

    fn check(&self, _: &mut FieldErrors) {}
}

#[diagnostic::do_not_recommend]
impl<S: FieldType, A: FieldType> Task for Seed<S, A> {
    type Seed = S;
    type Artifact = A;
}

/// A task whose data an edge may leave out: all its fields have a default or are optional.
#[diagnostic::on_unimplemented(
    message = "nothing gives this node the data that it needs: `{Self}` has fields without a default",
    label = "add `task_data = |a| {Self} {{ .. }}` to the edge, or give all fields a default"
)]
pub trait NoDataNeeded: Task {
    /// The proof that it may be left out.
    #[doc(hidden)]
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl NoDataNeeded for () {}
#[diagnostic::do_not_recommend]
impl<S: FieldType, A: FieldType> NoDataNeeded for Seed<S, A> {}

/// A seed that an edge may leave out: `()` or an `Option`.
#[diagnostic::on_unimplemented(
    message = "nothing gives this node the seed that it needs: a `{Self}`",
    label = "add `task_seed = |a| ..` to the edge, or make the seed an `Option`"
)]
pub trait NoSeedNeeded: FieldType {
    /// The proof that it may be left out.
    #[doc(hidden)]
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl NoSeedNeeded for () {}
#[diagnostic::do_not_recommend]
impl<T: FieldType> NoSeedNeeded for Option<T> {}

/// A task that can begin a process: [`NoDataNeeded`], with a message for a start.
#[diagnostic::on_unimplemented(
    message = "nothing gives this start the data that it needs: `{Self}` has fields without a default",
    label = "a process starts here, and no edge brings data: give all fields a default"
)]
pub trait StartData: Task {
    /// The proof that it may be left out.
    #[doc(hidden)]
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: NoDataNeeded> StartData for T {}

/// The seed of a task that can begin a process: [`NoSeedNeeded`], with a message for a start.
#[diagnostic::on_unimplemented(
    message = "nothing gives this start the seed that it needs: a `{Self}`",
    label = "a process can start here without a seed: make it `Seed<Option<{Self}>>`"
)]
pub trait StartSeed: FieldType {
    /// The proof that it may be left out.
    #[doc(hidden)]
    const LEFT_OUT: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: NoSeedNeeded> StartSeed for T {}

/// A value that an edge may give as the seed of its target.
///
/// It is the seed itself, or a plain value for an optional seed. For a plain seed it may also be an optional value,
/// which fails the step if it is none.
#[diagnostic::on_unimplemented(
    message = "expected a seed of type `{S}`, found `{Self}`",
    label = "this gives a `{Self}`"
)]
pub trait IntoSeed<S> {
    /// Returns the seed.
    ///
    /// # Errors
    /// [`Error::Empty`] if there is none and the target needs one.
    fn into_seed(self) -> Result<S>;
}

#[diagnostic::do_not_recommend]
impl<S: FieldType> IntoSeed<S> for S {
    fn into_seed(self) -> Result<S> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S: FieldType> IntoSeed<S> for Option<S> {
    fn into_seed(self) -> Result<S> {
        self.ok_or(Error::Empty("the seed that this edge should give"))
    }
}

#[diagnostic::do_not_recommend]
impl<S: FieldType> IntoSeed<Option<S>> for S {
    fn into_seed(self) -> Result<Option<S>> {
        Ok(Some(self))
    }
}

/// A value that an edge may give as the data of its target: the target's task struct.
#[diagnostic::on_unimplemented(
    message = "expected data of type `{T}`, found `{Self}`",
    label = "this gives a `{Self}`: write `{T} {{ .. }}`"
)]
pub trait IntoData<T> {
    /// Returns the data.
    fn into_data(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T: Task> IntoData<T> for T {
    fn into_data(self) -> T {
        self
    }
}

/// A task, seen as its node's `T`. `task.language` is a field of `T`; the fields below belong to every task.
#[derive(Clone, Debug)]
pub struct TaskOf<T: Task> {
    /// The task's id.
    pub id: TaskId,
    /// Its status.
    pub status: TaskStatus,
    /// The person that has it, or did it.
    pub owner: Option<UserId>,
    /// The value that it starts from.
    pub seed: T::Seed,
    /// The value that it brings about.
    pub artifact: Option<T::Artifact>,
    pub(super) fields: T,
    pub(super) document: Document,
}

impl<T: Task> TaskOf<T> {
    pub(crate) fn read(record: &TaskRecord) -> Result<Self> {
        let wrong = |errors| Error::Data { at: Place::of_task(record), errors };
        let seed = T::Seed::read_from(&record.seed, Source::Store).map_err(|errors| wrong(errors.under("seed")))?;
        Ok(Self {
            id: record.id,
            status: record.status,
            owner: record.owner.clone(),
            seed,
            artifact: optional(&record.artifact, "artifact").map_err(wrong)?,
            fields: document::read(&record.data).map_err(wrong)?,
            document: record.data.clone(),
        })
    }
}

impl<T: Task> Deref for TaskOf<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

impl<T: Task> DerefMut for TaskOf<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.fields
    }
}
