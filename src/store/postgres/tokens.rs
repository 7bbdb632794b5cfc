//! The table of tokens.

use super::error::found;
use super::session::Session;
use super::values::{can_be_stored, count, millis};
use crate::domain::scope::Scopes;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::{Foreign, NewToken, Revocation, StoredToken};
use crate::domain::user::Owner;
use crate::store::backend::Each;
use crate::store::error::{Error, Field, Result};
use crate::store::records::{Cutoffs, IdRange, Sort, TokenField, TokenKey, TokenQuery};
use ::postgres::Row;
use ::postgres::types::{ToSql, Type};

/// The columns of a token and its owner, for a SELECT in which `t` is the token and `u` the user.
macro_rules! token_columns {
    () => {
        "t.id, t.name, t.scopes, t.hint, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, \
         t.revoked_reason, t.source, t.replaces, t.replaced_by, u.id AS user_id, u.name AS user_name, \
         u.admin, u.banned_at IS NOT NULL AS banned, u.banned_reason"
    };
}
pub(super) use token_columns;

/// The token in the columns of [`token_columns`].
pub fn token(row: &Row) -> Result<StoredToken> {
    Ok(StoredToken {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        owner: Owner {
            id: row.try_get("user_id")?,
            name: row.try_get("user_name")?,
            admin: row.try_get("admin")?,
            banned: row.try_get("banned")?,
            banned_reason: row.try_get("banned_reason")?,
        },
        scopes: Scopes::from_stored(row.try_get("scopes")?),
        hint: row.try_get("hint")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        revoked_at: row.try_get("revoked_at")?,
        revoked_reason: row.try_get("revoked_reason")?,
        source: row.try_get("source")?,
        replaces: row.try_get("replaces")?,
        replaced_by: row.try_get("replaced_by")?,
    })
}

macro_rules! select_tokens {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            token_columns!(),
            " FROM tokens t JOIN users u ON u.id = t.user_id ",
            $rest
        )
    };
}

pub fn by_key(session: &mut Session, key: TokenKey, limit: usize) -> Result<Vec<StoredToken>> {
    const BY_ID: &str = select_tokens!("WHERE t.id = $1 LIMIT $2");
    const BY_IDS: &str = select_tokens!("WHERE t.id = ANY($1) ORDER BY t.id LIMIT $2");
    const BY_HASH: &str = select_tokens!("WHERE t.hash = $1 ORDER BY t.id LIMIT $2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = match key {
        TokenKey::Id(id) => session.query(BY_ID, &[&id, &limit]),
        // Planned each time, as it may find one token or a thousand.
        TokenKey::Ids(ids) => {
            session.query_at_once(BY_IDS, &[(&ids, Type::INT8_ARRAY), (&limit, Type::INT8)])
        }
        TokenKey::Hash(hash) => session.query(BY_HASH, &[&hash.as_slice(), &limit]),
    };
    rows?.iter().map(token).collect()
}

pub fn each(session: &mut Session, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
    if query.name.is_some_and(|name| !can_be_stored(name)) {
        return Ok(());
    }
    let (behind, direction) = if query.reverse { ("<", "DESC") } else { (">", "ASC") };
    let order = match query.sort {
        Sort::Id => format!("t.id {direction}"),
        Sort::Name => format!("lower(t.name) {direction}, t.id {direction}"),
        Sort::User => format!("u.name_key {direction}, t.id {direction}"),
        Sort::Created => format!("t.created_at {direction}, t.id {direction}"),
        // Later than any expiry, and earlier than any use: NULLs are where the boundary wants them.
        Sort::Expires => {
            format!("coalesce(t.expires_at, 9223372036854775807) {direction}, t.id {direction}")
        }
        Sort::LastUsed => format!("coalesce(t.last_used_at, -1) {direction}, t.id {direction}"),
    };
    let select = select_tokens!("WHERE ($1::bigint IS NULL OR t.user_id = $1)");
    let sql = format!(
        "{select} AND ($2::text IS NULL OR t.name = $2)
         AND ($3::bigint IS NULL OR t.id {behind} $3) ORDER BY {order}"
    );
    let values: [&(dyn ToSql + Sync); 3] = [&query.user_id, &query.name, &query.after];
    session.each(&sql, &values, |row| Ok(each(token(row)?))).map(drop)
}

