//! The ids that users and tokens have had. SQLite keeps the highest one of each table with
//! AUTOINCREMENT, also after its row is gone.

use crate::store::error::Result;
use crate::store::records::LastIds;
use rusqlite::{Connection, params};

const USERS: &str = "users";
const TOKENS: &str = "tokens";

pub fn last(connection: &Connection) -> Result<LastIds> {
    const LAST: &str = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?1";
    let mut statement = connection.prepare_cached(LAST)?;
    let mut last = |table| statement.query_row([table], |row| row.get(0));
    Ok(LastIds { last_user_id: last(USERS)?, last_token_id: last(TOKENS)? })
}

/// A table that never had a row is not in `sqlite_sequence`.
pub fn reserve(connection: &Connection, ids: LastIds) -> Result<()> {
    const ADD: &str = "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)";
    const RAISE: &str = "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1 AND seq < ?2";
    for (table, id) in [(USERS, ids.last_user_id), (TOKENS, ids.last_token_id)] {
        connection.execute(ADD, [table])?;
        connection.execute(RAISE, params![table, id])?;
    }
    Ok(())
}
