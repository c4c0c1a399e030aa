//! Scopes as they are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::declare::record;
use crate::id::ProcessId;

/// The identity of a scope: its process, and its number within the process. Number 0 is the process itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeId {
    /// The process.
    pub process: ProcessId,
    /// The number within the process.
    pub number: u32,
}

record! {
    /// An open scope, which a split opened and a join will close, or the whole process.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct ScopeRecord {
        /// The scope around it; none for the process itself.
        pub parent: Option<u32> = default,
        /// The stored name and the task of the split that opened it; none for the process itself.
        pub split: Option<(String, u32)> = default,
        /// How many tokens and inner scopes in it are not done. Tokens that wait at its join do not count.
        pub live: u64,
        /// The task at its join, once a token has arrived there.
        pub join: Option<u32> = default,
        /// How many tokens have arrived at its join.
        pub arrived: u64 = default,
        /// How many tasks of each node were done in it and in inner scopes. None in scopes that an earlier release
        /// opened, and in the process itself, where the counts are not needed.
        pub done: Option<BTreeMap<String, u32>> = default,
        /// Whether the first token that moves on leaves it, and cancels the others.
        pub first: bool = default,
        /// Whether its open tasks may have to be canceled at once, because a join need not wait for them. Then they are
        /// in a list.
        pub listed: bool = default,
    }
}

impl ScopeRecord {
    /// Reduces the count of a node's done tasks by `less`.
    pub fn uncount(&mut self, node: &str, less: u32) {
        let Some(done) = &mut self.done else { return };
        if let Some(count) = done.get_mut(node) {
            *count = count.saturating_sub(less);
            if *count == 0 {
                done.remove(node);
            }
        }
    }
}
