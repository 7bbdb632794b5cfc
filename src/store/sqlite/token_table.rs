//! Tokens in memory, packed, so that as many as possible fit.

use super::packed::{self, Texts};
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::domain::token::StoredToken;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts that are locked one at a time.
const SHARDS: usize = 64;

/// Bytes of a bucket. The allocator adds 8.
const BUCKET: usize = 2040;

/// How many tokens a bucket has at most.
const ENTRIES: usize = 64;

/// Bytes of a bucket for tokens.
const ROOM: usize = BUCKET - size_of::<u64>() - size_of::<u16>() - size_of::<u8>() - 2 * ENTRIES;

/// How many bytes of the hash are kept. To be taken for another token, a secret would have to have the same
/// first 128 bits of its SHA-256 as one of them.
const TAG: usize = 16;

/// The first bytes of a hash.
type Tag = [u8; TAG];

/// How many of them stand in the entry. The last one is its mark.
const HEAD: usize = TAG - 1;

/// What part of its buckets a shard uses before it adds another one, in percent.
const LOAD: usize = 50;

/// What becomes of a token for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// It is left out.
    Skip,
    /// It replaces an older one.
    Replace,
}

/// Tokens by hash. Those of an earlier epoch of the database are not found.
///
/// A hash leads to a shard, and in it to a bucket, in which tokens stand one after another. Buckets are added
/// one at a time as tokens come (linear hashing, Litwin 1980). When there are no more, the oldest tokens of a
/// bucket make room.
pub struct TokenTable {
    shards: Vec<Mutex<Shard>>,
    /// How many buckets a shard has at most.
    max_buckets: usize,
}

#[derive(Default)]
struct Shard {
    /// The epoch of the texts, and the newest one of the buckets.
    epoch: u64,
    #[expect(
        clippy::vec_box,
        reason = "a vector of buckets would need both copies at once to grow"
    )]
    buckets: Vec<Box<Bucket>>,
    /// Bytes in all buckets.
    used: usize,
    texts: Texts,
}

/// Tokens one after another. Their marks and lengths stand apart, so that a look-up reads hardly any other token.
struct Bucket {
    epoch: u64,
    /// Bytes of all entries.
    used: u16,
    /// How many entries there are.
    count: u8,
    marks: [u8; ENTRIES],
    /// How many pairs of bytes each entry has.
    lengths: [u8; ENTRIES],
    bytes: [u8; ROOM],
}

const _: () = assert!(size_of::<Bucket>() == BUCKET);

