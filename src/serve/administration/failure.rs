//! What a use case could not do, as a problem. This is the only place that knows which status an error
//! has.

use crate::admin::Error as Admin;
use crate::error::Error;
use crate::serve::app::App;
use crate::serve::problem::Problem;
use crate::serve::unavailable::Unavailable;
use crate::store::Error as Store;
use crate::verify;
use axum::http::StatusCode;
use std::fmt::Display;

/// 422: a value that no database would take.
pub fn invalid(why: impl Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.to_string())
}

/// 404: nothing is there.
pub fn not_found(why: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, why.to_string())
}

/// What `error` means to the client.
pub fn problem(error: Admin, app: &App) -> Problem {
    match error {
        Admin::Request { error, .. } => problem(*error, app),
        Admin::Store(error) => of_store(error, app),
        Admin::StoredSetting(error) => {
            let why = error.to_string();
            unavailable(error.into(), &why, app)
        }
        error => Problem::new(status(&error), Error::from(error).to_string()),
    }
}

fn status(error: &Admin) -> StatusCode {
    match error {
        Admin::TokenNotFound { .. } | Admin::UserNotFound { .. } => StatusCode::NOT_FOUND,
        // The database, its settings or the clock are in the way. Another time they may not be.
        Admin::AmbiguousName { .. }
        | Admin::NameTaken(_)
        | Admin::EmailTaken(_)
        | Admin::SecretTaken
        | Admin::NoOwner
        | Admin::Violation(_)
        | Admin::DefaultUser(_)
        // RFC 9110 §9.3.4: what is put is not suitable for the resource.
        | Admin::InvalidValue { .. }
        | Admin::Revoked(_)
        | Admin::Replaced { .. }
        | Admin::NotRotatable { .. }
        | Admin::OverlapTooLong => StatusCode::CONFLICT,
        Admin::ContainsSecret | Admin::InvalidSecret(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Admin::Store(_)
        | Admin::StoredSetting(_)
        | Admin::Request { .. }
        | Admin::ClockAhead { .. }
        | Admin::Random(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn of_store(error: Store, app: &App) -> Problem {
    let why = match &error {
        Store::NotFound => return not_found("somebody else has just deleted it"),
        Store::Conflict(field) => {
            return Problem::new(StatusCode::CONFLICT, format!("{field} is taken"));
        }
        Store::Locked | Store::Busy | Store::Full | Store::ReadOnly => error.to_string(),
        // Paths and the like are for the log of the server only.
        _ => "it cannot be read or written".to_string(),
    };
    unavailable(error.into(), &why, app)
}

/// 503: something is wrong with the server, whose log tells more.
fn unavailable(error: verify::Error, why: &str, app: &App) -> Problem {
    app.failed(&Unavailable::Verify(error));
    Problem::unavailable(format!("database: {why}"))
}
