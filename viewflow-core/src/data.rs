//! Data with types: fields, the structs that are made of them, rows and forms.
//!
//! One circle, on purpose: a field may refer to an entity, and an entity is made of fields.

pub(crate) mod decision;
pub(crate) mod document;
pub(crate) mod entity;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod table;
