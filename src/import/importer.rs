//! Puts users and tokens of another system into the database, in one transaction: matches users,
//! narrows scopes, skips, and reports.

use super::error::Result;
use super::options::Request;
use super::record::{
    Owner, RejectedRow, RowKey, SkipReason, SourceScopes, SourceToken, SourceUser,
};
use super::report::{Outcome, Report, RowReport};
use crate::domain::audit::Change;
use crate::domain::name::{Email, MAX_NAME, lookup_key};
use crate::domain::policy::Policy;
use crate::domain::scheme::Scheme;
use crate::domain::scope::{Scope, Scopes};
use crate::domain::secret::Hash;
use crate::domain::time::Span;
use crate::domain::token::{Foreign, NewToken, Revocation, Rules, is_unused};
use crate::store::{
    Ban, ChangeRow, ForeignToken, LocalUser, NewUserRow, Origin, Presence, WriteTransaction,
};
use crate::text::count::counted;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The longest hint that the database takes, in characters.
pub const MAX_HINT: usize = 21;

/// Puts users and tokens into the database.
pub struct Importer<'a> {
    rows: &'a mut dyn WriteTransaction,
    system: &'static str,
    request: Request<'a>,
    rules: Rules,
    policy: Policy,
    /// Users with higher ids came with this import: people who are two in the source stay two.
    last_user_id: i64,
    /// The secrets of rows that were skipped.
    skipped_hashes: HashSet<Hash>,
    report: Report,
}

/// What all tokens of a system have in common.
#[derive(Clone, Copy)]
pub struct SystemTokens {
    /// The id under which the store keeps their scheme.
    pub scheme_id: i64,
    /// Whether a token's id there is part of its secret.
    pub id_is_in_secret: bool,
    /// How long after its last use the system rejects a token; `None`: never.
    pub unused_lifetime: Option<Span>,
}

/// What became of a token that was to be added.
pub enum Insertion {
    /// It has this id.
    Inserted(i64),
    /// It was here already, or has been deleted here.
    Known,
    /// The token with this id in the same system has the same secret.
    SameSecret(String),
}

impl<'a> Importer<'a> {
    /// An importer for a system.
    ///
    /// # Errors
    ///
    /// When the settings cannot be read.
    pub fn new(
        rows: &'a mut dyn WriteTransaction,
        system: &'static str,
        request: Request<'a>,
    ) -> Result<Self> {
        let settings = rows.settings()?;
        Ok(Importer {
            system,
            request,
            rules: settings.rules(request.now.whole_second())?,
            policy: settings.policy()?,
            last_user_id: rows.last_user_id()?,
            skipped_hashes: HashSet::new(),
            report: Report { system, dry_run: request.dry_run, ..Report::default() },
            rows,
        })
    }

    /// The report, with a row in the log.
    ///
    /// # Errors
    ///
    /// When the log cannot be written, or the report could not be kept.
    pub fn finish(mut self) -> Result<Report> {
        self.report.rows.finish()?;
        let Report { users_created, tokens_imported, .. } = self.report;
        let (users, tokens) = (counted(users_created, "user"), counted(tokens_imported, "token"));
        let detail = format!("{users} and {tokens} from {}", self.system);
        let change = Change { action: "import", detail: Some(detail), ..Change::default() };
        let Request { now, actor, .. } = self.request;
        self.rows.insert_change(ChangeRow { at: now, actor, change: &change })?;
        Ok(self.report)
    }

    /// Names the place in the source where secrets can be read.
    pub fn report_clear_text(&mut self, column: Option<&str>) {
        self.report.clear_text = column.map(str::to_string);
    }

    /// Keeps what became of a row, if the report lists rows.
    pub fn list(&mut self, row: &RowKey, outcome: impl FnOnce() -> Outcome) {
        if self.request.verbose {
            self.report.rows.push(&RowReport { row: row.clone(), outcome: outcome() });
        }
    }

    fn skip(&mut self, row: RowKey, why: SkipReason) {
        self.list(&row, || Outcome::Skipped(why.clone()));
        self.report.skip(row, why);
    }

    /// Counts a token that is here already.
    pub fn count_known_token(&mut self) {
        self.report.tokens_known += 1;
    }

    /// Skips a token.
    pub fn skip_token(&mut self, row: RowKey, why: SkipReason) {
        self.report.tokens_skipped += 1;
        self.skip(row, why);
    }
}

