//! Messages in which somebody put a secret where something else belongs.

/// The message with everything that could be a secret, or most of one, cut off after its first
/// four characters.
pub fn redact(message: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(message.len()), message);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if looks_random(run) {
            text.push_str(&run[..4]);
            text.push('…');
        } else {
            text.push_str(run);
        }
        let next = after.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(after.len());
        text.push_str(&after[..next]);
        rest = &after[next..];
    }
    text
}

/// At least 20 letters and digits without a break, with both cases and a digit: the random part of
/// a secret looks like this, words, hashes and numbers do not. A run of 40 needs no digit.
fn looks_random(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    run.len() >= 20
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && (run.len() >= 40 || has(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "tok_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
    const HASH: &str = "7bd7fda4d1b7cbc63a97213112813dfff99b2f066c656cf01a054585019af19f";

    #[test]
    fn secrets_are_cut_off_and_other_text_is_not() {
        let redacted = redact(&format!("no user is named \"{SECRET}\": none, {SECRET}"));
        assert_eq!(redacted, "no user is named \"tok_003a…\": none, tok_003a…");
        assert_eq!(redact(&format!("my_{SECRET}x")), "my_tok_003a…");
        assert_eq!(redact(&SECRET[10..35]), "TJC7…");
        for harmless in ["nothing to_hide here", "é 日本", "/tmp/.tmpXS4lUP/db", HASH] {
            assert_eq!(redact(harmless), harmless);
        }
    }
}
