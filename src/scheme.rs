//! How a secret relates to the hash that is stored: tokctl's own way, and those of the systems
//! whose tokens it takes over.
//!
//! A string that a client sends can be a secret of several schemes. Each gives a hash to look
//! for, and a claim that the token found must bear out: the right hash under another scheme, or
//! under another id where the id is part of the secret, is not enough.

use crate::secret::{Hash, Secret, Shape};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// How the secrets of some imported tokens are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// SHA-256 of the whole secret, as tokctl itself does it.
    Sha256,
    /// Laravel Sanctum: `<id>|<secret>` or `<secret>` alone; SHA-256 of what follows the bar.
    Sanctum,
    /// AdonisJS: `<prefix><base64url id>.<base64url secret>`; SHA-256 of the decoded secret.
    AdonisJs { prefix: String },
    /// Strapi: HMAC-SHA512 keyed with the project's salt; of its 64 bytes the SHA-256 is kept.
    Strapi { salt: Zeroizing<Vec<u8>> },
}

impl Scheme {
    /// The word it is stored under, and what it needs besides.
    pub fn parts(&self) -> (&'static str, &str, &[u8]) {
        match self {
            Scheme::Sha256 => ("sha256", "", b""),
            Scheme::Sanctum => ("sanctum", "", b""),
            Scheme::AdonisJs { prefix } => ("adonisjs", prefix, b""),
            Scheme::Strapi { salt } => ("strapi", "", salt),
        }
    }

    pub fn from_parts(kind: &str, prefix: String, salt: Vec<u8>) -> Option<Self> {
        match kind {
            "sha256" => Some(Scheme::Sha256),
            "sanctum" => Some(Scheme::Sanctum),
            "adonisjs" => Some(Scheme::AdonisJs { prefix }),
            "strapi" => Some(Scheme::Strapi { salt: Zeroizing::new(salt) }),
            _ => None,
        }
    }

    /// Whether the id there is part of the secret, so that one hash can stand under several ids.
    pub fn has_id_in_secret(&self) -> bool {
        matches!(self, Scheme::AdonisJs { .. })
    }
}

/// What is kept of Strapi's 64-byte access key.
pub fn hash_of_access_key(access_key: &[u8]) -> Hash {
    Sha256::digest(access_key).into()
}

/// What a client sent, as far as it can be told without a database.
#[derive(Debug)]
pub enum Presented {
    /// No token can have such a secret.
    Malformed,
    /// A secret of tokctl's own, with a fitting checksum.
    Own(Hash),
    /// Perhaps a secret of an imported token.
    Foreign(Secret),
}

impl Presented {
    /// Enough of the SHA-256 to tell attempts with one string from those with another.
    pub fn fingerprint(&self) -> Option<[u8; 6]> {
        let hash = match self {
            Presented::Malformed => return None,
            Presented::Own(hash) => *hash,
            Presented::Foreign(secret) => secret.hash(),
        };
        hash.first_chunk().copied()
    }
}

impl From<Option<Secret>> for Presented {
    fn from(secret: Option<Secret>) -> Self {
        match secret {
            None => Presented::Malformed,
            Some(secret) if secret.shape() == Shape::Own => Presented::Own(secret.hash()),
            Some(secret) => Presented::Foreign(secret),
        }
    }
}

/// A hash to look for, and what the token that has it must be like.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub hash: Hash,
    claim: Claim,
}

#[derive(Debug, Clone)]
enum Claim {
    /// The hash is of the whole secret.
    Whole { has_bar: bool },
    /// The hash is of what follows a bar, and this stood before it.
    AfterBar { id: String },
    /// The hash is of what follows a dot, decoded, and this stood before it.
    AfterDot { head: String },
    /// The hash is keyed with the salt of this scheme.
    Keyed { scheme_id: i64 },
}

impl Candidate {
    pub fn whole(hash: Hash) -> Self {
        Candidate { hash, claim: Claim::Whole { has_bar: false } }
    }

    /// Whether a token with this hash, scheme (`None`: our own) and id there is what the secret
    /// claims to be.
    pub fn fits(&self, scheme: Option<(i64, &Scheme)>, foreign_id: &str) -> bool {
        match (&self.claim, scheme) {
            (Claim::Whole { .. }, None | Some((_, Scheme::Sha256))) => true,
            (Claim::Whole { has_bar }, Some((_, Scheme::Sanctum))) => !has_bar,
            (Claim::AfterBar { id }, Some((_, Scheme::Sanctum))) => id == foreign_id,
            (Claim::AfterDot { head }, Some((_, Scheme::AdonisJs { prefix }))) => head
                .strip_prefix(prefix.as_str())
                .is_some_and(|id| id == URL_SAFE_NO_PAD.encode(foreign_id)),
            (Claim::Keyed { scheme_id }, Some((id, Scheme::Strapi { .. }))) => *scheme_id == id,
            _ => false,
        }
    }
}

