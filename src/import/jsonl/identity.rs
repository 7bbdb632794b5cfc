//! Which database a file was made from.
//!
//! A file has no path that could identify it: it may come from a pipe. So each one gets a number,
//! and a later file is of the same database if both know something that two databases do not share
//! by chance: a token with its secret, or a user with id, name, address and time of creation. It is
//! not if it has another user under an id that was imported before. Two databases that were set up
//! from one image, or by one script, have some users in common.
//!
//! A database that an export of everything was copied to needs no number for it: its users and tokens
//! have the ids that they have there.

use super::entry::{Entry, Evidence};
use super::exported::user_key;
use super::file::JsonlFile;
use super::row::JSONL;
use crate::domain::name::lookup_key;
use crate::domain::secret::Hash;
use crate::import::error::Result;
use crate::import::importer::{evidence_of, origin_of};
use crate::import::record::{RowKey, UserFields};
use crate::store::{self, Origin, TokenKey, WriteTransaction};
use crate::text::hex;
use rand::TryRng;
use rand::rngs::SysRng;
use std::ops::ControlFlow;

/// How many tokens with one hash are looked at.
const TOKENS_WITH_ONE_HASH: usize = 16;

/// The database of an earlier import.
struct Database {
    name: String,
    /// The ids of its tables.
    relations: Vec<i64>,
    /// Whether the file has a row of it: a token with its id and secret.
    has_row: bool,
    /// Whether the file has a user or a secret of it.
    agrees: bool,
    /// Whether the file has another user under an id of it.
    contradicts: bool,
}

impl Database {
    fn is_same(&self) -> bool {
        self.has_row || (self.agrees && !self.contradicts)
    }
}

/// What identifies the database of a file: the name that an earlier import gave it, or a new one.
///
/// # Errors
///
/// When the file or the database cannot be read.
pub fn identify(file: &JsonlFile, rows: &mut dyn WriteTransaction) -> Result<String> {
    let mut known: Vec<Database> = Vec::new();
    for relation in rows.relations(JSONL)? {
        match known.iter_mut().find(|database| database.name == relation.database) {
            Some(database) => database.relations.push(relation.id),
            None => known.push(Database {
                name: relation.database,
                relations: vec![relation.id],
                has_row: false,
                agrees: false,
                contradicts: false,
            }),
        }
    }
    if !known.is_empty() {
        file.each(&mut |_, entry| compare(&mut known, rows, &entry))?;
    }
    if let Some(same) = known.iter().find(|database| database.is_same()) {
        return Ok(same.name.clone());
    }
    Ok(new_name()?)
}

/// A name that no other database gives to one: exports take the names along.
fn new_name() -> std::result::Result<String, store::Error> {
    let mut random = [0; 16];
    SysRng.try_fill_bytes(&mut random).map_err(|error| store::Error::Other(error.to_string()))?;
    Ok(hex::encode(&random))
}

/// Whether this database, which was copied from another one with users up to an id, has the ids of the
/// exported one: a token, or a user with a known address, is under its id here, and none of those users is
/// under another one. Two databases can share tokens because both have imported them.
///
/// # Errors
///
/// When the file or the database cannot be read.
pub fn has_same_ids(
    file: &JsonlFile,
    rows: &mut dyn WriteTransaction,
    last_user_id: i64,
) -> Result<bool> {
    let (mut has_same, mut has_other) = (false, false);
    file.each(&mut |_, entry| {
        match &entry {
            Entry::User { user, .. } => {
                if let Some((there, here)) = ids_of(&user.fields, rows)? {
                    has_same |= there == here && user.fields.email.is_some();
                    has_other |= there != here && there.min(here) <= last_user_id;
                }
            }
            Entry::Exported { hash, line } if !has_same => {
                let tokens = rows.tokens_by_key(TokenKey::Hash(hash), TOKENS_WITH_ONE_HASH)?;
                has_same = tokens.iter().any(|token| token.id == line.id);
            }
            Entry::Exported { .. } | Entry::Token(_) | Entry::Remembered(_) => {}
        }
        Ok(if has_other { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(has_same && !has_other)
}

/// The ids of a user there and here; `None` if nobody here has the same name, address and time of creation.
fn ids_of(fields: &UserFields, rows: &mut dyn WriteTransaction) -> Result<Option<(i64, i64)>> {
    let (Some(exported), Some(name)) = (&fields.exported, &fields.name) else { return Ok(None) };
    let local = rows.user(&lookup_key(name))?.filter(|local| {
        local.name == *name
            && local.email == fields.email
            && Some(local.created_at) == fields.created_at
    });
    Ok(local.map(|local| (exported.id, local.id)))
}

/// Compares a line with what earlier imports brought. A token decides: users come before the tokens.
fn compare(
    known: &mut [Database],
    rows: &mut dyn WriteTransaction,
    entry: &Entry,
) -> Result<ControlFlow<()>> {
    match entry {
        Entry::User { user, evidence: Some(evidence) } => {
            for database in known {
                compare_user(database, rows, &user.key, evidence)?;
            }
            return Ok(ControlFlow::Continue(()));
        }
        Entry::User { evidence: None, .. } | Entry::Remembered(_) => {
            return Ok(ControlFlow::Continue(()));
        }
        Entry::Token(line) => {
            let relation = rows.relation_of(&line.token.hash, &line.token.key.id)?;
            for database in known.iter_mut() {
                let is_of = relation.is_some_and(|id| database.relations.contains(&id));
                database.has_row |= is_of;
            }
        }
        Entry::Exported { hash, line } => {
            let owner = user_key(line.user_id);
            for database in known.iter_mut() {
                database.agrees |= has_token(database, rows, hash, &owner)?;
            }
        }
    }
    let is_found = known.iter().any(Database::is_same);
    Ok(if is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

fn compare_user(
    database: &mut Database,
    rows: &mut dyn WriteTransaction,
    user: &RowKey,
    evidence: &Evidence,
) -> Result<()> {
    let mut is_known = |hash: Hash| rows.origin(&hash).map(|origin| origin != Origin::Unknown);
    let has_id = is_known(origin_of(JSONL, &database.name, user))?;
    database.contradicts |= has_id && !is_known(evidence_of(&database.name, &evidence.birth))?;
    if let Some(identity) = &evidence.identity {
        database.agrees |= is_known(evidence_of(&database.name, identity))?;
    }
    Ok(())
}

/// Whether a token with this hash belongs to the user here whom the import of a database made of its
/// owner.
fn has_token(
    database: &Database,
    rows: &mut dyn WriteTransaction,
    hash: &Hash,
    owner: &RowKey,
) -> Result<bool> {
    let Origin::User(local) = rows.origin(&origin_of(JSONL, &database.name, owner))? else {
        return Ok(false);
    };
    let tokens = rows.tokens_by_key(TokenKey::Hash(hash), TOKENS_WITH_ONE_HASH)?;
    Ok(tokens.iter().any(|token| token.owner.id == local.id))
}
