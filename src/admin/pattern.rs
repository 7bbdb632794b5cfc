//! Patterns for names, in the syntax that shells have for files.

use crate::domain::Invalid;
use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A pattern that a name must match from beginning to end.
///
/// | Pattern | Matches |
/// |---|---|
/// | `*` | any text |
/// | `?` | any one character |
/// | `[a-z_]` | one of these characters |
/// | `[!a-z_]`, `[^a-z_]` | one of all other characters |
/// | `{CI,deploy*}` | one of these patterns; empty ones are ignored |
/// | `**/`, at the beginning or after `/` | any text that ends with `/`, or nothing |
/// | `\*` | the character `*`; but `\` between brackets is a character like others |
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Char(char),
    AnyChar,
    Class { ranges: Vec<RangeInclusive<char>>, negated: bool },
    AnyText,
    OneOf(Vec<Vec<Piece>>),
}

impl NamePattern {
    /// Whether the name matches.
    pub fn matches(&self, name: &str) -> bool {
        ends(&self.pieces, name, vec![0]).last() == Some(&name.len())
    }
}

impl Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for NamePattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err("cannot be empty".into());
        }
        let pieces = Parser { rest: text, depth: 0 }.pieces()?;
        Ok(NamePattern { text: text.to_string(), pieces })
    }
}

/// Every offset at which a match of `pieces` can end if it starts at one of `starts`. Both are in ascending
/// order.
///
/// All offsets are tracked together. With backtracking, the time for `*a*a*a*b` would grow exponentially.
fn ends(pieces: &[Piece], name: &str, starts: Vec<usize>) -> Vec<usize> {
    pieces.iter().fold(starts, |starts, piece| match piece {
        Piece::Char(c) => after_one(name, starts, |found| found == *c),
        Piece::AnyChar => after_one(name, starts, |_| true),
        Piece::Class { ranges, negated } => after_one(name, starts, |found| {
            ranges.iter().any(|range| range.contains(&found)) != *negated
        }),
        Piece::AnyText => {
            let first = starts.first().copied().unwrap_or(usize::MAX);
            (first..=name.len()).filter(|&at| name.is_char_boundary(at)).collect()
        }
        Piece::OneOf(patterns) => {
            let each = patterns.iter().map(|pieces| ends(pieces, name, starts.clone()));
            let mut all: Vec<_> = each.flatten().collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    })
}

/// The offsets after one character that fits.
fn after_one(name: &str, mut offsets: Vec<usize>, fits: impl Fn(char) -> bool) -> Vec<usize> {
    offsets.retain_mut(|at| {
        let found = name[*at..].chars().next();
        *at += found.map_or(0, char::len_utf8);
        found.is_some_and(&fits)
    });
    offsets
}

/// How deeply groups can be nested. Without a limit, a long argument could overflow the stack.
const MAX_DEPTH: usize = 250;

const DANGLING_ESCAPE: &str = "dangling '\\'";
const UNCLOSED_CLASS: &str = "unclosed character class; missing ']'";
const UNCLOSED_GROUP: &str = "unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)";
const UNOPENED_GROUP: &str = "unopened alternate group; missing '{' (maybe escape '}' with '[}]'?)";

/// Reads the text of a pattern from left to right.
struct Parser<'a> {
    rest: &'a str,
    /// How many groups are open.
    depth: usize,
}

