//! The present shapes of fields, converted to the types of lock files.

use super::{Field, Type};
use crate::shape::{FieldShape, Shape};

impl Shape {
    /// Returns the shape as a type of lock files.
    pub fn to_type(&self) -> Type {
        match self {
            Self::Plain(plain) => Type::Plain(*plain),
            Self::Integer { min, max } => Type::Integer { min: *min, max: *max },
            Self::Choice(values) => {
                Type::Choice(values.iter().filter_map(|value| value.first().map(|value| (*value).to_owned())).collect())
            }
            Self::Reference(table) => Type::Reference((*table).to_owned()),
            Self::List(item) => Type::List(Box::new(item.to_type())),
            Self::Map(item) => Type::Map(Box::new(item.to_type())),
            Self::Optional(value) => Type::Optional(Box::new(value.to_type())),
            Self::Embedded(fields) => Type::Embedded(FieldShape::to_fields(fields)),
        }
    }
}

impl FieldShape {
    /// Returns fields as lock files list them.
    pub fn to_fields(fields: &[Self]) -> Vec<Field> {
        let locked =
            |field: &Self| Field { key: field.key.to_owned(), ty: field.shape.to_type(), column: field.column };
        fields.iter().map(locked).collect()
    }
}
