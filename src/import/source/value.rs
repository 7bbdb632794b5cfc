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
    /// It is not an id: neither a number nor text nor a UUID.
    #[error("neither a number nor text nor 16 bytes")]
    NotId,
    /// It is neither a time nor true or false.
    #[error("neither a date nor true or false")]
    NotMark,
    /// It is a status that is not known.
    #[error("unknown status; --ignore-column leaves the column out")]
    UnknownStatus,
    /// It is neither true nor false.
    #[error("neither true nor false")]
    NotBoolean,
    /// It is not a point in time.
    #[error("neither a date nor a time since 1970")]
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

    /// Text that is not blank, and not what databases write for NULL into a CSV file.
    pub fn some_text(self) -> Read<Option<String>> {
        Ok(self.text()?.filter(|text| !text.trim().is_empty() && !is_null(text)))
    }

    /// The key of a row as text: a number of any size, text of at most 255 bytes, or a UUID in 16
    /// bytes.
    pub fn id(self) -> Read<Option<String>> {
        let id = match self {
            Value::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(format!("{number:.0}"))
            }
            Value::Bytes(bytes) => Some(match <[u8; 16]>::try_from(bytes) {
                Ok(uuid) => uuid_text(&uuid),
                Err(_) => Value::Text(bytes).text()?.ok_or(Problem::NotId)?,
            }),
            other => other.some_text().map_err(|_| Problem::NotId)?,
        };
        match id {
            Some(id) if id.len() > 255 || id.chars().any(char::is_control) => Err(Problem::NotId),
            id => Ok(id),
        }
    }

    /// True or false, however it is stored; nothing is false. A number that is neither 0 nor 1 may
    /// stand for anything. One byte is a character, as MySQL's `BINARY(1)` has it, or a number.
    pub fn flag(self) -> Read<bool> {
        match self {
            Value::Null | Value::Integer(0) | Value::Bytes(&[0]) => Ok(false),
            Value::Integer(1) | Value::Bytes(&[1]) => Ok(true),
            Value::Real(0.0) => Ok(false),
            Value::Real(1.0) => Ok(true),
            Value::Text(text) => match text.trim_ascii().to_ascii_lowercase().as_slice() {
                b"" | b"0" | b"false" | b"f" | b"no" | b"n" | b"off" | b"null" | b"\\n" => {
                    Ok(false)
                }
                b"1" | b"true" | b"t" | b"yes" | b"y" | b"on" => Ok(true),
                _ => Err(Problem::NotBoolean),
            },
            Value::Bytes(byte @ &[_]) => Value::Text(byte).flag(),
            Value::Integer(_) | Value::Real(_) | Value::Bytes(_) => Err(Problem::NotBoolean),
        }
    }

    /// Whether something is marked: by a time, also one that is no date or lies in the future, or by
    /// true.
    pub fn mark(self, zone: &Zone) -> Read<bool> {
        match self.flag() {
            Ok(is_set) => Ok(is_set),
            Err(_) => match self.time(zone) {
                Ok(_) => Ok(true),
                Err(_) => Err(Problem::NotMark),
            },
        }
    }

    /// A time since 1970 as a number, or a date and time, which is in `zone` unless it says
    /// otherwise, also one without punctuation. A zero date is the beginning of time. What lies outside 1970 to 9999 becomes the
    /// nearest instant within.
    pub fn time(self, zone: &Zone) -> Read<Option<Timestamp>> {
        let millis = match self {
            Value::Null => return Ok(None),
            Value::Integer(number) => date_or_instant(number, zone),
            Value::Real(number) if number.is_finite() => match number.fract() == 0.0 {
                true => date_or_instant(number as i64, zone),
                false if number.abs() < SECONDS as f64 => (number * 1000.0) as i64,
                false => instant(number as i64),
            },
            Value::Text(bytes) => {
                match std::str::from_utf8(bytes).map_err(|_| Problem::NotTime)?.trim() {
                    "" => return Ok(None),
                    text if is_null(text) || text.eq_ignore_ascii_case("null") => return Ok(None),
                    text if is_zero_date(text) || text == "-infinity" || text.ends_with(" BC") => {
                        i64::MIN
                    }
                    "infinity" => i64::MAX,
                    text => match text.parse::<f64>() {
                        Ok(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                            date_or_instant(text.parse().map_err(|_| Problem::NotTime)?, zone)
                        }
                        Ok(number) if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
                            return Value::Real(number).time(zone);
                        }
                        _ => zone.millis(text).ok_or(Problem::NotTime)?,
                    },
                }
            }
            Value::Real(_) | Value::Bytes(_) => return Err(Problem::NotTime),
        };
        Ok(Some(Timestamp::nearest(millis)))
    }

    /// A point in time; a zero date is none.
    pub fn real_time(self, zone: &Zone) -> Read<Option<Timestamp>> {
        if self.is_zero_date() { Ok(None) } else { self.time(zone) }
    }

    /// Whether this is MySQL's date without a day.
    pub fn is_zero_date(self) -> bool {
        matches!(self, Value::Text(text) if std::str::from_utf8(text).is_ok_and(is_zero_date))
    }

    /// The strings of a list in any of the ways that applications store one: JSON, as PHP serializes
    /// it, an array of PostgreSQL, or words with commas; nothing is an empty list.
    pub fn strings(self) -> Read<Vec<String>> {
        let Some(text) = self.some_text()? else { return Ok(Vec::new()) };
        let text = text.trim();
        if text.starts_with("a:") || text.starts_with("s:") {
            return php::strings(text).ok_or(Problem::NotPhp);
        }
        match postgres_array(text).or_else(|| plain_words(text)) {
            Some(words) => Ok(words),
            None => self.json_strings(),
        }
    }

    /// The strings of a list in JSON (of an object, the values); nothing is an empty list. An element
    /// that is not a string is kept as its JSON after a space, which no scope can be.
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

    /// The strings of a list that PHP serialized, or the one string that is stored without a list;
    /// NULL is an empty list.
    pub fn php_strings(self) -> Read<Vec<String>> {
        match self.text()? {
            Some(text) if is_null(&text) => Ok(Vec::new()),
            Some(text) => php::strings(&text).ok_or(Problem::NotPhp),
            None => Ok(Vec::new()),
        }
    }

    /// `N` bytes in hexadecimal.
    pub fn hex<const N: usize>(self) -> Read<[u8; N]> {
        if let Value::Bytes(bytes) = self
            && let Ok(bytes) = bytes.try_into()
        {
            return Ok(bytes);
        }
        let text = self.text()?.unwrap_or_default();
        hex::decode(text.trim()).ok_or(Problem::NotHex(2 * N))
    }

    /// A secret in clear, which is hashed at once. What stands for NULL is none, in any case of
    /// letters: anybody could guess it.
    pub fn clear_secret(self) -> Read<ClearSecret> {
        let text = match self {
            Value::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?,
            Value::Null => "",
            _ => return Err(Problem::NotText),
        };
        if is_null(text) || text.trim().eq_ignore_ascii_case("null") {
            return Err(Problem::Missing);
        }
        let secret = Secret::from_clear(Zeroizing::new(text.to_string()));
        let secret = secret.map_err(|invalid| Problem::Secret(invalid.to_string()))?;
        Ok(ClearSecret {
            hash: secret.hash(),
            hint: secret.guarded_hint(),
            is_weak: secret.expose().chars().count() < WEAK,
        })
    }
}

