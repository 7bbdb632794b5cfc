//! What a line describes.

use super::exported;
use super::keys::{Keys, LineType};
use super::line::Line;
use super::remembered::{self, Remembered};
use super::row::{LineRow, TokenLine};
use super::types::exported_row;
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
        user: Box<SourceUser>,
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
    /// What else an export has.
    Remembered(Box<Remembered>),
}

/// What tells a user of one database from those of others.
pub struct Evidence {
    /// What stays as it is whoever the user becomes: the id and the time of creation.
    pub birth: Vec<String>,
    /// What no user of another database has by chance; `None` for users without an address, because
    /// many databases have the same user 1.
    pub identity: Option<Vec<String>>,
}

impl Evidence {
    /// The evidence of a user, who was created at a time in the notation of the line.
    fn new(notation: &str, user: &SourceUser, created: String) -> Self {
        let SourceUser { key, fields } = user;
        let birth = vec![notation.to_string(), key.id.clone(), created];
        let name = fields.name.clone().unwrap_or_default();
        let identity = fields.email.clone().map(|email| {
            let mut identity = birth.clone();
            identity.extend([name, email]);
            identity
        });
        Evidence { birth, identity }
    }
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
        if let Some(row) = exported_row(text, &line.keys) {
            return of_export(row);
        }
        let (line_type, meaning) = self.keys.of(&line)?;
        let row = LineRow::new(&line, &meaning, self.options)?;
        let is_filled = |key: &&String| line.get(key).is_some_and(|field| !field.is_blank());
        self.unread.extend(meaning.unread.iter().filter(is_filled).cloned());
        Ok(match line_type {
            LineType::User => {
                let user = row.user()?;
                let created = row.creation();
                let evidence = created.map(|created| Evidence::new("line", &user, created));
                Entry::User { user: Box::new(user), evidence }
            }
            LineType::Token => Entry::Token(Box::new(row.token()?)),
        })
    }

    /// The first ignored key that no line had.
    pub fn not_ignored(&self) -> Option<&String> {
        self.keys.not_ignored.first()
    }

    /// The keys of the last line that were not read, although they have values.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }
}

/// A line of an export.
fn of_export(row: ExportRow) -> Result<Entry, InvalidLine> {
    let remembered = match row {
        ExportRow::User(line) => {
            let created = line.created_at.to_string();
            let user = exported::user(line)?;
            let evidence = Some(Evidence::new("export", &user, created));
            return Ok(Entry::User { user: Box::new(user), evidence });
        }
        ExportRow::Token(line) => {
            exported::check(&line)?;
            let hash = exported::hash(&line)?;
            return Ok(Entry::Exported { hash, line: Box::new(line) });
        }
        ExportRow::Export(line) => remembered::start(&line)?,
        ExportRow::Relation(line) => remembered::relation(line)?,
        ExportRow::Deleted(line) => remembered::deletion(line)?,
        ExportRow::Origin(line) => remembered::origin(&line)?,
        ExportRow::Setting(line) => remembered::setting(&line)?,
        ExportRow::End(line) => remembered::end(line)?,
    };
    Ok(Entry::Remembered(Box::new(remembered)))
}
