//! How a row of the log is shown.

use super::{Cell, Heading, Record, Tone};
use crate::store::Entry;
use crate::when::Timestamp;

impl Record for Entry {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("TIME"),
        Heading::cut("ACCOUNT"),
        Heading::fixed("ACTION"),
        Heading::cut("TOKEN"),
        Heading::cut("USER"),
        Heading::prose("OUTCOME"),
        Heading::spare("FROM"),
    ];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        let account = match &self.sudo {
            Some(sudo) => format!("{} ({sudo})", self.account),
            None => self.account.clone(),
        };
        let token = match (self.token_id, &self.token_name, &self.fingerprint) {
            (Some(id), Some(name), _) => format!("{id} {name}"),
            (Some(id), None, _) => id.to_string(),
            (None, _, Some(fingerprint)) => format!("sha256 {fingerprint}…"),
            _ => String::new(),
        };
        let outcome = match &self.reason {
            Some(reason) => format!("{}: {reason}", self.outcome),
            None => self.outcome.clone(),
        };
        let from: Vec<_> = [&self.source, &self.agent].into_iter().flatten().cloned().collect();
        let tone = match self.outcome.as_str() {
            "good" => Tone::Good,
            "done" => Tone::Plain,
            _ => Tone::Bad,
        };
        vec![
            Cell::text(self.time.whole_second().to_string()),
            Cell::text(account),
            Cell::text(&self.action),
            Cell::text(token),
            Cell::text(self.user.as_deref().unwrap_or_default()),
            Cell::text(outcome).toned(tone),
            Cell::text(from.join(" ")),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        Self::HEADINGS.iter().map(|heading| heading.title).zip(self.row(now)).collect()
    }
}
