//! Stands in for the crate `regex`, with as much of it as the driver for MySQL (`mysql_common`) uses,
//! which is the only crate here that depends on it. Patterns match bytes, and `\d` is an ASCII digit.
//!
//! The driver asks for the crate with all of its features, among them the tables of Unicode. They
//! contain 8,000 pointers, which are relocated whenever tokctl starts: 4 % of a verification.
//! `regex-lite` has neither tables nor the engines that make `regex` fast, which contain 1,200 more.

#![forbid(unsafe_code)]

/// Expressions that match bytes.
pub mod bytes {
    use std::error::Error;
    use std::ops::Range;

    /// A compiled expression.
    #[derive(Debug, Clone)]
    pub struct Regex(regex_lite::Regex);

    impl Regex {
        /// Compiles an expression.
        ///
        /// # Errors
        ///
        /// When it is invalid, or contains a character that is not ASCII, because that is more than one byte.
        pub fn new(pattern: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
            if !pattern.is_ascii() {
                return Err("an expression for bytes must be ASCII".into());
            }
            Ok(Regex(regex_lite::Regex::new(pattern)?))
        }

        /// Whether it matches anywhere.
        pub fn is_match(&self, haystack: &[u8]) -> bool {
            self.0.is_match(&to_text(haystack))
        }

        /// The groups of the first match.
        pub fn captures<'h>(&self, haystack: &'h [u8]) -> Option<Captures<'h>> {
            let text = to_text(haystack);
            // A character of the text is a byte of the haystack.
            let bytes = |end: usize| text[..end].chars().count();
            let groups = self.0.captures(&text)?;
            let groups = groups
                .iter()
                .map(|group| group.map(|found| bytes(found.start())..bytes(found.end())));
            Some(Captures { haystack, groups: groups.collect() })
        }
    }

    /// The bytes as characters with the same numbers (Latin-1), because `regex-lite` matches only text.
    fn to_text(bytes: &[u8]) -> String {
        bytes.iter().copied().map(char::from).collect()
    }

    /// What the groups of an expression matched.
    #[derive(Debug)]
    pub struct Captures<'h> {
        haystack: &'h [u8],
        groups: Vec<Option<Range<usize>>>,
    }

    impl<'h> Captures<'h> {
        /// What a group matched; group 0 is the whole match.
        pub fn get(&self, group: usize) -> Option<Match<'h>> {
            let range = self.groups.get(group)?.clone()?;
            Some(Match(&self.haystack[range]))
        }
    }

    /// What a group matched.
    #[derive(Debug, Clone, Copy)]
    pub struct Match<'h>(&'h [u8]);

    impl<'h> Match<'h> {
        /// The bytes.
        pub fn as_bytes(&self) -> &'h [u8] {
            self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bytes::Regex;

    #[test]
    fn groups_of_a_server_version() {
        let version = Regex::new(r"^(\d{1,2})\.(\d{1,2})\.(\d{1,3})(.*)").unwrap();
        let found = version.captures(b"10.11.6-MariaDB\xff").unwrap();
        let group = |number| found.get(number).unwrap().as_bytes();
        assert_eq!(
            [group(1), group(2), group(3), group(4)],
            [&b"10"[..], b"11", b"6", b"-MariaDB\xff"]
        );
        assert!(found.get(5).is_none());
        assert!(version.captures(b"MariaDB").is_none());
    }

    #[test]
    fn digits_are_ascii() {
        let date = Regex::new(r"^\d{4}-\d{2}-\d{2}$").unwrap();
        assert!(date.is_match(b"2026-11-28"));
        assert!(!date.is_match("٢٠٢٦-11-28".as_bytes()));
        assert!(!date.is_match(b"2026-11-28 10:00:00"));
    }

    #[test]
    fn a_negated_class_matches_any_byte() {
        let key = Regex::new("-----BEGIN([^-]*)-----END").unwrap();
        assert_eq!(
            key.captures(b"-----BEGIN a\n\xff-----END").unwrap().get(1).unwrap().as_bytes(),
            b" a\n\xff"
        );
    }

    #[test]
    fn a_dot_matches_any_byte_but_a_line_feed() {
        let dots = Regex::new("^(.*)$").unwrap();
        let found = dots.captures("\u{e9}\r\0".as_bytes()).unwrap();
        assert_eq!(found.get(1).unwrap().as_bytes(), b"\xc3\xa9\r\0");
        assert!(!dots.is_match(b"a\nb"));
        let two = Regex::new("^..$").unwrap();
        assert!(two.is_match("\u{e9}".as_bytes()) && !two.is_match(b"\xe9"));
    }

    #[test]
    fn groups_after_other_bytes_and_groups_that_did_not_match() {
        let either = Regex::new("(a)|(b)(c*)").unwrap();
        let found = either.captures(b"\xff\x80\xe9bcc\xff").unwrap();
        let group = |number| found.get(number).map(|group| group.as_bytes());
        assert_eq!([group(0), group(1), group(2)], [Some(&b"bcc"[..]), None, Some(b"b")]);
        assert_eq!([group(3), group(4)], [Some(&b"cc"[..]), None]);
    }

    #[test]
    fn an_invalid_expression_is_an_error() {
        assert!(Regex::new("(").is_err());
        assert!(Regex::new("[\u{e9}]").is_err());
    }
}
