//! What the operator says about a source and about an import.

use super::source::Zone;
use crate::domain::audit::Actor;
use crate::domain::scope::Scope;
use crate::domain::time::{Span, Timestamp};
use std::fmt::{self, Display};
use zeroize::Zeroizing;

/// What the operator says about a source. Not every system uses all of it; an option that has no
/// meaning for a system is an error.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the names of all tables begin with.
    pub table_prefix: Option<String>,
    /// The table of tokens, in place of the system's usual one. Its name is complete.
    pub table: Option<String>,
    /// The table of users, in place of the system's usual one. Its name is complete.
    pub users: Option<String>,
    /// The column of the table of users that tokens refer to.
    pub users_key: Option<String>,
    /// The type of the tokens, where a table has tokens of several.
    pub kind: Option<String>,
    /// What secrets begin with.
    pub prefix: Option<String>,
    /// The tables of owners, by the class or alias that tokens name.
    pub morph: Vec<(String, String)>,
    /// The life of every token, counted from its creation.
    pub expiration: Option<Span>,
    /// What the column with the secrets contains, where that cannot be told.
    pub secrets: Secrets,
    /// Scopes of the source that have another name here.
    pub map_scopes: Vec<(String, Scope)>,
    /// Columns that sound like an end and are none.
    pub ignore_columns: Vec<String>,
    /// The zone of dates that do not name theirs.
    pub zone: Zone,
    /// The salt of the system's hashes.
    pub salt: Option<Salt>,
    /// The owner of tokens that name none, in place of the setting `default-user`.
    pub default_owner: Option<String>,
}

/// What a column that usually contains clear text contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    /// Clear text, unless every value looks like a hash.
    #[default]
    Unstated,
    /// Clear text, whatever it looks like.
    ClearText,
    /// The SHA-256 of each secret, in hexadecimal.
    Sha256,
}

/// A salt of a system's hashes.
#[derive(Debug, Clone)]
pub struct Salt {
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether it was given for this very import, and not by the environment for any.
    pub is_explicit: bool,
}

/// Why a text has no salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSalt {
    /// Nothing is in it.
    #[error("the salt is empty")]
    Empty,
    /// It has several lines, none of which names the salt.
    #[error("the salt is missing")]
    SeveralLines,
}

/// The variable that a `.env` file of a project has the salt in.
const SALT_VARIABLE: &str = "API_TOKEN_SALT";

impl Salt {
    /// The salt in the text of a file: the value of `API_TOKEN_SALT` if the file assigns it, as a
    /// `.env` file does, or else the only line.
    ///
    /// # Errors
    ///
    /// When that is empty, or there are several lines: with another salt every secret would be wrong.
    pub fn new(text: &[u8], is_explicit: bool) -> Result<Self, InvalidSalt> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let assigned = text.split(|byte| *byte == b'\n').filter_map(assigned_salt).next_back();
        let salt = assigned.unwrap_or_else(|| text.trim_ascii_end());
        match salt {
            [] => Err(InvalidSalt::Empty),
            salt if salt.contains(&b'\n') => Err(InvalidSalt::SeveralLines),
            salt => Ok(Salt { bytes: Zeroizing::new(salt.to_vec()), is_explicit }),
        }
    }
}

/// The value that a line of a `.env` file assigns to the salt, as Node's dotenv reads it: what
/// stands between quotes, or else the text up to a comment.
fn assigned_salt(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"export ").unwrap_or(line).trim_ascii();
    let value = line.strip_prefix(SALT_VARIABLE.as_bytes())?.trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii();
    let quoted = value.first().filter(|byte| b"\"'`".contains(byte)).and_then(|quote| {
        let rest = &value[1..];
        rest.iter().position(|byte| byte == quote).map(|end| &rest[..end])
    });
    let comment = value.iter().position(|byte| *byte == b'#').unwrap_or(value.len());
    Some(quoted.unwrap_or_else(|| value[..comment].trim_ascii()))
}

