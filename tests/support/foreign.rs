//! Databases of other systems: those that the systems wrote themselves (`tests/fixtures`), changed
//! copies of them, and rows and secrets in the formats of these systems.

use super::database::on_server;
use super::{DAY, Ran, Sandbox, now, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, ToSql};
use serde_json::Value;
use sha2::{Digest, Sha512};
use std::collections::BTreeSet;
use std::fs;
use std::ops::Index;
use std::path::{Path, PathBuf};

pub const SYSTEMS: [&str; 6] =
    ["shield", "adonisjs", "sanctum", "symfony", "strapi-guide", "strapi"];

/// The table of tokens of a system.
pub fn token_table(system: &str) -> &'static str {
    match system {
        "shield" => "auth_identities",
        "adonisjs" => "auth_access_tokens",
        "sanctum" => "personal_access_tokens",
        "symfony" => "api_token",
        "strapi-guide" => "tokens",
        "strapi" => "strapi_api_tokens",
        other => panic!("{other}"),
    }
}

pub fn fixture(system: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(system).join(file)
}

/// The exit code and the reason of `verify`.
pub type Answer = (i32, Option<String>);

/// A secret that was sent to the system itself, with the row that it belongs to and the answer of the
/// system.
#[derive(Debug)]
pub struct Sample(Value);

/// All samples of a system, of its SQLite database.
pub fn samples(system: &str) -> Vec<Sample> {
    samples_in(system, "tokens.json")
}

/// All samples in a file of a system's fixture.
pub fn samples_in(system: &str, file: &str) -> Vec<Sample> {
    let text = fs::read(fixture(system, file)).unwrap();
    let samples: Vec<Value> = serde_json::from_slice(&text).unwrap();
    samples.into_iter().map(Sample).collect()
}

/// The sample of a row.
pub fn sample(system: &str, id: i64) -> Sample {
    samples(system).into_iter().find(|sample| sample["id"] == id).unwrap()
}

impl Index<&str> for Sample {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.0[key]
    }
}

impl Sample {
    pub fn secret(&self) -> &str {
        self.text("raw").unwrap()
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self[key].as_str()
    }

    /// The answer of the system, unless a token expired or was unused for too long since then.
    pub fn expected(&self) -> Answer {
        let at = |key: &str| self.text(key).map(millis);
        let reason = match self.text("expect").unwrap() {
            "valid" if at("expires_at").is_some_and(|at| at <= now()) => Some("expired"),
            "valid" if at("last_used_at").is_some_and(|at| at <= now() - 365 * DAY) => {
                Some("unused")
            }
            "valid" => None,
            "expired" => Some("expired"),
            "unused-too-long" => Some("unused"),
            "banned" | "blocked" => Some("banned"),
            "unknown" => Some("unknown"),
            other => panic!("{other}"),
        };
        (i32::from(reason.is_some()), reason.map(String::from))
    }

    /// The name of its token here.
    pub fn name(&self, system: &str) -> String {
        let row = self["answered_by"].as_i64().or(self["id"].as_i64());
        match self.text("name") {
            Some(name) => name.to_string(),
            None => format!("{system} token {}", row.unwrap()),
        }
    }

    /// The scopes of its token that are valid here, in alphabetical order.
    pub fn scopes(&self, system: &str) -> BTreeSet<String> {
        // Version 4 of Strapi has no other kind than tokens of the content API.
        let kind = self.text("kind").unwrap_or("content-api");
        match (system, kind, self.text("type")) {
            ("strapi-guide", ..) | ("strapi", "content-api", Some("full-access")) => {
                BTreeSet::from(["*".to_string()])
            }
            ("strapi", "content-api", Some("read-only")) => {
                BTreeSet::from(["read-only".to_string()])
            }
            _ => {
                let scopes = self["scopes"].as_array().or(self["abilities"].as_array());
                texts(scopes.unwrap()).filter(|scope| scope.is_ascii()).collect()
            }
        }
    }

    pub fn is_accepted(&self) -> bool {
        self.expected().0 == 0
    }
}

fn texts(values: &[Value]) -> impl Iterator<Item = String> {
    values.iter().map(|value| value.as_str().unwrap().to_string())
}

