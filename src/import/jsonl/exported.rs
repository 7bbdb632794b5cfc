//! Lines of users and tokens that `tokctl export` wrote: each value is taken over as it is.

use super::row::USERS;
use crate::admin::COPY_SYSTEM;
use crate::domain::name::MAX_NAME;
use crate::domain::scheme::Scheme;
use crate::domain::scope::Scopes;
use crate::domain::secret::{Hash, MAX_HINT};
use crate::domain::setting::Setting;
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Foreign, NewToken, Revocation};
use crate::import::error::InvalidLine;
use crate::import::record::{ExportedFields, RowKey, SourceUser, UserFields};
use crate::import::row_end::earlier;
use crate::store::{ExportedRelation, ExportedScheme, ExportedToken, ExportedUser};
use crate::text::hex;

/// The user of a line.
///
/// # Errors
///
/// When the id is not one.
pub fn user(line: ExportedUser) -> Result<SourceUser, InvalidLine> {
    let ExportedUser { id, banned_at, banned_reason, .. } = line;
    check_id("id", id)?;
    let banned = banned_at.map(|_| banned_reason.clone().unwrap_or_else(|| "banned".into()));
    let ban = banned_at.map(|at| (Timestamp::nearest(at), banned_reason));
    Ok(SourceUser {
        key: user_key(id),
        fields: UserFields {
            name: Some(line.name),
            email: line.email,
            email_verified: line.email_verified,
            full_name: line.full_name,
            admin: line.admin,
            refused: banned,
            created_at: Some(Timestamp::nearest(line.created_at)),
            // Between two databases of tokctl's own, names mean the same.
            shares_names: true,
            exported: Some(ExportedFields { id, ban }),
            ..UserFields::default()
        },
    })
}

/// The highest id of an export. Every program can read a number up to this.
const MAX_ID: i64 = (1 << 53) - 1;

/// Checks an id of another row.
///
/// # Errors
///
/// When no row can have it.
pub fn check_id(key: &'static str, id: i64) -> Result<(), InvalidLine> {
    if (1..=MAX_ID).contains(&id) { Ok(()) } else { Err(InvalidLine::Value(key)) }
}

/// What identifies a user of an export.
pub fn user_key(id: i64) -> RowKey {
    RowKey { table: USERS.into(), id: id.to_string() }
}

/// What identifies a token of an export.
pub fn token_key(id: i64) -> RowKey {
    RowKey { table: "token".into(), id: id.to_string() }
}

/// What identifies a setting of an export.
pub fn setting_key(setting: Setting) -> RowKey {
    RowKey { table: "setting".into(), id: setting.key().to_string() }
}

/// Checks a table of another system. This database's own relation is nobody else's to write.
///
/// # Errors
///
/// When it is of tokctl's own.
pub fn check_relation(relation: &ExportedRelation) -> Result<(), InvalidLine> {
    match relation.system.as_str() {
        "" | COPY_SYSTEM => Err(InvalidLine::Value("system")),
        _ => Ok(()),
    }
}

/// Checks what the database would not take.
///
/// # Errors
///
/// When a value is not valid.
pub fn check(line: &ExportedToken) -> Result<(), InvalidLine> {
    let fits = |text: &str, most| (1..=most).contains(&text.chars().count());
    check_id("id", line.id)?;
    for (key, other) in [("replaces", line.replaces), ("replaced_by", line.replaced_by)] {
        other.map_or(Ok(()), |id| check_id(key, id))?;
        if other == Some(line.id) {
            return Err(InvalidLine::Value(key));
        }
    }
    if line.relation.is_some() && line.foreign_id.is_none() {
        return Err(InvalidLine::Value("relation"));
    }
    line.relation.as_ref().map_or(Ok(()), check_relation)?;
    if !fits(&line.name, MAX_NAME) {
        Err(InvalidLine::Value("name"))
    } else if !fits(&line.hint, MAX_HINT) {
        Err(InvalidLine::Value("hint"))
    } else if line.source.is_empty() {
        Err(InvalidLine::Value("source"))
    } else if Scopes::from_stored(&line.scopes).to_string() != line.scopes {
        Err(InvalidLine::Value("scopes"))
    } else {
        hash(line)?;
        scheme(line).map(drop)
    }
}

/// The hash of a token's secret.
///
/// # Errors
///
/// When it is not valid.
pub fn hash(line: &ExportedToken) -> Result<Hash, InvalidLine> {
    hash_of("hash", &line.hash)
}

/// A hash in hexadecimal.
///
/// # Errors
///
/// When it is not valid.
pub fn hash_of(key: &'static str, text: &str) -> Result<Hash, InvalidLine> {
    hex::decode(text).ok_or(InvalidLine::Value(key))
}

/// The scheme of a token that another system issued, which then has an id there.
///
/// # Errors
///
/// When it is not valid.
pub fn scheme(line: &ExportedToken) -> Result<Option<Scheme>, InvalidLine> {
    if line.scheme.is_some() != line.foreign_id.is_some() {
        return Err(InvalidLine::Value("foreign_id"));
    }
    line.scheme.as_ref().map(scheme_of).transpose()
}

/// A scheme.
///
/// # Errors
///
/// When it is not valid.
pub fn scheme_of(line: &ExportedScheme) -> Result<Scheme, InvalidLine> {
    let ExportedScheme { kind, prefix, salt } = line;
    let salt = hex::decode_any(salt);
    salt.and_then(|salt| Scheme::from_parts(kind, prefix.clone(), salt))
        .ok_or(InvalidLine::Value("scheme"))
}

/// When and why the token was revoked there.
pub fn revocation(line: &ExportedToken) -> Option<Revocation> {
    let at = Timestamp::nearest(line.revoked_at?);
    Some(Revocation { at, reason: line.revoked_reason.clone() })
}

/// The token of a line, which belongs to `user_id` here, and lives no longer than `life`.
///
/// # Errors
///
/// When its hash is not valid.
pub fn token(
    line: ExportedToken,
    user_id: i64,
    foreign: Option<Foreign>,
    life: Option<Span>,
) -> Result<NewToken, InvalidLine> {
    let at = |millis: Option<i64>| millis.map(Timestamp::nearest);
    let created_at = Timestamp::nearest(line.created_at);
    let end_of_life = life.and_then(|life| created_at.plus(life));
    Ok(NewToken {
        hash: hash(&line)?,
        foreign,
        hint: line.hint,
        name: line.name,
        user_id,
        scopes: Scopes::from_stored(&line.scopes),
        source: line.source,
        created_at,
        expires_at: earlier(at(line.expires_at), end_of_life),
        last_used_at: at(line.last_used_at),
        revocation: None,
        replaces: None,
    })
}
