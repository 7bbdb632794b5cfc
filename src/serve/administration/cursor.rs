//! Where a list goes on. To clients it is a text without a meaning.

use super::query::number;
use crate::domain::Invalid;
use crate::store::LogPosition;
use std::fmt::{self, Display, Write};
use std::str::FromStr;

/// A place in a list. It is the key of the last item of a page, so that nothing is left out and nothing
/// comes twice, whatever others add or delete meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// After the token with this id.
    Token(i64),
    /// After the user with this name.
    User(String),
    /// Before this position in the log.
    Entry(LogPosition),
}

impl Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cursor::Token(id) => write!(f, "t{id}"),
            Cursor::User(name) => {
                f.write_char('u')?;
                name.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Cursor::Entry(position) => write!(f, "e{}-{}", position.attempt, position.change),
        }
    }
}

impl FromStr for Cursor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let read = || {
            let rest = text.get(1..)?;
            match text.as_bytes().first()? {
                b't' => Some(Cursor::Token(number(rest).ok()?)),
                b'u' => Some(Cursor::User(name(rest)?)),
                b'e' => {
                    let (attempt, change) = rest.split_once('-')?;
                    let (attempt, change) = (number(attempt).ok()?, number(change).ok()?);
                    Some(Cursor::Entry(LogPosition { attempt, change }))
                }
                _ => None,
            }
        };
        read().ok_or_else(not_one)
    }
}

/// Why a text is no cursor of this list.
pub fn not_one() -> Invalid {
    "must be the value of next on the page before".into()
}

fn name(text: &str) -> Option<String> {
    let pairs = text.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [b'0'..=b'9' | b'a'..=b'f', b'0'..=b'9' | b'a'..=b'f'] => {
            u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()
        }
        _ => None,
    });
    let bytes = bytes.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())?;
    // A name that nobody has is a place, too.
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_as_the_same_place() {
        for (cursor, text) in [
            (Cursor::Token(7), "t7"),
            (Cursor::User("Zoë K".to_string()), "u5a6fc3ab204b"),
            (Cursor::Entry(LogPosition { attempt: 12, change: 0 }), "e12-0"),
        ] {
            assert_eq!(cursor.to_string(), text);
            assert_eq!(text.parse(), Ok(cursor));
        }
    }

    #[test]
    fn other_texts_are_no_cursors() {
        for text in
            ["", "7", "t", "t-7", "t+7", "tx", "u", "u5", "u5G", "u+5", "e1", "e1-", "e1-2-3", "é"]
        {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
