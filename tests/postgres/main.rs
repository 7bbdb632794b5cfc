//! What is special about a database on a PostgreSQL server. Without PostgreSQL, these tests are skipped.
//! What every database does is tested by `tests/store/`, and by the other tests with
//! `TOKCTL_TEST_DATABASE`.

#[path = "../support/mod.rs"]
mod support;

#[path = "../serve/http.rs"]
mod http;

mod at_once;
mod failover;
mod hanging;
mod moving;
mod passwords;
mod place;
mod replicas;
mod roles;
mod schema;
