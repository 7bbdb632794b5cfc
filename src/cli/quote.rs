//! What an error may quote of a command line, any part of which may be a secret in the wrong place.

/// Whether an unknown argument can be nothing but an option: one letter, or words in lower case.
pub fn is_option_name(argument: &str) -> bool {
    let short = argument.len() == 2 && argument.starts_with('-');
    short || argument.strip_prefix("--").is_some_and(|name| is_lower_case(name) && name.len() <= 30)
}

/// Whether an unknown command can be nothing but a mistyped one.
pub fn is_command_name(text: &str) -> bool {
    is_lower_case(text) && text.len() <= 16
}

fn is_lower_case(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// An invalid value as an error quotes it: whole if it is short, else at most a fifth of it, as
/// with the hint of a token.
pub fn shown(value: &str) -> String {
    const LONGEST: usize = 24;
    let length = value.chars().count();
    if length <= LONGEST {
        return value.to_string();
    }
    let start: String = value.chars().take((length / 5).min(8)).collect();
    format!("{start}…")
}
