//! Issuing a token by the policy of the database, and bringing its secret to whoever asked: what
//! `create` and `rotate` share.

use super::new_private_file;
use crate::cli::Format;
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::scope::Scopes;
use crate::secret::{Prefix, Secret};
use crate::store::{Heir, NewToken, Settings, Writer};
use crate::token::{Status, Token};
use crate::view::{Issued, Output};
use crate::when::{Timestamp, When};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// What a new token is to be.
pub struct Wanted {
    pub name: String,
    pub scopes: Scopes,
    pub expires: Option<When>,
    /// The token whose rotation makes this one.
    pub replaces: Option<i64>,
}

/// Issues tokens by the policy of the database.
pub struct Issuer<'a> {
    writer: &'a Writer<'a>,
    settings: Settings,
    prefix: Prefix,
    pub policy: Policy,
    pub now: Timestamp,
    owners: HashMap<String, Heir>,
}

impl<'a> Issuer<'a> {
    pub fn new(writer: &'a Writer<'a>) -> Result<Self> {
        let settings = writer.settings()?;
        let (prefix, policy) = (settings.prefix()?, settings.policy()?);
        let now = Timestamp::now();
        Ok(Issuer { writer, settings, prefix, policy, now, owners: HashMap::new() })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds a token of `owner`'s; its secret is nowhere but in what this returns.
    pub fn issue(&mut self, owner: &str, wanted: Wanted) -> Result<(Token, Secret)> {
        if !self.owners.contains_key(owner) {
            let heir = self.writer.heir(owner)?;
            self.policy.check_owner(&heir)?;
            self.owners.insert(owner.to_string(), heir);
        }
        let heir = &self.owners[owner];
        self.policy.check_scopes(&wanted.scopes)?;
        let expires_at = self.policy.expiry(wanted.expires, self.now)?;
        let secret = Secret::generate(&self.prefix)
            .map_err(|error| Error::unavailable("the system gives no randomness", error))?;
        let new = NewToken {
            hash: secret.hash(),
            hint: secret.hint(),
            name: wanted.name,
            user_id: heir.id,
            scopes: wanted.scopes,
            created_at: self.now,
            expires_at,
            replaces: wanted.replaces,
        };
        let id = self.writer.add_token(&new, &heir.name)?;
        Ok((as_issued(id, new, heir), secret))
    }
}

/// The record of a token that was added just now.
fn as_issued(id: i64, new: NewToken, owner: &Heir) -> Token {
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
        source: "tokctl".to_string(),
        replaces: new.replaces,
        replaced_by: None,
        owner_is_admin: owner.admin,
    }
}

/// Where secrets go, made sure of before any token exists.
pub enum Delivery {
    Stdout,
    File(PathBuf, File),
}

impl Delivery {
    pub fn prepare(out: Option<PathBuf>) -> Result<Self> {
        let Some(path) = out else {
            return match stdout_is_closed() {
                false => Ok(Delivery::Stdout),
                true => Err(Error::unavailable("nothing was issued", "standard output is closed")
                    .hint("let it go somewhere, or use --out FILE")),
            };
        };
        let file = new_private_file(&path)?;
        Ok(Delivery::File(path, file))
    }

    /// Prints the secrets; any failure means that nobody may hold them.
    pub fn deliver(
        &mut self,
        issued: &[(Token, Secret)],
        many: bool,
        out: &mut Output,
    ) -> Result<()> {
        let format = out.format;
        match self {
            Delivery::Stdout => {
                // At a terminal the secret stands by itself.
                if out.is_read_by_people() {
                    out.remark("");
                }
                write_secrets(issued, many, format, &mut io::stdout().lock())
                    .map_err(Error::undelivered)?;
                if out.is_read_by_people() {
                    out.remark("");
                }
                Ok(())
            }
            Delivery::File(path, file) => {
                let mut write = || {
                    write_secrets(issued, many, format, file)?;
                    file.sync_all()
                };
                write().map_err(|error| {
                    // What was written of it is of no use to anybody.
                    let _ = std::fs::remove_file(&*path);
                    Error::undelivered(error)
                })
            }
        }
    }

