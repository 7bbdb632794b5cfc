//! A PostgreSQL database of another system: read in one snapshot, over a connection that cannot
//! write.

use super::Access;
use super::database::{ForeignKey, Source};
use super::error::{Cause, Error, Result};
use super::query::Query;
use super::row::Cells;
use super::sql::{self, Dialect, Operand, Statement};
use super::value::Value;
use crate::store::Url;
use crate::store::postgres::client::{self as server, Address};
use crate::store::server::canonical_host;
use ::postgres::error::SqlState;
use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::{FromSql, ToSql, Type};
use ::postgres::{Client, Row};
use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// A PostgreSQL database, read in one snapshot.
pub struct Postgres {
    location: String,
    identity: String,
    schema: String,
    client: RefCell<Client>,
    /// The types of the columns of the tables that were read.
    types: RefCell<HashMap<String, HashMap<String, ColumnType>>>,
}

/// As much of a column's type as a comparison needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ColumnType {
    name: String,
    /// 0 if it has none.
    collation: u32,
    /// Whether texts are only equal if all their bytes are.
    is_deterministic: bool,
}

/// Begins the snapshot. `row_security` off makes a policy an error, where missing rows would look
/// like rows that do not exist. Everything is local to the transaction, so that it also works behind
/// a pooler that hands out transactions.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
     SET LOCAL TimeZone = 'UTC';
     SET LOCAL DateStyle = 'ISO';
     SET LOCAL bytea_output = 'hex';
     SET LOCAL row_security = off;
     SET LOCAL statement_timeout = 0;
     SET LOCAL idle_in_transaction_session_timeout = 0";

/// The right that a user needs.
const RIGHT: &str = "SELECT on the tables of the users and tokens";

impl Postgres {
    /// Connects, and begins the snapshot.
    ///
    /// # Errors
    ///
    /// When the URL is wrong, the server does not let the user in, or there is no such schema.
    pub fn open(url: &Url, access: &Access) -> Result<Self> {
        let location = url.to_string();
        let at = |cause| Error { location: location.clone(), cause };
        let address = Address::new(url.expose()).map_err(|error| at(error.into()))?;
        let mut client =
            server::connect(&address, access.ask_password).map_err(|error| at(error.into()))?;
        let mut begin = || -> std::result::Result<String, Cause> {
            client.batch_execute(BEGIN).map_err(cause)?;
            let schema = schema(&mut client, access.schema)?;
            // Functions and operators of the application's own must not be called by mistake.
            client.batch_execute("SET LOCAL search_path = pg_catalog").map_err(cause)?;
            Ok(schema)
        };
        let schema = begin().map_err(at)?;
        Ok(Postgres {
            identity: identity(&address, &schema),
            location,
            schema,
            client: RefCell::new(client),
            types: RefCell::default(),
        })
    }

    fn at(&self, cause: Cause) -> Error {
        Error { location: self.location.clone(), cause }
    }

    fn error(&self, error: ::postgres::Error) -> Error {
        self.at(cause(error))
    }

    fn client(&self) -> Result<RefMut<'_, Client>> {
        let busy = |_| self.at(Cause::Other("another query is being read".into()));
        self.client.try_borrow_mut().map_err(busy)
    }

    /// The rows of a statement about a table; `$1` is the schema and `$2` the table.
    fn about(&self, table: &str, sql: &str) -> Result<Vec<Row>> {
        let rows = self.client()?.query(sql, &[&self.schema, &table]);
        rows.map_err(|error| self.error(error))
    }

    /// Learns the types of the columns that a query can compare.
    fn learn_types(&self, query: &Query) -> Result<()> {
        const TYPES: &str = "SELECT a.attname::text, y.typname::text, a.attcollation,
                coalesce(c.collisdeterministic, true)
             FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_type y ON y.oid = a.atttypid
             LEFT JOIN pg_collation c ON c.oid = a.attcollation
             WHERE n.nspname = $1 AND t.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped";
        for table in query.tables() {
            if self.types.borrow().contains_key(table) {
                continue;
            }
            let rows = self.about(table, TYPES)?;
            let types = rows.iter().map(|row| {
                let column = ColumnType {
                    name: row.get(1),
                    collation: row.get(2),
                    is_deterministic: row.get(3),
                };
                (row.get(0), column)
            });
            self.types.borrow_mut().insert(table.to_string(), types.collect());
        }
        Ok(())
    }

    /// The statement, with a cast for each value that is neither text nor bytes nor a whole number.
    fn render(&self, query: &Query) -> Result<Statement> {
        let types = self.types.borrow();
        let mut dialect =
            PostgresDialect { schema: &self.schema, types: &types, casts: Vec::new() };
        let plain = sql::render(query, &dialect);
        let prepared = self.client()?.prepare(&plain.sql).map_err(|error| self.error(error))?;
        let is_cast = |column: &::postgres::Column| !is_read_as_it_is(column.type_());
        dialect.casts = prepared.columns().iter().map(is_cast).collect();
        Ok(sql::render(query, &dialect))
    }
}