impl TokenTable {
    /// An empty table that takes up to this many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        let max_buckets = bytes / (BUCKET + 8) / SHARDS;
        TokenTable { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), max_buckets }
    }

    /// The token with this hash, as it is in this epoch.
    pub fn get(&self, epoch: u64, hash: &Hash) -> Option<StoredToken> {
        let shard = self.shard(hash);
        let tag = hash.first_chunk()?;
        let bucket = shard.buckets.get(position(tag, shard.buckets.len())?)?;
        if shard.epoch != epoch || bucket.epoch != epoch {
            return None;
        }
        packed::unpack(&bucket.bytes[bucket.find(tag)?], &shard.texts)
    }

    /// Adds a token that has been read in this epoch, if `is_valid` still. Returns `false` if it was left out
    /// because there was no room.
    pub fn insert(
        &self,
        epoch: u64,
        hash: &Hash,
        token: &StoredToken,
        full: Full,
        is_valid: impl FnOnce() -> bool,
    ) -> bool {
        let mut shard = self.shard(hash);
        if shard.epoch > epoch || !is_valid() {
            return true;
        }
        if shard.epoch < epoch {
            (shard.epoch, shard.texts) = (epoch, Texts::default());
        }
        let (Some(tag), Some(packed)) = (hash.first_chunk(), packed::pack(token, &mut shard.texts))
        else {
            return true;
        };
        let Some(entry) = Entry::new(tag, &packed) else { return true };
        if shard.used + entry.length() > shard.buckets.len() * ROOM * LOAD / 100
            && shard.buckets.len() < self.max_buckets
        {
            shard.add_bucket();
        }
        let Some(bucket) = bucket_of(&mut shard.buckets, tag) else { return false };
        let before = bucket.used;
        if bucket.epoch < epoch {
            (bucket.epoch, bucket.used, bucket.count) = (epoch, 0, 0);
        }
        let is_there = bucket.find(tag).is_some();
        let has_room = bucket.has_room(entry) || full == Full::Replace;
        if !is_there && has_room {
            bucket.push(entry);
        }
        let after = bucket.used;
        shard.used = shard.used - usize::from(before) + usize::from(after);
        is_there || has_room
    }

    /// Sets the last use of a token.
    pub fn touch(&self, hash: &Hash, at: Timestamp) {
        let mut shard = self.shard(hash);
        let Some(tag) = hash.first_chunk() else { return };
        let Some(bucket) = bucket_of(&mut shard.buckets, tag) else { return };
        if let Some(place) = bucket.find(tag) {
            packed::touch(&mut bucket.bytes[place], at);
        }
    }

    fn shard(&self, hash: &Hash) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[usize::from(hash[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of `count` buckets is for a tag. As many as a power of two have been split already, and the next ones as
/// far as there are buckets for what was split off.
fn position(tag: &Tag, count: usize) -> Option<usize> {
    let bits = u32::from_le_bytes(*tag[1..].first_chunk()?) as usize;
    let split = count.checked_next_power_of_two()?.max(1);
    let position = bits % split;
    Some(if position < count { position } else { position - split / 2 })
}

/// The bucket for a tag.
fn bucket_of<'b>(buckets: &'b mut [Box<Bucket>], tag: &Tag) -> Option<&'b mut Bucket> {
    let position = position(tag, buckets.len())?;
    buckets.get_mut(position).map(Box::as_mut)
}

impl Shard {
    /// Adds a bucket, which takes over a part of the one that is next.
    fn add_bucket(&mut self) {
        let count = self.buckets.len();
        let half = (count + 1).next_power_of_two() / 2;
        self.buckets.push(Box::new(Bucket::empty()));
        let Some(from) = self.buckets.get_mut(count - half).filter(|_| count > 0) else { return };
        let old = std::mem::replace(&mut **from, Bucket::empty());
        for entry in old.entries() {
            if let Some(to) = bucket_of(&mut self.buckets, &entry.tag) {
                to.epoch = old.epoch;
                to.push(entry);
            }
        }
    }
}

/// A token with its tag.
#[derive(Clone, Copy)]
struct Entry<'a> {
    tag: Tag,
    packed: &'a [u8],
    pairs: u8,
}

impl<'a> Entry<'a> {
    fn new(tag: &Tag, packed: &'a [u8]) -> Option<Self> {
        let pairs = u8::try_from((HEAD + packed.len()).div_ceil(2)).ok()?;
        Some(Entry { tag: *tag, packed, pairs })
    }

    /// How many bytes it takes in a bucket.
    fn length(&self) -> usize {
        2 * usize::from(self.pairs)
    }
}

impl Bucket {
    fn empty() -> Self {
        let none = [0; ENTRIES];
        Bucket { epoch: 0, used: 0, count: 0, marks: none, lengths: none, bytes: [0; ROOM] }
    }

    /// The mark of each entry, and where its bytes are.
    fn places(&self) -> impl Iterator<Item = (u8, Range<usize>)> {
        let mut end = 0;
        let count = usize::from(self.count);
        self.marks.iter().zip(&self.lengths).take(count).map(move |(mark, pairs)| {
            let start = end;
            end += 2 * usize::from(*pairs);
            (*mark, start..end)
        })
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.places().filter_map(|(mark, place)| {
            let (head, packed) = self.bytes[place].split_first_chunk::<HEAD>()?;
            let mut tag = [mark; TAG];
            tag[..HEAD].copy_from_slice(head);
            Entry::new(&tag, packed)
        })
    }

    /// Where the token with this tag is.
    fn find(&self, tag: &Tag) -> Option<Range<usize>> {
        let is_it = |place: &Range<usize>| self.bytes[place.clone()].starts_with(&tag[..HEAD]);
        let (_, place) = self.places().find(|(mark, place)| *mark == tag[HEAD] && is_it(place))?;
        Some(place.start + HEAD..place.end)
    }

    fn has_room(&self, entry: Entry) -> bool {
        usize::from(self.count) < ENTRIES && usize::from(self.used) + entry.length() <= ROOM
    }

