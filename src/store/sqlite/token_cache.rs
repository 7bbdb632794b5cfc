//! Tokens in memory that the connections of a server share, and how they know that these are up to date.

use super::file::{Identity, Place};
use super::hash_filter::HashFilter;
use super::open::{open, set_cache, set_patience};
use super::token_table::{Full, TokenTable};
use super::{journal, snapshot, tokens};
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::StoredToken;
use crate::store::backend::Patience;
use crate::store::error::Result;
use crate::store::unfinished::survive_a_file_size_limit;
use rusqlite::Connection;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

/// A cache of tokens that stores of one database share.
///
/// `PRAGMA data_version` tells a connection whether another one has written, but not what. Last uses are
/// written each second, and must not make everything in memory useless. So one connection, which belongs to the
/// cache, records them: a change that this connection notices is somebody else's, and begins an epoch. Within an
/// epoch, tokens stay the same but for their last uses, which are written to the cache, too.
///
/// That connection also keeps a snapshot open. As long as it is the newest one, no other connection of this
/// process needs a system call to lock it. With two of them for each look-up, which SQLite makes in a mutex, threads
/// waited for each other. While others write, it keeps no snapshot: that would stop the write-ahead log from being
/// reused.
#[derive(Clone)]
pub struct TokenCache(Arc<Shared>);

struct Shared {
    path: PathBuf,
    tokens: TokenTable,
    /// Which hashes there are, in an epoch.
    filter: RwLock<Option<(u64, HashFilter)>>,
    /// How many look-ups the cache could not answer.
    missed: AtomicU64,
    /// How many times it was noticed that others have written.
    epoch: AtomicU64,
    /// How many times last uses were written.
    touches: AtomicU64,
    recorder: Mutex<Recorder>,
}

/// The connection that writes last uses and attempts, and nothing else.
struct Recorder {
    connection: Connection,
    place: Place,
    /// The data version of the epoch.
    version: Option<i64>,
    /// Whether nobody else has written lately.
    is_quiet: bool,
    /// Whether this connection has written since the log was copied last.
    has_written: bool,
}

/// Memory for pages of the connection that records, in bytes.
const RECORDER_CACHE: usize = 512 << 10;

/// The state of the cache at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The epoch, or an earlier one if a change had not been noticed yet.
    pub epoch: u64,
    touches: u64,
}

impl TokenCache {
    /// An empty cache of up to `bytes` bytes for the database at this path.
    ///
    /// # Errors
    ///
    /// Whatever keeps the database from being opened.
    pub fn open(path: &Path, bytes: usize) -> Result<Self> {
        let recorder = Recorder::open(path, Patience::Wait)?;
        let shared = Shared {
            path: path.to_path_buf(),
            tokens: TokenTable::with_capacity(bytes),
            filter: RwLock::default(),
            missed: AtomicU64::new(0),
            epoch: AtomicU64::new(1),
            touches: AtomicU64::new(0),
            recorder: Mutex::new(recorder),
        };
        Ok(TokenCache(Arc::new(shared)))
    }

