//! JSON as it is printed: what a terminal might act on is escaped, so that a name from another
//! system can be looked at in any format.

use crate::name::is_unsafe;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Writes a value on one line. It reads back as the same value.
pub fn write<T: Serialize + ?Sized>(to: impl Write, value: &T) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(to, Safe))?)
}

/// Compact JSON with `\u…` for whatever [`is_unsafe`] says; serde_json by itself stops at C0.
struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        // Nearly everything is printable ASCII, and goes through as it is.
        while !rest.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && let Some((place, unsafe_one)) = rest.char_indices().find(|&(_, c)| is_unsafe(c))
        {
            writer.write_all(&rest.as_bytes()[..place])?;
            for unit in unsafe_one.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[place + unsafe_one.len_utf8()..];
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
    fn what_drives_a_terminal_is_escaped() {
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
        fn it_reads_back_as_the_same(text in ".{0,20}[\u{7f}-\u{9f}\u{2028}-\u{202e}]?.{0,20}") {
            let json = written(&text);
            prop_assert!(!json.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
