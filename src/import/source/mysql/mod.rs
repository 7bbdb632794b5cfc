//! A MySQL or MariaDB database of another system: read in one snapshot, over a connection that
//! cannot write.

mod address;
mod connect;
mod dialect;
mod option_file;
mod tls;

use super::Access;
use super::database::{ForeignKey, Source};
use super::error::{Cause, Error, Result};
use super::query::Query;
use super::row::Cells;
use super::sql;
use super::value::Value;
use crate::store::Url;
use ::mysql::consts::ColumnType;
use ::mysql::prelude::{FromRow, Queryable};
use ::mysql::{Column, Conn, Row};
use address::Address;
use connect::{cause, connect};
use dialect::{MySqlDialect, Text, Texts, literal, quote};
use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// A MySQL or MariaDB database, read in one snapshot.
pub struct MySql {
    location: String,
    identity: String,
    time_zone: String,
    connection: RefCell<Conn>,
    /// How the text columns of the tables that were read are compared.
    texts: RefCell<Texts>,
}

/// What a session needs before its snapshot begins. No `sql_mode` changes how dates and texts are
/// read, and no time limit of the server ends a long import.
const SESSION: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = '', SESSION group_concat_max_len = 4294967295, \
     SESSION net_write_timeout = 3600, SESSION net_read_timeout = 3600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
];
const NO_TIME_LIMIT: [&str; 2] =
    ["SET SESSION max_execution_time = 0", "SET SESSION max_statement_time = 0"];
const SNAPSHOT: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

const NO_SUCH_TABLE: u16 = 1146;
const BAD_TABLE_NAME: u16 = 1103;
const UNKNOWN_TIME_ZONE: u16 = 1298;

impl MySql {
    /// Connects, and begins the snapshot.
    ///
    /// # Errors
    ///
    /// When the URL is wrong, the server does not let the user in, or it does not know the time
    /// zone.
    pub fn open(url: &Url, access: &Access) -> Result<Self> {
        let location = url.to_string();
        let open = || -> std::result::Result<_, Cause> {
            let address = Address::new(url.expose())?;
            let mut connection = connect(&address, access.ask_password)?;
            for statement in SESSION {
                connection.query_drop(statement).map_err(cause)?;
            }
            for statement in NO_TIME_LIMIT {
                // Each engine knows one of them.
                let _ = connection.query_drop(statement);
            }
            let time_zone = set_time_zone(&mut connection, access.session_time_zone)?;
            connection.query_drop(SNAPSHOT).map_err(cause)?;
            Ok((address.identity(), time_zone, connection))
        };
        match open() {
            Ok((identity, time_zone, connection)) => Ok(MySql {
                location,
                identity,
                time_zone,
                connection: RefCell::new(connection),
                texts: RefCell::default(),
            }),
            Err(cause) => Err(Error { location, cause }),
        }
    }

    fn at(&self, cause: Cause) -> Error {
        Error { location: self.location.clone(), cause }
    }

    fn error(&self, error: ::mysql::Error) -> Error {
        self.at(cause(error))
    }

