//! What becomes of the tokens of a source.

use super::{Importer, OwnerEnd, OwnerHere};
use crate::domain::name::MAX_NAME;
use crate::domain::scheme::{self, Scheme};
use crate::domain::scope::{Scope, Scopes};
use crate::domain::secret::{self, Hash, NO_HINT};
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{Foreign, NewToken, Revocation, Rules, is_unused};
use crate::import::error::{Error, Result};
use crate::import::record::{Owner, RejectedRow, RowKey, SkipReason, SourceScopes, SourceToken};
use crate::import::report::Outcome;
use crate::import::row_end::earlier;
use crate::store::{self, Field, ForeignToken, Presence};
use crate::verify::{self, Credential};

/// The longest hint of an imported token, in characters: some have the id of a row in front.
const MAX_HINT: usize = 21;

/// The shortest word of an imported text that is searched for secrets, in bytes. Shorter secrets are
/// weak, and counted as such.
const SHORTEST_SEARCHED: usize = 20;

/// What all tokens of a system have in common.
#[derive(Clone, Copy)]
pub struct SystemTokens {
    /// The id under which the store keeps their scheme.
    pub scheme_id: i64,
    /// The id under which the store keeps their table.
    pub relation_id: i64,
    /// Whether a token's id there is part of its secret.
    pub id_is_in_secret: bool,
    /// How long after its last use the system rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// Whether none of them can have been here before.
    pub are_new: bool,
}

/// What of a token's row is not kept with the token.
#[derive(Default)]
pub struct TokenOrigin {
    /// Whether the owner is an administrator here.
    pub owner_is_admin: bool,
    /// Whether a token's id there is part of its secret.
    pub id_is_in_secret: bool,
    /// Whether the row says when the token was issued.
    pub has_creation: bool,
    /// Whether neither the token nor its secret can be here already.
    pub is_new: bool,
    /// Whether the system refuses the token itself, and not only its owner.
    pub has_ended: bool,
    /// The scopes that were left out.
    pub left_out: Vec<String>,
    /// Whether the secret is too short.
    pub is_weak: bool,
    /// How long after its last use the system rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// The id in the other database of tokctl's own that exported the token, if one did.
    pub exported_id: Option<i64>,
}

/// Where a token is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenHere {
    /// It was added, and has this id.
    Added(i64),
    /// It was here before, and has this id.
    Known(i64),
    /// It is not here.
    Nowhere,
}

