//! Laravel Sanctum: `personal_access_tokens`.
//!
//! A secret is `<id>|<secret>` or `<secret>` alone; `token` is the SHA-256 of what follows the
//! first bar. An owner is a model's class and an id: users, and whatever else an application gives
//! tokens to.

use crate::domain::scheme::Scheme;
use crate::import::record::{Owner, RowKey, SourceScopes, SourceUser, TokenFields, UserFields};
use crate::import::source::{Row, Unreadable};
use crate::import::system::*;

/// Laravel Sanctum.
pub static SANCTUM: System = System {
    name: "sanctum",
    options: &[],
    scheme: |_| Ok(Scheme::Sanctum),
    unused_lifetime: None,
    tokens: Tokens {
        table: "personal_access_tokens",
        columns: Columns {
            required: &["tokenable_type", "tokenable_id", "name", "token", "abilities"],
            optional: &["created_at", "expires_at", "last_used_at"],
        },
        related: &[],
        kind: None,
        secret: SecretColumn::Sha256 { column: "token", hint: Some(|id, _| format!("{id}|")) },
        clear_text: None,
        owner: &[OwnerLink::Polymorphic(Polymorphic {
            class: "tokenable_type",
            id: "tokenable_id",
            tables,
            fields,
            without_table,
        })],
        read: token,
    },
    users: Users {
        table: UserTable::Named(&["users", "user"]),
        is_required: false,
        columns: Columns {
            required: &[],
            optional: &["name", "email", "deleted_at", "created_at"],
        },
        related: &[],
        read: user,
    },
};

fn user(row: &Row) -> Result<UserFields, Unreadable> {
    Ok(UserFields {
        name: row.some_text("name")?,
        email: row.some_text("email")?,
        full_name: None,
        admin: false,
        refused: row.time("deleted_at")?.map(|_| "deleted in sanctum".to_string()),
        created_at: row.time("created_at")?,
    })
}

fn token(row: &Row) -> Result<TokenFields, Unreadable> {
    Ok(TokenFields {
        name: row.some_text("name")?,
        scopes: SourceScopes::List { scopes: row.json_strings("abilities")?, has_wildcard: true },
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        last_used_at: row.time("last_used_at")?,
        default_owner: None,
    })
}

/// An owner that is not a user has no person's name, and no address that could match a person's.
fn fields(class: &str, id: &str, fields: UserFields) -> UserFields {
    let model = model(class);
    if is_user(model) {
        return fields;
    }
    let name = format!("{model} {}", fields.name.as_deref().unwrap_or(id));
    UserFields { name: Some(name), email: None, ..fields }
}

/// An owner whose table has a name of its own cannot be looked up, and becomes what its class and
/// id say. A user that has no table does not exist.
fn without_table(class: &str, id: &str) -> Owner {
    let model = model(class);
    if is_user(model) {
        return Owner::Missing;
    }
    let name = Some(format!("{model} {id}"));
    Owner::User(SourceUser {
        key: RowKey { table: class.to_string(), id: id.to_string() },
        fields: UserFields { name, ..UserFields::default() },
    })
}

/// A class without its namespace: `Team`. An alias that a morph map gives it has none.
fn model(class: &str) -> &str {
    class.rsplit('\\').next().unwrap_or(class)
}

fn is_user(model: &str) -> bool {
    model.eq_ignore_ascii_case("user")
}

/// The table of a class by Laravel's convention, and what an alias of it may name.
fn tables(class: &str) -> Vec<String> {
    let snake = snake_case(model(class));
    vec![plural(&snake), snake]
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
