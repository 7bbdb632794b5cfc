//! What is wrong with the database itself.

use super::error::unread;
use super::open::empty_in_memory;
use super::schema;
use crate::domain::time::Timestamp;
use crate::store::error::Result;
use crate::store::records::Problem;
use crate::store::unfinished::folder_of;
use rusqlite::{Connection, ErrorCode};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub fn problems(
    connection: &Connection,
    path: Option<&Path>,
    latest: Timestamp,
) -> Result<Vec<Problem>> {
    let mut problems = path.map(permissions).unwrap_or_default();
    if let Some(damage) = integrity(connection)? {
        // Whatever else could be read means nothing.
        problems.push(damage);
        return Ok(problems);
    }
    problems.extend(foreign_keys(connection)?);
    problems.extend(schema_drift(connection)?);
    problems.extend(future_times(connection, latest)?);
    Ok(problems)
}

fn integrity(connection: &Connection) -> Result<Option<Problem>> {
    const CHECK: &str = "SELECT integrity_check FROM pragma_integrity_check LIMIT 100";
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(CHECK)?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let found = match read() {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            vec![error.to_string()]
        }
        found => found?,
    };
    if let Some(error) = found.iter().find_map(|line| unread(line)) {
        return Err(error);
    }
    if found == ["ok"] {
        return Ok(None);
    }
    let count = found.len() as u64;
    Ok(Some(Problem::Integrity { count, first: found.into_iter().next().unwrap_or_default() }))
}

fn foreign_keys(connection: &Connection) -> Result<Option<Problem>> {
    const CHECK: &str = "SELECT count(*) FROM pragma_foreign_key_check";
    let count = connection.query_row(CHECK, [], |row| row.get(0))?;
    Ok((count > 0).then_some(Problem::ForeignKeys(count)))
}

/// Tables, indexes, triggers and views that no upgrade step made: somebody changed the schema by
/// hand.
fn schema_drift(connection: &Connection) -> Result<Option<Problem>> {
    let (expected, found) = (objects(&empty_in_memory()?)?, objects(connection)?);
    let missing = expected.iter().filter(|object| !found.contains(object)).count();
    let unexpected = found.iter().filter(|object| !expected.contains(object)).count();
    let count = (missing + unexpected) as u64;
    Ok((count > 0).then_some(Problem::Schema { count, version: schema::VERSION }))
}

/// Type, name and definition.
type Object = (String, String, Option<String>);

fn objects(connection: &Connection) -> Result<Vec<Object>> {
    const OBJECTS: &str = "SELECT type, name, sql FROM sqlite_schema
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name";
    let mut statement = connection.prepare(OBJECTS)?;
    let rows =
        statement.query_map([], |row| Ok((row.get("type")?, row.get("name")?, row.get("sql")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn future_times(connection: &Connection, latest: Timestamp) -> Result<Option<Problem>> {
    const LATER: &str =
        "SELECT (SELECT count(*) FROM tokens WHERE created_at > ?1 OR last_used_at > ?1)
         + (SELECT count(*) FROM changes WHERE at > ?1)
         + (SELECT count(*) FROM attempts WHERE at > ?1)";
    let count = connection.query_row(LATER, [latest], |row| row.get(0))?;
    Ok((count > 0).then_some(Problem::FutureTimes(count)))
}

/// Whether the group or all accounts may read the file.
pub fn has_readers(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.mode() & 0o044 != 0)
}

/// Who else may read the hashes or replace the file, and whether it has other names. What lets others
/// issue tokens is an error already when the database is opened.
fn permissions(path: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mode = |path: &Path| fs::metadata(path).map(|file| file.mode()).unwrap_or(0);
    // First: only a group that may write the file may write beside it.
    if mode(folder_of(path)) & 0o022 != 0 {
        problems.push(Problem::FolderPermissions);
    }
    // A group may read it: a service, which verifies.
    if mode(path) & 0o027 != 0 {
        problems.push(Problem::FilePermissions);
    }
    let names = fs::metadata(path).map_or(1, |file| file.nlink());
    if names > 1 {
        problems.push(Problem::HardLinks(names));
    }
    problems
}