/// An option that has a meaning for some sources only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionName {
    /// [`Access::schema`](super::source::Access::schema).
    Schema,
    /// [`Access::session_time_zone`](super::source::Access::session_time_zone).
    SessionTimeZone,
    /// [`Options::table_prefix`].
    TablePrefix,
    /// [`Options::table`].
    Table,
    /// [`Options::users`].
    Users,
    /// [`Options::users_key`].
    UsersKey,
    /// [`Options::kind`].
    Kind,
    /// [`Options::prefix`].
    Prefix,
    /// [`Options::morph`].
    Morph,
    /// [`Secrets::Sha256`].
    Hashed,
    /// [`Secrets::ClearText`].
    ClearText,
    /// [`Options::map_scopes`].
    MapScopes,
    /// [`Options::salt`].
    Salt,
}

impl OptionName {
    /// Those that were given.
    pub fn those(options: impl IntoIterator<Item = (OptionName, bool)>) -> Vec<OptionName> {
        options.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
    }
}

impl Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OptionName::Schema => "--schema",
            OptionName::SessionTimeZone => "--session-time-zone",
            OptionName::TablePrefix => "--table-prefix",
            OptionName::Table => "--table",
            OptionName::Users => "--users",
            OptionName::UsersKey => "--users-key",
            OptionName::Kind => "--type",
            OptionName::Prefix => "--prefix",
            OptionName::Morph => "--morph",
            OptionName::Hashed => "--hashed",
            OptionName::ClearText => "--clear-text",
            OptionName::MapScopes => "--map-scope",
            OptionName::Salt => "--salt-file",
        })
    }
}

impl Options {
    /// The options that were given and that have a meaning for some sources only.
    pub fn given(&self) -> Vec<OptionName> {
        let has_salt = self.salt.as_ref().is_some_and(|salt| salt.is_explicit);
        OptionName::those([
            (OptionName::TablePrefix, self.table_prefix.is_some()),
            (OptionName::Table, self.table.is_some()),
            (OptionName::Users, self.users.is_some()),
            (OptionName::UsersKey, self.users_key.is_some()),
            (OptionName::Kind, self.kind.is_some()),
            (OptionName::Prefix, self.prefix.is_some()),
            (OptionName::Morph, !self.morph.is_empty()),
            (OptionName::Hashed, self.secrets == Secrets::Sha256),
            (OptionName::ClearText, self.secrets == Secrets::ClearText),
            (OptionName::MapScopes, !self.map_scopes.is_empty()),
            (OptionName::Salt, has_salt),
        ])
    }
}

/// How to import, and on whose behalf.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who imports, for the log.
    pub actor: &'a Actor,
    /// The time, to the millisecond.
    pub now: Timestamp,
    /// Whether users are matched by name too, not only by e-mail address.
    pub match_names: bool,
    /// Whether users are matched to administrators.
    pub match_admins: bool,
    /// Whether rows that an earlier import brought are updated.
    pub replace: bool,
    /// Whether the report lists every row.
    pub verbose: bool,
    /// Whether to write nothing.
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salt(text: &str) -> Option<String> {
        let salt = Salt::new(text.as_bytes(), true).ok()?;
        Some(String::from_utf8(salt.bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_salt_is_the_text_of_its_file() {
        assert_eq!(salt("abc==\r\n").as_deref(), Some("abc=="));
        assert_eq!(salt("\u{feff}abc").as_deref(), Some("abc"));
        assert_eq!(salt("\n"), None);
    }

    #[test]
    fn a_salt_is_found_in_an_env_file() {
        for (text, expected) in [
            ("HOST=0.0.0.0\nAPI_TOKEN_SALT=a+b/c==\nJWT_SECRET=x\n", "a+b/c=="),
            ("export API_TOKEN_SALT = 'a#b' # comment\r\n", "a#b"),
            ("API_TOKEN_SALT=\"a b\"", "a b"),
            ("API_TOKEN_SALT=ab # comment", "ab"),
            ("\u{feff}API_TOKEN_SALT=ab", "ab"),
            ("# API_TOKEN_SALT=no\nAPI_TOKEN_SALT=`ab`", "ab"),
            ("API_TOKEN_SALT=first\nAPI_TOKEN_SALT=second", "second"),
        ] {
            assert_eq!(salt(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(salt("API_TOKEN_SALT=\n"), None);
        assert_eq!(salt("HOST=0.0.0.0\nJWT_SECRET=x\n"), None);
        assert_eq!(salt("MY_API_TOKEN_SALT=x\n").as_deref(), Some("MY_API_TOKEN_SALT=x"));
    }
}
