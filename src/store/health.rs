//! Whether the database file is sound.

use super::{Store, schema, shell_quoted};
use crate::error::Result;
use crate::when::{Span, Timestamp};
use rusqlite::{Connection, ErrorCode};
use serde::{Serialize, Serializer};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Database,
    Estate,
}

impl Part {
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Database => "database",
            Part::Estate => "estate",
        }
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Something that is not as it should be; the order of the fields is the order of the JSON keys.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub part: Part,
    pub check: &'static str,
    pub count: u64,
    pub why: String,
    /// Commands that mend it, to be pasted as they are; none where no command can.
    pub commands: Vec<String>,
}

impl Finding {
    fn database(
        check: &'static str,
        count: u64,
        why: impl Into<String>,
        command: Option<String>,
    ) -> Self {
        let commands = command.into_iter().collect();
        Finding { part: Part::Database, check, count, why: why.into(), commands }
    }
}

impl Store {
    /// What is wrong with the database itself.
    pub fn health(&self, path: &Path) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        findings.extend(permissions(path));
        if let Some(broken) = self.integrity()? {
            // Whatever else could be read of it means nothing.
            findings.push(broken);
            return Ok(findings);
        }
        findings.extend(self.foreign_keys()?);
        findings.extend(self.schema_drift()?);
        findings.extend(self.clock()?);
        Ok(findings)
    }

    fn integrity(&self) -> Result<Option<Finding>> {
        const CHECK: &str = "SELECT integrity_check FROM pragma_integrity_check LIMIT 100";
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare(CHECK)?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        let found = match read() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                vec![error.to_string()]
            }
            found => found?,
        };
        if found == ["ok"] {
            return Ok(None);
        }
        let why =
            format!("pages of the file contradict each other ({}): restore a backup", found[0]);
        Ok(Some(Finding::database("integrity", found.len() as u64, why, None)))
    }

    fn foreign_keys(&self) -> Result<Option<Finding>> {
        const CHECK: &str = "SELECT count(*) FROM pragma_foreign_key_check";
        let count: i64 = self.connection.query_row(CHECK, [], |row| row.get(0))?;
        let why = "rows refer to others that are gone: restore a backup";
        Ok((count > 0).then(|| Finding::database("foreign-keys", count.unsigned_abs(), why, None)))
    }

    /// A trigger, view or index that no migration made: somebody changed the schema by hand.
    fn schema_drift(&self) -> Result<Option<Finding>> {
        let expected = Store::in_memory(None)?;
        let (expected, found) = (objects(&expected.connection)?, objects(&self.connection)?);
        let count = found.iter().filter(|object| !expected.contains(object)).count()
            + expected.iter().filter(|object| !found.contains(object)).count();
        let why =
            format!("the schema is not that of version {}: restore a backup", schema::VERSION);
        Ok((count > 0).then(|| Finding::database("schema", count as u64, why, None)))
    }

    fn clock(&self) -> Result<Option<Finding>> {
        const LATER: &str =
            "SELECT (SELECT count(*) FROM tokens WHERE created_at > ?1 OR last_used_at > ?1)
             + (SELECT count(*) FROM changes WHERE at > ?1)
             + (SELECT count(*) FROM attempts WHERE at > ?1)";
        // Clocks of machines that share a file differ by some seconds.
        let limit = Timestamp::now().plus(Span::seconds(60)).unwrap_or(Timestamp::now());
        let count: i64 = self.connection.query_row(LATER, [limit], |row| row.get(0))?;
        let why = "rows are from the future: the clock was or is wrong, and expiries with it; set \
                   it, or look at those rows";
        Ok((count > 0).then(|| Finding::database("clock", count.unsigned_abs(), why, None)))
    }
}

type Object = (String, String, Option<String>);

fn objects(connection: &Connection) -> Result<Vec<Object>> {
    const OBJECTS: &str = "SELECT type, name, sql FROM sqlite_schema
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name";
    let mut statement = connection.prepare(OBJECTS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Who else may read the hashes, or put another file in their place.
fn permissions(path: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mode = |path: &Path| fs::metadata(path).map(|file| file.mode()).unwrap_or(0);
    if mode(path) & 0o077 != 0 {
        let why = "other accounts may read or write the file: hashes, names, and the policy";
        let command = format!("chmod 600 {}", shell_quoted(path));
        findings.push(Finding::database("file-permissions", 1, why, Some(command)));
    }
    let folder = super::folder_of(path);
    // In a folder with the sticky bit others cannot replace what is not theirs.
    let folder_mode = mode(folder);
    if folder_mode & 0o022 != 0 && folder_mode & 0o1000 == 0 {
        let why = "other accounts may put another file in the place of the database";
        let command = format!("chmod go-w {}", shell_quoted(folder));
        findings.push(Finding::database("folder-permissions", 1, why, Some(command)));
    }
    findings
}
