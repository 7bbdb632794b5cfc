//! The report of an import, as data.

use super::record::{RowKey, SkipReason};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};

/// What became of a source's users and tokens.
#[derive(Debug, Default)]
pub struct Report {
    /// The system.
    pub system: &'static str,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The table of tokens.
    pub token_table: String,
    /// The tables of owners, the users first.
    pub owner_tables: Vec<String>,
    /// The time zone in which MySQL's TIMESTAMP columns were read.
    pub session_zone: Option<String>,
    /// How many rows the table of tokens has.
    pub tokens_found: u64,
    /// Those of them that are of other types.
    pub other_rows: Vec<OtherRows>,
    /// The owner of the tokens that name none, if there are some (JSON Lines).
    pub default_owner: Option<String>,
    /// Keys that were not read, although they have values (JSON Lines).
    pub ignored_keys: Vec<String>,
    /// Users who were added.
    pub users_created: u64,
    /// Users who were here, and got the tokens.
    pub users_matched: u64,
    /// Users whom an earlier import brought.
    pub users_known: u64,
    /// Users whose name or e-mail address was taken here by somebody else.
    pub users_renamed: u64,
    /// Users who were not matched, because the user here is an administrator.
    pub admins_not_matched: u64,
    /// Known users whom the source refuses, and who are not banned here.
    pub users_refused_there: u64,
    /// Users whose rows cannot be read.
    pub users_skipped: u64,
    /// Tokens that were added.
    pub tokens_imported: u64,
    /// Tokens that an earlier import brought, also if they were deleted since.
    pub tokens_known: u64,
    /// Known tokens that differ from the source, and which were left as they are.
    pub tokens_changed: u64,
    /// Known tokens that were updated.
    pub tokens_replaced: u64,
    /// Tokens that had been deleted here, or revoked because the source did not have them, and are
    /// back.
    pub tokens_restored: u64,
    /// Known tokens that were given the earlier expiry or the fewer scopes that they have in the source
    /// now.
    pub tokens_limited: u64,
    /// Imported tokens with fewer scopes than there.
    pub tokens_narrowed: u64,
    /// Known tokens that were revoked, because the source does not have them any more.
    pub tokens_gone: u64,
    /// Tokens that are revoked here because the source refuses them or their owner.
    pub tokens_revoked: u64,
    /// Tokens that were not imported.
    pub tokens_skipped: u64,
    /// Why rows were skipped, in the order in which that happened first.
    pub skipped: Vec<Skipped>,
    /// Imported tokens whose secret is shorter than 20 characters.
    pub weak_secrets: u64,
    /// Imported tokens that are rejected here because of the setting `unused-lifetime`, and not
    /// there.
    pub unused_here: u64,
    /// Imported tokens that the policy of this database would not allow if they were new.
    pub against_policy: u64,
    /// Imported tokens with dates before 2000 or after 2100.
    pub odd_dates: u64,
    /// `table.column` in the source where secrets can be read.
    pub clear_text: Option<String>,
    /// What became of what an export has besides users and tokens.
    pub remembered: RememberedReport,
    /// What became of each row, if that was asked for.
    pub rows: RowLog,
}

/// What became of what an export has besides users and tokens.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct RememberedReport {
    /// The user whom the new database was created with, and whom a copy does without.
    pub replaced_user: Option<String>,
    /// Tables of other systems.
    pub tables: Taken,
    /// Users of other systems.
    pub origins: Taken,
    /// Deleted tokens of other systems.
    pub deletions: Taken,
    /// Settings that were set.
    pub settings_set: Vec<&'static str>,
    /// How many settings are the same here.
    pub settings_known: u64,
    /// Settings that are others here, and stay so.
    pub settings_kept: Vec<KeptSetting>,
}

/// How many lines of an export were taken over.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// What is here now and was not before.
    pub added: u64,
    /// What is the same here.
    pub known: u64,
    /// What is otherwise here, and stays so.
    pub kept: u64,
}

/// A setting that an export would have changed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct KeptSetting {
    /// Its key.
    pub key: &'static str,
    /// Its value in the export.
    pub there: String,
    /// The value that applies here.
    pub here: Option<String>,
}

/// Rows of one type that are not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRows {
    /// The type; `None`: NULL.
    pub kind: Option<String>,
    /// How many.
    pub count: u64,
}

/// Rows that were skipped for one reason.
#[derive(Debug)]
pub struct Skipped {
    /// The reason.
    pub reason: SkipReason,
    /// How many rows.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<RowKey>,
}

/// How many rows are listed for one reason.
const LISTED: usize = 10;

impl Report {
    /// Whether there were rows, none of them is a token here now, and no token here was revoked because
    /// of them.
    pub fn took_nothing(&self) -> bool {
        let Report { tokens_imported, tokens_known, tokens_replaced, tokens_gone, .. } = *self;
        self.tokens_found > 0 && tokens_imported + tokens_known + tokens_replaced + tokens_gone == 0
    }

