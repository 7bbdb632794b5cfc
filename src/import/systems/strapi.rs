//! Strapi's own API tokens, versions 4 and 5: `strapi_api_tokens`.
//!
//! `access_key` is the HMAC-SHA512 of the secret, keyed with the text of the project's
//! API_TOKEN_SALT. Tokens of the content API belong to nobody; those of the admin API belong to an
//! administrator, and are accepted only while that account is active and not blocked.

use crate::domain::scheme::Scheme;
use crate::import::error::Error;
use crate::import::options::OptionName;
use crate::import::record::{RowKey, SourceScopes, SourceUser, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// Strapi.
pub static STRAPI: System = System {
    name: "strapi",
    options: &[OptionName::Salt, OptionName::MapScopes],
    scheme: |options| match &options.salt {
        Some(salt) => Ok(Scheme::Strapi { salt: salt.bytes.clone() }),
        None => Err(Error::MissingSalt),
    },
    unused_lifetime: None,
    // A date that JavaScript cannot read is not before now.
    zero_date_is_none: true,
    tokens: Tokens {
        table: "strapi_api_tokens",
        columns: Columns {
            required: &["name", "type", "access_key"],
            optional: &["kind", "created_at", "last_used_at"],
            // The life from which the expiry was computed.
            no_end: &["lifespan"],
        },
        related: &[
            // The names of link tables end in `_links` in version 4 and in `_lnk` in version 5.
            Related {
                name: "content_actions",
                tables: &[
                    "strapi_api_token_permissions_token_lnk",
                    "strapi_api_token_permissions_token_links",
                ],
                refers_to_row: Some("api_token_id"),
                filter: None,
                value: RelatedValue::Through {
                    named_by: "api_token_permission_id",
                    table: "strapi_api_token_permissions",
                    column: "action",
                },
            },
            Related {
                name: "admin_actions",
                tables: &["admin_permissions_api_token_lnk", "admin_permissions_api_token_links"],
                refers_to_row: Some("api_token_id"),
                filter: None,
                value: RelatedValue::Through {
                    named_by: "permission_id",
                    table: "admin_permissions",
                    column: "action",
                },
            },
        ],
        of_owner: None,
        kind: None,
        secret: SecretColumn::AccessKey { column: "access_key" },
        clear_text: Some("encrypted_key"),
        owner: &[OwnerLink::LinkTable {
            tables: &[
                "strapi_api_tokens_admin_user_owner_lnk",
                "strapi_api_tokens_admin_user_owner_links",
            ],
            columns: LinkColumns { token: "api_token_id", owner: "user_id" },
        }],
        read: token,
    },
    users: Users {
        tables: &["admin_users"],
        is_required: false,
        columns: Columns {
            required: &[],
            optional: &["username", "email", "firstname", "lastname", "created_at"],
            no_end: &[],
        },
        verified: &[],
        related: &[],
        read: user,
    },
};

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    let email = row.some_text("email")?;
    let names = [row.some_text("firstname")?, row.some_text("lastname")?];
    let full_name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok(UserFields {
        name: row.some_text("username")?.or_else(|| email.clone()),
        email,
        full_name: Some(full_name).filter(|name| !name.is_empty()),
        // What an administrator's token may do is in its permissions, so nobody is one here.
        created_at: row.time("created_at")?,
        ..UserFields::default()
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    let is_for_admins = match row.some_text("kind")? {
        None => false,
        Some(_) => row.word("kind", &["content-api", "admin"])? == "admin",
    };
    let list = |scopes| SourceScopes::List { scopes, has_wildcard: false };
    let scopes = if is_for_admins {
        list(row.strings("admin_actions")?)
    } else {
        match row.word("type", &["read-only", "full-access", "custom"])? {
            "full-access" => SourceScopes::Everything,
            "read-only" => list(vec!["read-only".into()]),
            _ => list(row.strings("content_actions")?),
        }
    };
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes,
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: (!is_for_admins).then(owner_of_content_tokens),
    })
}

/// Every token has an owner here; this one owns the tokens of the content API.
fn owner_of_content_tokens() -> SourceUser {
    SourceUser {
        key: RowKey { table: "strapi_api_tokens".into(), id: String::new() },
        fields: UserFields {
            name: Some("strapi".into()),
            full_name: Some("API tokens of Strapi".into()),
            ..UserFields::default()
        },
    }
}
