//! The schema, and how an older one is upgraded.

use super::error::message;
use crate::store::error::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

/// `application_id` of a tokctl database: "tokc".
pub const APPLICATION_ID: i32 = 0x746f_6b63;

/// The schema version of this build.
pub const VERSION: i64 = 5;

/// Every step, each with the schema version it leads to. A released step never changes; a new one
/// goes to the end.
static STEPS: [M<'static>; VERSION as usize] =
    [M::up(V1), M::up(V2), M::up(V3), M::up(V4), M::up(V5)];

/// Times are milliseconds since 1970, UTC, up to the year 9999. Names and e-mail addresses are
/// unique by their Unicode lower case, which SQLite's own NOCASE (ASCII only) cannot give.
const V1: &str = "
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    name_key      TEXT NOT NULL UNIQUE,
    email         TEXT CHECK (length(email) BETWEEN 1 AND 255),
    email_key     TEXT UNIQUE,
    full_name     TEXT,
    admin         INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),
    banned_at     INTEGER CHECK (banned_at BETWEEN 0 AND 253402300799999),
    banned_reason TEXT CHECK (banned_reason IS NULL OR banned_at IS NOT NULL),
    created_at    INTEGER NOT NULL CHECK (created_at BETWEEN 0 AND 253402300799999),
    CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT;