    /// Counts a row that was skipped.
    pub fn skip(&mut self, row: RowKey, reason: SkipReason) {
        let place = match self.skipped.iter().position(|entry| entry.reason == reason) {
            Some(place) => place,
            None => {
                self.skipped.push(Skipped { reason, count: 0, rows: Vec::new() });
                self.skipped.len() - 1
            }
        };
        let entry = &mut self.skipped[place];
        entry.count += 1;
        if entry.rows.len() < LISTED {
            entry.rows.push(row);
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// The row.
    pub row: RowKey,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a user or a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// An earlier import brought it.
    Known,
    /// An earlier import brought the token, and it differs from the source.
    Changed,
    /// An earlier import brought the token, which has the limits of its row now.
    Limited,
    /// An earlier import brought the token, another one revoked it because its row or its owner was
    /// missing, and they are back.
    Restored,
    /// An earlier import brought the token, which has the values of its row now.
    Replaced {
        /// The id here.
        id: i64,
        /// The scopes that were left out.
        left_out: Vec<String>,
        /// Why the token is revoked here.
        revoked: Option<String>,
    },
    /// An earlier import brought the token, and the source refuses it now, for this reason.
    Revoked(String),
    /// The user is the one with this id.
    Matched(i64),
    /// The user was added.
    Created {
        /// The name here.
        name: String,
        /// Whether the e-mail address was left out, because it is invalid or taken.
        without_email: bool,
    },
    /// The token was added.
    Imported {
        /// The id here.
        id: i64,
        /// The scopes that were left out.
        left_out: Vec<String>,
        /// Why the token is revoked here.
        revoked: Option<String>,
    },
    /// It was not imported.
    Skipped(SkipReason),
    /// It was not imported, because the row with this id has the same secret.
    Duplicate(String),
}

/// What became of each row, in a file without a name: a large import has more rows than memory
/// should hold, and none can be shown before the transaction ends.
#[derive(Debug, Default)]
pub struct RowLog {
    /// A JSON text a line.
    file: Option<BufWriter<File>>,
    /// The first error of writing, which [`RowLog::finish`] returns.
    failed: Option<io::Error>,
}

impl RowLog {
    /// Adds a row.
    pub fn push(&mut self, row: &RowReport) {
        if let Err(error) = self.try_push(row) {
            self.failed.get_or_insert(error);
        }
    }

    fn try_push(&mut self, row: &RowReport) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(tempfile::tempfile()?)),
        };
        serde_json::to_writer(&mut *file, row)?;
        file.write_all(b"\n")
    }

    /// Makes all rows readable.
    ///
    /// # Errors
    ///
    /// When a row could not be kept.
    pub fn finish(&mut self) -> io::Result<()> {
        let flushed = self.file.as_mut().map_or(Ok(()), BufWriter::flush);
        self.failed.take().map_or(flushed, Err)
    }

    /// All rows, in the order in which they were added, after [`RowLog::finish`].
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be read.
    pub fn read(&self) -> io::Result<impl Iterator<Item = io::Result<RowReport>> + '_> {
        let lines = match &self.file {
            Some(file) => {
                let mut file = file.get_ref();
                file.seek(SeekFrom::Start(0))?;
                Some(BufReader::new(file).lines())
            }
            None => None,
        };
        let parse = |line: String| serde_json::from_str(&line).map_err(io::Error::from);
        Ok(lines.into_iter().flatten().map(move |line| line.and_then(parse)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u32) -> RowKey {
        RowKey { table: "tokens".into(), id: id.to_string() }
    }

    #[test]
    fn rows_read_back_as_often_as_needed() {
        let mut rows = RowLog::default();
        let row = RowReport {
            row: RowKey { table: "two\nlines".into(), id: "?".into() },
            outcome: Outcome::Skipped(SkipReason::OwnerMissing),
        };
        rows.push(&row);
        rows.push(&RowReport { row: key(1), outcome: Outcome::Known });
        rows.finish().unwrap();
        for _ in 0..2 {
            let read: Vec<_> = rows.read().unwrap().map(|row| row.unwrap()).collect();
            assert_eq!(read.len(), 2);
            assert_eq!(read[0], row);
        }
        assert_eq!(RowLog::default().read().unwrap().count(), 0);
    }

    #[test]
    fn skipped_rows_are_counted_by_reason_and_the_first_ones_listed() {
        let mut report = Report::default();
        for id in 0..12 {
            report.skip(key(id), SkipReason::OwnerMissing);
        }
        report.skip(key(99), SkipReason::SameSecret);
        let counts: Vec<_> =
            report.skipped.iter().map(|entry| (entry.count, entry.rows.len())).collect();
        assert_eq!(counts, [(12, LISTED), (1, 1)]);
        assert_eq!(report.skipped[0].rows[9], key(9));
    }
}
