//! The one driver that reads every system: it runs the queries of a plan, and hands over owners and
//! tokens in the order of their ids.

use super::error::Result;
use super::options::Options;
use super::owners::{ClassTable, Owners};
use super::plan::{OWNER, OwnerPlan, Part, Plan, ROW_ID};
use super::record::{Owner, RejectedRow, RowKey, SkipReason, SourceToken, SourceUser};
use super::report::OtherRows;
use super::row_end::{earlier, end_of};
use super::source::{Cells, ClearSecret, Dates, Problem, Row, Source, Unreadable};
use super::system::{ID, Polymorphic, SecretColumn, System};
use crate::domain::scheme::{Scheme, hash_of_access_key};
use crate::domain::secret::{Hash, NO_HINT};
use std::ops::ControlFlow;

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

    /// The source.
    pub fn source(&self) -> &dyn Source {
        self.source
    }

    /// What the operator says.
    pub fn options(&self) -> &Options {
        self.options
    }

    /// How the secrets of its tokens are checked.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// `table.column` in the source where secrets can be read.
    pub fn clear_text(&self) -> Option<&str> {
        self.plan.clear_text.as_deref()
    }

    /// The table of tokens.
    pub fn token_table(&self) -> &str {
        &self.plan.tokens.part.table
    }

    /// What identifies the rows that are read among those of the database: the table, and the type if it
    /// has tokens of several.
    pub fn token_relation(&self) -> String {
        let table = self.token_table();
        match &self.plan.tokens.of_type {
            Some(wanted) => format!("{table} ({})", wanted.values.join(", ")),
            None => table.to_string(),
        }
    }

    /// The tables of owners, the users first.
    pub fn owner_tables(&self) -> impl Iterator<Item = &str> {
        self.plan.owners.iter().map(|plan| plan.part.table.as_str())
    }

    /// The rows of the table of tokens that are of other types.
    pub fn other_rows(&self) -> &[OtherRows] {
        &self.plan.others
    }

    /// How many tokens there are.
    pub fn count(&self) -> u64 {
        self.plan.count
    }

    /// Reads every owner.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, and what `each` returns.
    pub fn users(&self, each: Each<SourceUser>) -> Result<()> {
        for plan in &self.plan.owners {
            self.source.rows(&plan.query, |cells| {
                let row = self.row(cells, &plan.part);
                let user = self.user(&row, plan);
                each(user.map_err(|error| RejectedRow {
                    key: key_of(&row, &plan.part.table),
                    hash: None,
                    why: SkipReason::Unreadable(error),
                }))
            })?;
        }
        Ok(())
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
            let token =
                secret.map_err(SkipReason::Unreadable).and_then(|secret| self.token(&row, secret));
            each(token.map_err(|why| RejectedRow {
                key: key_of(&row, &plan.part.table),
                hash,
                why,
            }))
        })
    }

    /// Looks for a token, by the stored hash and the id of each.
    ///
    /// # Errors
    ///
    /// When the source cannot be read, and what `is_it` returns.
    pub fn find_token(&self, is_it: &mut dyn FnMut(&Hash, &str) -> Result<bool>) -> Result<()> {
        let plan = &self.plan.tokens;
        self.source.rows_until(&plan.query, |cells| {
            let row = self.row(cells, &plan.part);
            let is_found = match (self.secret(&row), required_id(&row)) {
                (Ok(secret), Ok(id)) => is_it(&secret.hash, &id)?,
                _ => false,
            };
            Ok(if is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
    }

    fn row<'r>(&'r self, cells: &'r dyn Cells, part: &'r Part) -> Row<'r> {
        let dates = Dates { zone: &self.options.zone, zero_is_none: self.system.zero_date_is_none };
        Row::new(cells, &part.columns, dates)
    }

    fn user(&self, row: &Row, plan: &OwnerPlan) -> std::result::Result<SourceUser, Unreadable> {
        let id = required_id(row)?;
        let mut fields = (self.system.users.read)(row)?;
        let mut verified = Vec::new();
        for column in &plan.part.verified {
            verified.push(row.confirmation(column)?);
        }
        // Where there are several such columns, no one of them counts alone.
        fields.email_verified |= !verified.is_empty() && verified.iter().all(|is_set| *is_set);
        let end = end_of(row, &plan.part.ends, self.system.name)?;
        fields.refused = fields.refused.or(end.why);
        fields.expires_at = earlier(fields.expires_at, end.at);
        if let (Some(class), Owners::ByClass { link, .. }) = (&plan.class, &self.plan.tokens.owners)
        {
            fields = (link.fields)(class, &id, fields);
        }
        if plan.part.columns.iter().any(|column| column == ROW_ID) {
            fields.row_id = row.id(ROW_ID)?;
        }
        let key = RowKey { table: plan.part.table.clone(), id };
        Ok(SourceUser { key, fields })
    }

    /// The hash of a row's secret, and what else is kept of it.
    fn secret(&self, row: &Row) -> std::result::Result<ClearSecret, Unreadable> {
        let hashed = |hash| ClearSecret { hash, hint: NO_HINT.to_string(), is_weak: false };
        match self.plan.tokens.secret {
            SecretColumn::Sha256 { column, .. } => row.hex(column).map(hashed),
            SecretColumn::AccessKey { column } => {
                row.hex::<64>(column).map(|key| hashed(hash_of_access_key(&key)))
            }
            SecretColumn::Clear { column } => row.clear_secret(column),
        }
    }

    fn token(
        &self,
        row: &Row,
        secret: ClearSecret,
    ) -> std::result::Result<SourceToken, SkipReason> {
        let plan = &self.plan.tokens;
        let id = required_id(row).map_err(SkipReason::Unreadable)?;
        let fields = (self.system.tokens.read)(row).map_err(SkipReason::Unreadable)?;
        let owner = match &fields.default_owner {
            Some(user) => Owner::User(user.clone()),
            None => self.owner(row)?,
        };
        let hint = match plan.secret {
            SecretColumn::Sha256 { hint: Some(hint), .. } => hint(&id, self.options),
            _ => secret.hint,
        };
        let end = end_of(row, &plan.part.ends, self.system.name).map_err(SkipReason::Unreadable)?;
        let life = match self.options.expiration {
            Some(life) => fields.created_at.ok_or(SkipReason::NoCreation)?.plus(life),
            None => None,
        };
        Ok(SourceToken {
            key: RowKey { table: plan.part.table.clone(), id },
            owner,
            hash: secret.hash,
            hint,
            is_weak: secret.is_weak,
            ended: end.why,
            expires_at: earlier(end.at, life),
            fields,
        })
    }

    fn owner(&self, row: &Row) -> std::result::Result<Owner, SkipReason> {
        let missing = || Owner::Unknown(SkipReason::OwnerMissing);
        let in_table = |table: &str, id: Option<String>| match id {
            Some(id) => Owner::Row(RowKey { table: table.to_string(), id }),
            None => missing(),
        };
        match &self.plan.tokens.owners {
            Owners::Nowhere => Ok(missing()),
            Owners::One { table, .. } => {
                Ok(in_table(table, row.id(OWNER).map_err(SkipReason::Unreadable)?))
            }
            Owners::ByClass { link, tables } => {
                let named = class_and_id(link, row).map_err(SkipReason::Unreadable)?;
                let Some((class, id)) = named else { return Ok(missing()) };
                Ok(match tables.get(&class) {
                    Some(ClassTable::Table(table)) => in_table(table, Some(id)),
                    Some(ClassTable::Ambiguous) => {
                        Owner::Unknown(SkipReason::AmbiguousOwnerClass(class))
                    }
                    _ => Owner::Unknown(SkipReason::UnknownOwnerClass(class)),
                })
            }
        }
    }
}

