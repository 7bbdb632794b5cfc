//! The `ApiToken` entity of Symfony's guides: `api_token`, owned by `user`.
//!
//! The secret is stored in clear; of several rows with the same one the lowest id counts. Scopes
//! are a JSON list of roles, none of which is a wildcard.

use crate::domain::scheme::Scheme;
use crate::import::record::{SourceScopes, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// Symfony's guides.
pub static SYMFONY: System = System {
    name: "symfony",
    options: &[],
    scheme: |_| Ok(Scheme::Sha256),
    unused_lifetime: None,
    tokens: Tokens {
        table: "api_token",
        columns: Columns {
            required: &["owned_by_id", "token", "scopes"],
            optional: &["name", "created_at", "expires_at", "last_used_at"],
        },
        related: &[],
        kind: None,
        secret: SecretColumn::Clear { column: "token" },
        clear_text: Some("token"),
        owner: &[OwnerLink::Column("owned_by_id")],
        read: token,
    },
    users: Users {
        table: UserTable::Referenced { column: "owned_by_id", otherwise: "user" },
        is_required: true,
        columns: Columns {
            required: &[],
            optional: &["username", "email", "deleted_at", "created_at"],
        },
        related: &[],
        read: user,
    },
};

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    let email = row.some_text("email")?;
    Ok(UserFields {
        name: row.some_text("username")?.or_else(|| email.clone()),
        email,
        full_name: None,
        // A request with a token has the token's roles and none of the user's own.
        admin: false,
        refused: row.time("deleted_at")?.map(|_| "deleted in symfony".to_string()),
        created_at: row.time("created_at")?,
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::List { scopes: row.json_strings("scopes")?, has_wildcard: false },
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: None,
    })
}
