//! The report of an import.

use super::record::{Cell, Heading, Record, Tone};
use crate::domain::time::Timestamp;
use crate::import::{
    KeptSetting, OtherRows, Outcome, RememberedReport, Report, RowLog, RowReport, Skipped, Taken,
};
use crate::text::count::counted;
use crate::text::escape::Escaped;
use serde::ser::{Error, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

impl Record for Report {
    const HEADINGS: &'static [Heading] = &[];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        Vec::new()
    }

    fn details(&self, _now: Timestamp) -> Vec<(&'static str, Cell)> {
        let would = if self.dry_run { "would be " } else { "" };
        let users = format!(
            "{} {would}created, {} {would}matched, {} known from an earlier import",
            self.users_created, self.users_matched, self.users_known
        );
        let mut tokens = format!(
            "{} {would}imported, {} known from an earlier import, {} {would}skipped",
            self.tokens_imported, self.tokens_known, self.tokens_skipped
        );
        if self.tokens_replaced > 0 {
            tokens += &format!(", {} {would}replaced", self.tokens_replaced);
        }
        let mut lines = vec![("system", Cell::text(self.system))];
        if let Some(tables) = tables_line(self) {
            lines.push(("tables", Cell::text(tables)));
        }
        if let Some(zone) = &self.session_zone {
            lines.push(("session zone", Cell::text(format!("{zone}, of TIMESTAMP columns"))));
        }
        lines.extend([("users", Cell::text(users)), ("tokens", Cell::text(tokens))]);
        let remembered = remembered_lines(&self.remembered, would).into_iter();
        lines.extend(remembered.map(|(label, text)| (label, Cell::text(text))));
        lines.extend(self.default_owner.as_ref().map(|name| {
            ("default owner", Cell::text(format!("{name}, of the tokens that name none")))
        }));
        let others =
            self.other_rows.iter().map(|other| ("other rows", Cell::text(other_line(other))));
        lines.extend(others);
        let skipped = self.skipped.iter().map(|entry| ("skipped", Cell::text(skipped_line(entry))));
        lines.extend(skipped);
        let warnings = warnings(self).into_iter();
        lines.extend(warnings.map(|(label, text)| (label, Cell::text(text).toned(Tone::Warning))));
        lines
    }
}

/// The tables that were read.
fn tables_line(report: &Report) -> Option<String> {
    let owners = match report.owner_tables.as_slice() {
        [] => "none".to_string(),
        tables => tables.join(", "),
    };
    let tokens = &report.token_table;
    (!tokens.is_empty()).then(|| format!("tokens from {tokens}, owners from {owners}"))
}

/// What became of what an export has besides users and tokens, each with a label.
fn remembered_lines(report: &RememberedReport, would: &str) -> Vec<(&'static str, String)> {
    let taken = |taken: &Taken| {
        let Taken { added, known, kept } = taken;
        let kept_as = if *kept > 0 { format!(", {kept} kept as here") } else { String::new() };
        let line = format!("{added} {would}added, {known} known{kept_as}");
        (added + known + kept > 0).then_some(line)
    };
    let RememberedReport { settings_set, settings_known, settings_kept, .. } = report;
    let set = match settings_set.as_slice() {
        [] => String::new(),
        keys => format!(" ({})", keys.join(", ")),
    };
    let settings = format!(
        "{} {would}set{set}, {settings_known} the same here, {} kept as here",
        settings_set.len(),
        settings_kept.len()
    );
    let has_settings = settings_set.len() + settings_kept.len() > 0 || *settings_known > 0;
    let lines = [
        (
            "replaced user",
            report
                .replaced_user
                .as_ref()
                .map(|name| format!("{name}, whom the new database was created with")),
        ),
        ("source tables", taken(&report.tables)),
        ("source users", taken(&report.origins)),
        ("deleted", taken(&report.deletions)),
        ("settings", has_settings.then_some(settings)),
    ];
    lines.into_iter().filter_map(|(label, text)| Some((label, text?))).collect()
}

