//! Whether tokens of another system are here, or were.

use super::session::Session;
use crate::domain::token::Foreign;
use crate::store::error::Result;
use crate::store::records::{ForeignToken, Presence, SecretHere};
use ::postgres::Row;
use ::postgres::types::Type;

/// First by row, whatever secret it has now, then by secret. One statement for all, which is planned each
/// time. `OFFSET 0` keeps the subqueries from becoming joins that read the whole table, which is what is
/// planned for a table whose size is not known yet, because this transaction fills it.
pub fn all(session: &mut Session, tokens: &[ForeignToken]) -> Result<Vec<Presence>> {
    const PRESENCES: &str = "
        WITH wanted AS (
            SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[])
                WITH ORDINALITY AS w (hash, scheme_id, relation_id, foreign_id, position))
        SELECT w.position, t.id, t.same_hash, t.same_scheme, w.foreign_id, false AS revoked,
               true AS by_row
        FROM wanted w, LATERAL (
            SELECT id, hash = w.hash AS same_hash,
                   scheme_id IS NOT DISTINCT FROM w.scheme_id AS same_scheme
            FROM tokens
            WHERE relation_id = w.relation_id AND foreign_id = w.foreign_id OFFSET 0) AS t
        UNION ALL
        SELECT w.position, NULL, false, false, w.foreign_id, b.revoked, true
        FROM wanted w, LATERAL (
            SELECT revoked FROM buried
            WHERE relation_id = w.relation_id AND foreign_id = w.foreign_id OFFSET 0) AS b
        UNION ALL
        SELECT w.position, t.id, true, true, t.foreign_id, false, false
        FROM wanted w, LATERAL (
            SELECT id, foreign_id FROM tokens
            WHERE hash = w.hash AND scheme_id IS NOT DISTINCT FROM w.scheme_id OFFSET 0) AS t
        UNION ALL
        SELECT w.position, NULL, true, true, b.foreign_id, b.revoked, false
        FROM wanted w, LATERAL (
            SELECT foreign_id, revoked FROM buried
            WHERE hash = w.hash AND scheme_id = w.scheme_id OFFSET 0) AS b
        ORDER BY position, by_row DESC, id NULLS LAST";
    let foreign = || tokens.iter().map(|token| token.foreign);
    let hashes: Vec<&[u8]> = tokens.iter().map(|token| token.hash.as_slice()).collect();
    let schemes: Vec<_> = foreign().map(|it| it.map(|it| it.scheme_id)).collect();
    let relations: Vec<_> = foreign().map(|it| it.and_then(|it| it.relation_id)).collect();
    let foreign_ids: Vec<_> = foreign().map(|it| it.map(|it| it.id.as_str())).collect();
    let rows = session.query_at_once(
        PRESENCES,
        &[
            (&hashes, Type::BYTEA_ARRAY),
            (&schemes, Type::INT8_ARRAY),
            (&relations, Type::INT8_ARRAY),
            (&foreign_ids, Type::TEXT_ARRAY),
        ],
    )?;
    let mut presences = vec![Presence::New; tokens.len()];
    let same_token = |a: &Row, b: &Row| position(a).ok() == position(b).ok();
    for group in rows.chunk_by(same_token) {
        let Some(first) = group.first() else { continue };
        let place = usize::try_from(position(first)? - 1).unwrap_or(usize::MAX);
        if let (Some(token), Some(presence)) = (tokens.get(place), presences.get_mut(place)) {
            *presence = of_token(group, *token)?;
        }
    }
    Ok(presences)
}

fn position(row: &Row) -> Result<i64> {
    Ok(row.try_get("position")?)
}

/// What the rows that were found for a token say.
fn of_token(rows: &[Row], token: ForeignToken) -> Result<Presence> {
    let mut was_revoked = None;
    let mut other = Presence::New;
    for row in rows {
        let id: Option<i64> = row.try_get("id")?;
        match (row.try_get("by_row")?, id) {
            (true, Some(id)) => return Ok(Presence::Here { id, secret: secret(row)? }),
            (true, None) => {
                was_revoked = Some(was_revoked == Some(true) || row.try_get("revoked")?)
            }
            (false, _) if was_revoked.is_some() => break,
            (false, id) => {
                let foreign_id: Option<String> = row.try_get("foreign_id")?;
                if foreign_id.as_ref() == token.foreign.map(|foreign: &Foreign| &foreign.id) {
                    return Ok(match id {
                        Some(id) => Presence::Here { id, secret: SecretHere::Same },
                        None => Presence::Deleted { was_revoked: row.try_get("revoked")? },
                    });
                }
                if let (Some(foreign_id), false) = (foreign_id, token.id_is_in_secret) {
                    other = Presence::SameSecret(foreign_id);
                }
            }
        }
    }
    Ok(was_revoked.map_or(other, |was_revoked| Presence::Deleted { was_revoked }))
}

/// How the secret of the token in a row compares.
fn secret(row: &Row) -> Result<SecretHere> {
    Ok(match (row.try_get("same_hash")?, row.try_get("same_scheme")?) {
        (true, true) => SecretHere::Same,
        (true, false) => SecretHere::CheckedOtherwise,
        (false, _) => SecretHere::Other,
    })
}
