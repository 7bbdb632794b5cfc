//! The settings that everyone who uses a database shares: keys, values, defaults and meanings.

use super::invalid::Invalid;
use super::name::Name;
use super::scope::Scope;
use super::secret::Prefix;
use super::time::Span;
use std::str::FromStr;

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// What new secrets start with.
    Prefix,
    /// The owner of a new token when none is named.
    DefaultUser,
    /// The expiry of a new token when none is given.
    DefaultExpires,
    /// The longest expiry that a new token may have.
    MaxExpires,
    /// How long after its last use a token is rejected.
    UnusedLifetime,
    /// How old a token's last use must be before it is written again.
    LastUsedResolution,
    /// Which verifications the log records.
    RecordAttempts,
    /// How many verifications the log keeps.
    AttemptsKept,
    /// The scopes that a new token may have.
    AllowedScopes,
    /// Who may own a new token.
    Owners,
}

/// What there is to know about a setting.
pub struct About {
    /// The key under which it is stored.
    pub key: &'static str,
    /// The values it takes, in words.
    pub values: &'static str,
    /// Its default; `None` if it is empty until somebody sets it.
    pub default: Option<&'static str>,
    /// What it does, in words.
    pub meaning: &'static str,
    check: fn(&str) -> Result<(), Invalid>,
}

impl Setting {
    /// Every setting, in the order that they are listed in.
    pub const ALL: [Setting; 10] = [
        Setting::Prefix,
        Setting::DefaultUser,
        Setting::DefaultExpires,
        Setting::MaxExpires,
        Setting::UnusedLifetime,
        Setting::LastUsedResolution,
        Setting::RecordAttempts,
        Setting::AttemptsKept,
        Setting::AllowedScopes,
        Setting::Owners,
    ];

    /// Its key, values, default and meaning.
    pub fn about(self) -> About {
        match self {
            Setting::Prefix => About {
                key: "prefix",
                values: "a lower-case letter, then up to 30 lower-case letters, digits or underscores, \
                         not ending with an underscore",
                default: Some("tok"),
                meaning: "the text that new secrets start with",
                check: is::<Prefix>,
            },
            Setting::DefaultUser => About {
                key: "default-user",
                values: "the name of a user",
                default: None,
                meaning: "the owner of a new token when none is named",
                check: is::<Name>,
            },
            Setting::DefaultExpires => About {
                key: "default-expires",
                values: "a duration such as 90d, or never",
                default: Some("never"),
                meaning: "how long a new token is valid when no expiry is given",
                check: span_or_never,
            },
            Setting::MaxExpires => About {
                key: "max-expires",
                values: "a duration such as 90d, or never",
                default: Some("never"),
                meaning: "the longest time that a new token may be valid",
                check: span_or_never,
            },
            Setting::UnusedLifetime => About {
                key: "unused-lifetime",
                values: "a duration such as 90d, or never",
                default: Some("1y"),
                meaning: "how long after its last use a token is rejected",
                check: span_or_never,
            },
            Setting::LastUsedResolution => About {
                key: "last-used-resolution",
                values: "a duration such as 60s",
                default: Some("60s"),
                meaning: "how old the recorded last use must be before it is updated",
                check: is::<Span>,
            },
            Setting::RecordAttempts => About {
                key: "record-attempts",
                values: "none, failures or all",
                default: Some("failures"),
                meaning: "which verifications the log records",
                check: |value| one_of(value, &["none", "failures", "all"]),
            },
            Setting::AttemptsKept => About {
                key: "attempts-kept",
                values: "a number from 0 to 100000000",
                default: Some("100000"),
                meaning: "how many verifications the log keeps",
                check: |value| match value.parse::<u32>() {
                    Ok(0..=100_000_000) => Ok(()),
                    _ => Err("must be a number from 0 to 100000000".into()),
                },
            },
            Setting::AllowedScopes => About {
                key: "allowed-scopes",
                values: "any, or scopes separated by commas",
                default: Some("any"),
                meaning: "the scopes that a new token may have",
                check: |value| match value {
                    "any" => Ok(()),
                    list => list.split(',').try_for_each(is::<Scope>),
                },
            },
            Setting::Owners => About {
                key: "owners",
                values: "any or admins",
                default: Some("any"),
                meaning: "the users who may own a new token",
                check: |value| one_of(value, &["any", "admins"]),
            },
        }
    }

    /// The key under which it is stored.
    pub fn key(self) -> &'static str {
        self.about().key
    }

    /// The value as it is stored.
    ///
    /// # Errors
    ///
    /// When the setting does not take this value; the message says which ones it takes.
    pub fn check(self, value: &str) -> Result<String, Invalid> {
        let value = value.trim();
        (self.about().check)(value)?;
        Ok(value.to_string())
    }
}

impl FromStr for Setting {
    type Err = Invalid;

    fn from_str(key: &str) -> Result<Self, Invalid> {
        Setting::ALL.into_iter().find(|setting| setting.key() == key).ok_or_else(|| {
            let keys: Vec<_> = Setting::ALL.iter().map(|setting| setting.key()).collect();
            format!("no such setting; the settings are {}", keys.join(", ")).into()
        })
    }
}

fn is<T: FromStr<Err = Invalid>>(value: &str) -> Result<(), Invalid> {
    value.parse::<T>().map(drop)
}

fn one_of(value: &str, values: &[&str]) -> Result<(), Invalid> {
    if values.contains(&value) { Ok(()) } else { Err(format!("must be {}", any_of(values)).into()) }
}

/// `none, failures or all`.
fn any_of(values: &[&str]) -> String {
    match values {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => values.concat(),
    }
}

fn span_or_never(value: &str) -> Result<(), Invalid> {
    if value == "never" {
        return Ok(());
    }
    match value.parse::<Span>()?.millis() {
        0 => Err("must be longer than 0s".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinct_and_defaults_are_good() {
        for setting in Setting::ALL {
            assert_eq!(setting.key().parse(), Ok(setting));
            if let Some(default) = setting.about().default {
                assert_eq!(setting.check(default), Ok(default.to_string()), "{}", setting.key());
            }
        }
    }

    #[test]
    fn invalid_values_are_refused() {
        for (setting, value) in [
            (Setting::Prefix, "Tok"),
            (Setting::DefaultUser, ""),
            (Setting::DefaultExpires, "2030-01-01"),
            (Setting::MaxExpires, "0s"),
            (Setting::UnusedLifetime, "-1d"),
            (Setting::LastUsedResolution, "never"),
            (Setting::RecordAttempts, "some"),
            (Setting::AttemptsKept, "-1"),
            (Setting::AllowedScopes, "a,,b"),
            (Setting::AllowedScopes, "a b"),
            (Setting::Owners, "admin"),
        ] {
            assert!(setting.check(value).is_err(), "{} {value:?}", setting.key());
        }
    }
}
