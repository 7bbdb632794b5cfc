//! Issuing tokens by the policy of the database.

use super::error::{Error, Result};
use super::handle::{Admin, BATCH, Writer, change_of};
use super::revoke::revoke;
use super::users::owner;
use crate::domain::name::Name;
use crate::domain::policy::Policy;
use crate::domain::scheme::Scheme;
use crate::domain::scope::Scopes;
use crate::domain::secret::{Hash, Prefix, Secret, Shape};
use crate::domain::settings::Settings;
use crate::domain::time::{Timestamp, When};
use crate::domain::token::{Foreign, NewToken, Rules, Status, Token};
use crate::domain::user::Owner;
use crate::store::{self, TokenKey, WriteTransaction};
use crate::verify::{self, Credential};
use serde::Serialize;
use std::borrow::Borrow;
use std::collections::HashMap;

/// The reason of tokens whose secret did not reach whoever asked for it.
const UNDELIVERED: &str = "the secret was not delivered";

/// What a new token is to be like.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it is for.
    pub name: Name,
    /// What it grants.
    pub scopes: Scopes,
    /// The owner's name; `None`: the setting `default-user`.
    pub user: Option<String>,
    /// When it expires; `None`: as the settings say.
    pub expires: Option<When>,
}

/// A token that was just issued, and its secret, which is stored nowhere.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// Its secret.
    pub secret: Secret,
}

/// A token as it is answered when it was issued: the record and the secret. The order of the fields is the
/// order of the JSON keys.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct IssuedToken<'a> {
    /// The token.
    #[serde(flatten)]
    pub token: &'a Token,
    /// `bearer`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The secret.
    #[serde(rename = "token")]
    pub secret: &'a str,
}

impl Issued {
    /// Both as they are answered.
    pub fn record(&self) -> IssuedToken<'_> {
        IssuedToken { token: &self.token, kind: "bearer", secret: self.secret.expose() }
    }
}

impl Admin {
    /// Issues tokens, all or none.
    ///
    /// `before_commit` is called when nothing but the commit is left to do: from then on the tokens
    /// may exist, and [`Admin::undo_issue`] must follow if a secret cannot be delivered. That includes
    /// a commit that fails, which may have taken effect: [`Admin::undo_issue`] tells. `progress` is
    /// called with the number of tokens prepared.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] with the first request that cannot be met; nothing is issued then.
    pub fn issue(
        &self,
        requests: &[impl Borrow<Request>],
        mut progress: impl FnMut(u64),
        mut before_commit: impl FnMut(&[Issued]),
    ) -> Result<Vec<Issued>> {
        let now = self.now();
        self.write(|writer| {
            if requests.len() > 1 {
                writer.rows.expect_many_rows()?;
            }
            let mut issuer = Issuer::new(writer, now)?;
            let mut issued = Vec::with_capacity(requests.len());
            for batch in requests.chunks(BATCH) {
                issuer.issue_batch(writer, batch, &mut issued, &mut progress)?;
            }
            before_commit(&issued);
            Ok(issued)
        })
    }

    /// Adds a token whose secret was made elsewhere. One that is not in tokctl's own form is kept like a
    /// secret of another system: by its SHA-256, and under a scheme that says so.
    ///
    /// # Errors
    ///
    /// When the request cannot be met, the secret is not fit for one, or a token here has it already.
    pub fn register(&self, request: &Request, secret: &Secret) -> Result<Token> {
        secret.check_made_elsewhere().map_err(Error::InvalidSecret)?;
        let now = self.now();
        let sent = [Credential::parse(secret.expose())];
        self.write(|writer| {
            if verify::find_any(writer.rows, &sent)? {
                return Err(Error::SecretTaken);
            }
            let foreign = match secret.shape() {
                Shape::Own | Shape::Mistyped => None,
                Shape::Foreign => {
                    let scheme_id = writer.rows.scheme_id(&Scheme::Sha256)?;
                    Some(Foreign { relation_id: None, scheme_id, id: String::new() })
                }
            };
            let hint = if foreign.is_none() { secret.hint() } else { secret.guarded_hint() };
            let stored = StoredSecret { hash: secret.hash(), foreign, hint };
            let mut issuer = Issuer::new(writer, now)?;
            let (user, draft) = issuer.draft(request)?;
            let detail = Some("with a secret that was made elsewhere".to_string());
            let prepared = issuer.prepare(writer, &user, draft, stored, detail)?;
            issuer.add_one(writer, prepared)
        })
    }

