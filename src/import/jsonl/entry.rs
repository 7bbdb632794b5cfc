//! What a line describes.

use super::exported::{self, exported};
use super::keys::{Keys, Kind};
use super::line::Line;
use super::row::{LineRow, TokenLine};
use crate::domain::secret::Hash;
use crate::import::error::InvalidLine;
use crate::import::options::Options;
use crate::import::record::SourceUser;
use crate::store::{ExportRow, ExportedToken};

/// What a line describes.
pub enum Entry {
    /// A user.
    User {
        /// The user.
        user: SourceUser,
        /// What tells the user from those of other databases.
        evidence: Option<Evidence>,
    },
    /// A token.
    Token(Box<TokenLine>),
    /// A token of an export.
    Exported {
        /// The hash of the secret.
        hash: Hash,
        /// The line.
        line: Box<ExportedToken>,
    },
}

/// What tells a user of one database from those of others, whatever name and address they have by
/// now.
pub struct Evidence {
    /// Values that do not change.
    pub parts: Vec<String>,
    /// Whether other values mean another user. A statement may have been written differently last
    /// time, an export is not.
    pub is_exact: bool,
}

/// Reads lines.
pub struct Entries<'a> {
    options: &'a Options,
    keys: Keys<'a>,
    /// The keys of the last line that are not read, although they have values.
    unread: Vec<String>,
}

impl<'a> Entries<'a> {
    /// No line yet.
    pub fn new(options: &'a Options) -> Self {
        Entries { options, keys: Keys::new(options), unread: Vec::new() }
    }

    /// What a line describes.
    ///
    /// # Errors
    ///
    /// When it is not valid.
    pub fn read(&mut self, text: &[u8]) -> Result<Entry, InvalidLine> {
        self.unread.clear();
        let line = Line::parse(text)?;
        match exported(text, &line.keys) {
            Some(ExportRow::User(user)) => {
                let parts = ["export".into(), user.id.to_string(), user.created_at.to_string()];
                let evidence = Some(Evidence { parts: parts.into(), is_exact: true });
                return Ok(Entry::User { user: exported::user(user), evidence });
            }
            Some(ExportRow::Token(token)) => {
                exported::check(&token)?;
                let hash = exported::hash(&token)?;
                return Ok(Entry::Exported { hash, line: Box::new(token) });
            }
            None => {}
        }
        let (kind, meaning) = self.keys.of(&line)?;
        let row = LineRow::new(&line, &meaning, self.options)?;
        let is_filled = |key: &&String| line.get(key).is_some_and(|field| !field.is_blank());
        self.unread.extend(meaning.unread.iter().filter(is_filled).cloned());
        Ok(match kind {
            Kind::User => {
                let user = row.user()?;
                let parts = row.evidence(&user);
                let evidence = parts.map(|parts| Evidence { parts, is_exact: false });
                Entry::User { user, evidence }
            }
            Kind::Token => Entry::Token(Box::new(row.token()?)),
        })
    }

    /// The keys of the last line that were not read, although they have values.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }
}
