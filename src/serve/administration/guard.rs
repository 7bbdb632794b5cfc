//! Who may administer: an administrator, with a bearer token that grants `tokctl.admin`.

use super::failure::problem;
use crate::admin::{self, Admin};
use crate::domain::audit::Actor;
use crate::domain::scope::Required;
use crate::serve::app::{App, Shared};
use crate::serve::challenge;
use crate::serve::client::Client;
use crate::serve::credentials::{Ambiguous, Sent, authorization};
use crate::serve::outcome::Outcome;
use crate::serve::problem::Problem;
use crate::serve::unavailable::unavailable;
use crate::verify::{Grant, Verdict};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The scope that lets the token of an administrator administer.
const SCOPE: &str = "tokctl.admin";

/// An administrator who has proved to be one.
#[derive(Debug, Clone)]
pub struct Administrator(Actor);

impl Administrator {
    /// Runs a use case in the name of the administrator, on a thread that may wait. It runs to its end even
    /// if the client goes away.
    ///
    /// # Errors
    ///
    /// What the use case could not do.
    pub async fn run<T: Send + 'static>(
        self,
        app: &App,
        work: impl FnOnce(Admin) -> admin::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        match app.administer(self.0, work).await {
            Ok(done) => done.map_err(|error| problem(error, app)),
            Err(error) => Err(Problem::unavailable(error.to_string())),
        }
    }
}

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let administrator = parts.extensions.get::<Administrator>().cloned();
        // Without the guard, nobody gets in.
        administrator.ok_or_else(|| Problem::unavailable("nobody can be authenticated".into()))
    }
}

/// Lets only administrators through. Nothing of the request is looked at before.
pub async fn guard(
    State(app): State<Shared>,
    client: Client,
    mut request: Request,
    next: Next,
) -> Response {
    let grant = match authenticate(&app, &client, request.headers()).await {
        Ok(grant) => grant,
        Err(refusal) => return refusal,
    };
    let account = format!("{} (token {})", grant.token.user, grant.token.id);
    request.extensions_mut().insert(Administrator(Actor::named(account)));
    let mut response = next.run(request).await;
    let outcome = Outcome::of_request(response.status(), grant);
    response.extensions_mut().insert(outcome);
    response
}

async fn authenticate(
    app: &Shared,
    client: &Client,
    headers: &HeaderMap,
) -> Result<Grant, Response> {
    let sent = match authorization(headers) {
        Err(Ambiguous) => return Err(challenge::several_tokens()),
        Ok(Some(Sent::Bearer(sent))) => sent,
        // A browser sends Basic by itself, whoever wrote the page.
        Ok(Some(Sent::Basic(_)) | None) => {
            let why = "a token is required: Authorization: Bearer …";
            return Err(challenge::explained(challenge::no_secret(), why));
        }
    };
    let Ok(required) = Required::all([SCOPE]) else {
        return Err(Problem::unavailable("nobody can be authenticated".into()).into_response());
    };
    match app.verify_for_change(sent, &required, || client.caller()).await {
        Err(error) => Err(unavailable(&error)),
        Ok(Verdict::Good(grant)) if grant.admin => Ok(grant),
        Ok(Verdict::Good(grant)) => Err(challenge::no_administrator(grant)),
        Ok(verdict) => {
            let why = match &verdict {
                Verdict::InsufficientScope(..) => "the token lacks the scope tokctl.admin",
                _ => "the token is not good",
            };
            Err(challenge::explained(challenge::refused(&verdict, &required), why))
        }
    }
}
