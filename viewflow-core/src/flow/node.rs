//! The types of a flow's fields, and the node handles that name its nodes.

use std::fmt;
use std::marker::PhantomData;

use viewflow_store::NodeName;

use crate::data::form::Form;
use crate::flow::Flow;
use crate::flow::task::Task;

/// The type of a field that is a node. Such fields hold nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has the name of a kind of node, but is not a node of a flow",
    label = "for a type of your own write its path, such as `my_crate::Handle`"
)]
pub trait Marker: Sized {
    /// The field's value.
    const NODE: Self;
    /// The type of the node's tasks.
    type Task;
}

/// A type for each kind of node: the rows of `node_kinds!`, in `viewflow-graph/src/kind/table.rs`.
pub mod kinds {
    use std::marker::PhantomData;

    use super::Marker;

    macro_rules! markers {
        ($($(#[doc = $doc:literal])* $name:ident { $($row:tt)* })*) => {$(
            $(#[doc = $doc])*
            #[doc = viewflow_graph::kind_text!(marker $($row)*)]
            ///
            /// The parameter is the type of the node's tasks: a `#[derive(Task)]` struct, [`Seed`](crate::Seed),
            /// [`Artifact`](crate::Artifact), or nothing.
            pub struct $name<T = ()>(PhantomData<fn() -> T>);

            impl<T> Marker for $name<T> {
                const NODE: Self = Self(PhantomData);
                type Task = T;
            }

            impl<T> Clone for $name<T> {
                fn clone(&self) -> Self {
                    *self
                }
            }

            impl<T> Copy for $name<T> {}

            impl<T> Default for $name<T> {
                fn default() -> Self {
                    Self::NODE
                }
            }

            impl<T> std::fmt::Debug for $name<T> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(stringify!($name))
                }
            }
        )*};
    }

    viewflow_graph::node_kinds!(markers);
}

/// A node handle, which names a node of a flow and has its types: `PublishFlow::review`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node of a flow",
    label = "expected a node such as `MyFlow::review`",
    note = "where the flow has a method with the name of its node, the node is `MyFlow::review_node`"
)]
pub trait Node: Copy {
    /// The flow.
    type Flow: Flow;
    /// The type of the node's tasks.
    type Task: Task;

    /// Returns the node's stored name.
    fn name(self) -> &'static str;

    /// Returns the stored names of flow and node.
    fn full_name(self) -> NodeName {
        NodeName::new(Self::Flow::NAME, self.name())
    }
}

/// A node of this flow, or several as a tuple: `(MyFlow::accept, MyFlow::sign)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a node of `{F}` nor a tuple of such",
    label = "expected a node such as `MyFlow::review`, or `(MyFlow::accept, MyFlow::sign)`",
    note = "where the flow has a method with the name of its node, the node is `MyFlow::review_node`"
)]
pub trait Nodes<F> {
    /// Returns their stored names.
    fn names(self) -> Vec<&'static str>;
}

#[diagnostic::do_not_recommend]
impl<N: Node> Nodes<N::Flow> for N {
    fn names(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

macro_rules! tuples_of_nodes {
    ($(($($name:ident)+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<F: Flow, $($name: Node<Flow = F>),+> Nodes<F> for ($($name,)+) {
            #[allow(non_snake_case)]
            fn names(self) -> Vec<&'static str> {
                let ($($name,)+) = self;
                vec![$($name.name()),+]
            }
        }
    )*};
}

tuples_of_nodes! { (A B) (A B C) (A B C D) (A B C D E) (A B C D E G) (A B C D E G H) (A B C D E G H I) }

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident<$($extra:ident: $bound:path)?>;)*) => {$(
        $(#[$doc])*
        pub struct $name<F, T $(, $extra)?> {
            name: &'static str,
            _types: PhantomData<fn() -> (F, T $(, $extra)?)>,
        }

        impl<F, T $(, $extra)?> $name<F, T $(, $extra)?> {
            /// Makes the node with this stored name. The derive macro makes sure that the types are right.
            #[doc(hidden)]
            pub const fn new(name: &'static str) -> Self {
                Self { name, _types: PhantomData }
            }
        }

        impl<F, T $(, $extra)?> Clone for $name<F, T $(, $extra)?> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<F, T $(, $extra)?> fmt::Debug for $name<F, T $(, $extra)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.name).finish()
            }
        }

        impl<F, T $(, $extra)?> Copy for $name<F, T $(, $extra)?> {}

        impl<F: Flow, T: Task $(, $extra: $bound)?> Node for $name<F, T $(, $extra)?> {
            type Flow = F;
            type Task = T;

            fn name(self) -> &'static str {
                self.name
            }
        }
    )*};
}

handles! {
    /// A [`Start`](kinds::Start) with the form `Fm`.
    StartNode<Fm: Form>;
    /// A [`StartHandle`](kinds::StartHandle) with the input `In`.
    StartHandleNode<In: Input>;
    /// A [`View`](kinds::View) or [`ManualTask`](kinds::ManualTask) with the form `Fm`.
    ViewNode<Fm: Form>;
    /// A [`Subprocess`](kinds::Subprocess) or [`NSubprocess`](kinds::NSubprocess) that runs processes of the flow `C`.
    SubprocessNode<C: Flow>;
    /// A [`Handle`](kinds::Handle) with the input `In`.
    HandleNode<In: Input>;
    /// A node on which no person and no code acts from outside.
    InnerNode<>;
}

/// The input that code passes to a [`StartHandle`](kinds::StartHandle) or [`Handle`](kinds::Handle). It may be any type
/// that can be cloned, as the engine may run a step again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of a node: it has to be `Clone` and own its data",
    label = "not `Clone + 'static`"
)]
pub trait Input: Clone + 'static {}

impl<T: Clone + 'static> Input for T {}
