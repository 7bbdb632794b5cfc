//! Instants and durations, how they are written, and how long ago something was.

use super::invalid::Invalid;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use serde::{Serialize, Serializer};
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

const SECOND: i64 = 1000;
/// Anything less than this long ago was "just now".
const JUST_NOW: i64 = 10 * SECOND;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The last millisecond of the year 9999, where RFC 3339 ends.
const END: i64 = 253_402_300_799_999;

/// An instant from 1970 to 9999: milliseconds since 1970-01-01T00:00:00Z. tokctl's own are whole
/// seconds; imported ones may have a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serve",
    derive(utoipa::ToSchema),
    schema(value_type = String, format = DateTime)
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The current second.
    pub fn now() -> Self {
        Timestamp::now_millis().whole_second()
    }

    /// The current millisecond, for rows of the log, which are ordered by it.
    pub fn now_millis() -> Self {
        Timestamp::of(SystemTime::now())
    }

    /// What a clock says; the nearest instant for one that is not within 1970 to 9999.
    pub fn of(clock: SystemTime) -> Self {
        let since_1970 = clock.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::nearest(i64::try_from(since_1970.as_millis()).unwrap_or(END))
    }

    /// `None` outside 1970 to 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (0..=END).contains(&millis).then_some(Timestamp(millis))
    }

    /// The nearest instant within 1970 to 9999.
    pub fn nearest(millis: i64) -> Self {
        Timestamp(millis.clamp(0, END))
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as RFC 7662 has `iat` and `exp`.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// The same instant without its fraction of a second.
    pub fn whole_second(self) -> Self {
        Timestamp(self.seconds() * SECOND)
    }

    /// Whether this instant has been reached at `now`. It counts as reached from the beginning of
    /// its second.
    pub fn has_come(self, now: Timestamp) -> bool {
        self.seconds() <= now.seconds()
    }

    /// The instant after `span`; `None` after the year 9999.
    pub fn plus(self, span: Span) -> Option<Self> {
        self.0.checked_add(span.0).and_then(Timestamp::from_millis)
    }

    /// The instant before `span`, but not before 1970.
    pub fn minus(self, span: Span) -> Self {
        Timestamp(self.0.saturating_sub(span.0).max(0))
    }

    /// The time from this instant to `later`; zero when `later` is earlier.
    pub fn until(self, later: Timestamp) -> Span {
        Span((later.0 - self.0).max(0))
    }

    /// `3h ago`, `in 29 days`, `just now`.
    pub fn relative_to(self, now: Timestamp) -> String {
        match self.0 - now.0 {
            ahead if ahead >= SECOND => format!("in {}", Span(ahead).rounded()),
            behind if behind <= -JUST_NOW => format!("{} ago", Span(-behind).rounded()),
            _ => "just now".to_string(),
        }
    }
}

impl Display for Timestamp {
    /// RFC 3339 in UTC; a fraction of a second only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A length of time: `30d`, `12h`, `3mo`, `1h30m`, `90 days`. A month has 30 days, and a year has 365, as
/// the frameworks whose tokens are imported count it (the humantime crate's year has 365.25).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Span(seconds * SECOND)
    }

    /// So many days of 24 hours.
    pub const fn days(days: i64) -> Self {
        Span(days * DAY)
    }

    /// Its length in milliseconds.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Half of it.
    pub fn half(self) -> Self {
        Span(self.0 / 2)
    }

    /// Whether somebody who wrote this meant a duration, even if it is none: it ends in a unit, and no
    /// date does.
    pub fn is_meant_by(text: &str) -> bool {
        let text = text.trim();
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_lowercase())
    }

    /// The largest unit that fits, rounded down: `29 days`, `3h`, `40s`.
    fn rounded(self) -> String {
        match self.0 {
            span if span < MINUTE => format!("{}s", span / SECOND),
            span if span < HOUR => format!("{}m", span / MINUTE),
            span if span < DAY => format!("{}h", span / HOUR),
            span if span < 2 * DAY => "1 day".to_string(),
            span if span < 730 * DAY => format!("{} days", span / DAY),
            span => format!("{} years", span / (365 * DAY)),
        }
    }
}

/// The units of durations, from large to small: milliseconds, and their names. The first name is the one
/// that is written.
const UNITS: [(i64, &[&str]); 7] = [
    (365 * DAY, &["y", "yr", "yrs", "year", "years"]),
    (30 * DAY, &["mo", "month", "months"]),
    (7 * DAY, &["w", "week", "weeks"]),
    (DAY, &["d", "day", "days"]),
    (HOUR, &["h", "hr", "hrs", "hour", "hours"]),
    (MINUTE, &["m", "min", "mins", "minute", "minutes"]),
    (SECOND, &["s", "sec", "secs", "second", "seconds"]),
];

