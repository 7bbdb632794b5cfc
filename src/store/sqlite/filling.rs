//! Filling the cache of tokens from the database, while others answer.

use super::file::Identity;
use super::hash_filter::HashFilter;
use super::lookup;
use super::open::{open, set_cache};
use super::token_cache::{Mark, TokenCache};
use super::tokens;
use crate::store::backend::Patience;
use crate::store::error::{Error, Result};
use rusqlite::Connection;
use std::thread;
use std::time::{Duration, Instant};

/// How many rows are read at a time.
const PAGE: u32 = 500;

/// How long no page could be read, because others are busy, before filling is given up.
const GIVE_UP: Duration = Duration::from_secs(3);

/// Memory for pages, in bytes: none is read again but those on the way to the next ones.
const CACHE: usize = 128 << 10;

/// The longest pause between two pages.
const PAUSE: Duration = Duration::from_secs(1);

/// Memory for the filter of hashes, in bytes: enough for 1.6 million of them.
const FILTER: usize = 2 << 20;

/// How many hashes are worth reading. With as many, three of ten others pass the filter.
const MOST_HASHES: u64 = 5_000_000;

impl TokenCache {
    /// Reads the database into the cache: which hashes there are, and then tokens, the newest first, until there
    /// is no more room, somebody else writes, or `keep_going` says no. Returns the epoch that was read.
    ///
    /// # Errors
    ///
    /// When the database could not be read.
    pub fn fill(&self, keep_going: impl Fn() -> bool) -> Result<u64> {
        let mut filling = Filling::begin(self, keep_going)?;
        let hashes = filling.hashes();
        filling.tokens()?;
        hashes.map(|()| filling.epoch)
    }
}

/// Reads the database page by page, as long as it stays in one epoch. Leaves half of the time to others.
struct Filling<'c, G> {
    cache: &'c TokenCache,
    epoch: u64,
    connection: Connection,
    file: Identity,
    keep_going: G,
    /// When the last pause ended.
    resumed: Instant,
    /// When a page was read last.
    succeeded: Instant,
}

impl<'c, G: Fn() -> bool> Filling<'c, G> {
    /// Begins to fill this cache, as long as `keep_going` says so.
    fn begin(cache: &'c TokenCache, keep_going: G) -> Result<Self> {
        let (connection, file) = open(cache.path(), false, Patience::AtOnce)?;
        set_cache(&connection, CACHE)?;
        // What was written so far is noticed before the epoch is noted: the first time, that begins one.
        cache.is_of_epoch(cache.mark(), file);
        let (epoch, now) = (cache.epoch(), Instant::now());
        Ok(Filling { cache, epoch, connection, file, keep_going, resumed: now, succeeded: now })
    }

    /// Reads which hashes there are.
    fn hashes(&mut self) -> Result<()> {
        // Not two at a time: memory is limited.
        self.cache.set_filter(None);
        let count = tokens::count_at_most(&self.connection)?;
        if count > MOST_HASHES {
            return Ok(());
        }
        let mut filter = HashFilter::with_capacity(count, FILTER);
        let mut after = Vec::new();
        while let Some((page, _)) = self.page(|rows| lookup::hashes_after(rows, &after, PAGE))? {
            let Some(last) = page.last() else {
                self.cache.set_filter(Some((self.epoch, filter)));
                break;
            };
            after = last.to_vec();
            page.iter().for_each(|hash| filter.insert(hash));
        }
        Ok(())
    }

    /// Reads tokens, the newest first, until there is no more room.
    fn tokens(&mut self) -> Result<()> {
        let mut before = i64::MAX;
        while let Some((page, mark)) = self.page(|rows| lookup::own_before(rows, before, PAGE))? {
            let Some((_, last)) = page.last() else { break };
            before = last.id;
            let has_room = page
                .iter()
                .filter(|(hash, token)| self.cache.insert_if_room(self.epoch, mark, hash, token));
            if has_room.count() < page.len() / 2 {
                break;
            }
        }
        Ok(())
    }

