//! A token in as few bytes as possible: the last use, and the rest.

use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::domain::token::StoredToken;
use crate::domain::user::Owner;
use std::collections::HashMap;
use std::sync::Arc;

/// Bytes of a last use.
const LAST_USE: usize = 4;

/// The system of tokens that are packed.
const SOURCE: &str = "tokctl";

/// Texts that tokens share, so that each has only a number, which takes a byte.
#[derive(Default)]
pub struct Texts {
    numbers: HashMap<Arc<[u8]>, u64>,
    texts: Vec<Arc<[u8]>>,
}

/// How many texts are shared: the first ones.
const TEXTS: usize = 127;

/// The longest text that is shared, in bytes.
const LONGEST: usize = 128;

impl Texts {
    /// The number of a text, from 1 on.
    fn number(&mut self, text: &[u8]) -> Option<u64> {
        if let Some(number) = self.numbers.get(text) {
            return Some(*number);
        }
        if self.texts.len() >= TEXTS || text.len() > LONGEST {
            return None;
        }
        let text: Arc<[u8]> = text.into();
        self.texts.push(text.clone());
        let number = self.texts.len() as u64;
        self.numbers.insert(text, number);
        Some(number)
    }

    fn text(&self, number: u64) -> Option<&[u8]> {
        let position = usize::try_from(number.checked_sub(1)?).ok()?;
        self.texts.get(position).map(Arc::as_ref)
    }
}

/// Packs a token that can be good. Its hint, what it replaces and what replaced it are left out. With a last
/// use that is no whole second, which tokctl does not write, a token is not packed.
pub fn pack(token: &StoredToken, texts: &mut Texts) -> Option<Vec<u8>> {
    let StoredToken { id, name, owner, scopes, .. } = token;
    if token.revoked_at.is_some() || owner.banned || token.source != SOURCE {
        return None;
    }
    let mut shared = Vec::with_capacity(96);
    push_number(&mut shared, u64::try_from(owner.id).ok()?);
    push_number(&mut shared, u64::from(owner.admin));
    for text in [name, &owner.name, &scopes.to_string()] {
        push_number(&mut shared, text.len() as u64);
        shared.extend(text.as_bytes());
    }
    let mut entry = Vec::with_capacity(128);
    entry.extend(last_use(token.last_used_at)?);
    push_number(&mut entry, u64::try_from(*id).ok()?);
    push_number(&mut entry, time(Some(token.created_at))?);
    push_number(&mut entry, time(token.expires_at)?);
    let number = texts.number(&shared);
    push_number(&mut entry, number.unwrap_or(0));
    if number.is_none() {
        entry.extend(shared);
    }
    Some(entry)
}

/// The token that was packed. Bytes after it do not matter.
pub fn unpack(entry: &[u8], texts: &Texts) -> Option<StoredToken> {
    let (last_use, rest) = entry.split_first_chunk::<LAST_USE>()?;
    let last_used_at = match u32::from_le_bytes(*last_use) {
        0 => None,
        seconds => Some(Timestamp::from_millis((i64::from(seconds) - 1) * 1000)?),
    };
    let mut rest = Rest(rest);
    let id = i64::try_from(rest.number()?).ok()?;
    let created_at = timestamp(rest.number()?)??;
    let expires_at = timestamp(rest.number()?)?;
    let mut shared = match rest.number()? {
        0 => rest,
        number => Rest(texts.text(number)?),
    };
    let owner_id = i64::try_from(shared.number()?).ok()?;
    let admin = shared.number()? != 0;
    let name = shared.text()?.to_string();
    let owner = Owner {
        id: owner_id,
        name: shared.text()?.to_string(),
        admin,
        banned: false,
        banned_reason: None,
    };
    Some(StoredToken {
        id,
        name,
        owner,
        scopes: Scopes::from_stored(shared.text()?),
        hint: String::new(),
        created_at,
        expires_at,
        last_used_at,
        revoked_at: None,
        revoked_reason: None,
        source: SOURCE.to_string(),
        replaces: None,
        replaced_by: None,
    })
}

/// Sets the last use of an entry.
pub fn touch(entry: &mut [u8], at: Timestamp) {
    if let (Some(at), Some(place)) = (last_use(Some(at)), entry.first_chunk_mut()) {
        *place = at;
    }
}

/// A last use, always in as many bytes: 0 for none, otherwise one more than its seconds, up to the year 2106.
fn last_use(at: Option<Timestamp>) -> Option<[u8; LAST_USE]> {
    let seconds = at.map_or(Some(0), |at| Some(whole_seconds(at)? + 1))?;
    u32::try_from(seconds).ok().map(u32::to_le_bytes)
}

fn whole_seconds(at: Timestamp) -> Option<u64> {
    (at == at.whole_second()).then(|| u64::try_from(at.millis() / 1000).ok())?
}

/// A time as a number: 0 for none, an odd one with its seconds, or an even one with its milliseconds. Most times
/// are whole seconds, which take less.
fn time(at: Option<Timestamp>) -> Option<u64> {
    let Some(at) = at else { return Some(0) };
    match whole_seconds(at) {
        Some(seconds) => Some(2 * seconds + 1),
        None => Some(2 * u64::try_from(at.millis()).ok()?),
    }
}

