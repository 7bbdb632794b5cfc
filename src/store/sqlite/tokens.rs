//! The table of tokens.

use super::columns::columns;
use super::error::found;
use super::pages::{PAGE, advance, let_go};
use crate::domain::scope::Scopes;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::{NewToken, Revocation, StoredToken};
use crate::domain::user::Owner;
use crate::store::backend::Each;
use crate::store::error::Result;
use crate::store::records::{Cutoffs, IdRange, Sort, TokenField, TokenKey, TokenQuery};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, ToSql, params};
use std::collections::HashMap;
use std::rc::Rc;

/// The columns of a token and its owner, for a SELECT in which `t` is the token and `u` the user. Each
/// look-up hashes the text of its statement, so it is short.
macro_rules! token_columns {
    () => {
        "t.id, t.name, t.scopes, t.hint, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, \
         t.revoked_reason, t.source, t.replaces, t.replaced_by, u.id AS user_id, u.name AS user_name, \
         u.admin, u.banned_at IS NOT NULL AS banned, u.banned_reason"
    };
}
pub(super) use token_columns;

columns!(
    token_names: id,
    name,
    scopes,
    hint,
    created_at,
    expires_at,
    last_used_at,
    revoked_at,
    revoked_reason,
    source,
    replaces,
    replaced_by,
    user_id,
    user_name,
    admin,
    banned,
    banned_reason,
);
use token_names as column;
#[cfg(test)]
pub use token_names::NAMES;

