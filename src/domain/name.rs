//! Names of tokens and users, e-mail addresses, and free text such as a reason.

use super::invalid::Invalid;
use super::secret;
use crate::text::escape::{is_joiner, is_unsafe};
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters.
pub const MAX_NAME: usize = 255;

/// The name of a token: 1 to 255 characters, trimmed, none of which is unsafe to show.
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

/// The name of a user: a [`Name`] in Unicode's composed form (NFC), which does not begin with `-`, and
/// in which nothing is invisible: its only white space is the plain space, and it has no joiners and no
/// variation selectors. Two names that differ only in how they are encoded are one: see [`lookup_key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// The name, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let name = text.parse::<Name>()?.0;
        if name.starts_with('-') {
            return Err("a user name must not begin with -".into());
        }
        let is_odd_space = |c: char| c.is_whitespace() && c != ' ';
        refuse(
            &name,
            |c| is_joiner(c) || is_odd_space(c),
            "a user name must not contain invisible characters or spaces other than the plain one",
        )?;
        Ok(UserName(name.nfc().collect()))
    }
}

/// An e-mail address, checked only for what would make it useless as a key: 3 to 254 characters
/// with an `@` inside and no white space, none of which stands for another one (`ａ` for `a`).
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
        if !is_canonical(email) {
            return Err("must not contain characters that can be written in another way".into());
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
    refuse(text, is_unsafe, &format!("{what} must not contain control or invisible characters"))
}

fn refuse(text: &str, is_refused: impl Fn(char) -> bool, rule: &str) -> Result<(), Invalid> {
    match text.chars().find(|&c| is_refused(c)) {
        Some(c) => Err(format!("{rule}, and this one contains {}", c.escape_unicode()).into()),
        None => Ok(()),
    }
}

/// What names of users and e-mail addresses are compared by: their lower case by Unicode's rules, in
/// the form that composes what can be composed and replaces what only looks different (NFKC), without
/// anything invisible.
pub fn lookup_key(name: &str) -> String {
    if name.is_ascii() {
        return name.to_lowercase();
    }
    let visible = name.chars().filter(|&c| !is_joiner(c) && !is_unsafe(c));
    visible.nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

/// The keys under which a name can be stored: its [`lookup_key`], and what that was before it knew of
/// anything but case.
pub fn lookup_keys(name: &str) -> impl Iterator<Item = String> {
    let (key, former) = (lookup_key(name), name.to_lowercase());
    let former = (former != key).then_some(former);
    std::iter::once(key).chain(former)
}

/// Whether every character stands for itself. A text with others could pass for another text.
pub fn is_canonical(text: &str) -> bool {
    text.nfkc().eq(text.chars()) && !text.contains(is_joiner) && !text.contains(is_unsafe)
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
        for bad in
            ["", "@", "a@", "@b", "a b@c", "a", "\u{ff41}@b.c", "\u{212a}@b.c", "a@b.\u{fe0f}c"]
        {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_of_users_do_not_look_like_others() {
        for (bad, why) in [
            ("bob\u{a0}smith", "\\u{a0}"),
            ("bob\u{fe0f}", "\\u{fe0f}"),
            ("bob\u{200d}", "\\u{200d}"),
            ("bob\u{206a}", "\\u{206a}"),
            ("bob\u{2003}smith", "\\u{2003}"),
            ("-bob", "begin with -"),
        ] {
            let error = bad.parse::<UserName>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert_eq!("Zoe\u{308} K".parse::<UserName>().unwrap().as_str(), "Zo\u{eb} K");
    }

    #[test]
    fn keys_do_not_depend_on_how_a_name_is_encoded() {
        for alike in
            ["ZO\u{cb}", "zoe\u{308}", "\u{ff5a}o\u{eb}", "zo\u{eb}\u{fe0f}", "zo\u{34f}\u{eb}"]
        {
            assert_eq!(lookup_key(alike), "zo\u{eb}", "{alike:?}");
        }
        assert_eq!(lookup_key("Bob Smith"), "bob smith");
        assert_eq!(lookup_keys("Bob").collect::<Vec<_>>(), ["bob"]);
        assert_eq!(lookup_keys("E\u{301}").collect::<Vec<_>>(), ["\u{e9}", "e\u{301}"]);
    }

    #[test]
    fn what_stands_for_something_else_is_not_canonical() {
        assert!(is_canonical("zo\u{eb} 日本"));
        for text in ["\u{212a}elvin", "e\u{301}", "\u{fb01}", "a\u{200d}", "a\u{200b}"] {
            assert!(!is_canonical(text), "{text:?}");
        }
    }
}
