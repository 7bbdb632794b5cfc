//! Stands in for the crate `regex`, with as much of it as the driver for MySQL (`mysql_common`) uses,
//! which is the only crate here that depends on it. Patterns match bytes, and `\d` is an ASCII digit.
//!
//! The driver asks for the crate with all of its features, among them the tables of Unicode. They
//! contain 8,000 pointers, which are relocated whenever tokctl starts: 4 % of a verification.

#![forbid(unsafe_code)]

/// Expressions that match bytes.
pub mod bytes {
    use regex_automata::meta::{self, BuildError};
    use regex_automata::util::{captures, syntax};

    /// A compiled expression.
    #[derive(Debug, Clone)]
    pub struct Regex(meta::Regex);

    impl Regex {
        /// Compiles an expression.
        ///
        /// # Errors
        ///
        /// When it is invalid, or when it needs Unicode tables.
        pub fn new(pattern: &str) -> Result<Self, Box<BuildError>> {
            let syntax = syntax::Config::new().unicode(false).utf8(false);
            meta::Builder::new()
                .configure(meta::Config::new().utf8_empty(false))
                .syntax(syntax)
                .build(pattern)
                .map(Regex)
                .map_err(Box::new)
        }

        /// Whether it matches anywhere.
        pub fn is_match(&self, haystack: &[u8]) -> bool {
            self.0.is_match(haystack)
        }

        /// The groups of the first match.
        pub fn captures<'h>(&self, haystack: &'h [u8]) -> Option<Captures<'h>> {
            let mut groups = self.0.create_captures();
            self.0.captures(haystack, &mut groups);
            groups.is_match().then_some(Captures { haystack, groups })
        }
    }

    /// What the groups of an expression matched.
    #[derive(Debug)]
    pub struct Captures<'h> {
        haystack: &'h [u8],
        groups: captures::Captures,
    }

    impl<'h> Captures<'h> {
        /// What a group matched; group 0 is the whole match.
        pub fn get(&self, group: usize) -> Option<Match<'h>> {
            self.groups.get_group(group).map(|span| Match(&self.haystack[span.range()]))
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
    fn an_invalid_expression_is_an_error() {
        assert!(Regex::new("(").is_err());
    }
}
