//! Values of arguments: those that need more than `FromStr`, or whose types do not know clap.

use crate::admin::OrderBy;
use crate::domain::Invalid;
use crate::domain::scheme::hash_of_access_key;
use crate::domain::scope::Scope;
use crate::domain::secret::{Hash, Secret};
#[cfg(feature = "serve")]
use crate::domain::time::Span;
use crate::domain::time::When;
use crate::domain::token::Status;
use crate::store::{Location, Sort};
use crate::text::hex;
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use std::ffi::OsString;

/// The largest number of tokens that one `create` issues.
/// The most tokens that one command issues.
pub const MAX_COUNT: u32 = 1_000_000;

/// A database. An empty text, such as an unset variable in a script, never means the default.
pub fn location() -> impl TypedValueParser<Value = Location> {
    OsStringValueParser::new().try_map(database)
}

/// The same for a text that no option has. What was meant as the address of a server must not become a
/// file: its name would contain a password, and `create` would issue a token in a new database.
pub fn database(text: OsString) -> Result<Location, Invalid> {
    const URL: &str = "must be a file or postgres://USER@HOST/DATABASE";
    let location = Location::from(text.clone());
    let Some(text) = text.to_str().filter(|_| location.path().is_some()) else {
        return Ok(location);
    };
    let trimmed = text.trim_matches([' ', '"', '\'']).to_ascii_lowercase();
    let is_connection_string = ["host=", "hostaddr=", "dbname=", "user=", "password=", "service="]
        .iter()
        .any(|keyword| trimmed.starts_with(keyword));
    let scheme = trimmed.split_once(":/").map_or("", |(scheme, _)| scheme);
    let is_url = scheme.chars().all(|c| c.is_ascii_alphabetic()) && !scheme.is_empty();
    match text {
        "" => Err("cannot be empty".into()),
        "-" => Err("must be a file, not a stream; ./- is a file of this name".into()),
        _ if is_url || is_connection_string => Err(URL.into()),
        _ => Ok(location),
    }
}

/// The status of a token, by the word that JSON and tables show.
pub fn status() -> impl TypedValueParser<Value = Status> {
    one_of(Status::ALL.map(|status| (status.as_str(), status)))
}

/// A sort key, named after the column of `list`.
pub fn sort() -> impl TypedValueParser<Value = OrderBy> {
    one_of([
        ("id", OrderBy::Column(Sort::Id)),
        ("name", OrderBy::Column(Sort::Name)),
        ("user", OrderBy::Column(Sort::User)),
        ("status", OrderBy::Status),
        ("created", OrderBy::Column(Sort::Created)),
        ("expires", OrderBy::Column(Sort::Expires)),
        ("last-used", OrderBy::Column(Sort::LastUsed)),
    ])
}

/// The beginning of a secret. What is longer than a hint would match nothing, and look as if no token
/// had leaked.
pub fn hint(text: &str) -> Result<String, Invalid> {
    Secret::check_hint(&some_text(text)?)
}

/// A text that is not empty, as an unset variable in a script would be.
pub fn some_text(text: &str) -> Result<String, Invalid> {
    if text.is_empty() { Err("cannot be empty".into()) } else { Ok(text.to_string()) }
}

fn one_of<T, const N: usize>(values: [(&'static str, T); N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(values.map(|(word, _)| word)).try_map(move |word| {
        let found = values.iter().find(|(known, _)| *known == word);
        found.map(|(_, value)| *value).ok_or_else(|| Invalid::from("not a possible value"))
    })
}

/// The number of tokens to issue.
pub fn count(text: &str) -> Result<u32, Invalid> {
    let count = text.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count));
    count.ok_or_else(|| format!("must be a whole number from 1 to {MAX_COUNT}").into())
}

/// A class or alias of owners, and their table.
pub fn morph(text: &str) -> Result<(String, String), Invalid> {
    match text.split_once('=') {
        Some((class, table)) if !class.is_empty() && !table.is_empty() => {
            Ok((class.to_string(), table.to_string()))
        }
        _ => Err("must be ALIAS=TABLE, for example member=members".into()),
    }
}

