//! Adding tokens: one by a statement, many by COPY.

use super::session::{Session, Values};
use super::tokens::taken;
use super::values::millis;
use crate::domain::token::NewToken;
use crate::store::error::{Error, Field, Result};
use ::postgres::types::{ToSql, Type};
use std::collections::HashSet;

/// Adds tokens and returns their ids.
pub fn insert(session: &mut Session, tokens: &[&NewToken]) -> Result<Vec<i64>> {
    match tokens {
        [] => Ok(Vec::new()),
        [token] => Ok(vec![insert_one(session, token)?]),
        _ => insert_many(session, tokens),
    }
}

/// Adds tokens with ids that are reserved.
pub fn insert_as(session: &mut Session, tokens: &[(i64, &NewToken)]) -> Result<()> {
    match tokens {
        [] => Ok(()),
        [(id, token)] => insert_one_as(session, *id, token),
        _ => insert_many_as(session, tokens),
    }
}

fn insert_one_as(session: &mut Session, id: i64, token: &NewToken) -> Result<()> {
    match insert_one_with(session, Some(id), token) {
        // Neither the secret nor the row is taken.
        Err(Error::Conflict(Field::Origin)) if !has_row(session, token)? => {
            Err(Error::Conflict(Field::Id))
        }
        inserted => inserted.map(drop),
    }
}

fn has_row(session: &mut Session, token: &NewToken) -> Result<bool> {
    Ok(find(session, &[token])?.iter().any(|here| here.same_row.is_some()))
}

fn insert_one(session: &mut Session, token: &NewToken) -> Result<i64> {
    insert_one_with(session, None, token)
}

macro_rules! columns {
    () => {
        "hash, scheme_id, foreign_id, hint, name, user_id, scopes, source, created_at, expires_at,
         last_used_at, revoked_at, revoked_reason, replaces, relation_id"
    };
}

/// The values of the columns, after the id if it is given.
fn with_values<T>(id: Option<i64>, token: &NewToken, work: impl FnOnce(Values) -> T) -> T {
    let foreign = token.foreign.as_ref();
    let revocation = token.revocation.as_ref();
    let values: [&(dyn ToSql + Sync); 16] = [
        &id,
        &token.hash.as_slice(),
        &foreign.map(|foreign| foreign.scheme_id),
        &foreign.map(|foreign| &foreign.id),
        &token.hint,
        &token.name,
        &token.user_id,
        &token.scopes.to_string(),
        &token.source,
        &token.created_at.millis(),
        &millis(token.expires_at),
        &millis(token.last_used_at),
        &revocation.map(|revocation| revocation.at.millis()),
        &revocation.and_then(|revocation| revocation.reason.as_ref()),
        &token.replaces,
        &foreign.and_then(|foreign| foreign.relation_id),
    ];
    work(if id.is_some() { &values } else { &values[1..] })
}

/// Without an id, the next one. A conflict that is seen is told without an error of the server's, which
/// would end the transaction.
fn insert_one_with(session: &mut Session, id: Option<i64>, token: &NewToken) -> Result<i64> {
    const INSERT: &str = concat!(
        "INSERT INTO tokens (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT DO NOTHING RETURNING id"
    );
    const INSERT_AS: &str = concat!(
        "INSERT INTO tokens (id, ",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT DO NOTHING RETURNING id"
    );
    let insert = if id.is_some() { INSERT_AS } else { INSERT };
    let inserted = with_values(id, token, |values| session.query_opt(insert, values))?;
    match inserted {
        Some(row) => Ok(row.try_get("id")?),
        None => Err(Error::Conflict(taken(session, token, 0)?)),
    }
}

/// The types of an id and the other columns of a copy.
const TYPES: [Type; 16] = [
    Type::INT8,
    Type::BYTEA,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::INT8,
    Type::INT8,
    Type::INT8,
    Type::TEXT,
    Type::INT8,
    Type::INT8,
];

/// COPY knows neither ON CONFLICT nor RETURNING: what is here is looked for before, and the ids after.
/// What another transaction adds meanwhile makes COPY fail, and is seen when this one is run again.
fn insert_many(session: &mut Session, tokens: &[&NewToken]) -> Result<Vec<i64>> {
    const COPY: &str = concat!("COPY tokens (", columns!(), ") FROM STDIN (FORMAT binary)");
    let here = find(session, tokens)?;
    if let Some(field) = first_taken(tokens, &here) {
        return Err(Error::Conflict(field));
    }
    session.copy(COPY, &TYPES[1..], |rows| {
        tokens.iter().try_for_each(|token| with_values(None, token, |values| rows.write(values)))
    })?;
    let ids = find(session, tokens)?.into_iter().map(|here| here.same_secret);
    let ids: Option<Vec<_>> = ids.collect();
    ids.ok_or_else(|| Error::Other("a new token is not there".into()))
}

