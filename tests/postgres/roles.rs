//! The roles that docs/postgresql.md describes: each can do its part, and nothing else.

use crate::place::Place;
use crate::support::servers::unique_name;
use crate::support::{Ran, UNKNOWN};

/// The roles of the page, under names of this test's own.
struct Roles {
    place: Place,
    names: [(&'static str, String); 3],
}

impl Roles {
    /// The statements of the page, with tables that the owner creates.
    fn new() -> Option<Self> {
        let place = Place::empty()?;
        let names = ["tokctl_owner", "tokctl_writer", "tokctl_verifier"];
        let roles = Roles { place, names: names.map(|name| (name, unique_name(name))) };
        let [roles_and_schema, rights] = sql_of_the_page();
        roles.execute(&roles_and_schema);
        roles.run("tokctl_owner", &["migrate"]).exits(0);
        roles.execute(&rights);
        Some(roles)
    }

    fn execute(&self, sql: &str) {
        let mut sql = sql.replace("SCHEMA tokctl", &format!("SCHEMA {}", self.place.schema));
        sql = sql.replace("tokctl.", &format!("{}.", self.place.schema));
        for (name, own) in &self.names {
            sql = sql.replace(name, own);
        }
        self.place.sql(&sql);
    }

    fn url(&self, role: &str) -> String {
        let (_, name) = self.names.iter().find(|(name, _)| *name == role).unwrap();
        self.place.url_of(name)
    }

    fn run(&self, role: &str, args: &[&str]) -> Ran {
        self.place.sandbox.tokctl(args).env("TOKCTL_DATABASE", self.url(role)).go()
    }
}

/// The SQL blocks of the page: what comes before `migrate`, and what comes after it.
fn sql_of_the_page() -> [String; 2] {
    let page = include_str!("../../docs/postgresql.md");
    let blocks = page.split("```sql\n").skip(1);
    let blocks: Vec<_> =
        blocks.map(|block| block.split("```").next().unwrap().to_string()).collect();
    blocks.try_into().expect("two blocks")
}

#[test]
fn a_writer_does_everything_but_migrate() {
    let Some(roles) = Roles::new() else { return };
    let run = |args: &[&str]| roles.run("tokctl_writer", args);
    let secret = run(&["create", "--name", "CI", "--quiet"]).exits(0).stdout;
    let secret = secret.trim_end();
    run(&["verify", secret]).exits(0);
    run(&["rotate", "1", "--overlap", "1h", "--quiet"]).exits(0);
    run(&["edit", "2", "--rename", "new"]).exits(0);
    run(&["revoke", "1"]).exits(0);
    run(&["unrevoke", "1"]).exits(2);
    run(&["user", "add", "bob"]).exits(0);
    run(&["user", "ban", "bob"]).exits(0);
    run(&["user", "remove", "bob", "--yes"]).exits(0);
    run(&["settings", "set", "prefix", "acme"]).exits(0);
    run(&["revoke-all", "--everyone", "--yes", "--delete"]).exits(0);
    let line = format!(r#"{{"name":"x","user":"x","hash":"{}"}}"#, "0".repeat(64));
    let file = roles.place.sandbox.file("tokens.jsonl", line);
    run(&["import", "jsonl", &file]).exits(0);
    run(&["prune"]).exits(0);
    run(&["doctor", "--quiet"]).exits(0);
    run(&["log"]).exits(0);
    run(&["export"]).exits(0);
    run(&["migrate"]).exits(0);
    let denied = "ALTER TABLE tokens ADD COLUMN x int";
    let role = &roles.names[1].1;
    let sql = format!(
        "SET ROLE {role}; DO $$ BEGIN {denied}; EXCEPTION WHEN insufficient_privilege THEN RETURN; END $$"
    );
    roles.place.sql(&sql);
    let added = "SELECT count(*) FROM information_schema.columns
         WHERE table_schema = current_schema() AND column_name = 'x'";
    assert_eq!(roles.place.sql(added), "0");
}

#[test]
fn a_verifier_verifies_and_records_the_last_use() {
    let Some(roles) = Roles::new() else { return };
    let secret = roles.run("tokctl_writer", &["create", "--quiet"]).exits(0).stdout;
    let secret = secret.trim_end();
    roles.run("tokctl_verifier", &["verify", secret]).exits(0).remarks("");
    roles.run("tokctl_verifier", &["verify", UNKNOWN]).exits(1).remarks("");
    assert_eq!(roles.place.sql("SELECT count(*) FROM tokens WHERE last_used_at IS NOT NULL"), "1");
    // Failures are recorded where the page lets it.
    assert_eq!(roles.place.sql("SELECT count(*) FROM attempts"), "1");
}

#[test]
fn a_verifier_can_do_nothing_else() {
    let Some(roles) = Roles::new() else { return };
    roles.run("tokctl_writer", &["create", "--quiet"]).exits(0);
    for args in [
        &["create"][..],
        &["revoke", "1"],
        &["edit", "1", "--rename", "x"],
        &["rotate", "1"],
        &["user", "add", "eve"],
        &["user", "edit", "root", "--email", "eve@example.com"],
        &["settings", "set", "prefix", "eve"],
        &["settings", "unset", "default-user"],
        &["log"],
    ] {
        let ran = roles.run("tokctl_verifier", args).fails_somehow(4);
        assert!(ran.stderr.contains(": permission denied for table "), "{args:?} {ran:#?}");
        ran.hints("connect as another user, or have the owner of the tables grant the right");
    }
    assert_eq!(roles.place.sql("SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL"), "0");
}

#[test]
fn whoever_may_not_enter_the_schema_is_told() {
    let Some(place) = Place::new() else { return };
    let role = unique_name("stranger");
    place.sql(&format!("CREATE ROLE {role} LOGIN"));
    let url = place.url_of(&role);
    let ran = place.sandbox.tokctl(&["list"]).env("TOKCTL_DATABASE", &url).go();
    let error = format!("database {url}: permission denied for schema {}", place.schema);
    ran.fails(4, &error);
}
