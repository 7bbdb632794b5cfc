//! Text that a terminal must not act on.

use std::fmt::{self, Display, Write};

/// Whether a terminal might act on the character instead of showing it, or shows nothing, so that
/// two names look alike: control characters (C0, DEL, C1), line separators, characters that reorder
/// the text around them (Unicode's `Bidi_Control` property), and characters that are invisible on
/// their own, among them tags and the blank pattern of Braille. Those that scripts and emoji need are
/// not among them: see [`is_joiner`].
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{34f}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{2800}')
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}' if !is_joiner(c))
}

/// Whether the character is invisible and only changes how those beside it look: joiners and variation
/// selectors. Emoji such as 👩‍💻 and some scripts need them.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
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

    #[test]
    fn what_shows_nothing_is_unsafe_unless_emoji_and_scripts_need_it() {
        let invisible = ['\u{34f}', '\u{206a}', '\u{206f}', '\u{2800}', '\u{e0001}', '\u{e0061}'];
        assert!(invisible.into_iter().all(is_unsafe));
        for joiner in ['\u{200d}', '\u{fe0f}', '\u{e0100}'] {
            assert!(is_joiner(joiner) && !is_unsafe(joiner), "{joiner:?}");
        }
    }
}
