//! Scopes, and which scope grants which.
//!
//! A scope is a `scope-token` of RFC 6749 §3.3 (visible ASCII without `"` and `\`), here without
//! commas, which separate scopes on the command line. `*` is allowed alone, where it grants
//! everything, or as a final `.*`, where it grants everything below.

use super::invalid::Invalid;
use super::secret;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

/// The longest scope, in characters.
pub const MAX_SCOPE: usize = 255;

/// The most scopes of a token. A verification reads all of them, and one with 100,000 took seconds.
pub const MAX_SCOPES: usize = 1000;

/// How many scopes are compared each with each other one.
const FEW: usize = 8;

/// A valid scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// The scope as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scope grants more than itself: `*` or `posts.*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.ends_with('*')
    }

    /// Whether a token with this scope may do what requires `needed`. `posts.*` covers
    /// `posts.manage` and `posts.comments.edit`, but not `posts`; all other scopes are compared
    /// exactly, with regard to case.
    pub fn covers(&self, needed: &Scope) -> bool {
        match self.0.strip_suffix('*') {
            Some(below) => needed.0.starts_with(below) && needed.0.len() > below.len(),
            None => self == needed,
        }
    }
}

impl FromStr for Scope {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err("a scope cannot be empty".into());
        }
        if text.len() > MAX_SCOPE {
            return Err(format!("a scope cannot be longer than {MAX_SCOPE} characters").into());
        }
        let allowed = |b: u8| matches!(b, b'!'..=b'~') && !matches!(b, b'"' | b'\\' | b',');
        if !text.bytes().all(allowed) {
            return Err(
                "a scope must be visible ASCII without spaces, quotes, backslashes or commas \
                        (RFC 6749, section 3.3)"
                    .into(),
            );
        }
        if secret::is_in(text) {
            return Err("a scope must not contain a secret".into());
        }
        let literal = match text.strip_suffix(".*") {
            Some(above) if !above.is_empty() => above,
            _ if text == "*" => "",
            _ => text,
        };
        if literal.contains('*') {
            return Err("* is allowed only alone or as a final \".*\"".into());
        }
        Ok(Scope(text.to_string()))
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a token grants: scopes in the order they were given, each once. An empty list grants
/// nothing. Written as OAuth 2.0 writes it: one string with spaces between scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema), schema(value_type = Vec<String>))]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// The scopes of a token that may do everything: `*`.
    pub fn everything() -> Self {
        Scopes(vec![Scope("*".into())])
    }

    /// Reads what [`Display`] wrote into the database. A scope that does not parse is left out, so
    /// that a damaged row grants less, never more.
    pub fn from_stored(text: &str) -> Self {
        text.split(' ').filter_map(|scope| scope.parse().ok()).collect()
    }

    /// Whether one of the scopes covers `needed`.
    pub fn grants(&self, needed: &Scope) -> bool {
        self.0.iter().any(|scope| scope.covers(needed))
    }

    /// Whether there are none, so that nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are more than [`MAX_SCOPES`]. No such token is issued or imported, but earlier
    /// versions did.
    pub fn are_too_many(&self) -> bool {
        self.0.len() > MAX_SCOPES
    }

    /// The scopes in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut all: Vec<Scope> = scopes.into_iter().collect();
        if all.len() <= FEW {
            // Comparing each with each other one is faster for as few as nearly every token has.
            for position in (1..all.len()).rev() {
                if all[..position].contains(&all[position]) {
                    all.remove(position);
                }
            }
            return Scopes(all);
        }
        let mut seen = BTreeSet::new();
        let is_new: Vec<bool> = all.iter().map(|scope| seen.insert(scope.as_str())).collect();
        let once =
            all.into_iter().zip(is_new).filter_map(|(scope, is_new)| is_new.then_some(scope));
        Scopes(once.collect())
    }
}

impl Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&scope.0)?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Scope::as_str))
    }
}

