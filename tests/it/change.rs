//! Two versions of a flow over one database: the second version continues what the first began, or is refused.

mod indexes;
mod locked;
mod moving;
mod obsolete;
mod refused;
mod renamed;
mod values;
mod waiting;
