//! Statistics as bars, a calendar and a line of days: 80 columns, readable without colour.

use super::width::padded;
use crate::admin::{Count, Statistics};
use crate::text::count::counted;
use crate::text::escape::Escaped;
use std::fmt::{self, Write};
use unicode_width::UnicodeWidthStr;

/// How many owners and scopes get a bar of their own.
const BARS: usize = 8;
/// The length of the longest bar.
const BAR_LENGTH: u64 = 30;
/// The width of a label, unless it may be in full.
const LABEL_WIDTH: usize = 28;
/// How many days of the calendar are on one line.
const DAYS_PER_LINE: usize = 30;

/// The statistics as text. With `shortens` long names are cut.
pub fn render(statistics: &Statistics, shortens: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, statistics, shortens);
    text
}

fn write(text: &mut String, statistics: &Statistics, shortens: bool) -> fmt::Result {
    let (tokens, users) = (counted(statistics.tokens, "token"), counted(statistics.users, "user"));
    writeln!(text, "{tokens}, {users}")?;
    bars(text, "Tokens by status", &statistics.by_status, shortens)?;
    bars(text, "Active tokens by owner", &statistics.by_owner, shortens)?;
    bars(text, "Active tokens by scope", &statistics.by_scope, shortens)?;
    calendar(text, &statistics.expiring)?;
    days(text, "Successful verifications in the last 30 days", &statistics.uses)?;
    days(text, "Failed verifications in the last 30 days", &statistics.rejections)?;
    let recorded = match statistics.record_attempts.as_str() {
        "all" => "All verifications are recorded (record-attempts is all)",
        "none" => "Verifications are not recorded (record-attempts is none)",
        _ => "Only failed verifications are recorded (record-attempts is failures)",
    };
    writeln!(text, "\n{recorded}")
}

/// A bar for each of the first counts, and the sum of the others.
fn bars(text: &mut String, title: &str, counts: &[Count], shortens: bool) -> fmt::Result {
    writeln!(text, "\n{title}")?;
    if counts.is_empty() {
        writeln!(text, "  none")?;
    }
    let highest = counts.iter().map(|count| count.count).max().unwrap_or(0).max(1);
    let (shown, others) = counts.split_at(counts.len().min(BARS));
    let names: Vec<_> = shown.iter().map(|count| Escaped(&count.name).to_string()).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let width = if shortens { LABEL_WIDTH } else { LABEL_WIDTH.max(widest) };
    for (Count { count, .. }, name) in shown.iter().zip(names) {
        let length = (count * BAR_LENGTH).div_ceil(highest);
        let bar = "█".repeat(length as usize);
        let line = format!("  {} {count:>9} {bar}", padded(&name, width));
        writeln!(text, "{}", line.trim_end())?;
    }
    if !others.is_empty() {
        let sum: u64 = others.iter().map(|count| count.count).sum();
        writeln!(text, "  {} {sum:>9}", padded(&format!("{} others", others.len()), width))?;
    }
    Ok(())
}

/// How many tokens expire on each day, one character per day.
fn calendar(text: &mut String, expiring: &[u64]) -> fmt::Result {
    let (days, total) = (expiring.len(), expiring.iter().sum::<u64>());
    writeln!(text, "\nActive tokens expiring within {days} days: {total}")?;
    for (line, counts) in expiring.chunks(DAYS_PER_LINE).enumerate() {
        let first = line * DAYS_PER_LINE;
        let last = first + counts.len() - 1;
        let digits: String = counts.iter().map(|&count| digit(count)).collect();
        writeln!(text, "  in {first:>2} to {last:>2} days  {digits}")?;
    }
    Ok(())
}

/// A count in one column: `+` for more than nine.
fn digit(count: u64) -> char {
    match count {
        0 => '·',
        1..=9 => char::from(b'0' + count as u8),
        _ => '+',
    }
}

/// One character per day, today last, scaled to the busiest day.
fn days(text: &mut String, title: &str, counts: &[u64]) -> fmt::Result {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = counts.iter().copied().max().unwrap_or(0);
    let column = |&count: &u64| match count {
        0 => '·',
        count => LEVELS[((count * 8).div_ceil(highest) - 1).min(7) as usize],
    };
    let columns: String = counts.iter().map(column).collect();
    writeln!(text, "\n{title}: {}", counts.iter().sum::<u64>())?;
    match highest {
        0 => writeln!(text, "  {columns}"),
        _ => writeln!(text, "  {columns}  at most {highest} per day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(name: &str, count: u64) -> Count {
        Count { name: name.into(), count }
    }

    fn statistics() -> Statistics {
        Statistics {
            tokens: 1,
            users: 2,
            by_status: vec![count("active", 2), count("revoked", 0)],
            by_owner: Vec::new(),
            by_scope: Vec::new(),
            expiring: [0, 1, 12].into_iter().chain([0; 87]).collect(),
            uses: vec![0; 30],
            rejections: [0, 4, 8].into_iter().chain([0; 27]).collect(),
            record_attempts: "failures".into(),
        }
    }

    #[test]
    fn every_chart_has_its_title_and_numbers() {
        let text = render(&statistics(), true);
        for part in [
            "1 token, 2 users\n",
            "\nTokens by status\n  active                               2 ██████████████████████████████\n",
            "  revoked                              0\n",
            "\nActive tokens by owner\n  none\n",
            "\nActive tokens expiring within 90 days: 13\n  in  0 to 29 days  ·1+···",
            "\n  in 60 to 89 days  ······",
            "\nSuccessful verifications in the last 30 days: 0\n  ······························\n",
            "\nFailed verifications in the last 30 days: 12\n  ·▄█···",
            "  at most 8 per day\n",
            "\nOnly failed verifications are recorded (record-attempts is failures)\n",
        ] {
            assert!(text.contains(part), "{part:?}\n{text}");
        }
    }

    #[test]
    fn everything_fits_eighty_columns() {
        let statistics = Statistics {
            tokens: u64::from(u32::MAX),
            by_status: vec![count("active", 999_999_999)],
            by_owner: (0..20).map(|i| count(&format!("日本{}", "名".repeat(40)), i)).collect(),
            by_scope: vec![count(&"a".repeat(255), 7)],
            expiring: (0..90).collect(),
            uses: vec![u64::from(u32::MAX); 30],
            rejections: vec![0; 30],
            record_attempts: "all".into(),
            ..statistics()
        };
        let text = render(&statistics, true);
        assert!(text.contains("12 others"), "{text}");
        for line in text.lines() {
            assert!(line.width() <= 80, "{line}");
        }
        // Elsewhere than on a terminal, names are whole.
        assert!(render(&statistics, false).contains(&"a".repeat(255)));
    }
}