/// The length of a unit with this name.
fn unit(name: &str) -> Option<i64> {
    UNITS.iter().find(|(_, names)| names.contains(&name)).map(|(length, _)| *length)
}

impl FromStr for Span {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::from(
                "a duration must be a number and a unit (s, m, h, d, w, mo or y), such as 30d, 3mo \
                 or 1h30m",
            )
        };
        let (mut total, mut previous) = (0_i64, i64::MAX);
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let (number, after) = split(rest, |c| c.is_ascii_digit());
            let (name, after) = split(after.trim_start(), char::is_alphabetic);
            let unit = unit(name).ok_or_else(wrong)?;
            if name == "m" && (DAY..i64::MAX).contains(&previous) {
                return Err("m means minutes; write mo for months, or min for minutes".into());
            }
            if number.is_empty() {
                return Err(wrong());
            }
            if unit >= previous {
                return Err(
                    "the units of a duration must go from large to small, such as 1h30m".into()
                );
            }
            total = (number.parse::<i64>().ok())
                .and_then(|number| number.checked_mul(unit))
                .and_then(|part| total.checked_add(part))
                .filter(|&sum| sum <= END)
                .ok_or("a duration cannot be longer than 8000 years")?;
            (previous, rest) = (unit, after.trim_start());
        }
        Ok(Span(total))
    }
}

/// The longest start of a text whose characters fit, and the rest.
fn split(text: &str, fits: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !fits(c)).unwrap_or(text.len()))
}

impl Display for Span {
    /// The shortest text that parses to the same length, without weeks and months.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rest, mut previous) = (self.0, 0);
        for (unit, names) in UNITS {
            if rest >= unit && !matches!(names[0], "w" | "mo") {
                let name = if unit == MINUTE && previous >= DAY { "min" } else { names[0] };
                write!(f, "{}{name}", rest / unit)?;
                (rest, previous) = (rest % unit, unit);
            }
        }
        if self.0 < SECOND { f.write_str("0s") } else { Ok(()) }
    }
}

/// A point in time as a person gives it: a duration from now, a date (00:00 UTC), an RFC 3339
/// instant, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At no time.
    Never,
    /// That long from now, or ago.
    In(Span),
    /// At that instant.
    At(Timestamp),
}

impl When {
    /// Reads a point in the past: everything but `never`.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn in_the_past(text: &str) -> Result<Self, Invalid> {
        match text.parse() {
            Ok(When::Never) => {}
            Ok(when) => return Ok(when),
            Err(why) if Span::is_meant_by(text) => return Err(why),
            Err(_) => {}
        }
        Err("must be a duration (30d, 12h, 1y), a date (2030-01-31) or an RFC 3339 timestamp \
             (2030-01-31T12:00:00Z)"
            .into())
    }

    /// The same as a point in the past: a duration counts back from now, and `never` is 1970.
    pub fn before(self, now: Timestamp) -> Timestamp {
        match self {
            When::Never => now.minus(Span(now.0)),
            When::In(span) => now.minus(span),
            When::At(at) => at,
        }
    }

    /// The same as an expiry; `None` for `never`.
    ///
    /// # Errors
    ///
    /// When it is in the past or after the year 9999.
    pub fn resolve(self, now: Timestamp) -> Result<Option<Timestamp>, Invalid> {
        let at = match self {
            When::Never => return Ok(None),
            When::In(span) => now.plus(span).ok_or("it is after the year 9999")?,
            When::At(at) => at,
        };
        if at.has_come(now) { Err("it is in the past".into()) } else { Ok(Some(at)) }
    }
}

impl FromStr for When {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text == "never" {
            return Ok(When::Never);
        }
        match text.parse() {
            Ok(span) => return Ok(When::In(span)),
            Err(why) if Span::is_meant_by(text) => return Err(why),
            Err(_) => {}
        }
        instant(text).map(When::At).ok_or_else(|| {
            "must be a duration (30d, 12h, 1y), a date (2030-01-31), an RFC 3339 instant \
             (2030-01-31T12:00:00Z) before the year 10000, or never"
                .into()
        })
    }
}

