//! A schema of a server's database: connecting, checking its version, starting transactions, creating it.

use super::client::{self, Address};
use super::pipeline::PostgresPipeline;
use super::session::Session;
use super::transaction::{CHANGE, Kind, PART, PostgresTransaction, READ, RECORD};
use super::{health, lookup, schema};
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::store::backend::{
    Access, Backend, Connection, Patience, Pipeline, ReadTransaction, RecordTransaction,
    WriteTransaction,
};
use crate::store::error::{Error, Result};
use crate::store::location::Url;
use crate::store::records::{LookUp, Problem};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The schema that the tables are in, unless the URL names another one.
const SCHEMA: &str = "tokctl";

/// How long to wait for a connection where nobody wants to wait: whoever completes a command line, or
/// records a last use.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// A schema of a database.
#[derive(Clone)]
pub struct Postgres {
    address: Arc<Address>,
    /// The name of the schema as SQL quotes it.
    schema: String,
    access: Access,
}

impl Postgres {
    /// The schema that a URL leads to, with this access.
    ///
    /// # Errors
    ///
    /// When the URL is malformed, or has a parameter that is not supported.
    pub fn new(url: &Url, access: Access) -> Result<Self> {
        let mut address = Address::new(url.expose())?;
        if access.patience == Patience::AtOnce {
            let given = address.connect_timeout.unwrap_or(IMPATIENCE);
            address.connect_timeout = Some(given.min(IMPATIENCE));
        }
        let named = search_path(address.options.as_deref().unwrap_or_default())?;
        let schema = quoted(named.as_deref().unwrap_or(SCHEMA));
        let lock_timeout = match access.patience {
            Patience::Wait => "15s",
            Patience::AtOnce => "1ms",
        };
        // What comes last counts. Nothing is looked for in a schema where others may create objects. Where a
        // policy would hide rows, there is an error instead: a hidden row looks like one that is not there.
        let options = address.options.take().unwrap_or_default();
        address.options = Some(format!(
            "{options} -c search_path={} -c lock_timeout={lock_timeout} -c row_security=off",
            escaped(&schema)
        ));
        Ok(Postgres { address: Arc::new(address), schema, access })
    }

    fn session(&self) -> Result<Session> {
        let client = client::connect(&self.address, None)?;
        Ok(Session::new(client, self.access.max_staleness))
    }

    /// A session in which the tables are those of this version.
    fn checked_session(&self) -> Result<Session> {
        let mut session = self.session()?;
        schema::check(&mut session)?;
        Ok(session)
    }
}

/// The first schema of the search path that options set, as the server reads options: names of settings
/// in any case and with - for _, and a space with a backslash before it is part of a value.
///
/// # Errors
///
/// When it is no plain name of a schema.
fn search_path(options: &str) -> Result<Option<String>> {
    let words = words(options);
    let is_path = |name: &str| name.replace('-', "_").eq_ignore_ascii_case("search_path");
    let mut values = words.iter().enumerate().filter_map(|(position, word)| {
        let setting = match word.as_str() {
            "-c" => words.get(position + 1)?,
            word => word.strip_prefix("-c").or_else(|| word.strip_prefix("--"))?,
        };
        let (name, value) = setting.split_once('=')?;
        is_path(name).then_some(value)
    });
    let Some(value) = values.next_back() else { return Ok(None) };
    let name = match value.strip_prefix('"') {
        Some(rest) => quoted_name(rest),
        // As SQL reads names.
        None => value.split(',').next().map(|name| name.trim().to_lowercase()),
    };
    match name.filter(|name| !name.is_empty() && name != "$user") {
        Some(name) => Ok(Some(name)),
        None => {
            let expected = "a search_path that begins with the name of a schema";
            Err(client::Error::Value { name: "options", expected }.into())
        }
    }
}

/// The name that ends at the next quote.
fn quoted_name(rest: &str) -> Option<String> {
    let mut name = String::new();
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if letters.peek() == Some(&'"') => name.extend(letters.next()),
            '"' => return Some(name),
            letter => name.push(letter),
        }
    }
    None
}

