//! A schema for one test, and the program in it.

use crate::support::servers::{Postgres, unique_name};
use crate::support::{Ran, Run, Sandbox};

/// A schema of a server.
pub struct Place {
    pub server: &'static Postgres,
    pub schema: String,
    pub sandbox: Sandbox,
}

impl Place {
    /// A schema with tokctl's tables; `None` without a server.
    pub fn new() -> Option<Self> {
        let place = Place::empty()?;
        place.run(&["migrate"]).exits(0);
        Some(place)
    }

    /// The name of a schema that does not exist.
    pub fn empty() -> Option<Self> {
        let server = Postgres::get()?;
        Some(Place { server, schema: unique_name("place"), sandbox: Sandbox::new() })
    }

    pub fn url(&self) -> String {
        self.server.schema_url(&self.schema)
    }

    /// The URL for another user of the server.
    pub fn url_of(&self, user: &str) -> String {
        self.url().replacen("postgres@", &format!("{user}@"), 1)
    }

    pub fn tokctl(&self, args: &[&str]) -> Run {
        self.sandbox.tokctl(args).env("TOKCTL_DATABASE", self.url())
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.tokctl(args).go()
    }

    /// Issues a token and returns its secret.
    pub fn create(&self, args: &[&str]) -> String {
        let ran = self.run(&[&["create", "--quiet"], args].concat()).exits(0);
        ran.stdout.trim_end().to_string()
    }

    /// What a statement yields, whose tables are in this schema.
    pub fn sql(&self, sql: &str) -> String {
        let sql = format!("SET search_path = \"{}\"; {sql}", self.schema);
        self.server.sql("postgres", &sql).trim_end().to_string()
    }
}
