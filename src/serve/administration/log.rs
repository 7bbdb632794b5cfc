//! The log: verifications and administrative changes, the newest first.

use super::answer::{Answer, json};
use super::cursor::Cursor;
use super::guard::Administrator;
use super::page::Place;
use super::query::{Query, number, text};
use crate::admin::{LogFilter, LogLimit};
use crate::domain::audit::LogEntry;
use crate::domain::time::{Timestamp, When};
use crate::serve::app::Shared;
use crate::serve::responses::Refused;
use crate::serve::schema;
use crate::store::LogPosition;
use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// How many entries are searched for a page. One that finds fewer than it should goes on in the next.
const SEARCHED: usize = 100_000;

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub struct LogEntries {
    /// The entries, the newest first.
    entries: Vec<LogEntry>,
    /// The cursor of the next page, which has older entries; null on the last one. A page can have fewer
    /// entries than the limit, or none, and not be the last.
    next: Option<String>,
}

/// Which part of the log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct LogParameters {
    /// Only verifications, or only administrative changes
    #[param(inline)]
    kind: Option<schema::LogKind>,
    /// 1: only failed verifications
    #[param(inline)]
    failures: Option<schema::Flag>,
    /// Only entries about this user
    #[param(inline)]
    user: Option<schema::SomeText>,
    /// Only entries about the token with this id
    #[param(minimum = 0)]
    token: Option<i64>,
    /// Only entries since this time: a duration ago, a date (00:00 UTC) or an RFC 3339 timestamp
    #[param(inline)]
    since: Option<schema::PastTime>,
    /// Only entries up to this time, in the same forms
    #[param(inline)]
    until: Option<schema::PastTime>,
    /// The largest number of entries on the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// Where to go on: the value of next on the page before
    #[param(inline)]
    cursor: Option<schema::LogCursor>,
}

/// Read the log
#[utoipa::path(
    get,
    operation_id = "read_log",
    path = "/log",
    tag = "log",
    params(LogParameters),
    responses((status = 200, body = LogEntries), Refused),
    security(("bearer" = [])),
)]
pub async fn list(
    State(app): State<Shared>,
    administrator: Administrator,
    mut query: Query,
) -> Answer {
    let Place { limit, after: before } = Place::take(&mut query, |cursor| match cursor {
        Cursor::Entry(position) => Some(position),
        _ => None,
    })?;
    let kind = query.one("kind", |kind| match kind {
        "verify" => Ok((true, false)),
        "admin" => Ok((false, true)),
        _ => Err("must be verify or admin".into()),
    })?;
    let (attempts, changes) = kind.unwrap_or((true, true));
    let now = Timestamp::now();
    let filter = LogFilter {
        attempts,
        changes,
        failures: query.flag("failures")?,
        user: query.one("user", text)?,
        token_id: query.one("token", number)?,
        since: query.one("since", When::in_the_past)?.map(|when| when.before(now)),
        until: query.one("until", When::in_the_past)?.map(|when| when.before(now)),
        after: LogPosition::default(),
        before,
    };
    query.end()?;
    let limit = LogLimit { rows: Some(limit), searched: Some(SEARCHED) };
    let mut page = administrator.run(&app, move |admin| admin.log(&filter, limit)).await?;
    page.entries.reverse();
    let next = page.older.map(|position| Cursor::Entry(position).to_string());
    json(&LogEntries { entries: page.entries, next })
}