/// Only a row with the same hash waits for the other transaction. If that one is committed, this one
/// fails, and sees the token when it is run again. The row has an id of its own, so that none is used up.
pub fn await_hash(session: &mut Session, hash: &Hash) -> Result<()> {
    const WAIT: &str = "INSERT INTO tokens (id, hash, hint, name, user_id, scopes, created_at)
         SELECT $1, $2, '-', '-', id, '', 0 FROM users ORDER BY id LIMIT 1 ON CONFLICT DO NOTHING";
    let id = hash.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes)) | i64::MIN;
    session.run("SAVEPOINT before_token")?;
    session.execute(WAIT, &[&id, &hash.as_slice()])?;
    session.run("ROLLBACK TO SAVEPOINT before_token; RELEASE SAVEPOINT before_token")
}

/// Which value of a token another one than `id` has. 0 is no id.
pub fn taken(session: &mut Session, token: &NewToken, id: i64) -> Result<Field> {
    const HASH: &str = "SELECT id FROM tokens WHERE hash = $1 AND coalesce(scheme_id, 0) = $2
         AND coalesce(foreign_id, '') = $3 AND id <> $4";
    let foreign = token.foreign.as_ref();
    let scheme_id = foreign.map_or(0, |foreign| foreign.scheme_id);
    let foreign_id = foreign.map_or("", |foreign| &foreign.id);
    let same = session.query_opt(HASH, &[&token.hash.as_slice(), &scheme_id, &foreign_id, &id])?;
    Ok(if same.is_some() { Field::Hash } else { Field::Origin })
}

pub fn update(session: &mut Session, id: i64, field: TokenField) -> Result<()> {
    const NAME: &str = "UPDATE tokens SET name = $2 WHERE id = $1";
    const EXPIRY: &str = "UPDATE tokens SET expires_at = $2 WHERE id = $1";
    const SCOPES: &str = "UPDATE tokens SET scopes = $2 WHERE id = $1";
    const REPLACES: &str = "UPDATE tokens SET replaces = $2 WHERE id = $1";
    found(match field {
        TokenField::Name(name) => session.execute(NAME, &[&id, &name]),
        TokenField::Expiry(expires_at) => session.execute(EXPIRY, &[&id, &millis(expires_at)]),
        TokenField::Scopes(scopes) => session.execute(SCOPES, &[&id, &scopes.to_string()]),
        TokenField::Replaces(replaces) => session.execute(REPLACES, &[&id, &replaces]),
    }?)
}

pub fn replace(session: &mut Session, id: i64, token: &NewToken) -> Result<()> {
    const TAKEN: &str = "SELECT id FROM tokens WHERE id <> $1
         AND EXISTS (SELECT 1 FROM tokens WHERE id = $1)
         AND (hash = $2 AND coalesce(scheme_id, 0) = $3 AND coalesce(foreign_id, '') = $4
              OR relation_id = $5 AND foreign_id = $4)";
    const REPLACE: &str = "UPDATE tokens SET
             hash = $2, scheme_id = $3, foreign_id = $4, relation_id = $5, hint = $6, name = $7,
             user_id = $8, scopes = $9, created_at = $10, expires_at = $11, last_used_at = $12,
             revoked_at = $13, revoked_reason = $14
         WHERE id = $1";
    let foreign = token.foreign.as_ref();
    let revocation = token.revocation.as_ref();
    let (hash, relation_id) = (token.hash.as_slice(), foreign.and_then(|it| it.relation_id));
    let (scheme_id, foreign_id) = foreign.map_or((0, ""), |it: &Foreign| (it.scheme_id, &it.id));
    let values: [&(dyn ToSql + Sync); 5] = [&id, &hash, &scheme_id, &foreign_id, &relation_id];
    if session.query_opt(TAKEN, &values)?.is_some() {
        return Err(Error::Conflict(taken(session, token, id)?));
    }
    found(session.execute(
        REPLACE,
        &[
            &id,
            &hash,
            &foreign.map(|foreign| foreign.scheme_id),
            &foreign.map(|foreign| &foreign.id),
            &relation_id,
            &token.hint,
            &token.name,
            &token.user_id,
            &token.scopes.to_string(),
            &token.created_at.millis(),
            &millis(token.expires_at),
            &millis(token.last_used_at),
            &revocation.map(|revocation| revocation.at.millis()),
            &revocation.and_then(|revocation| revocation.reason.as_ref()),
        ],
    )?)
}

pub fn set_revocations(
    session: &mut Session,
    ids: &[i64],
    revocation: Option<&Revocation>,
) -> Result<()> {
    const SET: &str = "UPDATE tokens SET revoked_at = $2, revoked_reason = $3 WHERE id = ANY($1)";
    let at = revocation.map(|revocation| revocation.at.millis());
    let reason = revocation.and_then(|revocation| revocation.reason.as_ref());
    all_found(session.execute(SET, &[&ids, &at, &reason])?, ids)
}

