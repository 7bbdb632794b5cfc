//! The `ApiToken` entity of Symfony's guides: `api_token`, owned by a user.
//!
//! The secret is stored in clear; of several rows with the same one the lowest id counts. Scopes
//! are a JSON list of roles, none of which is a wildcard. Earlier guides have no scopes: a request
//! has the roles of the token's owner.

use crate::domain::scheme::Scheme;
use crate::import::options::OptionName;
use crate::import::plan::OF_OWNER;
use crate::import::record::{SourceScopes, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// Symfony's guides.
pub static SYMFONY: System = System {
    name: "symfony",
    options: &[OptionName::Kind, OptionName::Hashed, OptionName::ClearText, OptionName::MapScopes],
    scheme: |_| Ok(Scheme::Sha256),
    unused_lifetime: None,
    zero_date_is_none: false,
    tokens: Tokens {
        table: "api_token",
        columns: Columns {
            required: &["token"],
            optional: &["name", "scopes", "created_at", "last_used_at"],
            no_end: &[],
        },
        related: &[],
        of_owner: Some("roles"),
        kind: None,
        secret: SecretColumn::Clear { column: "token" },
        clear_text: Some("token"),
        owner: &[
            OwnerLink::Column("owned_by_id"),
            OwnerLink::Column("user_id"),
            OwnerLink::Column("owner_id"),
            OwnerLink::ForeignKey,
        ],
        read: token,
    },
    users: Users {
        tables: &["user", "users", "app_user"],
        is_required: true,
        columns: Columns {
            required: &[],
            optional: &["username", "email", "created_at"],
            no_end: &[],
        },
        verified: &["is_verified"],
        related: &[],
        read: user,
    },
};

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    let email = row.some_text("email")?;
    Ok(UserFields {
        name: row.some_text("username")?.or_else(|| email.clone()),
        email,
        // What a token may do is in its scopes, so nobody is an administrator here.
        created_at: row.time("created_at")?,
        ..UserFields::default()
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    let scopes = match row.some_text("scopes")? {
        Some(_) => row.strings("scopes")?,
        None => roles_of_owner(row)?,
    };
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::List { scopes, has_wildcard: false },
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: None,
    })
}

/// The roles of the token's owner, if tokens have no scopes of their own. Symfony gives every user the
/// role `ROLE_USER`.
fn roles_of_owner(row: &Row) -> Result<Vec<String>, Unreadable> {
    const ROLE_USER: &str = "ROLE_USER";
    if row.some_text(OF_OWNER)?.is_none() {
        return Ok(Vec::new());
    }
    let mut roles = row.strings(OF_OWNER)?;
    if !roles.iter().any(|role| role == ROLE_USER) {
        roles.push(ROLE_USER.to_string());
    }
    Ok(roles)
}
