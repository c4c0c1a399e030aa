//! Typed data: fields, the structs made of them, rows and forms.
//!
//! These modules refer to each other in a circle, on purpose: a field may refer to an entity, and an entity has fields.

pub(crate) mod decision;
pub(crate) mod document;
pub(crate) mod entity;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod table;
