//! The settings table.

use super::{Change, Store, Writer};
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::scope::Scopes;
use crate::secret::Prefix;
use crate::settings::Setting;
use crate::token::Rules;
use crate::when::{Span, Timestamp};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::str::FromStr;

/// The values that were set; what was not has its default.
#[derive(Debug, Clone)]
pub struct Settings(HashMap<String, String>);

impl Settings {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        const SETTINGS: &str = "SELECT key, value FROM settings";
        let mut statement = connection.prepare(SETTINGS)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Settings(rows.collect::<rusqlite::Result<_>>()?))
    }

    /// What was set, if anything.
    pub fn get(&self, setting: Setting) -> Option<&str> {
        self.0.get(setting.key()).map(String::as_str)
    }

    /// What is in force; `None` for a setting without a default.
    pub fn in_force(&self, setting: Setting) -> Option<&str> {
        self.get(setting).or(setting.about().default)
    }

    pub fn prefix(&self) -> Result<Prefix> {
        parsed(Setting::Prefix, self.in_force(Setting::Prefix).unwrap_or_default())
    }

    pub fn default_user(&self) -> Option<&str> {
        self.get(Setting::DefaultUser)
    }

    pub fn rules(&self, now: Timestamp) -> Result<Rules> {
        Ok(Rules { now, unused_lifetime: self.span(Setting::UnusedLifetime)? })
    }

    pub fn policy(&self) -> Result<Policy> {
        let allowed_scopes = match self.in_force(Setting::AllowedScopes) {
            None | Some("any") => None,
            Some(list) => {
                let scopes: Result<Scopes> =
                    list.split(',').map(|scope| parsed(Setting::AllowedScopes, scope)).collect();
                Some(scopes?)
            }
        };
        Ok(Policy {
            default_expires: self.span(Setting::DefaultExpires)?,
            max_expires: self.span(Setting::MaxExpires)?,
            allowed_scopes,
            admins_only: self.in_force(Setting::Owners) == Some("admins"),
        })
    }

    fn span(&self, setting: Setting) -> Result<Option<Span>> {
        span(setting, self.in_force(setting))
    }
}

/// A duration, where `never` is none.
pub(super) fn span(setting: Setting, value: Option<&str>) -> Result<Option<Span>> {
    match value.or(setting.about().default) {
        None | Some("never") => Ok(None),
        Some(text) => parsed(setting, text).map(Some),
    }
}

/// A value that does not parse was not written by tokctl; to guess would be to loosen a rule.
fn parsed<T: FromStr<Err = String>>(setting: Setting, value: &str) -> Result<T> {
    value.parse().map_err(|why| {
        let key = setting.key();
        Error::unavailable(format!("the setting {key} in the database is not valid"), why)
            .hint(format!("`tokctl settings unset {key}` brings its default back"))
    })
}

impl Store {
    pub fn settings(&self) -> Result<Settings> {
        Settings::read(&self.connection)
    }
}

impl Writer<'_> {
    pub fn settings(&self) -> Result<Settings> {
        Settings::read(&self.transaction)
    }

    /// `value` must be one that [`Setting::check`] returned.
    pub fn set_setting(&self, setting: Setting, value: &str) -> Result<()> {
        const SET: &str = "INSERT INTO settings (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.transaction.execute(SET, params![setting.key(), value])?;
        let detail = format!("{} {value}", setting.key());
        self.record(Change { action: "settings set", detail: Some(&detail), ..Change::default() })
    }

    /// Returns whether it was set.
    pub fn unset_setting(&self, setting: Setting) -> Result<bool> {
        const UNSET: &str = "DELETE FROM settings WHERE key = ?1";
        let was_set = self.transaction.execute(UNSET, [setting.key()])? > 0;
        let detail = Some(setting.key());
        self.record(Change { action: "settings unset", detail, ..Change::default() })?;
        Ok(was_set)
    }
}
