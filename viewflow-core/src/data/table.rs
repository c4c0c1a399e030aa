//! Typed tables and queries over them.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;
use viewflow_store::{Document, Id, IndexEntry, Ref, Reference, RowRecord, index_key};

use crate::data::document;
use crate::data::entity::{Entity, IndexOf, ToRef};
use crate::data::field::{Choose, FieldSpec, FieldType, Index, each_item, form_of, tables_of};
use crate::error::{Error, FieldErrors, Place, Result};
use crate::unit::Db;
use crate::unit::tables::{PROCESSES, no_row};
use crate::unit::versions::About;
use crate::unit::walk::Walk;

impl Db {
    /// Returns the table of `E`.
    pub fn table<E: Entity>(&self) -> Table<E> {
        Table::new(self.clone())
    }

    /// Returns the row that `reference` names.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it is gone, [`Error::Empty`] if there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.table().load(reference.to_ref()?)
    }

    /// Changes the row that `reference` names.
    ///
    /// # Errors
    /// As [`Db::load`], and as [`Table::update`](crate::Table::update).
    pub fn change<R: ToRef>(&self, reference: R, change: impl FnOnce(&mut R::Entity)) -> Result<()> {
        let mut row = self.load(reference)?;
        change(&mut row);
        self.table().update(&row)
    }
}

/// The table of `E`, within one step.
pub struct Table<E> {
    db: Db,
    _rows: PhantomData<fn() -> E>,
}

impl<E: Entity> fmt::Debug for Table<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Table").field(&E::TABLE).finish()
    }
}

impl<E: Entity> Table<E> {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, _rows: PhantomData }
    }

    /// Returns the row with this identity, if it exists.
    ///
    /// # Errors
    /// [`Error::Data`] if the row does not fit the struct.
    pub fn get(&self, id: impl Into<Id<E>>) -> Result<Option<E>> {
        let id = id.into();
        let row = self.db.unit(|unit| unit.row_copy(E::TABLE, id.number()))?;
        row.map(|row| decode(id.number(), &row)).transpose()
    }

    /// Returns the row with this identity.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it does not exist.
    pub fn load(&self, id: impl Into<Id<E>>) -> Result<E> {
        let id = id.into();
        self.get(id)?.ok_or_else(|| no_row(E::TABLE, id.number(), None))
    }

    /// Stores a new row and gives it its identity. The `id` that it has is ignored.
    ///
    /// # Errors
    /// [`Error::Data`] if a field breaks its rules, [`Error::NotUnique`] if a unique value is taken, [`Error::NoRow`]
    /// if it refers to a missing row.
    pub fn insert(&self, entity: E) -> Result<Ref<E>> {
        let id = self.db.unit(|unit| unit.store.next_row(E::TABLE))?;
        let row = encode(&entity, 0, Document::new())?;
        self.rely()?;
        self.db.unit(|unit| unit.write_row(E::TABLE, id, row)).map_err(named::<E>)?;
        Ok(Id::from_number(id).to_ref())
    }

    /// Stores a row that already exists.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it does not exist; otherwise as [`Table::insert`].
    pub fn update(&self, entity: &E) -> Result<()> {
        let id = entity.id().number();
        let stored = self.db.unit(|unit| unit.row_copy(E::TABLE, id))?;
        let stored = stored.ok_or_else(|| no_row(E::TABLE, id, None))?;
        let row = encode(entity, id, stored.data)?;
        self.rely()?;
        self.db.unit(|unit| unit.write_row(E::TABLE, id, row)).map_err(named::<E>)
    }

    /// Deletes a row. The rows that refer to it are treated as their `on_delete` says.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it does not exist, [`Error::Protected`] if another row protects it.
    pub fn delete(&self, id: impl Into<Id<E>>) -> Result<()> {
        let id = id.into().number();
        self.db.unit(|unit| unit.delete_row(E::TABLE, id))
    }

    /// Returns all rows, in the order of their insertion.
    pub fn all(&self) -> Query<E> {
        Query { db: self.db.clone(), index: Ok(None), filters: Vec::new() }
    }

    /// Returns the rows for which `keep` is true.
    pub fn filter(&self, keep: impl Fn(&E) -> bool + 'static) -> Query<E> {
        self.all().filter(keep)
    }

    /// Returns the rows with this value in an indexed field.
    ///
    /// Its cost depends on the rows that it finds, not on the rows stored. The step relies on these rows alone, and not
    /// on the whole table as with [`Table::all`]: meanwhile, other steps can write rows with other values.
    pub fn by<V: FieldType>(&self, index: IndexOf<E, V>, value: impl Choose<V::Item>) -> Query<E> {
        // No row has a key for a value that is too long to be a key.
        let key = value.key().map(|value| index_key(&value).unwrap_or_else(|| vec![u8::MAX]));
        Query { index: key.map(|key| Some((index.field(), key))), ..self.all() }
    }

    /// Notes that the step relies on the table being indexed as the row type says.
    fn rely(&self) -> Result<()> {
        rely::<E>(&self.db)
    }
}

