//! Tokens that a connection looked up recently, in memory.

use crate::domain::secret::Hash;
use crate::store::records::FoundToken;
use std::collections::HashMap;
use std::mem::{size_of, swap};

/// One in this many reads is cached. A token in frequent use soon is; most tokens that are used once are not.
const SAMPLE: u32 = 4;

/// What a token takes without its texts, in bytes: itself, its place in the map, and what the allocator
/// adds.
const OVERHEAD: usize = size_of::<FoundToken>() + 2 * size_of::<Hash>() + 128;

/// Tokens that were looked up recently, by hash. All are from one version of the database. The caller must
/// clear them when it has changed.
#[derive(Default)]
pub struct RecentTokens {
    /// Bytes for each generation.
    room: usize,
    taken: usize,
    newer: HashMap<Hash, Box<FoundToken>>,
    /// Dropped when `newer` is full. A token that is used moves back to `newer`.
    older: HashMap<Hash, Box<FoundToken>>,
    offered: u32,
}

impl RecentTokens {
    /// A cache of at most `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        RecentTokens { room: bytes / 2, ..RecentTokens::default() }
    }

    /// The only token with this hash, if it is in the cache.
    pub fn get(&mut self, hash: &Hash) -> Option<FoundToken> {
        if let Some(found) = self.newer.get(hash) {
            return Some(FoundToken::clone(found));
        }
        let found = self.older.remove(hash)?;
        let copy = FoundToken::clone(&found);
        self.insert(*hash, found);
        Some(copy)
    }

    /// Offers the only token with this hash. One in `SAMPLE` offers is kept.
    pub fn offer(&mut self, hash: &Hash, found: &FoundToken) {
        self.offered = self.offered.wrapping_add(1);
        if self.offered.is_multiple_of(SAMPLE) && size(found) <= self.room {
            self.insert(*hash, Box::new(found.clone()));
        }
    }

    /// Drops all of them.
    pub fn clear(&mut self) {
        self.newer.clear();
        self.older.clear();
        self.taken = 0;
    }

    fn insert(&mut self, hash: Hash, found: Box<FoundToken>) {
        let size = size(&found);
        if self.taken + size > self.room {
            swap(&mut self.newer, &mut self.older);
            self.newer.clear();
            self.taken = 0;
        }
        self.taken += size;
        self.newer.insert(hash, found);
    }
}

/// About how many bytes a token takes.
fn size(found: &FoundToken) -> usize {
    let FoundToken { token, foreign } = found;
    let texts = [&token.name, &token.owner.name, &token.hint, &token.source];
    let optional = [&token.revoked_reason, &token.owner.banned_reason];
    let scopes = token.scopes.iter().map(|scope| scope.as_str().len() + size_of::<String>());
    OVERHEAD
        + texts.into_iter().chain(optional.into_iter().flatten()).map(String::len).sum::<usize>()
        + scopes.sum::<usize>()
        + foreign.as_ref().map_or(0, |(_, id)| id.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scope::Scopes;
    use crate::domain::time::Timestamp;
    use crate::domain::token::StoredToken;
    use crate::domain::user::Owner;

    fn token(id: i64) -> FoundToken {
        let owner =
            Owner { id: 1, name: "a".into(), admin: false, banned: false, banned_reason: None };
        let token = StoredToken {
            id,
            name: "CI".into(),
            owner,
            scopes: Scopes::everything(),
            hint: "tok_abcd".into(),
            created_at: Timestamp::from_millis(0).unwrap(),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revoked_reason: None,
            source: "tokctl".into(),
            replaces: None,
            replaced_by: None,
        };
        FoundToken { token, foreign: None }
    }

    fn hash(id: i64) -> Hash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&id.to_le_bytes());
        hash
    }

    /// Offers each token until it is kept.
    fn keep(recent: &mut RecentTokens, ids: impl IntoIterator<Item = i64>) {
        for id in ids {
            (0..SAMPLE).for_each(|_| recent.offer(&hash(id), &token(id)));
        }
    }

    fn ids(recent: &mut RecentTokens, ids: impl Iterator<Item = i64>) -> Vec<i64> {
        ids.filter_map(|id| recent.get(&hash(id))).map(|found| found.token.id).collect()
    }

    #[test]
    fn a_token_that_is_read_once_is_not_kept() {
        let mut recent = RecentTokens::with_capacity(1 << 20);
        recent.offer(&hash(1), &token(1));
        assert!(recent.get(&hash(1)).is_none());
        keep(&mut recent, [1]);
        assert_eq!(recent.get(&hash(1)).unwrap().token, token(1).token);
        assert!(recent.get(&hash(2)).is_none());
    }

    #[test]
    fn room_is_for_the_newest_and_for_what_is_used() {
        let mut recent = RecentTokens::with_capacity(20 * size(&token(0)));
        for id in 0..30 {
            keep(&mut recent, [id]);
            assert_eq!(recent.get(&hash(0)).unwrap().token.id, 0);
        }
        let left = ids(&mut recent, 0..30);
        assert!(left.contains(&0) && left.contains(&29) && left.len() <= 20, "{left:?}");
    }

    #[test]
    fn a_token_without_room_is_not_kept() {
        let mut recent = RecentTokens::with_capacity(2 * OVERHEAD);
        keep(&mut recent, [1]);
        assert!(recent.get(&hash(1)).is_none());
    }

    #[test]
    fn clearing_frees_the_room() {
        let mut recent = RecentTokens::with_capacity(20 * size(&token(0)));
        keep(&mut recent, 0..8);
        recent.clear();
        assert_eq!(ids(&mut recent, 0..8), [0_i64; 0]);
        keep(&mut recent, 10..18);
        assert_eq!(recent.older.len(), 0);
        assert_eq!(ids(&mut recent, 10..18).len(), 8);
    }
}
