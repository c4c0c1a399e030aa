//! Typed tables and queries over them.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use serde_json::Value;

use crate::db::{Db, Unit};
use crate::document::{self, Document};
use crate::entity::{Entity, IndexOf};
use crate::error::{Error, FieldErrors, Place, Result};
use crate::field::{Choose, FieldSpec, FieldType, Index, each_item, follow};
use crate::id::{Id, Ref};
use crate::store::{IndexEntry, OnDelete, Reference, RowRecord, index_key};

/// How many rows a query reads at a time.
const PAGE: usize = 256;

/// The table of `E`, within one step.
pub struct Table<E> {
    db: Db,
    _rows: PhantomData<fn() -> E>,
}

impl<E: Entity> Table<E> {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, _rows: PhantomData }
    }

    /// The row with this identity, if it is there.
    ///
    /// # Errors
    /// [`Error::Data`] when the row does not fit the struct.
    pub fn get(&self, id: impl Into<Id<E>>) -> Result<Option<E>> {
        let id = id.into();
        let row = self.db.unit(|unit| unit.row_copy(E::TABLE, id.number()))?;
        row.map(|row| decode(id.number(), &row)).transpose()
    }

    /// The row with this identity.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is not there.
    pub fn load(&self, id: impl Into<Id<E>>) -> Result<E> {
        let id = id.into();
        self.get(id)?.ok_or_else(|| no_row(E::TABLE, id.number(), None))
    }

    /// Stores a new row and gives it its identity. The `id` it has is ignored.
    ///
    /// # Errors
    /// [`Error::Data`] when a field is against its rules, [`Error::NotUnique`] when a unique value is taken,
    /// [`Error::NoRow`] when it refers to a row that is not there.
    pub fn insert(&self, entity: E) -> Result<Ref<E>> {
        let id = self.db.unit(|unit| unit.store.next_row(E::TABLE))?;
        let row = encode(&entity, 0, Document::new())?;
        self.db.unit(|unit| write(unit, E::TABLE, id, row))?;
        Ok(Id::from_number(id).to_ref())
    }

    /// Stores a row that is there already.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is not there; else as [`Table::insert`].
    pub fn update(&self, entity: &E) -> Result<()> {
        let id = entity.id().number();
        let stored = self.db.unit(|unit| unit.row_copy(E::TABLE, id))?;
        let stored = stored.ok_or_else(|| no_row(E::TABLE, id, None))?;
        let row = encode(entity, id, stored.data)?;
        self.db.unit(|unit| write(unit, E::TABLE, id, row))
    }

    /// Deletes a row, and does to the rows that refer to it what their `on_delete` says.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is not there, [`Error::Protected`] when another row holds on to it.
    pub fn delete(&self, id: impl Into<Id<E>>) -> Result<()> {
        let id = id.into().number();
        self.db.unit(|unit| delete(unit, E::TABLE, id))
    }

    /// All rows, in the order of their insertion.
    pub fn all(&self) -> Query<E> {
        Query { db: self.db.clone(), index: Ok(None), filters: Vec::new() }
    }

    /// The rows for which `keep` is true.
    pub fn filter(&self, keep: impl Fn(&E) -> bool + 'static) -> Query<E> {
        self.all().filter(keep)
    }

    /// The rows with this value in an indexed field: costs what it finds, not what is stored.
    pub fn by<V: FieldType>(&self, index: IndexOf<E, V>, value: impl Choose<V::Item>) -> Query<E> {
        // A value that is too long to be a key is found under none.
        let key = value.value().map(|value| index_key(&value).unwrap_or_else(|| vec![u8::MAX]));
        Query { index: key.map(|key| Some((index.field(), key))), ..self.all() }
    }
}

/// Rows of a table, chosen by index and filters. Nothing is read before they are asked for.
pub struct Query<E> {
    db: Db,
    index: Result<Option<(&'static str, Vec<u8>)>, String>,
    filters: Vec<Box<dyn Fn(&E) -> bool>>,
}

impl<E: Entity> Query<E> {
    /// Keeps only the rows for which `keep` is true.
    pub fn filter(mut self, keep: impl Fn(&E) -> bool + 'static) -> Self {
        self.filters.push(Box::new(keep));
        self
    }

    /// All of them.
    ///
    /// # Errors
    /// When a row does not fit the struct, or the store fails; so for all methods.
    pub fn list(&self) -> Result<Vec<E>> {
        self.page(None, usize::MAX)
    }

    /// The first one, if there is any.
    ///
    /// # Errors
    /// As [`Query::list`].
    pub fn first(&self) -> Result<Option<E>> {
        Ok(self.page(None, 1)?.pop())
    }

