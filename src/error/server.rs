//! The errors of a database on a server, as the command line shows them.

use super::{Error, Kind};
use crate::store::{self, Error as Store, ServerError};
use crate::text::shell::quote_path;

/// The error of a database on a server, if it is one.
pub fn server_error(error: &store::Error) -> Option<Error> {
    let unavailable = || Error::database(error);
    Some(match error {
        Store::Server(cause) => of_connection(cause, unavailable()),
        Store::Disconnected(_) => unavailable().hint(
            "check the server, and try again; a change that was being committed may have been made",
        ),
        Store::NoTables => unavailable().hint(
            "`tokctl migrate` creates them; a schema with another name is named in the URL: \
             ?options=-csearch_path=NAME",
        ),
        Store::OtherSchema(_) => unavailable().hint(
            "undo what was changed in the schema by hand; `tokctl migrate` upgrades older tables",
        ),
        Store::NoRight(_) => unavailable()
            .hint("connect as another user, or have the owner of the tables grant the right"),
        Store::Standby => unavailable().hint(
            "name all servers in the URL, with target_session_attrs=read-write to find the primary",
        ),
        Store::Stale(_) => unavailable()
            .hint("check the replication, or accept older answers with --max-staleness"),
        Store::Unsupported(_) => unavailable()
            .of_kind(Kind::Request)
            .hint("use pg_dump and pg_restore, or `tokctl export` and `tokctl import jsonl`"),
        _ => return None,
    })
}

fn of_connection(cause: &ServerError, error: Error) -> Error {
    let request = |error: Error| error.of_kind(Kind::Request);
    match cause {
        ServerError::Url(_) => {
            request(error).hint("name it as postgres://USER@HOST/DATABASE?PARAMETER=VALUE")
        }
        ServerError::Parameter(_) | ServerError::Value { .. } => {
            request(error).hint("check the URL, and the environment variables of libpq (PG…)")
        }
        ServerError::Certificate { .. } | ServerError::Tls(_) => {
            error.hint("check the certificates, and sslmode and sslrootcert in the URL")
        }
        ServerError::NoRootCertificate => error.hint(
            "name a root certificate with sslrootcert, or the operating system's with \
             sslrootcert=system",
        ),
        ServerError::Unreachable(_) => {
            error.hint("check the host and the port, and that the server accepts connections")
        }
        ServerError::NoPassword(_) => error.hint("give one in ~/.pgpass, PGPASSFILE or PGPASSWORD"),
        ServerError::PasswordFileTooOpen { file, .. } => {
            error.hint(format!("chmod 600 {}", quote_path(file)))
        }
        ServerError::Denied(_) => error.hint("check the user and the password"),
        ServerError::NoRight(_) => {
            error.hint("have the owner of the database grant the right to connect")
        }
        ServerError::UnknownDatabase(_) => error.hint("check the name of the database in the URL"),
        ServerError::Other(_) => error,
    }
}