impl Source for Postgres {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn identity(&self) -> String {
        self.identity.clone()
    }

    /// A partition is left out, because its rows are those of the table that it belongs to.
    fn tables(&self) -> Result<Vec<String>> {
        const TABLES: &str = "SELECT t.relname::text FROM pg_class t
             JOIN pg_namespace n ON n.oid = t.relnamespace
             WHERE n.nspname = $1 AND t.relkind IN ('r', 'p') AND NOT t.relispartition
             ORDER BY t.relname::text COLLATE \"C\"";
        let rows = self.client()?.query(TABLES, &[&self.schema]);
        Ok(rows.map_err(|error| self.error(error))?.iter().map(|row| row.get(0)).collect())
    }

    /// The catalog shows what the user has no rights on; reading it is an error.
    fn columns(&self, table: &str) -> Result<Vec<String>> {
        const COLUMNS: &str = "SELECT a.attname::text FROM pg_attribute a
             JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace n ON n.oid = t.relnamespace
             WHERE n.nspname = $1 AND t.relname = $2 AND t.relkind IN ('r', 'p')
             AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
        Ok(self.about(table, COLUMNS)?.iter().map(|row| row.get(0)).collect())
    }

    fn check(&self, _table: &str) -> Result<()> {
        Ok(())
    }

    fn primary_key(&self, table: &str) -> Result<Option<String>> {
        const KEY: &str = "SELECT a.attname::text FROM pg_constraint k
             JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]
             WHERE n.nspname = $1 AND t.relname = $2 AND k.contype = 'p'
             AND array_length(k.conkey, 1) = 1";
        Ok(self.about(table, KEY)?.first().map(|row| row.get(0)))
    }

    fn foreign_keys(&self, table: &str) -> Result<Vec<ForeignKey>> {
        const KEYS: &str = "SELECT a.attname::text,
                CASE WHEN r.relnamespace <> t.relnamespace THEN s.nspname::text END,
                r.relname::text, b.attname::text
             FROM pg_constraint k
             JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]
             JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace s ON s.oid = r.relnamespace
             JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.confkey[1]
             WHERE n.nspname = $1 AND t.relname = $2 AND k.contype = 'f'
             AND array_length(k.conkey, 1) = 1
             ORDER BY k.oid";
        let key = |row: &Row| ForeignKey {
            column: row.get(0),
            schema: row.get(1),
            table: row.get(2),
            key: row.get(3),
        };
        Ok(self.about(table, KEYS)?.iter().map(key).collect())
    }

    fn read(
        &self,
        query: &Query,
        each: &mut dyn FnMut(&dyn Cells) -> ControlFlow<()>,
    ) -> Result<()> {
        self.learn_types(query)?;
        let statement = self.render(query)?;
        let mut client = self.client()?;
        let mut read = || -> std::result::Result<(), ::postgres::Error> {
            let prepared = client.prepare(&statement.sql)?;
            let texts = statement.parameters.iter().map(|text| text as &(dyn ToSql + Sync));
            let mut rows = client.query_raw(&prepared, texts.collect::<Vec<_>>())?;
            while let Some(row) = rows.next()? {
                // The driver skips the rest when another statement follows.
                if each(&row).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error| self.error(error))
    }
}

struct PostgresDialect<'a> {
    schema: &'a str,
    types: &'a HashMap<String, HashMap<String, ColumnType>>,
    /// Which values of the result are cast to text.
    casts: Vec<bool>,
}

impl PostgresDialect<'_> {
    fn type_of(&self, operand: &Operand) -> Option<&ColumnType> {
        self.types.get(operand.table)?.get(operand.column)
    }
}

impl Dialect for PostgresDialect<'_> {
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn table(&self, name: &str) -> String {
        format!("{}.{}", self.quote(self.schema), self.quote(name))
    }

    fn placeholder(&self, number: usize) -> String {
        format!("${number}::text")
    }

    fn exact(&self, value: &str) -> String {
        format!("({value})::text COLLATE \"C\"")
    }

    /// Columns that can be compared as they are keep their indexes.
    fn equal(&self, one: &Operand, other: &Operand) -> String {
        const INTEGERS: [&str; 3] = ["int2", "int4", "int8"];
        const TEXTS: [&str; 2] = ["text", "varchar"];
        let is_plain = match (self.type_of(one), self.type_of(other)) {
            (Some(one), Some(other)) => {
                let both =
                    |names: &[&str]| names.contains(&&*one.name) && names.contains(&&*other.name);
                both(&INTEGERS)
                    || both(&["uuid"])
                    || both(&TEXTS) && one.collation == other.collation && one.is_deterministic
            }
            _ => false,
        };
        match is_plain {
            true => format!("{} = {}", one.sql, other.sql),
            false => format!("{} = {}", self.exact(&one.sql), self.exact(&other.sql)),
        }
    }

    fn output(&self, position: usize, value: String) -> String {
        match self.casts.get(position) {
            Some(true) => format!("({value})::text"),
            _ => value,
        }
    }

    fn list(&self, value: &str, order: Option<&str>) -> String {
        let order = order.map_or(String::new(), |order| format!(" ORDER BY {order}"));
        format!("coalesce(json_agg(({value})::text{order})::text, '[]')")
    }
}

