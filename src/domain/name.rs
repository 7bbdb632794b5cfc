//! Names of tokens and users, e-mail addresses, and free text such as a reason.

use super::invalid::Invalid;
use super::secret;
use crate::text::escape::is_unsafe;
use std::str::FromStr;

/// The longest name, in characters.
pub const MAX_NAME: usize = 255;

/// The name of a token or a user: 1 to 255 characters, trimmed, none of which is unsafe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.trim();
        if name.is_empty() {
            return Err("a name cannot be empty".into());
        }
        if name.chars().nth(MAX_NAME).is_some() {
            return Err(format!("a name cannot be longer than {MAX_NAME} characters").into());
        }
        check_plain(name, "a name")?;
        Ok(Name(name.to_string()))
    }
}

/// An e-mail address, checked only for what would make it useless as a key: 3 to 254 characters
/// with an `@` inside and no white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address, trimmed, in the case it was given in.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let email = text.trim();
        check_plain(email, "an e-mail address")?;
        let inside = email.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
        if !inside || email.contains(char::is_whitespace) || email.chars().count() > 254 {
            return Err("must look like name@example.com".into());
        }
        Ok(Email(email.to_string()))
    }
}

/// Free text such as a reason: at most 1,000 characters, none of which is unsafe to show.
pub fn parse_text(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    check_plain(text, "the text")?;
    if text.chars().nth(1000).is_some() {
        return Err("the text cannot be longer than 1000 characters".into());
    }
    Ok(text.to_string())
}

fn check_plain(text: &str, what: &str) -> Result<(), Invalid> {
    if secret::is_in(text) {
        return Err(format!("{what} must not contain a secret").into());
    }
    match text.chars().find(|&c| is_unsafe(c)) {
        Some(c) => Err(format!(
            "{what} must not contain control or invisible characters, and this one contains {}",
            c.escape_unicode()
        )
        .into()),
        None => Ok(()),
    }
}

/// What names and e-mail addresses are compared by: their lower case by Unicode's rules.
pub fn lookup_key(name: &str) -> String {
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
        }
        assert!("Ключ 日本 👩‍💻".parse::<Name>().is_ok());
    }

    #[test]
    fn emails_need_something_on_both_sides() {
        assert!("a@b".parse::<Email>().is_ok());
        for bad in ["", "@", "a@", "@b", "a b@c", "a"] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }
}