impl Parser<'_> {
    /// The pieces up to the end, or in a group up to its next `,` or `}`.
    fn pieces(&mut self) -> Result<Vec<Piece>, Invalid> {
        let mut pieces = Vec::new();
        while self.depth == 0 || !self.rest.starts_with([',', '}']) {
            let starts_part = matches!(pieces.last(), None | Some(Piece::Char('/')));
            let Some(c) = self.next() else { break };
            pieces.push(match c {
                '*' if starts_part && self.skip("*/") => {
                    while self.skip("**/") {}
                    Piece::OneOf(vec![vec![], vec![Piece::AnyText, Piece::Char('/')]])
                }
                '*' => Piece::AnyText,
                '?' => Piece::AnyChar,
                '[' => self.class()?,
                '{' => match self.group()? {
                    patterns if patterns.is_empty() => continue,
                    patterns => Piece::OneOf(patterns),
                },
                '}' => return Err(UNOPENED_GROUP.into()),
                '\\' => Piece::Char(self.next().ok_or(DANGLING_ESCAPE)?),
                c => Piece::Char(c),
            });
        }
        Ok(pieces)
    }

    /// The patterns of a group, after its `{`, without empty ones.
    fn group(&mut self) -> Result<Vec<Vec<Piece>>, Invalid> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} nested alternate groups").into());
        }
        let mut patterns = vec![self.pieces()?];
        while self.skip(",") {
            patterns.push(self.pieces()?);
        }
        if !self.skip("}") {
            return Err(UNCLOSED_GROUP.into());
        }
        self.depth -= 1;
        patterns.retain(|pieces| !pieces.is_empty());
        Ok(patterns)
    }

    /// A class, after its `[`. The first character is never its end.
    fn class(&mut self) -> Result<Piece, Invalid> {
        let negated = self.skip("!") || self.skip("^");
        let mut ranges: Vec<RangeInclusive<char>> = Vec::new();
        loop {
            match (self.next().ok_or(UNCLOSED_CLASS)?, ranges.last_mut()) {
                (']', Some(_)) => return Ok(Piece::Class { ranges, negated }),
                ('-', Some(range)) if !self.rest.starts_with(']') => {
                    let (from, to) = (*range.start(), self.next().ok_or(UNCLOSED_CLASS)?);
                    if to < from {
                        return Err(format!("invalid range; '{from}' > '{to}'").into());
                    }
                    *range = from..=to;
                }
                (c, _) => ranges.push(c..=c),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Whether the rest begins with this text, which is skipped then.
    fn skip(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let cases: [(&str, &[&str], &[&str]); 38] = [
            ("CI", &["CI"], &["ci", "CI 2", "my CI", ""]),
            ("*", &["", "CI", "a/b", "a\nb", "日本"], &[]),
            ("CI*", &["CI", "CI 2", "CI/é"], &["my CI"]),
            ("*b*", &["b", "abc", "ab", "bc"], &["", "ac"]),
            ("a*b*a", &["aba", "abba", "a b a"], &["ab", "aa", "abab"]),
            (
                "a?c",
                &["abc", "a/c", "a\nc", "aéc", "a日c", "a👩c"],
                &["ac", "abbc", "a👩\u{200d}c"],
            ),
            ("??", &["ab", "éü"], &["a", "é", "abc"]),
            ("[abc]", &["a", "b", "c"], &["d", "", "ab", "A"]),
            ("[a-c]x", &["ax", "bx", "cx"], &["dx", "-x", "x"]),
            ("[à-üa]", &["à", "é", "ü", "a"], &["b", "日", "Ã"]),
            ("[!a-c]", &["d", "-", "/", "é", "\n"], &["a", "c", ""]),
            ("[^a-cx]", &["d", "!"], &["b", "x"]),
            ("[a^!]", &["a", "^", "!"], &["b"]),
            ("[]a]", &["]", "a"], &["[]", "b"]),
            ("[!]a]", &["b"], &["]", "a"]),
            ("[-a]", &["-", "a"], &["b"]),
            ("[a-]", &["-", "a"], &["b"]),
            ("[+--]", &["+", ",", "-"], &["."]),
            ("[a-b-d]", &["a", "c", "d"], &["-"]),
            ("[*?{,}[]", &["*", "?", "{", ",", "}", "["], &["a"]),
            ("[\\]]", &["\\]"], &["]", "\\"]),
            ("{CI,deploy*}", &["CI", "deploy", "deploy 2"], &["CI 2", ""]),
            ("a{b,c}d{e,f}", &["abde", "acdf"], &["abd", "abcde"]),
            ("{a,{b,c{d,e}}f}", &["a", "bf", "cdf", "cef"], &["af", "b", "cf"]),
            ("{*a,b*}", &["a", "ba", "b", "xa", "bx"], &["ab", ""]),
            ("{a,ab}{bc,c}", &["abc", "ac", "abbc"], &["a", "bc"]),
            ("a{,b}", &["ab"], &["a"]),
            ("a{}{,}{{},c}", &["ac"], &["a"]),
            ("a,b", &["a,b"], &["a", "b"]),
            ("\\*\\?\\[\\{\\}\\\\\\a", &["*?[{}\\a"], &["x?[{}\\a"]),
            ("{a\\,b,c\\}}", &["a,b", "c}"], &["a", "b"]),
            ("**", &["", "a", "a/b"], &[]),
            ("a**b", &["ab", "a/b"], &["a"]),
            ("**/ci", &["ci", "a/ci", "/ci", "a/b/ci"], &["aci", "ci/a"]),
            ("a/**/**/b", &["a/b", "a/x/b", "a/x/y/b", "a//b"], &["ab", "a/xb"]),
            ("a/**", &["a/", "a/b", "a/b/c"], &["a"]),
            ("{a,**/b}/**/c", &["a/c", "b/c", "x/b/x/c"], &["x/a/c", "xb/c"]),
            ("x**/a***/b", &["x/a/b", "xy/az/b"], &["a/b", "xa/b"]),
        ];
        for (text, matching, others) in cases {
            let pattern: NamePattern = text.parse().unwrap();
            assert_eq!(pattern.to_string(), text);
            for name in matching {
                assert!(pattern.matches(name), "{text} {name:?}");
            }
            for name in others {
                assert!(!pattern.matches(name), "{text} {name:?}");
            }
        }
    }

    #[test]
    fn an_invalid_pattern_says_why() {
        for (text, why) in [
            ("", "cannot be empty"),
            ("[", UNCLOSED_CLASS),
            ("[]", UNCLOSED_CLASS),
            ("[!]", UNCLOSED_CLASS),
            ("{[a,b}", UNCLOSED_CLASS),
            ("[a-", UNCLOSED_CLASS),
            ("[z-a]", "invalid range; 'z' > 'a'"),
            ("[a--]", "invalid range; 'a' > '-'"),
            ("[日-é]", "invalid range; '日' > 'é'"),
            ("{a,b", UNCLOSED_GROUP),
            ("{a{b}", UNCLOSED_GROUP),
            ("a}", UNOPENED_GROUP),
            ("{a}}", UNOPENED_GROUP),
            ("a\\", DANGLING_ESCAPE),
            ("{a\\", DANGLING_ESCAPE),
        ] {
            assert_eq!(text.parse::<NamePattern>().unwrap_err(), why.into(), "{text}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth| ["{".repeat(depth), "a".to_string(), "}".repeat(depth)].concat();
        assert!(nested(MAX_DEPTH).parse::<NamePattern>().unwrap().matches("a"));
        for depth in [MAX_DEPTH + 1, 100_000] {
            let error = nested(depth).parse::<NamePattern>().unwrap_err();
            assert_eq!(error, "more than 250 nested alternate groups".into());
        }
    }

    #[test]
    fn no_pattern_takes_exponential_time() {
        let name = "a".repeat(255);
        // It would not end.
        for text in [
            "*a".repeat(100) + "b",
            "{a,aa,*}".repeat(100) + "b",
            "{*a,a*}".repeat(50) + "b",
            "{".repeat(200) + &"a,aa}*".repeat(200) + "b",
            "**/".repeat(100) + "b",
        ] {
            assert!(!text.parse::<NamePattern>().unwrap().matches(&name), "{text}");
        }
    }
}
