//! Connecting to one of the servers of an address.

use super::address::{Address, Binding, Host, Mode, Session};
use super::error::Error;
use super::passfile::{self, Found, Login};
use super::tls;
use crate::store::server::{AskPassword, KEEPALIVE_IDLE, Prompt};
use ::postgres::config::{ChannelBinding, SslMode, SslNegotiation, TargetSessionAttrs};
use ::postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

/// Connects to the first server that takes the connection. `ask` is called once at most, if a
/// server wants a password and none is known.
///
/// # Errors
///
/// What was wrong with the last server that was tried.
pub fn connect(address: &Address, ask: Option<AskPassword>) -> Result<Client, Error> {
    let sessions = match address.session {
        Session::PreferReadOnly => vec![Session::ReadOnly, Session::Any],
        session => vec![session],
    };
    let mut prompt = Prompt::new(ask);
    let mut last = Error::Unreachable("no host is named".into());
    for session in sessions {
        for host in &address.hosts {
            match to_host(address, host, session, &mut prompt) {
                Ok(client) => return Ok(client),
                Err(error) if error.is_about_one_host() => last = error,
                Err(error) => return Err(error),
            }
        }
    }
    Err(last)
}

fn to_host(
    address: &Address,
    host: &Host,
    session: Session,
    prompt: &mut Prompt,
) -> Result<Client, Error> {
    let in_file = match &address.password_file {
        Some(file) => passfile::look_up(
            file,
            &Login {
                host: host.name_in_password_file(),
                port: host.port,
                database: &address.database,
                user: &address.user,
            },
        ),
        None => Found::Nothing,
    };
    let ignored = address.password_file.as_ref().filter(|_| in_file == Found::TooOpen);
    let in_file = match in_file {
        Found::Password(password) => Some(password),
        _ => None,
    };
    let place =
        format!("postgres://{}@{}:{}/{}", address.user, host.name, host.port, address.database);
    let wants_password =
        |error: &Error| matches!(error, Error::NoPassword(_) | Error::PasswordFileTooOpen { .. });
    let known = address.password.as_ref().or(in_file.as_ref());
    prompt.connect(&place, known, wants_password, |password| {
        match (attempts(address, host, session, password), ignored) {
            (Err(Error::NoPassword(why)), Some(file)) if password.is_none() => {
                Err(Error::PasswordFileTooOpen { why, file: file.clone() })
            }
            (connected, _) => connected,
        }
    })
}

/// Connects with TLS, without it, or with one after the other.
fn attempts(
    address: &Address,
    host: &Host,
    session: Session,
    password: Option<&Zeroizing<String>>,
) -> Result<Client, Error> {
    // A socket is not encrypted, whatever the mode.
    let modes = match address.tls.mode {
        _ if host.is_socket() => vec![SslMode::Disable],
        Mode::Disable => vec![SslMode::Disable],
        Mode::Allow => vec![SslMode::Disable, SslMode::Require],
        Mode::Prefer => vec![SslMode::Prefer],
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => vec![SslMode::Require],
    };
    let mut result = Err(Error::Unreachable("no attempt was made".into()));
    for mode in modes {
        let mut config = config(address, host, session, password);
        config.ssl_mode(mode);
        let tls = MakeRustlsConnect::new(tls::config(&address.tls)?);
        result = config.connect(tls).map_err(|error| explained(error, password.is_some()));
        if result.is_ok() {
            break;
        }
    }
    result
}

/// The driver itself notices that a server wants a password and there is none.
fn explained(error: ::postgres::Error, has_password: bool) -> Error {
    match Error::from(error) {
        Error::Unreachable(text) if !has_password && text.contains("password missing") => {
            Error::NoPassword("the server requires one".into())
        }
        error => error,
    }
}

fn config(
    address: &Address,
    host: &Host,
    session: Session,
    password: Option<&Zeroizing<String>>,
) -> Config {
    let mut config = Config::new();
    config.host(&host.name).port(host.port);
    if let Some(address) = host.address {
        config.hostaddr(address);
    }
    config.user(&address.user).dbname(&address.database);
    config.application_name(&address.application);
    if let Some(password) = password {
        config.password(password.as_bytes());
    }
    if let Some(options) = &address.options {
        config.options(options);
    }
    if let Some(timeout) = address.connect_timeout {
        config.connect_timeout(timeout);
    }
    config.target_session_attrs(match session {
        Session::ReadWrite => TargetSessionAttrs::ReadWrite,
        Session::ReadOnly => TargetSessionAttrs::ReadOnly,
        Session::Any | Session::PreferReadOnly => TargetSessionAttrs::Any,
    });
    config.channel_binding(match address.tls.binding {
        Binding::Disable => ChannelBinding::Disable,
        Binding::Prefer => ChannelBinding::Prefer,
        Binding::Require => ChannelBinding::Require,
    });
    if address.tls.is_direct {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    let keepalive = &address.keepalive;
    config.keepalives(keepalive.is_on).keepalives_idle(keepalive.idle.unwrap_or(KEEPALIVE_IDLE));
    if let Some(interval) = keepalive.interval {
        config.keepalives_interval(interval);
    }
    if let Some(count) = keepalive.count {
        config.keepalives_retries(count);
    }
    if let Some(timeout) = keepalive.user_timeout {
        config.tcp_user_timeout(timeout);
    }
    config
}
