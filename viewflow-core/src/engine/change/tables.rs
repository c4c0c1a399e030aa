//! The tables of the flows' data: the rows of each are of one type, and are found by the indexes that the type has now.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::entity::{RowType, TableSpec};
use crate::data::field::{FieldSpec, Index, form_of, problems, tables_of};
use crate::data::table::row_of;
use crate::definition::{Definition, Flows};
use crate::engine::Engine;
use crate::engine::change::noted::{INDEXES, Note, noted};
use crate::engine::change::renewal::{Clash, Renewal, Stale};
use crate::error::{Error, Result};
use crate::id::ProcessId;
use crate::store::{ProcessList, RowRecord, Store};
use crate::time::Timestamp;
use crate::unit::Db;

/// How many rows are looked at in one step.
const AT_ONCE: usize = 64;

/// The tables that are known from flows, from each other, and from the builder.
#[derive(Default)]
pub(in crate::engine) struct Tables {
    known: BTreeMap<&'static str, Known>,
    problems: Vec<String>,
}

struct Known {
    rows: RowType,
    /// How its rows are found, and what they refer to.
    indexes: String,
    source: Source,
}

/// Where rows come from.
enum Source {
    /// From the application. This makes them as they would be stored today.
    Rows(fn(u64, RowRecord) -> Option<RowRecord>),
    /// They are columns of the processes of these flows.
    Columns(Vec<Arc<Definition>>),
}

impl Tables {
    pub(in crate::engine) fn of(flows: &Flows, more: &[TableSpec], problems: &mut Vec<String>) -> Self {
        let mut tables = Self::default();
        for def in flows.values() {
            tables.add_columns(def);
            tables_of(def.kinds.iter().map(|kind| kind())).into_iter().for_each(|table| tables.add(table));
        }
        more.iter().for_each(|table| tables.add(*table));
        problems.append(&mut tables.problems);
        tables
    }

    fn add(&mut self, table: TableSpec) {
        if self.is_new(table.name, table.rows) {
            let indexes = described(table.fields.iter());
            let told = problems(table.fields).into_iter();
            self.problems
                .extend(told.map(|(field, problem)| format!("table `{}`: field `{field}` {problem}", table.name)));
            let source = Source::Rows(table.of_today);
            self.known.insert(table.name, Known { rows: table.rows, indexes, source });
            tables_of(table.fields.iter().map(|spec| (spec.kind)())).into_iter().for_each(|table| self.add(table));
        }
    }

    fn add_columns(&mut self, def: &Arc<Definition>) {
        let process = &def.process;
        let Some(table) = process.table else { return };
        if self.is_new(table, process.rows) {
            let indexes = described(process.columns().iter());
            self.known.insert(table, Known { rows: process.rows, indexes, source: Source::Columns(Vec::new()) });
        }
        if let Some(Known { source: Source::Columns(flows), indexes, .. }) = self.known.get_mut(table) {
            // A flow that comes later has processes that were not looked at.
            *indexes = format!("{}; {indexes}", def.name);
            flows.push(Arc::clone(def));
        }
    }

    /// Whether a table is not known yet. Two types in one table are a problem.
    fn is_new(&mut self, table: &str, rows: RowType) -> bool {
        let Some(known) = self.known.get(table) else { return true };
        if known.rows.id != rows.id {
            self.problems.push(format!(
                "the table `{table}` has rows of two types, `{}` and `{}`: give one of them a table of its own, by \
                 `#[entity(table = \"..\")]`, or `#[process(table = \"..\")]` for the columns of a process",
                known.rows.name, rows.name
            ));
        }
        false
    }
}

/// Text that is another one where rows have other index entries or references, or the same in another form.
fn described<'s>(specs: impl Iterator<Item = &'s FieldSpec>) -> String {
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

impl Engine {
    /// Has the rows of tables found by their indexes, where those, or the forms of their values, are others than when the store was
    /// last used. Answers with what is to be noted then.
    pub(in crate::engine) fn reindex<'t>(&self, tables: &'t Tables) -> Result<Vec<Note<'t>>> {
        let mut now = Vec::new();
        for (name, table) in &tables.known {
            let known = noted(&*self.0.store, INDEXES, name)?;
            if known.as_ref() == Some(&table.indexes) {
                continue;
            }
            if known.is_some() {
                // Should this be broken off, the rows are those of no version.
                self.note(&[(INDEXES, *name, "")])?;
            }
            // What cannot be read is looked at again.
            if self.reindex_table(name, &table.source).map_err(|error| explained(error, name, &table.source))? {
                now.push((INDEXES, *name, &*table.indexes));
            }
        }
        Ok(now)
    }

    /// Answers whether every row could be read.
    fn reindex_table(&self, table: &str, source: &Source) -> Result<bool> {
        let mut whole = true;
        each_page(&*self.0.store, table, source, |rows, of_today| {
            let reindex = |db: &Db, id: u64| match readable(db, of_today(db, id))? {
                Some(row) => db.unit(|unit| unit.index_row_as(table, id, row)).map(|()| true),
                None => Ok(false),
            };
            whole &=
                self.step(None, None, |db| rows.iter().try_fold(true, |whole, id| Ok(reindex(db, *id)? && whole)))?;
            Ok(())
        })?;
        Ok(whole)
    }
}

