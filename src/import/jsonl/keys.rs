//! What the keys of a line mean. Most files have one or two sets of keys, so each set is looked at
//! once.

use super::line::Line;
use crate::import::ends::{End, Rows, ends_in, is_same_name, says_verified};
use crate::import::error::InvalidLine;
use crate::import::options::Options;
use crate::import::plan::is_ignored;
use std::collections::HashMap;
use std::rc::Rc;

/// What a line describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user.
    User,
    /// A token.
    Token,
}

impl Kind {
    /// The name of the table that `--ignore-column` can name, and that reports name.
    pub fn table(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Token => "token",
        }
    }

    fn rows(self) -> Rows {
        match self {
            Kind::User => Rows::Owners,
            Kind::Token => Rows::Tokens,
        }
    }

    fn known(self) -> &'static [&'static str] {
        match self {
            Kind::User => &["type", "id", "name", "email", "full_name", "created_at"],
            Kind::Token => &[
                "type",
                "id",
                "name",
                "hash",
                "secret",
                "user",
                "user_id",
                "email",
                "scopes",
                "created_at",
                "last_used_at",
            ],
        }
    }

    /// The key of the format that a key is, in any spelling and under any name.
    fn key(self, key: &str) -> Option<&'static str> {
        let named =
            |names: &[&'static str]| names.iter().copied().find(|name| is_same_name(name, key));
        named(self.known()).or_else(|| match self {
            Kind::Token => named(OWNER_NAMES).map(|_| "user"),
            Kind::User => None,
        })
    }
}

/// Other names for the key `user` of a token.
const OWNER_NAMES: &[&str] = &["username", "owner"];

/// What only the lines of an export have: without the rest of such a line, the hash could belong to
/// another secret.
const EXPORT_ONLY: [&str; 2] = ["scheme", "foreign_id"];

/// What the keys of a line mean.
pub struct Meaning {
    /// The keys of the format, each with its spelling.
    known: Vec<(&'static str, String)>,
    /// The keys that say whether the row has ended.
    pub ends: Vec<(String, End)>,
    /// The key that says whether the e-mail address was verified.
    pub verified: Option<String>,
    /// Keys that speak of an end, but not clearly enough.
    pub unclear: Vec<String>,
    /// Keys that only an export has.
    pub export_only: Vec<String>,
    /// Keys that are not read.
    pub unread: Vec<String>,
}

impl Meaning {
    fn new(kind: Kind, keys: &[String], options: &Options) -> Result<Self, InvalidLine> {
        let mut known: Vec<(&'static str, String)> = Vec::new();
        let (mut verified, mut export_only, mut rest) = (None, Vec::new(), Vec::new());
        for (position, key) in keys.iter().enumerate() {
            let name = kind.key(key);
            let is_second = keys[..position].contains(key)
                || name.is_some_and(|name| known.iter().any(|(known, _)| *known == name));
            if is_second {
                return Err(InvalidLine::Twice(key.clone()));
            }
            if let Some(name) = name {
                known.push((name, key.clone()));
            } else if verified.is_none() && is_verification(kind, key) {
                verified = Some(key.clone());
            } else if kind == Kind::Token && EXPORT_ONLY.contains(&key.as_str()) {
                export_only.push(key.clone());
            } else {
                rest.push(key.as_str());
            }
        }
        let (ignored, candidates): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|key| is_ignored(options, kind.table(), key));
        let (unclear, ends): (Vec<_>, Vec<_>) = ends_in(&candidates, kind.rows())
            .into_iter()
            .map(|(key, end)| (key.to_string(), end))
            .partition(|(_, end)| *end == End::Unclear);
        let unclear: Vec<_> = unclear.into_iter().map(|(key, _)| key).collect();
        let is_read = |key: &str| {
            unclear.iter().any(|name| name == key) || ends.iter().any(|(name, _)| name == key)
        };
        let unread = candidates.into_iter().filter(|key| !is_read(key)).chain(ignored);
        let unread = unread.map(str::to_string).collect();
        Ok(Meaning { known, ends, verified, unclear, export_only, unread })
    }