/// What a setting is in the export and here.
fn kept_setting(setting: &KeptSetting) -> String {
    let KeptSetting { key, there, here } = setting;
    format!("{key} is {there} in the export, and {} here", here.as_deref().unwrap_or("not set"))
}

/// How many rows of another type there are.
fn other_line(other: &OtherRows) -> String {
    match &other.kind {
        Some(kind) => format!("{} of type {kind}, not imported", other.count),
        None => format!("{} without a type, not imported", other.count),
    }
}

/// How many rows were skipped for a reason, and the first of them.
fn skipped_line(skipped: &Skipped) -> String {
    let rows: Vec<_> = skipped.rows.iter().map(ToString::to_string).collect();
    let more = if skipped.count > rows.len() as u64 { ", …" } else { "" };
    format!("{}: {} ({}{more})", skipped.count, skipped.reason, rows.join(", "))
}

/// What differs here from the source, and what the operator should do, each with a label.
fn warnings(report: &Report) -> Vec<(&'static str, String)> {
    let counts = about_users(report).into_iter().chain(about_tokens(report));
    let mut warnings: Vec<_> = counts
        .filter(|warning| warning.count > 0)
        .map(|Warning { label, count, noun, text }| {
            (label, format!("{}: {text}", counted(count, noun)))
        })
        .collect();
    if !report.ignored_keys.is_empty() {
        warnings.push(("ignored keys", report.ignored_keys.join(", ")));
    }
    let kept = report.remembered.settings_kept.iter();
    warnings.extend(kept.map(|setting| ("kept setting", kept_setting(setting))));
    warnings.extend(report.clear_text.as_ref().map(|column| {
        let text = match report.system {
            "jsonl" => "the file contains readable secrets; delete it after the import".to_string(),
            "strapi" => format!(
                "column {column} in the source contains encrypted secrets, which the project's \
                 ENCRYPTION_KEY reveals; drop it after the migration"
            ),
            _ => format!(
                "column {column} in the source contains readable secrets; drop it after the \
                 migration"
            ),
        };
        ("clear text", text)
    }));
    warnings
}

/// Something that the operator should know of, if the count is not 0.
struct Warning {
    label: &'static str,
    count: u64,
    noun: &'static str,
    text: &'static str,
}

fn about_users(report: &Report) -> [Warning; 3] {
    let user = |label, count, text| Warning { label, count, noun: "user", text };
    [
        user(
            "renamed",
            report.users_renamed,
            "the name or e-mail address is taken here (--verbose lists them)",
        ),
        user(
            "not matched",
            report.admins_not_matched,
            "not matched to an administrator here; --match-admins allows it",
        ),
        user(
            "refused",
            report.users_refused_there,
            "banned or deleted in the source, but active here; ban them here, too",
        ),
    ]
}

fn about_tokens(report: &Report) -> [Warning; 10] {
    let token = |label, count, text| Warning { label, count, noun: "token", text };
    [
        token(
            "narrowed",
            report.tokens_narrowed,
            "without scopes that are invalid here or would grant more (--verbose lists them)",
        ),
        token(
            "revoked",
            report.tokens_revoked,
            "revoked because the source refuses them or their owners",
        ),
        token(
            "gone",
            report.tokens_gone,
            "known, and revoked because the source does not have them any more",
        ),
        token(
            "changed",
            report.tokens_changed,
            "known, and differ from the source; --replace updates them",
        ),
        token(
            "restored",
            report.tokens_restored,
            "had been deleted here, or had been missing from the source",
        ),
        token(
            "limited",
            report.tokens_limited,
            "known, and given the earlier expiry or fewer scopes of the source",
        ),
        Warning {
            label: "weak secrets",
            count: report.weak_secrets,
            noun: "secret",
            text: "shorter than 20 characters; rotate these tokens",
        },
        token(
            "unused here",
            report.unused_here,
            "rejected here because of the setting unused-lifetime",
        ),
        token(
            "against policy",
            report.against_policy,
            "imported although the policy does not allow new tokens like this",
        ),
        token(
            "odd dates",
            report.odd_dates,
            "with dates before 2000 or after 2100; check how the source stores dates",
        ),
    ]
}

