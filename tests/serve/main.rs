//! `serve`: the HTTP server, asked as clients and proxies ask it.

#[path = "../support/mod.rs"]
mod support;

mod auth;
mod http;
mod oauth;
