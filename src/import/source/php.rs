//! PHP's `serialize()`, as far as a list of strings needs it.
//!
//! No maintained crate reads it strictly, and this is all that is needed: an array whose keys are
//! integers or strings and whose values are strings. Anything else is refused; nothing but strings
//! is ever built from it.

/// The strings of `a:1:{i:0;s:1:"*";}`, or `None` for anything else. Lengths count bytes. A string by
/// itself, serialized or not, is a list of one, as with CodeIgniter's array cast.
pub fn strings(text: &str) -> Option<Vec<String>> {
    let mut reader = Reader { rest: text };
    let strings = if text.starts_with("a:") {
        reader.array()
    } else if text.starts_with("s:") {
        reader.string().map(|string| vec![string])
    } else {
        return Some(vec![text.to_string()]);
    };
    strings.filter(|_| reader.rest.is_empty())
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn array(&mut self) -> Option<Vec<String>> {
        self.take("a:")?;
        let count = self.number()?;
        self.take(":{")?;
        // The count is not trusted: nothing is allocated for it, and a missing item is an error.
        let mut strings = Vec::new();
        for _ in 0..count {
            match self.rest.as_bytes().first()? {
                b'i' => self.integer()?,
                _ => drop(self.string()?),
            }
            strings.push(self.string()?);
        }
        self.take("}")?;
        Some(strings)
    }

    fn integer(&mut self) -> Option<()> {
        self.take("i:")?;
        if self.rest.starts_with('-') {
            self.take("-")?;
        }
        self.number()?;
        self.take(";")
    }

    fn string(&mut self) -> Option<String> {
        self.take("s:")?;
        let length = self.number()?;
        self.take(":\"")?;
        let string = self.rest.get(..length)?.to_string();
        self.rest = &self.rest[length..];
        self.take("\";")?;
        Some(string)
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest[..digits].parse().ok()?;
        self.rest = &self.rest[digits..];
        Some(number)
    }

    fn take(&mut self, expected: &str) -> Option<()> {
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
            "a:1:{i:0;s:1:\"é\";}",
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
