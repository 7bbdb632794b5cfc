//! Laravel Sanctum: `personal_access_tokens`.
//!
//! A secret is `<id>|<secret>` or `<secret>` alone; `token` is the SHA-256 of what follows the
//! first bar. An owner is a model's class and an id: users, and whatever else an application gives
//! tokens to.

use super::source::{Columns, Fields, quoted};
use super::{
    EachToken, EachUser, ForeignScopes, ForeignToken, ForeignUser, Options, Owner, Reader, Refused,
    Source,
};
use crate::error::Result;
use crate::scheme::Scheme;
use crate::secret::Hash;
use std::collections::HashMap;

pub struct Sanctum;

impl Reader for Sanctum {
    fn name(&self) -> &'static str {
        "sanctum"
    }

    fn table(&self, _source: &Source, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "personal_access_tokens".into())
    }

    fn wanted(&self, options: &Options) -> String {
        options.table.clone().unwrap_or_else(|| "personal_access_tokens".into())
    }

    fn fits(&self, source: &Source, options: &Options) -> Result<bool> {
        let columns = ["id", "tokenable_type", "tokenable_id", "name", "token", "abilities"];
        source.has(&self.table(source, options), &columns)
    }

    fn heeds(&self) -> &'static [&'static str] {
        &[]
    }

    fn scheme(&self, _options: &Options) -> Result<Scheme> {
        Ok(Scheme::Sanctum)
    }

    fn users(&self, source: &Source, options: &Options, each: EachUser) -> Result<()> {
        let Some(model) = Model::of(source, USER)? else { return Ok(()) };
        let sql = format!("SELECT {} FROM {} u ORDER BY u.id", model.columns, quoted(&model.table));
        source.rows(&sql, [], |row| {
            let user = model.user(row, options);
            each(user.map_err(|why| Refused::row(row, &model.table, 0, None, why)))
        })
    }

    fn tokens(&self, source: &Source, options: &Options, each: EachToken) -> Result<()> {
        let table = self.table(source, options);
        let columns = Columns::of(source, "t", &table)?;
        let sql = format!(
            "SELECT {} FROM {} t ORDER BY t.id",
            columns.list(&[
                "id",
                "token",
                "name",
                "abilities",
                "created_at",
                "expires_at",
                "last_used_at",
                "tokenable_type",
                "tokenable_id",
            ]),
            quoted(&table),
        );
        let mut owners = Owners { source, options, models: HashMap::new() };
        source.rows(&sql, [], |row| {
            let hash = row.hex(1);
            let owner = owners.of(row)?;
            let token = hash.clone().and_then(|hash| token(row, hash, owner?, options));
            each(token.map_err(|why| Refused::row(row, &table, 0, hash.ok(), why)))
        })
    }
}

/// The class that Laravel's skeleton gives users.
const USER: &str = "App\\Models\\User";

fn token(
    row: &Fields,
    hash: Hash,
    owner: Owner,
    options: &Options,
) -> Result<ForeignToken, String> {
    let id = row.id(0)?;
    Ok(ForeignToken {
        id,
        name: row.some_text(2)?,
        owner,
        hash,
        hint: format!("{id}|"),
        scopes: ForeignScopes::List { scopes: row.json_strings(3)?, star: true },
        created_at: row.time(4, &options.zone)?,
        expires_at: row.time(5, &options.zone)?,
        last_used_at: row.time(6, &options.zone)?,
        weak: false,
    })
}

/// A class of owners, and the table that Laravel keeps it in.
struct Model {
    table: String,
    /// The class without its namespace: `Team`.
    class: String,
    columns: String,
}

impl Model {
    /// The model of a class, or of the alias that a morph map gives it; `None` where its table is
    /// not where Laravel's convention has it.
    fn of(source: &Source, class: &str) -> Result<Option<Self>> {
        let class = class.rsplit('\\').next().unwrap_or(class);
        let snake = snake_case(class);
        for table in [plural(&snake), snake] {
            if source.has(&table, &["id"])? {
                let columns = Columns::of(source, "u", &table)?;
                let columns = columns.list(&["id", "name", "email", "deleted_at", "created_at"]);
                return Ok(Some(Model { table, class: class.into(), columns }));
            }
        }
        Ok(None)
    }

    fn is_user(&self) -> bool {
        self.class.eq_ignore_ascii_case("user")
    }

    fn user(&self, row: &Fields, options: &Options) -> Result<ForeignUser, String> {
        let id = row.text(0)?.ok_or("the owner has no id")?;
        let name = row.some_text(1)?;
        let deleted = row.time(3, &options.zone)?.is_some();
        Ok(ForeignUser {
            table: self.table.clone(),
            // What is no user has no person's name, and no address to match a person's.
            name: if self.is_user() { name } else { Some(self.label(name.as_deref(), &id)) },
            email: if self.is_user() { row.some_text(2)? } else { None },
            id,
            full_name: None,
            admin: false,
            refused: deleted.then(|| "deleted in sanctum".to_string()),
            created_at: row.time(4, &options.zone)?,
        })
    }

    fn label(&self, name: Option<&str>, id: &str) -> String {
        format!("{} {}", self.class, name.unwrap_or(id))
    }
}

/// The owners of tokens, found by class and id.
struct Owners<'a> {
    source: &'a Source,
    options: &'a Options,
    models: HashMap<String, Option<Model>>,
}

impl Owners<'_> {
    /// The outer error ends the import, the inner one refuses the row.
    fn of(&mut self, row: &Fields) -> Result<Result<Owner, String>> {
        let (class, id) = match (row.some_text(7), row.some_text(8)) {
            (Ok(Some(class)), Ok(Some(id))) => (class, id),
            (Err(why), _) | (_, Err(why)) => return Ok(Err(why)),
            _ => return Ok(Ok(Owner::Gone)),
        };
        if !self.models.contains_key(&class) {
            let model = Model::of(self.source, &class)?;
            self.models.insert(class.clone(), model);
        }
        let Some(model) = &self.models[&class] else {
            return Ok(Ok(self.without_table(&class, id)));
        };
        let table = quoted(&model.table);
        let sql = format!("SELECT {} FROM {table} u WHERE u.id = ?1", model.columns);
        let mut found = Ok(Owner::Gone);
        self.source.rows(&sql, [&id], |owner| {
            found = model.user(owner, self.options).map(Owner::User);
            Ok(())
        })?;
        Ok(found)
    }

    /// Owners whose table has a name of its own cannot be looked up: they become what their class
    /// and id say. Users that have no table are nobody.
    fn without_table(&self, class: &str, id: String) -> Owner {
        let short = class.rsplit('\\').next().unwrap_or(class).to_string();
        if short.eq_ignore_ascii_case("user") {
            return Owner::Gone;
        }
        Owner::User(ForeignUser {
            table: class.to_string(),
            name: Some(format!("{short} {id}")),
            id,
            email: None,
            full_name: None,
            admin: false,
            refused: None,
            created_at: None,
        })
    }
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
            ("User", "users"),
            ("Team", "teams"),
            ("TeamMember", "team_members"),
            ("user", "users"),
            ("Company", "companies"),
            ("Box", "boxes"),
            ("ApiKey", "api_keys"),
            ("Person", "people"),
        ] {
            assert_eq!(plural(&snake_case(class)), table);
        }
    }
}