/// What became of a row, as a sentence.
pub fn row_sentence(report: &RowReport) -> String {
    let outcome = match &report.outcome {
        Outcome::Known => "known from an earlier import".to_string(),
        Outcome::Changed => "known from an earlier import; it differs from the source".to_string(),
        Outcome::Limited => {
            "known from an earlier import, limited as in the source now".to_string()
        }
        Outcome::Restored => "known from an earlier import, no longer revoked".to_string(),
        Outcome::Replaced { id, left_out, revoked } => {
            format!("replaced token {id}{}", limits(left_out, revoked.as_deref()))
        }
        Outcome::Revoked(why) => format!("known from an earlier import, revoked now: {why}"),
        Outcome::Matched(id) => format!("matched user {id}"),
        Outcome::Created { name, without_email } => {
            let without = if *without_email { ", without an e-mail address" } else { "" };
            format!("created as user {name}{without}")
        }
        Outcome::Imported { id, left_out, revoked } => {
            format!("imported as token {id}{}", limits(left_out, revoked.as_deref()))
        }
        Outcome::Skipped(why) => format!("skipped: {why}"),
        // A secret that was registered here has no row there.
        Outcome::Duplicate(id) if id.is_empty() => {
            "skipped: a token here has the same secret".to_string()
        }
        Outcome::Duplicate(id) => format!("skipped: row {id} has the same secret"),
    };
    format!("{}: {outcome}", report.row)
}

/// The scopes that a token does not have here, and why it is revoked.
fn limits(left_out: &[String], revoked: Option<&str>) -> String {
    let quoted: Vec<_> = left_out.iter().map(|scope| format!("\"{scope}\"")).collect();
    let mut limits = match quoted.as_slice() {
        [] => String::new(),
        scopes => format!(", without the scopes {}", scopes.join(", ")),
    };
    if let Some(why) = revoked {
        limits += &format!(", revoked: {why}");
    }
    limits
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Report", 33)?;
        json.serialize_field("system", self.system)?;
        json.serialize_field("dry_run", &self.dry_run)?;
        json.serialize_field("token_table", &self.token_table)?;
        json.serialize_field("owner_tables", &self.owner_tables)?;
        json.serialize_field("session_zone", &self.session_zone)?;
        json.serialize_field("default_owner", &self.default_owner)?;
        let ignored: Vec<_> =
            self.ignored_keys.iter().map(|key| Escaped(key).to_string()).collect();
        json.serialize_field("ignored_keys", &ignored)?;
        json.serialize_field("users_created", &self.users_created)?;
        json.serialize_field("users_matched", &self.users_matched)?;
        json.serialize_field("users_known", &self.users_known)?;
        json.serialize_field("users_renamed", &self.users_renamed)?;
        json.serialize_field("admins_not_matched", &self.admins_not_matched)?;
        json.serialize_field("users_refused_there", &self.users_refused_there)?;
        json.serialize_field("tokens_found", &self.tokens_found)?;
        let others: Vec<_> = self.other_rows.iter().map(OtherJson::from).collect();
        json.serialize_field("other_rows", &others)?;
        json.serialize_field("tokens_imported", &self.tokens_imported)?;
        json.serialize_field("tokens_known", &self.tokens_known)?;
        json.serialize_field("tokens_limited", &self.tokens_limited)?;
        json.serialize_field("tokens_gone", &self.tokens_gone)?;
        json.serialize_field("tokens_changed", &self.tokens_changed)?;
        json.serialize_field("tokens_replaced", &self.tokens_replaced)?;
        json.serialize_field("tokens_restored", &self.tokens_restored)?;
        json.serialize_field("tokens_narrowed", &self.tokens_narrowed)?;
        json.serialize_field("tokens_revoked", &self.tokens_revoked)?;
        json.serialize_field("tokens_skipped", &self.tokens_skipped)?;
        let skipped: Vec<_> = self.skipped.iter().map(SkippedJson::from).collect();
        json.serialize_field("skipped", &skipped)?;
        json.serialize_field("users_skipped", &self.users_skipped)?;
        json.serialize_field("weak_secrets", &self.weak_secrets)?;
        json.serialize_field("unused_here", &self.unused_here)?;
        json.serialize_field("against_policy", &self.against_policy)?;
        json.serialize_field("odd_dates", &self.odd_dates)?;
        json.serialize_field("clear_text", &self.clear_text)?;
        let remembered = Some(&self.remembered).filter(|report| **report != Default::default());
        json.serialize_field("remembered", &remembered)?;
        json.serialize_field("rows", &RowsJson(&self.rows))?;
        json.end()
    }
}