/// Numbers below this are seconds since 1970: as milliseconds they would be before March 1973.
const SECONDS: i64 = 100_000_000_000;

/// Whether a text is what databases write for NULL into a file.
pub fn is_null(text: &str) -> bool {
    matches!(text.trim(), "NULL" | "\\N")
}

/// Milliseconds since 1970, of a date without punctuation or of a number of some unit.
fn date_or_instant(number: i64, zone: &Zone) -> i64 {
    compact_date(number).and_then(|date| zone.millis(&date)).unwrap_or_else(|| instant(number))
}

/// `20290131` and `20290131235959` with punctuation. As numbers of seconds and of milliseconds, those of
/// 1900 to 2100 would be in 1970 and after 2570.
fn compact_date(number: i64) -> Option<String> {
    let digits = number.to_string();
    let (date, time) = match digits.len() {
        8 => (digits.as_str(), "000000"),
        14 => digits.split_at(8),
        _ => return None,
    };
    let year: u16 = date[..4].parse().ok()?;
    let [month, day] = [&date[4..6], &date[6..]];
    let [hour, minute, second] = [&time[..2], &time[2..4], &time[4..]];
    let is_likely = (1900..=2100).contains(&year);
    is_likely.then(|| format!("{year}-{month}-{day} {hour}:{minute}:{second}"))
}