/// A date or an RFC 3339 instant.
fn instant(text: &str) -> Option<Timestamp> {
    // RFC 3339 years have four digits; chrono would take "+10000" too.
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let time = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) => date.and_time(NaiveTime::MIN).and_utc(),
        Err(_) => DateTime::parse_from_rfc3339(text).ok()?.to_utc(),
    };
    Timestamp::from_millis(time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn resolve(text: &str) -> Result<Option<Timestamp>, Invalid> {
        text.parse::<When>()?.resolve(NOW)
    }

    #[test]
    fn spans() {
        for (text, millis) in [
            ("90s", 90 * SECOND),
            ("5m", 5 * MINUTE),
            ("12h", 12 * HOUR),
            ("30d", 30 * DAY),
            ("2w", 14 * DAY),
            ("1y", 31_536_000 * SECOND),
            ("1h30m", 90 * MINUTE),
            ("0s", 0),
            ("3mo", 90 * DAY),
            ("1y6mo", 545 * DAY),
            ("1d2h5m", 26 * HOUR + 5 * MINUTE),
            ("1d5min", DAY + 5 * MINUTE),
            ("90 days", 90 * DAY),
            ("1 year 6 months", 545 * DAY),
            (" 2 weeks 1 hour ", 14 * DAY + HOUR),
        ] {
            assert_eq!(text.parse(), Ok(Span(millis)), "{text}");
        }
        for bad in [
            "",
            "d",
            "30",
            "-1d",
            "30 d d",
            "30m1h",
            "1h1h",
            "1 fortnight",
            "1.5h",
            "1M",
            "1d!",
            "9999999999y",
            "99999999999999999999d",
        ] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn m_is_refused_where_months_may_be_meant() {
        let why = "m means minutes; write mo for months, or min for minutes";
        for text in ["1y6m", "2w3m", "1d5m", "2mo1m", "1y 6 m"] {
            assert_eq!(text.parse::<Span>().unwrap_err().to_string(), why, "{text}");
        }
        assert_eq!("6m".parse(), Ok(Span(6 * MINUTE)));
    }

    #[test]
    fn expiries() {
        assert_eq!(resolve("never"), Ok(None));
        assert_eq!(resolve("1d"), Ok(Some(Timestamp(NOW.0 + DAY))));
        assert_eq!(resolve("2099-01-01").unwrap().unwrap().to_string(), "2099-01-01T00:00:00Z");
        let paris = resolve("2099-01-01T01:30:00+01:00").unwrap().unwrap();
        assert_eq!(paris.to_string(), "2099-01-01T00:30:00Z");
        assert_eq!(resolve("9999-12-31T23:59:59Z").unwrap().unwrap().0, END - 999);
        for bad in [
            "",
            "soon",
            "10000-01-01",
            "+10000-01-01",
            "2099-02-30",
            "2099-13-01",
            "9000y",
            "2001-01-01",
            "0s",
            "2099-01-01T00:00:00",
            "1969-12-31",
            "-1d",
        ] {
            assert!(resolve(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_instant_has_come_from_the_start_of_its_second() {
        let expiry = Timestamp(NOW.0 + 337);
        assert!(expiry.has_come(NOW));
        assert!(!Timestamp(NOW.0 + SECOND).has_come(NOW));
    }

    #[test]
    fn a_clock_before_1970_or_after_9999_says_the_nearest_instant() {
        let day = Duration::from_secs(86_400);
        assert_eq!(Timestamp::of(UNIX_EPOCH - day), Timestamp(0));
        assert_eq!(Timestamp::of(UNIX_EPOCH + day), Timestamp(DAY));
        assert_eq!(Timestamp::of(UNIX_EPOCH + day * 3_000_000), Timestamp(END));
    }

    #[test]
    fn relative_times() {
        for (millis, text) in [
            (0, "just now"),
            (-500, "just now"),
            (-9 * SECOND, "just now"),
            (-10 * SECOND, "10s ago"),
            (-3 * HOUR, "3h ago"),
            (29 * DAY + HOUR, "in 29 days"),
            (-DAY, "1 day ago"),
            (40 * SECOND, "in 40s"),
            (5 * 365 * DAY, "in 5 years"),
        ] {
            assert_eq!(Timestamp(NOW.0 + millis).relative_to(NOW), text);
        }
    }

    proptest! {
        #[test]
        fn spans_read_back(seconds in 0..END / SECOND) {
            let span = Span(seconds * SECOND);
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }

        #[test]
        fn instants_read_back(millis in 0..=END) {
            let text = Timestamp(millis).to_string();
            prop_assert_eq!(instant(&text), Some(Timestamp(millis)));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = resolve(&text);
        }
    }
}
