//! A line of `create --from`.

use crate::admin::Request;
use crate::domain::Invalid;
use crate::domain::scope::{Scope, Scopes};
use crate::domain::time::When;
use serde::Deserialize;

type Result<T> = std::result::Result<T, Invalid>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: Option<String>,
    user: Option<String>,
    scopes: Option<Vec<String>>,
    expires: Option<String>,
}

/// The request of a line; `user` owns the token unless the line names an owner.
pub fn parse(line: &[u8], user: Option<&str>) -> Result<Request> {
    // serde would also read an array as a struct.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(r#"must be a JSON object, such as {"name": "CI", "scopes": ["read"]}"#.into());
    }
    let line: Line = serde_json::from_slice(line).map_err(|error| invalid_json(&error))?;
    let scopes = match line.scopes {
        None => Scopes::everything(),
        Some(scopes) => {
            let scopes = scopes.iter().map(|scope| scope.parse::<Scope>());
            scopes.collect::<Result<_>>()?
        }
    };
    Ok(Request {
        name: line.name.as_deref().unwrap_or("Secret Token").parse()?,
        scopes,
        user: line.user.or(user.map(str::to_string)),
        expires: line.expires.map(|expires| expiry(&expires)).transpose()?,
    })
}

fn expiry(text: &str) -> Result<When> {
    text.parse().map_err(|why| format!("expires {why}").into())
}

/// serde_json's message, without its line: each line of the file is a document of its own.
fn invalid_json(error: &serde_json::Error) -> Invalid {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&position).unwrap_or(&text);
    let syntax = if error.is_data() { "" } else { "invalid JSON: " };
    format!("{syntax}{what} (column {})", error.column()).into()
}
