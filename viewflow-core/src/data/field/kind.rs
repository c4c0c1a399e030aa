//! The kinds of values.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{Choice, FieldSpec};
use crate::data::entity::TableSpec;
use crate::error::Complaint;

/// The kind of value that a field takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FieldKind {
    /// Nothing at all: `()`.
    Nothing,
    /// True or false.
    Bool,
    /// A whole number within these bounds.
    Integer {
        /// The least value of the type.
        min: i128,
        /// The greatest value of the type.
        max: i128,
    },
    /// A number.
    Float,
    /// Text.
    Text,
    /// A decimal number, as text.
    Decimal,
    /// A date, as `2026-11-22`.
    Date,
    /// A time of day, as `13:45:00`.
    Time,
    /// A date and time without a zone, as `2026-11-22T13:45:00`.
    DateTime,
    /// A point in time, as `2026-11-22T13:45:00Z`.
    Timestamp,
    /// A point in time with its zone, as `2026-11-22T13:45:00+01:00[Europe/Berlin]`.
    Zoned,
    /// A duration in ISO 8601, as `PT1H30M`.
    Duration,
    /// A UUID, as text with hyphens.
    Uuid,
    /// A person, by the name under which the host application knows them.
    User,
    /// A process, by number.
    Process,
    /// A task, as `7/3`: its process, and its number within it.
    Task,
    /// Bytes, as base64.
    Bytes,
    /// One of a fixed list.
    Choice(Vec<Choice>),
    /// A row of this table, by number.
    Reference(TableSpec),
    /// Any number of such values.
    List(Box<FieldKind>),
    /// Such values, each with a name.
    Map(Box<FieldKind>),
    /// A nested struct.
    Embedded(&'static [FieldSpec]),
    /// Any JSON.
    Json,
}

macro_rules! value_kinds {
    ($($(#[doc = $doc:literal])* $kind:ident = $name:literal,)*) => {
        /// The kind of value that a field of a form takes, by its name alone.
        ///
        /// It is serialized as that name. [`FormField`](crate::form::FormField) has the rest of what a face needs
        /// to know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[non_exhaustive]
        pub enum ValueKind {
            $($(#[doc = $doc])* #[serde(rename = $name)] $kind,)*
        }

        impl ValueKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Returns its name for programs: `integer`, `date`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

value_kinds! {
    /// Nothing at all.
    Nothing = "nothing",
    /// True or false.
    Bool = "bool",
    /// A whole number, from `min` to `max`.
    Integer = "integer",
    /// A number.
    Float = "number",
    /// Text.
    Text = "text",
    /// A decimal number, as text.
    Decimal = "decimal",
    /// A date, as `2026-11-22`.
    Date = "date",
    /// A time of day, as `13:45:00`.
    Time = "time",
    /// A date and time without a zone, as `2026-11-22T13:45:00`.
    DateTime = "date_time",
    /// A point in time, as `2026-11-22T13:45:00Z`.
    Timestamp = "timestamp",
    /// A point in time with its zone, as `2026-11-22T13:45:00+01:00[Europe/Berlin]`.
    Zoned = "zoned",
    /// A duration in ISO 8601, as `PT1H30M`.
    Duration = "duration",
    /// A UUID, as text with hyphens.
    Uuid = "uuid",
    /// A person, by the name under which the host application knows them.
    User = "user",
    /// A process, by number.
    Process = "process",
    /// A task, as `7/3`: its process, and its number within it.
    Task = "task",
    /// Bytes, as base64.
    Bytes = "bytes",
    /// One of `choices`, a list that is fixed in the code.
    Choice = "choice",
    /// A row of `table`, by number.
    Reference = "reference",
    /// Any number of `items`.
    List = "list",
    /// Any number of `values`, each with a name.
    Map = "map",
    /// A nested struct of `fields`.
    Object = "object",
    /// Any JSON.
    Json = "json",
}

impl FieldKind {
    /// Returns its name in complaints, for programs: `integer`, `date`.
    pub const fn name(&self) -> &'static str {
        self.plain().name()
    }

    /// Returns the kind by its name alone.
    pub const fn plain(&self) -> ValueKind {
        match self {
            Self::Nothing => ValueKind::Nothing,
            Self::Bool => ValueKind::Bool,
            Self::Integer { .. } => ValueKind::Integer,
            Self::Float => ValueKind::Float,
            Self::Text => ValueKind::Text,
            Self::Decimal => ValueKind::Decimal,
            Self::Date => ValueKind::Date,
            Self::Time => ValueKind::Time,
            Self::DateTime => ValueKind::DateTime,
            Self::Timestamp => ValueKind::Timestamp,
            Self::Zoned => ValueKind::Zoned,
            Self::Duration => ValueKind::Duration,
            Self::Uuid => ValueKind::Uuid,
            Self::User => ValueKind::User,
            Self::Process => ValueKind::Process,
            Self::Task => ValueKind::Task,
            Self::Bytes => ValueKind::Bytes,
            Self::Choice(_) => ValueKind::Choice,
            Self::Reference(_) => ValueKind::Reference,
            Self::List(_) => ValueKind::List,
            Self::Map(_) => ValueKind::Map,
            Self::Embedded(_) => ValueKind::Object,
            Self::Json => ValueKind::Json,
        }
    }

    /// Makes the complaint that a value is not of this kind.
    pub(crate) fn wrong(&self, message: String) -> Complaint {
        let complaint = Complaint::new("type", message).with("expected", self.name());
        let bound =
            |bound: i128| i64::try_from(bound).map(Value::from).or_else(|_| u64::try_from(bound).map(Value::from));
        match self {
            Self::Integer { min, max } => {
                complaint.with("min", bound(*min).unwrap_or_default()).with("max", bound(*max).unwrap_or_default())
            }
            _ => complaint,
        }
    }

    /// Calls `visit` with the table and number of each row that `value` refers to.
    pub(crate) fn references(&self, value: &Value, visit: &mut dyn FnMut(&'static str, u64)) {
        match (self, value) {
            (Self::Reference(table), Value::Number(number)) => {
                if let Some(id) = number.as_u64() {
                    visit(table.name, id);
                }
            }
            (Self::List(kind), Value::Array(items)) => items.iter().for_each(|item| kind.references(item, visit)),
            (Self::Map(kind), Value::Object(items)) => items.values().for_each(|item| kind.references(item, visit)),
            (Self::Embedded(specs), Value::Object(document)) => {
                for spec in *specs {
                    if let Some(value) = spec.lookup(document) {
                        (spec.kind)().references(value, visit);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns the tables to which values of these kinds refer: each once for each type of its rows.
pub(crate) fn tables_of(kinds: impl IntoIterator<Item = FieldKind>) -> Vec<TableSpec> {
    let (mut tables, mut open) = (BTreeMap::new(), kinds.into_iter().collect::<Vec<_>>());
    // A struct may contain itself.
    let mut seen = BTreeSet::new();
    while let Some(kind) = open.pop() {
        match kind {
            FieldKind::Reference(table) => drop(tables.insert((table.name, table.rows.id), table)),
            FieldKind::List(inner) | FieldKind::Map(inner) => open.push(*inner),
            FieldKind::Embedded(specs) if seen.insert(specs.as_ptr().addr()) => {
                open.extend(specs.iter().map(|spec| (spec.kind)()));
            }
            _ => {}
        }
    }
    tables.into_values().collect()
}
