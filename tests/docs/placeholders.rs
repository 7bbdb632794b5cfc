//! Replacing what varies from run to run, so that output can be compared with a page.

/// The account that the pages use in their examples.
const ACCOUNT: &str = "alice";

/// The text with placeholders for what varies, and with two spaces between columns.
pub fn replace_varying(text: &str, account: &str) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        let cells = cells.map(|cell| replace_relative_times(&replace_words(cell, account)));
        cells.collect::<Vec<_>>().join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Replaces secrets, hints, times and the account.
fn replace_words(cell: &str, account: &str) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || "_-:.".contains(c);
    let mut text = String::new();
    for part in cell.split_inclusive(|c| !in_word(c)) {
        let word = part.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let start = part.find(word).unwrap_or_default();
        text.push_str(&part[..start]);
        text.push_str(placeholder(word, account).unwrap_or(word));
        text.push_str(&part[start + word.len()..]);
    }
    text
}

fn placeholder(word: &str, account: &str) -> Option<&'static str> {
    match word.strip_prefix("tok_").map(str::len) {
        Some(49) => Some("<secret>"),
        Some(4) => Some("<hint>"),
        _ if word == account => Some(ACCOUNT),
        _ if is_number(word) && word.len() == 10 => Some("<seconds>"),
        _ if is_time(word) => Some("<time>"),
        _ => None,
    }
}

/// `2027-02-20T13:52:05Z`.
fn is_time(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// Replaces `just now`, `3h ago`, `2 days ago`, `in 40s` and `in 29 days`.
fn replace_relative_times(cell: &str) -> String {
    let words: Vec<&str> = cell.split(' ').collect();
    let mut rest = words.as_slice();
    let mut text: Vec<String> = Vec::new();
    while let [first, ..] = rest {
        let (replacement, length) = match relative_time(rest) {
            // The last word may carry punctuation.
            Some((placeholder, length)) => {
                let last = rest[length - 1];
                (format!("{placeholder}{}", &last[bare(last).len()..]), length)
            }
            None => (first.to_string(), 1),
        };
        text.push(replacement);
        rest = &rest[length..];
    }
    text.join(" ")
}

/// The placeholder for a relative time at the start of `words`, and how many words it has.
fn relative_time(words: &[&str]) -> Option<(&'static str, usize)> {
    let word = |i: usize| words.get(i).map_or("", |word| bare(word));
    let is_short = |word: &str| word.strip_suffix(['s', 'm', 'h']).is_some_and(is_number);
    let is_unit = |word: &str| ["day", "days", "years"].contains(&word);
    match (word(0), word(1), word(2)) {
        ("just", "now", _) => Some(("<ago>", 2)),
        (n, "ago", _) if is_short(n) => Some(("<ago>", 2)),
        (n, unit, "ago") if is_number(n) && is_unit(unit) => Some(("<ago>", 3)),
        ("in", n, _) if is_short(n) => Some(("<ahead>", 2)),
        ("in", n, unit) if is_number(n) && is_unit(unit) => Some(("<ahead>", 3)),
        _ => None,
    }
}

fn bare(word: &str) -> &str {
    word.trim_end_matches(|c: char| !c.is_alphanumeric())
}

#[test]
fn varying_values_are_replaced() {
    let secret = format!("tok_{}", "a1".repeat(24) + "Z");
    for (text, expected) in [
        (format!("\"{secret}\""), "\"<secret>\""),
        ("tok_Ab3d".into(), "<hint>"),
        ("tok_Ab3".into(), "tok_Ab3"),
        ("expires 2027-02-20T13:52:05Z.".into(), "expires <time>."),
        ("\"iat\":1795355525,".into(), "\"iat\":<seconds>,"),
        ("revoked just now: lost".into(), "revoked <ago>: lost"),
        ("expires in 29 days".into(), "expires <ahead>"),
        (
            "1  CI  root  3h ago    in 2 years  1 day ago".into(),
            "1  CI  alice  <ago>  <ahead>  <ago>",
        ),
        ("in time, 3 tokens".into(), "in time, 3 tokens"),
        ("rooted (root)".into(), "rooted (alice)"),
    ] {
        assert_eq!(replace_varying(&text, "root"), expected);
    }
}