pub fn set_replaced_by(session: &mut Session, id: i64, replaced_by: Option<i64>) -> Result<()> {
    const SET: &str = "UPDATE tokens SET replaced_by = $2 WHERE id = $1";
    found(session.execute(SET, &[&id, &replaced_by])?)
}

/// A DELETE of tokens that remembers those of other systems, and counts all.
macro_rules! delete_tokens {
    ($condition:literal) => {
        concat!(
            "WITH deleted AS (DELETE FROM tokens WHERE ",
            $condition,
            " RETURNING hash, scheme_id, foreign_id, relation_id, revoked_at),
             remembered AS (
                 INSERT INTO buried (hash, scheme_id, foreign_id, relation_id, revoked)
                 SELECT hash, scheme_id, foreign_id, relation_id, revoked_at IS NOT NULL
                 FROM deleted WHERE scheme_id IS NOT NULL
                 ON CONFLICT (hash, scheme_id, foreign_id) DO UPDATE
                     SET relation_id = excluded.relation_id, revoked = excluded.revoked)
             SELECT count(*) AS count FROM deleted"
        )
    };
}

fn deleted(session: &mut Session, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64> {
    Ok(count(session.query_one(sql, values)?.try_get("count")?))
}

pub fn delete(session: &mut Session, ids: &[i64]) -> Result<()> {
    const DELETE: &str = delete_tokens!("id = ANY($1)");
    all_found(deleted(session, DELETE, &[&ids])?, ids)
}

/// Fails if a statement that names rows by id changed fewer.
fn all_found(changed: u64, ids: &[i64]) -> Result<()> {
    if changed < ids.len() as u64 { Err(Error::NotFound) } else { Ok(()) }
}

pub fn delete_of_user(session: &mut Session, user_id: i64) -> Result<()> {
    const DELETE: &str = delete_tokens!("user_id = $1");
    deleted(session, DELETE, &[&user_id]).map(drop)
}

pub fn prunable(
    session: &mut Session,
    after: i64,
    limit: u32,
    cutoffs: Cutoffs,
) -> Result<Option<(IdRange, u64)>> {
    const LAST: &str = "SELECT max(id) AS last
         FROM (SELECT id FROM tokens WHERE id > $1 ORDER BY id LIMIT $2) AS next";
    const COUNT: &str = "SELECT count(*) AS count FROM tokens WHERE id > $1 AND id <= $2
         AND (revoked_at < $3 OR expires_at < $3 OR last_used_at < $4)";
    let last = session.query_one(LAST, &[&after, &i64::from(limit)])?.try_get("last")?;
    let Some(last) = last else { return Ok(None) };
    let (ended, used) = (cutoffs.ended_before.millis(), millis(cutoffs.used_before));
    let row = session.query_one(COUNT, &[&after, &last, &ended, &used])?;
    Ok(Some((IdRange { after, last }, count(row.try_get("count")?))))
}

pub fn newest_time(session: &mut Session, after: i64, limit: u32) -> Result<Option<Timestamp>> {
    const NEWEST: &str = "SELECT max(greatest(created_at, coalesce(last_used_at, 0))) AS newest
         FROM (SELECT created_at, last_used_at FROM tokens WHERE id > $1 ORDER BY id LIMIT $2)
             AS next";
    Ok(session.query_one(NEWEST, &[&after, &i64::from(limit)])?.try_get("newest")?)
}

pub fn prune(session: &mut Session, range: IdRange, cutoffs: Cutoffs) -> Result<u64> {
    const PRUNE: &str = delete_tokens!(
        "id > $1 AND id <= $2 AND (revoked_at < $3 OR expires_at < $3 OR last_used_at < $4)"
    );
    let (ended, used) = (cutoffs.ended_before.millis(), millis(cutoffs.used_before));
    deleted(session, PRUNE, &[&range.after, &range.last, &ended, &used])
}

/// A token that another transaction is changing is left out: its use is written with the next one.
pub fn touch(session: &mut Session, ids: &[i64], at: Timestamp) -> Result<()> {
    const TOUCH: &str = "WITH used AS (
             SELECT id FROM tokens
             WHERE id = ANY($1)
                   AND (last_used_at IS NULL OR last_used_at < $2
                        OR last_used_at > $2 + 86400000 AND created_at < $2 + 1000
                           AND coalesce((SELECT at FROM changes ORDER BY id DESC LIMIT 1), 0)
                               < $2 + 1000)
             ORDER BY id FOR UPDATE SKIP LOCKED)
         UPDATE tokens SET last_used_at = $2 FROM used WHERE tokens.id = used.id";
    session.execute(TOUCH, &[&ids, &at.millis()])?;
    Ok(())
}