    /// Adds an entry at the end. The first ones go if there is no room.
    fn push(&mut self, entry: Entry) {
        while !self.has_room(entry) && self.count > 0 {
            self.remove_first();
        }
        let (start, count) = (usize::from(self.used), usize::from(self.count));
        let place = &mut self.bytes[start..start + entry.length()];
        place[..HEAD].copy_from_slice(&entry.tag[..HEAD]);
        place[HEAD..HEAD + entry.packed.len()].copy_from_slice(entry.packed);
        (self.marks[count], self.lengths[count]) = (entry.tag[HEAD], entry.pairs);
        self.used += entry.length() as u16;
        self.count += 1;
    }

    fn remove_first(&mut self) {
        let length = 2 * usize::from(self.lengths[0]);
        self.bytes.copy_within(length..usize::from(self.used), 0);
        self.marks.copy_within(1.., 0);
        self.lengths.copy_within(1.., 0);
        self.used -= length as u16;
        self.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::packed::tests::token;
    use super::*;
    use sha2::{Digest, Sha256};

    const EPOCH: u64 = 7;

    fn hash(id: i64) -> Hash {
        Sha256::digest(id.to_le_bytes()).into()
    }

    fn insert(table: &TokenTable, epoch: u64, id: i64, full: Full) -> bool {
        table.insert(epoch, &hash(id), &token(id), full, || true)
    }

    fn ids(table: &TokenTable, epoch: u64, ids: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let get = |id: &i64| table.get(epoch, &hash(*id)).is_some_and(|found| found.id == *id);
        ids.into_iter().filter(get).collect()
    }

    fn bytes(table: &TokenTable) -> usize {
        let buckets = |shard: &Mutex<Shard>| shard.lock().unwrap().buckets.len();
        table.shards.iter().map(buckets).sum::<usize>() * (BUCKET + 8)
    }

    #[test]
    fn a_token_is_found_by_its_hash_and_in_its_epoch() {
        let table = TokenTable::with_capacity(1 << 20);
        assert!(insert(&table, EPOCH, 1, Full::Replace));
        assert_eq!(table.get(EPOCH, &hash(1)), Some(token(1)));
        assert_eq!(table.get(EPOCH, &hash(2)), None);
        for other in [EPOCH - 1, EPOCH + 1] {
            assert_eq!(table.get(other, &hash(1)), None);
        }
    }

    #[test]
    fn what_is_added_in_one_epoch_is_not_found_in_another() {
        let table = TokenTable::with_capacity(1 << 20);
        (0..1000).for_each(|id| assert!(insert(&table, EPOCH, id, Full::Replace)));
        // Some in each shard, and in few buckets.
        (1000..1600).for_each(|id| assert!(insert(&table, EPOCH + 1, id, Full::Replace)));
        (2000..3000).for_each(|id| assert!(insert(&table, EPOCH, id, Full::Replace)));
        assert_eq!(ids(&table, EPOCH + 1, 0..3000), (1000..1600).collect::<Vec<_>>());
        assert_eq!(ids(&table, EPOCH, 0..3000), [0_i64; 0]);
    }

    #[test]
    fn a_later_epoch_shares_other_texts() {
        let table = TokenTable::with_capacity(1 << 20);
        let named = |id, name: String| StoredToken { name, ..token(id) };
        for epoch in EPOCH..EPOCH + 50 {
            for id in 0..1000 {
                let token = named(id, format!("{epoch} {id}"));
                table.insert(epoch, &hash(id), &token, Full::Replace, || true);
            }
            let found: Vec<_> = (0..1000).filter_map(|id| table.get(epoch, &hash(id))).collect();
            assert!(found.len() > 900);
            assert!(found.iter().all(|it| *it == named(it.id, format!("{epoch} {}", it.id))));
            assert!((0..1000).all(|id| table.get(epoch - 1, &hash(id)).is_none()));
        }
    }

    #[test]
    fn a_token_that_takes_too_many_bytes_is_not_added() {
        let table = TokenTable::with_capacity(1 << 20);
        for length in [0, 1, 2, 128, 255, 480, 481, 482, 600, 70_000] {
            let token = StoredToken { name: "x".repeat(length), ..token(1) };
            let hash = hash(length as i64);
            assert!(table.insert(EPOCH, &hash, &token, Full::Replace, || true));
            let found = table.get(EPOCH, &hash);
            assert!(found.is_none() && length > 470 || found == Some(token), "{length}");
            assert!(found.is_none() || length < 490, "{length}");
        }
    }

    #[test]
    fn what_is_not_valid_any_more_is_not_added() {
        let table = TokenTable::with_capacity(1 << 20);
        table.insert(EPOCH, &hash(1), &token(1), Full::Replace, || false);
        assert_eq!(table.get(EPOCH, &hash(1)), None);
    }

    #[test]
    fn memory_grows_with_the_tokens_up_to_the_limit() {
        let limit = 1 << 20;
        let table = TokenTable::with_capacity(limit);
        assert_eq!(bytes(&table), 0);
        (0..1000).for_each(|id| assert!(insert(&table, EPOCH, id, Full::Replace)));
        assert!(ids(&table, EPOCH, 0..1000).len() > 990, "{}", ids(&table, EPOCH, 0..1000).len());
        assert!(bytes(&table) < limit / 2, "{}", bytes(&table));
        (1000..100_000).for_each(|id| assert!(insert(&table, EPOCH, id, Full::Replace)));
        assert_eq!(bytes(&table), limit);
        let found = ids(&table, EPOCH, 0..100_000);
        assert!(found.len() * 40 > limit, "{} in {limit} bytes", found.len());
        assert!(found.iter().all(|id| *id > 10_000), "the oldest ones go first");
    }

    #[test]
    fn few_tokens_are_left_out_before_the_table_is_full() {
        let limit: i64 = 4 << 20;
        let table = TokenTable::with_capacity(limit as usize);
        let created_at = Timestamp::from_millis(1_800_000_000_000).unwrap();
        // 32 bytes each.
        let count = limit / 32;
        let insert = |id: &i64| {
            let token = StoredToken { created_at, ..token(*id) };
            table.insert(EPOCH, &hash(*id), &token, Full::Skip, || true)
        };
        let first = 1 << 15;
        let kept = (first..first + count).filter(insert).count() as i64;
        assert_eq!(ids(&table, EPOCH, first..first + count).len() as i64, kept);
        assert!(kept * 100 > count * 93, "{kept} of {count}");
    }

    #[test]
    fn without_room_a_token_is_left_out_or_replaces_another() {
        let table = TokenTable::with_capacity(SHARDS * (BUCKET + 8));
        let left_out = (0..10_000).find(|id| !insert(&table, EPOCH, *id, Full::Skip)).unwrap();
        assert_eq!(ids(&table, EPOCH, 0..left_out).len() as i64, left_out);
        assert_eq!(ids(&table, EPOCH, [left_out]), [0_i64; 0]);
        assert!(insert(&table, EPOCH, left_out, Full::Replace));
        assert_eq!(ids(&table, EPOCH, 0..=left_out).len() as i64, left_out);
        assert_eq!(ids(&table, EPOCH, [left_out]), [left_out]);
    }

    #[test]
    fn a_last_use_is_that_of_one_token() {
        let table = TokenTable::with_capacity(1 << 20);
        (0..100).for_each(|id| assert!(insert(&table, EPOCH, id, Full::Skip)));
        let at = Timestamp::from_millis(1_800_000_000_000);
        table.touch(&hash(50), at.unwrap());
        table.touch(&hash(100), at.unwrap());
        for id in 0..100 {
            let last_used_at = if id == 50 { at } else { token(id).last_used_at };
            assert_eq!(
                table.get(EPOCH, &hash(id)),
                Some(StoredToken { last_used_at, ..token(id) })
            );
        }
    }

    #[test]
    fn positions_stay_or_move_to_the_bucket_that_is_added() {
        for count in 1..40 {
            let half = (count + 1usize).next_power_of_two() / 2;
            for id in 0..200 {
                let tag = *hash(id).first_chunk().unwrap();
                let (before, after) = (position(&tag, count), position(&tag, count + 1));
                assert!(before < Some(count));
                assert!(after == before || after == Some(count) && before == Some(count - half));
            }
        }
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let table = TokenTable::with_capacity(0);
        for full in [Full::Skip, Full::Replace] {
            insert(&table, EPOCH, 1, full);
            assert_eq!(table.get(EPOCH, &hash(1)), None);
        }
    }
}
