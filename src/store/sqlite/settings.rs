//! The table of settings.

use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::store::error::Result;
use rusqlite::{Connection, params};

const ALL: &str = "SELECT key, value FROM settings";

/// Prepares what nearly every command begins with. Whoever reads the settings gets the error, if there is one.
pub fn prepare(connection: &Connection) {
    let _ = connection.prepare_cached(ALL);
}

pub fn all(connection: &Connection) -> Result<Settings> {
    let mut statement = connection.prepare_cached(ALL)?;
    let rows = statement.query_map([], |row| Ok((row.get("key")?, row.get("value")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn set(connection: &Connection, setting: Setting, value: &str) -> Result<()> {
    const SET: &str = "INSERT INTO settings (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(SET, params![setting.key(), value])?;
    Ok(())
}

pub fn unset(connection: &Connection, setting: Setting) -> Result<()> {
    const UNSET: &str = "DELETE FROM settings WHERE key = ?1";
    connection.execute(UNSET, [setting.key()])?;
    Ok(())
}
