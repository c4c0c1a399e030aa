//! The starts that a person may use, and their drafts of starts.

use viewflow_graph::Kind;
use viewflow_store::NodeName;

use super::StartLine;
use crate::engine::act::start_draft::drafts_of;
use crate::engine::desk::Desk;
use crate::engine::gate;
use crate::error::Result;
use crate::people::Person;

impl Desk<'_> {
    /// The starts that this person may use, by flow and in the order of their flow.
    ///
    /// A start that takes a permission on an object is listed for a person that has the permission on some object.
    /// The right object is known only when the form is submitted.
    /// It is also listed for a person that does not tell all their permissions: see
    /// [`User::permissions`](crate::User::permissions).
    pub fn starts(&self) -> Vec<StartLine> {
        let person = Person::for_lists(self);
        let mut starts = Vec::new();
        for def in self.engine.0.flows.values() {
            for node in def.nodes.iter().filter(|node| node.kind == Kind::Start) {
                if gate::may_start(&person, node.people.permission.as_ref()) {
                    starts.push(self.start_line(NodeName::new(def.name, node.name)));
                }
            }
        }
        starts
    }

    /// The starts that this person keeps a draft for, under their current names.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start_drafts(&self) -> Result<Vec<StartLine>> {
        let person = Person::of(self);
        if !person.is_active() {
            return Ok(Vec::new());
        }
        let drafts = self.engine.transaction(|db| drafts_of(db, person.id()))?;
        let line = |start: &NodeName| self.start_line(self.node_today(start));
        Ok(drafts.iter().map(|draft| StartLine { drafted: Some(draft.kept), ..line(&draft.start) }).collect())
    }

    fn start_line(&self, start: NodeName) -> StartLine {
        let (flow_title, title) = self.titles(&start.flow, &start.node);
        StartLine { flow: start.flow, node: start.node, flow_title, title, drafted: None }
    }
}