    fn connection(&self) -> Result<RefMut<'_, Conn>> {
        let busy = |_| self.at(Cause::Other("another query is being read".into()));
        self.connection.try_borrow_mut().map_err(busy)
    }

    /// All rows of a statement that has few.
    fn all<T: FromRow>(&self, sql: &str) -> Result<Vec<T>> {
        self.connection()?.query(sql).map_err(|error| self.error(error))
    }

    /// Learns how the text columns of a query's tables are compared.
    fn learn_texts(&self, query: &Query) -> Result<()> {
        for table in query.tables() {
            if self.texts.borrow().contains_key(table) {
                continue;
            }
            let rows: Vec<(String, Option<String>, Option<String>)> = self.all(&format!(
                "SELECT column_name, character_set_name, collation_name
                 FROM information_schema.columns WHERE {}",
                of_table(table)
            ))?;
            let columns = rows.into_iter().map(|(column, character_set, collation)| {
                let text = character_set.zip(collation);
                (column, text.map(|(character_set, collation)| Text { character_set, collation }))
            });
            let columns: HashMap<_, _> = columns.collect();
            self.texts.borrow_mut().insert(table.to_string(), columns);
        }
        Ok(())
    }

    /// The names of the columns in a result without rows.
    fn visible_columns(&self, table: &str) -> Result<Option<Vec<String>>> {
        let mut connection = self.connection()?;
        match connection.query_iter(format!("SELECT * FROM {} LIMIT 0", quote(table))) {
            Ok(result) => {
                let columns = result.columns();
                let names = columns.as_ref().iter().map(|column| column.name_str().into_owned());
                Ok(Some(names.collect()))
            }
            Err(::mysql::Error::MySqlError(error))
                if [NO_SUCH_TABLE, BAD_TABLE_NAME].contains(&error.code) =>
            {
                Ok(None)
            }
            Err(error) => Err(self.error(error)),
        }
    }
}

/// Sets the zone in which the session shows `TIMESTAMP` columns, and returns its name.
fn set_time_zone(connection: &mut Conn, named: Option<&str>) -> std::result::Result<String, Cause> {
    // A server without time zone tables knows UTC as an offset only.
    let is_utc = |name: &str| ["utc", "gmt", "z"].contains(&name.to_ascii_lowercase().as_str());
    let zone = match named {
        Some(name) if is_utc(name) => "'+00:00'".to_string(),
        Some(name) => format!("CONVERT({} USING utf8mb4)", literal(name)),
        None => "@@GLOBAL.time_zone".to_string(),
    };
    match connection.query_drop(format!("SET SESSION time_zone = {zone}")) {
        Err(::mysql::Error::MySqlError(error)) if error.code == UNKNOWN_TIME_ZONE => {
            return Err(Cause::UnknownTimeZone(named.unwrap_or_default().to_string()));
        }
        done => done.map_err(cause)?,
    }
    const ZONES: &str = "SELECT @@SESSION.time_zone, @@GLOBAL.system_time_zone";
    let zones: Option<(String, String)> = connection.query_first(ZONES).map_err(cause)?;
    Ok(match zones {
        Some((zone, system)) if zone == "SYSTEM" => format!("SYSTEM ({system})"),
        Some((zone, _)) => zone,
        None => String::new(),
    })
}

/// The condition on `information_schema` for one table of the database.
fn of_table(table: &str) -> String {
    format!("table_schema = DATABASE() AND table_name = CONVERT({} USING utf8mb4)", literal(table))
}

impl Source for MySql {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn session_time_zone(&self) -> Option<String> {
        Some(self.time_zone.clone())
    }

    fn tables(&self) -> Result<Vec<String>> {
        const TABLES: &str = "SELECT table_name FROM information_schema.tables
             WHERE table_schema = DATABASE()
             AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')";
        let mut tables: Vec<String> = self.all(TABLES)?;
        tables.sort();
        Ok(tables)
    }

