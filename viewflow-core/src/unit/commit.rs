//! Turning a unit into a commit.

use viewflow_store::{Change, Commit, Expect, Key};

use super::Unit;

impl Unit {
    pub(super) fn take_commit(&mut self, failed: bool) -> Commit {
        self.closed = true;
        let changes = self.processes.len() + self.data.len() + self.tasks.len() + self.scopes.len() + self.rows.len();
        let mut commit = Commit {
            events: std::mem::take(&mut self.events),
            changes: Vec::with_capacity(changes),
            ..Commit::default()
        };
        for (id, (revision, held)) in std::mem::take(&mut self.processes) {
            commit.expect.push(Expect::Revision(Key::Process(id), revision));
            if let (true, Some(new)) = (held.changed, held.new) {
                commit.changes.push(Change::Process { old: held.old, new });
            }
        }
        for (process, held) in std::mem::take(&mut self.data) {
            if let (true, Some(new)) = (held.changed && held.old != held.new, held.new) {
                commit.changes.push(Change::Data { process, new });
            }
        }
        for held in std::mem::take(&mut self.tasks).into_values() {
            if let (true, Some(new)) = (held.changed, held.new) {
                commit.changes.push(Change::Task { old: held.old, new });
            }
        }
        for (id, held) in std::mem::take(&mut self.scopes) {
            if held.changed && held.old != held.new {
                commit.changes.push(Change::Scope { id, new: held.new.map(|new| *new) });
            }
        }
        for ((table, id), (revision, held)) in std::mem::take(&mut self.rows) {
            commit.expect.push(Expect::Revision(Key::Row(table.clone(), id), revision));
            if held.changed && (held.old.is_some() || held.new.is_some()) {
                let (old, new) = (held.old.map(|old| *old), held.new.map(|new| *new));
                commit.changes.push(Change::Row { table, id, old, new });
            }
        }
        commit.expect.extend(self.expects_of_notes());
        let (tables, values) = (std::mem::take(&mut self.stamps), std::mem::take(&mut self.index_stamps));
        if failed {
            commit.changes.clear();
            commit.events.clear();
        } else if commit.changes.is_empty() {
            // A step that only looks at a table need not run again because the table has grown.
            return commit;
        }
        commit.expect.extend(tables.into_iter().map(|(table, stamp)| Expect::Table(table, stamp)));
        let index = |((table, field, key), stamp)| Expect::Index { table, field, key, stamp };
        commit.expect.extend(values.into_iter().map(index));
        commit
    }
}
