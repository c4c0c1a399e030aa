//! Two versions of a flow over one database: what was begun with the first goes on with the second, or is refused.

mod indexes;
mod locked;
mod moving;
mod obsolete;
mod refused;
mod renamed;
mod values;
mod waiting;