    /// The database.
    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// How many times it was noticed that others have written.
    pub fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::SeqCst)
    }

    /// The state now.
    pub(super) fn mark(&self) -> Mark {
        Mark { epoch: self.epoch(), touches: self.0.touches.load(Ordering::SeqCst) }
    }

    /// Whether a snapshot of this file, which was taken after `mark`, is of that epoch: nobody else has
    /// written since. Also `false` if that is not known now.
    pub(super) fn is_of_epoch(&self, mark: Mark, file: Identity) -> bool {
        let Some(mut recorder) = self.recorder_if_free() else { return false };
        let is_known = self.notice_changes(&mut recorder).is_ok();
        is_known && recorder.place.identity() == file && self.epoch() == mark.epoch
    }

    /// Copies what was written from the log to the database, and renews the snapshot that is kept open, unless
    /// others have written since the last time. To be called each second, on a thread that may wait.
    pub fn renew_snapshot(&self) {
        let epoch = self.epoch();
        if let Some(mut recorder) = self.recorder_if_free() {
            let _ = self.notice_changes(&mut recorder);
            if recorder.is_quiet && !recorder.has_written {
                return;
            }
        }
        let have_others_written = self.epoch() != epoch;
        // A snapshot from before the end of the log would stop the log from being reused.
        let is_copied = self.copy_log().unwrap_or(false);
        if let Some(mut recorder) = self.recorder_if_free() {
            recorder.is_quiet = is_copied && !have_others_written;
            recorder.has_written = false;
            let _ = self.notice_changes(&mut recorder);
        }
    }

    /// Copies what can be copied from the log to the database, and returns whether that was all. In a connection
    /// of its own: it can take long.
    fn copy_log(&self) -> Result<bool> {
        let (connection, _) = open(&self.0.path, false, Patience::AtOnce)?;
        let columns = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
        let (busy, log, copied): (i64, i64, i64) = connection.query_row(checkpoint, [], columns)?;
        Ok(busy == 0 && log == copied)
    }

    fn recorder_if_free(&self) -> Option<MutexGuard<'_, Recorder>> {
        match self.0.recorder.try_lock() {
            Ok(recorder) => Some(recorder),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Begins an epoch if somebody else has written; otherwise renews the snapshot that is kept open.
    fn notice_changes(&self, recorder: &mut Recorder) -> Result<()> {
        snapshot::roll_back(&recorder.connection);
        if !recorder.place.leads_there(Instant::now(), Duration::ZERO) {
            // If that fails, it is tried again.
            *recorder = Recorder::open(&self.0.path, Patience::AtOnce)?;
        }
        let version = recorder.take_snapshot()?;
        if recorder.version.replace(version) != Some(version) {
            self.0.epoch.fetch_add(1, Ordering::SeqCst);
            recorder.is_quiet = false;
        }
        if !recorder.is_quiet || !journal::is_write_ahead(&recorder.connection)? {
            snapshot::roll_back(&recorder.connection);
        }
        Ok(())
    }

    /// The token with this hash as it is in this epoch, if it is in the cache.
    pub(super) fn get(&self, epoch: u64, hash: &Hash) -> Option<StoredToken> {
        self.0.tokens.get(epoch, hash)
    }

    /// Whether it is known that no token has this hash in this epoch.
    pub(super) fn has_none(&self, epoch: u64, hash: &Hash) -> bool {
        let filter = self.0.filter.read().unwrap_or_else(PoisonError::into_inner);
        filter.as_ref().is_some_and(|(of, filter)| *of == epoch && !filter.may_contain(hash))
    }

    /// Adds a token from a snapshot of this epoch that was taken after `mark`. An older one makes room.
    pub(super) fn insert(&self, epoch: u64, mark: Mark, hash: &Hash, token: &StoredToken) {
        self.0.tokens.insert(epoch, hash, token, Full::Replace, self.is_untouched_since(mark));
    }

    /// The same if there is room. Returns whether there was.
    pub(super) fn insert_if_room(
        &self,
        epoch: u64,
        mark: Mark,
        hash: &Hash,
        token: &StoredToken,
    ) -> bool {
        self.0.tokens.insert(epoch, hash, token, Full::Skip, self.is_untouched_since(mark))
    }

    /// Sets which hashes there are, and in which epoch.
    pub(super) fn set_filter(&self, filter: Option<(u64, HashFilter)>) {
        *self.0.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
    }

    /// Whether no last use has been written since.
    fn is_untouched_since(&self, mark: Mark) -> impl FnOnce() -> bool {
        move || self.0.touches.load(Ordering::SeqCst) == mark.touches
    }

    /// Counts a look-up that the cache could not answer.
    pub(super) fn miss(&self) {
        self.0.missed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many look-ups the cache could not answer.
    pub fn missed(&self) -> u64 {
        self.0.missed.load(Ordering::Relaxed)
    }

    /// Begins a transaction that records. It never waits for another process.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from starting.
    pub(super) fn record(&self) -> Result<Recording<'_>> {
        let mut recorder = self.0.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        self.notice_changes(&mut recorder)?;
        snapshot::roll_back(&recorder.connection);
        survive_a_file_size_limit();
        recorder.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Recording { cache: self, recorder, touched: Vec::new(), is_committed: false })
    }
}

