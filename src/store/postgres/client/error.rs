//! Why there is no connection to a PostgreSQL server.

use crate::store::server::is_about_tls;
use crate::text::url::Malformed;
use ::postgres::error::SqlState;
use std::error::Error as _;
use std::path::PathBuf;

/// Why there is no connection. No text has a password in it: the driver's own texts name hosts and
/// users, and what was wrong in a URL is not quoted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is malformed.
    #[error(transparent)]
    Url(#[from] Malformed),
    /// A parameter of the URL is unknown, or means something that tokctl does not do.
    #[error("the parameter {0:?} is not supported")]
    Parameter(String),
    /// A parameter, or the environment variable that stands for it, has an invalid value.
    #[error("invalid value of {name}: expected {expected}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A certificate or key cannot be read.
    #[error("cannot read {}: {why}", .file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The server's certificate is to be verified, and no root certificate is known.
    #[error("there is no root certificate to verify the server's with")]
    NoRootCertificate,
    /// TLS was required and is not to be had, or the server's certificate is not good.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// No server answered.
    #[error("{0}")]
    Unreachable(String),
    /// The server requires a password, and none was given.
    #[error("{0}")]
    NoPassword(String),
    /// The user has no right to do something.
    #[error("{0}")]
    NoRight(String),
    /// The server refuses the user or the password.
    #[error("{0}")]
    Denied(String),
    /// The same, and the password file is ignored because other accounts can read it.
    #[error("{why}; {} is ignored, because other accounts can read it", .file.display())]
    PasswordFileTooOpen {
        /// What the server says.
        why: String,
        /// The password file.
        file: PathBuf,
    },
    /// The server has no such database.
    #[error("{0}")]
    UnknownDatabase(String),
    /// Anything else that the server says.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Whether another host of the list may be tried. After a refused password it may not, as with
    /// libpq.
    pub fn is_about_one_host(&self) -> bool {
        matches!(self, Error::Unreachable(_) | Error::Tls(_) | Error::NoRootCertificate)
    }
}

impl From<::postgres::Error> for Error {
    fn from(error: ::postgres::Error) -> Self {
        let text = text(&error);
        let Some(code) = error.code() else {
            return match is_about_tls(&text) {
                true => Error::Tls(text),
                false => Error::Unreachable(text),
            };
        };
        match code {
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Error::Denied(text)
            }
            &SqlState::INSUFFICIENT_PRIVILEGE => Error::NoRight(text),
            &SqlState::INVALID_CATALOG_NAME => Error::UnknownDatabase(text),
            &SqlState::CANNOT_CONNECT_NOW | &SqlState::TOO_MANY_CONNECTIONS => {
                Error::Unreachable(text)
            }
            _ => Error::Other(text),
        }
    }
}

/// What the server says, or else what the driver says with its causes.
pub fn text(error: &::postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_string();
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    // What follows says it.
    text.strip_prefix("error connecting to server: ").map_or_else(|| text.clone(), str::to_string)
}
