//! `serve`: verify and administer over HTTP.

use super::account;
use super::context::Context;
use super::replica;
use crate::cli::Serve;
use crate::error::Result;
use crate::serve::{self, Config, TlsFiles};
use std::thread::available_parallelism;

pub fn run(args: Serve, context: &mut Context) -> Result<()> {
    let location = context.location()?.clone();
    let replica = replica::of_server(&args.replica, context)?;
    let tls = args.tls_cert.zip(args.tls_key);
    let config = Config {
        listen: args.listen,
        socket_mode: args.socket_mode,
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        behind_proxy: args.behind_proxy,
        header: args.header,
        query_parameter: args.query_parameter,
        issuer: args.issuer,
        threads: args.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)),
        max_connections: args.max_connections,
        request_timeout: args.request_timeout,
        idle_timeout: args.idle_timeout,
        shutdown_timeout: args.shutdown_timeout,
        log_format: args.log_format.into(),
        access_log: args.access_log.into(),
    };
    serve::run(config, location, replica, account::actor())
}
