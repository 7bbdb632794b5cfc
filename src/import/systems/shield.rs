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
    options: &[OptionName::TablePrefix],
    scheme: |_| Ok(Scheme::Sha256),
    unused_lifetime: Some(Span::days(365)),
    tokens: Tokens {
        table: "auth_identities",
        columns: Columns {
            required: &["user_id", "type", "name", "secret", "extra"],
            // Newer versions set `expires`; older ones leave it empty.
            optional: &["created_at", "expires", "last_used_at"],
        },
        related: &[],
        kind: Some(Kind { column: "type", value: "access_token" }),
        secret: SecretColumn::Sha256 { column: "secret", hint: None },
        clear_text: None,
        owner: &[OwnerLink::Column("user_id")],
        read: token,
    },
    users: Users {
        table: UserTable::Named(&["users"]),
        is_required: true,
        columns: Columns {
            required: &["username"],
            optional: &["status", "status_message", "deleted_at", "created_at"],
        },
        related: &[
            Related {
                name: "email",
                tables: &["auth_identities"],
                refers_to_row: Some("user_id"),
                filter: Some(("type", &["email_password"])),
                value: RelatedValue::First("secret"),
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

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    let is_banned = row.text("status")?.as_deref() == Some("banned");
    let refused = if row.time("deleted_at")?.is_some() {
        Some("deleted in shield".to_string())
    } else if is_banned {
        Some(row.some_text("status_message")?.unwrap_or_else(|| "banned in shield".into()))
    } else {
        None
    };
    Ok(UserFields {
        name: row.some_text("username")?,
        email: row.some_text("email")?,
        full_name: None,
        admin: row.flag("is_admin")?,
        refused,
        created_at: row.time("created_at")?,
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::List { scopes: row.php_strings("extra")?, has_wildcard: true },
        created_at: row.time("created_at")?,
        expires_at: row.time("expires")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: None,
    })
}
