//! The tables of the flows' data. The rows of each are of one type, and are found by the type's current indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use viewflow_store::__private::check_keys;
use viewflow_store::{ProcessId, ProcessList, RowRecord, Store, Timestamp};

use crate::data::entity::{RowType, TableSpec};
use crate::data::field::{problems, tables_of};
use crate::data::table::{described, row_of};
use crate::definition::{Definition, Flows};
use crate::engine::Engine;
use crate::engine::change::noted::{Standing, Way, noted};
use crate::engine::change::renewal::{Clash, Renewal};
use crate::error::{Error, Result, Stale};
use crate::unit::Db;
use crate::unit::versions::{About, Note};

/// How many rows one step looks at.
const AT_ONCE: usize = 64;

/// The tables that are known from flows, from each other, and from the builder.
#[derive(Default)]
pub(in crate::engine) struct Tables {
    known: BTreeMap<&'static str, RowType>,
    parts: Vec<Part>,
    problems: Vec<String>,
}

/// The rows of a table, or the columns of one flow's processes.
struct Part {
    /// None for a flow whose processes have no columns.
    table: Option<&'static str>,
    /// The indexes by which the rows are found, and the references in them.
    indexes: String,
    source: Source,
}

/// Where rows come from.
enum Source {
    /// From the application. This function makes them as they would be stored now.
    Rows(fn(u64, RowRecord) -> Option<RowRecord>),
    /// They are columns of the processes of this flow.
    Columns(Arc<Definition>),
}

