//! When and why a row ends, by the columns that say it.

use super::ends::{End, is_active_status};
use super::source::{Problem, Row, Unreadable};
use crate::domain::time::Timestamp;

/// Why and when a row ends.
#[derive(Default)]
pub struct RowEnd {
    /// Why it has ended.
    pub why: Option<String>,
    /// When it ends.
    pub at: Option<Timestamp>,
}

/// Why and when a row ends: the first mark that is set, and the earliest time.
pub fn end_of(
    row: &Row,
    ends: &[(String, End)],
    system: &str,
) -> std::result::Result<RowEnd, Unreadable> {
    let mut row_end = RowEnd::default();
    for (column, end) in ends {
        let why = match end {
            End::Expiry => {
                row_end.at = earlier(row_end.at, row.end(column)?);
                None
            }
            End::Expired => match row.flag(column) {
                Ok(is_over) => is_over.then(|| format!("expired in {system}")),
                Err(_) => {
                    row_end.at = earlier(row_end.at, row.end(column)?);
                    None
                }
            },
            End::Mark(word) => row.mark(column)?.then(|| format!("{word} in {system}")),
            End::Begun => (!row.mark(column)?).then(|| format!("not active in {system}")),
            End::Active => (!row.flag(column)?).then(|| format!("not active in {system}")),
            End::Status => end_by_status(row, column, system)?,
            End::Unclear => None,
        };
        row_end.why = row_end.why.or(why);
    }
    Ok(row_end)
}

/// Why a row has ended by its status; without one it has not.
fn end_by_status(
    row: &Row,
    column: &str,
    system: &str,
) -> std::result::Result<Option<String>, Unreadable> {
    let Some(status) = row.some_text(column)? else { return Ok(None) };
    match is_active_status(&status) {
        Some(true) => Ok(None),
        Some(false) => Ok(Some(format!("{} in {system}", status.trim()))),
        None => {
            let column = column.to_string();
            Err(Unreadable { column, problem: Problem::UnknownStatus })
        }
    }
}

/// The earlier of two times, of which none is never.
pub fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}
