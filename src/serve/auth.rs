//! Forward-auth: a proxy asks whether to let a request of its client in.

use super::app::Shared;
use super::challenge;
use super::client::Client;
use super::credentials;
use super::outcome::Outcome;
use super::problem::Problem;
use super::responses::ServiceUnavailable;
use super::schema::{Flag, RequiredScopes};
use super::unavailable::unavailable;
use crate::domain::scope::{Required, Scope, Scopes};
use crate::text::url;
use crate::verify::{Grant, Verdict};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// The header by which a proxy requires scopes where it sends the URI of its client instead of a query of
/// its own. A client that sends it itself can only make it harder for itself.
const REQUIRED_SCOPE: HeaderName = HeaderName::from_static("x-required-scope");

const USER: HeaderName = HeaderName::from_static("x-auth-user");
const USER_ID: HeaderName = HeaderName::from_static("x-auth-user-id");
const SCOPES: HeaderName = HeaderName::from_static("x-auth-scopes");
const TOKEN_ID: HeaderName = HeaderName::from_static("x-auth-token-id");
const TOKEN_NAME: HeaderName = HeaderName::from_static("x-auth-token-name");

/// How many headers a good answer has: these, and what every response has.
const HEADERS: usize = 8;

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
        ServiceUnavailable,
    ),
)]
pub fn auth(State(app): State<Shared>, request: Request) -> impl Future<Output = Response> {
    let required = required_of_proxy(&request);
    // Not an async fn: its future would have room for the request twice.
    async move { answer(&app, request.headers(), request.extensions(), None, required).await }
}

/// The same where the path after `/auth` and the query are those of the client's request, as Envoy sends
/// them. The query says nothing about scopes: the client chose it. Envoy lets a request in for 200 only,
/// and would send 204 to its client.
pub async fn auth_of_original(State(app): State<Shared>, request: Request) -> Response {
    let own = request.uri().path_and_query().map(PathAndQuery::as_str);
    let required = required_by_header(request.headers());
    let (headers, extensions) = (request.headers(), request.extensions());
    let mut response = answer(&app, headers, extensions, own, required).await;
    if response.status() == StatusCode::NO_CONTENT {
        *response.status_mut() = StatusCode::OK;
    }
    response
}

async fn answer(
    app: &Shared,
    headers: &HeaderMap,
    extensions: &Extensions,
    own: Option<&str>,
    required: Result<Required, String>,
) -> Response {
    let required = match required {
        Ok(required) => required,
        Err(why) => return Problem::bad_request(why).into_response(),
    };
    let sent = match credentials::of_forwarded(headers, own, &app.config) {
        Err(_) => return challenge::ambiguous(),
        Ok(None) => return challenge::no_secret(),
        Ok(Some(sent)) => sent,
    };
    let caller = || Client::of(headers, extensions, app.config.behind_proxy).caller();
    match app.verify(sent, &required, caller).await {
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
    for word in scopes.split([' ', ',']) {
        let scope =
            word.parse::<Scope>().map_err(|why| format!("invalid required scope: {why}"))?;
        required.scopes.push(scope);
    }
    Ok(())
}

/// 204, with what the application behind the proxy wants to know.
fn good(grant: Grant) -> Response {
    let token = &grant.token;
    let texts = [
        (USER, percent_encoded(&token.user)),
        (SCOPES, joined(&token.scopes)),
        (TOKEN_NAME, percent_encoded(&token.name)),
    ];
    let mut headers = HeaderMap::with_capacity(HEADERS);
    for (name, text) in texts {
        match HeaderValue::try_from(text) {
            Ok(value) => headers.insert(name, value),
            // Scopes are visible ASCII, and so is what is percent-encoded.
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
    }
    headers.insert(USER_ID, grant.user_id.into());
    headers.insert(TOKEN_ID, token.id.into());
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = headers;
    response.extensions_mut().insert(Outcome::good(grant));
    response
}

/// The scopes with spaces between them, in a string of exactly their length: a header takes that as it is.
fn joined(scopes: &Scopes) -> String {
    let length: usize = scopes.iter().map(|scope| scope.as_str().len() + 1).sum();
    let mut text = String::with_capacity(length.saturating_sub(1));
    for scope in scopes.iter() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(scope.as_str());
    }
    text
}

/// What can stand in a header, and means nothing to the proxy: visible ASCII stays but for `%` itself and
/// what separates the parts of a header.
fn percent_encoded(text: &str) -> String {
    url::encode(text, |byte| matches!(byte, b'!'..=b'~') && !b"%\",;\\".contains(&byte))
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