fn rely<E: Entity>(db: &Db) -> Result<()> {
    db.unit(|unit| unit.rely_on_table_of(E::TABLE, || described(E::FIELDS)))
}

/// Rows of a table, chosen by index and filters. A query reads nothing until its rows are asked for.
pub struct Query<E> {
    db: Db,
    index: Result<Option<(&'static str, Vec<u8>)>, String>,
    filters: Vec<Box<dyn Fn(&E) -> bool>>,
}

impl<E: Entity> fmt::Debug for Query<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("table", &E::TABLE).field("filters", &self.filters.len()).finish_non_exhaustive()
    }
}

impl<E: Entity> Query<E> {
    /// Keeps only the rows for which `keep` is true.
    pub fn filter(mut self, keep: impl Fn(&E) -> bool + 'static) -> Self {
        self.filters.push(Box::new(keep));
        self
    }

    /// Returns all rows of the query.
    ///
    /// # Errors
    /// If a row does not fit the struct, or the store fails. The same is true of all methods.
    pub fn list(&self) -> Result<Vec<E>> {
        self.page(None, usize::MAX)
    }

    /// Returns the first row, if there is any. Reads no more than it takes to find it.
    ///
    /// # Errors
    /// As [`Query::list`].
    pub fn first(&self) -> Result<Option<E>> {
        Ok(self.page(None, 1)?.pop())
    }

    /// Returns at most `limit` rows that come after the row `after`. Reads no more than it takes to find them.
    ///
    /// # Errors
    /// As [`Query::list`].
    pub fn page(&self, after: Option<Id<E>>, limit: usize) -> Result<Vec<E>> {
        let index = self.index()?.map(|(field, key)| (*field, key.as_slice()));
        if index.is_none() {
            return self.read_page(index, after, limit);
        }
        loop {
            rely::<E>(&self.db)?;
            let found = self.read_page(index, after, limit)?;
            if !self.db.unit(|unit| unit.has_to_look_again(About::Rows, E::TABLE))? {
                return Ok(found);
            }
        }
    }

    fn read_page(&self, index: Option<(&str, &[u8])>, after: Option<Id<E>>, limit: usize) -> Result<Vec<E>> {
        let mut found = Vec::new();
        let mut rows = Walk::new(after.map(Id::number), limit);
        while found.len() < limit {
            let read = |after, size| self.db.unit(|unit| unit.query_rows(E::TABLE, index, after, size));
            let Some((id, row)) = rows.next(read)? else { break };
            let entity = decode(id, &row)?;
            if self.keeps(&entity) {
                found.push(entity);
            }
        }
        Ok(found)
    }

    /// Returns how many rows there are. Reads them all.
    ///
    /// # Errors
    /// As [`Query::list`].
    pub fn count(&self) -> Result<usize> {
        Ok(self.list()?.len())
    }

    /// Returns the rows of the query among the next `most` rows after a number, and the row after which others may
    /// come.
    pub(crate) fn look_at(&self, after: u64, most: usize) -> Result<(Vec<E>, Option<u64>)> {
        let index = self.index()?.map(|(field, key)| (*field, key.as_slice()));
        loop {
            if index.is_some() {
                rely::<E>(&self.db)?;
            }
            let (mut found, mut after, mut left) = (Vec::new(), Some(after), most);
            while left > 0 && after.is_some() {
                let (rows, next) =
                    self.db.unit(|unit| unit.query_rows(E::TABLE, index, after.filter(|after| *after > 0), left))?;
                (left, after) = (left.saturating_sub(rows.len().max(1)), next);
                for (id, row) in rows {
                    found.push(decode(id, &row)?);
                }
            }
            found.retain(|entity| self.keeps(entity));
            if index.is_none() || !self.db.unit(|unit| unit.has_to_look_again(About::Rows, E::TABLE))? {
                return Ok((found, after));
            }
        }
    }

