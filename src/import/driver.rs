//! The one driver that reads every system: it runs the queries of a plan, and hands over users and
//! tokens in the order of their ids.

use super::error::Result;
use super::options::Options;
use super::plan::{Owners, Part, Plan};
use super::record::{Owner, RejectedRow, RowKey, SkipReason, SourceToken, SourceUser};
use super::source::{Cells, ClearSecret, Row, Source, Unreadable};
use super::system::{Polymorphic, SecretColumn, System};
use crate::domain::scheme::{Scheme, hash_of_access_key};
use crate::domain::secret::NO_HINT;

/// A source of which the system is known.
pub struct Reader<'a> {
    system: &'static System,
    source: &'a dyn Source,
    options: &'a Options,
    plan: Plan,
    scheme: Scheme,
}

/// What becomes of each row: what it yields, or why it yields nothing.
pub type Each<'a, T> = &'a mut dyn FnMut(std::result::Result<T, RejectedRow>) -> Result<()>;

impl<'a> Reader<'a> {
    /// A reader that follows this plan.
    ///
    /// # Errors
    ///
    /// When an option is missing without which the secrets cannot be checked.
    pub fn new(
        system: &'static System,
        source: &'a dyn Source,
        options: &'a Options,
        plan: Plan,
    ) -> Result<Self> {
        let scheme = (system.scheme)(options)?;
        Ok(Reader { system, source, options, plan, scheme })
    }

    /// The system.
    pub fn system(&self) -> &'static System {
        self.system
    }

    /// How the secrets of its tokens are checked.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// `table.column` in the source where secrets can be read.
    pub fn clear_text(&self) -> Option<&str> {
        self.plan.clear_text.as_deref()
    }

    /// Reads every user.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, and what `each` returns.
    pub fn users(&self, each: Each<SourceUser>) -> Result<()> {
        let Some(plan) = &self.plan.users else { return Ok(()) };
        self.source.rows(&plan.query, |cells| {
            let row = self.row(cells, &plan.part);
            let user = self.user(&row, &plan.part.table);
            each(user.map_err(|error| RejectedRow {
                key: key_of(&row, &plan.part.table),
                hash: None,
                why: SkipReason::Unreadable(error),
            }))
        })
    }

    /// Reads every token. Where several rows have the same secret, the first one is the one whose
    /// answer counts in the system itself.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, and what `each` returns.
    pub fn tokens(&self, each: Each<SourceToken>) -> Result<()> {
        let plan = &self.plan.tokens;
        self.source.rows(&plan.query, |cells| {
            let row = self.row(cells, &plan.part);
            let secret = self.secret(&row);
            let hash = secret.as_ref().ok().map(|secret| secret.hash);
            let token = secret
                .map_err(SkipReason::Unreadable)
                .and_then(|secret| self.token(cells, &row, secret));
            each(token.map_err(|why| RejectedRow {
                key: key_of(&row, &plan.part.table),
                hash,
                why,
            }))
        })
    }

    fn row<'r>(&'r self, cells: &'r dyn Cells, part: &'r Part) -> Row<'r> {
        Row::new(cells, &part.columns, part.first, &self.options.zone)
    }

    fn user(&self, row: &Row, table: &str) -> std::result::Result<SourceUser, Unreadable> {
        let id = row.required_text("id")?;
        let key = RowKey { table: table.to_string(), id };
        Ok(SourceUser { key, fields: (self.system.users.read)(row)? })
    }

    /// The hash of a row's secret, and what else is kept of it.
    fn secret(&self, row: &Row) -> std::result::Result<ClearSecret, Unreadable> {
        let hashed = |hash| ClearSecret { hash, hint: NO_HINT.to_string(), is_weak: false };
        match self.system.tokens.secret {
            SecretColumn::Sha256 { column, .. } => row.hex(column).map(hashed),
            SecretColumn::AccessKey { column } => {
                row.hex::<64>(column).map(|key| hashed(hash_of_access_key(&key)))
            }
            SecretColumn::Clear { column } => row.clear_secret(column),
        }
    }

    fn token(
        &self,
        cells: &dyn Cells,
        row: &Row,
        secret: ClearSecret,
    ) -> std::result::Result<SourceToken, SkipReason> {
        let id = row.integer("id").map_err(SkipReason::Unreadable)?.to_string();
        let fields = (self.system.tokens.read)(row).map_err(SkipReason::Unreadable)?;
        let owner = match &fields.default_owner {
            Some(user) => Owner::User(user.clone()),
            None => self.owner(cells, row)?,
        };
        let hint = match self.system.tokens.secret {
            SecretColumn::Sha256 { hint: Some(hint), .. } => hint(&id, self.options),
            _ => secret.hint,
        };
        Ok(SourceToken {
            key: RowKey { table: self.plan.tokens.part.table.clone(), id },
            owner,
            hash: secret.hash,
            hint,
            is_weak: secret.is_weak,
            fields,
        })
    }

    fn owner(&self, cells: &dyn Cells, row: &Row) -> std::result::Result<Owner, SkipReason> {
        match &self.plan.tokens.owners {
            Owners::Nowhere => Ok(Owner::Missing),
            Owners::One(part) => {
                Ok(self.joined_owner(cells, part)?.map_or(Owner::Missing, Owner::User))
            }
            Owners::ByClass { link, parts } => {
                let named = class_and_id(link, row).map_err(SkipReason::Unreadable)?;
                let Some((class, id)) = named else { return Ok(Owner::Missing) };
                let Some(part) = parts.get(&class) else {
                    return Ok((link.without_table)(&class, &id));
                };
                let owner = self.joined_owner(cells, part)?;
                Ok(owner.map_or(Owner::Missing, |SourceUser { key, fields }| {
                    let fields = (link.fields)(&class, &key.id, fields);
                    Owner::User(SourceUser { key, fields })
                }))
            }
        }
    }

    /// The owner that was joined to a token; `None` if there is none.
    fn joined_owner(
        &self,
        cells: &dyn Cells,
        part: &Part,
    ) -> std::result::Result<Option<SourceUser>, SkipReason> {
        let row = self.row(cells, part);
        let user = match row.text("id") {
            Ok(None) => return Ok(None),
            Ok(Some(_)) => self.user(&row, &part.table),
            Err(error) => Err(error),
        };
        user.map(Some).map_err(SkipReason::UnreadableOwner)
    }
}

