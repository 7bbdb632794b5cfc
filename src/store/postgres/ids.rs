//! The ids that users and tokens have had. A sequence keeps the highest one of each table, also after its
//! row is gone.

use super::session::Session;
use crate::store::error::Result;
use crate::store::records::LastIds;

pub fn last(session: &mut Session) -> Result<LastIds> {
    const LAST: &str = "SELECT
             (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM users_id_seq) AS user_id,
             (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tokens_id_seq) AS token_id";
    let row = session.query_one(LAST, &[])?;
    Ok(LastIds { last_user_id: row.try_get("user_id")?, last_token_id: row.try_get("token_id")? })
}

/// A sequence is not part of a transaction: it stays raised, also if the rest is rolled back.
pub fn reserve(session: &mut Session, ids: LastIds) -> Result<()> {
    const USERS: &str = "SELECT setval('users_id_seq', $1) FROM users_id_seq
         WHERE $1 > 0 AND (last_value < $1 OR NOT is_called)";
    const TOKENS: &str = "SELECT setval('tokens_id_seq', $1) FROM tokens_id_seq
         WHERE $1 > 0 AND (last_value < $1 OR NOT is_called)";
    session.query(USERS, &[&ids.last_user_id])?;
    session.query(TOKENS, &[&ids.last_token_id])?;
    Ok(())
}
