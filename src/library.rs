//! What a Rust program that verifies tokens itself sees: a database, a verdict, and why not.

use crate::error;
use crate::outcome::{self, Rejection};
use crate::scheme::Presented;
use crate::scope::{Required, Scope};
use crate::secret;
use crate::store::Store;
use crate::token::Status;
use crate::verification::decide;
use std::path::Path;

/// A database of tokens, open for verifying.
///
/// It may be opened by an account that can only read the file. Nothing is written: neither when a
/// token was last used nor which verifications failed, as `tokctl verify` does after its answer.
/// A token that another process revokes is rejected from the next [`Database::verify`] on.
pub struct Database(Store);

/// Why it could not be found out whether a secret is good: there is no database, it is locked for
/// longer than five seconds, corrupt, unreadable or not tokctl's, or a required scope is none.
/// Whoever meets one must not let anybody in.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] error::Error);

/// The answer to "may the holder of this secret do that?".
///
/// `match` has to name every answer, so that none is taken for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The token is good, and has all scopes that were required.
    Good(Holder),
    /// The token is good, but lacks these of the scopes that were required.
    Insufficient(Holder, Vec<String>),
    /// No token can look like that: the shape or the checksum is wrong.
    Malformed,
    /// No token has that secret.
    Unknown,
    /// The token was revoked.
    Revoked,
    /// The token's owner is banned.
    Banned,
    /// The token has expired; it is so from the very second of its expiry on.
    Expired,
    /// The token was not used for longer than the database's setting `unused-lifetime`.
    Unused,
}

/// A good token, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The token's id, which is never used again.
    pub token_id: i64,
    /// What the token is for.
    pub token_name: String,
    /// The name of the token's owner.
    pub user: String,
    /// Whether the owner is an administrator.
    pub admin: bool,
    /// What the token grants, as RFC 6749 §3.3 scope-tokens; `*` is everything.
    pub scopes: Vec<String>,
}

impl Database {
    /// Opens the database at `path`, which must exist: the default one of the `tokctl` command is
    /// `tokctl/tokctl.db` in the account's data folder.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being read; see [`Error`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Database(Store::open(path.as_ref())?))
    }

    /// Whether `secret` is a good token's that has all of the `required` scopes. A leading
    /// `Authorization:` and `Bearer` (RFC 6750 §2.1) are stripped.
    ///
    /// # Errors
    ///
    /// Whatever keeps that from being found out; see [`Error`].
    pub fn verify(&self, secret: &str, required: &[&str]) -> Result<Verdict, Error> {
        let scopes = required.iter().map(|scope| {
            let parsed: Result<Scope, String> = scope.parse();
            parsed.map_err(|why| error::Error::request("a required scope is none", why))
        });
        let required = Required { scopes: scopes.collect::<Result<_, _>>()?, any: false };
        let presented = Presented::from(secret::parse(secret.as_bytes().to_vec()));
        if let Presented::Malformed = presented {
            return Ok(Verdict::Malformed);
        }
        let (outcomes, _) = decide(&self.0, &[presented], &required)?;
        let outcome = outcomes.into_iter().next().ok_or_else(|| {
            error::Error::unavailable("cannot verify", "the look-up gave no answer")
        })?;
        Ok(outcome.into())
    }
}

impl From<outcome::Outcome> for Verdict {
    fn from(outcome: outcome::Outcome) -> Self {
        use outcome::Outcome::{Good, Insufficient, Rejected};
        match outcome {
            Good(grant) => Verdict::Good(grant.into()),
            Insufficient(grant, missing) => {
                let missing = missing.iter().map(|scope| scope.as_str().to_string());
                Verdict::Insufficient(grant.into(), missing.collect())
            }
            Rejected(Rejection::Malformed) => Verdict::Malformed,
            Rejected(Rejection::Unknown) => Verdict::Unknown,
            Rejected(Rejection::Inactive(grant)) => match grant.token.status {
                Status::Banned => Verdict::Banned,
                Status::Expired => Verdict::Expired,
                Status::Unused => Verdict::Unused,
                // Nothing that is active is rejected; were it so, it would not be good.
                Status::Revoked | Status::Active => Verdict::Revoked,
            },
        }
    }
}

impl From<outcome::Grant> for Holder {
    fn from(grant: outcome::Grant) -> Self {
        let scopes = grant.token.scopes.iter().map(|scope| scope.as_str().to_string());
        Holder {
            token_id: grant.token.id,
            scopes: scopes.collect(),
            token_name: grant.token.name,
            user: grant.token.user,
            admin: grant.admin,
        }
    }
}
