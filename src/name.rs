//! Names of tokens and users, and text that a terminal must not act on.

use crate::secret;
use std::fmt::{self, Display, Write};
use std::str::FromStr;

/// The longest name, in characters.
pub const MAX_NAME: usize = 255;

/// Whether a terminal might act on the character instead of showing it, or shows nothing, so that
/// two names look alike: control characters (C0, DEL, C1), line separators, those that reorder the
/// text around them (Unicode's Bidi_Control property), and those that are invisible by themselves.
/// Joiners, which scripts and emoji need, are not among them.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}')
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
}

/// Text made safe to show: what [`is_unsafe`] is written as `\u{…}`, everything else as it is.
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_unsafe(c) { write!(f, "{}", c.escape_unicode())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// The one of `names` that `text` was probably meant to be: at most a third of its letters are
/// wrong, swapped, missing or too many.
pub fn nearest<S: AsRef<str>>(text: &str, names: impl IntoIterator<Item = S>) -> Option<S> {
    let text = key(text);
    let far = text.chars().count() / 3;
    let distance = |name: &S| strsim::damerau_levenshtein(&text, &key(name.as_ref()));
    let near = names.into_iter().map(|name| (distance(&name), name));
    let near = near.filter(|(distance, _)| *distance <= far);
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The name of a token or a user: 1 to 255 characters, trimmed, none of which is unsafe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim();
        if name.is_empty() {
            return Err("a name needs at least one character".into());
        }
        if name.chars().nth(MAX_NAME).is_some() {
            return Err(format!("a name has at most {MAX_NAME} characters"));
        }
        plain(name, "a name")?;
        Ok(Name(name.to_string()))
    }
}

/// An e-mail address, checked only for what would make it useless as a key: 3 to 254 characters
/// with an `@` inside and no white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let email = text.trim();
        plain(email, "an e-mail address")?;
        let inside = email.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
        if !inside || email.contains(char::is_whitespace) || email.chars().count() > 254 {
            return Err("an e-mail address looks like name@example.com".into());
        }
        Ok(Email(email.to_string()))
    }
}

/// Free text such as a reason: at most 1,000 characters, none of which is unsafe to show.
pub fn parse_text(text: &str) -> Result<String, String> {
    let text = text.trim();
    plain(text, "the text")?;
    if text.chars().nth(1000).is_some() {
        return Err("the text has at most 1000 characters".into());
    }
    Ok(text.to_string())
}

fn plain(text: &str, what: &str) -> Result<(), String> {
    if secret::is_in(text) {
        return Err(format!("{what} must not have a secret in it"));
    }
    match text.chars().find(|&c| is_unsafe(c)) {
        Some(c) => {
            Err(format!("{what} has no control characters, this has {}", c.escape_unicode()))
        }
        None => Ok(()),
    }
}

/// What names and e-mail addresses are compared by: their lower case, by Unicode's rules.
pub fn key(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!("  CI  ".parse::<Name>().unwrap().as_str(), "CI");
        assert!("é".repeat(255).parse::<Name>().is_ok());
        assert!("é".repeat(256).parse::<Name>().is_err());
        assert!(" \t ".parse::<Name>().is_err());
    }

    #[test]
    fn names_cannot_drive_a_terminal() {
        for bad in
            ["a\u{1b}[2J", "a\nb", "a\0b", "a\u{9b}b", "a\u{202e}b", "a\u{2066}b", "a\u{200b}"]
        {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
            assert!(!Escaped(bad).to_string().chars().any(is_unsafe), "{bad:?}");
        }
        assert_eq!(Escaped("Ключ 日本 👩‍💻").to_string(), "Ключ 日本 👩‍💻");
    }

    #[test]
    fn emails_need_something_on_both_sides() {
        assert!("a@b".parse::<Email>().is_ok());
        for bad in ["", "@", "a@", "@b", "a b@c", "a"] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }
}
