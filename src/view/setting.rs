//! How a setting is shown.

use super::{Cell, Heading, Record, Tone};
use crate::when::Timestamp;
use serde::Serialize;

/// A setting with what is in force; the order of the fields is the order of the JSON keys.
#[derive(Debug, Serialize)]
pub struct SettingRow {
    pub key: &'static str,
    /// `None` where nothing is set and there is no default.
    pub value: Option<String>,
    pub default: Option<&'static str>,
    pub values: &'static str,
    pub meaning: &'static str,
}

impl SettingRow {
    fn value(&self) -> Cell {
        let cell = Cell::text(self.value.as_deref().unwrap_or_default());
        match self.value.as_deref() == self.default {
            true => cell,
            false => cell.toned(Tone::Good),
        }
    }
}

impl Record for SettingRow {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("KEY"),
        Heading::prose("VALUE"),
        Heading::prose("DEFAULT"),
        Heading::spare("VALUES"),
        Heading::prose("MEANING"),
    ];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::text(self.key),
            self.value(),
            Cell::text(self.default.unwrap_or_default()),
            Cell::text(self.values),
            Cell::text(self.meaning),
        ]
    }

    fn details(&self, _now: Timestamp) -> Vec<(&'static str, Cell)> {
        vec![
            ("key", Cell::text(self.key)),
            ("value", self.value()),
            ("default", Cell::text(self.default.unwrap_or_default())),
            ("values", Cell::text(self.values)),
            ("meaning", Cell::text(self.meaning)),
        ]
    }
}