/// A scope of another system, and the one that it is here. No wildcard: an import never widens what
/// a token grants.
pub fn map_scope(text: &str) -> Result<(String, Scope), Invalid> {
    let (from, to) = match text.rsplit_once('=') {
        Some((from, to)) if !from.is_empty() => (from, to),
        _ => return Err("must be FROM=SCOPE, for example 'edit articles=articles.edit'".into()),
    };
    let scope: Scope = to.parse()?;
    if scope.is_wildcard() {
        return Err("cannot grant a wildcard: an import never widens what a token grants".into());
    }
    Ok((from.to_string(), scope))
}

/// The permissions of a socket.
#[cfg(feature = "serve")]
pub fn mode(text: &str) -> Result<u32, Invalid> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "must be an octal number up to 0777, for example 0660".into())
}

/// The URL of a server, without a slash at its end (RFC 8414 §2: no query, no fragment).
#[cfg(feature = "serve")]
pub fn issuer(text: &str) -> Result<String, Invalid> {
    let is_url = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    });
    if !is_url
        || text.contains(['?', '#', '"', '\\'])
        || !text.bytes().all(|b| b.is_ascii_graphic())
    {
        return Err("must be a URL without a query, for example https://tokens.example.com".into());
    }
    Ok(text.trim_end_matches('/').to_string())
}

/// A number of threads.
#[cfg(feature = "serve")]
pub fn threads(text: &str) -> Result<usize, Invalid> {
    let threads = text.parse().ok().filter(|threads| (1..=1024).contains(threads));
    threads.ok_or_else(|| "must be a whole number from 1 to 1024".into())
}

/// A number of connections.
#[cfg(feature = "serve")]
pub fn connections(text: &str) -> Result<usize, Invalid> {
    let connections = text.parse().ok().filter(|connections| (1..=1_000_000).contains(connections));
    connections.ok_or_else(|| "must be a whole number from 1 to 1000000".into())
}

/// A time limit of the server.
#[cfg(feature = "serve")]
pub fn duration(text: &str) -> Result<std::time::Duration, Invalid> {
    let span: Span = text.parse()?;
    match u64::try_from(span.millis()) {
        Ok(0) | Err(_) => Err("must be longer than 0s".into()),
        Ok(millis) => Ok(std::time::Duration::from_millis(millis)),
    }
}

/// The largest number of rows to print.
pub fn limit(text: &str) -> Result<usize, Invalid> {
    text.parse().map_err(|_| Invalid::from("must be a whole number, 0 or more"))
}

/// The id of a token. One that does not exist is not an error of usage.
pub fn id(text: &str) -> Result<i64, Invalid> {
    text.parse().map_err(|_| Invalid::from("must be the ID of a token, a whole number"))
}

/// A point in the past.
pub fn since(text: &str) -> Result<When, Invalid> {
    When::in_the_past(text)
}

/// The hash of a secret as other systems list it: its SHA-256, or Strapi's access key.
pub fn hash(text: &str) -> Result<Hash, Invalid> {
    let access_key = || hex::decode::<64>(text).map(|key| hash_of_access_key(&key));
    hex::decode(text).or_else(access_key).ok_or_else(|| {
        "must be 64 hexadecimal digits (SHA-256), or 128 for an access key of Strapi".into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_bounded() {
        assert_eq!(count("1"), Ok(1));
        assert_eq!(count("1000000"), Ok(MAX_COUNT));
        for bad in ["0", "-1", "1000001", "9223372036854775808", "a", "", "1e3"] {
            assert!(count(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn never_is_no_point_in_the_past() {
        assert!(matches!(since("1d"), Ok(When::In(_))));
        assert!(matches!(since("2026-01-01"), Ok(When::At(_))));
        for bad in ["never", "", "x"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hashes_are_sha_256_or_the_access_key_of_strapi() {
        assert_eq!(hash(&"0f".repeat(32)), Ok([0x0f; 32]));
        assert_eq!(hash(&"0f".repeat(64)), Ok(hash_of_access_key(&[0x0f; 64])));
        for bad in ["", "0f", &"0f".repeat(33), &"0g".repeat(32)] {
            assert!(hash(bad).is_err(), "{bad}");
        }
    }
}
