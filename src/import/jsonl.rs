//! Exports: what `export` wrote, imported again.

use super::error::{Error, InvalidLine, Result};
use super::importer::{Importer, MAX_HINT, TokenOrigin};
use super::record::{RowKey, SkipReason, SourceUser, UserFields};
use crate::domain::name::MAX_NAME;
use crate::domain::scheme::Scheme;
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::domain::token::{Foreign, NewToken, Revocation};
use crate::store::{
    ExportRow, ExportedScheme, ExportedToken, ExportedUser, LocalUser, WriteTransaction,
};
use crate::text::hex;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// A file that `export` wrote. It can be read more than once.
pub struct Export {
    name: String,
    file: File,
}

impl Export {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let open = || {
            let file = File::open(path)?;
            Ok((file.metadata()?.is_file(), file))
        };
        match open() {
            Ok((true, file)) => Ok(Export { name, file }),
            Ok((false, pipe)) => Export::copy(name, pipe),
            Err(error) => Err(Error::Export { file: name, error }),
        }
    }

    /// Copies a stream, which errors call `name`, to a temporary file without a name.
    ///
    /// # Errors
    ///
    /// When it cannot be read or copied.
    pub fn copy(name: String, mut stream: impl Read) -> Result<Self> {
        let mut copy = || {
            let mut file = tempfile::tempfile()?;
            io::copy(&mut stream, &mut file)?;
            Ok(file)
        };
        match copy() {
            Ok(file) => Ok(Export { name, file }),
            Err(error) => Err(Error::Export { file: name, error }),
        }
    }

    /// What identifies the database that the file was made from.
    ///
    /// # Errors
    ///
    /// When the file or the database cannot be read.
    pub(super) fn identify(&self, _rows: &mut dyn WriteTransaction) -> Result<String> {
        Ok(String::new())
    }

    /// Imports every line.
    ///
    /// # Errors
    ///
    /// When a line is not valid, or the database cannot be read or written.
    pub(super) fn import_into(
        &self,
        importer: &mut Importer,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let failed = |error| Error::Export { file: self.name.clone(), error };
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut lines = Lines { importer, owners: HashMap::new() };
        for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
            let line = line.map_err(failed)?;
            if !line.trim_ascii().is_empty() {
                lines.line(&line).map_err(|problem| match problem {
                    LineError::Invalid(why) => {
                        Error::InvalidLine { file: self.name.clone(), line: number, why }
                    }
                    LineError::Other(error) => error,
                })?;
            }
            progress(number);
        }
        Ok(())
    }
}

