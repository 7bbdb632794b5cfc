//! The secret: how one is generated, recognised, hashed and abbreviated to a hint.
//!
//! `<prefix>_<43 base62 characters><6 base62 characters>`: 256 bits of the operating system's
//! randomness as one big-endian number, then the CRC-32 (IEEE) of those 43 characters. Digits of
//! base62 are `0-9A-Za-z`, the most significant first, padded with `0`.

use super::invalid::Invalid;
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::{Zeroize, Zeroizing};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;

/// The longest string that is looked at as a secret, in bytes; anything longer is malformed.
pub const MAX_SECRET: usize = 4096;

/// The hint of a token whose secret is not known or too short to show any of it.
pub const NO_HINT: &str = "…";

/// A SHA-256: what is stored instead of a secret.
pub type Hash = [u8; 32];

/// A string that a client sends to prove who it is. `Debug` does not show it, nothing displays it,
/// and its memory is wiped when it is dropped.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A new secret from 256 bits of the operating system's CSPRNG.
    ///
    /// # Errors
    ///
    /// When the operating system provides no random numbers.
    pub fn generate(prefix: &Prefix) -> Result<Self, rand::rngs::SysError> {
        let mut entropy = Zeroizing::new([0u8; 32]);
        SysRng.try_fill_bytes(entropy.as_mut())?;
        Ok(Secret::from_entropy(prefix, &entropy))
    }

    fn from_entropy(prefix: &Prefix, entropy: &[u8; 32]) -> Self {
        // Allocated at its final size: a string that grows would leave a copy behind.
        let mut text =
            Zeroizing::new(String::with_capacity(prefix.0.len() + 1 + RANDOM_LEN + CHECKSUM_LEN));
        text.push_str(&prefix.0);
        text.push('_');
        let start = text.len();
        let mut number = Zeroizing::new(*entropy);
        let mut digits = Zeroizing::new([0u8; RANDOM_LEN]);
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS[divide(number.as_mut(), 62) as usize];
        }
        text.extend(digits.iter().map(|&digit| char::from(digit)));
        let sum = checksum(&text.as_bytes()[start..]);
        text.extend(sum.iter().map(|&digit| char::from(digit)));
        Secret(text)
    }

    /// The secret in clear, for the code that prints it or derives a hash from it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the whole secret.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The prefix and the first 4 random characters: enough for a person to recognise the token,
    /// no help in guessing the other 232 bits.
    pub fn hint(&self) -> String {
        let start = self.0.find('_').map_or(0, |bar| bar + 1);
        self.0.chars().take(start + 4).collect()
    }

    /// A secret that another system stores in clear.
    ///
    /// # Errors
    ///
    /// When no client could send it: it is empty, too long, or contains white space.
    pub fn from_clear(text: Zeroizing<String>) -> Result<Self, Invalid> {
        let secret = Secret(text);
        if secret.0.is_empty() {
            Err("the secret is empty".into())
        } else if secret.0.len() > MAX_SECRET {
            Err(format!("the secret is longer than {MAX_SECRET} bytes").into())
        } else if !secret.is_plausible() {
            Err("the secret contains white space or control characters".into())
        } else {
            Ok(secret)
        }
    }

    /// The hint of a secret of another system, which may be short or have its `_` anywhere: never
    /// more than a fifth of its random part.
    pub fn guarded_hint(&self) -> String {
        let random = self.0.split_once('_').filter(|(prefix, _)| prefix.parse::<Prefix>().is_ok());
        let (shown, random) = match random {
            Some((prefix, rest)) if rest.len() >= 20 => (prefix.len() + 1, rest),
            _ => (0, self.0.as_str()),
        };
        match random.chars().count() {
            20.. => self.0.chars().take(shown + 4).collect(),
            _ => NO_HINT.to_string(),
        }
    }

    /// What it looks like, without asking a database.
    pub fn shape(&self) -> Shape {
        let Some((prefix, rest)) = self.0.split_once('_') else { return Shape::Foreign };
        let own = prefix.parse::<Prefix>().is_ok()
            && rest.len() == RANDOM_LEN + CHECKSUM_LEN
            && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        if !own {
            return Shape::Foreign;
        }
        let (random, sum) = rest.as_bytes().split_at(RANDOM_LEN);
        if checksum(random) == sum { Shape::Own } else { Shape::Mistyped }
    }

    /// Whether any token could have this secret: 1 to 4096 bytes, no white space, no control
    /// characters.
    pub fn is_plausible(&self) -> bool {
        (1..=MAX_SECRET).contains(&self.0.len())
            && !self.0.contains(|c: char| c.is_whitespace() || c.is_control())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a secret looks like, before any database is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A secret of tokctl's own, with the right checksum.
    Own,
    /// A secret of tokctl's own but for the checksum: mistyped or truncated.
    Mistyped,
    /// Anything else: perhaps a secret of another system.
    Foreign,
}

/// The part of a secret before the `_`: a lower-case letter, then up to 15 lower-case letters or
/// digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl FromStr for Prefix {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut bytes = text.bytes();
        let good = bytes.next().is_some_and(|b| b.is_ascii_lowercase())
            && text.len() <= 16
            && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if good {
            Ok(Prefix(text.to_string()))
        } else {
            Err("a prefix must be a lower-case letter followed by up to 15 lower-case letters or digits".into())
        }
    }
}

/// The CRC-32 of the random part, in base62.
fn checksum(random: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut sum = crc32fast::hash(random) as usize;
    let mut digits = [0; CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[sum % 62];
        sum /= 62;
    }
    digits
}

