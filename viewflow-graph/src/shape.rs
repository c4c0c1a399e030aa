//! The shapes of document fields, as constants that can be compared at compile time.

use crate::text::{is_among, same};

macro_rules! plain {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// A type that its name alone describes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Plain {
            $($(#[doc = $doc])* $name,)*
        }

        impl Plain {
            /// Every plain type.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the name, as lock files write it.
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
    /// A JSON value of any kind.
    Json = "json",
    /// The nested struct that contains this field.
    Itself = "itself",
    /// A type that does not declare its shape.
    Other = "other",
}

/// The stored form of a field type's values.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shape {
    /// A type that its name alone describes.
    Plain(Plain),
    /// A whole number within these bounds.
    Integer {
        /// The least number.
        min: i128,
        /// The greatest number.
        max: i128,
    },
    /// One of several texts. Each comes first in its list, followed by its former texts.
    Choice(&'static [&'static [&'static str]]),
    /// A row of this table, by its number.
    Reference(&'static str),
    /// Any number of values of this shape.
    List(&'static Shape),
    /// Values of this shape, each with a name.
    Map(&'static Shape),
    /// A value of this shape, or null.
    Optional(&'static Shape),
    /// An object with these fields.
    Embedded(&'static [FieldShape]),
}

/// The stored form of a field.
#[derive(Clone, Copy, Debug)]
pub struct FieldShape {
    /// The field's key; the key of a nested field contains dots.
    pub key: &'static str,
    /// The keys that the field had before.
    pub was: &'static [&'static str],
    /// The shape of the field's values.
    pub shape: Shape,
    /// Whether a document without the field can be read.
    pub optional: bool,
    /// Whether values of another type are converted.
    pub converted: bool,
    /// Whether the field is a column of a table, and not part of the document.
    pub column: bool,
}

/// Whether every value stored as `old` can be read as `new`.
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
        // Greater integers would be rounded.
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

/// Whether the stored values of every old field can be read.
const fn reads_all(new: &[FieldShape], mut old: &[FieldShape]) -> bool {
    while let [first, rest @ ..] = old {
        if !reads_field(new, first.key, &first.shape) {
            return false;
        }
        old = rest;
    }
    true
}

/// Whether the value stored under a key can be read.
///
/// A value that is no longer read stays in the document.
pub const fn reads_field(new: &[FieldShape], key: &str, old: &Shape) -> bool {
    let Some(field) = find(new, key) else { return !overlaps(new, key) };
    if field.converted || reads(&field.shape, old) {
        return true;
    }
    match old {
        // A field with a default reads null as its default.
        Shape::Optional(old) => field.optional && reads(&field.shape, old),
        Shape::Plain(Plain::Nothing) => field.optional,
        _ => false,
    }
}

/// Whether a key lies within the key of a field, or the other way round.
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

/// Whether an unread stored field may have been renamed.
///
/// It may be, if some new field is optional and its type reads the stored values.
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

/// Whether the columns stored in table `old` are still found.
///
/// A column that is no longer read stays in its table.
pub const fn finds_columns(table: Option<&str>, old: &str) -> bool {
    match table {
        Some(table) => same(table, old),
        None => false,
    }
}

/// Whether the values stored in this column are still read from a column.
///
/// The opposite change is harmless: a field that becomes a column is found in the document, too.
pub const fn stays_column(new: &[FieldShape], key: &str) -> bool {
    match find(new, key) {
        Some(field) => field.column,
        None => true,
    }
}

/// Whether every field that was not stored before may be missing.
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

/// Whether every value of `old` is a value of `new`, or a former text of one.
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

/// Whether the type reads any text. The name of a person may be any text.
const fn is_text(plain: Plain) -> bool {
    matches!(plain, Plain::Text | Plain::User)
}

/// Whether values of the type are stored as text.
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