/// An RFC 3339 time in milliseconds since 1970.
pub fn millis(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

/// Asserts that two reports of imports say the same. On a server, the ids of tokens are left out: there,
/// what is rolled back has taken its ids with it.
#[track_caller]
pub fn assert_same_report(mut one: Value, mut other: Value) {
    for report in [&mut one, &mut other] {
        for row in report["rows"].as_array_mut().into_iter().flatten().filter(|_| on_server()) {
            let text = row.as_str().unwrap();
            if let Some((what, id)) = text.split_once(": imported as token ") {
                let rest = id.trim_start_matches(|c: char| c.is_ascii_digit());
                *row = format!("{what}: imported as token{rest}").into();
            }
        }
    }
    assert_eq!(one, other);
}

impl Sandbox {
    /// A copy of the sample database of a system, in a folder of its own.
    pub fn source(&self, system: &str) -> String {
        let number = fs::read_dir(self.path(".")).unwrap().count();
        let folder = self.path(&format!("{system}-{number}"));
        fs::create_dir(&folder).unwrap();
        let copy = folder.join("app.db");
        fs::copy(fixture(system, "app.db"), &copy).unwrap();
        copy.to_str().unwrap().to_string()
    }

    /// A copy that was changed by SQL statements.
    pub fn changed_source(&self, system: &str, sql: &str) -> String {
        let source = self.source(system);
        open(&source).execute_batch(sql).unwrap();
        source
    }

    pub fn try_import(&self, system: &str, source: &str, options: &[&str]) -> Ran {
        let salt = fixture("strapi", "salt.txt");
        let mut args = vec!["import", system, source];
        if system == "strapi" {
            args.extend(["--salt-file", salt.to_str().unwrap()]);
        }
        self.run(&[&args, options].concat())
    }

    /// Imports a source, which must succeed, and returns the report.
    #[track_caller]
    pub fn import(&self, system: &str, source: &str, options: &[&str]) -> Value {
        self.try_import(system, source, &[options, &["--json"]].concat()).exits(0).json()
    }

    pub fn answer(&self, secret: &str) -> Answer {
        let ran = self.tokctl(&["verify", "--json", "-"]).stdin(format!("{secret}\n")).go();
        let reason = ran.json()["reason"].as_str().map(String::from);
        (ran.code.unwrap(), reason)
    }

    #[track_caller]
    pub fn accepts(&self, secret: &str) {
        assert_eq!(self.answer(secret), (0, None), "{secret}");
    }

    #[track_caller]
    pub fn rejects(&self, secret: &str, reason: &str) {
        assert_eq!(self.answer(secret), (1, Some(reason.to_string())), "{secret}");
    }

    /// Asserts that `verify` gives the answer of the system for each of its secrets.
    #[track_caller]
    pub fn answers_like(&self, system: &str) {
        self.answers_like_in(system, "tokens.json");
    }

    /// The same for the samples in a file.
    #[track_caller]
    pub fn answers_like_in(&self, system: &str, file: &str) {
        for sample in samples_in(system, file) {
            assert_eq!(self.answer(sample.secret()), sample.expected(), "{system}: {sample:?}");
        }
    }

    /// Asserts that the tokens of a system, imported from the database of this file, are what they
    /// were there. `later` is added to their times, in milliseconds.
    #[track_caller]
    pub fn has_tokens_like(&self, system: &str, file: &str, later: i64) {
        let samples = samples_in(system, file);
        for sample in samples.iter().filter(|sample| sample["expect"] != "unknown") {
            let token = self.token(sample.secret());
            assert_eq!(token["source"], system);
            assert_eq!(token["name"], sample.name(system), "{sample:?}");
            let scopes: BTreeSet<_> = texts(token["scopes"].as_array().unwrap()).collect();
            assert_eq!(scopes, sample.scopes(system), "{sample:?}");
            for time in ["expires_at", "last_used_at"] {
                let seconds = |value: Option<&str>| value.map(|text| millis(text) / 1000);
                let found = seconds(token[time].as_str());
                let expected = seconds(sample.text(time)).map(|at| at + later / 1000);
                assert_eq!(found, expected, "{time} of {sample:?}");
            }
            let user = self.json(&["user", "show", token["user"].as_str().unwrap()]);
            if let Some(email) = sample.text("email").or(sample.text("user_email")) {
                assert_eq!(user["email"], email, "{sample:?}");
            }
            if let Some(name) = sample.text("username") {
                assert_eq!(user["name"], name, "{sample:?}");
            }
        }
    }

    /// The token with this secret.
    #[track_caller]
    pub fn token(&self, secret: &str) -> Value {
        self.tokctl(&["show", "--json", "-"]).stdin(format!("{secret}\n")).go().exits(0).json()
    }

    /// The name of the user who owns the token with a secret.
    #[track_caller]
    pub fn owner(&self, secret: &str) -> String {
        self.token(secret)["user"].as_str().unwrap().to_string()
    }

    /// The numbers of imported tokens and users.
    pub fn imported_counts(&self) -> (i64, i64) {
        let count = |sql| self.number(sql).unwrap();
        (
            count("SELECT count(*) FROM tokens WHERE scheme_id IS NOT NULL"),
            count("SELECT count(*) FROM origins"),
        )
    }
}

pub fn open(source: &str) -> Connection {
    Connection::open(source).unwrap()
}

/// Columns and their values.
pub type Row<'a> = [(&'a str, &'a dyn ToSql)];

/// Inserts a row. Columns in `other` replace those in `row`.
pub fn insert(source: &str, table: &str, row: &Row, other: &Row) {
    let is_replaced = |name: &str| other.iter().any(|(replaced, _)| *replaced == name);
    let row = row.iter().filter(|(name, _)| !is_replaced(name)).chain(other);
    let (names, values): (Vec<_>, Vec<_>) =
        row.map(|(name, value)| (format!("\"{name}\""), *value)).unzip();
    let placeholders = vec!["?"; names.len()].join(", ");
    let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({placeholders})", names.join(", "));
    open(source).execute(&sql, values.as_slice()).unwrap();
}

/// Inserts a token of alice's into a database of Shield. A secret of Shield's has 64 hexadecimal
/// digits.
pub fn insert_shield_token(source: &str, id: i64, secret: &str, other: &Row) {
    let row: &Row = &[
        ("id", &id),
        ("user_id", &1),
        ("type", &"access_token"),
        ("name", &"CI"),
        ("secret", &sha256(secret)),
        ("extra", &"a:0:{}"),
    ];
    insert(source, "auth_identities", row, other);
}

/// Inserts a token of Ada Lovelace's that may do everything into a database of Sanctum, and returns
/// its secret with the id.
pub fn insert_sanctum_token(source: &str, id: i64, secret: &str, other: &Row) -> String {
    let row: &Row = &[
        ("id", &id),
        ("tokenable_type", &"App\\Models\\User"),
        ("tokenable_id", &1),
        ("name", &"CI"),
        ("token", &sha256(secret)),
        ("abilities", &"[\"*\"]"),
    ];
    insert(source, "personal_access_tokens", row, other);
    format!("{id}|{secret}")
}

/// Inserts a token of bernie's without scopes into a database of Symfony.
pub fn insert_symfony_token(source: &str, id: i64, secret: &str, other: &Row) {
    let row: &Row = &[("id", &id), ("owned_by_id", &1), ("token", &secret), ("scopes", &"[]")];
    insert(source, "api_token", row, other);
}

/// Inserts a token of alice's into a database of the Strapi guide.
pub fn insert_guide_token(source: &str, id: i64, secret: &dyn ToSql, other: &Row) {
    insert(source, "tokens", &[("id", &id), ("token", secret), ("user", &1)], other);
}

/// PHP's `serialize()` of a list of strings.
pub fn php_list(strings: &[&str]) -> String {
    let items = strings.iter().enumerate();
    let items: String = items.map(|(i, s)| format!("i:{i};s:{}:\"{s}\";", s.len())).collect();
    format!("a:{}:{{{items}}}", strings.len())
}

/// The secret of a row of AdonisJS.
pub fn adonisjs_secret(prefix: &str, id: i64, secret: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{prefix}{}.{}", encode(&id.to_string()), encode(secret))
}

/// The access key that Strapi stores for a secret.
pub fn strapi_access_key(salt: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(salt.as_bytes()).unwrap();
    mac.update(secret.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// 64 hexadecimal digits that are the secret of no sample.
pub fn hex_secret(seed: &str) -> String {
    hex(&Sha512::digest(seed)[..32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
