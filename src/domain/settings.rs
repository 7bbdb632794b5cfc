//! The values of the settings in a database.

use super::invalid::Invalid;
use super::policy::Policy;
use super::scope::Scopes;
use super::secret::Prefix;
use super::setting::Setting;
use super::time::{Span, Timestamp};
use super::token::Rules;
use serde::Serialize;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

/// The values that are set in a database. A setting that is not set has its default.
#[derive(Debug, Clone, Default)]
pub struct Settings(Arc<Values>);

#[derive(Debug, Default)]
struct Values {
    stored: HashMap<String, String>,
    /// What they say about verifications. The same settings can decide about many.
    verification: OnceLock<Result<Verification, InvalidSetting>>,
}

/// What the settings say about verifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// How long after its last use a token is rejected; `None`: never.
    pub unused_lifetime: Option<Span>,
    /// See [`Settings::last_used_resolution`].
    pub last_used_resolution: Option<Span>,
    /// See [`Settings::recorded_attempts`].
    pub recorded: RecordedAttempts,
}

/// A stored value that its setting does not take. tokctl did not write it, and guessing what it
/// means could loosen a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting {}: {why}", setting.key())]
pub struct InvalidSetting {
    /// The setting.
    pub setting: Setting,
    /// What is wrong with the value.
    pub why: Invalid,
}

impl FromIterator<(String, String)> for Settings {
    /// Settings from stored keys and values.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(rows: I) -> Self {
        let stored = rows.into_iter().collect();
        Settings(Arc::new(Values { stored, ..Values::default() }))
    }
}

impl Settings {
    /// The value that was set, if any.
    pub fn get(&self, setting: Setting) -> Option<&str> {
        self.0.stored.get(setting.key()).map(String::as_str)
    }

    /// The value that applies; `None` for an unset setting without a default.
    pub fn effective(&self, setting: Setting) -> Option<&str> {
        self.get(setting).or(setting.about().default)
    }

    /// What new secrets begin with.
    ///
    /// # Errors
    ///
    /// When the stored value is not valid; the same goes for the other methods.
    pub fn prefix(&self) -> Result<Prefix, InvalidSetting> {
        parse(Setting::Prefix, self.effective(Setting::Prefix).unwrap_or_default())
    }

    /// The name of the owner of a new token when none is named.
    pub fn default_user(&self) -> Option<&str> {
        self.get(Setting::DefaultUser)
    }

    /// What they say about verifications, which is read from them once.
    pub fn verification(&self) -> Result<Verification, InvalidSetting> {
        let read = || {
            Ok(Verification {
                unused_lifetime: self.span(Setting::UnusedLifetime)?,
                last_used_resolution: self.last_used_resolution()?,
                recorded: self.recorded_attempts(),
            })
        };
        self.0.verification.get_or_init(read).clone()
    }

    /// What decides about the status of tokens at `now`.
    pub fn rules(&self, now: Timestamp) -> Result<Rules, InvalidSetting> {
        Ok(Rules { now, unused_lifetime: self.span(Setting::UnusedLifetime)? })
    }

    /// How old a token's last use must be before it is written again. At most half the lifetime of unused
    /// tokens: otherwise a token in constant use would count as unused.
    pub fn last_used_resolution(&self) -> Result<Option<Span>, InvalidSetting> {
        let lifetime = self.span(Setting::UnusedLifetime)?;
        let resolution = self.span(Setting::LastUsedResolution)?;
        Ok(resolution.map(|span| lifetime.map_or(span, |lifetime| span.min(lifetime.half()))))
    }

    /// Which verifications the log records. A value that the setting does not take counts as the
    /// default: no verification fails because of it, and no failure goes unrecorded.
    pub fn recorded_attempts(&self) -> RecordedAttempts {
        match self.effective(Setting::RecordAttempts) {
            Some("all") => RecordedAttempts::All,
            Some("none") => RecordedAttempts::None,
            _ => RecordedAttempts::Failures,
        }
    }

    /// How many verifications the log keeps.
    pub fn attempts_kept(&self) -> Result<u64, InvalidSetting> {
        let setting = Setting::AttemptsKept;
        let value = self.effective(setting).unwrap_or_default();
        value.parse().map_err(|_| InvalidSetting { setting, why: "must be a number".into() })
    }

    /// What new tokens may be like.
    pub fn policy(&self) -> Result<Policy, InvalidSetting> {
        let allowed_scopes = match self.effective(Setting::AllowedScopes) {
            None | Some("any") => None,
            Some(list) => {
                let scopes: Result<Scopes, _> =
                    list.split(',').map(|scope| parse(Setting::AllowedScopes, scope)).collect();
                Some(scopes?)
            }
        };
        Ok(Policy {
            default_expires: self.span(Setting::DefaultExpires)?,
            max_expires: self.span(Setting::MaxExpires)?,
            allowed_scopes,
            admins_only: self.admins_only()?,
        })
    }

    fn admins_only(&self) -> Result<bool, InvalidSetting> {
        let setting = Setting::Owners;
        let owners = self.effective(setting).unwrap_or_default();
        setting.check(owners).map_err(|why| InvalidSetting { setting, why })?;
        Ok(owners == "admins")
    }

    /// A duration; `None` for `never`.
    fn span(&self, setting: Setting) -> Result<Option<Span>, InvalidSetting> {
        match self.effective(setting) {
            None | Some("never") => Ok(None),
            Some(text) => parse(setting, text).map(Some),
        }
    }
}

/// Which verifications the log records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordedAttempts {
    /// None of them.
    #[default]
    None,
    /// Those that were not good.
    Failures,
    /// All of them.
    All,
}

fn parse<T: FromStr<Err = Invalid>>(setting: Setting, value: &str) -> Result<T, InvalidSetting> {
    value.parse().map_err(|why| InvalidSetting { setting, why })
}

/// A setting with the value that applies. The order of the fields is the order of the JSON keys.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct SettingRow {
    /// Its key.
    pub key: &'static str,
    /// The value that applies; `None` if nothing is set and there is no default.
    pub value: Option<String>,
    /// Its default.
    pub default: Option<&'static str>,
    /// The values it takes, in words.
    pub values: &'static str,
    /// What it does, in words.
    pub meaning: &'static str,
}

impl SettingRow {
    /// The setting as it is among `settings`.
    pub fn new(setting: Setting, settings: &Settings) -> Self {
        let about = setting.about();
        SettingRow {
            key: about.key,
            value: settings.effective(setting).map(str::to_string),
            default: about.default,
            values: about.values,
            meaning: about.meaning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_constant_use_never_counts_as_unused() {
        for (lifetime, resolution, expected) in [
            ("1y", "60s", Some(Span::seconds(60))),
            ("8s", "1h", Some(Span::seconds(4))),
            ("never", "1h", Some(Span::seconds(3600))),
        ] {
            let values =
                [(Setting::UnusedLifetime, lifetime), (Setting::LastUsedResolution, resolution)];
            let settings: Settings = values
                .map(|(setting, value)| (setting.key().to_string(), value.to_string()))
                .into_iter()
                .collect();
            assert_eq!(settings.last_used_resolution(), Ok(expected), "{lifetime} {resolution}");
        }
    }
}
