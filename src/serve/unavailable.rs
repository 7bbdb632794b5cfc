//! What could not be found out, and how a client is told.

use super::problem::Problem;
use crate::verify;
use axum::response::{IntoResponse, Response};

/// Why it could not be found out whether a credential is good. Nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The database could not be read, or says something that is not valid.
    #[error(transparent)]
    Verify(#[from] verify::Error),
    /// Too many requests wait for the database.
    #[error(transparent)]
    TooManyWait(#[from] TooManyWait),
}

/// Too many requests wait for the database already.
#[derive(Debug, thiserror::Error)]
#[error("too many requests wait for the database")]
pub struct TooManyWait;

/// 503: it could not be found out. The log of the server tells why, and the client can try again.
pub fn unavailable(error: &Unavailable) -> Response {
    match error {
        Unavailable::TooManyWait(error) => busy(&error.to_string()),
        Unavailable::Verify(_) => busy("the database cannot be read"),
    }
}

/// 503: the same request can succeed later.
pub fn busy(why: &str) -> Response {
    Problem::unavailable(why.to_string()).into_response()
}
