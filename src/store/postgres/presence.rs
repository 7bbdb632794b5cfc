//! Whether tokens of another system are here, or were.

use super::session::Session;
use crate::store::error::Result;
use crate::store::records::{ForeignToken, Presence, SecretHere};
use ::postgres::Row;
use ::postgres::types::Type;

/// What is known about each token: about its row, and about its secret with this id there or another one.
///
/// The statement is planned each time. Each subquery reads one entry of an index, whatever the planner
/// believes about a table that this transaction has just filled. A join would read all of it.
const PRESENCES: &str = "SELECT
         here.id AS row_id, here.same_hash, here.same_scheme,
         (SELECT bool_or(b.revoked) FROM buried b
          WHERE b.relation_id = w.relation_id AND b.foreign_id = w.foreign_id) AS row_was_revoked,
         (SELECT t.id FROM tokens t
          WHERE t.hash = w.hash AND coalesce(t.scheme_id, 0) = coalesce(w.scheme_id, 0)
                AND coalesce(t.foreign_id, '') = coalesce(w.foreign_id, '')) AS same_id,
         (SELECT b.revoked FROM buried b
          WHERE b.hash = w.hash AND b.scheme_id = w.scheme_id
                AND b.foreign_id = w.foreign_id) AS same_was_revoked,
         coalesce(
             (SELECT t.foreign_id FROM tokens t
              WHERE t.hash = w.hash AND coalesce(t.scheme_id, 0) = coalesce(w.scheme_id, 0)
                    AND t.foreign_id <> w.foreign_id LIMIT 1),
             (SELECT b.foreign_id FROM buried b
              WHERE b.hash = w.hash AND b.scheme_id = w.scheme_id
                    AND b.foreign_id <> w.foreign_id LIMIT 1)) AS other_id
     FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY
         AS w (hash, scheme_id, relation_id, foreign_id, position)
     LEFT JOIN LATERAL (
         SELECT t.id, t.hash = w.hash AS same_hash,
                t.scheme_id IS NOT DISTINCT FROM w.scheme_id AS same_scheme
         FROM tokens t
         WHERE t.relation_id = w.relation_id AND t.foreign_id = w.foreign_id LIMIT 1) AS here ON true
     ORDER BY w.position";

pub fn all(session: &mut Session, tokens: &[ForeignToken]) -> Result<Vec<Presence>> {
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
    let answers = rows.iter().zip(tokens);
    answers.map(|(row, token)| presence(row, token.id_is_in_secret)).collect()
}

/// First by row, whatever secret it has now, then by secret.
fn presence(row: &Row, id_is_in_secret: bool) -> Result<Presence> {
    if let Some(id) = row.try_get("row_id")? {
        let secret = match (row.try_get("same_hash")?, row.try_get("same_scheme")?) {
            (true, true) => SecretHere::Same,
            (true, false) => SecretHere::CheckedOtherwise,
            (false, _) => SecretHere::Other,
        };
        return Ok(Presence::Here { id, secret });
    }
    if let Some(was_revoked) = row.try_get("row_was_revoked")? {
        return Ok(Presence::Deleted { was_revoked });
    }
    if let Some(id) = row.try_get("same_id")? {
        return Ok(Presence::Here { id, secret: SecretHere::Same });
    }
    if let Some(was_revoked) = row.try_get("same_was_revoked")? {
        return Ok(Presence::Deleted { was_revoked });
    }
    let other: Option<String> = row.try_get("other_id")?;
    let other = other.filter(|_| !id_is_in_secret);
    Ok(other.map_or(Presence::New, Presence::SameSecret))
}
