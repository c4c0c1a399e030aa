//! Inconsistencies in tables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use viewflow_store::__private::all_tables;
use viewflow_store::{ProcessId, RowRecord, StoreResult, index_key};

use super::{Check, PAGE};
use viewflow_core::__testing::PROCESSES;
use viewflow_core::__testing::{LETTERS, MAILBOX, MAILBOXES, PROMISED};

/// The rows that are referred to, each with the references to it: table, number, field.
type Targets = BTreeMap<(String, u64), BTreeSet<(String, u64, String)>>;

impl Check<'_> {
    pub(super) fn rows(&mut self) -> StoreResult<()> {
        let mut targets = Targets::new();
        let tables = all_tables(self.store)?;
        self.each_row(&tables, |check, table, id, row| {
            for to in &row.references {
                let by = (table.to_owned(), id, to.field.clone());
                targets.entry((to.table.clone(), to.id)).or_default().insert(by);
            }
            check.row(table, id, row)
        })?;
        let empty = BTreeSet::new();
        self.each_row(&tables, |check, table, id, _| {
            let mut by = BTreeSet::new();
            let found = check.store.references(table, id, usize::MAX)?;
            by.extend(found.into_iter().map(|by| (by.table, by.id, by.field)));
            if by != *targets.get(&(table.to_owned(), id)).unwrap_or(&empty) {
                check.complain(format!("row {id} of `{table}` does not know rightly who refers to it"));
            }
            Ok(())
        })?;
        for ((table, id), by) in &targets {
            if self.store.row(table, *id)?.is_none() {
                let by =
                    by.first().map(|(table, id, field)| format!("row {id} of `{table}` refers to it in `{field}`"));
                self.complain(format!("row {id} of `{table}` is missing, and {}", by.unwrap_or_default()));
            }
        }
        Ok(())
    }

    fn each_row(
        &mut self,
        tables: &[String],
        mut visit: impl FnMut(&mut Self, &str, u64, &RowRecord) -> StoreResult<()>,
    ) -> StoreResult<()> {
        for table in tables {
            let mut after = 0;
            loop {
                let page = self.store.rows(table, after, PAGE)?;
                let Some((last, _)) = page.last() else { break };
                after = *last;
                page.iter().try_for_each(|(id, row)| visit(self, table, *id, row))?;
            }
        }
        Ok(())
    }

    /// Checks that a row is found under its values, and that no other row has its unique values.
    fn row(&mut self, table: &str, id: u64, row: &RowRecord) -> StoreResult<()> {
        if table == PROCESSES && self.store.process(ProcessId(id))?.is_none() {
            self.complain(format!("process {id} is missing, and noted as one that rows refer to"));
        }
        for entry in &row.index {
            let Some(key) = index_key(&entry.value) else {
                self.complain(format!("row {id} of `{table}` has a value in `{}` that cannot be a key", entry.field));
                continue;
            };
            if self.store.rows_by(table, &entry.field, &key, id.saturating_sub(1), 1)? != [id] {
                self.complain(format!("row {id} of `{table}` is not found by its `{}`", entry.field));
            }
            if entry.unique && self.store.rows_by(table, &entry.field, &key, 0, 2)?.len() > 1 {
                self.complain(format!("row {id} of `{table}` is not alone with its `{}`", entry.field));
            }
        }
        Ok(())
    }

    /// Returns how many letters are at each place, by the number of their mailbox.
    fn letters(&mut self) -> StoreResult<BTreeMap<(u64, &'static str), u64>> {
        let mut letters = BTreeMap::new();
        self.each_row(&[LETTERS.to_owned()], |_, _, _, row| {
            for place in [MAILBOX, PROMISED] {
                if let Some(number) = row.data.get(place).and_then(Value::as_u64) {
                    *letters.entry((number, place)).or_default() += 1;
                }
            }
            Ok(())
        })?;
        Ok(letters)
    }

    /// Checks that mailboxes know how many tasks wait, and how many letters they hold.
    pub(super) fn mailboxes(&mut self) -> StoreResult<()> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let letters = self.letters()?;
        self.each_row(&[MAILBOXES.to_owned()], |check, _, _, row| {
            for mailbox in row.data.get("boxes").and_then(Value::as_array).into_iter().flatten() {
                let text = |field: &str| mailbox.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
                let (name, key) = (text("name"), text("key"));
                let count = |field: &str| mailbox.get(field).and_then(Value::as_u64).unwrap_or(0);
                let (counted, resting) = (count("waiting"), count("resting"));
                let [free, promised] =
                    [MAILBOX, PROMISED].map(|place| letters.get(&(count("number"), place)).copied().unwrap_or(0));
                if (count("kept"), count("promised")) != (free + promised, promised) || promised > resting {
                    check.complain(format!(
                        "the mailbox of `{name}` {key} counts {} letters, {} of them promised to {resting} suspended tasks, \
                         and there are {}, {promised} of them promised",
                        count("kept"),
                        count("promised"),
                        free + promised
                    ));
                }
                let (are, rest) = waiting.remove(&(name.clone(), key.clone())).unwrap_or_default();
                if (counted, resting) != (are, rest) {
                    check.complain(format!(
                        "the mailbox of `{name}` {key} counts {counted} who wait, {resting} of them suspended, and there are {are}, \
                         {rest} of them suspended"
                    ));
                }
            }
            Ok(())
        })?;
        for ((name, key), _) in waiting {
            self.complain(format!("a task waits for the message `{name}` {key}, and it has no mailbox"));
        }
        Ok(())
    }
}