impl Importer<'_> {
    /// Prepares the database for tokens of this scheme, from this table.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn system_tokens(
        &mut self,
        scheme: &Scheme,
        table: &str,
        unused_lifetime: Option<Span>,
    ) -> Result<SystemTokens> {
        let knows_scheme = self.rows.schemes()?.iter().any(|stored| stored.scheme == *scheme);
        let knows_table = self
            .rows
            .relations(self.system)?
            .iter()
            .any(|relation| relation.database == self.database && relation.name == table);
        let relation_id = self.rows.relation_id(self.system, &self.database, table)?;
        self.unseen_tokens = self.rows.unrevoked_tokens(relation_id)?.into_iter().collect();
        Ok(SystemTokens {
            scheme_id: self.rows.scheme_id(scheme)?,
            relation_id,
            id_is_in_secret: scheme.has_id_in_secret(),
            unused_lifetime,
            are_new: !knows_scheme && !knows_table,
        })
    }

    /// The id under which the store keeps a scheme, which is added if it is new.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn scheme_id(&mut self, scheme: &Scheme) -> Result<i64> {
        Ok(self.rows.scheme_id(scheme)?)
    }

    /// Imports a token.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn token(
        &mut self,
        token: std::result::Result<SourceToken, RejectedRow>,
        tokens: SystemTokens,
    ) -> Result<()> {
        let token = match token {
            Ok(token) => token,
            Err(rejected) => return self.reject(rejected, tokens),
        };
        match self.owner_of(&token)? {
            Ok(owner) => self.add_token(&token, owner, tokens),
            Err(why) => {
                let SourceToken { key, hash, .. } = token;
                self.reject(RejectedRow { key, hash: Some(hash), why }, tokens)
            }
        }
    }

    /// Skips a token. Where several rows have the same secret, the first one is the one whose answer
    /// counts in the system: if that is refused, none of the others may be accepted here.
    fn reject(&mut self, rejected: RejectedRow, tokens: SystemTokens) -> Result<()> {
        self.known_but_skipped(&rejected, tokens)?;
        let hash = rejected.hash.filter(|_| !tokens.id_is_in_secret);
        self.skipped_hashes.extend(hash);
        self.skip_token(rejected.key, rejected.why);
        Ok(())
    }

    /// The owner here, or why the token cannot have one.
    fn owner_of(
        &mut self,
        token: &SourceToken,
    ) -> Result<std::result::Result<TokenOwner, SkipReason>> {
        if self.skipped_hashes.contains(&token.hash) {
            return Ok(Err(SkipReason::EarlierRowSkipped));
        }
        let owner = match &token.owner {
            Owner::Unknown(why) => return Ok(Err(why.clone())),
            Owner::User(user) => Some(self.owner(user)?),
            Owner::Row(row) => self.owners.get(&self.owner_key(row)).cloned(),
        };
        Ok(match owner {
            None => Err(SkipReason::OwnerMissing),
            Some(OwnerHere::Removed) => Err(SkipReason::OwnerRemoved),
            Some(OwnerHere::Unreadable(error)) => Err(SkipReason::UnreadableOwner(*error)),
            Some(OwnerHere::User { id, admin, end }) => {
                let end = end.map_or(
                    OwnerEnd { revoked: None, is_refused_since: false, expires_at: None },
                    |end| *end,
                );
                Ok(TokenOwner { id, admin, end })
            }
        })
    }

    fn add_token(
        &mut self,
        token: &SourceToken,
        owner: TokenOwner,
        tokens: SystemTokens,
    ) -> Result<()> {
        let (scopes, left_out) = self.narrowed(&token.fields.scopes);
        if scopes.are_too_many() {
            let (key, hash) = (token.key.clone(), Some(token.hash));
            return self.reject(RejectedRow { key, hash, why: SkipReason::TooManyScopes }, tokens);
        }
        let ended = token.ended.clone().or_else(|| self.unused_there(token, tokens));
        let has_ended = ended.is_some() || owner.end.is_refused_since;
        let revoked = ended.or(owner.end.revoked);
        let new = NewToken {
            hash: token.hash,
            foreign: Some(Foreign {
                scheme_id: tokens.scheme_id,
                relation_id: Some(tokens.relation_id),
                id: token.key.id.clone(),
            }),
            hint: token.hint.chars().take(MAX_HINT).collect(),
            name: self.token_name(token)?,
            user_id: owner.id,
            scopes,
            source: self.system.to_string(),
            created_at: token.fields.created_at.unwrap_or(self.rules.now),
            expires_at: earlier(token.expires_at, owner.end.expires_at),
            last_used_at: token.fields.last_used_at,
            revocation: revoked.map(|why| self.revocation(why)),
            replaces: None,
        };
        let origin = TokenOrigin {
            owner_is_admin: owner.admin,
            id_is_in_secret: tokens.id_is_in_secret,
            has_creation: token.fields.created_at.is_some(),
            has_ended,
            is_new: tokens.are_new && self.seen_hashes.insert(beginning_of(&token.hash)),
            left_out,
            is_weak: token.is_weak,
            unused_lifetime: tokens.unused_lifetime,
            ..TokenOrigin::default()
        };
        self.put_token(&token.key, new, origin).map(drop)
    }

    /// Why the system refuses a token that it has not seen for too long, if that is no reason here.
    fn unused_there(&self, token: &SourceToken, tokens: SystemTokens) -> Option<String> {
        let there = Rules { unused_lifetime: tokens.unused_lifetime, ..self.rules };
        let last_used_at = token.fields.last_used_at;
        let is_refused = is_unused(last_used_at, &there) && !is_unused(last_used_at, &self.rules);
        is_refused.then(|| format!("unused for too long in {}", self.system))
    }

    /// A revocation at the time of the import.
    pub fn revocation(&self, why: String) -> Revocation {
        Revocation { at: self.rules.now, reason: Some(why) }
    }

    /// Adds a token, unless it or another one with its secret is here. One that is here already is
    /// left as it is, but for what the source refuses by now; or it is taken over anew if the
    /// operator says so.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn put_token(
        &mut self,
        key: &RowKey,
        new: NewToken,
        origin: TokenOrigin,
    ) -> Result<TokenHere> {
        let foreign = new.foreign.as_ref();
        let id_is_in_secret = origin.id_is_in_secret;
        let presence = match origin.is_new {
            true => Presence::New,
            false => {
                self.rows.presence(ForeignToken { hash: &new.hash, foreign, id_is_in_secret })?
            }
        };
        match presence {
            Presence::New => return self.insert_token(key, &new, origin),
            Presence::Deleted { was_revoked: false } if self.request.replace => {
                self.report.tokens_restored += 1;
                return self.insert_token(key, &new, origin);
            }
            Presence::Deleted { .. } => {
                self.report.tokens_known += 1;
                self.list(key, || Outcome::Known);
            }
            Presence::Here { id, secret } => {
                self.known_token(key, id, secret, new, origin)?;
                return Ok(TokenHere::Known(id));
            }
            // In a database of tokctl's own, the token with the secret is this one.
            Presence::SameSecret(_) if foreign.is_none() => {
                self.report.tokens_known += 1;
                self.list(key, || Outcome::Known);
            }
            Presence::SameSecret(id) => {
                self.report.tokens_skipped += 1;
                self.report.skip(key.clone(), SkipReason::SameSecret);
                self.list(key, || Outcome::Duplicate(id));
            }
        }
        Ok(TokenHere::Nowhere)
    }

    fn insert_token(
        &mut self,
        key: &RowKey,
        new: &NewToken,
        origin: TokenOrigin,
    ) -> Result<TokenHere> {
        let inserted = match self.kept_id(origin.exported_id) {
            Some(id) => self.rows.insert_token_as(id, new).map(|()| id),
            None => self.rows.insert_token(new),
        };
        let id = match inserted {
            Err(store::Error::Conflict(Field::Origin)) => {
                let RowKey { table, id } = key.clone();
                return Err(Error::DuplicateKey { table, id });
            }
            inserted => inserted?,
        };
        self.report.tokens_imported += 1;
        self.count(new, &origin);
        let revoked = reason_of(new);
        self.list(key, || Outcome::Imported { id, left_out: origin.left_out, revoked });
        Ok(TokenHere::Added(id))
    }

    pub(super) fn count(&mut self, token: &NewToken, origin: &TokenOrigin) {
        let NewToken { created_at, expires_at, last_used_at, scopes, .. } = token;
        let violated =
            self.policy.violated_by(*created_at, *expires_at, scopes, origin.owner_is_admin);
        let is_expired = expires_at.is_some_and(|at| at.has_come(self.rules.now));
        let there = Rules { unused_lifetime: origin.unused_lifetime, ..self.rules };
        let is_unused_here = !is_expired
            && is_unused(*last_used_at, &self.rules)
            && !is_unused(*last_used_at, &there);
        let is_odd =
            [Some(*created_at), *expires_at, *last_used_at].into_iter().flatten().any(is_odd);
        self.report.against_policy += u64::from(!violated.is_empty());
        self.report.tokens_narrowed += u64::from(!origin.left_out.is_empty());
        self.report.tokens_revoked += u64::from(token.revocation.is_some());
        self.report.weak_secrets += u64::from(origin.is_weak);
        self.report.unused_here += u64::from(is_unused_here);
        self.report.odd_dates += u64::from(is_odd);
    }

    /// The name there, or one by which tokens without a name can be told apart.
    fn token_name(&mut self, token: &SourceToken) -> Result<String> {
        let name = token.fields.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match name {
            Some(name) => {
                let name = self.without_secrets(name, Some(&token.hash))?;
                Ok(name.chars().take(MAX_NAME).collect())
            }
            None => Ok(format!("{} token {}", self.system, token.key.id)),
        }
    }

    /// A text of the source, with `…` for the secrets of tokens in it: of those that are here, and of the
    /// one whose stored hash is `own`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub(super) fn without_secrets(&mut self, text: &str, own: Option<&Hash>) -> Result<String> {
        let mut cleaned = text.to_string();
        for part in secret::parts_of(text) {
            // Names of tokens and users hardly ever have longer words, so most need no look-up.
            if part.expose().len() < SHORTEST_SEARCHED || !cleaned.contains(part.expose()) {
                continue;
            }
            let is_own = scheme::candidates(&part, &self.rows.schemes()?)
                .iter()
                .any(|candidate| Some(&candidate.hash) == own);
            let sent = [Credential::parse(part.expose())];
            if is_own || verify::find_any(self.rows, &sent)? {
                cleaned = cleaned.replace(part.expose(), NO_HINT);
            }
        }
        Ok(cleaned)
    }

    /// The scopes that mean here what they mean there, and those that are left out.
    pub fn narrowed(&self, scopes: &SourceScopes) -> (Scopes, Vec<String>) {
        let (scopes, has_wildcard) = match scopes {
            SourceScopes::Everything => return (Scopes::everything(), Vec::new()),
            SourceScopes::List { scopes, has_wildcard } => (scopes, *has_wildcard),
        };
        let mapped = |text: &str| {
            self.map_scopes.iter().find(|(from, _)| from == text).map(|(_, to)| to.clone())
        };
        let mut left_out = Vec::new();
        let kept = scopes.iter().filter_map(|text| match (mapped(text), text.parse::<Scope>()) {
            (Some(scope), _) => Some(scope),
            (None, Ok(scope)) if !scope.is_wildcard() || (has_wildcard && text == "*") => {
                Some(scope)
            }
            _ => {
                left_out.push(text.clone());
                None
            }
        });
        let kept = kept.collect();
        (kept, left_out)
    }
}

/// Enough of a hash to tell that it is another one. Two that begin alike are looked up.
fn beginning_of(hash: &Hash) -> u64 {
    hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Why a token is revoked.
pub(super) fn reason_of(token: &NewToken) -> Option<String> {
    token.revocation.as_ref().and_then(|revocation| revocation.reason.clone())
}

/// The owner of a token here.
struct TokenOwner {
    id: i64,
    admin: bool,
    end: OwnerEnd,
}

/// Whether a date is more likely read wrongly than meant: before 2000 or after 2100, but for the end
/// of time.
fn is_odd(at: Timestamp) -> bool {
    const Y2000: i64 = 946_684_800_000;
    const Y2100: i64 = 4_102_444_800_000;
    const END: i64 = 253_370_764_800_000;
    at.millis() < Y2000 || (at.millis() >= Y2100 && at.millis() < END)
}
