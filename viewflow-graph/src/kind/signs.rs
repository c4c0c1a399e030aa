//! The signs within the shapes of charts, as SVG around the origin.

pub(crate) const NONE: &str = "";

pub(crate) const CLOCK: &str = "<circle r=\"9\"/><path d=\"M0 -6V0L4 2\"/>";
pub(super) const SMALL_CLOCK: &str = "<g transform=\"scale(.7)\"><circle r=\"9\"/><path d=\"M0 -6V0L4 2\"/></g>";
pub(super) const ENVELOPE: &str = "<path d=\"M-8 -5.5H8V5.5H-8zM-8 -5.5L0 1L8 -5.5\"/>";
pub(super) const SMALL_ENVELOPE: &str = "<path d=\"M-7 -5H7V5H-7zM-7 -5L0 1L7 -5\"/>";
pub(super) const SENT: &str = "<path fill=\"currentColor\" d=\"M-8 -6H8L0 0zM-8 -4V6H8V-4L0 2z\" stroke=\"none\"/>";
pub(super) const SMALL_SENT: &str =
    "<path fill=\"currentColor\" d=\"M-7 -5H7L0 0zM-7 -3V5H7V-3L0 2z\" stroke=\"none\"/>";
pub(super) const TRIANGLE: &str = "<path d=\"M0 -8L8 6H-8z\"/>";
pub(super) const SMALL_TRIANGLE: &str = "<path d=\"M0 -6L6 4.5H-6z\"/>";
pub(super) const FULL_TRIANGLE: &str = "<path fill=\"currentColor\" d=\"M0 -8L8 6H-8z\"/>";
pub(super) const LIST: &str = "<path d=\"M-6 -8H6V8H-6zM-4 -4H4M-4 0H4M-4 4H4\"/>";
pub(super) const SMALL_LIST: &str = "<path d=\"M-5 -6H5V6H-5zM-3 -3H3M-3 0H3M-3 3H3\"/>";
pub(crate) const LIGHTNING: &str = "<path d=\"M-7 8L-3 -7L3 1L7 -8L4 7L-2 0z\"/>";
pub(super) const FULL_LIGHTNING: &str = "<path fill=\"currentColor\" d=\"M-7 8L-3 -7L3 1L7 -8L4 7L-2 0z\"/>";
pub(crate) const ARROWHEAD: &str = "<path d=\"M0 -8L6 8L0 2L-6 8z\"/>";
pub(super) const FULL_ARROWHEAD: &str = "<path fill=\"currentColor\" d=\"M0 -8L6 8L0 2L-6 8z\"/>";
pub(crate) const REWIND: &str = "<path d=\"M0 -6V6L-8 0zM8 -6V6L0 0z\"/>";
pub(super) const FULL_REWIND: &str = "<path fill=\"currentColor\" d=\"M-1 -6V6L-9 0zM7 -6V6L-1 0z\"/>";
pub(super) const DISC: &str = "<circle r=\"9\" fill=\"currentColor\"/>";

pub(super) const PERSON: &str = "<circle cy=\"-3\" r=\"3\"/><path d=\"M-6 6C-6 -1 6 -1 6 6z\"/>";
pub(super) const HAND: &str = "<path d=\"M-6 -1L-1 -6L0 -5L-2 -2H6V0H2H6V2H2H5.5V4H2H4.5V6H-4L-6 4z\"/>";
pub(super) const TRIGGER: &str = "<path d=\"M-4 -6L6 0L-4 6z\"/>";
pub(super) const SCROLL: &str = "<path d=\"M-3 -6H6C2 -2 7 1 3 6H-6C-2 1 -7 -2 -3 -6zM-2 -3H3M-1 0H4M-2 3H2\"/>";
pub(super) const GRID: &str = "<path d=\"M-7 -5H7V5H-7zM-7 -2H7M-7 1.5H7M-3 -2V5\"/>";
pub(super) const WHEEL: &str = "<circle r=\"4\"/><circle r=\"1.2\"/>\
     <path stroke-width=\"2\" d=\"M0 -4V-7M0 4V7M-4 0H-7M4 0H7M-3 -3L-5 -5M3 3L5 5M3 -3L5 -5M-3 3L-5 5\"/>";
