//! The errors of a store.

/// The result of a store's methods.
pub type StoreResult<T> = Result<T, StoreError>;

/// An error of a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A record that the commit relies on has changed. Run the step again.
    #[error("another step changed what this one reads")]
    Conflict,
    /// A record is not as it was written.
    #[error("the record of {what} is damaged ({detail}): restore a backup, or remove the record")]
    Damaged {
        /// The record.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The store is open already, in this program or in a different one.
    #[error("the store at `{path}` is in use: close the program that has it open")]
    InUse {
        /// The path of the store.
        path: String,
    },
    /// Another release wrote the store, in a format that this one does not know.
    #[error(
        "the store at `{path}` has format {found}, and this release knows format {known}: use the release that wrote it, or `export` there and `import` here"
    )]
    OtherFormat {
        /// The path of the store.
        path: String,
        /// The format of the store.
        found: String,
        /// The format that this release reads and writes.
        known: String,
    },
    /// The path holds something other than a store.
    #[error("the directory `{path}` is no store ({detail}): choose another directory")]
    NotAStore {
        /// The directory.
        path: String,
        /// A description of what was found there.
        detail: String,
    },
    /// Commits that were durable are gone.
    #[error(
        "the store at `{path}` has lost its newest commits: it had {durable}, and {found} of them are left. Restore a backup, or open it with `accept_loss`"
    )]
    LostCommits {
        /// The path of the store.
        path: String,
        /// The number of the last commit that was durable.
        durable: u64,
        /// The number of the last commit that is left.
        found: u64,
    },
    /// The store cannot be opened, because its files are damaged or cannot be read.
    #[error("cannot open the store at `{path}`: {source}")]
    CannotOpen {
        /// The path at which the store should be.
        path: String,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier write failed, so that the content of the disk is unknown. Open the store again.
    #[error("the store stopped after a failed write ({0}): open it again")]
    Stopped(String),
    /// The store is filling the list from the records, because the release that had the store before did not keep it in
    /// the same way. Everything else goes on meanwhile.
    #[error("the list `{list}` is being filled, as an earlier release did not keep it ({through}): ask again later")]
    NotReady {
        /// The list.
        list: String,
        /// How far the filling has come.
        through: String,
    },
    /// A record or key is larger than the store accepts.
    #[error("{what} cannot be stored: {detail}")]
    TooLarge {
        /// The record.
        what: String,
        /// What is too large about it.
        detail: String,
    },
    /// A value is too long for an index.
    #[error("`{field}` of table `{table}` has an index and takes at most {max} bytes")]
    KeyTooLong {
        /// The table.
        table: String,
        /// The field.
        field: String,
        /// The greatest length of an indexed value.
        max: usize,
    },
    /// The medium failed.
    #[error("the store cannot write or read: {0}")]
    Io(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Returns whether the error is about one record, which is too large or cannot be read.
    ///
    /// A task that needs such a record fails, and everything else goes on. With all other errors the store itself
    /// fails, or asks for the step to be run again.
    ///
    /// ```
    /// use viewflow_store::StoreError;
    ///
    /// let detail = "it has 9000 bytes, and 4000 are the most".to_owned();
    /// assert!(StoreError::TooLarge { what: "row 7 of `mail`".to_owned(), detail }.is_of_data());
    /// assert!(!StoreError::io("the cable is loose").is_of_data());
    /// ```
    pub fn is_of_data(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::TooLarge { .. } | Self::KeyTooLong { .. } => true,
            Self::Conflict
            | Self::InUse { .. }
            | Self::OtherFormat { .. }
            | Self::NotAStore { .. }
            | Self::LostCommits { .. }
            | Self::CannotOpen { .. }
            | Self::NotReady { .. }
            | Self::Stopped(_)
            | Self::Io(_) => false,
        }
    }

    /// Makes the error that the medium failed with `source`.
    ///
    /// ```
    /// use std::error::Error;
    /// use viewflow_store::StoreError;
    ///
    /// let error = StoreError::io(std::io::Error::from(std::io::ErrorKind::StorageFull));
    /// assert!(error.source().unwrap().is::<std::io::Error>());
    /// ```
    pub fn io(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Io(source.into())
    }
}
