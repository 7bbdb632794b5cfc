//! AdonisJS: `auth_access_tokens`.
//!
//! A secret is `<prefix><base64url id>.<base64url secret>`; `hash` is the SHA-256 of the decoded
//! secret, and id and type must be the row's. The prefix is not stored.

use crate::domain::scheme::Scheme;
use crate::import::options::{OptionName, Options};
use crate::import::record::{SourceScopes, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// AdonisJS.
pub static ADONISJS: System = System {
    name: "adonisjs",
    options: &[OptionName::Kind, OptionName::Prefix, OptionName::MapScopes],
    scheme: |options| Ok(Scheme::AdonisJs { prefix: prefix(options).to_string() }),
    unused_lifetime: None,
    // A date that JavaScript cannot read is not before now.
    zero_date_is_none: true,
    tokens: Tokens {
        table: "auth_access_tokens",
        columns: Columns {
            required: &["tokenable_id", "hash", "abilities"],
            optional: &["name", "created_at", "last_used_at"],
            no_end: &[],
        },
        related: &[],
        of_owner: None,
        kind: Some(TokenType { column: "type", values: &["auth_token"] }),
        secret: SecretColumn::Sha256 { column: "hash", hint: Some(hint) },
        clear_text: None,
        owner: &[OwnerLink::Column("tokenable_id")],
        read: token,
    },
    users: Users {
        tables: &["users"],
        is_required: false,
        columns: Columns {
            required: &[],
            optional: &["username", "email", "full_name", "created_at"],
            no_end: &[],
        },
        verified: &[],
        related: &[],
        read: user,
    },
};

fn prefix(options: &Options) -> &str {
    options.prefix.as_deref().unwrap_or("oat_")
}

fn hint(id: &str, options: &Options) -> String {
    format!("{}{}", prefix(options), URL_SAFE_NO_PAD.encode(id))
}

/// Users log in with their e-mail address; not every application has another name for them.
pub fn user(row: &Row) -> Result<UserFields, Unreadable> {
    let email = row.some_text("email")?;
    Ok(UserFields {
        name: row.some_text("username")?.or_else(|| email.clone()),
        email,
        full_name: row.some_text("full_name")?,
        created_at: row.time("created_at")?,
        ..UserFields::default()
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::List { scopes: row.json_strings("abilities")?, has_wildcard: true },
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: None,
    })
}
