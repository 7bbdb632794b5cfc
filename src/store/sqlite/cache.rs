//! A cache of settings and tokens, valid until another connection writes.

use super::lookup;
use super::recent::RecentTokens;
use super::settings::all;
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::store::error::Result;
use crate::store::records::LookUp;
use rusqlite::Connection;

/// The settings as a connection read them last, and tokens that it looked up. They stay valid until another
/// connection writes. Asking SQLite about that costs less than reading them again.
#[derive(Default)]
pub struct Cache {
    /// Whether the connection has read them at all. A process that reads only once must not pay
    /// for the version check.
    has_read: bool,
    /// The settings, and the data version at which they were read.
    last: Option<(i64, Settings)>,
    tokens: RecentTokens,
}

impl Cache {
    /// An empty cache with room for `bytes` bytes of tokens.
    pub fn with_capacity(bytes: usize) -> Self {
        Cache { tokens: RecentTokens::with_capacity(bytes), ..Cache::default() }
    }

    /// Clears the cache. Call it before this connection writes: its own writes do not change `data_version`.
    pub fn clear(&mut self) {
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
    pub fn has_read(&self) -> bool {
        self.has_read
    }

    /// The settings now, and what `work` reads, from one snapshot, in a transaction or not: the statement
    /// that returns the version stays open until `work` has finished, so both see one snapshot. A
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
    use super::super::schema;
    use super::*;
    use crate::domain::setting::Setting;

    #[test]
    fn what_is_read_with_the_settings_is_from_their_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        let open = || Connection::open(&path).unwrap();
        let (reader, writer) = (open(), open());
        let mut known = Cache::default();
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

    #[test]
    fn a_token_in_use_is_read_again_only_after_another_connection_has_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        let (mut reader, writer) =
            (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        schema::migrate(&mut reader).unwrap();
        reader
            .execute_batch(
                "INSERT INTO users (name, name_key, created_at) VALUES ('a', 'a', 0);
                 INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
                 VALUES (zeroblob(32), 'tok_', 'CI', 1, '*', 0)",
            )
            .unwrap();
        let mut cache = Cache::with_capacity(1 << 20);
        let mut name = || {
            let found = cache.look_up(&reader, &[[0; 32]]).unwrap().found;
            found.into_iter().next().unwrap().1.token.name
        };
        assert!((0..30).all(|_| name() == "CI"));
        // Its own write goes unnoticed, which shows that the token is in memory.
        reader.execute_batch("UPDATE tokens SET name = 'own'").unwrap();
        assert_eq!(name(), "CI");
        writer.execute_batch("UPDATE users SET full_name = 'b'").unwrap();
        assert_eq!(name(), "own");
    }
}