CREATE TABLE tokens (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    hash           BLOB NOT NULL CHECK (length(hash) = 32),
    hint           TEXT NOT NULL CHECK (length(hint) BETWEEN 1 AND 21),
    name           TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes         TEXT NOT NULL CHECK (scopes NOT GLOB '*[^!-~ ]*' AND scopes NOT GLOB '*[\"\\,]*'),
    source         TEXT NOT NULL DEFAULT 'tokctl' CHECK (length(source) > 0),
    created_at     INTEGER NOT NULL CHECK (created_at BETWEEN 0 AND 253402300799999),
    expires_at     INTEGER CHECK (expires_at BETWEEN 0 AND 253402300799999),
    last_used_at   INTEGER CHECK (last_used_at BETWEEN 0 AND 253402300799999),
    revoked_at     INTEGER CHECK (revoked_at BETWEEN 0 AND 253402300799999),
    revoked_reason TEXT CHECK (revoked_reason IS NULL OR revoked_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX tokens_by_name ON tokens (name);

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Tokens of other systems. A token's scheme says how its secret is checked (none: as tokctl's
/// own). For some schemes the id in the other system is part of the secret, so hashes are unique
/// only together with both. `origins` remembers which user here a user of another system became, by
/// a hash of what identifies them there; `buried` remembers imported tokens that were deleted, so
/// that no later import brings them back.
const V2: &str = "
CREATE TABLE schemes (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('sha256', 'sanctum', 'adonisjs', 'strapi')),
    prefix TEXT NOT NULL,
    salt   BLOB NOT NULL,
    UNIQUE (kind, prefix, salt)
) STRICT;

ALTER TABLE tokens ADD COLUMN scheme_id INTEGER REFERENCES schemes (id);
ALTER TABLE tokens ADD COLUMN foreign_id TEXT CHECK ((foreign_id IS NULL) = (scheme_id IS NULL));
DROP INDEX tokens_by_hash;
CREATE UNIQUE INDEX tokens_by_hash
    ON tokens (hash, coalesce(scheme_id, 0), coalesce(foreign_id, ''));

CREATE TABLE origins (
    origin  BLOB PRIMARY KEY CHECK (length(origin) = 32),
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX origins_by_user ON origins (user_id);

CREATE TABLE buried (
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    scheme_id  INTEGER NOT NULL REFERENCES schemes (id),
    foreign_id TEXT NOT NULL,
    PRIMARY KEY (hash, scheme_id, foreign_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tokens_bury AFTER DELETE ON tokens WHEN old.scheme_id IS NOT NULL BEGIN
    INSERT OR IGNORE INTO buried (hash, scheme_id, foreign_id)
    VALUES (old.hash, old.scheme_id, old.foreign_id);
END;
";

/// Rotations, and the log: attempts, of which only the newest are kept, and changes, which nothing
/// deletes. Attempts come in floods: without AUTOINCREMENT a row costs a third less, and the newest
/// row, which always stays, keeps ids from being used again. A row with `strangers` stands for
/// several attempts with unknown secrets, seven bytes each (see `log.rs`), and its id is the number
/// of the last of them. Both tables name a token by id and name, so that they can be read after it
/// is gone.
const V3: &str = "
ALTER TABLE tokens ADD COLUMN replaces INTEGER;
ALTER TABLE tokens ADD COLUMN replaced_by INTEGER;

CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
    account     TEXT NOT NULL,
    sudo        TEXT,
    outcome     TEXT NOT NULL,
    token_id    INTEGER,
    token_name  TEXT,
    user        TEXT,
    fingerprint BLOB CHECK (length(fingerprint) = 6),
    strangers   BLOB CHECK (length(strangers) > 0 AND length(strangers) % 7 = 0),
    source      TEXT,
    agent       TEXT
) STRICT;

CREATE TABLE changes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL CHECK (at BETWEEN 0 AND 253402300799999),
    account    TEXT NOT NULL,
    sudo       TEXT,
    action     TEXT NOT NULL,
    token_id   INTEGER,
    token_name TEXT,
    user       TEXT,
    detail     TEXT
) STRICT;
";

/// Where imported tokens come from. A row of another system is identified by the table that an import
/// read it from (a relation) and its key there (`foreign_id`), so that it stays the same row whatever
/// else changes about it. `buried` remembers, too, whether a token was revoked: such a token never
/// comes back. Tokens that were imported before this step have no relation. `origins` remembers whether
/// the system refused a user at the last import. An address that no system has verified matches nobody.
///
/// `schemes` is made anew, because a CHECK cannot be changed. Its rows must be back before the
/// transaction ends, which counts the tokens that refer to missing rows.
const V4: &str = "
CREATE TABLE relations (
    id       INTEGER PRIMARY KEY,
    system   TEXT NOT NULL,
    database TEXT NOT NULL,
    name     TEXT NOT NULL,
    UNIQUE (system, database, name)
) STRICT;

ALTER TABLE tokens ADD COLUMN relation_id INTEGER REFERENCES relations (id)
    CHECK (relation_id IS NULL OR foreign_id IS NOT NULL);
CREATE UNIQUE INDEX tokens_by_relation ON tokens (relation_id, foreign_id)
    WHERE relation_id IS NOT NULL;

ALTER TABLE buried ADD COLUMN relation_id INTEGER REFERENCES relations (id);
ALTER TABLE buried ADD COLUMN revoked INTEGER NOT NULL DEFAULT 1 CHECK (revoked IN (0, 1));
CREATE INDEX buried_by_relation ON buried (relation_id, foreign_id)
    WHERE relation_id IS NOT NULL;
DROP TRIGGER tokens_bury;
CREATE TRIGGER tokens_bury AFTER DELETE ON tokens WHEN old.scheme_id IS NOT NULL BEGIN
    INSERT OR REPLACE INTO buried (hash, scheme_id, foreign_id, relation_id, revoked)
    VALUES (old.hash, old.scheme_id, old.foreign_id, old.relation_id, old.revoked_at IS NOT NULL);
END;

ALTER TABLE origins ADD COLUMN refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1));
ALTER TABLE users ADD COLUMN email_unverified INTEGER NOT NULL DEFAULT 0
    CHECK (email_unverified IN (0, 1));

PRAGMA defer_foreign_keys = ON;
CREATE TABLE kept_schemes AS SELECT id, kind, prefix, salt FROM schemes;
DROP TABLE schemes;
CREATE TABLE schemes (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL
           CHECK (kind IN ('sha256', 'sanctum', 'adonisjs', 'adonisjs5', 'strapi')),
    prefix TEXT NOT NULL,
    salt   BLOB NOT NULL,
    UNIQUE (kind, prefix, salt)
) STRICT;
INSERT INTO schemes (id, kind, prefix, salt) SELECT id, kind, prefix, salt FROM kept_schemes;
DROP TABLE kept_schemes;
";