impl Tables {
    /// The tables whose rows would be given other index entries, and how many of them; and values that two rows would have.
    pub(in crate::engine) fn plan(&self, store: &Arc<dyn Store>) -> Result<Vec<Renewal>> {
        let mut renewals = Vec::new();
        for (name, table) in &self.known {
            if noted(&**store, INDEXES, name)?.as_ref() == Some(&table.indexes) {
                continue;
            }
            let (mut found, mut seen) = (Renewal::new(Stale::Table((*name).to_owned())), BTreeMap::new());
            each_page(&**store, name, &table.source, |rows, of_today| {
                let db = Db::reader(Arc::clone(store), Timestamp::from_millis(0));
                for id in rows {
                    let Some(row) = readable(&db, of_today(&db, *id))? else { continue };
                    let stored = db.unit(|unit| unit.row_copy(name, *id))?.unwrap_or_default();
                    found.count += u64::from((&row.index, &row.references) != (&stored.index, &stored.references));
                    for (field, key) in row.unique_keys() {
                        if let Some(other) = seen.insert((field.to_owned(), key), *id) {
                            found.clashes.push(Clash { field: field.to_owned(), rows: (other, *id) });
                        }
                    }
                }
                Ok(())
            })?;
            renewals.extend((found.count > 0 || !found.clashes.is_empty()).then_some(found));
        }
        Ok(renewals)
    }
}

/// Makes of the number of a row the row as it would be stored today; none of one that cannot be read.
type OfToday<'s> = dyn Fn(&Db, u64) -> Result<Option<RowRecord>> + 's;

/// Calls `visit` with the numbers of the rows of a table, some at a time.
fn each_page(
    store: &dyn Store,
    table: &str,
    source: &Source,
    mut visit: impl FnMut(&[u64], &OfToday<'_>) -> Result<()>,
) -> Result<()> {
    match source {
        Source::Rows(of_today) => {
            let row = |db: &Db, id: u64| {
                let stored = db.unit(|unit| unit.row_copy(table, id))?;
                Ok(stored.map_or_else(|| Some(RowRecord::default()), |stored| of_today(id, stored)))
            };
            each_page_of(store, table, |rows| visit(rows, &row))
        }
        Source::Columns(flows) => {
            for flow in flows {
                let (all, mut after) = (ProcessList::Flow(flow.name.to_owned()), None);
                loop {
                    let page = store.list_processes(&all, after, AT_ONCE)?;
                    let Some(last) = page.last() else { break };
                    after = Some(*last);
                    let rows: Vec<u64> = page.iter().map(|id| id.0).collect();
                    visit(&rows, &|db, id| columns_of_today(db, flow, ProcessId(id)))?;
                }
            }
            Ok(())
        }
    }
}

/// Calls `visit` with the numbers of all rows of a table, some at a time.
pub(super) fn each_page_of(store: &dyn Store, table: &str, mut visit: impl FnMut(&[u64]) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let rows = store.row_ids(table, after, AT_ONCE)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = *last;
        visit(&rows)?;
    }
}

/// A row, unless it or its process is damaged.
fn readable(db: &Db, row: Result<Option<RowRecord>>) -> Result<Option<RowRecord>> {
    db.unit(|unit| unit.pass_over(row)).map(Option::flatten)
}

fn explained(error: Error, table: &str, source: &Source) -> Error {
    let (of, one) = match source {
        Source::Rows(_) => (format!("the table `{table}`"), "row"),
        Source::Columns(flows) => {
            let flows: Vec<String> = flows.iter().map(|flow| format!("`{}`", flow.name)).collect();
            (format!("processes of {}", flows.join(", ")), "process")
        }
    };
    match error {
        Error::NotUnique { field, row, .. } => Error::Build(vec![format!(
            "`{field}` of {of} is to be unique, and {one} {row} has a value that another {one} has, too (`plan()` tells \
             which): give one of them another one with the code that was used before, or let the field be as it was"
        )]),
        error => error,
    }
}

/// The columns of a process as they would be stored today, as the row of a table.
fn columns_of_today(db: &Db, def: &Definition, id: ProcessId) -> Result<Option<RowRecord>> {
    let Some(table) = def.process.table else { return Ok(None) };
    let stored = db.columns(Some(table), id)?;
    let today = db.unit(|unit| {
        let (record, data) = unit.process_and_data(id)?;
        Ok::<_, Error>(def.process.of_today(record, data, stored))
    })?;
    let columns = today.ok().and_then(|(_, columns)| columns);
    Ok(columns.map(|columns| row_of(&def.process.columns(), columns)))
}
