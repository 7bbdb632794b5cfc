//! AdonisJS 5: `api_tokens`.
//!
//! A secret is `<base64url id>.<secret>`; `token` is the SHA-256 of the secret, and id and type must
//! be the row's. Tokens have no scopes: each may do what its owner may do.

use crate::domain::scheme::Scheme;
use crate::import::options::{OptionName, Options};
use crate::import::record::{SourceScopes, TokenFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// AdonisJS 5.
pub static ADONISJS5: System = System {
    name: "adonisjs5",
    options: &[OptionName::Kind],
    scheme: |_| Ok(Scheme::AdonisJs5),
    unused_lifetime: None,
    // A date that JavaScript cannot read is not before now.
    zero_date_is_none: true,
    tokens: Tokens {
        table: "api_tokens",
        columns: Columns {
            required: &["user_id", "token"],
            optional: &["name", "created_at"],
            no_end: &[],
        },
        related: &[],
        of_owner: None,
        // The type that the generated configuration sets, and the one without a configuration.
        kind: Some(TokenType { column: "type", values: &["api", "opaque_token"] }),
        secret: SecretColumn::Sha256 { column: "token", hint: Some(hint) },
        clear_text: None,
        owner: &[OwnerLink::Column("user_id")],
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
        read: super::adonisjs::user,
    },
};

fn hint(id: &str, _options: &Options) -> String {
    format!("{}.", URL_SAFE_NO_PAD.encode(id))
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::Everything,
        created_at: row.time("created_at")?,
        last_used_at: None,
        default_owner: None,
    })
}
