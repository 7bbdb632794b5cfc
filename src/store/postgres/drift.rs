//! Whether somebody has changed the tables by hand.

use super::schema::VERSION;
use super::session::Session;
use super::values::count;
use crate::store::error::Result;
use crate::store::records::Problem;
use std::collections::BTreeSet;

/// The tables with their columns.
const TABLES: [(&str, &str); 10] = [
    (
        "attempts",
        "account agent at fingerprint id outcome recorded_at source sudo token_id token_name user_name",
    ),
    ("buried", "foreign_id hash relation_id revoked scheme_id"),
    ("changes", "account action at detail id recorded_at sudo token_id token_name user_name"),
    ("origins", "origin refused user_id"),
    ("relations", "database id name system"),
    ("schema_versions", "done_at version"),
    ("schemes", "id kind prefix salt"),
    ("settings", "key value"),
    (
        "tokens",
        "created_at expires_at foreign_id hash hint id last_used_at name relation_id replaced_by \
         replaces revoked_at revoked_reason scheme_id scopes source user_id",
    ),
    (
        "users",
        "admin banned_at banned_reason created_at email email_key email_unverified full_name id name \
         name_key",
    ),
];

/// What keeps values unique.
const GUARDS: [&str; 10] = [
    "users_pkey",
    "users_name_key_key",
    "users_email_key_key",
    "tokens_pkey",
    "tokens_by_hash",
    "tokens_by_relation",
    "schemes_kind_prefix_salt_key",
    "relations_system_database_name_key",
    "origins_pkey",
    "buried_pkey",
];

/// Columns, triggers and unique indexes that are not as the steps made them. Other tables are no finding:
/// the schema may be shared, unlike a file.
pub fn find(session: &mut Session) -> Result<Option<Problem>> {
    const COLUMNS: &str = "SELECT c.relname || '.' || a.attname AS name
         FROM pg_attribute a
         JOIN pg_class c ON c.oid = a.attrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = current_schema() AND c.relname::text = ANY($1) AND c.relkind = 'r'
               AND a.attnum > 0 AND NOT a.attisdropped";
    const MISSING: &str = "SELECT count(*) AS count FROM unnest($1::text[]) AS guard (name)
         WHERE NOT EXISTS (SELECT 1 FROM pg_indexes i
                           WHERE i.schemaname = current_schema() AND i.indexname = guard.name)";
    const TRIGGERS: &str = "SELECT count(*) AS count FROM information_schema.triggers
         WHERE event_object_schema = current_schema() AND event_object_table::text = ANY($1)";
    let tables = TABLES.map(|(table, _)| table);
    let rows = session.query(COLUMNS, &[&tables.as_slice()])?;
    let found: Result<BTreeSet<String>> = rows.iter().map(|row| Ok(row.try_get("name")?)).collect();
    let missing = session.query_one(MISSING, &[&GUARDS.as_slice()])?.try_get("count")?;
    let triggers = session.query_one(TRIGGERS, &[&tables.as_slice()])?.try_get("count")?;
    let columns = columns().symmetric_difference(&found?).count() as u64;
    let count = columns + count(missing) + count(triggers);
    Ok((count > 0).then_some(Problem::Schema { count, version: VERSION }))
}

/// Each column as `table.column`.
fn columns() -> BTreeSet<String> {
    let of = |(table, columns): (&str, &'static str)| {
        let table = table.to_string();
        columns.split(' ').map(move |column| format!("{table}.{column}"))
    };
    TABLES.into_iter().flat_map(of).collect()
}
