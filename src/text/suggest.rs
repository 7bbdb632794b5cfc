//! What somebody probably meant.

use std::cmp::Ordering;

/// The one of `names` that `text` was probably meant to be: mistyped in one place, in two if it has
/// eight letters or more, or not typed to its end. Letter case does not matter. The first letter is
/// right, because people notice when it is not, and because what differs there often means the
/// opposite (unban, ban). Where two names are as near as each other, there is no guess: a wrong one
/// is worse than none.
pub fn nearest<S: AsRef<str>>(text: &str, names: impl IntoIterator<Item = S>) -> Option<S> {
    let text = text.to_lowercase();
    let first = text.chars().next()?;
    let mut nearest: Option<(usize, S)> = None;
    let mut is_tie = false;
    for name in names {
        let lower = name.as_ref().to_lowercase();
        let Some(distance) = distance(&text, &lower).filter(|_| lower.starts_with(first)) else {
            continue;
        };
        match nearest.as_ref().map(|(least, _)| distance.cmp(least)) {
            Some(Ordering::Greater) => {}
            Some(Ordering::Equal) => is_tie = true,
            Some(Ordering::Less) | None => (nearest, is_tie) = (Some((distance, name)), false),
        }
    }
    nearest.filter(|_| !is_tie).map(|(_, name)| name)
}

/// How far a text is from a name; `None` if it is something else. The beginning of a name is
/// farther than a name with mistakes.
fn distance(text: &str, name: &str) -> Option<usize> {
    const BEGINNING: usize = 3;
    let length = text.chars().count();
    let allowed = match length {
        0..=2 => 0,
        3..=7 => 1,
        _ => 2,
    };
    match strsim::damerau_levenshtein(text, name) {
        mistakes if mistakes <= allowed => Some(mistakes),
        _ if length >= BEGINNING && name.starts_with(text) => Some(BEGINNING),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mistyped_names_are_guessed() {
        let names = ["revoke", "revoke-all", "restore", "ban", "unban", "list", "expiring-within"];
        for (text, expected) in [
            ("revoek", Some("revoke")),
            ("REVOKE", Some("revoke")),
            ("revokeall", Some("revoke-all")),
            ("expirng-witin", Some("expiring-within")),
            ("lsit", Some("list")),
            ("exp", Some("expiring-within")),
            ("revoke-", Some("revoke")),
            // The opposite, another word, too short, and two that are as near.
            ("unrevoke", None),
            ("restart", None),
            ("remove", None),
            ("li", None),
            ("rev", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names), expected, "{text}");
        }
    }
}
