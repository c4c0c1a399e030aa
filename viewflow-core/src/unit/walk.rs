//! Walking through a list from its front.

use std::collections::VecDeque;

use crate::error::Result;

/// How many entries are read at once at most.
pub(crate) const PAGE: usize = 256;

/// A walk through a list, read in pages that grow. A walk that stops early has read little.
pub(crate) struct Walk<T, E> {
    page: VecDeque<T>,
    /// The entry after which the next page begins.
    after: Option<E>,
    size: usize,
    is_over: bool,
}

impl<T, E: Copy> Walk<T, E> {
    /// Begins a walk after `after`. Probably at least `wanted` entries will be asked for.
    pub(crate) fn new(after: Option<E>, wanted: usize) -> Self {
        Self { page: VecDeque::new(), after, size: wanted.clamp(1, PAGE), is_over: false }
    }

    /// Returns the next entry.
    ///
    /// `read` reads a page. Its arguments are the entry after which to read, and the most entries. It returns the
    /// entries, and the entry after which to read on.
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