/// Why a line is not imported.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error(transparent)]
    Invalid(#[from] InvalidLine),
    #[error(transparent)]
    Other(#[from] Error),
}

/// The lines of an export, under way.
struct Lines<'i, 'a> {
    importer: &'i mut Importer<'a>,
    /// The users so far, by their ids in the file.
    owners: HashMap<i64, ExportedOwner>,
}

/// A user of the file.
#[derive(Clone)]
struct ExportedOwner {
    /// The user here; `None` if the user was removed here.
    local: Option<LocalUser>,
    /// Why the user is banned in the file.
    banned: Option<String>,
}

impl Lines<'_, '_> {
    fn line(&mut self, line: &[u8]) -> std::result::Result<(), LineError> {
        // serde's own message would quote the line.
        match serde_json::from_slice(line) {
            Ok(ExportRow::User(user)) => Ok(self.user(user)?),
            Ok(ExportRow::Token(token)) => self.token(token),
            Err(error) => Err(InvalidLine::Syntax(error.column()).into()),
        }
    }

    fn user(&mut self, line: ExportedUser) -> Result<()> {
        let banned = line.banned_at.map(|_| line.banned_reason.unwrap_or_else(|| "banned".into()));
        let user = SourceUser {
            key: RowKey { table: "user".into(), id: line.id.to_string() },
            fields: UserFields {
                name: Some(line.name),
                email: line.email,
                full_name: line.full_name,
                admin: line.admin,
                refused: banned.clone(),
                created_at: Some(Timestamp::nearest(line.created_at)),
                // Between two databases of tokctl's own, names mean the same.
                shares_names: true,
                ..UserFields::default()
            },
        };
        let local = self.importer.local_user(&user)?;
        self.owners.insert(line.id, ExportedOwner { local, banned });
        Ok(())
    }

    fn token(&mut self, line: ExportedToken) -> std::result::Result<(), LineError> {
        let key = RowKey { table: "token".into(), id: line.id.to_string() };
        check_texts(&line)?;
        let scheme = scheme_of(&line)?;
        let owner = self.owners.get(&line.user_id).cloned().ok_or(InvalidLine::UnknownOwner)?;
        let Some(local) = &owner.local else {
            self.importer.skip_token(key, SkipReason::OwnerRemoved);
            return Ok(());
        };
        let revocation = self.revocation(&line, &owner, local);
        let foreign = match (&scheme, line.foreign_id.clone()) {
            (Some(scheme), Some(id)) => {
                Some(Foreign { scheme_id: self.importer.scheme_id(scheme)?, relation_id: None, id })
            }
            _ => None,
        };
        let token = new_token(line, local.id, foreign, revocation)?;
        let id_is_in_secret = scheme.is_some_and(|scheme| scheme.has_id_in_secret());
        let origin = TokenOrigin {
            owner_is_admin: local.admin,
            id_is_in_secret,
            has_creation: true,
            ..TokenOrigin::default()
        };
        Ok(self.importer.put_token(&key, token, origin)?)
    }

    /// When and why a token is revoked: it was in the file, or its owner is banned there and not
    /// here.
    fn revocation(
        &self,
        line: &ExportedToken,
        owner: &ExportedOwner,
        local: &LocalUser,
    ) -> Option<Revocation> {
        match (line.revoked_at, &owner.banned) {
            (Some(at), _) => {
                let reason = line.revoked_reason.as_deref().unwrap_or("revoked before the export");
                Some(Revocation { at: Timestamp::nearest(at), reason: Some(reason.to_string()) })
            }
            (None, Some(why)) if local.banned_reason.is_none() => {
                Some(self.importer.revocation(why.clone()))
            }
            _ => None,
        }
    }
}

fn check_texts(line: &ExportedToken) -> std::result::Result<(), InvalidLine> {
    let fits = |text: &str, most| (1..=most).contains(&text.chars().count());
    if !fits(&line.name, MAX_NAME) {
        Err(InvalidLine::Value("name"))
    } else if !fits(&line.hint, MAX_HINT) {
        Err(InvalidLine::Value("hint"))
    } else if line.source.is_empty() {
        Err(InvalidLine::Value("source"))
    } else {
        Ok(())
    }
}

/// The scheme of a token that another system issued, which then has an id there.
fn scheme_of(line: &ExportedToken) -> std::result::Result<Option<Scheme>, InvalidLine> {
    if line.scheme.is_some() != line.foreign_id.is_some() {
        return Err(InvalidLine::Value("foreign_id"));
    }
    let parse = |ExportedScheme { kind, prefix, salt }: &ExportedScheme| {
        Scheme::from_parts(kind, prefix.clone(), hex::decode_any(salt)?)
    };
    let scheme = line.scheme.as_ref();
    scheme.map(|scheme| parse(scheme).ok_or(InvalidLine::Value("scheme"))).transpose()
}

fn new_token(
    line: ExportedToken,
    user_id: i64,
    foreign: Option<Foreign>,
    revocation: Option<Revocation>,
) -> std::result::Result<NewToken, InvalidLine> {
    let at = |millis: Option<i64>| millis.map(Timestamp::nearest);
    let scopes = Scopes::from_stored(&line.scopes);
    if scopes.to_string() != line.scopes {
        return Err(InvalidLine::Value("scopes"));
    }
    Ok(NewToken {
        hash: hex::decode(&line.hash).ok_or(InvalidLine::Value("hash"))?,
        foreign,
        hint: line.hint,
        name: line.name,
        user_id,
        scopes,
        source: line.source,
        created_at: Timestamp::nearest(line.created_at),
        expires_at: at(line.expires_at),
        last_used_at: at(line.last_used_at),
        revocation,
        replaces: None,
    })
}
