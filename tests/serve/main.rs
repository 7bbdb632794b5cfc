//! `serve`: the HTTP server, asked as clients and proxies ask it.

#[path = "../docs/markdown.rs"]
#[allow(dead_code)]
mod markdown;
#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod administration;
mod auth;
mod clients;
mod fuzz;
mod gateways;
mod http;
mod limits;
mod load;
mod oauth;
mod openapi;
mod operation;
mod postgres;
mod proxy;
mod raw;
mod recipes;
mod restart;
mod tls;
