//! Text that a terminal must not act on.

use std::fmt::{self, Display, Write};

/// Whether a terminal might act on the character instead of showing it, or shows nothing, so that
/// two names look alike: control characters (C0, DEL, C1), line separators, characters that reorder
/// the text around them (Unicode's `Bidi_Control` property), and characters that are invisible on
/// their own. Joiners, which scripts and emoji need, are not among them.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}')
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
}

/// Text made safe to show: characters that are [`is_unsafe`] are written as `\u{…}`, all others
/// as they are.
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_unsafe(c) { write!(f, "{}", c.escape_unicode())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_is_safe_and_plain_text_unchanged() {
        for bad in
            ["a\u{1b}[2J", "a\nb", "a\0b", "a\u{9b}b", "a\u{202e}b", "a\u{2066}b", "a\u{200b}"]
        {
            assert!(!Escaped(bad).to_string().chars().any(is_unsafe), "{bad:?}");
        }
        assert_eq!(Escaped("Ключ 日本 👩‍💻").to_string(), "Ключ 日本 👩‍💻");
    }
}