fn insert_many_as(session: &mut Session, tokens: &[(i64, &NewToken)]) -> Result<()> {
    const COPY: &str = concat!("COPY tokens (id, ", columns!(), ") FROM STDIN (FORMAT binary)");
    let (ids, new): (Vec<_>, Vec<_>) = tokens.iter().copied().unzip();
    let here = find(session, &new)?;
    if let Some(field) = first_taken(&new, &here) {
        return Err(Error::Conflict(field));
    }
    if has_taken_id(session, &ids)? {
        return Err(Error::Conflict(Field::Id));
    }
    session.copy(COPY, &TYPES, |rows| {
        tokens
            .iter()
            .try_for_each(|(id, token)| with_values(Some(*id), token, |values| rows.write(values)))
    })
}

/// Whether one of the ids is taken, here or by another one of them.
fn has_taken_id(session: &mut Session, ids: &[i64]) -> Result<bool> {
    const FIND: &str = "SELECT id FROM tokens WHERE id = ANY($1) LIMIT 1";
    let is_twice = ids.iter().collect::<HashSet<_>>().len() < ids.len();
    Ok(is_twice || session.query_opt(FIND, &[&ids])?.is_some())
}

/// The tokens that are here with the unique values of another one.
struct Here {
    same_secret: Option<i64>,
    same_row: Option<i64>,
}

/// Is planned each time: where the table was small at first, a join would go on reading all of it. The
/// subqueries use the unique indexes.
fn find(session: &mut Session, tokens: &[&NewToken]) -> Result<Vec<Here>> {
    const FIND: &str = "SELECT
             (SELECT t.id FROM tokens t
              WHERE t.hash = wanted.hash AND coalesce(t.scheme_id, 0) = coalesce(wanted.scheme_id, 0)
                    AND coalesce(t.foreign_id, '') = coalesce(wanted.foreign_id, '')) AS same_secret,
             (SELECT t.id FROM tokens t
              WHERE t.relation_id = wanted.relation_id AND t.foreign_id = wanted.foreign_id) AS same_row
         FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::bigint[]) WITH ORDINALITY
             AS wanted (hash, scheme_id, foreign_id, relation_id, position)
         ORDER BY wanted.position";
    let foreign = || tokens.iter().map(|token| token.foreign.as_ref());
    let hashes: Vec<&[u8]> = tokens.iter().map(|token| token.hash.as_slice()).collect();
    let schemes: Vec<_> = foreign().map(|it| it.map(|it| it.scheme_id)).collect();
    let foreign_ids: Vec<_> = foreign().map(|it| it.map(|it| it.id.as_str())).collect();
    let relations: Vec<_> = foreign().map(|it| it.and_then(|it| it.relation_id)).collect();
    let rows = session.query_at_once(
        FIND,
        &[
            (&hashes, Type::BYTEA_ARRAY),
            (&schemes, Type::INT8_ARRAY),
            (&foreign_ids, Type::TEXT_ARRAY),
            (&relations, Type::INT8_ARRAY),
        ],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Here {
                same_secret: row.try_get("same_secret")?,
                same_row: row.try_get("same_row")?,
            })
        })
        .collect()
}

/// Which value of the first token that cannot be added is taken, here or by one before it.
fn first_taken(tokens: &[&NewToken], here: &[Here]) -> Option<Field> {
    let (mut secrets, mut rows) = (HashSet::new(), HashSet::new());
    tokens.iter().zip(here).find_map(|(token, here)| {
        let foreign = token.foreign.as_ref();
        let row = foreign.and_then(|it| Some((it.relation_id?, &it.id)));
        let secret = (token.hash, foreign.map(|it| (it.scheme_id, &it.id)));
        if here.same_secret.is_some() || !secrets.insert(secret) {
            Some(Field::Hash)
        } else if here.same_row.is_some() || row.is_some_and(|row| !rows.insert(row)) {
            Some(Field::Origin)
        } else {
            None
        }
    })
}
