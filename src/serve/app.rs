//! What every handler has at hand.

use super::checker::{Checker, Place};
use super::client::Client;
use super::config::Config;
use super::log::Log;
use super::metrics::Metrics;
use super::shutdown::Shutdown;
use super::unavailable::{TooManyWait, Unavailable};
use crate::admin::{self, Admin};
use crate::domain::audit::{Actor, Caller};
use crate::domain::scope::Required;
use crate::store::Store;
use crate::verify::{Credential, Verdict};
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What every handler has at hand.
pub struct App {
    pub config: Config,
    /// The URL that clients know the server by.
    pub issuer: String,
    /// The description of the API.
    pub openapi: Bytes,
    pub checker: Checker,
    /// For administration: waits for locks.
    pub store: Store,
    /// The account that runs the server.
    pub actor: Actor,
    pub metrics: Metrics,
    pub log: Log,
    pub shutdown: Shutdown,
    /// When the log said last that the database failed.
    pub told: Mutex<Option<Instant>>,
}

/// How often the log says that the database failed.
const SILENCE: Duration = Duration::from_secs(60);

/// Shared by all threads.
pub type Shared = Arc<App>;

impl App {
    /// The answer to a credential that a client sent. `caller` is asked only for what is recorded.
    ///
    /// # Errors
    ///
    /// When it cannot be found out.
    pub async fn verify(
        &self,
        sent: Credential,
        required: &Required,
        caller: impl FnOnce() -> Caller,
    ) -> Result<Verdict, Unavailable> {
        let answer = self.checker.check(sent, required, Place::Anywhere, caller).await;
        answer.inspect_err(|error| self.failed(error))
    }

    /// The same for whoever changes something, which a replica must not decide: it may not know yet that
    /// the token was revoked, or that there is one.
    ///
    /// # Errors
    ///
    /// The same.
    pub async fn verify_for_change(
        &self,
        sent: Credential,
        required: &Required,
        caller: impl FnOnce() -> Caller,
    ) -> Result<Verdict, Unavailable> {
        let answer = self.checker.check(sent, required, Place::Database, caller).await;
        answer.inspect_err(|error| self.failed(error))
    }

    /// Counts a request that could not be answered, and has the log say why, once a minute: every request
    /// may fail until somebody acts.
    pub fn failed(&self, error: &Unavailable) {
        self.metrics.database_error(error);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() > SILENCE) {
            self.log.warn("the database failed", error);
            *told = Some(Instant::now());
        }
    }

    /// Runs a use case in the name of `actor`, on a thread that may wait.
    ///
    /// # Errors
    ///
    /// When too many others wait already.
    pub async fn administer<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(Admin) -> admin::Result<T> + Send + 'static,
    ) -> Result<admin::Result<T>, TooManyWait> {
        let admin = Admin::new(self.store.clone(), actor);
        self.checker.patiently(move || work(admin)).await
    }
}

impl FromRequestParts<Shared> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        Ok(Client::of(&parts.headers, &parts.extensions, app.config.behind_proxy))
    }
}
