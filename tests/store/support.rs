//! A fresh database of a backend, rows to put into it, and short ways to look at what is there.

#[allow(dead_code)]
#[path = "../support/servers.rs"]
mod servers;

use servers::{Postgres, unique_name};
use std::any::Any;
use std::ffi::OsString;
use std::fmt::Debug;
use std::ops::ControlFlow;
use tokctl::domain::audit::{Actor, Attempt, Caller, Change, LogEntry, Subject};
use tokctl::domain::scheme::Scheme;
use tokctl::domain::scope::Scopes;
use tokctl::domain::secret::Hash;
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::{Foreign, NewToken, Revocation, StoredToken};
use tokctl::domain::user::User;
use tokctl::store::{
    Access, Attempts, ChangeRow, Each, Error, ExportRow, ExportedToken, ExportedUser, Location,
    LogQuery, NewUserRow, ReadTransaction, Result, Store, TokenKey, TokenQuery, WriteTransaction,
};

/// A location of one test's own. What is there is removed when this is dropped.
pub struct Place {
    pub location: Location,
    _guard: Box<dyn Any + Send + Sync>,
}

/// A place for an SQLite file.
pub fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { location: folder.path().join("tokctl.db").into(), _guard: Box::new(folder) }
}

/// A place for a schema of a PostgreSQL server; `None` if there is no server, which is said.
pub fn postgres() -> Option<Place> {
    if cfg!(not(feature = "postgres")) {
        return None;
    }
    let server = Postgres::get()?;
    let location = OsString::from(server.schema_url(&unique_name("store")));
    Some(Place { location: location.into(), _guard: Box::new(()) })
}

/// A database that is empty at first, and an open store of it.
pub struct Database {
    pub store: Store,
    place: Place,
}

impl From<Place> for Database {
    fn from(place: Place) -> Self {
        Store::create(&place.location, |_| Ok::<_, Error>(())).unwrap();
        Database { store: Store::open(&place.location).unwrap(), place }
    }
}

impl Database {
    pub fn location(&self) -> &Location {
        &self.place.location
    }

    /// Another store of the same database, which shares no connection with the first.
    pub fn another(&self) -> Store {
        self.open(Access::default())
    }

    pub fn open(&self, access: Access) -> Store {
        Store::open_with(self.location(), access).unwrap()
    }

    pub fn read<T>(&self, work: impl FnOnce(&mut dyn ReadTransaction) -> Result<T>) -> T {
        self.store.read(work).unwrap()
    }

    #[track_caller]
    pub fn write<T>(&self, work: impl FnMut(&mut dyn WriteTransaction) -> Result<T>) -> T {
        self.try_write(work).unwrap()
    }

    pub fn try_write<T>(
        &self,
        work: impl FnMut(&mut dyn WriteTransaction) -> Result<T>,
    ) -> Result<T> {
        self.store.write(work)
    }
}

/// Rows.
impl Database {
    /// Adds a user and returns the id.
    #[track_caller]
    pub fn user(&self, name: &str) -> i64 {
        self.write(|rows| rows.insert_user(&new_user(name)))
    }

    /// Adds a token and returns the id.
    #[track_caller]
    pub fn token(&self, token: &NewToken) -> i64 {
        self.write(|rows| rows.insert_token(token))
    }

    /// Adds the scheme of another system, or finds it, and returns the id.
    pub fn scheme(&self, scheme: &Scheme) -> i64 {
        self.write(|rows| rows.scheme_id(scheme))
    }

    /// Records a change by [`actor`] and returns the id.
    pub fn change(&self, at: Timestamp, change: &Change) -> i64 {
        self.write(|rows| rows.insert_change(ChangeRow { at, actor: &actor(), change }))
    }

    /// Records verifications by [`actor`] and keeps the newest `keep`.
    pub fn attempts(&self, attempts: &[Attempt], keep: u64) {
        let actor = &actor();
        self.write(|rows| rows.insert_attempts(Attempts { attempts, actor, keep }));
    }
}

/// Looks.
impl Database {
    pub fn find_user(&self, key: &str) -> Option<User> {
        self.read(|rows| rows.user(key))
    }

    pub fn users(&self) -> Vec<User> {
        self.read(|rows| all(|each| rows.users(None, each)))
    }

    pub fn tokens(&self, query: TokenQuery) -> Vec<StoredToken> {
        self.read(|rows| all(|each| rows.tokens(&query, each)))
    }

    pub fn token_ids(&self) -> Vec<i64> {
        ids(&self.tokens(TokenQuery::default()))
    }

    pub fn by_key(&self, key: TokenKey) -> Vec<StoredToken> {
        self.read(|rows| rows.tokens_by_key(key, usize::MAX))
    }