    /// Revokes tokens whose secrets reached nobody. Tokens that somebody deleted or revoked since stay as
    /// they are. Waits for a commit that is under way, and returns whether the tokens were issued at all,
    /// which the hashes of some of their secrets tell: other tokens may have got their ids.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being revoked.
    pub fn undo_issue(&self, ids: &[i64], hashes: &[Hash]) -> Result<bool> {
        let now = self.now();
        self.write(|writer| {
            for hash in hashes {
                if has_secret(writer.rows, hash)? {
                    let rules = writer.rules(now)?;
                    for ids in ids.chunks(BATCH) {
                        revoke_undelivered(writer, ids, &rules)?;
                    }
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// Whether there is a token with the secret of this hash, whatever its state.
pub(super) fn has_secret(rows: &mut dyn WriteTransaction, hash: &Hash) -> Result<bool> {
    rows.await_token(hash)?;
    Ok(!rows.tokens_by_key(TokenKey::Hash(hash), 1)?.is_empty())
}

/// Revokes tokens whose secrets reached nobody. Somebody may have deleted or revoked one since.
pub(super) fn revoke_undelivered(writer: &mut Writer, ids: &[i64], rules: &Rules) -> Result<()> {
    let tokens = writer.rows.tokens_by_key(TokenKey::Ids(ids), ids.len())?.into_iter();
    let tokens: Vec<_> = tokens.map(|stored| stored.into_token(rules)).collect();
    let left: Vec<_> = tokens.iter().filter(|token| !token.is_revoked()).collect();
    revoke(writer, &left, rules.now, Some(UNDELIVERED))
}

/// What a token is to be like, once its owner is known.
pub(super) struct Draft {
    pub name: String,
    pub scopes: Scopes,
    pub expires: Option<When>,
    /// The id of the token that it replaces in a rotation.
    pub replaces: Option<i64>,
}

/// What the database keeps of a secret.
struct StoredSecret {
    hash: Hash,
    /// How it is checked, if not as one of tokctl's own.
    foreign: Option<Foreign>,
    hint: String,
}

/// A token that is ready to be added.
struct Prepared {
    new: NewToken,
    /// The name by which the issuer knows the owner.
    user: String,
    /// What the log says about it.
    detail: Option<String>,
}

/// Which of several tokens could not be added, and why.
struct Failed {
    position: usize,
    error: Error,
}

/// Issues tokens within one transaction.
pub(super) struct Issuer {
    pub settings: Settings,
    pub policy: Policy,
    prefix: Prefix,
    now: Timestamp,
    /// The owners by the names they were asked for.
    owners: HashMap<String, Owner>,
}

impl Issuer {
    pub fn new(writer: &mut Writer, now: Timestamp) -> Result<Self> {
        let settings = writer.rows.settings()?;
        let (prefix, policy) = (settings.prefix()?, settings.policy()?);
        Ok(Issuer { settings, policy, prefix, now, owners: HashMap::new() })
    }

    /// Issues the tokens of some requests, or fails with the first request that cannot be met.
    fn issue_batch(
        &mut self,
        writer: &mut Writer,
        requests: &[impl Borrow<Request>],
        issued: &mut Vec<Issued>,
        progress: &mut impl FnMut(u64),
    ) -> Result<()> {
        let first = issued.len();
        let in_request = |Failed { position, error }| Error::Request {
            index: first + position,
            error: Box::new(error),
        };
        let (mut prepared, mut failed) = (Vec::with_capacity(requests.len()), None);
        for (position, request) in requests.iter().enumerate() {
            progress((first + position) as u64 + 1);
            match self.prepare_request(writer, request.borrow()) {
                Ok(ready) => prepared.push(ready),
                Err(error) => {
                    failed = Some(Failed { position, error });
                    break;
                }
            }
        }
        let (prepared, secrets): (Vec<_>, Vec<_>) = prepared.into_iter().unzip();
        // What is wrong with an earlier one may show only now.
        let tokens = self.add(writer, prepared)?.map_err(in_request)?;
        if let Some(failed) = failed {
            return Err(in_request(failed));
        }
        let both = tokens.into_iter().zip(secrets);
        issued.extend(both.map(|(token, secret)| Issued { token, secret }));
        Ok(())
    }

    fn prepare_request(
        &mut self,
        writer: &mut Writer,
        request: &Request,
    ) -> Result<(Prepared, Secret)> {
        let (user, draft) = self.draft(request)?;
        self.prepare_new(writer, &user, draft)
    }

    /// The name of the owner that a request names or means, and the token.
    fn draft(&self, request: &Request) -> Result<(String, Draft)> {
        let user = request.user.as_deref().or(self.settings.default_user());
        let user = user.ok_or(Error::NoOwner)?.to_string();
        let draft = Draft {
            name: request.name.as_str().to_string(),
            scopes: request.scopes.clone(),
            expires: request.expires,
            replaces: None,
        };
        Ok((user, draft))
    }

    pub fn issue(&mut self, writer: &mut Writer, user: &str, draft: Draft) -> Result<Issued> {
        let (prepared, secret) = self.prepare_new(writer, user, draft)?;
        Ok(Issued { token: self.add_one(writer, prepared)?, secret })
    }

    /// A token with a new secret.
    fn prepare_new(
        &mut self,
        writer: &mut Writer,
        user: &str,
        draft: Draft,
    ) -> Result<(Prepared, Secret)> {
        let secret =
            Secret::generate(&self.prefix).map_err(|error| Error::Random(error.to_string()))?;
        let stored = StoredSecret { hash: secret.hash(), foreign: None, hint: secret.hint() };
        let detail = draft.replaces.map(|old| format!("replaces token {old}"));
        Ok((self.prepare(writer, user, draft, stored, detail)?, secret))
    }

    /// A token with this secret, as far as the policy allows it; `detail` goes to the log.
    fn prepare(
        &mut self,
        writer: &mut Writer,
        user: &str,
        draft: Draft,
        secret: StoredSecret,
        detail: Option<String>,
    ) -> Result<Prepared> {
        if !self.owners.contains_key(user) {
            let owner = owner(writer.rows, user)?;
            self.policy.check_owner(&owner)?;
            self.owners.insert(user.to_string(), owner);
        }
        self.policy.check_scopes(&draft.scopes)?;
        let new = NewToken {
            hash: secret.hash,
            foreign: secret.foreign,
            hint: secret.hint,
            name: draft.name,
            user_id: self.owners[user].id,
            expires_at: self.policy.expiry(draft.expires, self.now)?,
            scopes: draft.scopes,
            source: "tokctl".to_string(),
            created_at: self.now,
            last_used_at: None,
            revocation: None,
            replaces: draft.replaces,
        };
        Ok(Prepared { new, user: user.to_string(), detail })
    }

    fn add_one(&self, writer: &mut Writer, prepared: Prepared) -> Result<Token> {
        let mut tokens = self.add(writer, vec![prepared])?.map_err(|failed| failed.error)?;
        tokens.pop().ok_or_else(|| store::Error::Other("the token was not added".into()).into())
    }

    /// Adds tokens. The inner error is about one of them.
    fn add(
        &self,
        writer: &mut Writer,
        prepared: Vec<Prepared>,
    ) -> Result<std::result::Result<Vec<Token>, Failed>> {
        let new: Vec<_> = prepared.iter().map(|prepared| &prepared.new).collect();
        let ids = writer.rows.insert_tokens(&new)?;
        let (mut tokens, mut changes) = (Vec::new(), Vec::new());
        for (id, Prepared { new, user, detail }) in ids.into_iter().zip(prepared) {
            let token = issued_token(id, new, &self.owners[&user]);
            let action = if token.replaces.is_some() { "rotate" } else { "create" };
            changes.push(change_of(&token, action, detail));
            tokens.push(token);
        }
        // Only now, so that the token's own secret is found, too. A token that replaces another one has
        // its texts from that one.
        let texts: Vec<_> = tokens
            .iter()
            .map(|token| match token.replaces {
                Some(_) => String::new(),
                None => format!("{} {}", token.name, token.scopes),
            })
            .collect();
        if let Some(position) = writer.first_with_secret(&texts)? {
            return Ok(Err(Failed { position, error: Error::ContainsSecret }));
        }
        writer.record_all(&changes)?;
        Ok(Ok(tokens))
    }
}

/// The token that was just added.
fn issued_token(id: i64, new: NewToken, owner: &Owner) -> Token {
    Token {
        id,
        name: new.name,
        user: owner.name.clone(),
        scopes: new.scopes,
        status: if owner.banned { Status::Banned } else { Status::Active },
        hint: new.hint,
        created_at: new.created_at,
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
        revoked_reason: None,
        source: new.source,
        replaces: new.replaces,
        replaced_by: None,
        owner_id: owner.id,
        owner_is_admin: owner.admin,
    }
}
