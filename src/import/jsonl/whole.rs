//! An export of everything: it has one beginning and one end, and no part of it is missing.

use super::entry::Entry;
use super::remembered::Remembered;
use crate::import::error::InvalidLine;
use crate::store::LastIds;

/// What the lines so far tell of an export of everything.
#[derive(Default)]
pub struct WholeExport {
    /// The line of the beginning.
    start: Option<u64>,
    /// The line of the end, and what it says.
    end: Option<(u64, LastIds)>,
    last_user_id: i64,
    last_token_id: i64,
}

impl WholeExport {
    /// Adds a line.
    ///
    /// # Errors
    ///
    /// When the export begins or ends a second time: of two databases, none could be moved.
    pub fn add(&mut self, number: u64, entry: &Entry) -> Result<(), InvalidLine> {
        let is_second = match entry {
            Entry::User { user, .. } => {
                let id = user.fields.exported.as_ref().map_or(0, |exported| exported.id);
                self.last_user_id = self.last_user_id.max(id);
                false
            }
            Entry::Exported { line, .. } => {
                let ids = [Some(line.id), line.replaces, line.replaced_by];
                self.last_token_id = ids.into_iter().flatten().fold(self.last_token_id, i64::max);
                false
            }
            Entry::Remembered(line) => match line.as_ref() {
                Remembered::Start => self.start.replace(number).is_some(),
                Remembered::End(ids) => self.end.replace((number, *ids)).is_some(),
                _ => false,
            },
            Entry::Token(_) => false,
        };
        if is_second { Err(InvalidLine::SecondExport) } else { Ok(()) }
    }

    /// The ids that the database has had, if all of it is there; `None` if the file does not say that it
    /// is an export of everything.
    ///
    /// # Errors
    ///
    /// When a part is missing, with the line that says so.
    pub fn last_ids(self) -> Result<Option<LastIds>, (u64, InvalidLine)> {
        match (self.start, self.end) {
            (None, None) => Ok(None),
            (Some(line), None) => Err((line, InvalidLine::NoEnd)),
            (None, Some((line, _))) => Err((line, InvalidLine::NoStart)),
            (Some(_), Some((line, ids))) => {
                if self.last_user_id > ids.last_user_id {
                    Err((line, InvalidLine::HigherId("last_user_id")))
                } else if self.last_token_id > ids.last_token_id {
                    Err((line, InvalidLine::HigherId("last_token_id")))
                } else {
                    Ok(Some(ids))
                }
            }
        }
    }
}
