//! A line of a file: the keys of its JSON object, and their values as those of a row.

use crate::import::error::InvalidLine;
use crate::import::source::{Cells, Value, is_null};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// The longest key, in bytes. Reports and errors repeat keys that are not understood.
pub const MAX_KEY: usize = 255;

/// The most keys of a line. Each one is compared with each other one.
pub const MAX_KEYS: usize = 1000;

/// The object in a line.
pub struct Line {
    /// The keys, as they are spelled, in their order.
    pub keys: Vec<String>,
    /// Their values.
    pub values: Vec<Field>,
}

/// A value of an object. It may be a secret.
pub enum Field {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number of at most 63 bits.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A text; also a whole number of 64 bits.
    Text(Zeroizing<String>),
    /// A list, as JSON.
    List(Zeroizing<String>),
    /// An object.
    Object,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// When it is no JSON object.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidLine> {
        // serde's own message would quote the line.
        let line: Line =
            serde_json::from_slice(text).map_err(|error| InvalidLine::Syntax(error.column()))?;
        let is_long = |key: &String| key.len() > MAX_KEY;
        if line.keys.len() > MAX_KEYS || line.keys.iter().any(is_long) {
            return Err(InvalidLine::TooManyKeys);
        }
        Ok(line)
    }

    /// The value of a key with exactly this spelling.
    pub fn get(&self, key: &str) -> Option<&Field> {
        let position = self.keys.iter().position(|name| name == key)?;
        self.values.get(position)
    }
}

impl Field {
    /// Whether it says nothing: NULL, or a text without content.
    pub fn is_blank(&self) -> bool {
        match self {
            Field::Null => true,
            Field::Text(text) => text.trim().is_empty() || is_null(text),
            _ => false,
        }
    }

    /// The value of a row's column. What no column can have is bytes, which are neither text nor a
    /// time nor true or false.
    fn value(&self) -> Value<'_> {
        match self {
            Field::Null => Value::Null,
            Field::Boolean(true) => Value::Text(b"true"),
            Field::Boolean(false) => Value::Text(b"false"),
            Field::Integer(number) => Value::Integer(*number),
            Field::Real(number) => Value::Real(*number),
            Field::Text(text) => Value::Text(text.as_bytes()),
            Field::List(_) | Field::Object => Value::Bytes(b"{}"),
        }
    }
}

impl Cells for Line {
    fn value(&self, position: usize) -> Option<Value<'_>> {
        self.values.get(position).map(Field::value)
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut line = Line { keys: Vec::new(), values: Vec::new() };
                while let Some((key, value)) = map.next_entry()? {
                    line.keys.push(key);
                    line.values.push(value);
                }
                Ok(line)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Field, E> {
                Ok(Field::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
                Ok(Field::Boolean(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
                Ok(Field::Integer(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
                let text = || Field::Text(value.to_string().into());
                Ok(i64::try_from(value).map_or_else(|_| text(), Field::Integer))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
                Ok(Field::Real(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Field, E> {
                Ok(Field::Text(Zeroizing::new(value.to_string())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element::<serde_json::Value>()? {
                    values.push(value);
                }
                Ok(Field::List(Zeroizing::new(serde_json::Value::Array(values).to_string())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Field::Object)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_repetitions() {
        let line = Line::parse(br#"{"b": 1, "a": null, "b": 18446744073709551615}"#).unwrap();
        assert_eq!(line.keys, ["b", "a", "b"]);
        assert_eq!(line.value(2), Some(Value::Text(b"18446744073709551615")));
        assert_eq!(line.value(3), None);
    }

    #[test]
    fn long_keys_and_many_keys_are_refused() {
        let key = |length: usize| format!(r#"{{"{}": 1}}"#, "k".repeat(length));
        assert!(Line::parse(key(255).as_bytes()).is_ok());
        assert_eq!(Line::parse(key(256).as_bytes()).err(), Some(InvalidLine::TooManyKeys));
        let keys = |count| format!("{{{}}}", vec![r#""k": 1"#; count].join(","));
        assert!(Line::parse(keys(1000).as_bytes()).is_ok());
        assert_eq!(Line::parse(keys(1001).as_bytes()).err(), Some(InvalidLine::TooManyKeys));
    }

    #[test]
    fn what_is_no_object_is_named_by_its_column() {
        for text in ["[]", "null", "{", "\"a\"", "{} {}", "{\"a\": nan}", "\u{feff}{}"] {
            let error = Line::parse(text.as_bytes()).err().unwrap();
            assert!(matches!(error, InvalidLine::Syntax(_)), "{text}");
        }
    }
}
