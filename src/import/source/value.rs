//! A value of a source, and what it may mean. Any column may contain anything: nothing is guessed,
//! and what does not fit is an error that names the column.

use super::php;
use super::zone::Zone;
use crate::domain::secret::{Hash, Secret};
use crate::domain::time::Timestamp;
use crate::text::hex;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A value as a source has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// What is meant to be text, in whatever encoding.
    Text(&'a [u8]),
    /// Bytes that are not meant to be text.
    Bytes(&'a [u8]),
}

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct Unreadable {
    /// The column.
    pub column: String,
    /// What is wrong with the value.
    pub problem: Problem,
}

/// What is wrong with a value. It is never quoted, because it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    /// It is not text.
    #[error("not text")]
    NotText,
    /// It contains a NUL character.
    #[error("contains a NUL character")]
    ContainsNul,
    /// It is text, but not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// It is not a whole number.
    #[error("not a whole number")]
    NotInteger,
    /// It is neither true nor false.
    #[error("neither true nor false")]
    NotBoolean,
    /// It is not a point in time.
    #[error("neither a date nor milliseconds since 1970")]
    NotTime,
    /// It is not JSON.
    #[error("not JSON")]
    NotJson,
    /// It is JSON, but neither a list nor an object.
    #[error("not a list")]
    NotList,
    /// It is not a list of strings as PHP serializes it.
    #[error("not a list of strings serialized by PHP")]
    NotPhp,
    /// It is not a hash in hexadecimal with so many digits.
    #[error("not {0} hexadecimal digits")]
    NotHex(usize),
    /// It is none of these words.
    #[error("none of {0}")]
    NoneOf(String),
    /// No client could send such a secret.
    #[error("{0}")]
    Secret(String),
    /// It is NULL and must not be.
    #[error("missing")]
    Missing,
    /// The system's declaration does not list the column.
    #[error("not declared")]
    Undeclared,
}

/// Secrets shorter than this, in characters, are reported so that they get rotated.
const WEAK: usize = 20;

/// What is kept of a secret that is stored in clear.
#[derive(Debug)]
pub struct ClearSecret {
    /// Its SHA-256.
    pub hash: Hash,
    /// Its leading characters, as far as they may be shown.
    pub hint: String,
    /// Whether it is too short.
    pub is_weak: bool,
}

type Read<T> = Result<T, Problem>;

