//! Lock files: the shape of flows at the time when processes of them were started.
//!
//! They are checked in beside the source. The text has a line for each node, edge and field. So changes of several
//! people merge, and a reviewer sees the difference:
//!
//! ```
//! use viewflow_graph::lock::Lock;
//!
//! let text = "version 1
//!
//! flow publish
//!   process field approved: bool
//!   node start: Start
//!     edge next -> review
//!   node review: View
//!     seed ref(post)
//!     edge next -> end
//!   node end: End
//! ";
//! let lock: Lock = text.parse().unwrap();
//! assert_eq!(lock.flows[0].nodes.len(), 3);
//! assert!(lock.to_string().ends_with(text));
//! ```

mod compare;
mod parse;
mod shape;

use std::fmt;

pub use compare::{Now, Trouble, compare};
pub use parse::ParseError;

use crate::graph::Graph;
use crate::kind::Kind;
use crate::role::{Role, Selection};
use crate::shape::Plain;
use crate::sound::Sound;

/// The version of the text format.
pub const VERSION: u32 = 1;

/// The command that renews lock files.
pub const RENEW: &str = "VIEWFLOW_LOCK=update cargo test flow_lock";

/// The content of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The flows in the file.
    pub flows: Vec<Flow>,
}

/// A flow at the time of the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The stored name of the flow.
    pub name: String,
    /// The data of its processes.
    pub process: Data,
    /// The nodes, in declaration order.
    pub nodes: Vec<Node>,
}

/// The data of a process or a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// The type of the seed, which the process or task starts from.
    pub seed: Type,
    /// The type of the artifact, which the process or task produces.
    pub artifact: Type,
    /// The table that holds those fields that are columns.
    pub table: Option<String>,
    /// The fields of the process or task.
    pub fields: Vec<Field>,
}

/// A node at the time of the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The stored name of the node.
    pub name: String,
    /// The kind of the node.
    pub kind: Kind,
    /// The split that a join closes; `None` for other nodes and where the file does not say.
    pub closes: Option<String>,
    /// The splits around the node, outermost first; for a join, those that are open after it has fired.
    pub scope: Vec<String>,
    /// The data of its tasks.
    pub data: Data,
    /// The edges out of the node.
    pub edges: Vec<Edge>,
}

/// An edge at the time of the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The role of the edge, as text.
    pub role: String,
    /// The stored name of the node that the edge led to.
    pub to: String,
}

/// A field at the time of the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's key; the key of a nested field contains dots.
    pub key: String,
    /// The type of the field's values.
    pub ty: Type,
    /// Whether the field was a column of the table, and not part of the document.
    pub column: bool,
}

/// The type of stored values: a [`Shape`](crate::shape::Shape) that owns its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// A type that its name alone describes.
    Plain(Plain),
    /// A whole number within these bounds.
    Integer {
        /// The least number.
        min: i128,
        /// The greatest number.
        max: i128,
    },
    /// One of several texts.
    Choice(Vec<String>),
    /// A row of this table.
    Reference(String),
    /// Any number of values of this type.
    List(Box<Type>),
    /// Values of this type, each with a name.
    Map(Box<Type>),
    /// A value of this type, or null.
    Optional(Box<Type>),
    /// An object with these fields.
    Embedded(Vec<Field>),
}

impl Default for Data {
    fn default() -> Self {
        let nothing = Type::Plain(Plain::Nothing);
        Self { seed: nothing.clone(), artifact: nothing, table: None, fields: Vec::new() }
    }
}

impl Flow {
    /// Describes a sound graph as lock files do.
    ///
    /// The caller provides the data of the process, and the data of tasks by the index of their node.
    pub fn of(graph: &Graph, sound: &Sound, process: Data, mut data: impl FnMut(usize) -> Data) -> Self {
        let names = |nodes: Vec<usize>| nodes.into_iter().map(|node| graph.nodes()[node].name.clone()).collect();
        let node = |(index, node): (usize, &crate::graph::Node)| Node {
            name: node.name.clone(),
            kind: node.kind,
            closes: sound.split_of(index).map(|split| graph.nodes()[split].name.clone()),
            scope: names(sound.scope(index)),
            data: data(index),
            edges: graph
                .out(index)
                .map(|(_, edge)| Edge { role: role(&edge.role), to: graph.nodes()[edge.to].name.clone() })
                .collect(),
        };
        Self { name: graph.name.clone(), process, nodes: graph.nodes().iter().enumerate().map(node).collect() }
    }