/// The words of options.
fn words(options: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = options.chars();
    while let Some(letter) = letters.next() {
        match (letter, words.last_mut()) {
            ('\\', Some(word)) => word.extend(letters.next()),
            (letter, Some(word)) if !letter.is_whitespace() => word.push(letter),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name as SQL quotes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as `options` has it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(' ', "\\ ")
}

impl Backend for Postgres {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(PostgresConnection { session: self.checked_session()?, place: self.clone() }))
    }

    fn pipeline(&self, connections: usize) -> Option<Box<dyn Pipeline>> {
        Some(Box::new(PostgresPipeline::start(&self.address, self.access, connections)))
    }

    fn has_concurrent_readers(&self) -> bool {
        true
    }
}

/// Whether the schema has tables of tokctl's.
pub fn exists(url: &Url) -> Result<bool> {
    let mut session = Postgres::new(url, Access::default())?.session()?;
    Ok(schema::find(&mut session)? != schema::Found::Nothing)
}

/// An open connection.
pub struct PostgresConnection {
    session: Session,
    place: Postgres,
}

impl PostgresConnection {
    /// Does what begins something. If the connection was lost since it was used last, which is only known
    /// now, it is made again first: nothing was under way in it.
    fn begin<T>(&mut self, work: impl Fn(&mut Session) -> Result<T>) -> Result<T> {
        match work(&mut self.session) {
            Err(Error::Disconnected(_)) => {
                self.session = self.place.checked_session()?;
                work(&mut self.session)
            }
            done => done,
        }
    }

    fn transaction(&mut self, kind: Kind) -> Result<PostgresTransaction<&mut Session>> {
        self.begin(|session| kind.begin(session))?;
        Ok(PostgresTransaction::of(&mut self.session, kind))
    }

    fn writing(&mut self, kind: Kind) -> Result<PostgresTransaction<&mut Session>> {
        if self.place.access.read_only { Err(Error::ReadOnly) } else { self.transaction(kind) }
    }
}

impl Connection for PostgresConnection {
    fn is_current(&mut self, _age: Duration) -> bool {
        !self.session.is_closed()
    }

    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp> {
        self.begin(|session| lookup::look_up(session, hashes))
    }

    fn read(&mut self) -> Result<Box<dyn ReadTransaction + '_>> {
        Ok(Box::new(self.transaction(READ)?))
    }

    fn write(&mut self) -> Result<Box<dyn WriteTransaction + '_>> {
        Ok(Box::new(self.writing(CHANGE)?))
    }

    fn record(&mut self) -> Result<Box<dyn RecordTransaction + '_>> {
        Ok(Box::new(self.writing(RECORD)?))
    }

    fn problems(&mut self, latest: Timestamp) -> Result<Vec<Problem>> {
        self.begin(|session| health::problems(session, latest))
    }

    fn has_readers(&mut self) -> bool {
        // In doubt, no token is called unused.
        self.begin(health::has_readers).unwrap_or(true)
    }
}

/// A schema that is being created or upgraded: one transaction, which nobody else sees a part of.
pub struct Draft {
    session: Arc<Mutex<Session>>,
    is_new: bool,
}

impl Draft {
    /// Begins to create or upgrade the tables; `None` if they are those of this version.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being created or upgraded.
    pub fn begin(url: &Url) -> Result<Option<Self>> {
        let postgres = Postgres::new(url, Access::default())?;
        let mut session = postgres.session()?;
        check_encoding(&mut session)?;
        create_schema(&mut session, &postgres.schema)?;
        let version = match schema::find(&mut session)? {
            schema::Found::Version(schema::VERSION) => return Ok(None),
            schema::Found::Version(newer) if newer > schema::VERSION => {
                return Err(Error::SchemaTooNew { found: newer, known: schema::VERSION });
            }
            schema::Found::Version(older) => Some(older),
            schema::Found::Nothing => None,
        };
        session.run("BEGIN")?;
        match schema::upgrade(&mut session, version.unwrap_or(0)) {
            Ok(()) => {
                let session = Arc::new(Mutex::new(session));
                Ok(Some(Draft { session, is_new: version.is_none() }))
            }
            // Of those who do this at once, the first one does it, and the others wait for that.
            Err(error) => {
                let _ = session.run("ROLLBACK");
                match schema::find(&mut session)? {
                    schema::Found::Version(schema::VERSION) => Ok(None),
                    _ => Err(error),
                }
            }
        }
    }

