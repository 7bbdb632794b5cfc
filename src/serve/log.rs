//! The server's log on standard error: a line per event, and per request if it is wanted. No line
//! contains a secret.

use super::config::{AccessLog, LogFormat};
use super::outcome::Seen;
use crate::domain::time::Timestamp;
use crate::text::escape::Escaped;
use axum::http::Method;
use serde_json::{Map, Value};
use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How many lines wait to be written. A reader that is too slow must not hold up requests, so more are
/// dropped, and counted.
const MOST: usize = 8192;

/// How long the end of the server waits for a reader to take the last lines.
const LAST_LINES: Duration = Duration::from_secs(3);

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// A field of a line and its value.
pub type Field<'a> = (&'a str, Value);

/// Writes lines from a thread of its own.
pub struct Log {
    format: LogFormat,
    access: AccessLog,
    lines: Mutex<Option<SyncSender<String>>>,
    /// Disconnected when all lines are written.
    written: Mutex<Receiver<()>>,
    dropped: Arc<AtomicU64>,
}

impl Log {
    /// A log in this form.
    ///
    /// # Errors
    ///
    /// When the operating system refuses another thread.
    pub fn start(format: LogFormat, access: AccessLog) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(MOST);
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer { format, dropped: dropped.clone() };
        let (end, written) = sync_channel(0);
        thread::Builder::new().name("log".into()).spawn(move || {
            writer.run(&receiver);
            drop(end);
        })?;
        let (lines, written) = (Mutex::new(Some(sender)), Mutex::new(written));
        Ok(Log { format, access, lines, written, dropped })
    }

    /// Whether requests may be shown.
    pub fn shows_requests(&self) -> bool {
        self.access != AccessLog::None
    }

    /// Adds an event.
    pub fn event(&self, level: Level, message: &str, fields: &[Field]) {
        self.send(line(self.format, level, message, fields));
    }

    /// Adds an event that is only a message and a reason.
    pub fn warn(&self, message: &str, why: impl Display) {
        self.event(Level::Warning, message, &[("why", why.to_string().into())]);
    }

    /// Adds a request, if such are shown.
    pub fn request(&self, seen: &Seen) {
        let (least, level) = match seen.status {
            500.. => (AccessLog::Errors, Level::Error),
            400.. => (AccessLog::Failures, Level::Info),
            _ => (AccessLog::All, Level::Info),
        };
        if (self.access as u8) < least as u8 {
            return;
        }
        let micros = u64::try_from(seen.took.as_micros()).unwrap_or(u64::MAX);
        let caller = seen.client.caller();
        let fields = [
            ("method", shown_method(seen.method).into()),
            ("endpoint", seen.endpoint.into()),
            ("status", seen.status.into()),
            ("outcome", seen.outcome.word.into()),
            ("duration_us", micros.into()),
            ("client", caller.source.into()),
            ("agent", caller.agent.into()),
            ("token_id", seen.outcome.token_id.into()),
            ("user", seen.outcome.user.clone().into()),
        ];
        self.event(level, "request", &fields);
    }

    /// Writes what is left, and ends. A reader that has stopped reading does not keep the server.
    pub fn end(&self) {
        drop(self.lines.lock().unwrap_or_else(PoisonError::into_inner).take());
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = written.recv_timeout(LAST_LINES);
    }

    fn send(&self, line: String) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.as_ref().is_some_and(|lines| lines.try_send(line).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A method that HTTP knows. Any other word is the client's, and could be a secret.
fn shown_method(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS
        | Method::CONNECT
        | Method::TRACE => method.as_str(),
        _ => "other",
    }
}

struct Writer {
    format: LogFormat,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    fn run(&self, lines: &Receiver<String>) {
        for line in lines {
            // Nobody can be told that standard error is closed.
            let _ = io::stderr().write_all(line.as_bytes());
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                let fields = [("lines", dropped.into())];
                let text = line_of_loss(self.format, &fields);
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    }
}

fn line_of_loss(format: LogFormat, fields: &[Field]) -> String {
    line(
        format,
        Level::Warning,
        "log lines were dropped, because they were read too slowly",
        fields,
    )
}

fn line(format: LogFormat, level: Level, message: &str, fields: &[Field]) -> String {
    let level = match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let time = Timestamp::now_millis().to_string();
    match format {
        LogFormat::Json => {
            let mut all = Map::new();
            all.insert("time".into(), time.into());
            all.insert("level".into(), level.into());
            all.insert("message".into(), message.into());
            all.extend(fields.iter().map(|(name, value)| ((*name).to_string(), value.clone())));
            format!("{}\n", Value::Object(all))
        }
        LogFormat::Text => {
            let mut text = format!("{time} {level} {}", Escaped(message));
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                // JSON quotes whatever could be taken for another field, and escapes control characters.
                let _ = match value.as_str().filter(|text| is_plain(text)) {
                    Some(plain) => write!(text, " {name}={plain}"),
                    None => write!(text, " {name}={}", Escaped(&value.to_string())),
                };
            }
            text.push('\n');
            text
        }
    }
}

/// Whether a text needs no quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"\"=\\".contains(&byte))
}