    /// Returns a short text that differs for a flow of another shape, and for another `more`.
    pub fn fingerprint(&self, more: &str) -> String {
        // FNV-1a is enough: nobody has a reason to forge two equal fingerprints.
        let hash = self
            .to_string()
            .bytes()
            .chain(more.bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
    }
}

fn role(role: &Role) -> String {
    match role {
        Role::Next => "next".to_owned(),
        Role::Case(pattern) => format!("case {pattern}"),
        Role::Branch(Selection::Always) => "branch".to_owned(),
        Role::Branch(selection) => format!("branch {}", Role::Branch(*selection)),
        role => role.to_string(),
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# What flows were like when processes of them were started. Renew it after a change that they can bear:"
        )?;
        writeln!(f, "# {RENEW}")?;
        writeln!(f, "version {VERSION}")?;
        self.flows.iter().try_for_each(|flow| write!(f, "\n{flow}"))
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "flow {}", Name(&self.name))?;
        write_data(f, "  process ", &self.process)?;
        for node in &self.nodes {
            write!(f, "  node {}: {}", Name(&node.name), node.kind)?;
            if let Some(split) = &node.closes {
                write!(f, " of {}", Name(split))?;
            }
            for (index, split) in node.scope.iter().enumerate() {
                write!(f, "{} {}", if index == 0 { " in" } else { "," }, Name(split))?;
            }
            writeln!(f)?;
            write_data(f, "    ", &node.data)?;
            for Edge { role, to } in &node.edges {
                writeln!(f, "    edge {} -> {}", Name(role), Name(to))?;
            }
        }
        Ok(())
    }
}

fn write_data(f: &mut fmt::Formatter<'_>, before: &str, data: &Data) -> fmt::Result {
    for (what, ty) in [("seed", &data.seed), ("artifact", &data.artifact)] {
        if *ty != Type::Plain(Plain::Nothing) {
            writeln!(f, "{before}{what} {ty}")?;
        }
    }
    if let Some(table) = &data.table {
        writeln!(f, "{before}table {}", Name(table))?;
    }
    data.fields.iter().try_for_each(|Field { key, ty, column }| {
        let what = if *column { "column" } else { "field" };
        writeln!(f, "{before}{what} {}: {ty}", Name(key))
    })
}

/// The integer types, with their bounds.
const INTEGERS: [(&str, i128, i128); 8] = [
    ("i8", i8::MIN as i128, i8::MAX as i128),
    ("i16", i16::MIN as i128, i16::MAX as i128),
    ("i32", i32::MIN as i128, i32::MAX as i128),
    ("i64", i64::MIN as i128, i64::MAX as i128),
    ("u8", 0, u8::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("u64", 0, u64::MAX as i128),
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(plain) => f.write_str(plain.name()),
            Self::Integer { min, max } => match INTEGERS.iter().find(|(_, least, most)| (least, most) == (min, max)) {
                Some((name, ..)) => f.write_str(name),
                None => write!(f, "integer({min}, {max})"),
            },
            Self::Choice(values) => {
                f.write_str("choice(")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { ", " }, Name(value))?;
                }
                f.write_str(")")
            }
            Self::Reference(table) => write!(f, "ref({})", Name(table)),
            Self::List(item) => write!(f, "[{item}]"),
            Self::Map(item) => write!(f, "{{{item}}}"),
            Self::Optional(value) => write!(f, "{value}?"),
            Self::Embedded(fields) => {
                f.write_str("(")?;
                for (index, Field { key, ty, .. }) in fields.iter().enumerate() {
                    write!(f, "{}{}: {ty}", if index == 0 { "" } else { ", " }, Name(key))?;
                }
                f.write_str(")")
            }
        }
    }
}

/// A name, which is written in quotes unless it consists of letters, digits, `_`, `.` and `-`.
struct Name<'n>(&'n str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() && self.0.chars().all(is_plain) && !["in", "of"].contains(&self.0) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                letter => write!(f, "{letter}")?,
            }
        }
        f.write_str("\"")
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-')
}