impl Recorder {
    fn open(path: &Path, patience: Patience) -> Result<Self> {
        let (connection, file) = open(path, false, patience)?;
        set_patience(&connection, Patience::AtOnce)?;
        set_cache(&connection, RECORDER_CACHE)?;
        // Others wait for the connection: see `TokenCache::copy_log`.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        journal::limit_log(&connection)?;
        Ok(Recorder {
            connection,
            place: Place::new(path, file),
            version: None,
            is_quiet: false,
            has_written: false,
        })
    }

    /// Takes a snapshot. Returns a number that changes when another connection writes.
    fn take_snapshot(&self) -> Result<i64> {
        const VERSION: &str = "PRAGMA data_version";
        snapshot::begin(&self.connection)?;
        Ok(self.connection.prepare_cached(VERSION)?.query_row([], |row| row.get(0))?)
    }
}

/// A transaction that records.
pub struct Recording<'c> {
    cache: &'c TokenCache,
    recorder: MutexGuard<'c, Recorder>,
    touched: Vec<(Hash, Timestamp)>,
    is_committed: bool,
}

impl Deref for Recording<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.recorder.connection
    }
}

impl Recording<'_> {
    pub fn touch(&mut self, ids: &[i64], at: Timestamp) -> Result<()> {
        let hashes = tokens::touch_returning(self, ids, at)?;
        self.touched.extend(hashes.into_iter().map(|hash| (hash, at)));
        Ok(())
    }

    pub fn commit(&mut self) -> Result<()> {
        self.execute_batch("COMMIT")?;
        self.is_committed = true;
        self.recorder.has_written = true;
        if !self.touched.is_empty() {
            // Count first: a token that was read before the commit must not be added afterwards.
            self.cache.0.touches.fetch_add(1, Ordering::SeqCst);
        }
        for (hash, at) in self.touched.drain(..) {
            self.cache.0.tokens.touch(&hash, at);
        }
        let _ = self.cache.notice_changes(&mut self.recorder);
        Ok(())
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        // What was not committed. After a commit, it is the snapshot that is kept open.
        if !self.is_committed {
            snapshot::roll_back(self);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::cache::Cache;
    use super::super::schema;
    use super::*;
    use sha2::{Digest, Sha256};
    use std::fs;
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Duration;
    use tempfile::TempDir;

    /// A database with one token, which a server has open, and a cache for it.
    pub struct Served {
        pub folder: TempDir,
        pub cache: TokenCache,
        pub reader: Connection,
        /// Another program.
        pub other: Connection,
    }

    pub fn connect(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        connection
    }

    fn create(path: &Path, journal: &str) {
        let mut connection = connect(path);
        schema::migrate(&mut connection).unwrap();
        connection.pragma_update(None, "journal_mode", journal).unwrap();
        connection.pragma_update(None, "application_id", schema::APPLICATION_ID).unwrap();
        connection
            .execute_batch(
                "INSERT INTO users (name, name_key, created_at) VALUES ('a', 'a', 0);
                 INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
                 VALUES (zeroblob(32), 'tok_', 'CI', 1, '*', 0)",
            )
            .unwrap();
    }

    pub fn served_with(journal: &str) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        create(&path, journal);
        let cache = TokenCache::open(&path, 1 << 20).unwrap();
        let (reader, other) = (connect(&path), connect(&path));
        Served { folder, cache, reader, other }
    }

    pub fn served() -> Served {
        served_with("WAL")
    }

    impl Served {
        pub fn path(&self) -> PathBuf {
            self.folder.path().join("database")
        }

        pub fn identity(&self) -> Identity {
            Identity::of(&self.path()).unwrap()
        }

        /// What a server's connection to the database knows.
        pub fn connection_cache(&self) -> Cache {
            Cache::new(Some((self.cache.clone(), self.identity())))
        }

        fn token(&self, cache: &mut Cache) -> StoredToken {
            let found = cache.look_up(&self.reader, &[[0; 32]]).unwrap().found;
            found.into_iter().next().unwrap().1.token
        }

        /// Changes all names in a way that the cache does not notice: where the old one is found, it was in
        /// memory.
        pub fn change_unnoticed(&self, name: &str) {
            self.reader.execute("UPDATE tokens SET name = ?1", [name]).unwrap();
            let mut recorder = self.cache.0.recorder.lock().unwrap();
            snapshot::roll_back(&recorder.connection);
            recorder.version = Some(recorder.take_snapshot().unwrap());
            snapshot::roll_back(&recorder.connection);
        }

        fn record(&self, at: i64) {
            let mut recording = self.cache.record().unwrap();
            recording.touch(&[1], Timestamp::from_millis(at).unwrap()).unwrap();
            recording.commit().unwrap();
        }
    }

    #[test]
    fn a_token_in_use_is_read_again_only_after_somebody_else_has_written() {
        for journal in ["WAL", "DELETE"] {
            let served = served_with(journal);
            let mut cache = served.connection_cache();
            assert!((0..3).all(|_| served.token(&mut cache).name == "CI"));
            served.change_unnoticed("unnoticed");
            assert_eq!(served.token(&mut cache).name, "CI", "{journal}");
            served.other.execute_batch("UPDATE users SET full_name = 'b'").unwrap();
            assert_eq!(served.token(&mut cache).name, "unnoticed", "{journal}");
        }
    }

    #[test]
    fn a_last_use_that_is_recorded_changes_only_that() {
        let served = served();
        let (mut cache, mut another) = (served.connection_cache(), served.connection_cache());
        served.token(&mut cache);
        served.token(&mut cache);
        served.change_unnoticed("unnoticed");
        for second in 1..4 {
            served.record(second * 1000);
            for cache in [&mut cache, &mut another] {
                let token = served.token(cache);
                assert_eq!(token.name, "CI", "from memory");
                assert_eq!(token.last_used_at, Timestamp::from_millis(second * 1000));
            }
        }
        let in_file: i64 = served
            .other
            .query_row("SELECT last_used_at FROM tokens", [], |row| row.get(0))
            .unwrap();
        assert_eq!(in_file, 3000);
    }

    #[test]
    fn what_is_rolled_back_is_not_in_the_cache() {
        let served = served();
        let mut cache = served.connection_cache();
        served.token(&mut cache);
        served.token(&mut cache);
        let mut recording = served.cache.record().unwrap();
        recording.touch(&[1], Timestamp::from_millis(1000).unwrap()).unwrap();
        drop(recording);
        assert_eq!(served.token(&mut cache).last_used_at, None);
        served.record(2000);
        assert_eq!(served.token(&mut cache).last_used_at, Timestamp::from_millis(2000));
    }

    #[test]
    fn a_snapshot_from_before_a_change_is_of_no_epoch_after_it() {
        let served = served();
        served.cache.renew_snapshot();
        let mark = served.cache.mark();
        assert!(served.cache.is_of_epoch(mark, served.identity()));
        served.other.execute_batch("UPDATE tokens SET revoked_at = 1").unwrap();
        for _ in 0..2 {
            assert!(!served.cache.is_of_epoch(mark, served.identity()));
        }
        assert!(served.cache.is_of_epoch(served.cache.mark(), served.identity()));
    }

    #[test]
    fn a_change_is_noticed_also_if_this_process_records_right_after_it() {
        let served = served();
        let mut cache = served.connection_cache();
        served.token(&mut cache);
        served.token(&mut cache);
        let mark = served.cache.mark();
        served.other.execute_batch("UPDATE tokens SET name = 'other'").unwrap();
        served.record(1000);
        assert!(!served.cache.is_of_epoch(mark, served.identity()));
        assert_eq!(served.token(&mut cache).name, "other");
    }

    #[test]
    fn while_this_process_records_nothing_is_known_and_everything_is_read() {
        let served = served();
        let mut cache = served.connection_cache();
        served.token(&mut cache);
        served.token(&mut cache);
        served.change_unnoticed("unnoticed");
        let mark = served.cache.mark();
        let recording = served.cache.record().unwrap();
        assert!(!served.cache.is_of_epoch(mark, served.identity()));
        let mut another = served.connection_cache();
        assert!((0..3).all(|_| served.token(&mut another).name == "unnoticed"));
        served.cache.renew_snapshot();
        drop(recording);
        assert!(served.cache.is_of_epoch(served.cache.mark(), served.identity()));
    }

    #[test]
    fn what_was_read_before_a_last_use_was_recorded_is_not_added_after_it() {
        let served = served();
        let mut cache = served.connection_cache();
        served.cache.renew_snapshot();
        let mark = served.cache.mark();
        let token = served.token(&mut cache);
        served.record(1000);
        let another = [9; 32];
        served.cache.insert(mark.epoch, mark, &another, &token);
        assert_eq!(served.cache.get(mark.epoch, &another), None);
        served.cache.insert(mark.epoch, served.cache.mark(), &another, &token);
        assert_eq!(served.cache.get(mark.epoch, &another).unwrap().id, 1);
    }

    #[test]
    fn a_file_that_is_replaced_is_another_epoch_for_those_who_have_it_open() {
        let served = served();
        served.cache.renew_snapshot();
        let (mark, old) = (served.cache.mark(), served.identity());
        assert!(served.cache.is_of_epoch(mark, old));
        let replacement = served.folder.path().join("replacement");
        create(&replacement, "DELETE");
        fs::rename(&replacement, served.path()).unwrap();
        // For the side files of the old one, see `restore.rs`.
        for suffix in ["-wal", "-shm"] {
            fs::remove_file(served.folder.path().join(format!("database{suffix}"))).unwrap();
        }
        let new = served.identity();
        assert_ne!(old, new);
        assert!(!served.cache.is_of_epoch(mark, new));
        assert!(!served.cache.is_of_epoch(mark, old));
        assert!(served.cache.is_of_epoch(served.cache.mark(), new));
        assert!(!served.cache.is_of_epoch(served.cache.mark(), old));
    }

    #[test]
    fn a_snapshot_is_kept_only_while_nobody_else_writes() {
        let served = served();
        let write = || served.other.execute_batch("UPDATE tokens SET name = name || 'b'").unwrap();
        // Whether all that was written could be copied from the log to the database.
        let is_free = || {
            let columns = |row: &rusqlite::Row| Ok((row.get(1)?, row.get(2)?));
            let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
            let (log, copied): (i64, i64) =
                served.other.query_row(checkpoint, [], columns).unwrap();
            log == copied
        };
        let second = || served.cache.renew_snapshot();
        second();
        second();
        write();
        assert!(!is_free(), "a snapshot from before is kept");
        let mark = served.cache.mark();
        assert!(!served.cache.is_of_epoch(mark, served.identity()));
        assert!(is_free(), "somebody else has written");
        write();
        assert!(is_free());
        second();
        write();
        assert!(is_free(), "noticed by the renewal");
        second();
        second();
        served.record(1000);
        write();
        assert!(!is_free(), "what this process recorded makes no difference");
    }

    #[test]
    fn the_log_stays_short_while_another_program_writes_now_and_then() {
        let served = served();
        let log = || fs::metadata(served.folder.path().join("database-wal")).unwrap().len();
        served.other.execute_batch("CREATE TABLE filler (n, text)").unwrap();
        for _ in 0..30 {
            served
                .other
                .execute_batch(
                    "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 50)
                     INSERT INTO filler SELECT n, zeroblob(4000) FROM n",
                )
                .unwrap();
            (0..3).for_each(|_| served.cache.renew_snapshot());
        }
        assert!(log() < 1 << 20, "{}", log());
    }

    #[test]
    fn the_log_stays_short_while_several_servers_record() {
        let served = served();
        // As another server, which leaves the copying to its own renewals.
        served.other.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let write =
            "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
                     INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
                     SELECT randomblob(32), 'h', 'n', 1, 'a', 0 FROM n";
        served.other.execute_batch(write).unwrap();
        let ids: Vec<i64> = (1..=2000).collect();
        for second in 1..60 {
            let mut recording = served.cache.record().unwrap();
            recording.touch(&ids, Timestamp::from_millis(second * 1000).unwrap()).unwrap();
            recording.commit().unwrap();
            drop(recording);
            served
                .other
                .execute_batch("UPDATE users SET full_name = ifnull(full_name, '') || 'b'")
                .unwrap();
            served.cache.renew_snapshot();
        }
        let log = fs::metadata(served.folder.path().join("database-wal")).unwrap().len();
        assert!(log < 2 << 20, "{log}");
    }

    #[test]
    fn a_commit_that_fails_changes_nothing_in_the_cache() {
        let served = served_with("DELETE");
        let mut cache = served.connection_cache();
        served.token(&mut cache);
        served.token(&mut cache);
        served.other.execute_batch("BEGIN; SELECT * FROM tokens").unwrap();
        let mut recording = served.cache.record().unwrap();
        recording.touch(&[1], Timestamp::from_millis(1000).unwrap()).unwrap();
        assert!(recording.commit().is_err());
        drop(recording);
        served.other.execute_batch("COMMIT").unwrap();
        assert_eq!(served.token(&mut cache).last_used_at, None);
    }

    #[test]
    fn a_token_is_never_good_after_the_commit_that_revoked_it() {
        const TOKENS: usize = 200;
        let served = served();
        let hash = |n: usize| -> Hash { Sha256::digest(n.to_le_bytes()).into() };
        for n in 0..TOKENS {
            let insert = "INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
                          VALUES (?1, 'h', ?2, 1, 'a', 0)";
            served.other.execute(insert, rusqlite::params![hash(n), n.to_string()]).unwrap();
        }
        let revoked: Vec<AtomicBool> = (0..TOKENS).map(|_| AtomicBool::new(false)).collect();
        let is_over = AtomicBool::new(false);
        let hits = AtomicU64::new(0);
        thread::scope(|scope| {
            for start in 0..2 {
                let (served, revoked, is_over) = (&served, &revoked, &is_over);
                let (path, cache, file) = (served.path(), &served.cache, served.identity());
                let hits = &hits;
                scope.spawn(move || {
                    let reader = connect(&path);
                    let mut known = Cache::new(Some((cache.clone(), file)));
                    for n in (0..TOKENS).cycle().skip(start * 100) {
                        let was_revoked = revoked[n].load(Ordering::SeqCst);
                        let missed = cache.missed();
                        let found = known.look_up(&reader, &[hash(n)]).unwrap().found;
                        let is_revoked = found[0].1.token.revoked_at.is_some();
                        assert!(is_revoked || !was_revoked, "{n}");
                        hits.fetch_add(u64::from(missed == cache.missed()), Ordering::Relaxed);
                        if is_over.load(Ordering::SeqCst) {
                            return;
                        }
                    }
                });
            }
            let (cache, is_over) = (&served.cache, &is_over);
            scope.spawn(move || {
                for second in (1..).take_while(|_| !is_over.load(Ordering::SeqCst)) {
                    cache.renew_snapshot();
                    // Another one may be writing.
                    if let Ok(mut recording) = cache.record() {
                        let at = Timestamp::from_millis(second * 1000).unwrap();
                        let ids: Vec<i64> = (1..=TOKENS as i64).collect();
                        recording.touch(&ids, at).unwrap();
                        recording.commit().unwrap();
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            });
            served.other.busy_timeout(Duration::from_secs(5)).unwrap();
            for (n, revoked) in revoked.iter().enumerate() {
                let revoke = "UPDATE tokens SET revoked_at = 1 WHERE hash = ?1";
                assert_eq!(served.other.execute(revoke, [hash(n)]).unwrap(), 1);
                revoked.store(true, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(3));
            }
            is_over.store(true, Ordering::SeqCst);
        });
        assert!(hits.into_inner() > 1000, "the cache was used");
    }

    #[test]
    fn with_a_rollback_journal_no_snapshot_keeps_writers_out() {
        let served = served_with("DELETE");
        (0..3).for_each(|_| served.cache.renew_snapshot());
        served.other.execute_batch("UPDATE tokens SET name = 'b'").unwrap();
    }
}
