//! The derive that a struct is read for.

/// The derive that a struct is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Process,
    Task,
    Form,
    Entity,
    Embedded,
    Message,
    /// A variant of a form that is an enum.
    Variant,
}

impl Face {
    /// Returns the name of the attribute on the struct.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Task => "task",
            Self::Form => "form",
            Self::Entity => "entity",
            Self::Embedded => "embedded",
            Self::Message => "message",
            Self::Variant => "case",
        }
    }

    /// Returns where that attribute belongs.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::Variant => "on the variant",
            _ => "on the struct",
        }
    }

    /// Returns all helper attributes of the derive, the same as in `lib.rs`.
    pub(crate) fn helpers(self) -> &'static [&'static str] {
        match self {
            Self::Process => &["process", "field", "was", "page"],
            Self::Task => &["task", "field", "was", "page"],
            Self::Form | Self::Variant => &["form", "field", "page", "case", "was"],
            Self::Entity => &["entity", "field", "was", "id", "page"],
            Self::Embedded => &["embedded", "field", "was", "page"],
            Self::Message => &["message", "field", "was", "page"],
        }
    }

    /// Returns the names that every struct of the derive has anyway.
    pub(super) fn built_in(self) -> &'static [&'static str] {
        match self {
            Self::Process => &["id", "status", "created", "finished", "seed", "artifact"],
            Self::Task => &["id", "status", "owner", "seed", "artifact"],
            _ => &[],
        }
    }
}
