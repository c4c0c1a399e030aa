//! The symbols within BPMN's shapes, drawn around the origin.

use super::{Figure, Gateway};
use crate::kind::signs::{self, ARROWHEAD, CLOCK, LIGHTNING, REWIND};
use crate::kind::{Drawn, Kind};
use crate::role::Role;

/// Returns the symbol within an event, or in the corner of a task's box.
pub(super) fn symbol(kind: Kind, figure: Figure) -> &'static str {
    match kind.drawn() {
        Drawn::Catch(_, _, sign) if figure == Figure::Task => sign,
        Drawn::Task(_, sign) | Drawn::Event(_, sign) | Drawn::Catch(_, sign, _) => sign,
        Drawn::Calls { .. } | Drawn::Gateway => signs::NONE,
    }
}

/// Returns the symbol within a diamond.
pub(super) fn gateway_symbol(gateway: Gateway) -> &'static str {
    match gateway {
        Gateway::Exclusive => "<path stroke-width=\"3\" d=\"M-6 -7L6 7M6 -7L-6 7\"/>",
        Gateway::Parallel => "<path stroke-width=\"3\" d=\"M-10 0H10M0 -10V10\"/>",
        Gateway::Inclusive => "<circle r=\"9\" stroke-width=\"2.5\"/>",
        Gateway::Complex => "<path stroke-width=\"3\" d=\"M-10 0H10M0 -10V10M-7 -7L7 7M7 -7L-7 7\"/>",
        Gateway::EventBased => {
            "<circle r=\"12\" stroke-width=\"1\"/><circle r=\"9.5\" stroke-width=\"1\"/>\
                 <path stroke-width=\"1.2\" d=\"M0 -6L5.7 -1.9L3.5 4.9H-3.5L-5.7 -1.9z\"/>"
        }
    }
}

/// Returns the symbol on the border from which an edge leaves.
pub(super) fn boundary_symbol(role: &Role) -> Option<&'static str> {
    match role {
        Role::Timeout { .. } => Some(CLOCK),
        Role::OnError(_) => Some(LIGHTNING),
        Role::OnEscalation(_) => Some(ARROWHEAD),
        Role::Compensation => Some(REWIND),
        _ => None,
    }
}
