//! Connecting to one of the servers of an address.

use super::address::{Address, Binding, Host, Mode, Session};
use super::error::Error;
use super::passfile::{self, Found, Login};
use super::tls;
use crate::store::server::{AskPassword, KEEPALIVE_IDLE, Prompt};
use ::postgres::Client;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

/// Connects to the first server that takes the connection. `ask` is called once at most, if a
/// server wants a password and none is known.
///
/// # Errors
///
/// What was wrong with the last server that was tried.
pub fn connect(address: &Address, ask: Option<AskPassword>) -> Result<Client, Error> {
    let mut prompt = Prompt::new(ask);
    let mut last = Error::Unreachable("no host is named".into());
    for server in servers(address) {
        match server.connect(&mut prompt) {
            Ok(client) => return Ok(client),
            Err(error) if error.is_about_one_host() => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// The same on the runtime of the caller, whose threads do not wait, and without a person to ask. An
/// attempt takes no longer than `patience`, unless the address says how long. The connection works for as
/// long as the future is polled, which ends with it.
///
/// # Errors
///
/// The same.
pub async fn connect_async(
    address: Arc<Address>,
    patience: Duration,
) -> Result<
    (tokio_postgres::Client, impl Future<Output = Result<(), tokio_postgres::Error>> + Send),
    Error,
> {
    let patience = address.connect_timeout.unwrap_or(patience);
    // The files of passwords and certificates are read where that may take its time.
    let read = spawn_blocking(move || {
        servers(&address).map(|server| server.attempts(server.password.as_ref())).collect()
    });
    let servers: Vec<Result<Vec<Attempt>, Error>> =
        read.await.map_err(|error| Error::Other(error.to_string()))?;
    let mut last = Error::Unreachable("no host is named".into());
    for attempts in servers {
        match first(attempts, patience).await {
            Ok(connected) => return Ok(connected),
            Err(error) if error.is_about_one_host() => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// The servers in the order in which they are tried.
fn servers(address: &Address) -> impl Iterator<Item = Server<'_>> {
    let sessions = match address.session {
        Session::PreferReadOnly => vec![Session::ReadOnly, Session::Any],
        session => vec![session],
    };
    let hosts = move |session| address.hosts.iter().map(move |host| (host, session));
    let all = sessions.into_iter().flat_map(hosts);
    all.map(|(host, session)| Server::new(address, host, session))
}

/// A server of an address, what it must be like, and the password that is known.
struct Server<'a> {
    address: &'a Address,
    host: &'a Host,
    session: Session,
    password: Option<Zeroizing<String>>,
    /// The password file, if it is ignored.
    ignored: Option<&'a PathBuf>,
}

/// One way to connect to a server.
struct Attempt {
    config: Config,
    tls: MakeRustlsConnect,
    has_password: bool,
    /// The password file, if it is ignored.
    ignored: Option<PathBuf>,
}

impl<'a> Server<'a> {
    fn new(address: &'a Address, host: &'a Host, session: Session) -> Self {
        let login = Login {
            host: host.name_in_password_file(),
            port: host.port,
            database: &address.database,
            user: &address.user,
        };
        let file = address.password_file.as_ref();
        let in_file = file.map_or(Found::Nothing, |file| passfile::look_up(file, &login));
        let ignored = file.filter(|_| in_file == Found::TooOpen);
        let in_file = match in_file {
            Found::Password(password) => Some(password),
            _ => None,
        };
        let password = address.password.clone().or(in_file);
        Server { address, host, session, password, ignored }
    }

    fn connect(&self, prompt: &mut Prompt) -> Result<Client, Error> {
        let Address { user, database, .. } = self.address;
        let place = format!("postgres://{user}@{}:{}/{database}", self.host.name, self.host.port);
        let wants_password = |error: &Error| {
            matches!(error, Error::NoPassword(_) | Error::PasswordFileTooOpen { .. })
        };
        prompt.connect(&place, self.password.as_ref(), wants_password, |password| {
            let mut result = Err(Error::Unreachable("no attempt was made".into()));
            for attempt in self.attempts(password)? {
                result = in_time(&attempt, self.address.connect_timeout)
                    .and_then(|connected| connected.map_err(|error| attempt.explained(error)));
                if result.is_ok() {
                    break;
                }
            }
            result
        })
    }

    /// With TLS, without it, or with one after the other.
    fn attempts(&self, password: Option<&Zeroizing<String>>) -> Result<Vec<Attempt>, Error> {
        // A socket is not encrypted, whatever the mode.
        let modes = match self.address.tls.mode {
            _ if self.host.is_socket() => vec![SslMode::Disable],
            Mode::Disable => vec![SslMode::Disable],
            Mode::Allow => vec![SslMode::Disable, SslMode::Require],
            Mode::Prefer => vec![SslMode::Prefer],
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => vec![SslMode::Require],
        };
        let attempt = |mode| {
            let mut config = config(self.address, self.host, self.session, password);
            config.ssl_mode(mode);
            let tls = MakeRustlsConnect::new(tls::config(&self.address.tls)?);
            let (has_password, ignored) = (password.is_some(), self.ignored.cloned());
            Ok(Attempt { config, tls, has_password, ignored })
        };
        modes.into_iter().map(attempt).collect()
    }
}

/// How many attempts may hang at a time.
const MOST_HANGING: isize = 8;

/// Connects, if the server answers in time. The driver's own limit ends with the TCP connection, and a server
/// that hangs still accepts that. So the attempt has a thread of its own, which is left behind if it hangs.
fn in_time(
    attempt: &Attempt,
    limit: Option<Duration>,
) -> Result<Result<Client, tokio_postgres::Error>, Error> {
    static HANGING: AtomicIsize = AtomicIsize::new(0);
    let config = ::postgres::Config::from(attempt.config.clone());
    let tls = attempt.tls.clone();
    let Some(limit) = limit else { return Ok(config.connect(tls)) };
    if HANGING.load(Ordering::Relaxed) >= MOST_HANGING {
        return Err(Error::Unreachable("the server has not answered earlier attempts".into()));
    }
    // Without room, so that it is known whether somebody was there for the connection.
    let (sender, receiver) = sync_channel(0);
    let connect = move || {
        if sender.send(config.connect(tls)).is_err() {
            HANGING.fetch_sub(1, Ordering::Relaxed);
        }
    };
    if thread::Builder::new().spawn(connect).is_err() {
        // The account may start no more threads.
        let config = ::postgres::Config::from(attempt.config.clone());
        return Ok(config.connect(attempt.tls.clone()));
    }
    match receiver.recv_timeout(limit) {
        Ok(connected) => Ok(connected),
        Err(_) => {
            HANGING.fetch_add(1, Ordering::Relaxed);
            Err(Error::Unreachable("the server did not answer in time".into()))
        }
    }
}

impl Attempt {
    /// The driver itself notices that a server wants a password and there is none.
    fn explained(&self, error: tokio_postgres::Error) -> Error {
        let error = match Error::from(error) {
            Error::Unreachable(text) if !self.has_password && text.contains("password missing") => {
                Error::NoPassword("the server requires one".into())
            }
            error => error,
        };
        match (error, &self.ignored) {
            (Error::NoPassword(why), Some(file)) if !self.has_password => {
                Error::PasswordFileTooOpen { why, file: file.clone() }
            }
            (error, _) => error,
        }
    }
}

/// The connection of the first attempt that succeeds.
async fn first(
    attempts: Result<Vec<Attempt>, Error>,
    patience: Duration,
) -> Result<
    (tokio_postgres::Client, impl Future<Output = Result<(), tokio_postgres::Error>> + Send),
    Error,
> {
    let mut last = Error::Unreachable("no attempt was made".into());
    for attempt in attempts? {
        match timeout(patience, attempt.config.connect(attempt.tls.clone())).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => last = attempt.explained(error),
            Err(_) => last = Error::Unreachable("the server did not answer in time".into()),
        }
    }
    Err(last)
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
