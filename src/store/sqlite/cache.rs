//! What a connection remembers between look-ups: the settings, and which tokens of the cache are valid for it.

use super::file::Identity;
use super::lookup;
use super::settings::all;
use super::token_cache::TokenCache;
use crate::domain::secret::Hash;
use crate::domain::settings::Settings;
use crate::store::error::Result;
use crate::store::records::{FoundToken, LookUp};
use rusqlite::Connection;

/// The settings as a connection read them last, which stay valid until another connection writes, and tokens
/// that connections share. Asking SQLite whether one has written costs less than reading them again.
#[derive(Default)]
pub struct Cache {
    /// Whether the connection has read them at all. A process that reads only once must not pay
    /// for the version check.
    has_read: bool,
    last: Option<Last>,
    /// Tokens that connections share, and the file of this one.
    tokens: Option<(TokenCache, Identity)>,
}

/// What was read last.
struct Last {
    /// The data version at that time.
    version: i64,
    settings: Settings,
    /// The epoch of the cache of tokens that the data version is of, if that is known.
    epoch: Option<u64>,
}

impl Cache {
    /// A cache of settings, and tokens that are shared with other connections to this file.
    pub fn new(tokens: Option<(TokenCache, Identity)>) -> Self {
        Cache { tokens, ..Cache::default() }
    }

    /// Clears the cache. Call it before this connection writes: its own writes do not change `data_version`.
    pub fn clear(&mut self) {
        self.has_read = false;
        self.last = None;
    }

    /// The tokens with these hashes, and the settings, in one snapshot.
    pub fn look_up(&mut self, connection: &Connection, hashes: &[Hash]) -> Result<LookUp> {
        let ([hash], Some((tokens, file))) = (hashes, &self.tokens) else {
            let work = |_: &mut Last| lookup::look_up(connection, hashes);
            let (settings, found) = read_with(&mut self.last, connection, work)?;
            return Ok(LookUp { found, settings });
        };
        // Before the snapshot is taken.
        let mark = tokens.mark();
        let (settings, found) = read_with(&mut self.last, connection, |last| {
            if last.epoch.is_none() && tokens.is_of_epoch(mark, *file) {
                last.epoch = Some(mark.epoch);
            }
            if let Some(epoch) = last.epoch {
                if let Some(token) = tokens.get(epoch, hash) {
                    return Ok(vec![(0, FoundToken { token, foreign: None })]);
                }
                if tokens.has_none(epoch, hash) {
                    return Ok(Vec::new());
                }
            }
            tokens.miss();
            let found = lookup::look_up(connection, hashes)?;
            if let (Some(epoch), [(_, FoundToken { token, foreign: None })]) =
                (last.epoch, found.as_slice())
            {
                tokens.insert(epoch, mark, hash, token);
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
        Ok(read_with(&mut self.last, connection, |_| Ok(()))?.0)
    }

    /// Whether the settings have been read.
    pub fn has_read(&self) -> bool {
        self.has_read
    }
}

/// The settings now, and what `work` reads, from one snapshot, in a transaction or not: the statement
/// that returns the version stays open until `work` has finished, so both see one snapshot. A
/// BEGIN and a ROLLBACK take a tenth of the instructions of a look-up.
fn read_with<T>(
    last: &mut Option<Last>,
    connection: &Connection,
    work: impl FnOnce(&mut Last) -> Result<T>,
) -> Result<(Settings, T)> {
    const VERSION: &str = "PRAGMA data_version";
    let mut statement = connection.prepare_cached(VERSION)?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let version = row.get(0)?;
    let last = match last {
        Some(last) if last.version == version => last,
        last => last.insert(Last { version, settings: all(connection)?, epoch: None }),
    };
    Ok((last.settings.clone(), work(last)?))
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
        let mut known = Cache::default();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE settings (key TEXT, value TEXT)").unwrap();
        let mut read = |value| {
            let work = |_: &mut Last| {
                // Ends a statement within the snapshot, as a look-up does.
                assert_eq!(all(&reader)?.get(Setting::Prefix), value);
                writer.execute_batch("DELETE FROM settings")?;
                writer.execute_batch("INSERT INTO settings VALUES ('prefix', 'new')")?;
                all(&reader)
            };
            let (settings, read) = read_with(&mut known.last, &reader, work).unwrap();
            assert_eq!(settings.get(Setting::Prefix), value);
            assert_eq!(read.get(Setting::Prefix), value);
        };
        read(None);
        read(Some("new"));
        assert!(reader.is_autocommit());
    }
}
