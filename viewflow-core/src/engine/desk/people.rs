//! People whom a face names.

use viewflow_store::UserId;

use super::Desk;
use crate::error::{Error, Result};
use crate::lifecycle::Action;
use crate::people::{Contact, Directory, User};

/// How many people a search finds at most.
const MOST: usize = 100;

impl Desk<'_> {
    /// Searches the directory of the engine for people, for fields in which a person is chosen. Returns at most
    /// `limit`, and at most 100.
    ///
    /// # Errors
    /// [`Error::NoDirectory`]; [`Error::Forbidden`] for a person who may do nothing; when the directory cannot be read.
    pub fn people(&self, search: &str, limit: usize) -> Result<Vec<Contact>> {
        self.person(Action::View)?;
        let limit = limit.min(MOST);
        let mut found = self.directory()?.search(search, limit).map_err(Error::other)?;
        found.truncate(limit);
        Ok(found)
    }

    /// The person with this name.
    pub(super) fn person_named(&self, name: &UserId) -> Result<Box<dyn User>> {
        self.directory()?.person(name).map_err(Error::other)?.ok_or_else(|| Error::NoPerson(name.clone()))
    }

    fn directory(&self) -> Result<&dyn Directory> {
        self.engine.0.people.as_deref().ok_or(Error::NoDirectory)
    }
}