    /// At most `limit` of them that come after the row `after`.
    ///
    /// # Errors
    /// As [`Query::list`].
    pub fn page(&self, after: Option<Id<E>>, limit: usize) -> Result<Vec<E>> {
        let mut found = Vec::new();
        let mut after = after.map_or(0, Id::number);
        while found.len() < limit {
            let (rows, last) = self.read(after)?;
            for (id, row) in rows {
                if found.len() == limit {
                    break;
                }
                let entity = decode(id, &row)?;
                if self.keeps(&entity) {
                    found.push(entity);
                }
            }
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        Ok(found)
    }

    /// How many there are. Reads them all.
    ///
    /// # Errors
    /// As [`Query::list`].
    pub fn count(&self) -> Result<usize> {
        Ok(self.list()?.len())
    }

    /// Whether the row is one of them: reads that row only.
    pub(crate) fn holds(&self, reference: Ref<E>) -> Result<bool> {
        let id = reference.id().number();
        let Some(row) = self.db.unit(|unit| unit.row_copy(E::TABLE, id))? else { return Ok(false) };
        Ok(self.index()?.is_none_or(|(field, key)| row.has(field, key)) && self.keeps(&decode(id, &row)?))
    }

    fn keeps(&self, entity: &E) -> bool {
        self.filters.iter().all(|keep| keep(entity))
    }

    fn index(&self) -> Result<Option<&(&'static str, Vec<u8>)>> {
        self.index.as_ref().map(Option::as_ref).map_err(Error::msg)
    }

    /// Some rows after `after`, with the step's own changes, and where to read on.
    fn read(&self, after: u64) -> Result<(Vec<(u64, RowRecord)>, Option<u64>)> {
        let index = self.index()?;
        self.db.unit(|unit| read_rows(unit, E::TABLE, index, after))
    }
}

type Page = (Vec<(u64, RowRecord)>, Option<u64>);

fn read_rows(unit: &mut Unit, table: &str, index: Option<&(&'static str, Vec<u8>)>, after: u64) -> Result<Page> {
    unit.rely_on_table(table)?;
    let mut rows: Vec<(u64, RowRecord)> = Vec::new();
    let ids = match index {
        None => {
            rows.extend(unit.store.rows(table, after, PAGE)?.into_iter().map(|(id, row)| (id, row.record)));
            rows.iter().map(|(id, _)| *id).collect()
        }
        Some((field, key)) => unit.store.rows_by(table, field, key, after, PAGE)?,
    };
    let last = (ids.len() == PAGE).then(|| ids.last().copied()).flatten();
    if index.is_some() {
        for id in ids {
            let row = unit.store.row(table, id)?.map(|row| row.record);
            // The row may have changed since the index was read.
            let found = row.filter(|row| index.is_none_or(|(field, key)| row.has(field, key)));
            rows.extend(found.map(|row| (id, row)));
        }
    }
    let (mut changed, mut own) = (BTreeSet::new(), Vec::new());
    for (id, row) in unit.changed_rows(table, after).take_while(|(id, _)| last.is_none_or(|last| *id <= last)) {
        changed.insert(id);
        own.extend(row.filter(|row| index.is_none_or(|(field, key)| row.has(field, key))).map(|row| (id, row.clone())));
    }
    rows.retain(|(id, _)| !changed.contains(id));
    rows.extend(own);
    rows.sort_by_key(|(id, _)| *id);
    Ok((rows, last))
}

fn no_row(table: &str, id: u64, field: Option<String>) -> Error {
    Error::NoRow { table: table.to_owned(), id, field }
}

fn decode<E: Entity>(id: u64, row: &RowRecord) -> Result<E> {
    let mut entity: E = document::read(&row.data).map_err(|errors| wrong_row(E::TABLE, id, errors))?;
    entity.set_id(Id::from_number(id));
    Ok(entity)
}

fn wrong_row(table: &str, id: u64, errors: FieldErrors) -> Error {
    Error::Data { at: Box::new(Place::Row { table: table.to_owned(), id }), errors }
}

fn encode<E: Entity>(entity: &E, id: u64, mut stored: Document) -> Result<RowRecord> {
    document::write(entity, &mut stored).map_err(|errors| wrong_row(E::TABLE, id, errors))?;
    Ok(row_of(E::FIELDS, stored))
}

/// A row with the index entries and references that its fields call for.
pub(crate) fn row_of(specs: &[FieldSpec], data: Document) -> RowRecord {
    let mut row = RowRecord { data, ..RowRecord::default() };
    for spec in specs {
        let Some(value) = spec.lookup(&row.data) else { continue };
        if let Some(index) = spec.index {
            // A list is found by each of its items.
            for item in each_item(value) {
                let unique = index == Index::Unique;
                let entry = IndexEntry { field: spec.key.join("."), value: item.clone(), unique };
                if !row.index.contains(&entry) {
                    row.index.push(entry);
                }
            }
        }
        (spec.kind)().references(value, &mut |table, id| {
            let to = Reference { table: table.to_owned(), id, field: spec.key.join("."), on_delete: spec.on_delete };
            if !row.references.contains(&to) {
                row.references.push(to);
            }
        });
    }
    row
}

/// Writes a row once what it refers to is there and its unique values are free.
pub(crate) fn write(unit: &mut Unit, table: &str, id: u64, row: RowRecord) -> Result<()> {
    for to in &row.references {
        if (to.table.as_str(), to.id) != (table, id) && unit.row(&to.table, to.id)?.is_none() {
            return Err(no_row(&to.table, to.id, Some(format!("{table}.{}", to.field))));
        }
    }
    put(unit, table, id, row)
}

/// Writes a row once its unique values are free.
fn put(unit: &mut Unit, table: &str, id: u64, row: RowRecord) -> Result<()> {
    crate::store::check_keys(table, &row)?;
    for entry in row.index.iter().filter(|entry| entry.unique) {
        let Some(key) = index_key(&entry.value) else { continue };
        if let Some(other) = unit.holder(table, &entry.field, &key)?.filter(|other| *other != id) {
            return Err(Error::NotUnique { table: table.to_owned(), field: entry.field.clone(), row: other });
        }
    }
    unit.put_row(table, id, Some(row))
}

/// Has a row found by the indexes of today. One that does not fit the struct is left alone, as is told where it is read: the answer
/// is false.
pub(crate) fn reindex<E: Entity>(db: &Db, id: u64) -> Result<bool> {
    let Some(stored) = db.unit(|unit| unit.row_copy(E::TABLE, id))? else { return Ok(true) };
    match decode::<E>(id, &stored).and_then(|entity| encode(&entity, id, stored.data)) {
        Ok(row) => db.unit(|unit| index_as(unit, E::TABLE, id, row)).map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Gives a row the index entries and references of another one. Its data stays as it is, so that an earlier version can still
/// read it, unless a reference in it could not be set to none then: that is done where the field has its key today.
pub(crate) fn index_as(unit: &mut Unit, table: &str, id: u64, row: RowRecord) -> Result<()> {
    let stored = unit.row_copy(table, id)?.unwrap_or_default();
    let is_there = |field: &str| follow(&stored.data, &field.split('.').collect::<Vec<_>>()).is_some();
    let moves = row.references.iter().any(|to| to.on_delete == OnDelete::SetNone && !is_there(&to.field));
    let row = if moves { row } else { RowRecord { data: stored.data.clone(), ..row } };
    if row == stored { Ok(()) } else { put(unit, table, id, row) }
}

/// Deletes a row and settles the references to it; rows deleted by a cascade are settled in turn. Nothing is written
/// before all is judged.
fn delete(unit: &mut Unit, table: &str, id: u64) -> Result<()> {
    if unit.row(table, id)?.is_none() {
        return Err(no_row(table, id, None));
    }
    let mut doomed = BTreeSet::from([(table.to_owned(), id)]);
    let mut open = vec![(table.to_owned(), id)];
    let mut others = Vec::new();
    while let Some((table, id)) = open.pop() {
        for by in references(unit, &table, id)? {
            // The row as it is in this step: what was listed may have changed since.
            let refers = |row: &RowRecord| {
                row.references.iter().any(|to| (&to.table, to.id, &to.field) == (&table, id, &by.field))
            };
            if !unit.row(&by.table, by.id)?.is_some_and(refers) {
                continue;
            }
            if by.on_delete == OnDelete::Cascade {
                let source = (by.table, by.id);
                if doomed.insert(source.clone()) {
                    open.push(source);
                }
            } else {
                others.push(((table.clone(), id), by));
            }
        }
    }
    others.retain(|(_, by)| !doomed.contains(&(by.table.clone(), by.id)));
    if let Some(((table, id), by)) = others.iter().find(|(_, by)| by.on_delete == OnDelete::Protect) {
        let (table, by_table, field) = (table.clone(), by.table.clone(), by.field.clone());
        return Err(Error::Protected { table, id: *id, by_table, by: by.id, field });
    }
    for ((table, id), by) in others {
        set_none(unit, &by, &table, id)?;
    }
    doomed.into_iter().try_for_each(|(table, id)| unit.put_row(&table, id, None))
}

/// Who refers to a row, the step's own changes included.
fn references(unit: &mut Unit, table: &str, id: u64) -> Result<Vec<Reference>> {
    let mut found = unit.store.references(table, id, usize::MAX)?;
    for (by_table, by, row) in unit.all_changed_rows() {
        found.retain(|reference| (reference.table.as_str(), reference.id) != (by_table, by));
        let to = row.iter().flat_map(|row| &row.references).filter(|to| (to.table.as_str(), to.id) == (table, id));
        found.extend(to.map(|to| Reference { table: by_table.to_owned(), id: by, ..to.clone() }));
    }
    Ok(found)
}

fn set_none(unit: &mut Unit, by: &Reference, table: &str, id: u64) -> Result<()> {
    let Some(mut row) = unit.row_copy(&by.table, by.id)? else { return Ok(()) };
    let mut path = by.field.split('.');
    let first = path.next().unwrap_or_default();
    let value = path.try_fold(row.data.get_mut(first), |value, key| Some(value?.get_mut(key)));
    match value.flatten() {
        Some(Value::Array(items)) => items.retain(|item| item.as_u64() != Some(id)),
        Some(value) if value.as_u64() == Some(id) => *value = Value::Null,
        _ => {}
    }
    row.references.retain(|to| (to.table.as_str(), to.id, &to.field) != (table, id, &by.field));
    row.index.retain(|entry| entry.field != by.field || entry.value.as_u64() != Some(id));
    unit.put_row(&by.table, by.id, Some(row))
}
