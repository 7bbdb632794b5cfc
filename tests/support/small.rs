//! Small databases of each system, which a test writes itself: one user, Ann, and the tokens that the
//! test adds. No table has a column about an end, and no column has a type.

use super::foreign::{Row, insert, open, php_list, strapi_access_key};
use super::{Ran, Sandbox, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::ToSql;
use serde_json::Value;

/// All systems.
pub const ALL: [&str; 7] =
    ["shield", "adonisjs", "adonisjs5", "sanctum", "symfony", "strapi-guide", "strapi"];

/// The salt of Strapi's hashes in these databases.
pub const SALT: &str = "the salt of a small project";

/// A database of a system.
pub struct Small<'a> {
    pub sandbox: &'a Sandbox,
    pub system: &'static str,
    pub path: String,
    /// What the names of its tables begin with.
    prefix: &'static str,
}

impl<'a> Small<'a> {
    /// A database with the user 1, Ann, whose address is ann@example.com.
    pub fn new(sandbox: &'a Sandbox, system: &'static str) -> Self {
        Small::with_prefix(sandbox, system, "")
    }

    /// The same, in tables whose names have a prefix.
    pub fn with_prefix(sandbox: &'a Sandbox, system: &'static str, prefix: &'static str) -> Self {
        let small = Small::without_users(sandbox, system, prefix);
        small.user(&1, "Ann", &[]);
        small
    }

    /// A database without users.
    pub fn without_users(sandbox: &'a Sandbox, system: &'static str, prefix: &'static str) -> Self {
        let number = std::fs::read_dir(sandbox.path(".")).unwrap().count();
        let path = sandbox.path(&format!("small-{number}.db")).to_str().unwrap().to_string();
        let small = Small { sandbox, system, path, prefix };
        let (users, tokens) = (small.users(), small.tokens());
        let (user_columns, token_columns) = match system {
            "shield" => (
                "username, created_at",
                "user_id, type, name, secret, extra, created_at, last_used_at",
            ),
            "adonisjs" => (
                "email, username, created_at",
                "tokenable_id, type, name, hash, abilities, created_at, last_used_at",
            ),
            "adonisjs5" => {
                ("email, username, created_at", "user_id, name, type, token, created_at")
            }
            "sanctum" => (
                "name, email, created_at",
                "tokenable_type, tokenable_id, name, token, abilities, created_at, last_used_at",
            ),
            "symfony" => ("email, username, roles", "owned_by_id, token, scopes, created_at"),
            "strapi-guide" => ("username, email, created_at", "token, user, created_at"),
            "strapi" => ("username, email, created_at", "name, type, kind, access_key, created_at"),
            other => panic!("{other}"),
        };
        small.sql(&format!(
            "CREATE TABLE \"{users}\" (id PRIMARY KEY, {user_columns});
             CREATE TABLE \"{tokens}\" (id PRIMARY KEY, {token_columns});"
        ));
        match system {
            "shield" => small.sql(&format!(
                "CREATE TABLE {prefix}auth_groups_users (id INTEGER PRIMARY KEY, user_id, \"group\")"
            )),
            "strapi" => {
                small.sql(&format!("CREATE TABLE {} (id INTEGER PRIMARY KEY, api_token_id, user_id)", small.links()));
            }
            _ => {}
        }
        small
    }

    /// The table of users.
    pub fn users(&self) -> String {
        let table = match self.system {
            "symfony" => "user",
            "strapi-guide" => "up_users",
            "strapi" => "admin_users",
            _ => "users",
        };
        format!("{}{table}", self.prefix)
    }

    /// The table of tokens.
    pub fn tokens(&self) -> String {
        let table = match self.system {
            "adonisjs5" => "api_tokens",
            system => super::foreign::token_table(system),
        };
        format!("{}{table}", self.prefix)
    }

