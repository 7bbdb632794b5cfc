//! Lines that are made by hand or by a statement of SQL: what a key that is missing means, and what
//! is refused.

use super::keys::{LineType, Meaning};
use super::line::{Field, Line};
use crate::domain::name::lookup_key;
use crate::domain::secret::{Hash, NO_HINT};
use crate::domain::time::Timestamp;
use crate::import::error::InvalidLine;
use crate::import::options::{Options, Secrets};
use crate::import::record::{
    Owner, RowKey, SkipReason, SourceScopes, SourceToken, SourceUser, TokenFields, UserFields,
};
use crate::import::row_end::{RowEnd, earlier, end_of};
use crate::import::source::{
    ClearSecret, Dates, Problem, Row, Unreadable, Value, is_like_hash, is_null,
};
use crate::text::hex;

/// What a file of JSON Lines is called where the systems are.
pub const JSONL: &str = "jsonl";

/// The table of users that a line of their own describes, by id.
pub const USERS: &str = "user";

/// A token that a line describes.
pub struct TokenLine {
    /// The token. Its owner is not known yet.
    pub token: SourceToken,
    /// Whether the line has an id.
    pub has_id: bool,
    /// What the line says about the owner.
    pub owner: OwnerOfToken,
    /// Why the token cannot be imported, although its line is valid.
    pub rejected: Option<SkipReason>,
    /// What the line has of the secret.
    pub secret: SecretOfToken,
}

/// What a line has of a token's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOfToken {
    /// Its hash.
    Hash,
    /// Clear text.
    Clear,
    /// Clear text that looks like a hash.
    LikeHash,
}

/// What the line of a token says about the owner.
#[derive(Debug, Clone)]
pub enum OwnerOfToken {
    /// The id.
    Id(SourceUser),
    /// The name alone.
    Name(SourceUser),
    /// The e-mail address alone.
    Email(SourceUser),
    /// Nothing.
    Unnamed,
}

type Read<T> = Result<T, InvalidLine>;

/// A line and what its keys mean.
pub struct LineRow<'a> {
    line: &'a Line,
    meaning: &'a Meaning,
    options: &'a Options,
    row: Row<'a>,
}

impl<'a> LineRow<'a> {
    /// The row that a line is. No end of it is in doubt.
    ///
    /// # Errors
    ///
    /// When a key may say that the row has ended, or needs another one that an export has.
    pub fn new(line: &'a Line, meaning: &'a Meaning, options: &'a Options) -> Read<Self> {
        let is_filled = |key: &&String| line.get(key).is_some_and(|field| !field.is_blank());
        if let Some(key) = meaning.unclear.iter().find(is_filled) {
            return Err(InvalidLine::UnclearEnd(key.clone()));
        }
        if let Some(key) = meaning.export_only.iter().find(is_filled) {
            return Err(InvalidLine::ExportOnly(key.clone()));
        }
        // A date without a day is no hint of how its system reads it: it is in the past.
        let dates = Dates { zone: &options.zone, zero_is_none: false };
        Ok(LineRow { line, meaning, options, row: Row::new(line, &line.keys, dates) })
    }

    /// The user in the line.
    ///
    /// # Errors
    ///
    /// When a key is missing or malformed.
    pub fn user(&self) -> Read<SourceUser> {
        let id = self.id("id")?.ok_or_else(|| problem("id", Problem::Missing))?;
        let RowEnd { why, at } = self.end()?;
        let fields = UserFields {
            name: self.text("name")?,
            email: self.text("email")?,
            email_verified: self.verified()?,
            full_name: self.text("full_name")?,
            refused: why,
            expires_at: at,
            created_at: self.time("created_at")?,
            ..UserFields::default()
        };
        Ok(SourceUser { key: RowKey { table: USERS.into(), id }, fields })
    }

    /// The token in the line.
    ///
    /// # Errors
    ///
    /// When a key is missing or malformed.
    pub fn token(&self) -> Read<TokenLine> {
        let (found, secret) = self.secret()?;
        let ClearSecret { hash, hint, is_weak } = found;
        let id = self.id("id")?;
        let has_id = id.is_some();
        let RowEnd { why, at } = self.end()?;
        let created_at = self.time("created_at")?;
        let life = self.options.expiration.zip(created_at);
        let is_endless = self.options.expiration.is_some() && created_at.is_none();
        let token = SourceToken {
            key: RowKey {
                table: LineType::Token.table().into(),
                id: id.unwrap_or_else(|| id_of_hash(&hash)),
            },
            owner: Owner::Unknown(SkipReason::OwnerMissing),
            hash,
            hint,
            is_weak,
            ended: why,
            expires_at: earlier(at, life.and_then(|(life, created)| created.plus(life))),
            fields: TokenFields {
                name: self.text("name")?,
                scopes: SourceScopes::List { scopes: self.scopes()?, has_wildcard: true },
                created_at,
                last_used_at: self.time("last_used_at")?,
                default_owner: None,
            },
        };
        let rejected = is_endless.then_some(SkipReason::NoCreation);
        Ok(TokenLine { token, has_id, owner: self.owner()?, rejected, secret })
    }

