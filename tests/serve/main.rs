//! `serve`: the HTTP server, asked as clients and proxies ask it.

#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod auth;
mod fuzz;
mod http;
mod limits;
mod load;
mod oauth;
mod operation;
mod raw;
mod restart;
mod tls;
