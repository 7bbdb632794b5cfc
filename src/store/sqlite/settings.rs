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
        Ok(self.read_with(connection, || Ok(()))?.0)
    }

    /// Whether they have been read.
    pub fn are_read(&self) -> bool {
        self.has_read
    }

    /// The settings now, and what `work` reads, from one snapshot, in a transaction or not: the statement
    /// that tells the version is not at its end before `work` is, and so holds the snapshot for both. A
    /// BEGIN and a ROLLBACK take a tenth of the instructions of a look-up.
    pub fn read_with<T>(
        &mut self,
        connection: &Connection,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<(Settings, T)> {
        const VERSION: &str = "PRAGMA data_version";
        let mut statement = connection.prepare_cached(VERSION)?;
        let mut rows = statement.query([])?;
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let version = row.get(0)?;
        let settings = match &self.last {
            Some((known, settings)) if *known == version => settings.clone(),
            _ => {
                let settings = all(connection)?;
                self.last = Some((version, settings.clone()));
                settings
            }
        };
        Ok((settings, work()?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_with_the_settings_is_from_their_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        let open = || Connection::open(&path).unwrap();
        let (reader, writer) = (open(), open());
        let mut known = KnownSettings::default();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE settings (key TEXT, value TEXT)").unwrap();
        let mut read = |value| {
            let work = || {
                // Ends a statement within the snapshot, as a look-up does.
                assert_eq!(all(&reader)?.get(Setting::Prefix), value);
                writer.execute_batch("DELETE FROM settings")?;
                writer.execute_batch("INSERT INTO settings VALUES ('prefix', 'new')")?;
                all(&reader)
            };
            let (settings, read) = known.read_with(&reader, work).unwrap();
            assert_eq!(settings.get(Setting::Prefix), value);
            assert_eq!(read.get(Setting::Prefix), value);
        };
        read(None);
        read(Some("new"));
        assert!(reader.is_autocommit());
    }
}