/// Users.
impl Importer<'_> {
    /// Imports a user.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn user(&mut self, user: std::result::Result<SourceUser, RejectedRow>) -> Result<()> {
        match user {
            Err(rejected) => {
                self.report.users_skipped += 1;
                self.skip(rejected.key, rejected.why);
            }
            Ok(user) => match self.rows.origin(&self.origin_of(&user))? {
                Origin::Unknown => drop(self.local_user(&user)?),
                Origin::User(_) | Origin::Removed => {
                    self.report.users_known += 1;
                    self.list(&user.key, || Outcome::Known);
                }
            },
        }
        Ok(())
    }

    /// Who a user of the source is here; a new one is added. `None` if an earlier import brought the
    /// user, who was removed here since.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn local_user(&mut self, user: &SourceUser) -> Result<Option<LocalUser>> {
        let origin = self.origin_of(user);
        match self.rows.origin(&origin)? {
            Origin::User(local) => return Ok(Some(local)),
            Origin::Removed => return Ok(None),
            Origin::Unknown => {}
        }
        let email = user.fields.email.as_deref().map(str::trim);
        let email = email.filter(|email| email.parse::<Email>().is_ok());
        let name = self.name_of(user);
        let email_key = email.map(lookup_key);
        let name_key = self.request.match_names.then(|| lookup_key(&name));
        let matched =
            self.rows.local_user(email_key.as_deref(), name_key.as_deref(), self.last_user_id)?;
        let local = match matched {
            Some(local) => {
                self.report.users_matched += 1;
                self.list(&user.key, || Outcome::Matched(local.id));
                local
            }
            None => self.add_user(user, &name, email)?,
        };
        self.rows.set_origin(&origin, local.id)?;
        Ok(Some(local))
    }

    /// Adds a user, under a name and an e-mail address that nobody else has.
    fn add_user(
        &mut self,
        user: &SourceUser,
        name: &str,
        email: Option<&str>,
    ) -> Result<LocalUser> {
        let free_name = self.free_name(name)?;
        let free_email = match email {
            Some(email) if self.rows.has_email(&lookup_key(email))? => None,
            email => email,
        };
        let fields = &user.fields;
        let ban =
            fields.refused.as_deref().map(|why| Ban { at: self.rules.now, reason: Some(why) });
        let id = self.rows.insert_user(&NewUserRow {
            name: &free_name,
            email: free_email,
            full_name: fields.full_name.as_deref(),
            admin: fields.admin,
            ban,
            created_at: fields.created_at.unwrap_or(self.rules.now),
        })?;
        let without_email = fields.email.is_some() && free_email.is_none();
        self.report.users_created += 1;
        self.report.users_renamed += u64::from(free_name != name || without_email);
        self.list(&user.key, || Outcome::Created { name: free_name, without_email });
        Ok(LocalUser { id, banned_reason: fields.refused.clone(), admin: fields.admin })
    }

    /// The name of a user there, or else the e-mail address, or else the row.
    fn name_of(&self, user: &SourceUser) -> String {
        let fields = &user.fields;
        let given = fields.name.as_deref().or(fields.email.as_deref()).map(str::trim);
        let name = match given {
            Some(name) if !name.is_empty() => name.to_string(),
            _ => user.key.to_string(),
        };
        name.chars().take(MAX_NAME).collect()
    }

    /// The name, or else `name@system`, or else that with a number.
    fn free_name(&mut self, name: &str) -> Result<String> {
        let mut free = name.to_string();
        let mut number = 1;
        while self.rows.has_user_name(&lookup_key(&free))? {
            let suffix = match number {
                1 => format!("@{}", self.system),
                _ => format!("@{}-{number}", self.system),
            };
            let room = MAX_NAME - suffix.chars().count();
            free = name.chars().take(room).chain(suffix.chars()).collect();
            number += 1;
        }
        Ok(free)
    }

    /// A hash of all that identifies a user there: a user of another application with the same id is
    /// somebody else.
    fn origin_of(&self, user: &SourceUser) -> Hash {
        let fields = &user.fields;
        let created = fields.created_at.map_or(String::new(), |at| at.millis().to_string());
        let mut hash = Sha256::new();
        for part in [
            self.system,
            &user.key.table,
            &user.key.id,
            fields.name.as_deref().unwrap_or_default(),
            fields.email.as_deref().unwrap_or_default(),
            &created,
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// Tokens.
impl Importer<'_> {
    /// Prepares the database for tokens of this scheme.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn system_tokens(
        &mut self,
        scheme: &Scheme,
        unused_lifetime: Option<Span>,
    ) -> Result<SystemTokens> {
        Ok(SystemTokens {
            scheme_id: self.rows.scheme_id(scheme)?,
            id_is_in_secret: scheme.has_id_in_secret(),
            unused_lifetime,
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
            Err(rejected) => {
                self.reject(rejected, tokens);
                return Ok(());
            }
        };
        match self.owner_of(&token)? {
            Ok((user, local)) => self.add_token(&token, user, &local, tokens),
            Err(why) => {
                let SourceToken { key, hash, .. } = token;
                self.reject(RejectedRow { key, hash: Some(hash), why }, tokens);
                Ok(())
            }
        }
    }

    /// Skips a token. Where several rows have the same secret, the first one is the one whose answer
    /// counts in the system: if that is refused, none of the others may be accepted here.
    fn reject(&mut self, rejected: RejectedRow, tokens: SystemTokens) {
        let hash = rejected.hash.filter(|_| !tokens.id_is_in_secret);
        self.skipped_hashes.extend(hash);
        self.skip_token(rejected.key, rejected.why);
    }

    /// The owner there and here, or why the token cannot have one.
    fn owner_of<'t>(
        &mut self,
        token: &'t SourceToken,
    ) -> Result<std::result::Result<(&'t SourceUser, LocalUser), SkipReason>> {
        if self.skipped_hashes.contains(&token.hash) {
            return Ok(Err(SkipReason::EarlierRowSkipped));
        }
        let Owner::User(user) = &token.owner else { return Ok(Err(SkipReason::OwnerMissing)) };
        let local = self.local_user(user)?;
        Ok(local.map(|local| (user, local)).ok_or(SkipReason::OwnerRemoved))
    }

    fn add_token(
        &mut self,
        token: &SourceToken,
        owner: &SourceUser,
        local: &LocalUser,
        tokens: SystemTokens,
    ) -> Result<()> {
        let (scopes, left_out) = narrowed(&token.fields.scopes);
        let foreign = Foreign { scheme_id: tokens.scheme_id, id: token.key.id.clone() };
        let revoked = revoked_for(owner, local);
        let new = NewToken {
            hash: token.hash,
            foreign: Some(foreign),
            hint: token.hint.chars().take(MAX_HINT).collect(),
            name: self.token_name(token),
            user_id: local.id,
            scopes,
            source: self.system.to_string(),
            created_at: token.fields.created_at.unwrap_or(self.rules.now),
            expires_at: token.fields.expires_at,
            last_used_at: token.fields.last_used_at,
            revocation: revoked.clone().map(|why| self.revocation(why)),
            replaces: None,
        };
        match self.insert_token(&new, local, tokens.id_is_in_secret)? {
            Insertion::Inserted(id) => {
                self.count(&new, !left_out.is_empty(), token.is_weak, tokens);
                self.list(&token.key, || Outcome::Imported { id, left_out, revoked });
            }
            Insertion::Known => self.list(&token.key, || Outcome::Known),
            Insertion::SameSecret(id) => {
                self.report.tokens_skipped += 1;
                self.report.skip(token.key.clone(), SkipReason::SameSecret);
                self.list(&token.key, || Outcome::Duplicate(id));
            }
        }
        Ok(())
    }

    /// A revocation at the time of the import.
    pub fn revocation(&self, why: String) -> Revocation {
        Revocation { at: self.rules.now, reason: Some(why) }
    }

    /// Adds a token, unless it or another one with its secret is here.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub fn insert_token(
        &mut self,
        token: &NewToken,
        owner: &LocalUser,
        id_is_in_secret: bool,
    ) -> Result<Insertion> {
        let foreign = token.foreign.as_ref();
        match self.rows.presence(ForeignToken { hash: &token.hash, foreign, id_is_in_secret })? {
            Presence::New => {}
            Presence::Known => {
                self.count_known_token();
                return Ok(Insertion::Known);
            }
            Presence::SameSecret(id) => return Ok(Insertion::SameSecret(id)),
        }
        let id = self.rows.insert_token(token)?;
        self.report.tokens_imported += 1;
        let NewToken { created_at, expires_at, scopes, .. } = token;
        let violated = self.policy.violated_by(*created_at, *expires_at, scopes, owner.admin);
        self.report.against_policy += u64::from(!violated.is_empty());
        Ok(Insertion::Inserted(id))
    }

    fn count(&mut self, token: &NewToken, is_narrowed: bool, is_weak: bool, tokens: SystemTokens) {
        let is_expired = token.expires_at.is_some_and(|at| at.has_come(self.rules.now));
        let there = Rules { unused_lifetime: tokens.unused_lifetime, ..self.rules };
        let is_unused_here = !is_expired
            && is_unused(token.last_used_at, &self.rules)
            && !is_unused(token.last_used_at, &there);
        self.report.tokens_narrowed += u64::from(is_narrowed);
        self.report.tokens_revoked += u64::from(token.revocation.is_some());
        self.report.weak_secrets += u64::from(is_weak);
        self.report.unused_here += u64::from(is_unused_here);
    }

    /// The name there, or one by which tokens without a name can be told apart.
    fn token_name(&self, token: &SourceToken) -> String {
        match &token.fields.name {
            Some(name) => name.chars().take(MAX_NAME).collect(),
            None => format!("{} token {}", self.system, token.key.id),
        }
    }
}

/// Why a token is revoked here: its owner is refused there, and not banned here for that. A user
/// who is here keeps their own tokens; and a token must not become valid when a ban for something
/// else ends.
fn revoked_for(owner: &SourceUser, local: &LocalUser) -> Option<String> {
    owner.fields.refused.clone().filter(|why| local.banned_reason.as_ref() != Some(why))
}

/// The scopes that mean here what they mean there, and those that are left out.
fn narrowed(scopes: &SourceScopes) -> (Scopes, Vec<String>) {
    let (scopes, has_wildcard) = match scopes {
        SourceScopes::Everything => return (Scopes::everything(), Vec::new()),
        SourceScopes::List { scopes, has_wildcard } => (scopes, *has_wildcard),
    };
    let mut left_out = Vec::new();
    let kept = scopes.iter().filter_map(|text| match text.parse::<Scope>() {
        Ok(scope) if !scope.is_wildcard() || (has_wildcard && text == "*") => Some(scope),
        _ => {
            left_out.push(text.clone());
            None
        }
    });
    let kept = kept.collect();
    (kept, left_out)
}
