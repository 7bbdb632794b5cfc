//! The table of settings.

use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::store::error::Result;
use rusqlite::{Connection, params};

pub fn all(connection: &Connection) -> Result<Settings> {
    const ALL: &str = "SELECT key, value FROM settings";
    let mut statement = connection.prepare_cached(ALL)?;
    let rows = statement.query_map([], |row| Ok((row.get("key")?, row.get("value")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The settings as a connection read them last. Between two reads they are the same unless another
/// connection has written, which SQLite tells for less than reading them again.
#[derive(Default)]
pub struct KnownSettings {
    /// Whether the connection has read them at all. A process that reads once must not pay for the second
    /// time.
    has_read: bool,
    /// With the version of the data that they are from.
    last: Option<(i64, Settings)>,
}

impl KnownSettings {
    /// The settings now. The connection must be in a transaction, so that the version and the settings
    /// are from one snapshot.
    pub fn read(&mut self, connection: &Connection) -> Result<Settings> {
        if !self.has_read {
            self.has_read = true;
            return all(connection);
        }
        const VERSION: &str = "PRAGMA data_version";
        let version = connection.prepare_cached(VERSION)?.query_row([], |row| row.get(0))?;
        match &self.last {
            Some((known, settings)) if *known == version => Ok(settings.clone()),
            _ => {
                let settings = all(connection)?;
                self.last = Some((version, settings.clone()));
                Ok(settings)
            }
        }
    }
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
