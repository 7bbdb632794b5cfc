//! What the keys of a line mean. Most files have one or two sets of keys, so each set is looked at
//! once.

use super::line::Line;
use super::types::export_only;
use crate::import::ends::{
    End, RowKind, ends_in, is_ignored, is_name_of, is_same_name, says_verified,
};
use crate::import::error::InvalidLine;
use crate::import::options::Options;
use std::collections::HashMap;
use std::rc::Rc;

/// What a line describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineType {
    /// A user.
    User,
    /// A token.
    Token,
}

impl LineType {
    /// The name of the table that `--ignore-column` can name, and that reports name.
    pub fn table(self) -> &'static str {
        match self {
            LineType::User => "user",
            LineType::Token => "token",
        }
    }

    fn row_kind(self) -> RowKind {
        match self {
            LineType::User => RowKind::Owner,
            LineType::Token => RowKind::Token,
        }
    }

    fn known(self) -> &'static [&'static str] {
        match self {
            LineType::User => &["type", "id", "name", "email", "full_name", "created_at"],
            LineType::Token => &[
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
            LineType::Token => named(OWNER_NAMES).map(|_| "user"),
            LineType::User => None,
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
    /// Keys that may say that a row has ended, but not clearly enough.
    pub unclear: Vec<String>,
    /// Keys that only an export has.
    pub export_only: Vec<String>,
    /// Keys that are not read.
    pub unread: Vec<String>,
}

impl Meaning {
    fn new(line_type: LineType, keys: &[String], options: &Options) -> Result<Self, InvalidLine> {
        let mut known: Vec<(&'static str, String)> = Vec::new();
        let (mut verified, mut export_only, mut rest) = (None, Vec::new(), Vec::new());
        for (position, key) in keys.iter().enumerate() {
            let name = line_type.key(key);
            let is_second = keys[..position].contains(key)
                || name.is_some_and(|name| known.iter().any(|(known, _)| *known == name));
            if is_second {
                return Err(InvalidLine::Twice(key.clone()));
            }
            if let Some(name) = name {
                known.push((name, key.clone()));
            } else if verified.is_none() && is_verification(line_type, key) {
                verified = Some(key.clone());
            } else if line_type == LineType::Token && EXPORT_ONLY.contains(&key.as_str()) {
                export_only.push(key.clone());
            } else {
                rest.push(key.as_str());
            }
        }
        let (ignored, candidates): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|key| is_ignored(options, line_type.table(), key));
        let (unclear, ends): (Vec<_>, Vec<_>) = ends_in(&candidates, line_type.row_kind())
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
fn is_verification(line_type: LineType, key: &str) -> bool {
    says_verified(key, &[]) && (line_type == LineType::User || key.to_lowercase().contains("mail"))
}

/// The meanings of all sets of keys so far.
pub struct Keys<'a> {
    options: &'a Options,
    /// The last one: most lines have the keys of the line before.
    last: Option<(LineType, Vec<String>, Rc<Meaning>)>,
    seen: HashMap<(LineType, Vec<String>), Rc<Meaning>>,
    /// Those of the ignored keys that no line had yet.
    pub not_ignored: Vec<String>,
}

/// A file with more sets of keys than this is not made by a statement.
const KEPT: usize = 1000;

impl<'a> Keys<'a> {
    /// No set yet.
    pub fn new(options: &'a Options) -> Self {
        let not_ignored = options.ignore_columns.clone();
        Keys { options, last: None, seen: HashMap::new(), not_ignored }
    }

    /// What a line describes, and what its keys mean.
    ///
    /// # Errors
    ///
    /// When the line describes nothing, or has a key twice.
    pub fn of(&mut self, line: &Line) -> Result<(LineType, Rc<Meaning>), InvalidLine> {
        let line_type = type_of(line)?;
        if let Some((last, keys, meaning)) = &self.last
            && *last == line_type
            && *keys == line.keys
        {
            return Ok((line_type, meaning.clone()));
        }
        let place = (line_type, line.keys.clone());
        let meaning = match self.seen.get(&place) {
            Some(meaning) => meaning.clone(),
            None => Rc::new(Meaning::new(line_type, &line.keys, self.options)?),
        };
        self.not_ignored
            .retain(|name| !line.keys.iter().any(|key| is_name_of(name, line_type.table(), key)));
        if self.seen.len() < KEPT {
            self.seen.insert(place, meaning.clone());
        }
        self.last = Some((line_type, line.keys.clone(), meaning.clone()));
        Ok((line_type, meaning))
    }
}

/// What a line says that it is; without a type it is a token if it has a hash or a secret.
fn type_of(line: &Line) -> Result<LineType, InvalidLine> {
    let filled = |name: &str| {
        let mut pairs = line.keys.iter().zip(&line.values);
        pairs.find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_blank())
    };
    match filled("type") {
        Some((_, super::line::Field::Text(text))) => match text.trim().to_lowercase().as_str() {
            "user" => Ok(LineType::User),
            "token" => Ok(LineType::Token),
            other => {
                Err(export_only(other).map_or(InvalidLine::UnknownType, InvalidLine::NotExported))
            }
        },
        Some(_) => Err(InvalidLine::UnknownType),
        None if filled("hash").or_else(|| filled("secret")).is_some() => Ok(LineType::Token),
        None => Err(InvalidLine::NoSecret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(
        line_type: LineType,
        keys: &[&str],
        options: &Options,
    ) -> Result<Meaning, InvalidLine> {
        let keys: Vec<_> = keys.iter().map(|key| key.to_string()).collect();
        Meaning::new(line_type, &keys, options)
    }

    #[test]
    fn keys_are_known_in_every_spelling() {
        let keys = ["userId", "Created_At", "expiresAt", "isActive", "colour"];
        let found = meaning(LineType::Token, &keys, &Options::default()).unwrap();
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
            let found = meaning(LineType::Token, &keys, &Options::default()).err();
            assert_eq!(found, Some(InvalidLine::Twice(keys[1].into())), "{keys:?}");
        }
    }

    #[test]
    fn an_unclear_end_can_be_ignored_in_one_kind_of_line() {
        let options =
            Options { ignore_columns: vec!["token.expires_in".into()], ..Options::default() };
        let found = meaning(LineType::Token, &["expires_in"], &options).unwrap();
        assert_eq!((found.unclear.len(), found.unread.len()), (0, 1));
        let found = meaning(LineType::User, &["expires_in"], &options).unwrap();
        assert_eq!(found.unclear, ["expires_in"]);
    }
}