    /// The time of creation as it is written, which no option changes.
    pub fn creation(&self) -> Option<String> {
        match self.line.get(self.filled("created_at")?)? {
            Field::Text(text) => Some(text.to_string()),
            Field::Integer(number) => Some(number.to_string()),
            Field::Real(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The hash of the secret; of a secret in clear it is made at once.
    fn secret(&self) -> Read<(ClearSecret, SecretOfToken)> {
        let hashed = |hash| ClearSecret { hash, hint: NO_HINT.to_string(), is_weak: false };
        let hash: Option<Hash> = match self.filled("hash") {
            Some(key) => Some(self.row.hex(key).map_err(invalid)?),
            None => None,
        };
        let Some(key) = self.filled("secret") else {
            let hash = hash.ok_or(InvalidLine::NoSecret)?;
            return Ok((hashed(hash), SecretOfToken::Hash));
        };
        if self.options.secrets == Secrets::Sha256 {
            return Ok((hashed(self.row.hex(key).map_err(invalid)?), SecretOfToken::Hash));
        }
        let secret = self.row.clear_secret(key).map_err(invalid)?;
        if hash.is_some_and(|hash| hash != secret.hash) {
            return Err(InvalidLine::OtherHash);
        }
        let is_like_hash =
            matches!(self.line.get(key), Some(Field::Text(text)) if is_like_hash(text));
        let kind = if is_like_hash { SecretOfToken::LikeHash } else { SecretOfToken::Clear };
        Ok((secret, kind))
    }

    fn owner(&self) -> Read<OwnerOfToken> {
        let (name, email) = (self.text("user")?, self.text("email")?);
        let of = |table: &str, id: String| SourceUser {
            key: RowKey { table: table.into(), id },
            fields: UserFields {
                name: name.clone(),
                email: email.clone(),
                ..UserFields::default()
            },
        };
        let mut owner = match (self.id("user_id")?, &name, &email) {
            (Some(id), ..) => OwnerOfToken::Id(of(USERS, id)),
            (None, Some(name), _) => OwnerOfToken::Name(of("user name", lookup_key(name))),
            (None, None, Some(email)) => OwnerOfToken::Email(of("e-mail", lookup_key(email))),
            (None, None, None) => OwnerOfToken::Unnamed,
        };
        if let OwnerOfToken::Id(user) | OwnerOfToken::Name(user) | OwnerOfToken::Email(user) =
            &mut owner
        {
            user.fields.email_verified = self.verified()?;
        }
        Ok(owner)
    }

    /// The scopes: a list, or texts with commas in between, or words with spaces in between.
    fn scopes(&self) -> Read<Vec<String>> {
        let Some(key) = self.filled("scopes") else { return Ok(Vec::new()) };
        let list = |json: &str| Value::Text(json.as_bytes()).strings();
        let scopes = match self.line.get(key) {
            Some(Field::List(json)) => list(json),
            Some(Field::Text(text)) if is_stored_list(text.trim()) => list(text.trim()),
            Some(Field::Text(text)) => {
                // A space in a text with commas is one within a scope, of which words could grant more.
                let is_separator = |c: char| match text.contains(',') {
                    true => c == ',',
                    false => c.is_whitespace(),
                };
                let scopes = text.split(is_separator).map(str::trim);
                let scopes = scopes.filter(|scope| !scope.is_empty() && !is_null(scope));
                Ok(scopes.map(str::to_string).collect())
            }
            _ => Err(Problem::NotList),
        };
        scopes.map_err(|why| problem(key, why))
    }

    fn verified(&self) -> Read<bool> {
        self.meaning
            .verified
            .as_deref()
            .map_or(Ok(false), |key| self.row.mark(key).map_err(invalid))
    }

    fn end(&self) -> Read<RowEnd> {
        end_of(&self.row, &self.meaning.ends, JSONL).map_err(invalid)
    }

    /// The spelling of a key that has a value.
    fn filled(&self, name: &str) -> Option<&'a str> {
        let key = self.meaning.spelling(name)?;
        self.line.get(key).is_some_and(|field| !field.is_blank()).then_some(key)
    }

    fn text(&self, name: &str) -> Read<Option<String>> {
        let Some(key) = self.filled(name) else { return Ok(None) };
        match self.line.get(key) {
            Some(Field::Boolean(_)) => Err(problem(key, Problem::NotText)),
            _ => self.row.some_text(key).map_err(invalid),
        }
    }

    fn id(&self, name: &str) -> Read<Option<String>> {
        let Some(key) = self.filled(name) else { return Ok(None) };
        match self.line.get(key) {
            Some(Field::Boolean(_) | Field::List(_) | Field::Object) => {
                Err(problem(key, Problem::NotId))
            }
            _ => self.row.id(key).map_err(invalid),
        }
    }

    fn time(&self, name: &str) -> Read<Option<Timestamp>> {
        self.filled(name).map_or(Ok(None), |key| self.row.time(key).map_err(invalid))
    }
}

/// Whether a text is a list as a column stores it: of JSON, of PostgreSQL, or as PHP serializes it.
fn is_stored_list(text: &str) -> bool {
    text.starts_with(['[', '{']) || (text.starts_with("a:") && text.ends_with('}'))
}

/// What identifies a token without an id: its secret, of which this says no more than the log does.
fn id_of_hash(hash: &Hash) -> String {
    format!("sha256:{}", hex::encode(&hash[..8]))
}

fn problem(key: &str, problem: Problem) -> InvalidLine {
    InvalidLine::Key { key: key.to_string(), problem }
}

fn invalid(Unreadable { column, problem }: Unreadable) -> InvalidLine {
    InvalidLine::Key { key: column, problem }
}