    /// The server is asked for the columns themselves, because `information_schema` leaves out what
    /// the user has no rights on. Columns that are declared invisible come from there.
    fn columns(&self, table: &str) -> Result<Vec<String>> {
        let condition = of_table(table);
        let kinds: Vec<String> = self
            .all(&format!("SELECT table_type FROM information_schema.tables WHERE {condition}"))?;
        let is_table = |kind: &String| ["BASE TABLE", "SYSTEM VERSIONED"].contains(&kind.as_str());
        if !kinds.is_empty() && !kinds.iter().any(is_table) {
            return Ok(Vec::new());
        }
        let Some(mut columns) = self.visible_columns(table)? else { return Ok(Vec::new()) };
        let known: Vec<String> = self.all(&format!(
            "SELECT column_name FROM information_schema.columns WHERE {condition}
             ORDER BY ordinal_position"
        ))?;
        for column in known {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    fn check(&self, _table: &str) -> Result<()> {
        Ok(())
    }

    fn primary_key(&self, table: &str) -> Result<Option<String>> {
        let columns: Vec<String> = self.all(&format!(
            "SELECT column_name FROM information_schema.key_column_usage
             WHERE {} AND constraint_name = 'PRIMARY'",
            of_table(table)
        ))?;
        Ok(<[String; 1]>::try_from(columns).ok().map(|[column]| column))
    }

    /// A key that leads into another database is left out, as its table cannot be read.
    fn foreign_keys(&self, table: &str) -> Result<Vec<ForeignKey>> {
        let keys: Vec<(String, Option<String>, String, String)> = self.all(&format!(
            "SELECT MIN(column_name), MIN(CASE WHEN referenced_table_schema <> DATABASE()
                    THEN referenced_table_schema END),
                MIN(referenced_table_name), MIN(referenced_column_name)
             FROM information_schema.key_column_usage
             WHERE {} AND referenced_table_name IS NOT NULL
             GROUP BY constraint_name HAVING COUNT(*) = 1
             ORDER BY MIN(ordinal_position), constraint_name",
            of_table(table)
        ))?;
        let key =
            |(column, schema, table, key)| ForeignKey { column, schema, table, key: Some(key) };
        Ok(keys.into_iter().map(key).collect())
    }

    fn read(
        &self,
        query: &Query,
        each: &mut dyn FnMut(&dyn Cells) -> ControlFlow<()>,
    ) -> Result<()> {
        self.learn_texts(query)?;
        let sql = sql::render(query, &MySqlDialect { texts: &self.texts.borrow() }).sql;
        let mut connection = self.connection()?;
        let read = || -> ::mysql::Result<()> {
            // The driver skips the rest of the rows when the result is dropped.
            let mut rows = connection.query_iter(sql)?;
            let kind = |column: &Column| CellKind::of(column, query.is_count);
            let kinds: Vec<_> = rows.columns().as_ref().iter().map(kind).collect();
            for row in rows.by_ref() {
                let row = row?;
                if each(&MySqlCells { row: &row, kinds: &kinds }).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error| self.error(error))
    }
}

/// What the bytes of a column mean. The server sends everything but bits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Integer,
    Bits,
    Bytes,
    /// Text that was compared as bytes.
    Exact,
    Text,
}

impl CellKind {
    /// The number of the character set `binary`.
    const BINARY: u16 = 63;

    fn of(column: &Column, is_count: bool) -> Self {
        use ColumnType::*;
        match column.column_type() {
            MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG
            | MYSQL_TYPE_LONGLONG | MYSQL_TYPE_YEAR => CellKind::Integer,
            MYSQL_TYPE_BIT => CellKind::Bits,
            MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_GEOMETRY
                if column.character_set() == CellKind::BINARY =>
            {
                if is_count {
                    CellKind::Exact
                } else {
                    CellKind::Bytes
                }
            }
            _ => CellKind::Text,
        }
    }
}

struct MySqlCells<'a> {
    row: &'a Row,
    kinds: &'a [CellKind],
}

impl Cells for MySqlCells<'_> {
    fn value(&self, position: usize) -> Option<Value<'_>> {
        let bytes = match self.row.as_ref(position)? {
            ::mysql::Value::NULL => return Some(Value::Null),
            ::mysql::Value::Bytes(bytes) => bytes.as_slice(),
            // The text protocol has nothing else.
            _ => return None,
        };
        let text = std::str::from_utf8(bytes);
        Some(match self.kinds.get(position)? {
            CellKind::Bytes => Value::Bytes(bytes),
            CellKind::Exact if text.is_err() => Value::Bytes(bytes),
            CellKind::Integer => match text.ok().and_then(|text| text.parse().ok()) {
                Some(number) => Value::Integer(number),
                None => Value::Text(bytes),
            },
            // Big-endian, and at most eight bytes.
            CellKind::Bits => {
                let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                i64::try_from(number).map_or(Value::Bytes(bytes), Value::Integer)
            }
            CellKind::Exact | CellKind::Text => Value::Text(bytes),
        })
    }
}
