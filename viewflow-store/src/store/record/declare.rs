//! The declaration of records: structs that are JSON objects when they are stored.

/// Declares records, as structs with a field `unknown` beside their own.
///
/// A field with `= default` is left out of the JSON if it has the default of its type, and has that if it is missing. A
/// field that the struct does not know goes to `unknown`, and is written again. So the data of a later release survives
/// an earlier one. `serde(flatten)` would do the same, but read each record twice.
///
/// `#[stored = ".."]` above a field gives the name that it has in the JSON, if that is a different one.
macro_rules! record {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])* $(#[stored = $key:literal])?
                pub $field:ident: $type:ty $(as $stored:ident)? $(= $default:ident)?,
            )*
        }
    )*) => {$(
        $(#[$attribute])*
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
            /// Fields of a later release that this one does not know. They are kept as they are.
            pub unknown: $crate::store::Document,
        }

        const _: () = {
            use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
            use serde::ser::{Serialize, SerializeMap, Serializer};

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    $($crate::store::record::declare::write_field!(map, self, $field [$($key)?] $(as $stored)? $(= $default)?);)*
                    self.unknown.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                    map.end()
                }
            }

            #[allow(non_camel_case_types)]
            enum Key {
                $($field,)*
                Unknown(String),
            }

            impl<'de> Deserialize<'de> for Key {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct Keys;
                    impl Visitor<'_> for Keys {
                        type Value = Key;

                        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str("the name of a field")
                        }

                        fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                            Ok(match key {
                                $($crate::store::record::declare::key!($field [$($key)?]) => Key::$field,)*
                                key => Key::Unknown(key.to_owned()),
                            })
                        }
                    }
                    deserializer.deserialize_identifier(Keys)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct Record;
                    impl<'de> Visitor<'de> for Record {
                        type Value = $name;

                        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str(concat!("a `", stringify!($name), "`"))
                        }

                        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                            $(let mut $field = None;)*
                            let mut unknown = $crate::store::Document::new();
                            while let Some(key) = map.next_key()? {
                                match key {
                                    $(Key::$field => {
                                        $field = Some($crate::store::record::declare::read_field!(map $(as $stored)?));
                                    })*
                                    Key::Unknown(key) => drop(unknown.insert(key, map.next_value()?)),
                                }
                            }
                            Ok($name {
                                $($field: $crate::store::record::declare::or_missing!($field [$($key)?] $(= $default)?),)*
                                unknown,
                            })
                        }
                    }
                    deserializer.deserialize_map(Record)
                }
            }
        };
    )*};
}

/// The name under which a field is stored.
macro_rules! key {
    ($field:ident []) => {
        stringify!($field)
    };
    ($field:ident [$key:literal]) => {
        $key
    };
}

/// Writes one field, unless it has its default.
macro_rules! write_field {
    ($map:ident, $this:ident, $field:ident [$($key:literal)?]) => {
        $map.serialize_entry($crate::store::record::declare::key!($field [$($key)?]), &$this.$field)?
    };
    ($map:ident, $this:ident, $field:ident [$($key:literal)?] as $stored:ident) => {
        $map.serialize_entry($crate::store::record::declare::key!($field [$($key)?]), &$stored($this.$field))?
    };
    ($map:ident, $this:ident, $field:ident [$($key:literal)?] = default) => {
        if !$crate::store::record::declare::is_default(&$this.$field) {
            $map.serialize_entry($crate::store::record::declare::key!($field [$($key)?]), &$this.$field)?
        }
    };
}

/// Reads the value of one field.
macro_rules! read_field {
    ($map:ident) => {
        $map.next_value()?
    };
    ($map:ident as $stored:ident) => {
        $map.next_value::<$stored>()?.0
    };
}

/// Returns a field that was read, or its default.
macro_rules! or_missing {
    ($field:ident [$($key:literal)?]) => {
        $field.ok_or_else(|| serde::de::Error::missing_field($crate::store::record::declare::key!($field [$($key)?])))?
    };
    ($field:ident [$($key:literal)?] = default) => {
        $field.unwrap_or_default()
    };
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(super) use {key, or_missing, read_field, record, write_field};