/// Milliseconds since 1970, of a number of seconds, milliseconds, microseconds or nanoseconds, which
/// its size tells apart.
fn instant(number: i64) -> i64 {
    match number.unsigned_abs() {
        small if small < SECONDS.unsigned_abs() => number * 1000,
        small if small < SECONDS.unsigned_abs() * 1000 => number,
        small if small < SECONDS.unsigned_abs() * 1_000_000 => number / 1000,
        _ => number / 1_000_000,
    }
}

/// MySQL's `0000-00-00`, with or without a time.
fn is_zero_date(text: &str) -> bool {
    text.trim().starts_with("0000-00-00")
}

/// The text of a UUID (RFC 9562 section 4).
fn uuid_text(bytes: &[u8; 16]) -> String {
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// `a,b`: words without quotes, brackets and spaces, that are no JSON.
fn plain_words(text: &str) -> Option<Vec<String>> {
    let words: Vec<_> = text.split(',').map(str::trim).filter(|word| !is_null(word)).collect();
    match words.as_slice() {
        [word] if serde_json::from_str::<serde_json::Value>(word).is_ok() => None,
        words if words.iter().all(|word| is_word(word)) => {
            Some(words.iter().map(|word| word.to_string()).collect())
        }
        _ => None,
    }
}

/// Whether a text could be an MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal, or a hash as crypt(3)
/// writes it: `$2y$10$…`, `$argon2id$v=19$…`.
pub fn is_like_hash(text: &str) -> bool {
    let is_hex = || text.bytes().all(|byte| byte.is_ascii_hexdigit());
    [32, 40, 64, 128].contains(&text.len()) && is_hex()
        || text.starts_with('$') && text.matches('$').count() >= 3
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_graphic() && !"\"\\[]{}".contains(c))
}