/// A revoked token is revoked, whatever the time of that is. Until this step, a rotation with an overlap
/// revoked the old token in the future. Such a token, which was replaced before it was to be revoked, now
/// expires then; every other one is revoked. A hint has the longest prefix, a `_` and 4 characters.
///
/// A CHECK that is loosened changes no row, so only the text of the table is changed, as SQLite's page on
/// ALTER TABLE describes it. A new table would take seconds for a million tokens, and views, triggers and
/// foreign keys that somebody added could keep it from being made. The last table only tells other
/// connections that the schema has changed.
const V5: &str = "
UPDATE tokens
SET expires_at = min(coalesce(expires_at, revoked_at), revoked_at), revoked_at = NULL,
    revoked_reason = NULL
WHERE revoked_at > 1000 * unixepoch()
  AND revoked_at > (SELECT new.created_at FROM tokens new WHERE new.id = tokens.replaced_by);
UPDATE tokens SET revoked_at = 1000 * unixepoch() WHERE revoked_at > 1000 * unixepoch();

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'length(hint) BETWEEN 1 AND 21', 'length(hint) BETWEEN 1 AND 36')
WHERE type = 'table' AND name = 'tokens';
PRAGMA writable_schema = RESET;
CREATE TABLE schema_has_changed (id INTEGER);
DROP TABLE schema_has_changed;
";

/// Upgrades the schema to [`VERSION`]. Two processes may do this at once: the second one finds the
/// work done.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let migrations = Migrations::from_slice(&STEPS);
    // A step may change the text of the schema.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    let migrated = migrations.to_latest(connection);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    match migrated {
        Ok(()) => Ok(()),
        Err(_) if version(connection).is_ok_and(|found| found == VERSION) => Ok(()),
        // Without the statement, which is the whole schema.
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => {
            Err(Error::SchemaUpgrade(message(&err)))
        }
        Err(other) => Err(Error::SchemaUpgrade(other.to_string())),
    }
}

pub fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_valid_sql() {
        assert!(Migrations::from_slice(&STEPS).validate().is_ok());
    }

    #[test]
    fn the_tables_refuse_what_the_types_refuse() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
            .execute_batch("INSERT INTO users (name, name_key, created_at) VALUES ('a', 'a', 0)")
            .unwrap();
        let token = |hash: &str, name: &str, scopes: &str, expires: &str| {
            connection.execute_batch(&format!(
                "INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, expires_at)
                 VALUES ({hash}, 'tok_aaaa', {name}, 1, {scopes}, 0, {expires})"
            ))
        };
        token("zeroblob(32)", "'CI'", "'posts.* a'", "NULL").unwrap();
        let (hash, name, scopes) = ("randomblob(32)", "'CI'", "'*'");
        for (hash, name, scopes, expires) in [
            ("zeroblob(32)", name, scopes, "NULL"), // not unique
            ("randomblob(31)", name, scopes, "NULL"),
            ("'abc'", name, scopes, "NULL"),
            (hash, "''", scopes, "NULL"),
            (hash, "printf('%256s', 'a')", scopes, "NULL"),
            (hash, name, "'a,b'", "NULL"),
            (hash, name, "'a\"b'", "NULL"),
            (hash, name, "'a\\b'", "NULL"),
            (hash, name, "'é'", "NULL"),
            (hash, name, "NULL", "NULL"),
            (hash, name, scopes, "-1"),
            (hash, name, scopes, "253402300800000"),
            (hash, name, scopes, "'soon'"),
        ] {
            assert!(
                token(hash, name, scopes, expires).is_err(),
                "{hash} {name} {scopes} {expires}"
            );
        }
    }
}