    pub fn named(&self, name: &str) -> Vec<StoredToken> {
        self.tokens(TokenQuery { name: Some(name), ..TokenQuery::default() })
    }

    /// The token with this id, which exists.
    #[track_caller]
    pub fn find_token(&self, id: i64) -> StoredToken {
        self.by_key(TokenKey::Id(id)).pop().expect("a token with this id")
    }

    pub fn log(&self, query: &LogQuery) -> Vec<LogEntry> {
        self.read(|rows| all(|each| rows.log(query, each).map(drop)))
    }

    pub fn export(&self) -> Vec<ExportRow> {
        self.read(|rows| all(|each| rows.export(each)))
    }

    pub fn exported_users(&self) -> Vec<ExportedUser> {
        let rows = self.export().into_iter();
        let users = rows.filter_map(|row| match row {
            ExportRow::User(user) => Some(user),
            _ => None,
        });
        users.collect()
    }

    pub fn exported_tokens(&self) -> Vec<ExportedToken> {
        let rows = self.export().into_iter();
        let tokens = rows.filter_map(|row| match row {
            ExportRow::Token(token) => Some(token),
            _ => None,
        });
        tokens.collect()
    }
}

/// All rows of an operation that calls back.
pub fn all<T>(read: impl FnOnce(Each<T>) -> Result<()>) -> Result<Vec<T>> {
    first(usize::MAX, read)
}

/// The rows that an operation calls back with when it is told to stop at the `limit`th: more than
/// that if it does not stop.
pub fn first<T>(limit: usize, read: impl FnOnce(Each<T>) -> Result<()>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    read(&mut |row| {
        rows.push(row);
        if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(rows)
}

pub fn ids(tokens: &[StoredToken]) -> Vec<i64> {
    tokens.iter().map(|token| token.id).collect()
}

/// All fields of a value, for types that cannot be compared.
pub fn shown(value: impl Debug) -> String {
    format!("{value:#?}")
}

/// So many seconds after an instant in 2027.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + seconds * 1000).unwrap()
}

/// The first and the last instant that there are, and one with milliseconds.
pub fn extreme_times() -> [Timestamp; 3] {
    [0, 253_402_300_799_999, 1_800_000_000_337]
        .map(|millis| Timestamp::from_millis(millis).unwrap())
}

/// Texts that a careless backend changes, cuts off, or takes for a pattern or a part of SQL.
pub fn difficult_texts() -> Vec<String> {
    let texts = [
        "👩‍💻🇩🇪 𝒳",
        "مرحبا שלום",
        "it's \"quoted\" `here`; --",
        "back\\slash \\n \\' \\",
        "100% _ [a-z] * ?",
        "$1 ?1 :name {}",
        "  spaces  ",
        "line\nbreak\ttab\r\n",
        "e\u{301} is not é",
        "NULL",
    ];
    let mut texts: Vec<_> = texts.map(String::from).into();
    texts.extend([".".repeat(255), "é".repeat(255), "🔑".repeat(255)]);
    texts
}

/// A hash that is all one byte.
pub fn hash(byte: u8) -> Hash {
    [byte; 32]
}

pub fn new_user(name: &str) -> NewUserRow<'_> {
    NewUserRow {
        name,
        email: None,
        full_name: None,
        email_verified: true,
        admin: false,
        ban: None,
        created_at: at(0),
    }
}

/// A token of tokctl's own with nothing that is optional, whose hash is all `byte`.
pub fn new_token(user_id: i64, byte: u8) -> NewToken {
    NewToken {
        hash: hash(byte),
        foreign: None,
        hint: "tok_aaaa".into(),
        name: "CI".into(),
        user_id,
        scopes: Scopes::everything(),
        source: "tokctl".into(),
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
        revocation: None,
        replaces: None,
    }
}

pub fn foreign(scheme_id: i64, id: &str) -> Option<Foreign> {
    Some(Foreign { scheme_id, relation_id: None, id: id.into() })
}

pub fn revoked(at: Timestamp) -> Option<Revocation> {
    Some(Revocation { at, reason: None })
}

/// Who does everything.
pub fn actor() -> Actor {
    Actor::named("root")
}

pub fn subject(id: i64) -> Subject {
    Subject { id, name: format!("token {id}") }
}

/// A verification of the token with this id, which belongs to alice.
pub fn attempt(at: Timestamp, outcome: &'static str, id: i64) -> Attempt {
    let token = Some((subject(id), "alice".into()));
    Attempt { at, outcome, token, fingerprint: None, caller: Caller::default() }
}

/// A verification of an unknown secret, whose fingerprint is all `byte`.
pub fn unknown(at: Timestamp, byte: u8) -> Attempt {
    let (outcome, fingerprint) = ("unknown", Some([byte; 6]));
    Attempt { at, outcome, token: None, fingerprint, caller: Caller::default() }
}
