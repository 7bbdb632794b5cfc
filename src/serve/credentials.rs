//! Where a request carries its secret.

use super::config::Config;
use crate::verify::Credential;
use axum::http::header::{AUTHORIZATION, AsHeaderName};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::parse;
use zeroize::Zeroizing;

/// The headers by which proxies tell the URI that their client asked for.
const ORIGINAL_URI: [&str; 3] = ["x-forwarded-uri", "x-original-uri", "x-original-url"];

/// The request carries more than one secret. Which one counts is not to be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ambiguous;

/// A secret as it was sent. Not `Debug`, which would show it.
pub enum Sent {
    /// After `Bearer`, or in a header of its own.
    Bearer(Credential),
    /// As the password of `Basic`.
    Basic(Zeroizing<Vec<u8>>),
}

impl Sent {
    /// What it proves.
    pub fn credential(self) -> Credential {
        match self {
            Sent::Bearer(credential) => credential,
            Sent::Basic(password) => Credential::of_bytes(&password),
        }
    }
}

/// The secret of a request that a proxy asks about: in `Authorization` or the configured header, or in
/// the query of the original URI. `own` is the URI of this request, where it is the original one.
///
/// # Errors
///
/// When there is more than one.
pub fn of_forwarded(
    headers: &HeaderMap,
    own: Option<&str>,
    config: &Config,
) -> Result<Option<Credential>, Ambiguous> {
    let in_header = match &config.header {
        Some(name) => only(headers, name)?.map(|value| Credential::of_bytes(value.as_bytes())),
        None => authorization(headers)?.map(Sent::credential),
    };
    let Some(parameter) = &config.query_parameter else { return Ok(in_header) };
    match (in_header, in_query(headers, own, parameter)?) {
        (Some(_), Some(_)) => Err(Ambiguous),
        (header, query) => Ok(header.or(query)),
    }
}

/// The secret of `Authorization`, for the schemes `Bearer` (RFC 6750 §2.1) and `Basic` (RFC 7617).
///
/// # Errors
///
/// When there is more than one such header.
pub fn authorization(headers: &HeaderMap) -> Result<Option<Sent>, Ambiguous> {
    let Some(value) = only(headers, AUTHORIZATION)? else { return Ok(None) };
    let value = value.as_bytes();
    let (scheme, rest) =
        value.split_at(value.iter().position(|b| *b == b' ').unwrap_or(value.len()));
    let rest = rest.trim_ascii();
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(Some(Sent::Bearer(Credential::of_bytes(rest))));
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Ok(None);
    }
    let decoded = Zeroizing::new(STANDARD.decode(rest).unwrap_or_default());
    let colon = decoded.iter().position(|byte| *byte == b':');
    let password = colon.map(|colon| decoded[colon + 1..].to_vec()).unwrap_or_default();
    Ok(Some(Sent::Basic(Zeroizing::new(password))))
}

/// The only header of this name.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&HeaderValue>, Ambiguous> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Ambiguous),
        (first, None) => Ok(first),
    }
}

/// The only secret in the queries of the original URI. Several headers may tell the same URI.
fn in_query(
    headers: &HeaderMap,
    own: Option<&str>,
    parameter: &str,
) -> Result<Option<Credential>, Ambiguous> {
    let told = ORIGINAL_URI.iter().flat_map(|name| headers.get_all(*name));
    let told = told.map(HeaderValue::as_bytes);
    let mut found: Option<Zeroizing<String>> = None;
    for uri in told.chain(own.map(str::as_bytes)) {
        let uri = uri.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Some(start) = uri.iter().position(|byte| *byte == b'?') else { continue };
        let mut secrets = parse(&uri[start + 1..]).filter(|(name, _)| name == parameter);
        let Some((_, secret)) = secrets.next() else { continue };
        let secret = Zeroizing::new(secret.into_owned());
        if secrets.next().is_some() || found.as_ref().is_some_and(|other| *other != secret) {
            return Err(Ambiguous);
        }
        found = Some(secret);
    }
    Ok(found.map(|secret| Credential::parse(secret.as_bytes())))
}
