//! Rows of the log.

use super::record::{Cell, Heading, Record, Tone};
use crate::domain::audit::LogEntry;
use crate::domain::time::Timestamp;

impl Record for LogEntry {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("TIME"),
        Heading::fixed("ACTION"),
        Heading::cut("TOKEN"),
        Heading::cut("USER"),
        Heading::wrapped("OUTCOME"),
        Heading::cut("ACCOUNT"),
        Heading::optional("CLIENT"),
    ];
    const KEYS: &'static [&'static str] = &[
        "time",
        "kind",
        "account",
        "sudo",
        "action",
        "token_id",
        "token_name",
        "user",
        "outcome",
        "reason",
        "fingerprint",
        "source",
        "agent",
    ];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::text(self.time.whole_second().to_string()),
            Cell::text(&self.action),
            token(self),
            Cell::text(self.user.as_deref().unwrap_or_default()),
            outcome(self),
            account(self),
            client(self),
        ]
    }
}

fn account(entry: &LogEntry) -> Cell {
    match &entry.sudo {
        Some(sudo) => Cell::text(format!("{} ({sudo})", entry.account)),
        None => Cell::text(&entry.account),
    }
}

/// The token, or the fingerprint of a secret that no token has.
fn token(entry: &LogEntry) -> Cell {
    match (entry.token_id, &entry.token_name, &entry.fingerprint) {
        (Some(id), Some(name), _) => Cell::text(format!("{id} {name}")),
        (Some(id), None, _) => Cell::text(id.to_string()),
        (None, _, Some(fingerprint)) => Cell::text(format!("sha256 {fingerprint}…")),
        (None, _, None) => Cell::text(""),
    }
}

fn outcome(entry: &LogEntry) -> Cell {
    let cell = match &entry.reason {
        Some(reason) => Cell::text(format!("{}: {reason}", entry.outcome)),
        None => Cell::text(&entry.outcome),
    };
    cell.toned(match entry.outcome.as_str() {
        "good" => Tone::Good,
        "done" => Tone::Plain,
        _ => Tone::Bad,
    })
}

/// The address and the name of the client.
fn client(entry: &LogEntry) -> Cell {
    let parts = [&entry.source, &entry.agent].into_iter().flatten();
    Cell::text(parts.map(String::as_str).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{assert_keys, now};

    fn rejected() -> LogEntry {
        LogEntry {
            time: now(),
            kind: "verify".into(),
            account: "root".into(),
            sudo: Some("carol".into()),
            action: "verify".into(),
            token_id: None,
            token_name: None,
            user: None,
            outcome: "rejected".into(),
            reason: Some("unknown".into()),
            fingerprint: Some("7bd7fda4d1b7".into()),
            source: Some("192.0.2.7".into()),
            agent: Some("curl/8".into()),
        }
    }

    #[test]
    fn keys_are_those_of_the_json() {
        assert_keys(&rejected());
    }

    #[test]
    fn a_rejected_secret_is_shown_as_a_fingerprint() {
        let cells: Vec<_> = rejected().row(now()).into_iter().map(|cell| cell.text).collect();
        let expected = [
            "2027-01-15T08:00:00Z",
            "verify",
            "sha256 7bd7fda4d1b7…",
            "",
            "rejected: unknown",
            "root (carol)",
            "192.0.2.7 curl/8",
        ];
        assert_eq!(cells, expected);
    }
}