/// Divides a big-endian number in place and returns the remainder.
fn divide(number: &mut [u8], by: u16) -> u16 {
    let mut remainder = 0;
    for byte in number {
        let part = remainder << 8 | u16::from(*byte);
        *byte = (part / by) as u8;
        remainder = part % by;
    }
    remainder
}

/// The secret in what a client sent: one line without its line ending, and without a leading
/// `Authorization:` and `Bearer ` in any case. `None` when no secret can look like this.
pub fn parse(mut bytes: Vec<u8>) -> Option<Secret> {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => Zeroizing::new(text),
        Err(error) => {
            error.into_bytes().zeroize();
            return None;
        }
    };
    let bare = without_header(&text);
    let secret = if bare.len() == text.len() {
        Secret(text)
    } else {
        Secret(Zeroizing::new(bare.to_string()))
    };
    secret.is_plausible().then_some(secret)
}

/// Whether a text contains a secret of tokctl's own, whole or mistyped. Texts that are stored or
/// shown refuse one.
pub fn is_in(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| {
        let secret = Secret(Zeroizing::new(word.to_string()));
        secret.shape() != Shape::Foreign
    })
}

/// Strips `Authorization:` and `Bearer`, either of which may be missing.
fn without_header(text: &str) -> &str {
    let strip = |text: &'_ str, word: &str| -> Option<usize> {
        let start = text.get(..word.len())?;
        start.eq_ignore_ascii_case(word).then_some(word.len())
    };
    let value = match strip(text, "Authorization:") {
        Some(end) => text[end..].trim_start_matches([' ', '\t']),
        None => text,
    };
    match strip(value, "Bearer ") {
        Some(end) => value[end..].trim_start_matches(' '),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_string()))
    }

    /// Computed once with Python's `zlib.crc32`, `hashlib.sha256` and big integers. Must never
    /// change: clients hold secrets of this format.
    #[test]
    fn golden_vector() {
        let entropy = std::array::from_fn(|i| i as u8);
        let secret = Secret::from_entropy(&"tok".parse().unwrap(), &entropy);
        assert_eq!(secret.expose(), GOLDEN);
        assert_eq!(secret.hint(), &GOLDEN[..8]);
        let hex: String = secret.hash().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, GOLDEN_HASH);
        assert_eq!(secret.shape(), Shape::Own);
    }
    const GOLDEN: &str = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
    const GOLDEN_HASH: &str = "7bd7fda4d1b7cbc63a97213112813dfff99b2f066c656cf01a054585019af19f";

    #[test]
    fn the_largest_entropy_fits() {
        let secret = Secret::from_entropy(&"tok".parse().unwrap(), &[0xff; 32]);
        assert_eq!(secret.expose().len(), 4 + 43 + 6);
        assert_eq!(secret.shape(), Shape::Own);
    }

    #[test]
    fn two_secrets_differ() {
        let prefix = "tok".parse().unwrap();
        let (a, b) = (Secret::generate(&prefix).unwrap(), Secret::generate(&prefix).unwrap());
        assert_ne!(a.expose(), b.expose());
    }

    #[test]
    fn headers_are_stripped_in_any_case() {
        for sent in [
            "abc",
            "abc\n",
            "abc\r\n",
            "Bearer abc",
            "bearer  abc",
            "Authorization: Bearer abc\n",
            "AUTHORIZATION:BEARER abc",
            "authorization: abc",
        ] {
            assert_eq!(parse(sent.into()).unwrap().expose(), "abc", "{sent:?}");
        }
    }

    #[test]
    fn implausible_secrets_are_not_parsed() {
        let long = "a".repeat(MAX_SECRET + 1);
        for bad in ["", "\n", "a b", "a\nb", "a\n\n", "a\0", "\u{1b}", "Bearer ", &long] {
            assert!(parse(bad.into()).is_none(), "{bad:?}");
        }
        assert!(parse(vec![0xff, 0xfe]).is_none());
    }

    #[test]
    fn a_secret_is_found_in_a_text() {
        assert!(is_in(GOLDEN) && is_in(&format!("the token {GOLDEN}, leaked")));
        assert!(is_in(&GOLDEN.replace('3', "4")));
        for other in ["", "CI", &GOLDEN[..40], GOLDEN_HASH] {
            assert!(!is_in(other), "{other}");
        }
    }

    #[test]
    fn debug_hides_it() {
        assert!(!format!("{:?}", secret("hunter2")).contains("hunter2"));
    }

    #[test]
    fn prefixes() {
        for good in ["t", "tok", "a1", "abcdefghijklmnop"] {
            assert!(good.parse::<Prefix>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "Tok", "to-k", "tok_", "abcdefghijklmnopq", "é"] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_secret_is_recognised(entropy: [u8; 32], prefix in "[a-z][a-z0-9]{0,15}") {
            let made = Secret::from_entropy(&prefix.parse().unwrap(), &entropy);
            prop_assert_eq!(made.shape(), Shape::Own);
            prop_assert!(made.is_plausible());
            let sent = parse(made.expose().into()).unwrap();
            prop_assert_eq!(sent.expose(), made.expose());
        }

        #[test]
        fn one_wrong_character_is_noticed(entropy: [u8; 32], at in 4usize..53, other in "[0-9A-Za-z]") {
            let made = Secret::from_entropy(&"tok".parse().unwrap(), &entropy);
            let mut text = made.expose().to_string();
            text.replace_range(at..=at, &other);
            let same = text == made.expose();
            prop_assert_eq!(secret(&text).shape() == Shape::Own, same);
        }

        #[test]
        fn parsing_never_panics(bytes: Vec<u8>) {
            if let Some(secret) = parse(bytes) {
                let _ = (secret.shape(), secret.hint(), secret.hash());
            }
        }
    }
}
