//! Connecting to a MySQL or MariaDB server.

use super::address::{Address, Place};
use super::tls::Tls;
use crate::import::source::error::Cause;
use crate::store::server::{AskPassword, KEEPALIVE_IDLE, Prompt, is_about_tls};
use ::mysql::{Conn, DriverError, Error, LocalInfileHandler, OptsBuilder, SslOpts};
use std::fs::File;
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long to wait for a server that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

// Numbers of errors (MySQL's error reference, and the same on MariaDB).
const WRONG_PASSWORD: u16 = 1045;
const WRONG_LOGIN: [u16; 3] = [WRONG_PASSWORD, 1130, 1698];
const NO_RIGHT: [u16; 5] = [1044, 1142, 1143, 1227, 1370];
const UNKNOWN_DATABASE: u16 = 1049;
const LOST: [u16; 6] = [1053, 1152, 1159, 1317, 1927, 4031];
const BUSY: [u16; 3] = [1040, 1129, 1203];

/// Connects. `ask` is called if the server wants a password and none is known.
pub fn connect(address: &Address, ask: Option<AskPassword>) -> Result<Conn, Cause> {
    if let (Tls::Verified(Some(file)), Place::Tcp(..)) = (&address.tls, &address.place) {
        // The driver's error would not name the file.
        let unreadable =
            |error| Cause::Insecure(format!("cannot read {}: {error}", file.display()));
        File::open(file).map_err(unreadable)?;
    }
    let wants_password = |cause: &Cause| matches!(cause, Cause::NoPassword { .. });
    let (place, known) = (address.place(), address.password.as_ref());
    Prompt::new(ask).connect(&place, known, wants_password, |password| {
        attempt(address, password).map_err(|error| refused(error, password.is_some()))
    })
}

/// Why there is no connection with a password, or without one.
fn refused(error: Error, has_password: bool) -> Cause {
    let is_about_password =
        matches!(&error, Error::MySqlError(error) if error.code == WRONG_PASSWORD);
    match connecting(error) {
        Cause::WrongLogin(why) if is_about_password && !has_password => {
            Cause::NoPassword { why, looked_in: "~/.my.cnf or MYSQL_PWD" }
        }
        cause => cause,
    }
}

/// Connects with TLS if the server can, or as the address says.
fn attempt(address: &Address, password: Option<&Zeroizing<String>>) -> Result<Conn, Error> {
    let anybody = || SslOpts::default().with_danger_accept_invalid_certs(true);
    let tls = match (&address.tls, &address.place) {
        (_, Place::Socket(_)) | (Tls::Disabled, _) => None,
        (Tls::Preferred | Tls::Required, _) => Some(anybody()),
        (Tls::Verified(authority), _) => {
            Some(SslOpts::default().with_root_cert_path(authority.clone()))
        }
    };
    match Conn::new(options(address, password).ssl_opts(tls)) {
        Err(Error::DriverError(DriverError::TlsNotSupported)) if address.tls == Tls::Preferred => {
            Conn::new(options(address, password))
        }
        connected => connected,
    }
}

fn options(address: &Address, password: Option<&Zeroizing<String>>) -> OptsBuilder {
    // Without a handler of its own, the driver would send the server any file that it asks for.
    let no_files = LocalInfileHandler::new(|_, _| Err(io::ErrorKind::PermissionDenied.into()));
    let options = OptsBuilder::new()
        .user(Some(&address.user))
        .pass(password.map(|password| password.as_str()))
        .db_name(Some(&address.database))
        .local_infile_handler(Some(no_files))
        .prefer_socket(false)
        .stmt_cache_size(0)
        .tcp_connect_timeout(Some(CONNECT_TIMEOUT))
        .tcp_keepalive_time_ms(u32::try_from(KEEPALIVE_IDLE.as_millis()).ok());
    match &address.place {
        Place::Socket(socket) => options.socket(Some(socket)),
        Place::Tcp(host, port) => {
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            options.ip_or_hostname(Some(host)).tcp_port(*port)
        }
    }
}

/// Why there is no connection.
fn connecting(error: Error) -> Cause {
    match error {
        Error::IoError(why) => broken(why.to_string()),
        Error::CodecError(why) => broken(why.to_string()),
        Error::TlsError(why) => Cause::insecure(&why.to_string()),
        Error::DriverError(DriverError::CouldNotConnect(Some((_, why, _)))) => {
            Cause::Unreachable(why)
        }
        Error::DriverError(DriverError::TlsNotSupported) => {
            Cause::Insecure("the server does not support TLS".into())
        }
        Error::DriverError(why) => Cause::Unreachable(why.to_string()),
        other => cause(other),
    }
}

/// The driver hands on what TLS says as an error of reading or writing.
fn broken(why: String) -> Cause {
    if is_about_tls(&why) { Cause::insecure(&why) } else { Cause::Unreachable(why) }
}

/// Why a statement failed. What the server says names users, hosts and tables, and no password.
pub fn cause(error: Error) -> Cause {
    match error {
        Error::MySqlError(error) => match error.code {
            code if WRONG_LOGIN.contains(&code) => Cause::WrongLogin(error.message),
            code if NO_RIGHT.contains(&code) => Cause::NoRight {
                why: error.message,
                needed: "SELECT on the whole database, so that missing tables can be told from \
                         hidden ones",
            },
            code if LOST.contains(&code) => Cause::Disconnected(error.message),
            code if BUSY.contains(&code) => Cause::Unreachable(error.message),
            UNKNOWN_DATABASE => Cause::UnknownDatabase(error.message),
            _ => Cause::Other(error.message),
        },
        Error::IoError(why) => Cause::Disconnected(why.to_string()),
        Error::CodecError(why) => Cause::Disconnected(why.to_string()),
        Error::DriverError(why) => Cause::Disconnected(why.to_string()),
        Error::TlsError(why) => Cause::insecure(&why.to_string()),
        // These quote values.
        Error::FromRowError(_) | Error::FromValueError(_) => {
            Cause::Other("the server sent an unexpected value".into())
        }
        Error::UrlError(_) => Cause::Other("the driver refuses the address".into()),
    }
}
