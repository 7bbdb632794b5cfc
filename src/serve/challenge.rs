//! Refusals of a bearer token, with `WWW-Authenticate` as RFC 6750 §3 has it.

use super::outcome::Outcome;
use super::problem::Problem;
use crate::domain::scope::{Required, Scope};
use crate::verify::{Grant, Verdict};
use axum::Extension;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// What the challenges call what they protect.
const REALM: &str = "tokctl";

/// The request carries no secret. RFC 6750 §3.1: nothing is said but how to send one.
pub fn no_secret() -> Response {
    refusal(
        StatusCode::UNAUTHORIZED,
        Outcome::named("no_secret"),
        format!(r#"Bearer realm="{REALM}""#),
    )
}

/// The request carries more than one secret.
pub fn ambiguous() -> Response {
    let challenge = format!(
        r#"Bearer realm="{REALM}", error="invalid_request", error_description="The request carries more than one token""#
    );
    refusal(StatusCode::UNAUTHORIZED, Outcome::named("ambiguous"), challenge)
}

/// The refusal of a secret that is not good enough for what is required.
pub fn refused(verdict: &Verdict, required: &Required) -> Response {
    let why = match verdict {
        Verdict::InsufficientScope(..) => return insufficient_scope(verdict, required),
        // Nobody refuses a good one; the answer stays on the safe side.
        Verdict::Good(_) | Verdict::Malformed => "malformed",
        Verdict::Unknown => "unknown",
        Verdict::Revoked(_) => "revoked",
        // Why the owner may not is none of the client's business.
        Verdict::Banned(_) => "disabled",
        Verdict::Expired(_) => "expired",
        Verdict::Unused(_) => "expired for lack of use",
    };
    let challenge = format!(
        r#"Bearer realm="{REALM}", error="invalid_token", error_description="The token is {why}""#
    );
    refusal(StatusCode::UNAUTHORIZED, Outcome::of(verdict), challenge)
}

/// 403 names the scopes that are required. A scope contains neither quotes nor backslashes.
fn insufficient_scope(verdict: &Verdict, required: &Required) -> Response {
    let scopes: Vec<_> = required.scopes.iter().map(Scope::as_str).collect();
    let challenge = format!(
        r#"Bearer realm="{REALM}", error="insufficient_scope", error_description="The token lacks a required scope", scope="{}""#,
        scopes.join(" ")
    );
    refusal(StatusCode::FORBIDDEN, Outcome::of(verdict), challenge)
}

/// The same for a request for administration, which RFC 6750 §3.1 answers with 400.
pub fn several_tokens() -> Response {
    let mut refusal = ambiguous();
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    explained(refusal, "the request carries more than one token")
}

/// The token is good, but only administrators may do this.
pub fn no_administrator(grant: Grant) -> Response {
    let challenge = format!(
        r#"Bearer realm="{REALM}", error="insufficient_scope", error_description="The owner of the token is no administrator""#
    );
    let outcome = Outcome { word: "no_administrator", ..Outcome::good(grant) };
    let refusal = refusal(StatusCode::FORBIDDEN, outcome, challenge);
    explained(refusal, "the owner of the token is no administrator")
}

/// The same refusal with a problem as its body.
pub fn explained(refusal: Response, why: &str) -> Response {
    let (mut parts, _) = refusal.into_parts();
    let (problem, body) = Problem::new(parts.status, why.into()).into_response().into_parts();
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}

fn refusal(status: StatusCode, outcome: Outcome, challenge: String) -> Response {
    let mut response = (status, Extension(outcome)).into_response();
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