    pub fn abandon(&self) {
        self.abandoning()();
    }

    /// Removes the file, if there is one, whoever calls it.
    pub fn abandoning(&self) -> impl Fn() + Send + 'static {
        let path = match self {
            Delivery::File(path, _) => Some(path.clone()),
            Delivery::Stdout => None,
        };
        move || {
            if let Some(path) = &path {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Straight to the file descriptor: a buffer in between would keep a copy of the secrets.
fn write_secrets(
    issued: &[(Token, Secret)],
    many: bool,
    format: Format,
    to: &mut impl Write,
) -> io::Result<()> {
    for (i, (token, secret)) in issued.iter().enumerate() {
        let record = Issued { token, kind: "bearer", secret: secret.expose() };
        let mut text = zeroize::Zeroizing::new(Vec::with_capacity(4096));
        match format {
            Format::Human => text.extend_from_slice(secret.expose().as_bytes()),
            Format::Csv => text.append(&mut crate::view::csv_row(&record, i == 0)?),
            Format::Json | Format::Jsonl => {
                if many && format == Format::Json {
                    text.extend_from_slice(if i == 0 { b"[\n" } else { b"" });
                }
                crate::view::json::write(&mut *text, &record)?;
                if many && format == Format::Json {
                    text.extend_from_slice(if i + 1 < issued.len() { b"," } else { b"\n]" });
                }
            }
        }
        if format != Format::Csv {
            text.push(b'\n');
        }
        to.write_all(&text)?;
    }
    to.flush()
}

/// A descriptor that was closed when the program began has become `/dev/null`, open for reading
/// and writing, before any of our code runs; `> /dev/null` in a shell is open for writing only.
fn stdout_is_closed() -> bool {
    let stdout = io::stdout();
    let null = rustix::fs::stat("/dev/null");
    let (Ok(null), Ok(out)) = (null, rustix::fs::fstat(&stdout)) else { return true };
    let both = rustix::fs::fcntl_getfl(&stdout)
        .is_ok_and(|flags| flags & rustix::fs::OFlags::RWMODE == rustix::fs::OFlags::RDWR);
    both && null.st_rdev == out.st_rdev && null.st_ino == out.st_ino && null.st_dev == out.st_dev
}

/// Tells people what was issued, and that nobody shows its secret again.
pub fn tell(issued: &[(Token, Secret)], many: bool, delivery: &Delivery, out: &Output) {
    let place = match delivery {
        Delivery::Stdout => String::new(),
        Delivery::File(path, _) => {
            format!("; written to {}", path.display())
        }
    };
    let [(token, _), ..] = issued else { return };
    if many {
        out.remark(format!("issued {} tokens{place}", issued.len()));
        if matches!(delivery, Delivery::Stdout) && out.is_read_by_people() {
            out.remark("copy the secrets above now: they are stored nowhere and never shown again");
        }
        return;
    }
    let expires =
        token.expires_at.map_or("never expires".to_string(), |at| format!("expires {at}"));
    let scopes = match token.scopes.is_empty() {
        true => "no scopes".to_string(),
        false => format!("scopes {}", token.scopes),
    };
    out.remark(format!(
        "issued token {}: {}, {}, {scopes}, {expires}{place}",
        token.id, token.name, token.user
    ));
    if matches!(delivery, Delivery::File(..)) {
        out.remark("that is the only copy of its secret; send it as Authorization: Bearer …");
    } else if out.is_read_by_people() {
        out.remark("");
        out.remark("copy the secret above now: it is stored nowhere and never shown again");
        out.remark("use it:  curl -H 'Authorization: Bearer …' https://…");
        out.remark(format!("lost it? `tokctl rotate {}` gives the token a new one", token.id));
    } else {
        out.remark("this is the only time its secret is shown; send it as Authorization: Bearer …");
    }
}