impl Value<'_> {
    /// Text, also if it is empty; numbers count as text.
    pub fn text(self) -> Read<Option<String>> {
        match self {
            Value::Null => Ok(None),
            Value::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if text.contains('\0') => Err(Problem::ContainsNul),
                Ok(text) => Ok(Some(text.to_string())),
                Err(_) => Err(Problem::NotUtf8),
            },
            Value::Integer(number) => Ok(Some(number.to_string())),
            Value::Real(_) | Value::Bytes(_) => Err(Problem::NotText),
        }
    }

    /// Text that is not blank.
    pub fn some_text(self) -> Read<Option<String>> {
        Ok(self.text()?.filter(|text| !text.trim().is_empty()))
    }

    /// A whole number.
    pub fn integer(self) -> Read<i64> {
        match self {
            Value::Integer(number) => Ok(number),
            _ => Err(Problem::NotInteger),
        }
    }

    /// True or false as databases without a type for it store them; NULL is false.
    pub fn flag(self) -> Read<bool> {
        match self {
            Value::Null => Ok(false),
            Value::Integer(number) => Ok(number != 0),
            Value::Text(text) => Ok(!matches!(text, b"" | b"0" | b"false" | b"f")),
            Value::Real(_) | Value::Bytes(_) => Err(Problem::NotBoolean),
        }
    }

    /// Milliseconds since 1970, or a date and time, which is in `zone` unless it says otherwise.
    /// What lies outside 1970 to 9999 becomes the nearest instant within.
    pub fn time(self, zone: &Zone) -> Read<Option<Timestamp>> {
        let millis = match self {
            Value::Null => return Ok(None),
            Value::Integer(millis) => millis,
            Value::Real(millis) if millis.is_finite() => millis as i64,
            Value::Text(bytes) => {
                match std::str::from_utf8(bytes).map_err(|_| Problem::NotTime)?.trim() {
                    "" => return Ok(None),
                    digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                        digits.parse().map_err(|_| Problem::NotTime)?
                    }
                    text => zone.millis(text).ok_or(Problem::NotTime)?,
                }
            }
            Value::Real(_) | Value::Bytes(_) => return Err(Problem::NotTime),
        };
        Ok(Some(Timestamp::nearest(millis)))
    }

    /// The strings of a JSON list, or of the values of a JSON object; nothing is an empty list. An
    /// element that is not a string is kept as its JSON after a space, which no scope can be.
    pub fn json_strings(self) -> Read<Vec<String>> {
        let Some(text) = self.some_text()? else { return Ok(Vec::new()) };
        let string = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => format!(" {other}"),
        };
        match serde_json::from_str(&text).map_err(|_| Problem::NotJson)? {
            serde_json::Value::Array(values) => Ok(values.into_iter().map(string).collect()),
            serde_json::Value::Object(values) => {
                Ok(values.into_iter().map(|(_, value)| string(value)).collect())
            }
            serde_json::Value::Null => Ok(Vec::new()),
            _ => Err(Problem::NotList),
        }
    }

    /// The strings of a list that PHP serialized; NULL is an empty list.
    pub fn php_strings(self) -> Read<Vec<String>> {
        match self.text()? {
            Some(text) => php::strings(&text).ok_or(Problem::NotPhp),
            None => Ok(Vec::new()),
        }
    }

    /// `N` bytes in hexadecimal.
    pub fn hex<const N: usize>(self) -> Read<[u8; N]> {
        let text = self.text()?.unwrap_or_default();
        hex::decode(&text).ok_or(Problem::NotHex(2 * N))
    }

    /// A secret in clear, which is hashed at once.
    pub fn clear_secret(self) -> Read<ClearSecret> {
        let text = match self {
            Value::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?,
            Value::Null => "",
            _ => return Err(Problem::NotText),
        };
        let secret = Secret::from_clear(Zeroizing::new(text.to_string()));
        let secret = secret.map_err(|invalid| Problem::Secret(invalid.to_string()))?;
        Ok(ClearSecret {
            hash: secret.hash(),
            hint: secret.guarded_hint(),
            is_weak: secret.expose().chars().count() < WEAK,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value<'_> {
        Value::Text(text.as_bytes())
    }

    #[test]
    fn text_is_utf_8_without_nul() {
        assert_eq!(text("é").text(), Ok(Some("é".into())));
        assert_eq!(Value::Integer(7).text(), Ok(Some("7".into())));
        assert_eq!(text(" ").some_text(), Ok(None));
        for (value, problem) in [
            (Value::Text(b"\xff"), Problem::NotUtf8),
            (Value::Text(b"a\0b"), Problem::ContainsNul),
            (Value::Bytes(b"a"), Problem::NotText),
            (Value::Real(0.5), Problem::NotText),
        ] {
            assert_eq!(value.text(), Err(problem));
        }
    }

    #[test]
    fn times_are_milliseconds_or_dates() {
        let time = |value: Value| value.time(&Zone::default()).map(|at| at.map(Timestamp::millis));
        assert_eq!(time(text("1970-01-01 00:00:01")), Ok(Some(1000)));
        assert_eq!(time(text("1000")), Ok(Some(1000)));
        assert_eq!(time(Value::Integer(1000)), Ok(Some(1000)));
        assert_eq!(time(Value::Real(1000.7)), Ok(Some(1000)));
        assert_eq!(time(Value::Integer(-1)), Ok(Some(0)));
        assert_eq!(time(text(" ")), Ok(None));
        for bad in [text("soon"), text("99999999999999999999"), Value::Real(f64::NAN)] {
            assert_eq!(time(bad), Err(Problem::NotTime));
        }
    }

    #[test]
    fn an_element_that_is_not_a_string_is_no_scope() {
        let strings = text("[\"a\", 1, null, [\"*\"]]").json_strings().unwrap();
        assert_eq!(strings, ["a", " 1", " null", " [\"*\"]"]);
        assert_eq!(text("{\"x\": \"a\"}").json_strings().unwrap(), ["a"]);
        assert_eq!(text("null").json_strings().unwrap(), [""; 0]);
        assert_eq!(text("7").json_strings(), Err(Problem::NotList));
        assert_eq!(text("[").json_strings(), Err(Problem::NotJson));
    }

    #[test]
    fn a_secret_that_no_client_could_send_is_never_quoted() {
        for value in [text("leading part"), text("leading\n"), text(""), Value::Null] {
            let problem = value.clear_secret().unwrap_err();
            assert!(!problem.to_string().contains("leading"), "{problem}");
        }
        assert_eq!(Value::Integer(7).clear_secret().unwrap_err(), Problem::NotText);
    }

    #[test]
    fn an_error_names_the_column() {
        let error = Unreadable { column: "hash".into(), problem: Problem::NotHex(64) };
        assert_eq!(error.to_string(), "column hash: not 64 hexadecimal digits");
    }
}