/// Whether a value is read without a cast.
fn is_read_as_it_is(of: &Type) -> bool {
    matches!(
        *of,
        Type::TEXT
            | Type::VARCHAR
            | Type::NAME
            | Type::BYTEA
            | Type::BOOL
            | Type::INT2
            | Type::INT4
            | Type::INT8
    )
}

/// The bytes of a value in the binary format.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(
        _: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Cells for Row {
    fn value(&self, position: usize) -> Option<Value<'_>> {
        let raw: Option<Raw> = self.try_get(position).ok()?;
        let Some(Raw(bytes)) = raw else { return Some(Value::Null) };
        let kind = self.columns().get(position)?.type_();
        Some(match (kind, bytes) {
            (&Type::BYTEA, bytes) => Value::Bytes(bytes),
            (&Type::BOOL, [flag]) => Value::Integer((*flag).into()),
            (&Type::INT2, &[a, b]) => Value::Integer(i16::from_be_bytes([a, b]).into()),
            (&Type::INT4, &[a, b, c, d]) => Value::Integer(i32::from_be_bytes([a, b, c, d]).into()),
            (&Type::INT8, &[a, b, c, d, e, f, g, h]) => {
                Value::Integer(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
            (_, bytes) => Value::Text(bytes),
        })
    }
}

/// The schema of the tables: the one that was named, else the first of the search path.
fn schema(client: &mut Client, named: Option<&str>) -> std::result::Result<String, Cause> {
    const FIND: &str = "SELECT coalesce(
            (SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = $1),
            CASE WHEN $1 IS NULL THEN pg_catalog.current_schema() END)::text";
    const ALL: &str = "SELECT nspname::text FROM pg_catalog.pg_namespace
         WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
         ORDER BY nspname::text COLLATE \"C\"";
    let found: Option<String> = client.query_one(FIND, &[&named]).map_err(cause)?.get(0);
    if let Some(schema) = found {
        return Ok(schema);
    }
    let rows = client.query(ALL, &[]).map_err(cause)?;
    let schemas: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let list = match schemas.is_empty() {
        true => "none".to_string(),
        false => schemas.join(", "),
    };
    Err(Cause::UnknownSchema(match named {
        Some(named) => format!("no schema is named {named:?}; the database has {list}"),
        None => {
            format!("the search path has no schema that this user may use; the database has {list}")
        }
    }))
}

/// The same text for the same database, whatever the user and the spelling of a local host.
fn identity(address: &Address, schema: &str) -> String {
    let hosts = address
        .hosts
        .iter()
        .map(|host| format!("{}:{}", canonical_host(host.name_in_password_file()), host.port));
    let hosts = hosts.collect::<Vec<_>>().join(",");
    format!("postgres://{hosts}/{}/{schema}", address.database)
}

fn cause(error: ::postgres::Error) -> Cause {
    let text = server::text(&error);
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Cause::NoRight { why: text, needed: RIGHT },
        Some(code) if code.code().starts_with("57P") || code.code().starts_with("08") => {
            Cause::Disconnected(text)
        }
        Some(_) => Cause::Other(text),
        None => Cause::Disconnected(text),
    }
}

impl From<server::Error> for Cause {
    fn from(error: server::Error) -> Self {
        use server::Error as Server;
        match error {
            Server::Unreachable(why) => Cause::Unreachable(why),
            Server::PasswordFileTooOpen { why, file } => Cause::PasswordFileTooOpen { why, file },
            Server::NoRootCertificate => Cause::NoRootCertificate,
            Server::NoPassword(why) => {
                Cause::NoPassword { why, looked_in: "PGPASSWORD, PGPASSFILE or ~/.pgpass" }
            }
            Server::Denied(why) => Cause::WrongLogin(why),
            Server::NoRight(why) => Cause::NoRight { why, needed: RIGHT },
            Server::Tls(why) => Cause::insecure(&why),
            Server::UnknownDatabase(why) => Cause::UnknownDatabase(why),
            Server::Other(why) => Cause::Other(why),
            Server::Url(_) | Server::Parameter(_) | Server::Value { .. } => {
                Cause::InvalidUrl(error.to_string())
            }
            Server::Certificate { .. } => Cause::Insecure(error.to_string()),
        }
    }
}
