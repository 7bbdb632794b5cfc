//! What becomes of the tokens of a source.

use super::batch::Waiting;
use super::origin::{SystemTokens, TokenOrigin};
use super::{Importer, OwnerEnd, OwnerHere, SHORTEST_SEARCHED};
use crate::domain::scheme::Scheme;
use crate::domain::scope::{Scope, Scopes};
use crate::domain::secret::{self, Hash, NO_HINT};
use crate::domain::time::{Span, Timestamp};
use crate::domain::token::{NewToken, Revocation, Rules, is_unused};
use crate::import::error::Result;
use crate::import::record::{Owner, RejectedRow, SkipReason, SourceScopes, SourceToken};
use crate::import::row_end::earlier;
use crate::verify::{self, Credential};

/// The longest hint of an imported token, in characters: some have the id of a row in front.
const MAX_HINT: usize = 21;

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
        let hash = rejected.hash.filter(|_| !tokens.id_is_in_secret);
        self.skipped_hashes.extend(hash);
        self.wait(Waiting::Rejected(rejected, tokens))
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
        let (name, has_clean_name) = self.token_name(token);
        let new = NewToken {
            hash: token.hash,
            foreign: Some(tokens.foreign(token.key.id.clone())),
            hint: token.hint.chars().take(MAX_HINT).collect(),
            name,
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
            has_clean_name,
            has_ended,
            is_new: tokens.are_new && self.seen_hashes.insert(beginning_of(&token.hash)),
            left_out,
            is_weak: token.is_weak,
            unused_lifetime: tokens.unused_lifetime,
            ..TokenOrigin::default()
        };
        self.put_token(&token.key, new, origin)
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
    fn token_name(&self, token: &SourceToken) -> (String, bool) {
        let name = token.fields.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match name {
            Some(name) => (name.to_string(), false),
            None => (format!("{} token {}", self.system, token.key.id), true),
        }
    }

    /// A text of the source, with `…` for the secrets of tokens in it that are here.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub(super) fn without_secrets(&mut self, text: &str) -> Result<String> {
        let mut cleaned = text.to_string();
        for part in secret::parts_of(text) {
            // Names of tokens and users hardly ever have longer words, so most need no look-up.
            if part.expose().len() < SHORTEST_SEARCHED || !cleaned.contains(part.expose()) {
                continue;
            }
            // Those that wait are not here yet.
            self.settle()?;
            let sent = [Credential::parse(part.expose())];
            if verify::find_any(self.rows, &sent)? {
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