    /// Returns the row if it belongs to the query. Reads that row only.
    pub(crate) fn held(&self, reference: Ref<E>) -> Result<Option<E>> {
        let id = reference.id().number();
        if self.index()?.is_some() {
            rely::<E>(&self.db)?;
        }
        let Some(row) = self.db.unit(|unit| unit.row_copy(E::TABLE, id))? else { return Ok(None) };
        if !self.index()?.is_none_or(|(field, key)| row.has(field, key)) {
            return Ok(None);
        }
        Ok(Some(decode(id, &row)?).filter(|entity| self.keeps(entity)))
    }

    fn keeps(&self, entity: &E) -> bool {
        self.filters.iter().all(|keep| keep(entity))
    }

    fn index(&self) -> Result<Option<&(&'static str, Vec<u8>)>> {
        self.index.as_ref().map(Option::as_ref).map_err(Error::msg)
    }
}

fn decode<E: Entity>(id: u64, row: &RowRecord) -> Result<E> {
    let mut entity: E = document::read(&row.data).map_err(|errors| wrong_row(E::TABLE, id, errors))?;
    entity.set_id(Id::from_number(id));
    Ok(entity)
}

fn wrong_row(table: &str, id: u64, errors: FieldErrors) -> Error {
    Error::Data { at: Box::new(Place::Row { table: table.to_owned(), id }), errors }
}

/// Names the field in an error about a unique value, instead of the key under which it is stored.
fn named<E: Entity>(error: Error) -> Error {
    error.with_unique_named(|key| {
        let spec = E::FIELDS.iter().find(|spec| spec.key.join(".") == key);
        spec.map_or_else(|| key.to_owned(), |spec| spec.name.to_owned())
    })
}

fn encode<E: Entity>(entity: &E, id: u64, mut stored: Document) -> Result<RowRecord> {
    document::write(entity, &mut stored).map_err(|errors| wrong_row(E::TABLE, id, errors))?;
    Ok(row_of(E::FIELDS, stored))
}

/// Makes a row with the index entries and references that its fields call for.
pub(crate) fn row_of(specs: &[FieldSpec], data: Document) -> RowRecord {
    let mut row = RowRecord { data, ..RowRecord::default() };
    for spec in specs {
        let Some(value) = spec.lookup(&row.data) else { continue };
        let mut referred = BTreeSet::new();
        for process in each_item(value).into_iter().filter(|_| spec.holds_processes).filter_map(Value::as_u64) {
            let (table, field) = (PROCESSES.to_owned(), spec.key.join("."));
            let to = Reference { table, id: process, field, on_delete: spec.on_delete };
            // The numbers of processes begin with 1.
            if process != 0 && referred.insert((PROCESSES.to_owned(), process)) {
                row.references.push(to);
            }
        }
        if let Some(index) = spec.index {
            // A list is indexed by each of its items.
            let canonical = (spec.canonical)(value);
            let items = each_item(canonical.as_ref().unwrap_or(value));
            let mut seen = HashSet::new();
            for item in items.iter().filter(|item| items.len() == 1 || seen.insert(**item)) {
                let unique = index == Index::Unique;
                let entry = IndexEntry { field: spec.key.join("."), value: (*item).clone(), unique };
                row.index.push(entry);
            }
        }
        (spec.kind)().references(value, &mut |table, id| {
            let to = Reference { table: table.to_owned(), id, field: spec.key.join("."), on_delete: spec.on_delete };
            if referred.insert((table.to_owned(), id)) {
                row.references.push(to);
            }
        });
    }
    row
}

/// Returns a text that changes if rows get other index entries or references, or the same ones in another form.
pub(crate) fn described<'s>(specs: impl IntoIterator<Item = &'s FieldSpec>) -> String {
    let mut lines = Vec::new();
    for spec in specs {
        let tables: Vec<_> = tables_of([(spec.kind)()]).iter().map(|table| table.name).collect();
        if spec.index.is_none() && tables.is_empty() && !spec.column && !spec.holds_processes {
            continue;
        }
        let index = match spec.index {
            Some(Index::Unique) => "unique",
            Some(Index::Plain) => "index",
            None => "no index",
        };
        let form = spec.index.map(|_| form_of(spec)).unwrap_or_default();
        let mut line = format!("{} {index} {form} {:?} {}", spec.key.join("."), spec.on_delete, tables.join(" "));
        if spec.holds_processes {
            line.push_str(" processes");
        }
        lines.push(line);
    }
    lines.join("; ")
}

/// Returns a row in the form in which it would be stored now. Returns none for a row that does not fit the struct: the
/// error is reported where the row is read.
pub(crate) fn of_today<E: Entity>(id: u64, stored: RowRecord) -> Option<RowRecord> {
    let entity = decode::<E>(id, &stored).ok()?;
    encode(&entity, id, stored.data).ok()
}