fn required_id(row: &Row) -> std::result::Result<String, Unreadable> {
    let missing = || Unreadable { column: ID.to_string(), problem: Problem::Missing };
    row.id(ID)?.ok_or_else(missing)
}

/// The key of a row, as far as it can be read.
fn key_of(row: &Row, table: &str) -> RowKey {
    let id = row.id(ID).ok().flatten().unwrap_or_else(|| "?".to_string());
    RowKey { table: table.to_string(), id }
}

/// The class and the id of a token's owner, if the token names one.
fn class_and_id(
    link: &Polymorphic,
    row: &Row,
) -> std::result::Result<Option<(String, String)>, Unreadable> {
    Ok(row.some_text(link.class)?.zip(row.id(link.id)?))
}

#[cfg(test)]
mod tests {
    use super::super::detect::detect;
    use super::super::record::{SourceScopes, UserFields};
    use super::super::source::{Access, open};
    use super::*;
    use rusqlite::Connection;

    /// The users and tokens in a tiny database, one a line.
    fn read(sql: &str, options: &Options) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let source = open(&path.as_path().into(), &Access::default()).unwrap();
        let reader = detect(None, source.as_ref(), options).unwrap();
        let mut lines = Vec::new();
        let rejected = |row: RejectedRow| format!("{}: {}", row.key, row.why);
        let user_line = |user: SourceUser| {
            let UserFields { name, email, email_verified, admin, refused, .. } = user.fields;
            let verified = if email_verified { " verified" } else { "" };
            format!("{} {name:?} {email:?}{verified} {admin} {refused:?}", user.key)
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
                        Owner::Row(row) => row.to_string(),
                        Owner::User(user) => user_line(user),
                        Owner::Unknown(why) => format!("nobody ({why})"),
                    };
                    let scopes = match token.fields.scopes {
                        SourceScopes::Everything => "everything".to_string(),
                        SourceScopes::List { scopes, .. } => scopes.join(" "),
                    };
                    let ended = token.ended.map_or(String::new(), |why| format!(", {why}"));
                    let expires =
                        token.expires_at.map_or(String::new(), |at| format!(", expires {at}"));
                    format!("{} of {owner}, scopes {scopes:?}{ended}{expires}", token.key)
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
                "auth_identities 2 of users 9, scopes \"posts\"",
                "auth_identities 4 of users 2, scopes \"\"",
            ]
        );
    }

    #[test]
    fn owners_of_several_classes_are_in_several_tables() {
        let hash = "cd".repeat(32);
        let lines = read(
            &format!(
                "CREATE TABLE personal_access_tokens
                     (id INTEGER PRIMARY KEY, tokenable_type, tokenable_id, name, token, abilities);
                 CREATE TABLE users (id INTEGER PRIMARY KEY, name, email, email_verified_at);
                 CREATE TABLE teams (id INTEGER PRIMARY KEY, name, email);
                 CREATE TABLE boxes (id INTEGER PRIMARY KEY);
                 CREATE TABLE box (id INTEGER PRIMARY KEY);
                 INSERT INTO users VALUES (1, 'ada', 'ada@example.com', '2026-01-01');
                 INSERT INTO teams VALUES (1, 'Web', 'web@example.com'), (2, 'Idle', '');
                 INSERT INTO personal_access_tokens VALUES
                     (1, 'App\\Models\\User', 1, '', '{hash}', '[]'),
                     (2, 'App\\Models\\Team', '1', '', '{hash}', '[]'),
                     (3, 'App\\Models\\Team', 7, '', '{hash}', '[]'),
                     (4, 'App\\Robot', 7, '', '{hash}', '[]'),
                     (5, NULL, 1, '', '{hash}', '[]'),
                     (6, x'00', 1, '', '{hash}', '[]'),
                     (7, 'users', 1, '', '{hash}', '[]'),
                     (8, 'box', 1, '', '{hash}', '[]')"
            ),
            &Options::default(),
        );
        assert_eq!(
            lines,
            [
                "users 1 Some(\"ada\") Some(\"ada@example.com\") verified false None",
                "teams 1 Some(\"Team Web\") None false None",
                "personal_access_tokens 1 of users 1, scopes \"\"",
                "personal_access_tokens 2 of teams 1, scopes \"\"",
                "personal_access_tokens 3 of teams 7, scopes \"\"",
                "personal_access_tokens 4 of nobody (no table known for owners of type \
                 App\\Robot; name it with --morph), scopes \"\"",
                "personal_access_tokens 5 of nobody (owner not found), scopes \"\"",
                "personal_access_tokens 6: column tokenable_type: not text",
                "personal_access_tokens 7 of users 1, scopes \"\"",
                "personal_access_tokens 8 of nobody (owners of type box may be in several \
                 tables; name one with --morph), scopes \"\"",
            ]
        );
    }

    #[test]
    fn ends_are_read_from_every_column_that_tells_them() {
        let lines = read(
            "CREATE TABLE user (id INTEGER PRIMARY KEY, username, isVerified, email, disabled,
                                account_status);
             CREATE TABLE api_token (id INTEGER PRIMARY KEY, user_id REFERENCES user, token, scopes,
                                     expiresAt, valid_until, revokedAt, is_active);
             INSERT INTO user VALUES (1, 'ada', 1, 'a@example.com', 0, 'active'),
                                     (2, 'bob', 0, 'b@example.com', 'true', NULL),
                                     (3, 'eve', 'f', NULL, NULL, 'suspended'),
                                     (4, 'kim', NULL, NULL, NULL, 'premium');
             INSERT INTO api_token VALUES
                 (1, 1, 'one', '[]', '2030-01-01', '2029-01-01', NULL, 1),
                 (2, 1, 'two', '[]', NULL, NULL, '2029-01-01', 1),
                 (3, 1, 'three', '[]', NULL, 1893456000, '', 0),
                 (4, 1, 'four', '[]', '0000-00-00 00:00:00', NULL, 0, 'on'),
                 (5, 1, 'five', '[]', NULL, NULL, 'perhaps', 1)",
            &Options::default(),
        );
        assert_eq!(
            lines,
            [
                "user 1 Some(\"ada\") Some(\"a@example.com\") verified false None",
                "user 2 Some(\"bob\") Some(\"b@example.com\") false \
                 Some(\"disabled in symfony\")",
                "user 3 Some(\"eve\") None false Some(\"suspended in symfony\")",
                "user 4: column account_status: unknown status; --ignore-column leaves the column out",
                "api_token 1 of user 1, scopes \"\", expires 2029-01-01T00:00:00Z",
                "api_token 2 of user 1, scopes \"\", revoked in symfony",
                "api_token 3 of user 1, scopes \"\", not active in symfony, \
                 expires 2030-01-01T00:00:00Z",
                "api_token 4 of user 1, scopes \"\", expires 1970-01-01T00:00:00Z",
                "api_token 5: column revokedAt: neither a date nor true or false",
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
                "api_token 3 of user 2, scopes \"\"",
                "api_token 4: column expires_at: neither a date nor a time since 1970",
                "api_token five of user 1, scopes \"\"",
            ]
        );
    }

    #[test]
    fn lists_and_owners_come_through_link_tables() {
        let key = "ef".repeat(64);
        let salt =
            super::super::options::Salt { bytes: b"salt".to_vec().into(), is_explicit: true };
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
                "strapi_api_tokens 1 of admin_users 2, scopes \"two one  null\"",
                "strapi_api_tokens 2 of strapi_api_tokens Some(\"strapi\") None false None, \
                 scopes \"\"",
            ]
        );
    }
}
