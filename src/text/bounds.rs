//! How much of a text is read, which may have no end, and how much of it is shown.

use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes. A token with all scopes that it may have needs a quarter.
pub const MAX_LINE: usize = 1024 * 1024;

/// Reads a line with its ending, and returns how many bytes it has: none at the end, and more than
/// [`MAX_LINE`] if it is too long, in which case only its beginning was read.
///
/// # Errors
///
/// When the input cannot be read.
pub fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    line.clear();
    let most = MAX_LINE + 1;
    input.take(most as u64).read_until(b'\n', line)
}

/// The text, or its beginning and its end if it is too long for anybody to read.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 4000;
    const KEPT: usize = 500;
    if text.len() <= MOST {
        return text.to_string();
    }
    let (beginning, end) =
        (text.floor_char_boundary(KEPT), text.ceil_char_boundary(text.len() - KEPT));
    format!("{}…{}", &text[..beginning], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_endings() {
        let (mut input, mut line) = (&b"a\n\nlast"[..], Vec::new());
        for expected in [&b"a\n"[..], b"\n", b"last", b""] {
            assert_eq!(read_line(&mut input, &mut line).unwrap(), expected.len());
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn of_a_line_without_end_only_the_beginning_is_read() {
        let mut line = Vec::new();
        let mut endless = io::BufReader::new(io::repeat(0));
        assert_eq!(read_line(&mut endless, &mut line).unwrap(), MAX_LINE + 1);
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        assert_eq!(shortened("short"), "short");
        let long = shortened(&format!("user {} not found", "é".repeat(1_000_000)));
        assert!(long.starts_with("user éé") && long.ends_with("é not found"), "{long}");
        assert!(long.len() < 1100);
    }
}
