//! Messages in which somebody put a secret where something else belongs.

/// The message with everything that could be a secret, or most of one, cut off after its first
/// four characters, and with `***` for the passwords of databases, however they were pasted.
pub fn redact(message: &str) -> String {
    without_secrets(&without_assigned(&without_passwords(message)))
}

/// `***` for what stands between the colon and the last `@` of a word, after an optional
/// `scheme://`: `mysql://u:p@h/x`, `jdbc:mysql://u:p@h/x`, `u:p@tcp(h)/x`.
fn without_passwords(message: &str) -> String {
    message.split_inclusive(char::is_whitespace).map(without_password).collect()
}

fn without_password(word: &str) -> String {
    let Some(end) = word.rfind('@') else { return word.to_string() };
    let start = word[..end].find("://").map_or(0, |scheme| scheme + "://".len());
    match word[start..end].find(':') {
        Some(colon) => format!("{}***{}", &word[..start + colon + 1], &word[end..]),
        None => word.to_string(),
    }
}

/// What sets a password or a salt, in lower case.
const ASSIGNMENTS: [&str; 4] = ["password=", "passwd=", "pwd=", "api_token_salt="];

/// `***` for what follows `password=` and the like: in the quotes that follow, or up to white space, a
/// quote, `&` or `;`.
fn without_assigned(message: &str) -> String {
    let lower = message.to_ascii_lowercase();
    let (mut text, mut done) = (String::with_capacity(message.len()), 0);
    while let Some(start) = next_value(&lower, done) {
        text.push_str(&message[done..start]);
        let value = &message[start..];
        let opening = value.trim_start_matches('\\');
        let quote = opening.chars().next().filter(|c| is_quote(*c));
        let is_end = |c: char| match quote {
            Some(quote) => c == quote,
            None => c.is_whitespace() || is_quote(c) || "&;".contains(c),
        };
        let skipped = value.len() - opening.len() + quote.map_or(0, char::len_utf8);
        let length = value[skipped..].find(is_end).unwrap_or(value.len() - skipped);
        if length > 0 {
            text.push_str("***");
        }
        done = start + skipped + length;
    }
    text.push_str(&message[done..]);
    text
}

/// Where the next value begins that is assigned after a position.
fn next_value(lower: &str, from: usize) -> Option<usize> {
    let after = |name: &str| Some(from + lower[from..].find(name)? + name.len());
    ASSIGNMENTS.into_iter().filter_map(after).min()
}

fn is_quote(c: char) -> bool {
    "\"'`".contains(c)
}

fn without_secrets(message: &str) -> String {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "-_+".contains(c);
    let (mut text, mut rest) = (String::with_capacity(message.len()), message);
    while !rest.is_empty() {
        let (run, after) = split_where(rest, |c| !c.is_ascii_alphanumeric());
        if looks_random(run) {
            text.push_str(&run[..4]);
            text.push('…');
            // What follows without a break belongs to the secret, too.
            rest = split_where(after, |c| !is_inside(c)).1;
            continue;
        }
        text.push_str(run);
        let (gap, next) = split_where(after, |c| c.is_ascii_alphanumeric());
        text.push_str(gap);
        rest = next;
    }
    text
}

fn split_where(text: &str, is_next: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_next).unwrap_or(text.len()))
}

/// At least 20 letters and digits without a break, as the random part of a secret has them: in both
/// cases with a digit among them, or letters and digits in turns, as in hexadecimal. Words, dates and
/// numbers do not look like this.
fn looks_random(run: &str) -> bool {
    run.len() >= 20 && (mixes_cases(run) || alternates(run))
}

/// Whether letters and digits have both cases and a digit, as in base62. With 40 of them, the digit can
/// be missing by chance.
pub fn mixes_cases(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && (run.len() >= 40 || has(u8::is_ascii_digit))
}

/// Whether letters give way to digits, or digits to letters, at least 4 times. 20 hexadecimal digits do
/// that 9 times on average.
fn alternates(run: &str) -> bool {
    let is_change = |pair: &&[u8]| pair[0].is_ascii_digit() != pair[1].is_ascii_digit();
    run.as_bytes().windows(2).filter(is_change).count() >= 4
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
        for harmless in [
            "nothing to_hide here",
            "é 日本",
            "/tmp/.tmpXS4lUP/db",
            "backup-20261128T120000Z.db",
            "0192f0aa-1111-7abc-8def-0123456789ab",
            "340282366920938463463374607431768211455",
            "commit 9814c5ad00",
            "no table personal_access_tokens, internationalization",
        ] {
            assert_eq!(redact(harmless), harmless);
        }
    }

    #[test]
    fn secrets_of_other_systems_are_cut_off() {
        for (secret, shown) in [
            (HASH, "7bd7…"),
            (&HASH[..20], "7bd7…"),
            (&HASH.to_uppercase(), "7BD7…"),
            (&format!("7|{HASH}"), "7|7bd7…"),
            (&format!("oat_MQ.{}", &SECRET[4..40]), "oat_MQ.003a…"),
            (&format!("{HASH}-{}_{}+x/y", &HASH[..9], &HASH[..9]), "7bd7…/y"),
        ] {
            assert_eq!(redact(&format!("'{secret}': no")), format!("'{shown}': no"));
        }
    }

    #[test]
    fn passwords_of_databases_are_left_out() {
        for (pasted, shown) in [
            ("jdbc:mysql://u:PW@h/x", "jdbc:mysql://u:***@h/x"),
            ("DATABASE_URL=mysql://u:P@W:1@h/x", "DATABASE_URL=mysql://u:***@h/x"),
            (" \"mysql://u:PW@h/x\" ", " \"mysql://u:***@h/x\" "),
            ("u:PW@tcp(h)/x", "u:***@tcp(h)/x"),
            ("mysql://u:***@h/x", "mysql://u:***@h/x"),
            ("host=h password=PW dbname=x", "host=h password=*** dbname=x"),
            ("password='P W' dbname=x", "password=***' dbname=x"),
            ("\"password=\\\"P W\\\"\"", "\"password=***\"\""),
            ("h?Password=PW&pwd=PW;x", "h?Password=***&pwd=***;x"),
            ("'API_TOKEN_SALT=xyz': no file", "'API_TOKEN_SALT=***': no file"),
        ] {
            assert_eq!(redact(pasted), shown);
        }
        for harmless in
            ["owner: ann@example.com: no", "Ann@sanctum", "mysql://u@h:3306/x", "a: b@c"]
        {
            assert_eq!(redact(harmless), harmless);
        }
    }
}
