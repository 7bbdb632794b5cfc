//! Text fitted to a number of terminal columns, of which a wide character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text in at most `width` columns; a longer one ends in `…`.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let (mut short, mut taken) = (String::new(), 0);
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken + 1 > width {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// The text in exactly `width` columns: cut, or followed by spaces.
pub fn padded(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// As many words as fit into `width` columns, and the number of the others: `a b +3`. If not even
/// the first one fits, it is cut.
pub fn first_words(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let words: Vec<&str> = text.split(' ').collect();
    let others = |shown: usize| match words.len() - shown {
        0 => String::new(),
        others => format!(" +{others}"),
    };
    for shown in (1..words.len()).rev() {
        let short = words[..shown].join(" ") + &others(shown);
        if short.width() <= width {
            return short;
        }
    }
    let others = others(1);
    cut(words[0], width.saturating_sub(others.width()).max(2)) + &others
}

/// The text in lines of at most `width` columns, broken between words. A longer word is cut.
pub fn wrapped(text: &str, width: usize) -> String {
    let (mut lines, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let word = cut(word, width);
        if column > 0 && column + 1 + word.width() <= width {
            lines.push(' ');
            column += 1;
        } else if column > 0 {
            lines.push('\n');
            column = 0;
        }
        column += word.width();
        lines.push_str(&word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
    }

    #[test]
    fn padded_text_has_exactly_its_width() {
        assert_eq!(padded("CI", 4), "CI  ");
        assert_eq!(padded("日本語", 4), "日… ");
        assert_eq!(padded("long enough", 4), "lon…");
    }

    #[test]
    fn words_that_do_not_fit_are_counted() {
        assert_eq!(first_words("a.b c.d e.f", 11), "a.b c.d e.f");
        assert_eq!(first_words("a.b c.d e.f", 10), "a.b c.d +1");
        assert_eq!(first_words("posts.manage c.d e.f", 8), "post… +2");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("how long it lives", 9), "how long\nit lives");
        assert_eq!(wrapped("unbreakable it is", 6), "unbre…\nit is");
    }
}
