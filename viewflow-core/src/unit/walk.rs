//! Going through a list from its front.

use std::collections::VecDeque;

use crate::error::Result;

/// How much is read at a time at most.
pub(crate) const PAGE: usize = 256;

/// A way through a list, read in pages that grow: who stops early has read little.
pub(crate) struct Walk<T, E> {
    page: VecDeque<T>,
    /// After which entry the next page begins.
    after: Option<E>,
    size: usize,
    is_over: bool,
}

impl<T, E: Copy> Walk<T, E> {
    /// A way that begins after `after`, of which at least `wanted` are likely to be asked for.
    pub(crate) fn new(after: Option<E>, wanted: usize) -> Self {
        Self { page: VecDeque::new(), after, size: wanted.clamp(1, PAGE), is_over: false }
    }

    /// The next one. `read` reads a page: what comes after an entry, at most so many, and after which entry to read on.
    pub(crate) fn next(
        &mut self,
        mut read: impl FnMut(Option<E>, usize) -> Result<(Vec<T>, Option<E>)>,
    ) -> Result<Option<T>> {
        while self.page.is_empty() && !self.is_over {
            let (page, next) = read(self.after, self.size)?;
            (self.page, self.after, self.is_over) = (page.into(), next, next.is_none());
            self.size = (self.size * 2).min(PAGE);
        }
        Ok(self.page.pop_front())
    }
}