/// The key of a row, as far as it can be read.
fn key_of(row: &Row, table: &str) -> RowKey {
    let id = row.text("id").ok().flatten().unwrap_or_else(|| "?".to_string());
    RowKey { table: table.to_string(), id }
}

/// The class and the id of a token's owner, if the token names one.
fn class_and_id(
    link: &Polymorphic,
    row: &Row,
) -> std::result::Result<Option<(String, String)>, Unreadable> {
    Ok(row.some_text(link.class)?.zip(row.some_text(link.id)?))
}

#[cfg(test)]
mod tests {
    use super::super::detect::detect;
    use super::super::record::UserFields;
    use super::super::source::open;
    use super::*;
    use rusqlite::Connection;

    /// The users and tokens in a tiny database, one a line.
    fn read(sql: &str, options: &Options) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let source = open(&path).unwrap();
        let reader = detect(None, source.as_ref(), options).unwrap();
        let mut lines = Vec::new();
        let rejected = |row: RejectedRow| format!("{}: {}", row.key, row.why);
        let user_line = |user: SourceUser| {
            let UserFields { name, email, admin, refused, .. } = user.fields;
            format!("{} {name:?} {email:?} {admin} {refused:?}", user.key)
        };
        reader
            .users(&mut |user| {
                lines.push(user.map_or_else(rejected, user_line));
                Ok(())
            })
            .unwrap();
        reader
            .tokens(&mut |token| {
                lines.push(token.map_or_else(rejected, |token| {
                    let owner = match token.owner {
                        Owner::User(user) => user_line(user),
                        Owner::Missing => "nobody".to_string(),
                    };
                    format!("{} of {owner}, {:?}", token.key, token.fields.scopes)
                }));
                Ok(())
            })
            .unwrap();
        lines
    }

    #[test]
    fn columns_are_read_by_name_and_optional_ones_may_be_missing() {
        let lines = read(
            &format!(
                "CREATE TABLE auth_identities (Extra, name, SECRET, type, user_id, id);
                 CREATE TABLE users (username, deleted_at, id);
                 CREATE TABLE auth_groups_users (\"group\", user_id);
                 INSERT INTO users VALUES ('ada', NULL, 1), ('bob', '2026-01-01', 2);
                 INSERT INTO auth_groups_users VALUES ('user', 1), ('admin', 1), ('user', 2);
                 INSERT INTO auth_identities VALUES
                     ('a:0:{{}}', 'CI', '{hash}', 'access_token', 2, 4),
                     (NULL, NULL, 'ada@example.com', 'email_password', 1, 3),
                     ('posts', 'CI', '{hash}', 'access_token', 9, 2)",
                hash = "ab".repeat(32)
            ),
            &Options::default(),
        );
        assert_eq!(
            lines,
            [
                "users 1 Some(\"ada\") Some(\"ada@example.com\") true None",
                "users 2 Some(\"bob\") None false Some(\"deleted in shield\")",
                "auth_identities 2 of nobody, \
                 List { scopes: [\"posts\"], has_wildcard: true }",
                "auth_identities 4 of users 2 Some(\"bob\") None false \
                 Some(\"deleted in shield\"), List { scopes: [], has_wildcard: true }",
            ]
        );
    }

    #[test]
    fn owners_of_several_classes_are_joined_by_class() {
        let hash = "cd".repeat(32);
        let lines = read(
            &format!(
                "CREATE TABLE personal_access_tokens
                     (id INTEGER PRIMARY KEY, tokenable_type, tokenable_id, name, token, abilities);
                 CREATE TABLE users (id INTEGER PRIMARY KEY, name, email);
                 CREATE TABLE teams (id INTEGER PRIMARY KEY, name, email);
                 INSERT INTO users VALUES (1, 'ada', 'ada@example.com');
                 INSERT INTO teams VALUES (1, 'Web', 'web@example.com');
                 INSERT INTO personal_access_tokens VALUES
                     (1, 'App\\Models\\User', 1, '', '{hash}', '[]'),
                     (2, 'App\\Models\\Team', '1', '', '{hash}', '[]'),
                     (3, 'App\\Models\\Team', 2, '', '{hash}', '[]'),
                     (4, 'App\\Robot', 7, '', '{hash}', '[]'),
                     (5, NULL, 1, '', '{hash}', '[]'),
                     (6, x'00', 1, '', '{hash}', '[]')"
            ),
            &Options::default(),
        );
        let scopes = "List { scopes: [], has_wildcard: true }";
        assert_eq!(
            lines,
            [
                "users 1 Some(\"ada\") Some(\"ada@example.com\") false None".to_string(),
                format!(
                    "personal_access_tokens 1 of users 1 Some(\"ada\") Some(\"ada@example.com\") \
                     false None, {scopes}"
                ),
                format!(
                    "personal_access_tokens 2 of teams 1 Some(\"Team Web\") None false None, \
                     {scopes}"
                ),
                format!("personal_access_tokens 3 of nobody, {scopes}"),
                format!(
                    "personal_access_tokens 4 of App\\Robot 7 Some(\"Robot 7\") None false None, \
                     {scopes}"
                ),
                format!("personal_access_tokens 5 of nobody, {scopes}"),
                "personal_access_tokens 6: column tokenable_type: not text".to_string(),
            ]
        );
    }

    #[test]
    fn rows_that_cannot_be_read_say_which_column_is_wrong() {
        let lines = read(
            "CREATE TABLE api_token (id, owned_by_id, token, scopes, expires_at);
             CREATE TABLE user (id INTEGER PRIMARY KEY, username);
             INSERT INTO user VALUES (1, 'ada'), (2, x'ff');
             INSERT INTO api_token VALUES
                 (1, 1, 'two words', '[]', NULL), (2, 1, 'secret', '[', NULL),
                 (3, 2, 'secret', '[]', NULL), (4, 1, 'secret', '[]', 'soon'),
                 ('five', 1, 'secret', '[]', NULL)",
            &Options::default(),
        );
        assert_eq!(
            lines,
            [
                "user 1 Some(\"ada\") None false None",
                "user 2: column username: not text",
                "api_token 1: column token: the secret contains white space or control characters",
                "api_token 2: column scopes: not JSON",
                "api_token 3: owner: column username: not text",
                "api_token 4: column expires_at: neither a date nor milliseconds since 1970",
                "api_token five: column id: not a whole number",
            ]
        );
    }

    #[test]
    fn lists_and_owners_come_through_link_tables() {
        let key = "ef".repeat(64);
        let salt = super::super::options::Salt { bytes: Vec::new().into(), is_explicit: true };
        let options = Options { salt: Some(salt), ..Options::default() };
        let lines = read(
            &format!(
                "CREATE TABLE strapi_api_tokens (id, name, type, kind, access_key);
                 CREATE TABLE admin_users (id, username, is_active);
                 CREATE TABLE strapi_api_tokens_admin_user_owner_lnk (id, api_token_id, user_id);
                 CREATE TABLE admin_permissions (id, action);
                 CREATE TABLE admin_permissions_api_token_lnk (id, permission_id, api_token_id);
                 INSERT INTO admin_users VALUES (1, 'ada', 1), (2, 'bob', 1);
                 INSERT INTO strapi_api_tokens VALUES
                     (1, 'a', 'custom', 'admin', '{key}'), (2, 'b', 'custom', NULL, '{key}');
                 INSERT INTO strapi_api_tokens_admin_user_owner_lnk VALUES (9, 1, 1), (8, 1, 2);
                 INSERT INTO admin_permissions VALUES (1, 'one'), (2, 'two'), (3, x'00');
                 INSERT INTO admin_permissions_api_token_lnk VALUES (3, 1, 1), (2, 2, 1), (4, 3, 1)"
            ),
            &options,
        );
        assert_eq!(
            lines[2..],
            [
                "strapi_api_tokens 1 of admin_users 2 Some(\"bob\") None false None, \
                 List { scopes: [\"two\", \"one\", \" null\"], has_wildcard: false }",
                "strapi_api_tokens 2 of strapi_api_tokens Some(\"strapi\") None false None, \
                 List { scopes: [], has_wildcard: false }",
            ]
        );
    }
}
