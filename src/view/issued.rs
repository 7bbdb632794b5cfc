//! New tokens and their secrets, which are shown this once.

use super::csv::csv_row;
use super::output::Output;
use crate::admin::{Issued, IssuedToken};
use crate::cli::Format;
use crate::domain::token::{Status, Token};
use crate::text::json;
use std::io::{self, Write};
use std::path::PathBuf;
use zeroize::Zeroizing;

const CSV_LINE_END: &[u8] = b"\r\n";

/// Writes secrets straight to where they go: a buffer in between would keep a copy of them.
pub fn write(all: &[Issued], many: bool, format: Format, to: &mut impl Write) -> io::Result<()> {
    let is_json_list = many && format == Format::Json;
    for (i, issued) in all.iter().enumerate() {
        let (record, secret) = (issued.record(), &issued.secret);
        let mut text = Zeroizing::new(Vec::with_capacity(4096));
        match format {
            Format::Human | Format::Wide => text.extend_from_slice(secret.expose().as_bytes()),
            Format::Csv => {
                // The secret is the last column and needs no quotes. The library for CSV would keep
                // copies of it.
                let row = csv_row(&IssuedToken { secret: "", ..record }, i == 0)?;
                text.extend_from_slice(row.strip_suffix(CSV_LINE_END).unwrap_or(&row));
                text.extend_from_slice(secret.expose().as_bytes());
                text.extend_from_slice(CSV_LINE_END);
            }
            Format::Json | Format::Jsonl => {
                if is_json_list && i == 0 {
                    text.extend_from_slice(b"[\n");
                }
                json::write(&mut *text, &record)?;
                if is_json_list {
                    let is_last = i + 1 == all.len();
                    text.extend_from_slice(if is_last { b"\n]" } else { b"," });
                }
            }
        }
        if format != Format::Csv {
            text.push(b'\n');
        }
        to.write_all(&text)?;
    }
    to.flush()
}

/// Says what was issued, where the secret is, and that it is not shown again.
pub fn announce(issued: &[Issued], many: bool, file: Option<&PathBuf>, out: &Output) {
    let place = file.map(|path| format!("; secret written to {}", path.display()));
    let place = place.unwrap_or_default();
    let [Issued { token, .. }, ..] = issued else { return };
    let at_terminal = file.is_none() && out.is_read_by_people();
    if many {
        out.remark(format!("issued {} tokens{place}", issued.len()));
        if at_terminal {
            out.remark("copy the secrets now: they are not stored and cannot be shown again");
        }
        return;
    }
    out.remark(format!("issued token {}: {}{place}", token.id, describe(token)));
    if token.status == Status::Banned {
        out.remark("it is rejected as long as its owner is banned");
    }
    if file.is_some() {
        out.remark("the file has the only copy of the secret; send it as Authorization: Bearer …");
    } else if at_terminal {
        out.remark("");
        out.remark("copy the secret now: it is not stored and cannot be shown again");
        out.remark("use it:   curl -H 'Authorization: Bearer …' https://…");
        out.remark(format!("lost it?  `tokctl rotate {}` gives the token a new secret", token.id));
    } else {
        out.remark("the secret cannot be shown again; send it as Authorization: Bearer …");
    }
}

/// Says that a secret that was made elsewhere is a token's now.
pub fn announce_registered(token: &Token, out: &Output) {
    out.remark(format!("registered token {}: {}", token.id, describe(token)));
}

/// `CI, alice, scopes posts.manage, expires 2030-01-31T00:00:00Z`.
pub fn describe(token: &Token) -> String {
    let expiry = match token.expires_at {
        Some(at) => format!("expires {at}"),
        None => "never expires".to_string(),
    };
    let scopes = match token.scopes.is_empty() {
        true => "no scopes".to_string(),
        false => format!("scopes {}", token.scopes),
    };
    format!("{}, {}, {scopes}, {expiry}", token.name, token.user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;
    use crate::view::testing::token;

    #[test]
    fn the_secret_is_the_last_cell_of_a_row() {
        let secret = Secret::generate(&"tok".parse().unwrap()).unwrap();
        let expected = format!("bearer,{}\r\n", secret.expose());
        let mut text = Vec::new();
        write(&[Issued { token: token(), secret }], false, Format::Csv, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().next().unwrap().ends_with("replaced_by,type,token"), "{text}");
        assert!(text.ends_with(&expected), "{text}");
    }

    #[test]
    fn type_and_secret_stand_at_the_end_of_the_token() {
        let token = token();
        let record = IssuedToken { token: &token, kind: "bearer", secret: "tok_secret" };
        let value = serde_json::to_value(record).unwrap();
        let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys[0], "id");
        assert_eq!(keys[keys.len() - 3..], ["replaced_by", "type", "token"]);
    }
}
