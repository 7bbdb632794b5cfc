//! PHP's `serialize()`, as far as a list of strings needs it.
//!
//! No maintained crate reads it strictly, and this is all that is needed: an array whose keys are
//! integers or strings and whose values are strings. Anything else is refused; nothing but strings
//! is ever built from it.

/// The strings of `a:1:{i:0;s:1:"*";}`, or `None` for anything else. A string by itself, serialized or
/// not, is a list of one, as with CodeIgniter's array cast.
///
/// Lengths count bytes in the encoding that PHP had: UTF-8, or Windows-1252 if that is what the
/// application had with MySQL's `latin1`.
pub fn strings(text: &str) -> Option<Vec<String>> {
    if !text.starts_with("a:") && !text.starts_with("s:") {
        return Some(vec![text.to_string()]);
    }
    let utf8 = serialized(text.as_bytes());
    let strings = utf8.or_else(|| serialized(&windows_1252(text)?))?;
    strings.into_iter().map(|bytes| decoded(&bytes)).collect()
}

fn serialized(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut reader = Reader { rest: text };
    let strings = match text.starts_with(b"a:") {
        true => reader.array(),
        false => reader.string().map(|string| vec![string]),
    };
    strings.filter(|_| reader.rest.is_empty())
}

/// The 32 characters that Windows-1252 has in place of control characters; a NUL is none.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The bytes of a text in Windows-1252. MySQL reads the five bytes without a character as themselves.
fn windows_1252(text: &str) -> Option<Vec<u8>> {
    let byte = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte) => Some(byte),
        Err(_) => WINDOWS_1252.iter().position(|other| *other == c).map(|at| 0x80 + at as u8),
    };
    text.chars().map(byte).collect()
}

/// Text that was UTF-8 before it was stored as something else, or else is Windows-1252.
fn decoded(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_string());
    }
    let character = |byte: &u8| match byte {
        0x80..=0x9f => match WINDOWS_1252[usize::from(byte - 0x80)] {
            '\0' => char::from(*byte),
            character => character,
        },
        byte => char::from(*byte),
    };
    Some(bytes.iter().map(character).collect())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn array(&mut self) -> Option<Vec<Vec<u8>>> {
        self.take(b"a:")?;
        let count = self.number()?;
        self.take(b":{")?;
        // The count is not trusted: nothing is allocated for it, and a missing item is an error.
        let mut strings = Vec::new();
        for _ in 0..count {
            match self.rest.first()? {
                b'i' => self.integer()?,
                _ => drop(self.string()?),
            }
            strings.push(self.string()?);
        }
        self.take(b"}")?;
        Some(strings)
    }

    fn integer(&mut self) -> Option<()> {
        self.take(b"i:")?;
        if self.rest.starts_with(b"-") {
            self.take(b"-")?;
        }
        self.number()?;
        self.take(b";")
    }

    fn string(&mut self) -> Option<Vec<u8>> {
        self.take(b"s:")?;
        let length = self.number()?;
        self.take(b":\"")?;
        let string = self.rest.get(..length)?.to_vec();
        self.rest = &self.rest[length..];
        self.take(b"\";")?;
        Some(string)
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&self.rest[..digits]).ok()?.parse().ok()?;
        self.rest = &self.rest[digits..];
        Some(number)
    }

    fn take(&mut self, expected: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_of_strings() {
        for (text, expected) in [
            ("a:0:{}", vec![]),
            ("a:1:{i:0;s:1:\"*\";}", vec!["*"]),
            ("a:2:{i:0;s:3:\"a.b\";i:5;s:5:\"c\";d;\";}", vec!["a.b", "c\";d;"]),
            ("a:2:{s:1:\"k\";s:2:\"é\";i:-1;s:0:\"\";}", vec!["é", ""]),
            ("a:1:{i:0;s:18:\"s:3:\"abc\";i:0;a:0:\";}", vec!["s:3:\"abc\";i:0;a:0:"]),
            ("s:3:\"abc\";", vec!["abc"]),
            ("posts.read", vec!["posts.read"]),
        ] {
            assert_eq!(strings(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn lengths_count_bytes_in_the_encoding_of_the_application() {
        for (text, expected) in [
            // UTF-8 throughout.
            ("a:1:{i:0;s:5:\"café\";}", "café"),
            // A column in latin1 of an application in latin1.
            ("a:1:{i:0;s:4:\"café\";}", "café"),
            ("a:1:{i:0;s:3:\"€ž’\";}", "€ž’"),
            // UTF-8 that MySQL took for latin1.
            ("a:1:{i:0;s:5:\"cafÃ©\";}", "café"),
        ] {
            assert_eq!(strings(text).unwrap(), [expected], "{text}");
        }
        assert_eq!(strings("a:1:{i:0;s:3:\"café\";}"), None);
        assert_eq!(strings("a:1:{i:0;s:1:\"東\";}"), None);
    }

    #[test]
    fn everything_else_is_refused() {
        let deep = "a:1:{i:0;".repeat(10_000);
        for text in [
            "a:",
            "a:1:{}",
            "a:0:{}x",
            "a:1:{i:0;i:1;}",
            "a:1:{i:0;b:1;}",
            "a:1:{i:0;N;}",
            "a:1:{i:0;a:0:{}}",
            "a:1:{i:0;O:8:\"stdClass\":0:{}}",
            "a:99999999999:{}",
            "a:99999999999999999999999:{}",
            "a:1:{i:0;s:9999999999:\"x\";}",
            "a:1:{i:0;s:2:\"é",
            "a:-1:{}",
            "a:1:{d:0.5;s:1:\"x\";}",
            "s:3:\"ab\";",
            &deep,
        ] {
            assert_eq!(strings(text), None, "{text}");
        }
        assert_eq!(strings("O:8:\"stdClass\":0:{}").unwrap(), ["O:8:\"stdClass\":0:{}"]);
    }

    proptest! {
        #[test]
        fn what_php_writes_is_read(list: Vec<(i64, String)>) {
            let items: String = list.iter()
                .map(|(key, value)| format!("i:{key};s:{}:\"{value}\";", value.len())).collect();
            let read = strings(&format!("a:{}:{{{items}}}", list.len()));
            prop_assert_eq!(read.unwrap(), list.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
        }

        #[test]
        fn reading_never_panics(text in "[asi:{}\";0-9é]{0,40}") {
            let _ = strings(&text);
        }
    }
}
