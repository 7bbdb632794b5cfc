//! What a connection remembers until another one writes.

use super::lookup;
use super::recent::RecentTokens;
use super::settings::all;
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::store::error::Result;
use crate::store::records::LookUp;
use rusqlite::Connection;

/// The settings as a connection read them last, and tokens that it looked up. Between two reads they are the
/// same unless another connection has written, which SQLite tells for less than reading them again.
#[derive(Default)]
pub struct Known {
    /// Whether the connection has read them at all. A process that reads once must not pay for the second
    /// time.
    has_read: bool,
    /// With the version of the data that they are from.
    last: Option<(i64, Settings)>,
    tokens: RecentTokens,
}

impl Known {
    /// Nothing yet, with room for tokens of so many bytes.
    pub fn with_room(bytes: usize) -> Self {
        Known { tokens: RecentTokens::with_room(bytes), ..Known::default() }
    }

    /// Forgets all, because the connection itself may write, which SQLite does not tell it.
    pub fn forget(&mut self) {
        self.has_read = false;
        self.last = None;
        self.tokens.clear();
    }

    /// The tokens with these hashes, and the settings, in one snapshot.
    pub fn look_up(&mut self, connection: &Connection, hashes: &[Hash]) -> Result<LookUp> {
        let (settings, found) = self.read_with(connection, |tokens| {
            let [hash] = hashes else { return lookup::look_up(connection, hashes) };
            if let Some(token) = tokens.get(hash) {
                return Ok(vec![(0, token)]);
            }
            let found = lookup::look_up(connection, hashes)?;
            if let [(_, token)] = found.as_slice() {
                tokens.offer(hash, token);
            }
            Ok(found)
        })?;
        Ok(LookUp { found, settings })
    }

    /// The settings now. The connection must be in a transaction, so that the version and the settings
    /// are from one snapshot.
    pub fn read(&mut self, connection: &Connection) -> Result<Settings> {
        if !self.has_read {
            self.has_read = true;
            return all(connection);
        }
        Ok(self.read_with(connection, |_| Ok(()))?.0)
    }

    /// Whether the settings have been read.
    pub fn is_read(&self) -> bool {
        self.has_read
    }

    /// The settings now, and what `work` reads, from one snapshot, in a transaction or not: the statement
    /// that tells the version is not at its end before `work` is, and so holds the snapshot for both. A
    /// BEGIN and a ROLLBACK take a tenth of the instructions of a look-up.
    fn read_with<T>(
        &mut self,
        connection: &Connection,
        work: impl FnOnce(&mut RecentTokens) -> Result<T>,
    ) -> Result<(Settings, T)> {
        const VERSION: &str = "PRAGMA data_version";
        let mut statement = connection.prepare_cached(VERSION)?;
        let mut rows = statement.query([])?;
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let version = row.get(0)?;
        let settings = match &self.last {
            Some((known, settings)) if *known == version => settings.clone(),
            _ => {
                self.tokens.clear();
                let settings = all(connection)?;
                self.last = Some((version, settings.clone()));
                settings
            }
        };
        Ok((settings, work(&mut self.tokens)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::setting::Setting;

    #[test]
    fn what_is_read_with_the_settings_is_from_their_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        let open = || Connection::open(&path).unwrap();
        let (reader, writer) = (open(), open());
        let mut known = Known::default();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE settings (key TEXT, value TEXT)").unwrap();
        let mut read = |value| {
            let work = |_: &mut RecentTokens| {
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
