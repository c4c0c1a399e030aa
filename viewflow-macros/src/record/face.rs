//! Which of the derives a struct is read for.

/// Which of the derives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Process,
    Task,
    Form,
    Entity,
    Embedded,
    Message,
}

impl Face {
    /// The attribute on the struct.
    pub(super) fn attribute(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Task => "task",
            Self::Form => "form",
            Self::Entity => "entity",
            Self::Embedded => "embedded",
            Self::Message => "message",
        }
    }

    /// The options of that attribute.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Process => &["seed", "artifact", "table", "crate"],
            Self::Task => &["seed", "artifact", "crate"],
            Self::Form | Self::Embedded => &["crate"],
            Self::Entity => &["table", "label", "crate"],
            Self::Message => &["name", "key", "latch", "expires", "crate"],
        }
    }

    /// Names that each of them has anyway.
    pub(super) fn built_in(self) -> &'static [&'static str] {
        match self {
            Self::Process => &["id", "status", "created", "finished", "seed", "artifact"],
            Self::Task => &["id", "status", "owner", "seed", "artifact"],
            _ => &[],
        }
    }

    /// The options of `#[field(..)]`.
    pub(super) fn field_options(self) -> Vec<&'static str> {
        let mut options = vec!["label", "help", "default", "max_length", "min", "max", "choices", "pattern"];
        if self != Self::Form {
            options.extend(["key", "was", "from"]);
        }
        match self {
            Self::Entity => options.extend(["index", "unique", "on_delete"]),
            Self::Process => options.extend(["column", "index", "unique", "on_delete"]),
            _ => {}
        }
        options
    }
}