    /// The column of tokens that has the owner's id; Strapi has a table of links.
    pub fn owner_column(&self) -> &'static str {
        match self.system {
            "shield" | "adonisjs5" => "user_id",
            "adonisjs" | "sanctum" => "tokenable_id",
            "symfony" => "owned_by_id",
            "strapi-guide" => "user",
            other => panic!("{other}"),
        }
    }

    /// Strapi's table of links between tokens and their owners.
    pub fn links(&self) -> String {
        format!("{}strapi_api_tokens_admin_user_owner_lnk", self.prefix)
    }

    pub fn sql(&self, sql: &str) {
        open(&self.path).execute_batch(sql).unwrap();
    }

    /// Adds a column to the table of tokens.
    pub fn token_column(&self, column: &str) {
        self.sql(&format!("ALTER TABLE \"{}\" ADD COLUMN \"{column}\"", self.tokens()));
    }

    /// Adds a column to the table of users.
    pub fn user_column(&self, column: &str) {
        self.sql(&format!("ALTER TABLE \"{}\" ADD COLUMN \"{column}\"", self.users()));
    }

    /// Adds a user, with an address at example.com where the system has one in the table.
    pub fn user(&self, id: &dyn ToSql, name: &str, other: &Row) {
        let email = format!("{}@example.com", name.to_lowercase());
        let name_column = if self.system == "sanctum" { "name" } else { "username" };
        let mut row: Vec<(&str, &dyn ToSql)> = vec![("id", id), (name_column, &name)];
        if self.system != "shield" {
            row.push(("email", &email));
        }
        insert(&self.path, &self.users(), &row, other);
    }

    /// Adds a token of Ann's, and returns the secret that a client sends.
    pub fn token(&self, id: i64, other: &Row) -> String {
        self.token_of(&id, &id.to_string(), &1, other)
    }

    /// Adds a token with an id, which `text` shows, of a user.
    pub fn token_of(&self, id: &dyn ToSql, text: &str, user: &dyn ToSql, other: &Row) -> String {
        let secret = self.secret_part(text);
        let name = format!("token {text}");
        let mut row: Vec<(&str, &dyn ToSql)> = vec![("id", id)];
        let (hash, key) = (sha256(&secret), strapi_access_key(SALT, &secret));
        let (extra, no_scopes) = (php_list(&["posts.read"]), "[\"posts.read\"]");
        match self.system {
            "shield" => row.extend([
                ("user_id", user),
                ("type", &"access_token" as &dyn ToSql),
                ("name", &name),
                ("secret", &hash),
                ("extra", &extra),
            ]),
            "adonisjs" => row.extend([
                ("tokenable_id", user),
                ("type", &"auth_token" as &dyn ToSql),
                ("name", &name),
                ("hash", &hash),
                ("abilities", &no_scopes),
            ]),
            "adonisjs5" => row.extend([
                ("user_id", user),
                ("type", &"api" as &dyn ToSql),
                ("name", &name),
                ("token", &hash),
            ]),
            "sanctum" => row.extend([
                ("tokenable_type", &"App\\Models\\User" as &dyn ToSql),
                ("tokenable_id", user),
                ("name", &name),
                ("token", &hash),
                ("abilities", &no_scopes),
            ]),
            "symfony" => row.extend([
                ("owned_by_id", user),
                ("token", &secret as &dyn ToSql),
                ("scopes", &no_scopes),
            ]),
            "strapi-guide" => row.extend([("token", &secret as &dyn ToSql), ("user", user)]),
            "strapi" => {
                row.extend([
                    ("name", &name as &dyn ToSql),
                    ("type", &"custom"),
                    ("kind", &"admin"),
                    ("access_key", &key),
                ]);
                insert(&self.path, &self.links(), &[("api_token_id", id), ("user_id", user)], &[]);
            }
            other => panic!("{other}"),
        }
        insert(&self.path, &self.tokens(), &row, other);
        self.sent(text, &secret)
    }

    /// The secret of a token without what a system puts before it.
    pub fn secret_part(&self, id: &str) -> String {
        format!("secret-of-{}-{id}", self.system)
    }

    /// What a client sends.
    pub fn sent(&self, id: &str, secret: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        match self.system {
            "adonisjs" => format!("oat_{}.{}", encode(id), encode(secret)),
            "adonisjs5" => format!("{}.{secret}", encode(id)),
            "sanctum" => format!("{id}|{secret}"),
            _ => secret.to_string(),
        }
    }

    pub fn try_import(&self, options: &[&str]) -> Ran {
        let mut args = vec!["import", self.system, &self.path];
        let salt = self.sandbox.path("salt-of-small");
        if self.system == "strapi" && !options.contains(&"--salt-file") {
            std::fs::write(&salt, SALT).unwrap();
            args.extend(["--salt-file", salt.to_str().unwrap()]);
        }
        self.sandbox.run(&[&args, options].concat())
    }

    /// Imports, which must succeed, and returns the report.
    #[track_caller]
    pub fn import(&self, options: &[&str]) -> Value {
        self.try_import(&[options, &["--json"]].concat()).exits(0).json()
    }

    /// Imports, which takes nothing, and returns the report.
    #[track_caller]
    pub fn takes_nothing(&self, options: &[&str]) -> Value {
        self.try_import(&[options, &["--json"]].concat()).exits(1).json()
    }
}

impl Sandbox {
    /// Why each of these secrets is rejected; `None`: it is good.
    pub fn reasons<S: AsRef<str>>(&self, secrets: &[S]) -> Vec<Option<String>> {
        let lines: String = secrets.iter().map(|secret| format!("{}\n", secret.as_ref())).collect();
        let ran = self.tokctl(&["verify", "--batch", "-"]).stdin(lines).go();
        let answers = ran.json_lines();
        assert_eq!(answers.len(), secrets.len(), "{ran:#?}");
        answers.iter().map(|answer| answer["reason"].as_str().map(String::from)).collect()
    }
}

/// The reasons why rows were skipped, each with its rows.
pub fn skipped(report: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let rows = |skipped: &Value| skipped["rows"].as_array().unwrap().iter().map(text).collect();
    let skipped = report["skipped"].as_array().unwrap().iter();
    skipped.map(|skipped| (text(&skipped["reason"]), rows(skipped))).collect()
}
