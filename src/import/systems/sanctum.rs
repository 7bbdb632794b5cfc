//! Laravel Sanctum: `personal_access_tokens`.
//!
//! A secret is `<id>|<secret>` or `<secret>` alone; `token` is the SHA-256 of what follows the
//! first bar. An owner is a model's class and an id: users, and whatever else an application gives
//! tokens to.

use crate::domain::scheme::Scheme;
use crate::import::options::OptionName;
use crate::import::record::{SourceScopes, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// Laravel Sanctum.
pub static SANCTUM: System = System {
    name: "sanctum",
    options: &[OptionName::Kind, OptionName::Morph, OptionName::MapScopes],
    scheme: |_| Ok(Scheme::Sanctum),
    unused_lifetime: None,
    zero_date_is_none: false,
    tokens: Tokens {
        table: "personal_access_tokens",
        columns: Columns {
            required: &["tokenable_type", "tokenable_id", "name", "token", "abilities"],
            optional: &["created_at", "last_used_at"],
            no_end: &[],
        },
        related: &[],
        of_owner: None,
        kind: None,
        secret: SecretColumn::Sha256 { column: "token", hint: Some(|id, _| format!("{id}|")) },
        clear_text: None,
        owner: &[OwnerLink::Polymorphic(Polymorphic {
            class: "tokenable_type",
            id: "tokenable_id",
            is_user: |class| is_user(model(class)),
            tables,
            fields,
        })],
        read: token,
    },
    users: Users {
        tables: &["users", "user"],
        is_required: false,
        columns: Columns { required: &[], optional: &["name", "email", "created_at"], no_end: &[] },
        verified: &[],
        related: &[],
        read: user,
    },
};

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    Ok(UserFields {
        name: row.some_text("name")?,
        email: row.some_text("email")?,
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

/// An owner that is not a user has no person's name, and no address that could match a person's.
fn fields(class: &str, id: &str, fields: UserFields) -> UserFields {
    let name = format!("{} {}", model(class), fields.name.as_deref().unwrap_or(id));
    UserFields { name: Some(name), email: None, email_verified: false, ..fields }
}

/// A class without its namespace: `Team`. An alias that a morph map gives it has none.
fn model(class: &str) -> &str {
    class.rsplit('\\').next().unwrap_or(class)
}

/// Whether a class is that of the users, or an alias for it.
fn is_user(model: &str) -> bool {
    ["user", "users"].iter().any(|name| model.eq_ignore_ascii_case(name))
}

/// The table of a class by Laravel's convention. An alias of a class may be the name of its table,
/// too.
fn tables(class: &str) -> Vec<String> {
    let snake = snake_case(model(class));
    let plural = plural(&snake);
    if class.contains('\\') { vec![plural] } else { vec![plural, snake] }
}

/// `TeamMember` as Laravel names its table, before the plural: `team_member`.
fn snake_case(class: &str) -> String {
    let mut snake = String::new();
    for c in class.chars() {
        if c.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The English plural, as far as names of tables need it.
fn plural(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    match word.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{word}es"),
        _ if ends(&["person"]) => word.replace("person", "people"),
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_as_laravel_names_them() {
        for (class, table) in [
            ("App\\Models\\User", "users"),
            ("Team", "teams"),
            ("TeamMember", "team_members"),
            ("user", "users"),
            ("Company", "companies"),
            ("Box", "boxes"),
            ("ApiKey", "api_keys"),
            ("Person", "people"),
        ] {
            assert_eq!(tables(class)[0], table);
        }
    }
}
