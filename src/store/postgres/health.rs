//! What is wrong with the database itself. The server looks after its files and its permissions.

use super::drift;
use super::session::Session;
use super::values::count;
use crate::domain::time::Timestamp;
use crate::store::error::Result;
use crate::store::records::Problem;

pub fn problems(session: &mut Session, latest: Timestamp) -> Result<Vec<Problem>> {
    const LATER: &str = "SELECT
             (SELECT count(*) FROM tokens WHERE created_at > $1 OR last_used_at > $1)
             + (SELECT count(*) FROM changes WHERE at > $1)
             + (SELECT count(*) FROM attempts WHERE at > $1) AS count";
    // Who restores a dump can leave out the checks.
    const LOST: &str = "SELECT
             (SELECT count(*) FROM tokens t
              WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = t.user_id))
             + (SELECT count(*) FROM tokens t
                WHERE t.scheme_id IS NOT NULL
                      AND NOT EXISTS (SELECT 1 FROM schemes s WHERE s.id = t.scheme_id)) AS count";
    let mut problems = Vec::new();
    match count(session.query_one(LOST, &[])?.try_get("count")?) {
        0 => {}
        lost => problems.push(Problem::ForeignKeys(lost)),
    }
    problems.extend(drift::find(session)?);
    match count(session.query_one(LATER, &[&latest.millis()])?.try_get("count")?) {
        0 => {}
        later => problems.push(Problem::FutureTimes(later)),
    }
    Ok(problems)
}

/// Whether a role may read tokens and not write their last use.
pub fn has_readers(session: &mut Session) -> Result<bool> {
    const READERS: &str = "SELECT EXISTS (
             SELECT 1 FROM information_schema.column_privileges reader
             WHERE reader.table_schema = current_schema() AND reader.table_name = 'tokens'
                   AND reader.column_name = 'last_used_at' AND reader.privilege_type = 'SELECT'
                   AND NOT EXISTS (
                       SELECT 1 FROM information_schema.column_privileges writer
                       WHERE writer.table_schema = reader.table_schema
                             AND writer.table_name = reader.table_name
                             AND writer.column_name = reader.column_name
                             AND writer.grantee = reader.grantee
                             AND writer.privilege_type = 'UPDATE')) AS found";
    Ok(session.query_one(READERS, &[])?.try_get("found")?)
}
