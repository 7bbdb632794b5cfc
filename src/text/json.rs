//! JSON in which everything that a terminal might act on is escaped, so that names from other
//! systems are safe to look at in every format.

use crate::text::escape::is_unsafe;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Writes a value on one line. It reads back as the same value.
pub fn write<T: Serialize + ?Sized>(to: impl Write, value: &T) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(to, EscapingFormatter))?)
}

/// Compact JSON with `\u…` for every character that [`is_unsafe`]. serde_json alone escapes C0 only.
struct EscapingFormatter;

impl Formatter for EscapingFormatter {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        // Nearly all text is printable ASCII, which needs no search for a character to escape.
        while !rest.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && let Some((position, c)) = rest.char_indices().find(|&(_, c)| is_unsafe(c))
        {
            writer.write_all(&rest.as_bytes()[..position])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[position + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut json = Vec::new();
        write(&mut json, text).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn unsafe_characters_are_escaped() {
        for (text, json) in [
            ("plain \"a\\b\"", r#""plain \"a\\b\"""#),
            ("Ключ 日本 👩‍💻", r#""Ключ 日本 👩‍💻""#),
            ("a\u{7f}\u{9b}2Jb", r#""a\u007f\u009b2Jb""#),
            ("é\u{202e}\n\u{1b}", r#""é\u202e\n\u001b""#),
            ("\u{feff}", r#""\ufeff""#),
        ] {
            assert_eq!(written(text), json);
        }
    }

    proptest! {
        #[test]
        fn json_reads_back_as_the_same_text(
            text in ".{0,20}[\u{7f}-\u{9f}\u{2028}-\u{202e}]?.{0,20}",
        ) {
            let json = written(&text);
            prop_assert!(!json.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
