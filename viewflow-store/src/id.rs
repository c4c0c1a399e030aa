//! Identities of processes, tasks, people and rows.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The number of a process. The store gives out the numbers, counting up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcessId(pub u64);

/// The identity of a task: its process, and its number within the process. Written `7/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The process the task belongs to.
    pub process: ProcessId,
    /// The task's number within its process, counting up from 1.
    pub ordinal: u32,
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ProcessId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.process, self.ordinal)
    }
}

impl FromStr for TaskId {
    type Err = ParseIntError;

    /// Reads what `Display` wrote.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (process, ordinal) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { process: process.parse()?, ordinal: ordinal.parse()? })
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no task id: write `process/number`")))
    }
}

/// The name by which the host application knows a person. The engine only compares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// Makes the id of the person with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UserId {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for UserId {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// Takes every text as a name, so that it never fails.
impl FromStr for UserId {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::new(name))
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a row in the table of `E`.
///
/// A row that is not stored yet has [`Id::NEW`]. The table gives it a number when it is inserted.
pub struct Id<E>(u64, PhantomData<fn() -> E>);

/// A reference to a row of `E`, as a field or a seed: `Ref<Post>`.
///
/// In the document it is a number. `viewflow::Activation::load` fetches the row.
pub struct Ref<E>(Id<E>);

impl<E> Id<E> {
    /// The identity of a row that is not stored yet.
    pub const NEW: Self = Self::from_number(0);

    /// Makes the identity with this number.
    pub const fn from_number(number: u64) -> Self {
        Self(number, PhantomData)
    }

    /// Returns the number of the row within its table; 0 if it is not stored yet.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Returns a reference to the row.
    pub const fn to_ref(self) -> Ref<E> {
        Ref(self)
    }
}

/// [`Id::NEW`], so that an entity can derive `Default`.
impl<E> Default for Id<E> {
    fn default() -> Self {
        Self::NEW
    }
}

impl<E> Ref<E> {
    /// Returns the identity of the row referred to.
    pub const fn id(self) -> Id<E> {
        self.0
    }
}

impl<E> From<Id<E>> for Ref<E> {
    fn from(id: Id<E>) -> Self {
        Self(id)
    }
}

impl<E> From<Ref<E>> for Id<E> {
    fn from(reference: Ref<E>) -> Self {
        reference.0
    }
}

macro_rules! plain_number {
    ($name:ident, $number:expr) => {
        impl<E> Clone for $name<E> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<E> Copy for $name<E> {}
        impl<E> PartialEq for $name<E> {
            fn eq(&self, other: &Self) -> bool {
                $number(*self) == $number(*other)
            }
        }
        impl<E> Eq for $name<E> {}
        impl<E> PartialOrd for $name<E> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl<E> Ord for $name<E> {
            fn cmp(&self, other: &Self) -> Ordering {
                $number(*self).cmp(&$number(*other))
            }
        }
        impl<E> Hash for $name<E> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                $number(*self).hash(state);
            }
        }
        impl<E> fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let entity = std::any::type_name::<E>().rsplit("::").next().unwrap_or_default();
                write!(f, "{}<{entity}>({})", stringify!($name), $number(*self))
            }
        }
        impl<E> fmt::Display for $name<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $number(*self).fmt(f)
            }
        }
    };
}
plain_number!(Id, Id::number);
plain_number!(Ref, |reference: Ref<E>| reference.0.number());

/// Returns a hash of texts that is the same in every release, and not 0: FNV-1a (Fowler, Noll and Vo, 1991) in 63 bits.
pub fn stable_hash<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    stable_hash_of(texts.into_iter().flat_map(|text| text.bytes().chain([0])))
}

/// As [`stable_hash`], for bytes.
pub fn stable_hash_of(bytes: impl Iterator<Item = u8>) -> u64 {
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 1).max(1)
}
