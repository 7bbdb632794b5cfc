//! Words and paths quoted so that a POSIX shell reads them back unchanged.

use super::escape::Escaped;
use std::path::Path;

/// A path as one word of a command line; one that starts with a hyphen must not look like an
/// option.
pub fn quote_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.starts_with('-') { quote(&format!("./{text}")) } else { quote(&text) }
}

/// A text as one word of a command line. What a terminal would act on comes out escaped, and then
/// no longer reads back as the same text.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", Escaped(&text.replace('\'', r"'\''")))
    }
}
