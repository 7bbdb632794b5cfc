//! `serve`.

use super::Replica;
use crate::cli::examples::examples;
use crate::cli::values;
use crate::serve::{AccessLog, Address, LogFormat};
use axum::http::HeaderName;
use clap::builder::BoolishValueParser;
use clap::{Arg, Args, ValueEnum, ValueHint};
use std::env;
use std::path::PathBuf;

/// Verify and administer tokens over HTTP
///
/// Answers forward-auth requests of proxies (`/auth`), token introspection (RFC 7662) and revocation
/// (RFC 7009), and offers administration to tokens of administrators that grant tokctl.admin. Sees
/// changes that other commands make from the next request on. Needs an existing database.
///
/// SIGTERM or SIGINT stops the server after it has answered the requests in progress; a second one stops
/// it at once. SIGHUP reads the TLS certificate again. If systemd passes sockets, the server listens on
/// them instead of the default address. An environment variable that is empty counts as unset.
#[derive(Debug, Args)]
#[command(mut_args = of_environment, after_long_help = examples!(
    "Serve a proxy on this machine" => "tokctl serve",
    "Serve over TLS" =>
        "tokctl serve --listen 0.0.0.0:7380 --tls-cert cert.pem --tls-key key.pem",
    "Serve through a socket that the group of the proxy can use" =>
        "tokctl serve --listen unix:/run/tokctl/http.sock --socket-mode 0660",
))]
pub struct Serve {
    /// Address to listen on: ADDRESS:PORT or unix:/PATH; repeat the option for several [default:
    /// 127.0.0.1:7380]
    #[arg(long, value_name = "ADDRESS", env = "TOKCTL_LISTEN", value_delimiter = ',')]
    pub listen: Vec<Address>,
    /// Permissions of Unix sockets, in octal
    #[arg(long, value_name = "MODE", env = "TOKCTL_SOCKET_MODE", default_value = "0600")]
    #[arg(value_parser = values::mode)]
    pub socket_mode: u32,
    /// TLS certificate chain, in PEM
    #[arg(long, value_name = "FILE", env = "TOKCTL_TLS_CERT", requires = "tls_key")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the TLS certificate, in PEM
    #[arg(long, value_name = "FILE", env = "TOKCTL_TLS_KEY", requires = "tls_cert")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub tls_key: Option<PathBuf>,
    /// Only a trusted proxy can connect: allow any address without TLS, and take the address of the
    /// client from X-Forwarded-For
    #[arg(long, env = "TOKCTL_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub behind_proxy: bool,
    /// Header that contains the secret, instead of Authorization
    #[arg(long, value_name = "NAME", env = "TOKCTL_HEADER")]
    pub header: Option<HeaderName>,
    /// Query parameter of the original URI that can contain the secret, such as token; proxies and
    /// browsers may log it
    #[arg(long, value_name = "NAME", env = "TOKCTL_QUERY_PARAMETER", value_parser = values::some_text)]
    pub query_parameter: Option<String>,
    /// URL of this server as clients see it, for its metadata (RFC 8414) [default: the first address]
    #[arg(long, value_name = "URL", env = "TOKCTL_ISSUER", value_parser = values::issuer)]
    pub issuer: Option<String>,
    #[command(flatten)]
    pub replica: Replica,
    /// Number of threads that answer requests [default: number of processors]
    #[arg(hide_short_help = true, long, value_name = "N", env = "TOKCTL_THREADS", value_parser = values::threads)]
    pub threads: Option<usize>,
    /// Maximum number of open connections; more wait
    #[arg(
        hide_short_help = true,
        long,
        value_name = "N",
        env = "TOKCTL_MAX_CONNECTIONS",
        default_value = "16384"
    )]
    #[arg(value_parser = values::connections)]
    pub max_connections: usize,
    /// Maximum time to answer a request
    #[arg(
        hide_short_help = true,
        long,
        value_name = "DURATION",
        env = "TOKCTL_REQUEST_TIMEOUT",
        default_value = "10s"
    )]
    #[arg(value_parser = values::duration)]
    pub request_timeout: std::time::Duration,
    /// Maximum time that a connection may stay open without a complete request
    #[arg(
        hide_short_help = true,
        long,
        value_name = "DURATION",
        env = "TOKCTL_IDLE_TIMEOUT",
        default_value = "75s"
    )]
    #[arg(value_parser = values::duration)]
    pub idle_timeout: std::time::Duration,
    /// Maximum time to finish requests in progress when the server stops
    #[arg(
        hide_short_help = true,
        long,
        value_name = "DURATION",
        env = "TOKCTL_SHUTDOWN_TIMEOUT",
        default_value = "10s"
    )]
    #[arg(value_parser = values::duration)]
    pub shutdown_timeout: std::time::Duration,
    /// Format of the log on standard error
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        env = "TOKCTL_LOG_FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormatArg,
    /// Requests to log: none, errors (5xx), failures (4xx and 5xx) or all
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        env = "TOKCTL_ACCESS_LOG",
        default_value = "errors"
    )]
    #[arg(hide_possible_values = true)]
    pub access_log: AccessLogArg,
}

/// Every variable is optional, so an empty one is as good as none. Help does not show its value. The
/// options of [`Replica`] have no variables in `verify`, which must start fast.
fn of_environment(arg: Arg) -> Arg {
    let arg = match arg.get_id().as_str() {
        "read_database" => arg.env("TOKCTL_READ_DATABASE"),
        "max_staleness" => arg.env("TOKCTL_MAX_STALENESS"),
        _ => arg,
    };
    let value = arg.get_env().and_then(env::var_os);
    if value.is_some_and(|value| value.is_empty()) {
        return arg.env(None::<&str>);
    }
    arg.hide_env_values(true)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormatArg {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccessLogArg {
    None,
    Errors,
    Failures,
    All,
}

impl From<LogFormatArg> for LogFormat {
    fn from(arg: LogFormatArg) -> Self {
        match arg {
            LogFormatArg::Text => LogFormat::Text,
            LogFormatArg::Json => LogFormat::Json,
        }
    }
}

impl From<AccessLogArg> for AccessLog {
    fn from(arg: AccessLogArg) -> Self {
        match arg {
            AccessLogArg::None => AccessLog::None,
            AccessLogArg::Errors => AccessLog::Errors,
            AccessLogArg::Failures => AccessLog::Failures,
            AccessLogArg::All => AccessLog::All,
        }
    }
}
