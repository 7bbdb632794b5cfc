//! Databases of other systems: those that the systems wrote themselves (`tests/fixtures`), copies
//! of them with what real ones have besides, and secrets as those systems make them.

use super::{DAY, Sandbox, now};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, ToSql};
use serde_json::Value;
use sha2::{Digest, Sha512};
use std::fs;
use std::path::{Path, PathBuf};

pub const SYSTEMS: [&str; 6] =
    ["shield", "adonisjs", "sanctum", "symfony", "strapi-guide", "strapi"];

/// Where each keeps its tokens.
pub fn table_of(system: &str) -> &'static str {
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

/// The secrets that a system was asked about, and what it said.
pub fn asked(system: &str) -> Vec<Value> {
    let text = fs::read(fixture(system, "tokens.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The exit code and the reason that `verify` owes: what the system said, unless the clock has
/// changed that since.
pub fn owed(asked: &Value) -> (i32, Option<&'static str>) {
    let at = |key: &str| asked[key].as_str().map(millis);
    let said = match asked["expect"].as_str().unwrap() {
        "valid" => None,
        "expired" => Some("expired"),
        "unused-too-long" => Some("unused"),
        "banned" | "blocked" => Some("banned"),
        "unknown" => Some("unknown"),
        other => panic!("{other}"),
    };
    let reason = match said {
        None if at("expires_at").is_some_and(|at| at <= now()) => Some("expired"),
        None if at("last_used_at").is_some_and(|at| at <= now() - 365 * DAY) => Some("unused"),
        said => said,
    };
    (i32::from(reason.is_some()), reason)
}

/// An RFC 3339 time in milliseconds since 1970.
pub fn millis(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

impl Sandbox {
    /// A copy of a system's database, in a folder of its own.
    pub fn source(&self, system: &str) -> String {
        let folder =
            self.path(&format!("{system}-{}", fs::read_dir(self.path(".")).unwrap().count()));
        fs::create_dir(&folder).unwrap();
        let copy = folder.join("app.db");
        fs::copy(fixture(system, "app.db"), &copy).unwrap();
        copy.to_str().unwrap().to_string()
    }

    /// A copy that was changed.
    pub fn changed(&self, system: &str, sql: &str) -> String {
        let source = self.source(system);
        Connection::open(&source).unwrap().execute_batch(sql).unwrap();
        source
    }

    /// The arguments that import a source.
    fn import_args(system: &str, source: &str, more: &[&str]) -> Vec<String> {
        let mut args: Vec<String> = ["import", system, source].map(String::from).into();
        if system == "strapi" {
            let salt = fixture(system, "salt.txt");
            args.extend(["--salt-file".into(), salt.to_str().unwrap().into()]);
        }
        args.extend(more.iter().map(|arg| arg.to_string()));
        args
    }

    pub fn try_import(&self, system: &str, source: &str, more: &[&str]) -> super::Ran {
        self.run(&Self::import_args(system, source, more))
    }

    /// Imports, and returns the report.
    #[track_caller]
    pub fn import(&self, system: &str, source: &str, more: &[&str]) -> Value {
        self.try_import(system, source, &[more, &["--json"]].concat()).exits(0).json()
    }

    /// What `verify` answers: the exit code and the reason.
    pub fn answer(&self, secret: &str) -> (i32, Option<String>) {
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

    /// Every secret of a system gets the system's own answer.
    #[track_caller]
    pub fn answers_as(&self, system: &str) {
        for asked in asked(system) {
            let (code, reason) = self.answer(asked["raw"].as_str().unwrap());
            assert_eq!((code, reason.as_deref()), owed(&asked), "{system}: {asked}");
        }
    }

    /// The token that has a secret.
    pub fn token(&self, secret: &str) -> Value {
        self.tokctl(&["show", "--json", "-"]).stdin(format!("{secret}\n")).go().exits(0).json()
    }

    /// How many tokens and users there are that came from elsewhere.
    pub fn imported(&self) -> (i64, i64) {
        let count = |sql| self.number(sql).unwrap();
        (
            count("SELECT count(*) FROM tokens WHERE scheme_id IS NOT NULL"),
            count("SELECT count(*) FROM origins"),
        )
    }
}

/// Inserts a row.
pub fn insert(to: &Connection, table: &str, row: &[(&str, &dyn ToSql)]) {
    let names: Vec<_> = row.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let places = vec!["?"; row.len()].join(", ");
    let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({places})", names.join(", "));
    let values: Vec<_> = row.iter().map(|(_, value)| *value).collect();
    to.execute(&sql, values.as_slice()).unwrap();
}

/// PHP's `serialize()` of a list of strings.
pub fn php(strings: &[&str]) -> String {
    let items = strings.iter().enumerate();
    let items: String = items.map(|(i, s)| format!("i:{i};s:{}:\"{s}\";", s.len())).collect();
    format!("a:{}:{{{items}}}", strings.len())
}

/// AdonisJS's secret for a row.
pub fn adonisjs(prefix: &str, id: i64, secret: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{prefix}{}.{}", encode(&id.to_string()), encode(secret))
}

/// Strapi's access key of a secret.
pub fn access_key(salt: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(salt.as_bytes()).unwrap();
    mac.update(secret.as_bytes());
    hex(&mac.finalize().into_bytes())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 64 digits that are no secret of any fixture.
pub fn random_looking(seed: &str) -> String {
    hex(&Sha512::digest(seed)[..32])
}
