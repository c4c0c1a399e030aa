//! What stands within the shapes of BPMN, around the origin.

use super::Gateway;
use crate::kind::Kind;
use crate::role::Role;

const CLOCK: &str = "<circle r=\"9\"/><path d=\"M0 -6V0L4 2\"/>";
const ENVELOPE: &str = "<path d=\"M-8 -5.5H8V5.5H-8zM-8 -5.5L0 1L8 -5.5\"/>";
const SENT: &str = "<path fill=\"currentColor\" d=\"M-8 -6H8L0 0zM-8 -4V6H8V-4L0 2z\" stroke=\"none\"/>";
const TRIANGLE: &str = "<path d=\"M0 -8L8 6H-8z\"/>";
const LIST: &str = "<path d=\"M-6 -8H6V8H-6zM-4 -4H4M-4 0H4M-4 4H4\"/>";
const LIGHTNING: &str = "<path d=\"M-7 8L-3 -7L3 1L7 -8L4 7L-2 0z\"/>";
const ARROWHEAD: &str = "<path d=\"M0 -8L6 8L0 2L-6 8z\"/>";
const REWIND: &str = "<path d=\"M0 -6V6L-8 0zM8 -6V6L0 0z\"/>";

/// What stands within an event.
pub(super) fn event_symbol(kind: Kind) -> &'static str {
    match kind {
        Kind::StartTimer | Kind::Timer => CLOCK,
        Kind::MessageCatch => ENVELOPE,
        Kind::MessageThrow => SENT,
        Kind::SignalCatch => TRIANGLE,
        Kind::SignalThrow => "<path fill=\"currentColor\" d=\"M0 -8L8 6H-8z\"/>",
        Kind::ConditionalCatch => LIST,
        Kind::EscalationThrow => "<path fill=\"currentColor\" d=\"M0 -8L6 8L0 2L-6 8z\"/>",
        Kind::CompensateThrow => "<path fill=\"currentColor\" d=\"M-1 -6V6L-9 0zM7 -6V6L-1 0z\"/>",
        Kind::ErrorEnd => "<path fill=\"currentColor\" d=\"M-7 8L-3 -7L3 1L7 -8L4 7L-2 0z\"/>",
        Kind::Terminate => "<circle r=\"9\" fill=\"currentColor\"/>",
        _ => "",
    }
}

/// What stands within a diamond.
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

/// What stands on the border, where an edge leaves it.
pub(super) fn boundary_symbol(role: &Role) -> Option<&'static str> {
    match role {
        Role::Timeout { .. } => Some(CLOCK),
        Role::OnError(_) => Some(LIGHTNING),
        Role::OnEscalation(_) => Some(ARROWHEAD),
        Role::Compensation => Some(REWIND),
        _ => None,
    }
}

/// What stands in the corner of a task's box.
pub(super) fn task_symbol(kind: Kind) -> &'static str {
    match kind {
        Kind::View => "<circle cy=\"-3\" r=\"3\"/><path d=\"M-6 6C-6 -1 6 -1 6 6z\"/>",
        Kind::ManualTask => "<path d=\"M-6 -1L-1 -6L0 -5L-2 -2H6V0H2H6V2H2H5.5V4H2H4.5V6H-4L-6 4z\"/>",
        Kind::Job => {
            "<circle r=\"4\"/><circle r=\"1.2\"/>\
             <path stroke-width=\"2\" d=\"M0 -4V-7M0 4V7M-4 0H-7M4 0H7M-3 -3L-5 -5M3 3L5 5M3 -3L5 -5M-3 3L-5 5\"/>"
        }
        Kind::Function => "<path d=\"M-3 -6H6C2 -2 7 1 3 6H-6C-2 1 -7 -2 -3 -6zM-2 -3H3M-1 0H4M-2 3H2\"/>",
        Kind::SendHandle => "<path fill=\"currentColor\" d=\"M-7 -5H7L0 0zM-7 -3V5H7V-3L0 2z\" stroke=\"none\"/>",
        Kind::BusinessRule => "<path d=\"M-7 -5H7V5H-7zM-7 -2H7M-7 1.5H7M-3 -2V5\"/>",
        Kind::Handle => "<path d=\"M-4 -6L6 0L-4 6z\"/>",
        kind if kind.has_children() => "",
        // What is caught and has boundaries of its own.
        Kind::Timer => "<g transform=\"scale(.7)\"><circle r=\"9\"/><path d=\"M0 -6V0L4 2\"/></g>",
        Kind::SignalCatch => "<path d=\"M0 -6L6 4.5H-6z\"/>",
        Kind::ConditionalCatch => "<path d=\"M-5 -6H5V6H-5zM-3 -3H3M-3 0H3M-3 3H3\"/>",
        _ => "<path d=\"M-7 -5H7V5H-7zM-7 -5L0 1L7 -5\"/>",
    }
}
