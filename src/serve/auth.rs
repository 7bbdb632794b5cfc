//! Forward-auth: a proxy asks whether to let a request of its client in.

use super::app::Shared;
use super::challenge;
use super::client::Client;
use super::credentials;
use super::outcome::Outcome;
use super::problem::Problem;
use super::responses::Unavailable;
use super::schema::{Flag, RequiredScopes};
use super::unavailable::unavailable;
use crate::domain::scope::{Required, Scope};
use crate::verify::{Grant, Verdict};
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

/// The header by which a proxy requires scopes where it sends the URI of its client instead of a query of
/// its own. A client that sends it itself can only make it harder for itself.
const REQUIRED_SCOPE: HeaderName = HeaderName::from_static("x-required-scope");

/// Whether to let a request in
///
/// Answers with 204 and the owner of the token, or with a refusal.
#[utoipa::path(
    get,
    path = "/auth",
    tag = "verification",
    security(("bearer" = []), ("basic" = [])),
    params(
        ("scope" = inline(Option<Vec<RequiredScopes>>), Query, description = "Scope that the token must grant; several are all required"),
        ("any" = inline(Option<Flag>), Query, description = "1: one of the scopes is enough"),
    ),
    responses(
        (status = 204, description = "The token is good", headers(
            ("X-Auth-User" = String, description = "Name of the owner, percent-encoded"),
            ("X-Auth-User-Id" = i64, description = "Id of the owner"),
            ("X-Auth-Scopes" = String, description = "Scopes of the token, separated by spaces"),
            ("X-Auth-Token-Id" = i64, description = "Id of the token"),
            ("X-Auth-Token-Name" = String, description = "Name of the token, percent-encoded"),
        )),
        (status = 400, description = "The query is not valid: the proxy is misconfigured", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not good", headers(("WWW-Authenticate" = String))),
        (status = 403, description = "The token lacks a required scope", headers(("WWW-Authenticate" = String))),
        Unavailable,
    ),
)]
pub async fn auth(State(app): State<Shared>, client: Client, request: Request) -> Response {
    match required_of_proxy(&request) {
        Ok(required) => answer(&app, &client, request.headers(), None, required).await,
        Err(why) => Problem::bad_request(why).into_response(),
    }
}

/// The same where the path after `/auth` and the query are those of the client's request, as Envoy sends
/// them. The query says nothing about scopes: the client chose it. Envoy lets a request in for 200 only,
/// and would send 204 to its client.
pub async fn auth_of_original(
    State(app): State<Shared>,
    client: Client,
    request: Request,
) -> Response {
    let own = request.uri().path_and_query().map(PathAndQuery::as_str);
    let mut response = match required_by_header(request.headers()) {
        Ok(required) => answer(&app, &client, request.headers(), own, required).await,
        Err(why) => Problem::bad_request(why).into_response(),
    };
    if response.status() == StatusCode::NO_CONTENT {
        *response.status_mut() = StatusCode::OK;
    }
    response
}

async fn answer(
    app: &Shared,
    client: &Client,
    headers: &HeaderMap,
    own: Option<&str>,
    required: Required,
) -> Response {
    let sent = match credentials::of_forwarded(headers, own, &app.config) {
        Err(_) => return challenge::ambiguous(),
        Ok(None) => return challenge::no_secret(),
        Ok(Some(sent)) => sent,
    };
    match app.verify(sent, &required, client).await {
        Err(error) => unavailable(&error),
        Ok(Verdict::Good(grant)) => good(grant),
        Ok(verdict) => challenge::refused(&verdict, &required),
    }
}

/// What the query requires, and the header. A client that can send the header must not weaken a query
/// that is content with one scope.
fn required_of_proxy(request: &Request) -> Result<Required, String> {
    let mut required = required(request.uri().query().unwrap_or_default())?;
    let more = required_by_header(request.headers())?.scopes;
    if required.any && !more.is_empty() {
        return Err("any=1 and X-Required-Scope exclude each other".to_string());
    }
    required.scopes.extend(more);
    Ok(required)
}

/// What the query of a proxy requires. A parameter with a typing error must not let everybody in.
fn required(query: &str) -> Result<Required, String> {
    let mut required = Required::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (name.as_ref(), value.as_ref()) {
            ("scope", scopes) => add(scopes, &mut required)?,
            ("any", "1" | "true") => required.any = true,
            ("any", "0" | "false") => {}
            ("any", _) => return Err("the parameter any must be 1 or 0".to_string()),
            _ => return Err("unknown parameter; it takes scope and any".to_string()),
        }
    }
    Ok(required)
}

fn required_by_header(headers: &HeaderMap) -> Result<Required, String> {
    let mut required = Required::default();
    for scopes in headers.get_all(REQUIRED_SCOPE) {
        add(scopes.to_str().map_err(|_| "invalid required scope")?, &mut required)?;
    }
    Ok(required)
}

/// Adds scopes that are separated by spaces (RFC 6749 §3.3) or commas.
fn add(scopes: &str, required: &mut Required) -> Result<(), String> {
    let words = scopes.split([' ', ',']).map(str::parse::<Scope>);
    let scopes = words.collect::<Result<Vec<_>, _>>();
    required.scopes.extend(scopes.map_err(|why| format!("invalid required scope: {why}"))?);
    Ok(())
}

/// 204, with what the application behind the proxy wants to know.
fn good(grant: Grant) -> Response {
    let token = &grant.token;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-auth-user", percent_encoded(&token.user)),
        ("x-auth-user-id", grant.user_id.to_string()),
        ("x-auth-scopes", token.scopes.to_string()),
        ("x-auth-token-id", token.id.to_string()),
        ("x-auth-token-name", percent_encoded(&token.name)),
    ] {
        match HeaderValue::try_from(value) {
            Ok(value) => headers.insert(HeaderName::from_static(name), value),
            // Scopes are visible ASCII, and so is what is percent-encoded.
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
    }
    response.extensions_mut().insert(Outcome::good(grant));
    response
}

/// What can stand in a header, and means nothing to the proxy: visible ASCII stays but for `%` itself and
/// what separates the parts of a header.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | b'"' | b',' | b';' | b'\\' => {}
            b'!'..=b'~' => {
                encoded.push(char::from(byte));
                continue;
            }
            _ => {}
        }
        // Writing to a string does not fail.
        let _ = write!(encoded, "%{byte:02X}");
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(required: &Required) -> Vec<&str> {
        required.scopes.iter().map(Scope::as_str).collect()
    }

    #[test]
    fn scopes_are_repeated_or_separated() {
        let all = required("scope=a&scope=b.c,d&scope=e%20f+g").unwrap();
        assert_eq!((words(&all), all.any), (vec!["a", "b.c", "d", "e", "f", "g"], false));
        assert!(required("scope=a&any=1").unwrap().any);
        assert!(!required("scope=a&any=0").unwrap().any);
    }

    #[test]
    fn a_query_that_is_not_understood_lets_nobody_in() {
        for query in
            ["scopes=a", "scope=", "scope=a%20%20b", "scope=a%00", "any=yes", "Scope=a", "x"]
        {
            assert!(required(query).is_err(), "{query}");
        }
    }

    #[test]
    fn names_cannot_leave_their_header() {
        for (name, encoded) in [
            ("alice@example.com", "alice@example.com"),
            ("a b\r\nx: y", "a%20b%0D%0Ax:%20y"),
            ("50%, \"ü\"", "50%25%2C%20%22%C3%BC%22"),
        ] {
            assert_eq!(percent_encoded(name), encoded);
        }
    }
}
