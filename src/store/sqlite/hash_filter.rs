//! A few bits for each hash that there is, by which most of the others are known.

use crate::domain::secret::Hash;

/// Bits for each hash.
const BITS: u64 = 10;

/// Bits of a block, which a processor reads at once.
const BLOCK: usize = 512;

/// How many bits of its block a hash sets.
const SET: usize = 5;

/// A Bloom filter in blocks (Putze, Sanders and Singler 2007): a hash leads to a block, and in it to a few bits.
/// If one of them is not set, the hash has not been added. With as many hashes as it is made for, one of a
/// hundred others passes.
pub struct HashFilter {
    blocks: Vec<[u64; BLOCK / 64]>,
}

impl HashFilter {
    /// An empty filter for `count` hashes, of up to `bytes` bytes. With more hashes, more of the others pass.
    pub fn with_capacity(count: u64, bytes: usize) -> Self {
        let wanted = count.saturating_mul(BITS).div_ceil(BLOCK as u64).max(1);
        let most = (bytes / (BLOCK / 8)).max(1);
        let blocks = usize::try_from(wanted).unwrap_or(most).min(most);
        HashFilter { blocks: vec![[0; BLOCK / 64]; blocks] }
    }

    /// Adds a hash.
    pub fn insert(&mut self, hash: &Hash) {
        let block = self.position(hash);
        for bit in bits(hash) {
            self.blocks[block][bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Whether the hash may have been added. If not, it has not.
    pub fn may_contain(&self, hash: &Hash) -> bool {
        let block = &self.blocks[self.position(hash)];
        bits(hash).all(|bit| block[bit / 64] & (1 << (bit % 64)) != 0)
    }

    /// The block for a hash.
    fn position(&self, hash: &Hash) -> usize {
        ((u128::from(number(hash, 16)) * self.blocks.len() as u128) >> 64) as usize
    }
}

/// The bits of a hash in its block.
fn bits(hash: &Hash) -> impl Iterator<Item = usize> {
    let number = number(hash, 24);
    (0..SET).map(move |n| (number >> (n * BLOCK.ilog2() as usize)) as usize % BLOCK)
}

/// Eight bytes of a hash, which are as good as chosen at random.
fn number(hash: &Hash, at: usize) -> u64 {
    hash[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn hash(n: u64) -> Hash {
        Sha256::digest(n.to_le_bytes()).into()
    }

    fn filter(count: u64, bytes: usize) -> HashFilter {
        let mut filter = HashFilter::with_capacity(count, bytes);
        (0..count).for_each(|n| filter.insert(&hash(n)));
        filter
    }

    /// How many of a thousand hashes that were not added pass.
    fn passing(filter: &HashFilter) -> usize {
        (1_000_000..1_001_000).filter(|n| filter.may_contain(&hash(*n))).count()
    }

    #[test]
    fn what_was_added_passes_and_hardly_anything_else() {
        for count in [1, 10, 1000, 50_000] {
            let filter = filter(count, 1 << 20);
            assert!((0..count).all(|n| filter.may_contain(&hash(n))), "{count}");
            assert!(passing(&filter) < 30, "{count}: {}", passing(&filter));
        }
    }

    #[test]
    fn nothing_passes_an_empty_filter() {
        assert_eq!(passing(&filter(0, 1 << 20)), 0);
    }

    #[test]
    fn it_takes_no_more_than_its_bytes() {
        for bytes in [0, 64, 1000, 5000] {
            let filter = filter(50_000, bytes);
            assert!(size_of_val(&filter.blocks[..]) <= bytes.max(64));
            assert!((0..50_000).all(|n| filter.may_contain(&hash(n))));
        }
        assert!(size_of_val(&filter(1000, 1 << 20).blocks[..]) < 1400);
        HashFilter::with_capacity(u64::MAX, 64);
    }
}
