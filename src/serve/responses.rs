//! Refusals that endpoints have in common, for the description of the API. Each is a [`Problem`].

use super::problem::Problem;
use utoipa::IntoResponses;

/// What can be wrong with every request for administration.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum Refused {
    /// The request cannot be understood, or carries more than one token
    #[response(status = 400, content_type = "application/problem+json")]
    Request(Problem),
    /// No token, or one that is not good
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "How to authenticate (RFC 6750)"))
    )]
    Nobody(Problem),
    /// The token lacks the scope tokctl.admin, or its owner is no administrator
    #[response(
        status = 403,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "What is required (RFC 6750)"))
    )]
    Forbidden(Problem),
    /// It could not be found out or done; try again
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = i64, description = "In how many seconds"))
    )]
    Unavailable(Problem),
}

/// What a request names does not exist.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum NotFound {
    /// What the request names does not exist
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a request asks for is not possible now.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum Conflict {
    /// The database, its settings or the clock do not allow it: a name is taken, a token is revoked, an
    /// expiry is past
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
}

/// What can be wrong with a body.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum RefusedBody {
    /// The body is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is no JSON
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(Problem),
    /// A value in the body is not valid
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// It cannot be found out.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum ServiceUnavailable {
    /// It could not be found out; try again
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = i64, description = "In how many seconds"))
    )]
    Unavailable(Problem),
}
