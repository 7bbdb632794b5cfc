//! Statistics as bars, a calendar and sparklines: 80 columns, and no colour needed.

use super::counted;
use crate::name::Escaped;
use crate::store::{Count, Statistics};
use std::fmt::Write;

/// How many owners and scopes get a bar.
const BARS: usize = 8;
/// The width of the longest bar.
const BAR: u64 = 30;
/// The width of a label.
const LABEL: usize = 28;

pub fn render(statistics: &Statistics) -> String {
    let (tokens, users) = (counted(statistics.tokens, "token"), counted(statistics.users, "user"));
    let mut text = format!("{tokens}, {users}\n");
    bars(&mut text, "by status", &statistics.by_status);
    bars(&mut text, "active, by owner", &statistics.by_owner);
    bars(&mut text, "active, by scope", &statistics.by_scope);
    calendar(&mut text, &statistics.expiring);
    days(&mut text, "good, last 30 days", &statistics.uses);
    days(&mut text, "not good, last 30 days", &statistics.rejections);
    let told = match statistics.record_attempts.as_str() {
        "all" => "all verifications are recorded",
        "failures" => "good verifications are not recorded (record-attempts is failures)",
        _ => "no verifications are recorded (record-attempts is none)",
    };
    let _ = writeln!(text, "{told}");
    text
}

fn bars(text: &mut String, title: &str, counts: &[Count]) {
    let most = counts.iter().map(|count| count.count).max().unwrap_or(0);
    let _ = writeln!(text, "\n{title}");
    if counts.is_empty() {
        let _ = writeln!(text, "  none");
    }
    for Count { name, count } in counts.iter().take(BARS) {
        let length = if most == 0 { 0 } else { (count * BAR).div_ceil(most) };
        let bar = "█".repeat(length as usize);
        let _ = writeln!(text, "  {} {count:>9} {bar}", fitted(name));
    }
    if counts.len() > BARS {
        let rest: u64 = counts[BARS..].iter().map(|count| count.count).sum();
        let _ =
            writeln!(text, "  {} {rest:>9}", fitted(&format!("{} others", counts.len() - BARS)));
    }
}

/// A label of exactly so many columns: wide characters take two.
fn fitted(name: &str) -> String {
    use unicode_width::UnicodeWidthChar;
    let (mut label, mut width) = (String::new(), 0);
    let escaped = Escaped(name).to_string();
    for c in escaped.chars() {
        let more = c.width().unwrap_or(0);
        if width + more > LABEL - 1 {
            label.push('…');
            width += 1;
            break;
        }
        label.push(c);
        width += more;
    }
    label.extend(std::iter::repeat_n(' ', LABEL.saturating_sub(width)));
    label
}

/// Thirteen weeks, a digit a day: how many tokens expire on it.
fn calendar(text: &mut String, expiring: &[u64]) {
    let total: u64 = expiring.iter().sum();
    let _ = writeln!(text, "\nexpiring within 90 days: {total}");
    for (week, days) in expiring.chunks(30).enumerate() {
        let marks: String = days.iter().map(|&count| mark(count)).collect();
        let (first, last) = (week * 30, week * 30 + days.len() - 1);
        let _ = writeln!(text, "  in {first:>2} to {last:>2} days  {marks}");
    }
}

/// A day's count in one column.
fn mark(count: u64) -> char {
    match count {
        0 => '·',
        1..=9 => char::from(b'0' + count as u8),
        _ => '+',
    }
}

/// A day a column, today last; the highest is the busiest day.
fn days(text: &mut String, title: &str, counts: &[u64]) {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().max().unwrap_or(0);
    let level = |&count: &u64| match count {
        0 => '·',
        count => LEVELS[((count * 8).div_ceil(most) - 1).min(7) as usize],
    };
    let line: String = counts.iter().map(level).collect();
    let _ =
        writeln!(text, "\n{title}: {}, at most {most} a day\n  {line}", counts.iter().sum::<u64>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_eighty_columns() {
        let count = |name: &str, count| Count { name: name.into(), count };
        let statistics = Statistics {
            tokens: u64::from(u32::MAX),
            users: 3,
            by_status: vec![count("active", 999_999_999), count("revoked", 0)],
            by_owner: (0..20).map(|i| count(&format!("日本{}", "名".repeat(40)), i)).collect(),
            by_scope: vec![count(&"a".repeat(255), 7)],
            expiring: (0..90).collect(),
            uses: vec![u64::from(u32::MAX); 30],
            rejections: vec![0; 30],
            record_attempts: "all".into(),
        };
        for line in render(&statistics).lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
        }
    }
}
