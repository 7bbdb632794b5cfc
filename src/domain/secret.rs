//! The secret: how one is generated, recognised, hashed and abbreviated to a hint.
//!
//! `<prefix>_<43 base62 characters><6 base62 characters>`: 256 bits of the operating system's
//! randomness as one big-endian number, then the CRC-32 (IEEE) of those 43 characters. Digits of
//! base62 are `0-9A-Za-z`, the most significant first, padded with `0`.

use super::invalid::Invalid;
use crate::text::redact::mixes_cases;
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::{Zeroize, Zeroizing};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;

const MAX_PREFIX: usize = 31;

/// The longest hint of a secret of tokctl's own, in characters.
pub const MAX_HINT: usize = MAX_PREFIX + 1 + SHOWN;

/// How many random characters a hint shows.
const SHOWN: usize = 4;

/// The longest string that is looked at as a secret, in bytes; anything longer is malformed.
pub const MAX_SECRET: usize = 4096;

/// The hint of a token whose secret is not known or too short to show any of it.
pub const NO_HINT: &str = "…";

/// What a secret that was made elsewhere must be like.
pub const NOT_REGISTRABLE: &str =
    "it must be 32 to 255 printable ASCII characters without spaces, on one line";

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
        let start = self.0.rfind('_').map_or(0, |bar| bar + 1);
        self.0.chars().take(start + SHOWN).collect()
    }

    /// The hint of the secrets that begin like this, as far as it is known. Those of other systems that have
    /// an id in front are taken as they are.
    pub fn hint_of_beginning(text: &str) -> String {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return text.to_string();
        }
        let hint =
            Secret(Zeroizing::new(format!("{text}{}", "x".repeat(RANDOM_LEN)))).guarded_hint();
        hint.chars().take(text.len()).collect()
    }

    /// The beginning of a secret, by which tokens are found.
    ///
    /// # Errors
    ///
    /// When it is longer than what is stored: it would match nothing, and look as if no token had leaked.
    pub fn check_hint(text: &str) -> Result<String, Invalid> {
        let hint = Secret::hint_of_beginning(text);
        match hint.len() < text.len() {
            true => Err(format!(
                "only the prefix and 4 more characters of a secret are stored: use {hint}"
            )
            .into()),
            false => Ok(text.to_string()),
        }
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

    /// The hint of a secret of another system, which may be short or have its `_` anywhere: a short
    /// prefix, and never more than a fifth of the rest.
    pub fn guarded_hint(&self) -> String {
        let is_short_prefix = |text: &str| text.len() <= 16 && is_prefix(text);
        let random = self.0.split_once('_').filter(|(prefix, _)| is_short_prefix(prefix));
        let (shown, random) = match random {
            Some((prefix, rest)) if rest.len() >= 20 => (prefix.len() + 1, rest),
            _ => (0, self.0.as_str()),
        };
        match random.chars().count() {
            20.. => self.0.chars().take(shown + SHOWN).collect(),
            _ => NO_HINT.to_string(),
        }
    }

    /// Checks a secret that was made elsewhere and is to be registered here.
    ///
    /// # Errors
    ///
    /// When it is too short to be safe from guessing, no client could send it in a header, or it is one
    /// of tokctl's own with a typing error in it.
    pub fn check_made_elsewhere(&self) -> Result<(), Invalid> {
        let is_printable = |byte| matches!(byte, b'!'..=b'~');
        if !(32..=255).contains(&self.0.len()) || !self.0.bytes().all(is_printable) {
            return Err(NOT_REGISTRABLE.into());
        }
        match self.shape() {
            Shape::Mistyped => Err("its checksum is wrong, so it was mistyped or truncated".into()),
            Shape::Own | Shape::Foreign => Ok(()),
        }
    }

    /// What it looks like, without asking a database.
    pub fn shape(&self) -> Shape {
        Shape::of(&self.0)
    }

    /// Whether any token could have this secret: 1 to 4096 bytes, no white space, no control
    /// characters.
    pub fn is_plausible(&self) -> bool {
        let is_bad = |c: char| c.is_whitespace() || c.is_control();
        // Nearly every secret is graphic ASCII, which needs no look at characters.
        (1..=MAX_SECRET).contains(&self.0.len())
            && (self.0.bytes().all(|byte| byte.is_ascii_graphic()) || !self.0.contains(is_bad))
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

impl Shape {
    fn of(text: &str) -> Self {
        let Some((prefix, rest)) = text.rsplit_once('_') else { return Shape::Foreign };
        let own = is_prefix(prefix)
            && rest.len() == RANDOM_LEN + CHECKSUM_LEN
            && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        if !own {
            return Shape::Foreign;
        }
        let (random, sum) = rest.as_bytes().split_at(RANDOM_LEN);
        if checksum(random) == sum { Shape::Own } else { Shape::Mistyped }
    }
}

/// The hash of a bare secret of tokctl's own, with the right checksum. Nothing is copied, so that nothing
/// is left to be wiped.
pub fn own_hash(bytes: &[u8]) -> Option<Hash> {
    let text = std::str::from_utf8(bytes).ok()?;
    (Shape::of(text) == Shape::Own).then(|| Sha256::digest(text).into())
}

/// The part of a secret before the last `_`: a lower-case letter, then up to 30 lower-case letters,
/// digits and `_`, of which the last is no `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

/// Whether a text can be a [`Prefix`].
fn is_prefix(text: &str) -> bool {
    text.len() <= MAX_PREFIX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('_')
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

impl FromStr for Prefix {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if is_prefix(text) {
            Ok(Prefix(text.to_string()))
        } else {
            Err("a prefix must be a lower-case letter followed by up to 30 lower-case letters, digits \
                 or underscores, and must not end with an underscore"
                .into())
        }
    }
}

/// The CRC-32 of the random part, in base62.
fn checksum(random: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut sum = crc32(random) as usize;
    let mut digits = [0; CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[sum % 62];
        sum /= 62;
    }
    digits
}

/// The CRC-32 (IEEE). A crate that is faster for long inputs first asks the processor what it can do,
/// which takes 4 % of a verification in a virtual machine.
fn crc32(bytes: &[u8]) -> u32 {
    let add = |crc: u32, byte: &u8| (crc >> 8) ^ BYTES[usize::from(crc as u8 ^ byte)];
    !bytes.iter().fold(!0, add)
}

/// What the CRC-32 makes of each byte.
static BYTES: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = (crc >> 1) ^ ((crc & 1).wrapping_neg() & 0xedb8_8320);
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

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

/// Whether a text contains the random part of a secret of tokctl's own, or so much of it that the rest
/// could be guessed: 30 of its 43 characters leave 77 bits. Texts that are stored refuse one.
pub fn is_in(text: &str) -> bool {
    let mut runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    runs.any(|run| run.len() >= 30 && mixes_cases(run))
}

/// The shortest part of a text that is taken for a secret, in bytes.
const SHORTEST_PART: usize = 8;

/// Every part of a text that could be the whole secret of a token: its words, with and without the
/// punctuation around them, and what stands between punctuation in them (`token=SECRET`,
/// `?key=SECRET&x`). Parts of fewer than 8 bytes are left out: no name would be free of them.
pub fn parts_of(text: &str) -> Vec<Secret> {
    let is_quote = |c: char| "\"'`()[]{}<>,;.!?".contains(c);
    let is_separator = |c: char| "\"'`()[]{}<>,;?=&#".contains(c);
    let mut parts: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        parts.extend([word, word.trim_matches(is_quote)]);
        parts.extend(word.split(is_separator));
        parts.extend(word.split(|c: char| !c.is_ascii_alphanumeric()));
        let values = word.match_indices(['=', ':', '/']).map(|(at, _)| &word[at + 1..]);
        parts.extend(values.map(|value| value.trim_matches(is_quote)));
    }
    parts.retain(|part| (SHORTEST_PART..=MAX_SECRET).contains(&part.len()));
    parts.sort_unstable();
    parts.dedup();
    let secrets = parts.into_iter().map(|part| Secret(Zeroizing::new(part.to_string())));
    secrets.filter(Secret::is_plausible).collect()
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
    fn only_a_bare_secret_of_its_own_is_hashed_in_place() {
        assert_eq!(own_hash(GOLDEN.as_bytes()), Some(secret(GOLDEN).hash()));
        let mistyped = GOLDEN.replace("003a", "003b");
        for other in
            [&format!("Bearer {GOLDEN}"), &format!("{GOLDEN}\n"), &mistyped, "abc", "\u{e9}_"]
        {
            assert_eq!(own_hash(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(own_hash(b"\xff"), None);
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
        for most in [&GOLDEN[..40], &GOLDEN[10..], &format!("my_{}", &GOLDEN[4..34])] {
            assert!(is_in(most), "{most}");
        }
        for other in ["", "CI", &GOLDEN[..30], GOLDEN_HASH, "posts.manage.all-of-them.by.Team9"] {
            assert!(!is_in(other), "{other}");
        }
    }

    #[test]
    fn a_secret_made_elsewhere_must_be_long_and_printable() {
        let long = "a".repeat(255);
        for good in [&long[..32], &long, GOLDEN, &"~!".repeat(16)] {
            assert!(secret(good).check_made_elsewhere().is_ok(), "{good}");
        }
        let mistyped = GOLDEN.replace('3', "4");
        for bad in [&long[..31], &"a".repeat(256), &"é".repeat(32), &mistyped] {
            assert!(secret(bad).check_made_elsewhere().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_is_searched_for_secrets_in_any_surroundings() {
        for secret in [GOLDEN, GOLDEN_HASH, "7|abcdefghij", "MQ.abc-def_ghi", "p/w+x/yz=="] {
            for text in [
                "{}",
                "the token {}, leaked",
                "({})",
                "\"{}\".",
                "token={}",
                "X-Token:{}",
                "https://example.com/?token={}&x=1",
            ] {
                // A sign that ends a parameter can be a part of the secret.
                if secret.contains('=') && text.contains('&') {
                    continue;
                }
                let parts = parts_of(&text.replace("{}", secret));
                assert!(parts.iter().any(|part| part.expose() == secret), "{text} {secret}");
            }
        }
        assert!(parts_of("CI of Bob, 2026").is_empty());
    }

    #[test]
    fn debug_hides_it() {
        assert!(!format!("{:?}", secret("hunter2")).contains("hunter2"));
    }

    #[test]
    fn prefixes() {
        for good in ["t", "tok", "a1", "my_app", "a__b", &format!("a_{}", "2".repeat(29))] {
            assert!(good.parse::<Prefix>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "_a", "Tok", "to-k", "tok_", &"a".repeat(32), "é"] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_secret_is_recognised(entropy: [u8; 32], prefix in "[a-z]([a-z0-9_]{0,29}[a-z0-9])?") {
            let made = Secret::from_entropy(&prefix.parse().unwrap(), &entropy);
            prop_assert_eq!(made.hint(), &made.expose()[..prefix.len() + 5]);
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