impl Part {
    fn way(&self) -> Way<'_> {
        let (about, name, earlier): (_, _, &[_]) = match &self.source {
            Source::Rows(_) => (About::Rows, self.table.unwrap_or_default(), &[]),
            Source::Columns(def) => (About::Columns, def.name, def.was),
        };
        Way { about, name, earlier, text: &self.indexes, can_be_missing: self.table.is_none() }
    }

    /// Reads the note. An earlier release had one note for all flows with columns in one table.
    fn note(&self, store: &dyn Store) -> Result<Option<Note>> {
        let note = self.way().note(store)?;
        let (None, Source::Columns(def), Some(table)) = (&note, &self.source, self.table) else { return Ok(note) };
        let Some(together) = noted(store, About::Rows, table)? else { return Ok(None) };
        let mut rest = together.noted.as_str();
        while let Some((flow, more)) = rest.split_once("; ").filter(|(flow, _)| !flow.contains(' ')) {
            rest = more;
            if flow == def.name {
                let of_today = rest.split("; ").skip_while(|flow| !flow.contains(' ')).collect::<Vec<_>>().join("; ");
                return Ok(Some(Note { noted: of_today, ..Note::default() }));
            }
        }
        Ok(None)
    }
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
            let told = problems(table.fields).into_iter();
            self.problems
                .extend(told.map(|(field, problem)| format!("table `{}`: field `{field}` {problem}", table.name)));
            let (indexes, source) = (described(table.fields), Source::Rows(table.of_today));
            self.parts.push(Part { table: Some(table.name), indexes, source });
            tables_of(table.fields.iter().map(|spec| (spec.kind)())).into_iter().for_each(|table| self.add(table));
        }
    }

    fn add_columns(&mut self, def: &Arc<Definition>) {
        let process = &def.process;
        if let Some(table) = process.table {
            self.is_new(table, process.rows);
        }
        let (table, indexes) = (process.table, described(&process.columns()));
        self.parts.push(Part { table, indexes, source: Source::Columns(Arc::clone(def)) });
    }

    /// Returns whether a table is not known yet. Two types in one table are a problem.
    fn is_new(&mut self, table: &'static str, rows: RowType) -> bool {
        let Some(known) = self.known.get(table) else {
            self.known.insert(table, rows);
            return true;
        };
        if known.id != rows.id {
            self.problems.push(format!(
                "the table `{table}` has rows of two types, `{}` and `{}`: give one its own table with \
                 `#[entity(table = \"..\")]`, or `#[process(table = \"..\")]` for columns of a process",
                known.name, rows.name
            ));
        }
        false
    }

    /// The ways in which the rows of all tables are found.
    pub(in crate::engine) fn ways(&self) -> Vec<Way<'_>> {
        self.parts.iter().map(Part::way).collect()
    }

    /// Returns the parts whose rows have to be renewed.
    fn stale<'t>(&'t self, store: &dyn Store) -> Result<Vec<&'t Part>> {
        let mut stale = Vec::new();
        for part in &self.parts {
            if part.way().standing(part.note(store)?.as_ref()) != Standing::Whole {
                stale.push(part);
            }
        }
        Ok(stale)
    }

    /// Returns the ways in which rows have to be renewed, and the ways that only need a note in the form of this
    /// release.
    pub(in crate::engine) fn stale_ways(&self, store: &dyn Store) -> Result<[Vec<Way<'_>>; 2]> {
        let stale: Vec<Way<'_>> = self.stale(store)?.into_iter().map(Part::way).collect();
        let mut noted_together = Vec::new();
        for way in self.ways() {
            let is_stale = stale.iter().any(|stale| (stale.about, stale.name) == (way.about, way.name));
            if !is_stale && !way.can_be_missing && way.note(store)?.is_none() {
                noted_together.push(way);
            }
        }
        Ok([stale, noted_together])
    }

    /// Returns the tables whose rows would get other index entries, with the number of rows, and the values that two
    /// rows would share.
    pub(in crate::engine) fn plan(&self, store: &Arc<dyn Store>) -> Result<Vec<Renewal>> {
        let stale: BTreeSet<&str> = self.stale(&**store)?.into_iter().filter_map(|part| part.table).collect();
        let mut renewals = Vec::new();
        for table in stale {
            let renewal = self.plan_of(store, table)?;
            renewals.extend((renewal.count > 0 || !renewal.clashes.is_empty()).then_some(renewal));
        }
        Ok(renewals)
    }

    fn plan_of(&self, store: &Arc<dyn Store>, table: &str) -> Result<Renewal> {
        let (mut found, mut seen) = (Renewal::new(Stale::Table(table.to_owned())), BTreeMap::new());
        for part in self.parts.iter().filter(|part| part.table == Some(table)) {
            each_page(&**store, part, |rows, of_today| {
                let db = Db::reader(Arc::clone(store), Timestamp::from_millis(0));
                for id in rows {
                    let Some(row) = readable(&db, of_today(&db, *id))? else { continue };
                    check_keys(table, &row)?;
                    let stored = db.unit(|unit| unit.row_copy(table, *id))?.unwrap_or_default();
                    found.count += u64::from((&row.index, &row.references) != (&stored.index, &stored.references));
                    for (field, key) in row.unique_keys() {
                        if let Some(other) = seen.insert((field.to_owned(), key), *id) {
                            found.clashes.push(Clash { field: field.to_owned(), rows: (other, *id) });
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Checks that all rows can be renewed, before any of them is. So the earlier version can go on if this one cannot
    /// be built.
    ///
    /// # Errors
    /// [`Error::Build`] when two rows would share a unique value.
    pub(in crate::engine) fn try_to_renew(&self, store: &Arc<dyn Store>) -> Result<()> {
        let clashes =
            self.plan(store)?.into_iter().filter_map(|renewal| Some((renewal.clashes.first()?.clone(), renewal.of)));
        let problem = |(clash, of): (Clash, Stale)| {
            let parts =
                self.parts.iter().filter(|part| part.table.is_some_and(|table| of == Stale::Table(table.to_owned())));
            not_unique(&parts.collect::<Vec<_>>(), &clash.field, clash.rows.0)
        };
        let problems: Vec<String> = clashes.map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(Error::Build(problems)) }
    }
}

impl Engine {
    /// Renews the index entries of tables whose indexes, or forms of values, have changed since the store was last
    /// used: those of `ways`. Returns whether every row could be read.
    pub(in crate::engine) fn reindex<'t>(&self, tables: &'t Tables, ways: &[Way<'_>]) -> Result<Vec<(Way<'t>, bool)>> {
        let mut now = Vec::new();
        for part in &tables.parts {
            let way = part.way();
            if ways.iter().any(|stale| (stale.about, stale.name) == (way.about, way.name)) {
                now.push((way, self.reindex_part(part).map_err(|error| explained(error, part))?));
            }
        }
        Ok(now)
    }

    /// Returns whether every row could be read.
    fn reindex_part(&self, part: &Part) -> Result<bool> {
        let (mut whole, way, Some(table)) = (true, part.way(), part.table) else { return Ok(true) };
        each_page(&*self.0.store, part, |rows, of_today| {
            let reindex = |db: &Db, id: u64| match readable(db, of_today(db, id))? {
                Some(row) => db.unit(|unit| unit.index_row_as(table, id, row)).map(|()| true),
                None => Ok(false),
            };
            whole &= self.step(None, None, |db| {
                // If yet another version begins to renew them, this one has to stop.
                db.unit(|unit| unit.rely_on(way.about, way.name));
                rows.iter().try_fold(true, |whole, id| Ok(reindex(db, *id)? && whole))
            })?;
            Ok(())
        })?;
        Ok(whole)
    }
}

/// Makes the row with a number as it would be stored now. Returns none for a row that cannot be read.
type OfToday<'s> = dyn Fn(&Db, u64) -> Result<Option<RowRecord>> + 's;

/// Calls `visit` with the numbers of the rows of a table, several at a time.
fn each_page(store: &dyn Store, part: &Part, mut visit: impl FnMut(&[u64], &OfToday<'_>) -> Result<()>) -> Result<()> {
    let Some(table) = part.table else { return Ok(()) };
    match &part.source {
        Source::Rows(of_today) => {
            let row = |db: &Db, id: u64| {
                let stored = db.unit(|unit| unit.row_copy(table, id))?;
                Ok(stored.map_or_else(|| Some(RowRecord::default()), |stored| of_today(id, stored)))
            };
            each_page_of(store, table, |rows| visit(rows, &row))
        }
        Source::Columns(flow) => {
            let (all, mut after) = (ProcessList::Flow(flow.name.to_owned()), None);
            loop {
                let page = store.list_processes(&all, after, AT_ONCE)?;
                let Some(last) = page.last() else { return Ok(()) };
                after = Some(*last);
                let rows: Vec<u64> = page.iter().map(|id| id.0).collect();
                visit(&rows, &|db, id| columns_of_today(db, flow, ProcessId(id)))?;
            }
        }
    }
}

/// Calls `visit` with the numbers of all rows of a table, several at a time.
pub(super) fn each_page_of(store: &dyn Store, table: &str, mut visit: impl FnMut(&[u64]) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let rows = store.row_ids(table, after, AT_ONCE)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = *last;
        visit(&rows)?;
    }
}

/// Returns a row, unless it or its process is damaged.
fn readable(db: &Db, row: Result<Option<RowRecord>>) -> Result<Option<RowRecord>> {
    db.unit(|unit| unit.pass_over(row)).map(Option::flatten)
}

fn explained(error: Error, part: &Part) -> Error {
    match error {
        Error::NotUnique { field, row, .. } => Error::Build(vec![not_unique(&[part], &field, row)]),
        error => error,
    }
}

fn not_unique(parts: &[&Part], field: &str, row: u64) -> String {
    let flow = |part: &&Part| match &part.source {
        Source::Rows(_) => None,
        Source::Columns(def) => Some(format!("`{}`", def.name)),
    };
    let flows: Vec<String> = parts.iter().filter_map(flow).collect();
    let (of, one) = if flows.is_empty() {
        (format!("the table `{}`", parts.first().and_then(|part| part.table).unwrap_or_default()), "row")
    } else {
        (format!("processes of {}", flows.join(", ")), "process")
    };
    format!(
        "`{field}` of {of} is to be unique, and {one} {row} has the same value as another {one} (`plan()` shows \
         which): change one of the values with the previous code, or leave the field as it was"
    )
}

/// Returns the columns of a process as they would be stored now, as the row of a table.
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