/// The time that the number stands for.
fn timestamp(number: u64) -> Option<Option<Timestamp>> {
    let value = i64::try_from(number / 2).ok()?;
    match number {
        0 => Some(None),
        _ if number.is_multiple_of(2) => Timestamp::from_millis(value).map(Some),
        _ => Timestamp::from_millis(value.checked_mul(1000)?).map(Some),
    }
}

/// Adds a number, with seven bits in each byte, the lowest first.
fn push_number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn token(id: i64) -> StoredToken {
        let owner =
            Owner { id: 1, name: "a".into(), admin: false, banned: false, banned_reason: None };
        StoredToken {
            id,
            name: "CI".into(),
            owner,
            scopes: Scopes::everything(),
            hint: String::new(),
            created_at: Timestamp::from_millis(0).unwrap(),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revoked_reason: None,
            source: SOURCE.into(),
            replaces: None,
            replaced_by: None,
        }
    }

    fn at(millis: i64) -> Option<Timestamp> {
        Some(Timestamp::nearest(millis))
    }

    /// The last second of the year 9999, and the last one that a last use can have.
    const LAST: i64 = 253_402_300_799_000;
    const LATEST_USE: i64 = (u32::MAX as i64 - 1) * 1000;

    /// With no room for another text.
    fn full_of_texts() -> Texts {
        let mut texts = Texts::default();
        (0..TEXTS as u64).for_each(|n| assert_eq!(texts.number(&n.to_le_bytes()), Some(n + 1)));
        texts
    }

    #[test]
    fn texts_are_shared_as_long_as_there_is_room() {
        let mut texts = full_of_texts();
        assert_eq!(texts.number(&7_u64.to_le_bytes()), Some(8));
        assert_eq!(texts.text(8), Some(7_u64.to_le_bytes().as_slice()));
        assert_eq!(texts.number(b"another"), None);
        assert_eq!(Texts::default().number(&[0; LONGEST + 1]), None);
        assert_eq!((texts.text(0), texts.text(TEXTS as u64 + 1)), (None, None));
        let entries = [1, 2].map(|id| pack(&token(id), &mut texts).unwrap().len());
        let mut texts = Texts::default();
        let shared = [1, 2].map(|id| pack(&token(id), &mut texts).unwrap().len());
        assert!(shared[1] < entries[1] && texts.texts.len() == 1);
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let scopes = |text| Scopes::from_stored(text);
        let owner = Owner { id: i64::MAX, name: "ключ".into(), admin: true, ..token(1).owner };
        let all = [
            token(1),
            token(i64::MAX),
            StoredToken { name: "x".repeat(255), ..token(128) },
            StoredToken { owner, ..token(127) },
            StoredToken { scopes: Scopes::default(), ..token(1) },
            StoredToken { scopes: scopes("a b.* posts.manage"), ..token(1) },
            StoredToken { created_at: at(i64::MAX).unwrap(), expires_at: at(i64::MAX), ..token(1) },
            StoredToken { created_at: at(LAST).unwrap(), expires_at: at(LAST), ..token(1) },
            StoredToken { expires_at: at(0), last_used_at: at(0), ..token(1) },
            StoredToken { expires_at: at(1000), last_used_at: at(2000), ..token(1) },
            StoredToken { created_at: at(1).unwrap(), expires_at: at(1999), ..token(1) },
            StoredToken { last_used_at: at(LATEST_USE), ..token(1) },
        ];
        for texts in [&mut Texts::default(), &mut full_of_texts()] {
            for token in &all {
                let entry = pack(token, texts).unwrap();
                assert_eq!(unpack(&entry, texts).as_ref(), Some(token));
                let padded = [entry.as_slice(), &[0]].concat();
                assert_eq!(unpack(&padded, texts).as_ref(), Some(token));
            }
        }
    }

    #[test]
    fn what_need_not_be_known_is_left_out() {
        let full = StoredToken {
            hint: "tok_abcd".into(),
            replaces: Some(1),
            replaced_by: Some(2),
            ..token(3)
        };
        let texts = &mut Texts::default();
        assert_eq!(unpack(&pack(&full, texts).unwrap(), texts), Some(token(3)));
    }

    #[test]
    fn what_cannot_be_good_or_is_not_whole_is_not_packed() {
        let banned = Owner { banned: true, ..token(1).owner };
        for token in [
            StoredToken { revoked_at: at(0), ..token(1) },
            StoredToken { owner: banned, ..token(1) },
            StoredToken { source: "sanctum".into(), ..token(1) },
            StoredToken { last_used_at: at(1), ..token(1) },
            StoredToken { last_used_at: at(LATEST_USE + 1000), ..token(1) },
            token(-1),
        ] {
            assert_eq!(pack(&token, &mut Texts::default()), None, "{token:?}");
        }
        let texts = &mut full_of_texts();
        let entry = pack(&token(1), texts).unwrap();
        assert!((0..entry.len()).all(|end| unpack(&entry[..end], texts).is_none()));
        let entry = pack(&token(1), &mut Texts::default()).unwrap();
        assert_eq!(unpack(&entry, &Texts::default()), None);
    }

    #[test]
    fn a_last_use_is_changed_in_place() {
        let texts = &mut Texts::default();
        let mut entry = pack(&token(1), texts).unwrap();
        for last_used_at in [at(5000), at(LATEST_USE), at(0)] {
            touch(&mut entry, last_used_at.unwrap());
            assert_eq!(unpack(&entry, texts), Some(StoredToken { last_used_at, ..token(1) }));
        }
    }
}
