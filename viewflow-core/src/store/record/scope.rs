//! Scopes as they are stored.

use serde::{Deserialize, Serialize};

use crate::id::ProcessId;

/// Which scope: its process and its number within it; 0 is the process itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeId {
    /// The process.
    pub process: ProcessId,
    /// The number within the process.
    pub number: u32,
}

/// An open scope: what a split opened and a join will close, or the whole process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScopeRecord {
    /// The scope around it; none for the process itself.
    pub parent: Option<u32>,
    /// The stored name and the task of the split that opened it; none for the process itself.
    pub split: Option<(String, u32)>,
    /// How many tokens and inner scopes in it are not done. Tokens that wait at its join do not count.
    pub live: u64,
    /// The task at its join, once a token has arrived there.
    pub join: Option<u32>,
    /// How many tokens have arrived at its join.
    #[serde(default)]
    pub arrived: u64,
    /// Whether the first token that moves on leaves it, and cancels the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
    /// Whether what is open in it may have to be canceled at once, as the others were not waited for: then its tasks
    /// stand in a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}