    /// Whether there were no tables before.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// A connection within the transaction.
    pub fn connection(&self) -> Box<dyn Connection> {
        Box::new(DraftConnection(self.session.clone()))
    }

    /// Keeps what was created.
    ///
    /// # Errors
    ///
    /// When it could not be kept.
    pub fn publish(self) -> Result<()> {
        locked(&self.session).run("COMMIT")
    }
}

/// Names can have any letters, and their lengths are counted in characters.
fn check_encoding(session: &mut Session) -> Result<()> {
    const ENCODING: &str = "SELECT current_setting('server_encoding') AS encoding";
    let encoding: String = session.query_one(ENCODING, &[])?.try_get("encoding")?;
    match encoding.as_str() {
        "UTF8" => Ok(()),
        other => Err(Error::Other(format!("its encoding is {other}, and must be UTF8"))),
    }
}

/// Creates the schema if it is not there: whoever may only create tables in it has somebody else do that.
fn create_schema(session: &mut Session, schema: &str) -> Result<()> {
    const EXISTS: &str = "SELECT current_schema() IS NOT NULL AS found";
    let exists = |session: &mut Session| -> Result<bool> {
        Ok(session.query_one(EXISTS, &[])?.try_get("found")?)
    };
    if exists(session)? {
        return Ok(());
    }
    match session.run(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")) {
        // Another process was faster.
        Err(_) if exists(session)? => Ok(()),
        created => created,
    }
}

fn locked(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The only connection to a schema that is being created. Its transactions are parts of one.
struct DraftConnection(Arc<Mutex<Session>>);

/// There is no second connection to a draft.
pub struct DraftBackend;

impl Backend for DraftBackend {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Err(Error::Unsupported("a second connection"))
    }
}

impl DraftConnection {
    fn part(&self) -> Result<PostgresTransaction<MutexGuard<'_, Session>>> {
        PostgresTransaction::begin(locked(&self.0), PART)
    }
}

impl Connection for DraftConnection {
    fn is_current(&mut self, _age: Duration) -> bool {
        true
    }

    fn look_up(&mut self, hashes: &[Hash]) -> Result<LookUp> {
        lookup::look_up(&mut locked(&self.0), hashes)
    }

    fn read(&mut self) -> Result<Box<dyn ReadTransaction + '_>> {
        Ok(Box::new(self.part()?))
    }

    fn write(&mut self) -> Result<Box<dyn WriteTransaction + '_>> {
        Ok(Box::new(self.part()?))
    }

    fn record(&mut self) -> Result<Box<dyn RecordTransaction + '_>> {
        Ok(Box::new(self.part()?))
    }

    fn problems(&mut self, latest: Timestamp) -> Result<Vec<Problem>> {
        health::problems(&mut locked(&self.0), latest)
    }

    fn has_readers(&mut self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_the_first_one_of_the_search_path() {
        for (options, schema) in [
            ("-csearch_path=tokens", Some("tokens")),
            ("-c search_path=tokens,public", Some("tokens")),
            ("--search-path=a -c lock_timeout=1s -cSearch_Path=b", Some("b")),
            ("-csearch_path=Tokens", Some("tokens")),
            (r#"-csearch_path="Tokens""#, Some("Tokens")),
            (r#"-csearch_path="a""b",c"#, Some("a\"b")),
            (r#"-csearch_path="a\ b,c""#, Some("a b,c")),
            ("-clock_timeout=1s", None),
            ("", None),
        ] {
            assert_eq!(search_path(options).unwrap().as_deref(), schema, "{options}");
        }
        for options in ["-csearch_path=", r#"-csearch_path="a"#, r#"-csearch_path="$user",a"#] {
            assert!(search_path(options).is_err(), "{options}");
        }
    }
}