/// The scopes that a verification requires.
#[derive(Debug, Clone, Default)]
pub struct Required {
    /// The scopes; without any, every token has enough.
    pub scopes: Vec<Scope>,
    /// Whether one of them is enough; otherwise all are required.
    pub any: bool,
}

impl Required {
    /// All of these scopes.
    ///
    /// # Errors
    ///
    /// When one of them is not a valid scope.
    pub fn all<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        let scopes: Result<_, _> = scopes.into_iter().map(str::parse).collect();
        Ok(Required { scopes: scopes?, any: false })
    }

    /// The required scopes that `granted` does not cover; empty when the token has enough.
    pub fn missing(&self, granted: &Scopes) -> Vec<Scope> {
        let missing: Vec<Scope> =
            self.scopes.iter().filter(|scope| !granted.grants(scope)).cloned().collect();
        if self.any && missing.len() < self.scopes.len() { Vec::new() } else { missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn scopes_are_rfc_6749_tokens_with_wildcards_in_two_places() {
        for good in ["*", "posts.*", "a", "posts.manage", "server:create", "a/b", "!", "~"] {
            assert!(good.parse::<Scope>().is_ok(), "{good}");
        }
        let long = "a".repeat(256);
        for bad in [
            "", " ", "a b", "a,b", "a\"", "a\\", "é", "**", "*.a", "a*", "a.*.b", ".*", "a\n",
            &long,
        ] {
            assert!(bad.parse::<Scope>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_wildcards_cover_other_scopes() {
        assert!(scope("*").covers(&scope("posts.manage")));
        assert!(scope("posts.*").covers(&scope("posts.manage")));
        assert!(scope("posts.*").covers(&scope("posts.comments.edit")));
        assert!(!scope("posts.*").covers(&scope("posts")));
        assert!(!scope("posts.*").covers(&scope("postscript")));
        assert!(!scope("posts").covers(&scope("posts.manage")));
        assert!(!scope("posts.*").covers(&scope("*")));
        assert!(!scope("Posts").covers(&scope("posts")));
    }

    #[test]
    fn of_very_many_scopes_each_is_kept_once() {
        // Comparing each with each other one would take minutes.
        let scopes: Vec<_> = (0..200_000).map(|i| scope(&format!("s.{}", i % 100_000))).collect();
        let once: Scopes = scopes.iter().cloned().collect();
        assert!(once.iter().eq(&scopes[..100_000]));
        assert!(once.are_too_many());
    }

    #[test]
    fn all_are_required_or_any_one() {
        let granted: Scopes = [scope("a"), scope("b")].into_iter().collect();
        let need = |any, names: &[&str]| Required {
            scopes: names.iter().map(|n| scope(n)).collect(),
            any,
        };
        assert!(need(false, &["a", "b"]).missing(&granted).is_empty());
        assert_eq!(need(false, &["a", "c"]).missing(&granted), [scope("c")]);
        assert!(need(true, &["a", "c"]).missing(&granted).is_empty());
        assert_eq!(need(true, &["c"]).missing(&granted), [scope("c")]);
        assert!(need(true, &[]).missing(&Scopes::default()).is_empty());
    }

    proptest! {
        #[test]
        fn stored_scopes_read_back(texts in prop::collection::vec("[a-z]{1,4}(\\.[a-z]{1,4}){0,2}(\\.\\*)?", 0..6)) {
            let scopes: Scopes = texts.iter().map(|t| scope(t)).collect();
            prop_assert_eq!(Scopes::from_stored(&scopes.to_string()), scopes);
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            if let Ok(scope) = text.parse::<Scope>() {
                prop_assert_eq!(scope.as_str(), text);
            }
        }

        #[test]
        fn a_literal_covers_itself_alone(a in "[a-c.]{1,4}", b in "[a-c.]{1,4}") {
            prop_assert_eq!(scope(&a).covers(&scope(&b)), a == b);
        }
    }
}