/// All that a foreign secret can be under the schemes that a database has.
pub fn candidates(secret: &Secret, schemes: &[(i64, Scheme)]) -> Vec<Candidate> {
    let text = secret.expose();
    let bar = text.split_once('|');
    let mut found =
        vec![Candidate { hash: secret.hash(), claim: Claim::Whole { has_bar: bar.is_some() } }];
    if let Some((id, rest)) = bar
        && !rest.is_empty()
        && !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_digit())
    {
        // The database there compares numbers: 007 is 7.
        let id = id.trim_start_matches('0').to_string();
        let hash = Sha256::digest(rest).into();
        found.push(Candidate { hash, claim: Claim::AfterBar { id } });
    }
    // The decoded secret cannot have a dot, a prefix can.
    if let Some((head, encoded)) = text.rsplit_once('.')
        && let Ok(decoded) = URL_SAFE_NO_PAD.decode(encoded).map(Zeroizing::new)
        && !decoded.is_empty()
    {
        let hash = Sha256::digest(&*decoded).into();
        found.push(Candidate { hash, claim: Claim::AfterDot { head: head.to_string() } });
    }
    for (scheme_id, scheme) in schemes {
        // An HMAC takes a key of any length.
        if let Scheme::Strapi { salt } = scheme
            && let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(salt)
        {
            mac.update(text.as_bytes());
            let hash = hash_of_access_key(&mac.finalize().into_bytes());
            found.push(Candidate { hash, claim: Claim::Keyed { scheme_id: *scheme_id } });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> Secret {
        crate::secret::parse(text.into()).unwrap()
    }

    fn fits(text: &str, hash: Hash, scheme: &Scheme, foreign_id: &str) -> bool {
        candidates(&secret(text), &[(1, scheme.clone())]).iter().any(|candidate| {
            candidate.hash == hash && candidate.fits(Some((1, scheme)), foreign_id)
        })
    }

    fn sha256(text: &str) -> Hash {
        Sha256::digest(text).into()
    }

    #[test]
    fn sanctum_wants_the_id_to_fit() {
        let hash = sha256("abc");
        for (text, good) in [
            ("7|abc", true),
            ("007|abc", true),
            ("abc", true),
            ("8|abc", false),
            ("|abc", false),
            ("x|abc", false),
            ("7|abd", false),
            ("7|7|abc", false),
            ("-7|abc", false),
        ] {
            assert_eq!(fits(text, hash, &Scheme::Sanctum, "7"), good, "{text}");
        }
        assert!(!fits("7|abc", sha256("7|abc"), &Scheme::Sanctum, "7"));
    }

    #[test]
    fn adonisjs_wants_prefix_and_id_to_fit() {
        let hash = sha256("secret");
        let encoded = URL_SAFE_NO_PAD.encode("secret");
        let scheme = |prefix: &str| Scheme::AdonisJs { prefix: prefix.into() };
        for (prefix, text, good) in [
            ("oat_", format!("oat_MQ.{encoded}"), true),
            ("oat_", format!("oat_Mg.{encoded}"), false),
            ("oat_", format!("oat_x_MQ.{encoded}"), false),
            ("oat_x_", format!("oat_x_MQ.{encoded}"), true),
            ("oat_x_", format!("oat_MQ.{encoded}"), false),
            ("my.app_", format!("my.app_MQ.{encoded}"), true),
            ("oat_", format!("oat_MQ==.{encoded}"), false),
            ("oat_", "secret".to_string(), false),
        ] {
            assert_eq!(fits(&text, hash, &scheme(prefix), "1"), good, "{text}");
        }
    }

    #[test]
    fn schemes_do_not_answer_for_each_other() {
        let strapi = Scheme::Strapi { salt: Zeroizing::new(b"salt".to_vec()) };
        let adonisjs = Scheme::AdonisJs { prefix: String::new() };
        for text in ["abc", "7|abc", "MQ.YWJj"] {
            let whole = sha256(text);
            assert!(fits(text, whole, &Scheme::Sha256, ""));
            assert!(!fits(text, whole, &strapi, ""));
            assert!(!fits(text, whole, &adonisjs, "1"));
        }
        assert!(!fits("7|abc", sha256("abc"), &Scheme::Sha256, "7"));
        assert!(!fits("MQ.YWJj", sha256("abc"), &Scheme::Sha256, "1"));
    }

    #[test]
    fn a_key_answers_for_itself_alone() {
        let schemes =
            [1, 2].map(|id| (id, Scheme::Strapi { salt: Zeroizing::new(vec![id as u8]) }));
        let found = candidates(&secret("abc"), &schemes);
        let keyed: Vec<_> =
            found.iter().filter(|candidate| candidate.fits(Some((1, &schemes[0].1)), "")).collect();
        assert_eq!(keyed.len(), 1);
        assert!(!keyed[0].fits(Some((2, &schemes[1].1)), ""));
    }

    proptest! {
        #[test]
        fn any_string_gives_a_handful(text in "[!-~]{1,60}") {
            let found = candidates(&secret(&format!("x{text}")), &[]);
            prop_assert!((1..=3).contains(&found.len()));
        }
    }
}