    /// The page that `read` reads, and the state of the cache before; `None` if it is time to stop.
    fn page<P>(&mut self, read: impl Fn(&Connection) -> Result<P>) -> Result<Option<(P, Mark)>> {
        while (self.keep_going)() && self.succeeded.elapsed() < GIVE_UP {
            thread::sleep(self.resumed.elapsed().min(PAUSE));
            self.resumed = Instant::now();
            let mark = self.cache.mark();
            if mark.epoch != self.epoch {
                break;
            }
            let page = match read(&self.connection) {
                Err(Error::Locked) => continue,
                page => page?,
            };
            // Otherwise others write, or this process records: then the page is read again.
            if self.cache.is_of_epoch(mark, self.file) {
                self.succeeded = Instant::now();
                return Ok(Some((page, mark)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cache::Cache;
    use super::super::token_cache::tests::{connect, served, served_with};
    use super::*;
    use crate::domain::secret::Hash;
    use sha2::{Digest, Sha256};
    use std::cell::Cell;
    use std::fs;
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    const REVOKED: i64 = 600;

    /// One of tokctl's own, and an imported one with the same secret: a look-up finds both.
    const TWICE: i64 = 700;

    const IMPORTED: i64 = -1;

    fn hash(n: i64) -> Hash {
        Sha256::digest(n.to_le_bytes()).into()
    }

    fn insert(other: &Connection, n: i64) {
        let insert = "INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at)
                      VALUES (?1, 'h', 'n' || ?2, 1, 'a', 0)";
        other.execute(insert, rusqlite::params![hash(n), n]).unwrap();
    }

    fn add_special_tokens(other: &Connection) {
        let revoke = "UPDATE tokens SET revoked_at = 1 WHERE hash = ?1";
        other.execute(revoke, [hash(REVOKED)]).unwrap();
        let scheme = "INSERT INTO schemes (kind, prefix, salt) VALUES ('sha256', '', x'')";
        other.execute_batch(scheme).unwrap();
        for n in [TWICE, IMPORTED] {
            let imported = "INSERT INTO tokens
                                (hash, hint, name, user_id, scopes, created_at, scheme_id, foreign_id)
                            VALUES (?1, 'h', 'imported', 1, 'a', 0, 1, '7')";
            other.execute(imported, [hash(n)]).unwrap();
        }
    }

    #[test]
    fn filling_gives_up_when_the_file_is_away() {
        let served = served();
        served.cache.renew_snapshot();
        let away = served.folder.path().join("away");
        let moved = Cell::new(false);
        let move_away = || {
            if !moved.replace(true) {
                fs::rename(served.path(), &away).unwrap();
            }
            true
        };
        let started = Instant::now();
        served.cache.fill(move_away).unwrap();
        assert!(started.elapsed() >= GIVE_UP);
        assert!(started.elapsed() < 2 * GIVE_UP, "for hashes and tokens together");
        assert_eq!(served.cache.get(served.cache.epoch(), &[0; 32]), None);
    }

    #[test]
    fn filling_reads_the_tokens_that_can_be_good_as_long_as_there_is_room() {
        const TOKENS: i64 = 2400;
        let served = served();
        served.other.execute_batch("BEGIN").unwrap();
        (1..=TOKENS).for_each(|n| insert(&served.other, n));
        add_special_tokens(&served.other);
        served.other.execute_batch("COMMIT").unwrap();
        served.cache.renew_snapshot();
        let epoch = served.cache.epoch();
        let is_cached = |n: &i64| served.cache.get(epoch, &hash(*n)).is_some();
        served.cache.fill(|| false).unwrap();
        assert_eq!((1..=TOKENS).filter(is_cached).count(), 0);
        served.cache.fill(|| true).unwrap();
        let cached: Vec<_> = (1..=TOKENS).filter(is_cached).collect();
        assert!(cached.len() > 2300, "{}", cached.len());
        assert!(!cached.contains(&REVOKED) && !cached.contains(&TWICE));
        // A look-up finds what is there, and the others in the file.
        served.change_unnoticed("unnoticed");
        let mut cache = served.connection_cache();
        let mut found = |n| cache.look_up(&served.reader, &[hash(n)]).unwrap().found.pop();
        let some = cached[7];
        assert_eq!(found(some).unwrap().1.token.name, format!("n{some}"));
        assert_eq!(found(REVOKED).unwrap().1.token.name, "unnoticed");
        assert!(found(REVOKED).unwrap().1.token.revoked_at.is_some());
        assert!(found(TOKENS + 1).is_none());
    }

    #[test]
    fn that_no_token_has_a_hash_is_known_once_all_are_read() {
        let served = served();
        (1..=1200).for_each(|n| insert(&served.other, n));
        add_special_tokens(&served.other);
        served.cache.renew_snapshot();
        let mut cache = served.connection_cache();
        let mut count = |n| {
            let missed = served.cache.missed();
            let found = cache.look_up(&served.reader, &[hash(n)]).unwrap().found.len();
            (found, served.cache.missed() - missed)
        };
        assert_eq!(count(5000), (0, 1));
        served.cache.fill(|| true).unwrap();
        let from_memory = (5000..6000).filter(|n| count(*n) == (0, 0)).count();
        assert!(from_memory > 950, "{from_memory}");
        let epoch = served.cache.epoch();
        let all = (1..=1200).map(hash).chain([[0; 32], hash(IMPORTED)]);
        assert!(all.into_iter().all(|hash| !served.cache.has_none(epoch, &hash)));
        assert_eq!((1..=1200).filter(|n| count(*n).0 == 0).count(), 0);
        assert_eq!(count(TWICE), (2, 1));
        assert_eq!(count(IMPORTED), (1, 1));
        // Whatever comes is found at once.
        (5000..5100).for_each(|n| {
            insert(&served.other, n);
            assert_eq!(count(n), (1, 1));
        });
        assert_eq!(count(6001), (0, 1));
    }

    #[test]
    fn the_first_filling_is_of_the_epoch_that_it_begins() {
        let served = served();
        assert_eq!(served.cache.fill(|| true).unwrap(), served.cache.epoch());
        assert!(served.cache.get(served.cache.epoch(), &[0; 32]).is_some());
        assert!(served.cache.has_none(served.cache.epoch(), &hash(1)));
    }

    #[test]
    fn without_the_hashes_there_are_still_the_tokens() {
        let served = served();
        served.other.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let index = "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size
                     WHERE name = 'tokens_by_hash'";
        let columns = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
        let (page, size): (u64, u64) = served.other.query_row(index, [], columns).unwrap();
        let file = fs::OpenOptions::new().write(true).open(served.path()).unwrap();
        file.write_all_at(&[0xff; 100], (page - 1) * size).unwrap();
        assert!(served.cache.fill(|| true).is_err());
        assert!(served.cache.get(served.cache.epoch(), &[0; 32]).is_some());
    }

    #[test]
    fn a_page_that_is_locked_is_read_again() {
        let served = served_with("DELETE");
        let turns = Cell::new(0);
        let keep_going = || {
            turns.set(turns.get() + 1);
            match turns.get() {
                1 => served.other.execute_batch("BEGIN EXCLUSIVE").unwrap(),
                4 => served.other.execute_batch("COMMIT").unwrap(),
                _ => {}
            }
            true
        };
        served.cache.fill(keep_going).unwrap();
        assert!(served.cache.get(served.cache.epoch(), &[0; 32]).is_some());
    }

    #[test]
    fn hashes_of_two_epochs_make_no_filter() {
        let served = served();
        (1..=1200).for_each(|n| insert(&served.other, n));
        served.cache.renew_snapshot();
        let pages = Cell::new(0);
        let keep_going = || {
            if pages.replace(pages.get() + 1) == 2 {
                insert(&served.other, 2000);
            }
            true
        };
        let filled = served.cache.fill(keep_going).unwrap();
        assert!(pages.get() > 3);
        let epoch = served.cache.epoch();
        assert_eq!(filled, epoch - 1);
        assert!((epoch - 1..=epoch).all(|epoch| !served.cache.has_none(epoch, &hash(3000))));
    }

    #[test]
    fn a_token_is_found_from_the_commit_on_that_created_it() {
        const TOKENS: i64 = 200;
        let served = served();
        let created = AtomicI64::new(0);
        let is_over = || created.load(Ordering::SeqCst) == TOKENS;
        let hits = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                let (path, cache, file) = (served.path(), &served.cache, served.identity());
                let (created, is_over, hits) = (&created, &is_over, &hits);
                scope.spawn(move || {
                    let reader = connect(&path);
                    let mut known = Cache::new(Some((cache.clone(), file)));
                    while !is_over() {
                        // The last one that there is, and the next one.
                        let last = created.load(Ordering::SeqCst);
                        for n in [last, last + 1] {
                            let missed = cache.missed();
                            let found = known.look_up(&reader, &[hash(n)]).unwrap().found;
                            assert!(n == 0 || n > last || !found.is_empty(), "{n}");
                            let is_hit = found.is_empty() && missed == cache.missed();
                            hits.fetch_add(u64::from(is_hit), Ordering::Relaxed);
                        }
                    }
                });
            }
            let (cache, is_over) = (&served.cache, &is_over);
            scope.spawn(move || {
                while !is_over() {
                    cache.renew_snapshot();
                    // It may be locked.
                    let _ = cache.fill(|| !is_over());
                }
            });
            served.other.busy_timeout(Duration::from_secs(5)).unwrap();
            for n in 1..=TOKENS {
                insert(&served.other, n);
                created.store(n, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(5));
            }
        });
        assert!(hits.into_inner() > 100, "the filter was used");
    }
}
