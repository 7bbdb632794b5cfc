//! Settings.

use super::record::{Cell, Heading, Record, Tone};
use crate::domain::setting::Setting;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use serde::Serialize;

/// A setting with the value that applies. The order of the fields is the order of the JSON keys.
#[derive(Debug, Serialize)]
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

    /// The value; one that is not the default is stressed.
    fn value(&self) -> Cell {
        let is_default = self.value.as_deref() == self.default;
        let tone = if is_default { Tone::Plain } else { Tone::Good };
        Cell::text(self.value.as_deref().unwrap_or_default()).toned(tone)
    }
}

impl Record for SettingRow {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("KEY"),
        Heading::wrapped("VALUE"),
        Heading::wrapped("DEFAULT"),
        Heading::wrapped("MEANING"),
        Heading::optional("ALLOWED VALUES"),
    ];
    const KEYS: &'static [&'static str] = &["key", "value", "default", "values", "meaning"];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::text(self.key),
            self.value(),
            Cell::text(self.default.unwrap_or_default()),
            Cell::text(self.meaning),
            Cell::text(self.values),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        let labels = ["key", "value", "default", "meaning", "allowed values"];
        labels.into_iter().zip(self.row(now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::assert_keys;

    #[test]
    fn keys_are_those_of_the_json() {
        assert_keys(&SettingRow::new(Setting::Prefix, &Settings::default()));
    }

    #[test]
    fn a_value_other_than_the_default_is_stressed() {
        let changed = Settings::from_iter([("prefix".to_string(), "acme".to_string())]);
        assert_eq!(SettingRow::new(Setting::Prefix, &changed).value().tone, Tone::Good);
        let unchanged = SettingRow::new(Setting::Prefix, &Settings::default());
        assert_eq!((unchanged.value().text.as_str(), unchanged.value().tone), ("tok", Tone::Plain));
    }
}