/// The token in the columns of [`token_columns`], the first of which is at this position.
pub fn token(row: &Row, first: usize) -> rusqlite::Result<StoredToken> {
    let scopes = row.get_ref(first + column::scopes)?.as_str()?;
    Ok(StoredToken {
        id: row.get(first + column::id)?,
        name: row.get(first + column::name)?,
        owner: Owner {
            id: row.get(first + column::user_id)?,
            name: row.get(first + column::user_name)?,
            admin: row.get(first + column::admin)?,
            banned: row.get(first + column::banned)?,
            banned_reason: row.get(first + column::banned_reason)?,
        },
        scopes: Scopes::from_stored(scopes),
        hint: row.get(first + column::hint)?,
        created_at: row.get(first + column::created_at)?,
        expires_at: row.get(first + column::expires_at)?,
        last_used_at: row.get(first + column::last_used_at)?,
        revoked_at: row.get(first + column::revoked_at)?,
        revoked_reason: row.get(first + column::revoked_reason)?,
        source: row.get(first + column::source)?,
        replaces: row.get(first + column::replaces)?,
        replaced_by: row.get(first + column::replaced_by)?,
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

pub fn by_key(connection: &Connection, key: TokenKey, limit: usize) -> Result<Vec<StoredToken>> {
    const BY_ID: &str = select_tokens!("WHERE t.id = ?1");
    const BY_IDS: &str = select_tokens!("WHERE t.id IN rarray(?1) ORDER BY t.id");
    // The hash in the row itself counts, as in `lookup.rs`.
    const BY_HASH: &str = select_tokens!(
        "JOIN tokens i ON i.id = t.id WHERE i.hash = ?1 AND +t.hash = ?1 ORDER BY t.id"
    );
    let wanted;
    let (sql, value): (_, &dyn ToSql) = match &key {
        TokenKey::Id(id) => (BY_ID, id),
        TokenKey::Ids(ids) => {
            wanted = array(ids);
            (BY_IDS, &wanted)
        }
        TokenKey::Hash(hash) => (BY_HASH, hash),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([value], |row| token(row, 0))?;
    Ok(rows.take(limit).collect::<rusqlite::Result<_>>()?)
}

pub fn each(connection: &Connection, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
    match query.sort {
        Sort::Id => each_by_id(connection, query, each),
        _ => each_sorted(connection, query, each),
    }
}

/// Reads on behind the last id, page by page.
fn each_by_id(connection: &Connection, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
    let sql = page_by_id(query);
    let mut place = first_place(query);
    loop {
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement
            .query_map(params![query.user_id, query.name, place, PAGE], |row| token(row, 0))?;
        let page = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let Some(last) = page.last() else { return Ok(()) };
        place = advance(place, last.id, query.reverse)?;
        let_go(connection)?;
        if page.into_iter().any(|token| each(token).is_break()) {
            return Ok(());
        }
    }
}

/// The id behind which a query begins.
fn first_place(query: &TokenQuery) -> i64 {
    query.after.unwrap_or(if query.reverse { i64::MAX } else { i64::MIN })
}

fn page_by_id(query: &TokenQuery) -> String {
    let (behind, direction) = directions(query);
    let fits = fits(query);
    let select = select_tokens!("WHERE");
    format!("{select} {fits} AND t.id {behind} ?3 ORDER BY t.id {direction} LIMIT ?4")
}

/// Which ids are behind another one, and the order, as SQL.
fn directions(query: &TokenQuery) -> (&'static str, &'static str) {
    if query.reverse { ("<", "DESC") } else { (">", "ASC") }
}

/// Whether a token fits the query, whose owner is the first value and whose name is the second. An index
/// finds those of an owner or a name, which it would not if one text stood for all cases.
fn fits(query: &TokenQuery) -> &'static str {
    match (query.user_id, query.name) {
        (None, None) => "?1 IS NULL AND ?2 IS NULL",
        (Some(_), None) => "t.user_id = ?1 AND ?2 IS NULL",
        (None, Some(_)) => "?1 IS NULL AND t.name = ?2",
        (Some(_), Some(_)) => "t.user_id = ?1 AND t.name = ?2",
    }
}

/// Sorts the ids, which is a short read, and then reads the tokens page by page. Those that are
/// deleted meanwhile are left out.
fn each_sorted(connection: &Connection, query: &TokenQuery, each: Each<StoredToken>) -> Result<()> {
    const PAGE_OF: &str = select_tokens!("WHERE t.id IN rarray(?1)");
    let (behind, direction) = directions(query);
    let order = match query.sort {
        Sort::Id => format!("t.id {direction}"),
        Sort::Name => format!("t.name COLLATE NOCASE {direction}, t.id {direction}"),
        Sort::User => format!("u.name_key {direction}, t.id {direction}"),
        Sort::Created => format!("t.created_at {direction}, t.id {direction}"),
        // Later than any expiry, so that NULL comes last.
        Sort::Expires => format!("coalesce(t.expires_at, 9e18) {direction}, t.id {direction}"),
        Sort::LastUsed => format!("t.last_used_at {direction}, t.id {direction}"),
    };
    let sql = format!(
        "SELECT t.id FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE {} AND t.id {behind} ?3 ORDER BY {order}",
        fits(query)
    );
    let mut statement = connection.prepare(&sql)?;
    let values = params![query.user_id, query.name, first_place(query)];
    let ids = statement.query_map(values, |row| row.get(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<i64>>>()?;
    let_go(connection)?;
    for page in ids.chunks(PAGE) {
        let mut statement = connection.prepare_cached(PAGE_OF)?;
        let rows = statement.query_map([array(page)], |row| Ok((row.get(0)?, token(row, 0)?)))?;
        let mut tokens = rows.collect::<rusqlite::Result<HashMap<i64, _>>>()?;
        let_go(connection)?;
        if page.iter().filter_map(|id| tokens.remove(id)).any(|token| each(token).is_break()) {
            break;
        }
    }
    Ok(())
}

pub fn insert(connection: &Connection, token: &NewToken) -> Result<i64> {
    insert_with(connection, None, token)?;
    Ok(connection.last_insert_rowid())
}

pub fn insert_as(connection: &Connection, id: i64, token: &NewToken) -> Result<()> {
    insert_with(connection, Some(id), token)
}

/// Without an id, the next one.
fn insert_with(connection: &Connection, id: Option<i64>, token: &NewToken) -> Result<()> {
    const INSERT: &str = "INSERT INTO tokens
             (id, hash, scheme_id, foreign_id, hint, name, user_id, scopes, source, created_at,
              expires_at, last_used_at, revoked_at, revoked_reason, replaces, relation_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    let foreign = token.foreign.as_ref();
    let revocation = token.revocation.as_ref();
    connection.prepare_cached(INSERT)?.execute(params![
        id,
        token.hash,
        foreign.map(|foreign| foreign.scheme_id),
        foreign.map(|foreign| &foreign.id),
        token.hint,
        token.name,
        token.user_id,
        token.scopes.to_string(),
        token.source,
        token.created_at,
        token.expires_at,
        token.last_used_at,
        revocation.map(|revocation| revocation.at),
        revocation.and_then(|revocation| revocation.reason.as_ref()),
        token.replaces,
        foreign.and_then(|foreign| foreign.relation_id),
    ])?;
    Ok(())
}

pub fn update(connection: &Connection, id: i64, field: TokenField) -> Result<()> {
    const NAME: &str = "UPDATE tokens SET name = ?2 WHERE id = ?1";
    const EXPIRY: &str = "UPDATE tokens SET expires_at = ?2 WHERE id = ?1";
    const SCOPES: &str = "UPDATE tokens SET scopes = ?2 WHERE id = ?1";
    const REPLACES: &str = "UPDATE tokens SET replaces = ?2 WHERE id = ?1";
    let update =
        |sql, value: &dyn ToSql| connection.prepare_cached(sql)?.execute(params![id, value]);
    found(match field {
        TokenField::Name(name) => update(NAME, &name),
        TokenField::Expiry(expires_at) => update(EXPIRY, &expires_at),
        TokenField::Scopes(scopes) => update(SCOPES, &scopes.to_string()),
        TokenField::Replaces(replaces) => update(REPLACES, &replaces),
    }?)
}

pub fn replace(connection: &Connection, id: i64, token: &NewToken) -> Result<()> {
    const REPLACE: &str = "UPDATE tokens SET
             hash = ?2, scheme_id = ?3, foreign_id = ?4, relation_id = ?5, hint = ?6, name = ?7,
             user_id = ?8, scopes = ?9, created_at = ?10, expires_at = ?11, last_used_at = ?12,
             revoked_at = ?13, revoked_reason = ?14
         WHERE id = ?1";
    let foreign = token.foreign.as_ref();
    let revocation = token.revocation.as_ref();
    found(connection.prepare_cached(REPLACE)?.execute(params![
        id,
        token.hash,
        foreign.map(|foreign| foreign.scheme_id),
        foreign.map(|foreign| &foreign.id),
        foreign.and_then(|foreign| foreign.relation_id),
        token.hint,
        token.name,
        token.user_id,
        token.scopes.to_string(),
        token.created_at,
        token.expires_at,
        token.last_used_at,
        revocation.map(|revocation| revocation.at),
        revocation.and_then(|revocation| revocation.reason.as_ref()),
    ])?)
}

pub fn set_revocation(
    connection: &Connection,
    id: i64,
    revocation: Option<&Revocation>,
) -> Result<()> {
    const SET: &str = "UPDATE tokens SET revoked_at = ?2, revoked_reason = ?3 WHERE id = ?1";
    let at = revocation.map(|revocation| revocation.at);
    let reason = revocation.and_then(|revocation| revocation.reason.as_ref());
    found(connection.prepare_cached(SET)?.execute(params![id, at, reason])?)
}

pub fn set_replaced_by(connection: &Connection, id: i64, replaced_by: Option<i64>) -> Result<()> {
    const SET: &str = "UPDATE tokens SET replaced_by = ?2 WHERE id = ?1";
    found(connection.prepare_cached(SET)?.execute(params![id, replaced_by])?)
}

pub fn delete(connection: &Connection, id: i64) -> Result<()> {
    const DELETE: &str = "DELETE FROM tokens WHERE id = ?1";
    found(connection.prepare_cached(DELETE)?.execute([id])?)
}

pub fn prunable(
    connection: &Connection,
    after: i64,
    limit: u32,
    cutoffs: Cutoffs,
) -> Result<Option<(IdRange, u64)>> {
    const LAST: &str =
        "SELECT max(id) FROM (SELECT id FROM tokens WHERE id > ?1 ORDER BY id LIMIT ?2)";
    const COUNT: &str = "SELECT count(*) FROM tokens WHERE id > ?1 AND id <= ?2
         AND (revoked_at < ?3 OR expires_at < ?3 OR last_used_at < ?4)";
    let last: Option<i64> =
        connection.prepare_cached(LAST)?.query_row(params![after, limit], |row| row.get(0))?;
    let Some(last) = last else { return Ok(None) };
    let last = advance(after, last, false)?;
    let values = params![after, last, cutoffs.ended_before, cutoffs.used_before];
    let count = connection.prepare_cached(COUNT)?.query_row(values, |row| row.get(0))?;
    Ok(Some((IdRange { after, last }, count)))
}

pub fn newest_time(connection: &Connection, after: i64, limit: u32) -> Result<Option<Timestamp>> {
    const NEWEST: &str = "SELECT max(max(created_at, coalesce(last_used_at, 0)))
         FROM (SELECT created_at, last_used_at FROM tokens WHERE id > ?1 ORDER BY id LIMIT ?2)";
    let mut statement = connection.prepare_cached(NEWEST)?;
    Ok(statement.query_row(params![after, limit], |row| row.get(0))?)
}

/// A number of tokens that there are not more of: the last id.
pub fn count_at_most(connection: &Connection) -> Result<u64> {
    const LAST: &str = "SELECT max(0, coalesce(max(id), 0)) FROM tokens";
    Ok(connection.query_row(LAST, [], |row| row.get(0))?)
}

pub fn prune(connection: &Connection, range: IdRange, cutoffs: Cutoffs) -> Result<u64> {
    const PRUNE: &str = "DELETE FROM tokens WHERE id > ?1 AND id <= ?2
         AND (revoked_at < ?3 OR expires_at < ?3 OR last_used_at < ?4)";
    let values = params![range.after, range.last, cutoffs.ended_before, cutoffs.used_before];
    Ok(connection.prepare_cached(PRUNE)?.execute(values)? as u64)
}

macro_rules! touch {
    ($returning:literal) => {
        concat!(
            "UPDATE tokens SET last_used_at = ?2
         WHERE id IN rarray(?1)
               AND (last_used_at IS NULL OR last_used_at < ?2
                    OR last_used_at > ?2 + 86400000 AND created_at < ?2 + 1000
                       AND coalesce((SELECT at FROM changes ORDER BY id DESC LIMIT 1), 0) < ?2 + 1000)",
            $returning
        )
    };
}

pub fn touch(connection: &Connection, ids: &[i64], at: Timestamp) -> Result<()> {
    const TOUCH: &str = touch!("");
    connection.prepare_cached(TOUCH)?.execute(params![array(ids), at])?;
    Ok(())
}

/// The same, and the hashes of the tokens whose last use it has set.
pub fn touch_returning(connection: &Connection, ids: &[i64], at: Timestamp) -> Result<Vec<Hash>> {
    const TOUCH: &str = touch!(" RETURNING hash");
    let mut statement = connection.prepare_cached(TOUCH)?;
    let hashes = statement.query_map(params![array(ids), at], |row| row.get("hash"))?;
    Ok(hashes.collect::<rusqlite::Result<_>>()?)
}

/// Ids as `rarray` reads them.
fn array(ids: &[i64]) -> Rc<Vec<Value>> {
    Rc::new(ids.iter().copied().map(Value::Integer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_the_statement() {
        super::super::columns::check_names(select_tokens!(""), column::NAMES);
    }

    #[test]
    fn the_tokens_of_an_owner_are_found_by_an_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::schema::migrate(&mut connection).unwrap();
        let query = TokenQuery { user_id: Some(1), ..TokenQuery::default() };
        let sql = format!("EXPLAIN QUERY PLAN {}", page_by_id(&query));
        let mut statement = connection.prepare(&sql).unwrap();
        let plan = statement
            .query_map(params![1, None::<&str>, 0, 9], |row| row.get::<_, String>("detail"));
        let plan: Vec<_> = plan.unwrap().map(rusqlite::Result::unwrap).collect();
        let by_owner = "SEARCH t USING INDEX tokens_by_user (user_id=? AND rowid>?)";
        assert!(plan.iter().any(|step| step == by_owner), "{plan:?}");
    }
}
