//! The settings that all who use a database share: their keys, bounds, defaults and meanings.

use crate::name::Name;
use crate::scope::Scope;
use crate::secret::Prefix;
use crate::when::{Span, When};

/// A setting, by the key it is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Prefix,
    DefaultUser,
    DefaultExpires,
    MaxExpires,
    UnusedLifetime,
    LastUsedResolution,
    RecordAttempts,
    AttemptsKept,
    AllowedScopes,
    Owners,
}

/// What there is to know of a setting.
pub struct About {
    pub key: &'static str,
    /// What a good value looks like, for people.
    pub values: &'static str,
    /// `None` for a setting that is empty until somebody sets it.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    check: fn(&str) -> Result<(), String>,
}

impl Setting {
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

    pub fn about(self) -> About {
        match self {
            Setting::Prefix => About {
                key: "prefix",
                values: "a-z, then up to 15 of a-z and 0-9",
                default: Some("tok"),
                meaning: "what new secrets begin with",
                check: is::<Prefix>,
            },
            Setting::DefaultUser => About {
                key: "default-user",
                values: "a user's name",
                default: None,
                meaning: "who owns a new token when nobody is named",
                check: is::<Name>,
            },
            Setting::DefaultExpires => About {
                key: "default-expires",
                values: "a duration, or never",
                default: Some("never"),
                meaning: "how long a new token lives when nothing is said",
                check: span_or_never,
            },
            Setting::MaxExpires => About {
                key: "max-expires",
                values: "a duration, or never",
                default: Some("never"),
                meaning: "how long a new token may live at the most",
                check: span_or_never,
            },
            Setting::UnusedLifetime => About {
                key: "unused-lifetime",
                values: "a duration, or never",
                default: Some("1y"),
                meaning: "how long after its last use a token is rejected",
                check: span_or_never,
            },
            Setting::LastUsedResolution => About {
                key: "last-used-resolution",
                values: "a duration",
                default: Some("60s"),
                meaning: "how old a token's last use must be before it is written again",
                check: is::<Span>,
            },
            Setting::RecordAttempts => About {
                key: "record-attempts",
                values: "none, failures or all",
                default: Some("failures"),
                meaning: "which verifications the log keeps",
                check: |value| one_of(value, &["none", "failures", "all"]),
            },
            Setting::AttemptsKept => About {
                key: "attempts-kept",
                values: "a number from 0 to 100000000",
                default: Some("100000"),
                meaning: "how many verifications the log keeps",
                check: |value| match value.parse::<u32>() {
                    Ok(0..=100_000_000) => Ok(()),
                    _ => Err("it must be a number from 0 to 100000000".into()),
                },
            },
            Setting::AllowedScopes => About {
                key: "allowed-scopes",
                values: "any, or scopes separated by commas",
                default: Some("any"),
                meaning: "the scopes that new tokens may have",
                check: |value| match value {
                    "any" => Ok(()),
                    list => list.split(',').try_for_each(is::<Scope>),
                },
            },
            Setting::Owners => About {
                key: "owners",
                values: "any or admins",
                default: Some("any"),
                meaning: "who may own new tokens",
                check: |value| one_of(value, &["any", "admins"]),
            },
        }
    }

    pub fn key(self) -> &'static str {
        self.about().key
    }

    /// The value as it is kept, or what would be right instead.
    pub fn check(self, value: &str) -> Result<String, String> {
        let value = value.trim();
        (self.about().check)(value)?;
        Ok(value.to_string())
    }
}

impl std::str::FromStr for Setting {
    type Err = String;

    fn from_str(key: &str) -> Result<Self, String> {
        Setting::ALL.into_iter().find(|setting| setting.key() == key).ok_or_else(|| {
            let keys: Vec<_> = Setting::ALL.iter().map(|setting| setting.key()).collect();
            format!("there is no such setting; there are {}", keys.join(", "))
        })
    }
}

fn is<T: std::str::FromStr<Err = String>>(value: &str) -> Result<(), String> {
    value.parse::<T>().map(drop)
}

fn one_of(value: &str, values: &[&str]) -> Result<(), String> {
    match values.contains(&value) {
        true => Ok(()),
        false => Err(format!("it must be one of {}", values.join(", "))),
    }
}

fn span_or_never(value: &str) -> Result<(), String> {
    match value.parse() {
        Ok(When::Never) => Ok(()),
        Ok(When::In(span)) if span.millis() > 0 => Ok(()),
        _ => Err("it must be a duration such as 90d or 1y, or never".into()),
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
                assert_eq!(setting.check(default).as_deref(), Ok(default), "{}", setting.key());
            }
        }
    }

    #[test]
    fn wrong_values_are_refused() {
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
