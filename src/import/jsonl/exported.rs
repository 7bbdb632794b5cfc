//! Lines that `tokctl export` wrote: they have exactly its keys, and each value is taken over as it
//! is.

use super::row::USERS;
use crate::domain::name::MAX_NAME;
use crate::domain::scheme::Scheme;
use crate::domain::scope::Scopes;
use crate::domain::secret::MAX_HINT;
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Foreign, NewToken, Revocation};
use crate::import::error::InvalidLine;
use crate::import::record::{RowKey, SourceUser, UserFields};
use crate::import::row_end::earlier;
use crate::store::{ExportRow, ExportedScheme, ExportedToken, ExportedUser};
use crate::text::hex;

const USER_KEYS: [&str; 9] = [
    "type",
    "id",
    "name",
    "email",
    "full_name",
    "admin",
    "banned_at",
    "banned_reason",
    "created_at",
];

const TOKEN_KEYS: [&str; 15] = [
    "type",
    "id",
    "user_id",
    "name",
    "hash",
    "hint",
    "scopes",
    "source",
    "created_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "revoked_reason",
    "scheme",
    "foreign_id",
];

/// The row of an export in a line with these keys; `None` if it is of another kind. A line with some
/// of the keys was made by somebody else, who must not make administrators by it.
pub fn exported(text: &[u8], keys: &[String]) -> Option<ExportRow> {
    let are = |all: &[&str]| {
        keys.len() == all.len() && all.iter().all(|name| keys.iter().any(|key| key == name))
    };
    if are(&USER_KEYS) || are(&TOKEN_KEYS) { serde_json::from_slice(text).ok() } else { None }
}

/// The user of a line.
pub fn user(line: ExportedUser) -> SourceUser {
    let banned = line.banned_at.map(|_| line.banned_reason.unwrap_or_else(|| "banned".into()));
    SourceUser {
        key: user_key(line.id),
        fields: UserFields {
            name: Some(line.name),
            email: line.email,
            full_name: line.full_name,
            admin: line.admin,
            refused: banned,
            created_at: Some(Timestamp::nearest(line.created_at)),
            // Between two databases of tokctl's own, names mean the same.
            shares_names: true,
            ..UserFields::default()
        },
    }
}

/// What identifies a user of an export.
pub fn user_key(id: i64) -> RowKey {
    RowKey { table: USERS.into(), id: id.to_string() }
}

/// Checks what the database would not take.
///
/// # Errors
///
/// When a value is not valid.
pub fn check(line: &ExportedToken) -> Result<(), InvalidLine> {
    let fits = |text: &str, most| (1..=most).contains(&text.chars().count());
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
pub fn hash(line: &ExportedToken) -> Result<[u8; 32], InvalidLine> {
    hex::decode(&line.hash).ok_or(InvalidLine::Value("hash"))
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
    let parse = |ExportedScheme { kind, prefix, salt }: &ExportedScheme| {
        Scheme::from_parts(kind, prefix.clone(), hex::decode_any(salt)?)
    };
    let scheme = line.scheme.as_ref();
    scheme.map(|scheme| parse(scheme).ok_or(InvalidLine::Value("scheme"))).transpose()
}

/// When and why the token was revoked before the export.
pub fn revocation(line: &ExportedToken) -> Option<Revocation> {
    let reason = line.revoked_reason.as_deref().unwrap_or("revoked before the export");
    let at = line.revoked_at?;
    Some(Revocation { at: Timestamp::nearest(at), reason: Some(reason.to_string()) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_an_export() {
        let user = ExportRow::User(ExportedUser {
            id: 1,
            name: "ada".into(),
            email: None,
            full_name: None,
            admin: true,
            banned_at: None,
            banned_reason: None,
            created_at: 5,
        });
        let token = ExportRow::Token(ExportedToken {
            id: 1,
            user_id: 1,
            name: "CI".into(),
            hash: "00".repeat(32),
            hint: "tok_".into(),
            scopes: "*".into(),
            source: "tokctl".into(),
            created_at: 5,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revoked_reason: None,
            scheme: None,
            foreign_id: None,
        });
        for row in [user, token] {
            let text = serde_json::to_vec(&row).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
            assert!(exported(&text, &keys).is_some(), "{keys:?}");
            keys.pop();
            assert!(exported(&text, &keys).is_none(), "{keys:?}");
        }
    }
}
