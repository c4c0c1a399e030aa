//! What the fields of documents are like, told so that it can be compared at compile time.

use crate::text::{is_among, same};

macro_rules! plain {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// A type that is told by its name alone.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Plain {
            $($(#[doc = $doc])* $name,)*
        }

        impl Plain {
            /// Every plain type.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is written in a lock file.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

plain! {
    /// Nothing at all: `()`.
    Nothing = "nothing",
    /// True or false.
    Bool = "bool",
    /// A number of double precision.
    F64 = "f64",
    /// A number of single precision.
    F32 = "f32",
    /// Text.
    Text = "text",
    /// A decimal number, as text.
    Decimal = "decimal",
    /// A date.
    Date = "date",
    /// A time of day.
    Time = "time",
    /// A date and time without a zone.
    DateTime = "datetime",
    /// A point in time.
    Timestamp = "timestamp",
    /// A duration.
    Duration = "duration",
    /// A UUID, as text.
    Uuid = "uuid",
    /// A person, as text.
    User = "user",
    /// A process, by number.
    Process = "process",
    /// A task, as text.
    Task = "task",
    /// Bytes, as base64.
    Bytes = "bytes",
    /// Any JSON.
    Json = "json",
    /// The nested struct that this is a field of.
    Itself = "itself",
    /// A type that does not tell what it is like.
    Other = "other",
}

/// What the values of a field type are like when they are stored.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shape {
    /// A type that is told by its name alone.
    Plain(Plain),
    /// A whole number within these bounds.
    Integer {
        /// The least one.
        min: i128,
        /// The greatest one.
        max: i128,
    },
    /// One of these texts, each with those that were stored for it before after it.
    Choice(&'static [&'static [&'static str]]),
    /// A row of this table, by number.
    Reference(&'static str),
    /// Any number of such values.
    List(&'static Shape),
    /// Such values, each with a name.
    Map(&'static Shape),
    /// Such a value, or null.
    Optional(&'static Shape),
    /// An object with these fields.
    Embedded(&'static [FieldShape]),
}

/// What a field is like when it is stored.
#[derive(Clone, Copy, Debug)]
pub struct FieldShape {
    /// Its key; with dots, where it is nested.
    pub key: &'static str,
    /// The keys that it had before.
    pub was: &'static [&'static str],
    /// What its values are like.
    pub shape: Shape,
    /// Whether a document without it can be read.
    pub optional: bool,
    /// Whether values of another type are converted.
    pub converted: bool,
    /// Whether it is a column of a table, and not in the document.
    pub column: bool,
}

/// Whether each value that was stored as `old` can be read as `new`.
pub const fn reads(new: &Shape, old: &Shape) -> bool {
    match (new, old) {
        (Shape::Plain(Plain::Json | Plain::Nothing), _)
        | (Shape::Optional(_), Shape::Plain(Plain::Nothing))
        | (Shape::Plain(Plain::F64), Shape::Plain(Plain::F32)) => true,
        (Shape::Optional(new), Shape::Optional(old))
        | (Shape::List(new), Shape::List(old))
        | (Shape::Map(new), Shape::Map(old)) => reads(new, old),
        (Shape::Optional(new), _) => reads(new, old),
        (Shape::Plain(new), Shape::Plain(old)) => *new as u8 == *old as u8 || (is_text(*new) && is_as_text(*old)),
        // Greater ones would be rounded.
        (Shape::Plain(Plain::F64), Shape::Integer { min, max }) => *min >= -(1 << 53) && *max <= 1 << 53,
        (Shape::Plain(Plain::F32), Shape::Integer { min, max }) => *min >= -(1 << 24) && *max <= 1 << 24,
        (Shape::Plain(new), Shape::Choice(_)) => is_text(*new),
        (Shape::Plain(Plain::Process), Shape::Integer { min, max }) => *min >= 0 && *max <= u64::MAX as i128,
        (Shape::Integer { min, max }, Shape::Plain(Plain::Process)) => *min <= 0 && *max >= u64::MAX as i128,
        (Shape::Integer { min, max }, Shape::Integer { min: least, max: greatest }) => {
            *min <= *least && *max >= *greatest
        }
        (Shape::Choice(new), Shape::Choice(old)) => offers_all(new, old),
        (Shape::Reference(new), Shape::Reference(old)) => same(new, old),
        (Shape::Embedded(new), Shape::Embedded(old)) => reads_all(new, old) && needs_nothing_new(new, old),
        _ => false,
    }
}

/// Whether what was stored of each field can be read.
const fn reads_all(new: &[FieldShape], mut old: &[FieldShape]) -> bool {
    while let [first, rest @ ..] = old {
        if !reads_field(new, first.key, &first.shape) {
            return false;
        }
        old = rest;
    }
    true
}

/// Whether what was stored under a key can be read. What no field reads any more is kept as it is.
pub const fn reads_field(new: &[FieldShape], key: &str, old: &Shape) -> bool {
    let Some(field) = find(new, key) else { return !overlaps(new, key) };
    if field.converted || reads(&field.shape, old) {
        return true;
    }
    match old {
        // With a default, null is that.
        Shape::Optional(old) => field.optional && reads(&field.shape, old),
        Shape::Plain(Plain::Nothing) => field.optional,
        _ => false,
    }
}

/// Whether a key lies within that of a field, or one within it.
const fn overlaps(mut fields: &[FieldShape], key: &str) -> bool {
    while let [field, rest @ ..] = fields {
        if lies_within(field.key.as_bytes(), key.as_bytes()) || lies_within(key.as_bytes(), field.key.as_bytes()) {
            return true;
        }
        fields = rest;
    }
    false
}

const fn lies_within(mut inner: &[u8], mut outer: &[u8]) -> bool {
    while let ([a, inner_rest @ ..], [b, outer_rest @ ..]) = (inner, outer) {
        if *a != *b {
            return false;
        }
        (inner, outer) = (inner_rest, outer_rest);
    }
    matches!(inner, [b'.', ..]) && outer.is_empty()
}

/// Whether a stored field that nobody reads any more may be one that has another name now: one that is new, may be missing, and
/// is of a type that reads it.
pub const fn seems_renamed(new: &[FieldShape], old: &[FieldShape], key: &str, shape: &Shape) -> bool {
    let mut fields = new;
    while let [field, rest @ ..] = fields {
        let any = matches!(field.shape, Shape::Plain(Plain::Json | Plain::Nothing));
        if !any && !was_stored(field, old) && reads(&field.shape, shape) && find(new, key).is_none() {
            return true;
        }
        fields = rest;
    }
    false
}

/// Whether columns that were in this table are found there. What no field reads any more stays there.
pub const fn finds_columns(table: Option<&str>, old: &str) -> bool {
    match table {
        Some(table) => same(table, old),
        None => false,
    }
}

/// Whether what was stored in this column is read from a column: a field that becomes one is found in the document, too.
pub const fn stays_column(new: &[FieldShape], key: &str) -> bool {
    match find(new, key) {
        Some(field) => field.column,
        None => true,
    }
}

/// Whether all fields that were not stored can be missing.
pub const fn needs_nothing_new(mut new: &[FieldShape], old: &[FieldShape]) -> bool {
    while let [field, rest @ ..] = new {
        if !field.optional && !was_stored(field, old) {
            return false;
        }
        new = rest;
    }
    true
}

const fn was_stored(field: &FieldShape, mut old: &[FieldShape]) -> bool {
    while let [first, rest @ ..] = old {
        if has_key(field, first.key) {
            return true;
        }
        old = rest;
    }
    false
}

const fn find<'f>(mut fields: &'f [FieldShape], key: &str) -> Option<&'f FieldShape> {
    while let [field, rest @ ..] = fields {
        if has_key(field, key) {
            return Some(field);
        }
        fields = rest;
    }
    None
}

const fn has_key(field: &FieldShape, key: &str) -> bool {
    same(field.key, key) || is_among(key, field.was)
}

/// Whether each value of `old` is one of `new`, or was.
const fn offers_all(new: &[&[&str]], mut old: &[&[&str]]) -> bool {
    while let [value, rest @ ..] = old {
        if let [value, ..] = value
            && !offers(new, value)
        {
            return false;
        }
        old = rest;
    }
    true
}

const fn offers(mut choices: &[&[&str]], value: &str) -> bool {
    while let [choice, rest @ ..] = choices {
        if is_among(value, choice) {
            return true;
        }
        choices = rest;
    }
    false
}

/// Whether any text can be read: a person's name may be any.
const fn is_text(plain: Plain) -> bool {
    matches!(plain, Plain::Text | Plain::User)
}

/// Whether values are kept as text, whatever they mean.
const fn is_as_text(plain: Plain) -> bool {
    matches!(
        plain,
        Plain::Text
            | Plain::User
            | Plain::Task
            | Plain::Decimal
            | Plain::Date
            | Plain::Time
            | Plain::DateTime
            | Plain::Timestamp
            | Plain::Duration
            | Plain::Uuid
            | Plain::Bytes
    )
}
