//! How a secret relates to the stored hash: tokctl's own way, and those of the systems that tokens
//! are imported from.
//!
//! A string that a client sends can be a secret of several schemes. Each scheme gives a hash to
//! look for and a claim that the token must fit: the right hash under another scheme, or under
//! another id where the id is part of the secret, is not enough.

use super::secret::{Hash, Secret};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// How the secret of an imported token is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// SHA-256 of the whole secret, as tokctl itself does it.
    Sha256,
    /// Laravel Sanctum: `<id>|<secret>` or `<secret>` alone; SHA-256 of what follows the bar.
    Sanctum,
    /// AdonisJS: `<prefix><base64url id>.<base64url secret>`; SHA-256 of the decoded secret.
    AdonisJs {
        /// The text that secrets begin with.
        prefix: String,
    },
    /// AdonisJS 5: `<base64url id>.<secret>`; SHA-256 of what follows the dot.
    AdonisJs5,
    /// Strapi: HMAC-SHA512 keyed with the project's salt. The SHA-256 of its 64 bytes is stored.
    Strapi {
        /// The text of `API_TOKEN_SALT`.
        salt: Zeroizing<Vec<u8>>,
    },
}

impl Scheme {
    /// How it is stored: its name, its prefix and its salt.
    pub fn parts(&self) -> (&'static str, &str, &[u8]) {
        match self {
            Scheme::Sha256 => ("sha256", "", b""),
            Scheme::Sanctum => ("sanctum", "", b""),
            Scheme::AdonisJs { prefix } => ("adonisjs", prefix, b""),
            Scheme::AdonisJs5 => ("adonisjs5", "", b""),
            Scheme::Strapi { salt } => ("strapi", "", salt),
        }
    }

    /// The reverse of [`Scheme::parts`]; `None` for an unknown name.
    pub fn from_parts(kind: &str, prefix: String, salt: Vec<u8>) -> Option<Self> {
        match kind {
            "sha256" => Some(Scheme::Sha256),
            "sanctum" => Some(Scheme::Sanctum),
            "adonisjs" => Some(Scheme::AdonisJs { prefix }),
            "adonisjs5" => Some(Scheme::AdonisJs5),
            "strapi" => Some(Scheme::Strapi { salt: Zeroizing::new(salt) }),
            _ => None,
        }
    }

    /// Whether the id in the other system is part of the secret, so that one hash can stand under
    /// several ids.
    pub fn has_id_in_secret(&self) -> bool {
        matches!(self, Scheme::AdonisJs { .. } | Scheme::AdonisJs5)
    }
}

/// A scheme and the id under which the store keeps it.
#[derive(Debug, Clone)]
pub struct StoredScheme {
    /// The id.
    pub id: i64,
    /// The scheme.
    pub scheme: Scheme,
}

/// The hash that is stored for Strapi's 64-byte access key.
pub fn hash_of_access_key(access_key: &[u8]) -> Hash {
    Sha256::digest(access_key).into()
}

/// A hash to look for, and what a token with it must be like.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The hash.
    pub hash: Hash,
    claim: Claim,
}

#[derive(Debug, Clone)]
enum Claim {
    /// The hash is of the whole secret.
    Whole { has_bar: bool },
    /// The hash is of what follows a bar; this precedes it.
    AfterBar { id: String },
    /// The hash is of what follows a dot, decoded; this precedes it.
    DecodedAfterDot { head: String },
    /// The hash is of what follows the only dot; this precedes it.
    AfterDot { head: String },
    /// The hash is keyed with the salt of this scheme.
    Keyed { scheme_id: i64 },
}

impl Candidate {
    /// The hash of a whole secret.
    pub fn whole(hash: Hash) -> Self {
        Candidate { hash, claim: Claim::Whole { has_bar: false } }
    }

    /// Whether a token with this hash, scheme and id in the other system (`None`: tokctl's own
    /// token) is the one whose secret this is.
    pub fn fits(&self, foreign: Option<(&StoredScheme, &str)>) -> bool {
        let scheme = foreign.map(|(stored, _)| (stored.id, &stored.scheme));
        let foreign_id = foreign.map_or("", |(_, id)| id);
        match (&self.claim, scheme) {
            (Claim::Whole { .. }, None | Some((_, Scheme::Sha256))) => true,
            (Claim::Whole { has_bar }, Some((_, Scheme::Sanctum))) => !has_bar,
            (Claim::AfterBar { id }, Some((_, Scheme::Sanctum))) => is_sanctum_id(id, foreign_id),
            (Claim::AfterDot { head }, Some((_, Scheme::AdonisJs5))) => {
                *head == URL_SAFE_NO_PAD.encode(foreign_id)
            }
            (Claim::DecodedAfterDot { head }, Some((_, Scheme::AdonisJs { prefix }))) => head
                .strip_prefix(prefix.as_str())
                .is_some_and(|id| id == URL_SAFE_NO_PAD.encode(foreign_id)),
            (Claim::Keyed { scheme_id }, Some((id, Scheme::Strapi { .. }))) => *scheme_id == id,
            _ => false,
        }
    }
}