#[derive(Serialize)]
struct OtherJson {
    #[serde(rename = "type")]
    kind: Option<String>,
    count: u64,
}

impl From<&OtherRows> for OtherJson {
    fn from(other: &OtherRows) -> Self {
        let kind = other.kind.as_ref().map(|kind| Escaped(kind).to_string());
        OtherJson { kind, count: other.count }
    }
}

#[derive(Serialize)]
struct SkippedJson {
    reason: String,
    count: u64,
    rows: Vec<String>,
}

impl From<&Skipped> for SkippedJson {
    fn from(skipped: &Skipped) -> Self {
        let rows = skipped.rows.iter().map(|row| Escaped(&row.to_string()).to_string());
        SkippedJson {
            reason: skipped.reason.to_string(),
            count: skipped.count,
            rows: rows.collect(),
        }
    }
}

/// A list of sentences, one row after another.
struct RowsJson<'a>(&'a RowLog);

impl Serialize for RowsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for row in self.0.read().map_err(S::Error::custom)? {
            let sentence = row_sentence(&row.map_err(S::Error::custom)?);
            list.serialize_element(&Escaped(&sentence).to_string())?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{now, text_of};
    use super::*;
    use crate::import::{RowKey, SkipReason};

    fn key(id: &str) -> RowKey {
        RowKey { table: "tokens".into(), id: id.into() }
    }

    fn report() -> Report {
        let mut report = Report { system: "sanctum", tokens_imported: 2, ..Report::default() };
        report.skip(key("1"), SkipReason::OwnerMissing);
        report.skip(key("a\u{1b}b"), SkipReason::OwnerMissing);
        report.weak_secrets = 1;
        report.clear_text = Some("tokens.token".into());
        let outcome = Outcome::Imported {
            id: 7,
            left_out: vec!["posts.*".into(), "\u{1b}".into()],
            revoked: Some("banned".into()),
        };
        report.rows.push(&RowReport { row: key("2"), outcome });
        report.rows.finish().unwrap();
        report
    }

    #[test]
    fn people_read_counts_reasons_and_warnings() {
        let details = report().details(now());
        let text = |label| text_of(&details, label);
        assert_eq!(text("tokens"), "2 imported, 0 known from an earlier import, 0 skipped");
        let dry_run = Report { dry_run: true, ..report() }.details(now());
        assert_eq!(
            text_of(&dry_run, "tokens"),
            "2 would be imported, 0 known from an earlier import, 0 would be skipped"
        );
        assert_eq!(text("skipped"), "2: owner not found (tokens 1, tokens a\\u{1b}b)");
        assert_eq!(
            text("weak secrets"),
            "1 secret: shorter than 20 characters; rotate these tokens"
        );
        assert_eq!(
            text("clear text"),
            "column tokens.token in the source contains readable secrets; \
             drop it after the migration"
        );
    }

    #[test]
    fn programs_read_every_count_and_rows_that_are_safe_to_show() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["tokens_imported"], 2);
        assert_eq!(json["skipped"][0]["rows"][1], "tokens a\\u{1b}b");
        assert_eq!(
            json["rows"][0],
            "tokens 2: imported as token 7, without the scopes \"posts.*\", \"\\u{1b}\", \
             revoked: banned"
        );
    }
}