/// `{a,"b c"}`: an array as PostgreSQL writes it, whose elements are in quotes where they need it.
fn postgres_array(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    let mut elements = Vec::new();
    if rest.is_empty() {
        return Some(elements);
    }
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (element, after) = quoted_element(quoted)?;
            elements.push(element);
            rest = after.trim_start();
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let element = rest[..end].trim();
            if !is_null(element) {
                elements.push(is_word(element).then(|| element.to_string())?);
            }
            rest = &rest[end..];
        }
        if rest.is_empty() {
            return Some(elements);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// What stands before the next quote, and what follows that; a backslash precedes a quote or a backslash
/// that is part of it.
fn quoted_element(text: &str) -> Option<(String, &str)> {
    let mut element = String::new();
    let mut characters = text.char_indices();
    while let Some((position, c)) = characters.next() {
        match c {
            '"' => return Some((element, &text[position + 1..])),
            '\\' => element.push(characters.next()?.1),
            c => element.push(c),
        }
    }
    None
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
        assert_eq!(time(text("1970-01-01 00:00:01")), Ok(Some(1000)));
        assert_eq!(time(Value::Integer(-1)), Ok(Some(0)));
        assert_eq!(time(text(" ")), Ok(None));
        for none in [text("NULL"), text("\\N"), text("null"), Value::Null] {
            assert_eq!(time(none), Ok(None));
        }
        for bad in [text("soon"), text("99999999999999999999"), Value::Real(f64::NAN)] {
            assert_eq!(time(bad), Err(Problem::NotTime));
        }
    }

    #[test]
    fn the_size_of_a_number_tells_its_unit() {
        let time = |value: Value| value.time(&Zone::default()).unwrap().unwrap().millis();
        let millis = 2_051_222_400_123;
        for (number, expected) in [
            (millis / 1000, millis / 1000 * 1000),
            (millis, millis),
            (millis * 1000, millis),
            (millis * 1_000_000, millis),
        ] {
            assert_eq!(time(Value::Integer(number)), expected);
            assert_eq!(time(text(&number.to_string())), expected);
        }
        assert_eq!(time(Value::Real(2_051_222_400.5)), 2_051_222_400_500);
        assert_eq!(time(text("2051222400.5")), 2_051_222_400_500);
        assert_eq!(time(Value::Real(millis as f64)), millis);
    }

    #[test]
    fn dates_without_a_day_are_the_beginning_of_time_or_none() {
        let zone = Zone::default();
        for zero in ["0000-00-00 00:00:00", "0000-00-00", "0000-00-00 00:00:00.000000"] {
            assert_eq!(text(zero).time(&zone), Ok(Some(Timestamp::nearest(0))), "{zero}");
            assert_eq!(text(zero).real_time(&zone), Ok(None), "{zero}");
            assert_eq!(text(zero).mark(&zone), Ok(true), "{zero}");
        }
        let far = text("infinity").time(&zone).unwrap().unwrap().to_string();
        assert!(far.starts_with("9999-12-31"), "{far}");
        assert_eq!(text("-infinity").time(&zone), Ok(Some(Timestamp::nearest(0))));
        assert_eq!(text("0044-03-15 00:00:00 BC").time(&zone), Ok(Some(Timestamp::nearest(0))));
    }

    #[test]
    fn marks_are_times_or_flags() {
        let mark = |value: Value| value.mark(&Zone::default());
        for unset in [Value::Null, Value::Integer(0), text(""), text("0"), text("NULL"), text("f")]
        {
            assert_eq!(mark(unset), Ok(false), "{unset:?}");
        }
        for set in [Value::Integer(1), text("true"), text("2999-01-01"), text("1735689600")] {
            assert_eq!(mark(set), Ok(true), "{set:?}");
        }
        assert_eq!(mark(text("perhaps")), Err(Problem::NotMark));
    }

    #[test]
    fn ids_are_text() {
        let id = |value: Value| value.id().map(Option::unwrap);
        let uuid = "9c1f2a34-5b6d-4e7f-8a90-b1c2d3e4f506";
        let bytes = hex::decode::<16>(&uuid.replace('-', "")).unwrap();
        assert_eq!(id(Value::Bytes(&bytes)).as_deref(), Ok(uuid));
        assert_eq!(id(Value::Integer(7)).as_deref(), Ok("7"));
        assert_eq!(id(Value::Real(7.0)).as_deref(), Ok("7"));
        assert_eq!(id(text("18446744073709551615")).as_deref(), Ok("18446744073709551615"));
        assert_eq!(id(Value::Bytes(b"abc")).as_deref(), Ok("abc"));
        assert_eq!(Value::Null.id(), Ok(None));
        let long = "x".repeat(256);
        for bad in [Value::Real(0.5), Value::Bytes(b"\xff"), text(&long), text("a\nb")] {
            assert!(bad.id().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lists_are_read_however_they_are_stored() {
        for (stored, expected) in [
            ("[\"a\",\"b c\"]", vec!["a", "b c"]),
            ("a:1:{i:0;s:1:\"a\";}", vec!["a"]),
            ("{a,b:c}", vec!["a", "b:c"]),
            ("{}", vec![]),
            ("ROLE_A,ROLE_B", vec!["ROLE_A", "ROLE_B"]),
            ("posts.read", vec!["posts.read"]),
            ("*", vec!["*"]),
            ("\\N", vec![]),
            (" NULL ", vec![]),
            ("a,NULL", vec!["a"]),
            ("{\"edit admin\",read}", vec!["edit admin", "read"]),
            ("{\"a\\\"b\\\\c\" , NULL}", vec!["a\"b\\c"]),
        ] {
            assert_eq!(text(stored).strings().unwrap(), expected, "{stored}");
        }
        for bad in ["[", "{a b}", "two words", "a,", "{a,}", "{\"a}", "{\"a\"b}", "true", "\"a\""] {
            assert!(text(bad).strings().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_element_that_is_not_a_string_is_no_scope() {
        let strings = text("[\"a\", 1, null, [\"*\"]]").strings().unwrap();
        assert_eq!(strings, ["a", " 1", " null", " [\"*\"]"]);
        assert_eq!(text("{\"x\": \"a\"}").strings().unwrap(), ["a"]);
        assert_eq!(text("null").strings().unwrap(), [""; 0]);
        assert_eq!(text("7").strings(), Err(Problem::NotList));
        assert_eq!(text("[").strings(), Err(Problem::NotJson));
    }

    #[test]
    fn a_secret_that_no_client_could_send_is_never_quoted() {
        for value in [text("leading part"), text("leading\n"), text(""), Value::Null] {
            let problem = value.clear_secret().unwrap_err();
            assert!(!problem.to_string().contains("leading"), "{problem}");
        }
        assert_eq!(Value::Integer(7).clear_secret().unwrap_err(), Problem::NotText);
        for null in ["NULL", "\\N", " null\n"] {
            assert_eq!(text(null).clear_secret().unwrap_err(), Problem::Missing, "{null}");
        }
    }

    #[test]
    fn only_what_says_true_is_true() {
        for yes in
            [Value::Integer(1), text("Y"), text(" on "), Value::Bytes(b"T"), Value::Bytes(&[1])]
        {
            assert_eq!(yes.flag(), Ok(true), "{yes:?}");
        }
        for no in [
            Value::Null,
            Value::Integer(0),
            Value::Bytes(b"N"),
            Value::Bytes(b"F"),
            Value::Bytes(b"0"),
        ] {
            assert_eq!(no.flag(), Ok(false), "{no:?}");
        }
        for odd in
            [Value::Integer(2), Value::Integer(-1), Value::Real(0.5), text("2"), Value::Bytes(b"?")]
        {
            assert_eq!(odd.flag(), Err(Problem::NotBoolean), "{odd:?}");
        }
    }

    #[test]
    fn dates_need_no_punctuation() {
        let zone: Zone = "+02:00".parse().unwrap();
        let time = |value: Value| value.time(&zone).unwrap().unwrap().to_string();
        for value in [
            Value::Integer(20_290_131_235_958),
            Value::Real(20_290_131_235_958.0),
            text("20290131235958"),
        ] {
            assert_eq!(time(value), "2029-01-31T21:59:58Z", "{value:?}");
        }
        assert_eq!(time(text("20290131")), "2029-01-30T22:00:00Z");
        assert_eq!(time(Value::Integer(20_291_331)), "1970-08-23T20:28:51Z");
    }

    #[test]
    fn an_error_names_the_column() {
        let error = Unreadable { column: "hash".into(), problem: Problem::NotHex(64) };
        assert_eq!(error.to_string(), "column hash: not 64 hexadecimal digits");
    }
}