/// Whether an id before Sanctum's bar is a token's. Its database compares numbers (007 is 7), and other
/// keys as they stand.
fn is_sanctum_id(id: &str, foreign_id: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match is_number(foreign_id) {
        true => is_number(id) && id.trim_start_matches('0') == foreign_id.trim_start_matches('0'),
        false => id == foreign_id,
    }
}

/// Everything that a secret of another system can be under the schemes of a database.
pub fn candidates(secret: &Secret, schemes: &[StoredScheme]) -> Vec<Candidate> {
    let text = secret.expose();
    let bar = text.split_once('|');
    let mut found =
        vec![Candidate { hash: secret.hash(), claim: Claim::Whole { has_bar: bar.is_some() } }];
    if let Some((id, rest)) = bar
        && !rest.is_empty()
        && !id.is_empty()
    {
        let hash = Sha256::digest(rest).into();
        found.push(Candidate { hash, claim: Claim::AfterBar { id: id.to_string() } });
    }
    if let Some((head, rest)) = text.split_once('.')
        && !rest.is_empty()
        && !rest.contains('.')
    {
        let hash = Sha256::digest(rest).into();
        found.push(Candidate { hash, claim: Claim::AfterDot { head: head.to_string() } });
    }
    // A prefix can contain a dot, the encoded secret cannot.
    if let Some((head, encoded)) = text.rsplit_once('.')
        && let Ok(decoded) = URL_SAFE_NO_PAD.decode(encoded).map(Zeroizing::new)
        && !decoded.is_empty()
    {
        let hash = Sha256::digest(&*decoded).into();
        found.push(Candidate { hash, claim: Claim::DecodedAfterDot { head: head.to_string() } });
    }
    for StoredScheme { id, scheme } in schemes {
        if let Scheme::Strapi { salt } = scheme
            // An HMAC takes a key of any length, so this does not fail.
            && let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(salt)
        {
            mac.update(text.as_bytes());
            let hash = hash_of_access_key(&mac.finalize().into_bytes());
            found.push(Candidate { hash, claim: Claim::Keyed { scheme_id: *id } });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> Secret {
        super::super::secret::parse(text.into()).unwrap()
    }

    fn stored(scheme: &Scheme) -> StoredScheme {
        StoredScheme { id: 1, scheme: scheme.clone() }
    }

    fn fits(text: &str, hash: Hash, scheme: &Scheme, foreign_id: &str) -> bool {
        let stored = stored(scheme);
        candidates(&secret(text), std::slice::from_ref(&stored))
            .iter()
            .any(|candidate| candidate.hash == hash && candidate.fits(Some((&stored, foreign_id))))
    }

    fn sha256(text: &str) -> Hash {
        Sha256::digest(text).into()
    }

    #[test]
    fn sanctum_requires_the_right_id() {
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
        let uuid = "0192f0aa-1111-7abc-8def-0123456789ab";
        for (text, good) in [
            (format!("{uuid}|abc"), true),
            ("abc".to_string(), true),
            (format!("0{uuid}|abc"), false),
            (format!("{}|abc", uuid.to_uppercase()), false),
            ("192|abc".to_string(), false),
        ] {
            assert_eq!(fits(&text, hash, &Scheme::Sanctum, uuid), good, "{text}");
        }
    }

    #[test]
    fn adonisjs_5_requires_the_right_id() {
        let hash = sha256("secret");
        for (text, good) in [
            ("MQ.secret", true),
            ("Mg.secret", false),
            ("secret", false),
            (".secret", false),
            ("MQ.MQ.secret", false),
            ("MQ==.secret", false),
        ] {
            assert_eq!(fits(text, hash, &Scheme::AdonisJs5, "1"), good, "{text}");
        }
    }

    #[test]
    fn adonisjs_requires_the_right_prefix_and_id() {
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
    fn a_hash_fits_no_other_scheme() {
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
    fn a_salt_fits_its_own_scheme_alone() {
        let schemes = [1, 2].map(|id| StoredScheme {
            id,
            scheme: Scheme::Strapi { salt: Zeroizing::new(vec![id as u8]) },
        });
        let found = candidates(&secret("abc"), &schemes);
        let keyed: Vec<_> =
            found.iter().filter(|candidate| candidate.fits(Some((&schemes[0], "")))).collect();
        assert_eq!(keyed.len(), 1);
        assert!(!keyed[0].fits(Some((&schemes[1], ""))));
    }

    proptest! {
        #[test]
        fn any_string_has_few_candidates(text in "[!-~]{1,60}") {
            let found = candidates(&secret(&format!("x{text}")), &[]);
            prop_assert!((1..=4).contains(&found.len()));
        }
    }
}
