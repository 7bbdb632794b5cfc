//! CodeIgniter Shield: access tokens among the identities of `auth_identities`.
//!
//! A secret is 64 hexadecimal digits, `secret` its SHA-256, `extra` its scopes as PHP serializes
//! them. A token is refused when its last use is more than 365 days ago, and when its owner's
//! `status` is `banned`.

use crate::domain::scheme::Scheme;
use crate::domain::time::Span;
use crate::import::options::OptionName;
use crate::import::record::{SourceScopes, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// CodeIgniter Shield.
pub static SHIELD: System = System {
    name: "shield",
    options: &[OptionName::Kind, OptionName::MapScopes],
    scheme: |_| Ok(Scheme::Sha256),
    unused_lifetime: Some(Span::days(365)),
    zero_date_is_none: false,
    tokens: Tokens {
        table: "auth_identities",
        columns: Columns {
            required: &["user_id", "name", "secret", "extra"],
            optional: &["created_at", "last_used_at"],
            no_end: &[],
        },
        related: &[],
        of_owner: None,
        kind: Some(TokenType { column: "type", values: &["access_token"] }),
        secret: SecretColumn::Sha256 { column: "secret", hint: None },
        clear_text: None,
        owner: &[OwnerLink::Column("user_id")],
        read: token,
    },
    users: Users {
        tables: &["users"],
        is_required: true,
        columns: Columns {
            required: &["username"],
            optional: &["status", "status_message", "active", "created_at"],
            no_end: &[],
        },
        verified: &[],
        related: &[
            Related {
                name: "email",
                tables: &["auth_identities"],
                refers_to_row: Some("user_id"),
                filter: Some(("type", &["email_password"])),
                value: RelatedValue::First("secret"),
            },
            Related {
                name: "awaits_activation",
                tables: &["auth_identities"],
                refers_to_row: Some("user_id"),
                filter: Some(("type", &["email_activate"])),
                value: RelatedValue::Exists,
            },
            Related {
                name: "is_admin",
                tables: &["auth_groups_users"],
                refers_to_row: Some("user_id"),
                filter: Some(("group", &["admin", "superadmin"])),
                value: RelatedValue::Exists,
            },
        ],
        read: user,
    },
};

/// Shield heeds `active` only if the application makes users confirm their address, which the database
/// does not say. While a user still has to, there is an identity with the code that was sent. Being
/// active does not prove that an address was confirmed.
fn user(row: &Row) -> Result<UserFields, Unreadable> {
    let awaits_activation = row.flag("awaits_activation")? && !row.flag("active")?;
    let is_banned = row.text("status")?.as_deref() == Some("banned");
    let reason = row.some_text("status_message")?.unwrap_or_else(|| "banned in shield".into());
    Ok(UserFields {
        name: row.some_text("username")?,
        email: row.some_text("email")?,
        admin: row.flag("is_admin")?,
        refused: if awaits_activation {
            Some("not activated in shield".to_string())
        } else {
            is_banned.then_some(reason)
        },
        created_at: row.time("created_at")?,
        ..UserFields::default()
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::List { scopes: row.php_strings("extra")?, has_wildcard: true },
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: None,
    })
}
