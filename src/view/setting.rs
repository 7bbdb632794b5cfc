//! Settings.

use super::record::{Cell, Heading, Record, Tone};
use crate::domain::settings::SettingRow;
use crate::domain::time::Timestamp;

impl SettingRow {
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
    use crate::domain::setting::Setting;
    use crate::domain::settings::Settings;
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