    /// How a key of the format is spelled, if it is there.
    pub fn spelling(&self, name: &str) -> Option<&str> {
        let found = self.known.iter().find(|(known, _)| *known == name);
        found.map(|(_, spelling)| spelling.as_str())
    }
}

/// A token's line may speak of its owner's address, but `verified` alone would be the token's.
fn is_verification(kind: Kind, key: &str) -> bool {
    says_verified(key, &[]) && (kind == Kind::User || key.to_lowercase().contains("mail"))
}

/// The meanings of all sets of keys so far.
pub struct Keys<'a> {
    options: &'a Options,
    /// The last one: most lines have the keys of the line before.
    last: Option<(Kind, Vec<String>, Rc<Meaning>)>,
    seen: HashMap<(Kind, Vec<String>), Rc<Meaning>>,
}

/// A file with more sets of keys than this is not made by a statement.
const KEPT: usize = 1000;

impl<'a> Keys<'a> {
    /// No set yet.
    pub fn new(options: &'a Options) -> Self {
        Keys { options, last: None, seen: HashMap::new() }
    }

    /// What a line describes, and what its keys mean.
    ///
    /// # Errors
    ///
    /// When the line describes nothing, or has a key twice.
    pub fn of(&mut self, line: &Line) -> Result<(Kind, Rc<Meaning>), InvalidLine> {
        let kind = kind_of(line)?;
        if let Some((last, keys, meaning)) = &self.last
            && *last == kind
            && *keys == line.keys
        {
            return Ok((kind, meaning.clone()));
        }
        let place = (kind, line.keys.clone());
        let meaning = match self.seen.get(&place) {
            Some(meaning) => meaning.clone(),
            None => Rc::new(Meaning::new(kind, &line.keys, self.options)?),
        };
        if self.seen.len() < KEPT {
            self.seen.insert(place, meaning.clone());
        }
        self.last = Some((kind, line.keys.clone(), meaning.clone()));
        Ok((kind, meaning))
    }
}

/// What a line says that it is; without a type it is a token if it has a hash or a secret.
fn kind_of(line: &Line) -> Result<Kind, InvalidLine> {
    let filled = |name: &str| {
        let mut pairs = line.keys.iter().zip(&line.values);
        pairs.find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_blank())
    };
    match filled("type") {
        Some((_, super::line::Field::Text(text))) => match text.trim().to_lowercase().as_str() {
            "user" => Ok(Kind::User),
            "token" => Ok(Kind::Token),
            _ => Err(InvalidLine::UnknownType),
        },
        Some(_) => Err(InvalidLine::UnknownType),
        None if filled("hash").or_else(|| filled("secret")).is_some() => Ok(Kind::Token),
        None => Err(InvalidLine::NoSecret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(kind: Kind, keys: &[&str], options: &Options) -> Result<Meaning, InvalidLine> {
        let keys: Vec<_> = keys.iter().map(|key| key.to_string()).collect();
        Meaning::new(kind, &keys, options)
    }

    #[test]
    fn keys_are_known_in_every_spelling() {
        let keys = ["userId", "Created_At", "expiresAt", "isActive", "colour"];
        let found = meaning(Kind::Token, &keys, &Options::default()).unwrap();
        assert_eq!(found.spelling("user_id"), Some("userId"));
        assert_eq!(found.spelling("created_at"), Some("Created_At"));
        assert_eq!(
            found.ends,
            [("expiresAt".to_string(), End::Expiry), ("isActive".to_string(), End::Active)]
        );
        assert_eq!(found.unread, ["colour"]);
    }

    #[test]
    fn a_key_counts_once_in_all_its_spellings() {
        for keys in [
            ["name", "name"],
            ["user_id", "userId"],
            ["x", "x"],
            ["user", "owner"],
            ["user_name", "username"],
        ] {
            let found = meaning(Kind::Token, &keys, &Options::default()).err();
            assert_eq!(found, Some(InvalidLine::Twice(keys[1].into())), "{keys:?}");
        }
    }

    #[test]
    fn an_unclear_end_can_be_ignored_in_one_kind_of_line() {
        let options =
            Options { ignore_columns: vec!["token.expires_in".into()], ..Options::default() };
        let found = meaning(Kind::Token, &["expires_in"], &options).unwrap();
        assert_eq!((found.unclear.len(), found.unread.len()), (0, 1));
        let found = meaning(Kind::User, &["expires_in"], &options).unwrap();
        assert_eq!(found.unclear, ["expires_in"]);
    }
}
