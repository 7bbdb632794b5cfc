//! The source text of a page, tidied up.

/// The longest line, in bytes, unless a single word is longer.
const MAX_LINE: usize = 80;

/// The same page without empty lines, without the preamble that each of its pieces repeats, and
/// without long lines of text.
pub fn tidy(page: &str) -> String {
    let mut tidied = String::new();
    let mut is_verbatim = false;
    let mut has_title = false;
    for line in page.lines().map(str::trim_end) {
        match line {
            ".nf" => is_verbatim = true,
            ".fi" => is_verbatim = false,
            _ => {}
        }
        has_title |= line.starts_with(".TH");
        let is_repeated = has_title && (line.starts_with(".ie ") || line.starts_with(".el "));
        if line.is_empty() || line == ".br" || is_repeated {
            continue;
        }
        if is_verbatim || line.starts_with('.') {
            tidied.push_str(line);
        } else {
            wrap(line, &mut tidied);
        }
        tidied.push('\n');
    }
    tidied
}

/// Appends a line of text, wrapped. A wrapped line never begins with a character that would make
/// it a request.
fn wrap(line: &str, text: &mut String) {
    let mut length = 0;
    for (i, word) in line.split(' ').enumerate() {
        let can_begin = !word.is_empty() && !word.starts_with(['.', '\'']);
        if i > 0 && can_begin && length + 1 + word.len() > MAX_LINE {
            text.push('\n');
            length = 0;
        } else if i > 0 {
            text.push(' ');
            length += 1;
        }
        text.push_str(word);
        length += word.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_but_not_before_a_request_character() {
        let line = format!("{} '{} c", "a".repeat(70), "b".repeat(20));
        assert_eq!(tidy(&line), format!("{} '{}\nc\n", "a".repeat(70), "b".repeat(20)));
    }

    #[test]
    fn verbatim_lines_stay_as_they_are() {
        let page = format!(".nf\n{}\n.fi\n", "word ".repeat(30).trim_end());
        assert_eq!(tidy(&page), page);
    }
}
