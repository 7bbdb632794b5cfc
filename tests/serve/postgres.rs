//! A server whose database is on a PostgreSQL server: what is asked and administered there, and what becomes
//! of requests while it is away.

use crate::http::{Response, Server};
use crate::load::{Counts, Load};
use crate::support::servers::{Postgres, unique_name};
use crate::support::{Ran, Sandbox, UNKNOWN};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to be as before.
const SOON: Duration = Duration::from_secs(10);

/// A database on a server, with the administrator alice.
struct Place {
    sandbox: Sandbox,
    url: String,
}

impl Place {
    /// In a schema of its own of the server of this process.
    fn new() -> Option<Self> {
        Some(Place::of(Postgres::get()?.schema_url(&unique_name("s"))))
    }

    fn of(url: String) -> Self {
        Place::in_sandbox(Sandbox::new(), url)
    }

    fn in_sandbox(sandbox: Sandbox, url: String) -> Self {
        let place = Place { sandbox, url };
        place.run(&["migrate"]).exits(0);
        place.run(&["user", "add", "alice", "--admin"]).exits(0);
        place.run(&["settings", "set", "default-user", "alice"]).exits(0);
        place
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.sandbox.tokctl(args).env("TOKCTL_DATABASE", &self.url).go()
    }

    fn create(&self, args: &[&str]) -> String {
        self.run(&[&["create", "--quiet"], args].concat()).exits(0).stdout.trim_end().to_string()
    }

    fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    fn serve_with(&self, options: &[&str]) -> Server {
        let args = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--threads", "2"];
        let run = self.sandbox.tokctl(&[&args, options].concat()).env("TOKCTL_DATABASE", &self.url);
        Server::spawn(&mut run.into_command())
    }

    fn last_used(&self, id: &str) -> Option<String> {
        let token = self.run(&["show", id, "--json"]).exits(0).json();
        token["last_used_at"].as_str().map(str::to_string)
    }
}

/// The answer with this status, for which some time may pass.
#[track_caller]
fn soon(status: u16, ask: impl Fn() -> Response) -> Response {
    let started = Instant::now();
    loop {
        let response = ask();
        if response.status == status || started.elapsed() > SOON {
            return response.is(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A number of the metrics.
fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics", &[]).is(200).body;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    value.trim().parse().unwrap()
}

#[test]
fn every_verdict_is_that_of_the_next_request() {
    let Some(place) = Place::new() else { return };
    let secret = place.create(&["--name", "CI", "--scope", "posts.manage"]);
    let server = place.serve();
    let good = server.auth("/auth?scope=posts.manage", &secret).is(204);
    assert_eq!(good.header("x-auth-token-name"), Some("CI"));
    assert_eq!(good.header("x-auth-user"), Some("alice"));
    let refused = |response: Response, status: u16, word: &str| {
        let challenge = response.is(status).header("www-authenticate").unwrap().to_string();
        assert!(challenge.contains(word), "{challenge}");
    };
    refused(server.auth("/auth?scope=posts.delete", &secret), 403, "insufficient_scope");
    refused(server.auth("/auth", UNKNOWN), 401, "invalid_token");
    refused(server.auth("/auth", "tok_short"), 401, "invalid_token");
    place.run(&["revoke", "--name", "CI"]).exits(0);
    refused(server.auth("/auth", &secret), 401, "revoked");
    place.run(&["unrevoke", "--name", "CI"]).exits(0);
    server.auth("/auth", &secret).is(204);
    place.run(&["user", "ban", "alice"]).exits(0);
    server.auth("/auth", &secret).is(401);
}

#[test]
fn secrets_of_other_systems_are_verified_too() {
    let Some(place) = Place::new() else { return };
    let server = place.serve();
    let (secret, other) =
        ("legacy-0123456789abcdefghijklmnop", "legacy-0123456789abcdefghijklmnoq");
    server.auth("/auth", secret).is(401);
    let line = format!(r#"{{"name": "old", "user": "bob", "secret": "{secret}"}}"#);
    let file = place.sandbox.file("old.jsonl", line);
    place.run(&["import", "jsonl", &file]).exits(0);
    let good = server.auth("/auth", secret).is(204);
    assert_eq!(good.header("x-auth-user"), Some("bob"));
    server.auth("/auth", other).is(401);
    place.run(&["revoke", "--name", "old"]).exits(0);
    server.auth("/auth", secret).is(401);
}

#[test]
fn connections_are_encrypted_and_passwords_found_as_by_the_commands() {
    let Some(postgres) = Postgres::get() else { return };
    let Some(authority) = postgres.authority() else { return };
    let role = unique_name("r");
    postgres
        .sql("postgres", &format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'pass' IN ROLE pw"));
    let address = format!("postgres://{role}@localhost:{}/postgres", postgres.port());
    let schema = unique_name("s");
    let parameters = format!(
        "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={authority}&passfile=pass&options=-csearch_path%3D{schema}"
    );
    let sandbox = Sandbox::new();
    sandbox.file("pass", "*:*:*:*:pass");
    fs::set_permissions(sandbox.path("pass"), fs::Permissions::from_mode(0o600)).unwrap();
    let place = Place::in_sandbox(sandbox, format!("{address}?{parameters}"));
    let secret = place.create(&[]);
    let server = place.serve();
    server.auth("/auth", &secret).is(204);
    let encrypted = format!(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '{role}' AND ssl"
    );
    // Two threads or more, and what writes last uses. Some may still be connecting.
    let count = || postgres.sql("postgres", &encrypted).trim().parse::<u32>().unwrap();
    let started = Instant::now();
    while count() < 3 {
        assert!(started.elapsed() < SOON);
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn tokens_are_introspected_revoked_and_administered() {
    let Some(place) = Place::new() else { return };
    let admin = format!("Bearer {}", place.create(&["--scope", "tokctl.*"]));
    let server = place.serve();
    let bearer = ("Authorization", admin.as_str());
    let body = json!({"name": "made", "scopes": ["posts.read"]}).to_string();
    let headers = [bearer, ("Content-Type", "application/json")];
    let made = server.request("POST", "/tokens", &headers, &body).is(201).json();
    let secret = made["token"].as_str().unwrap();
    server.auth("/auth?scope=posts.read", secret).is(204);
    let form = format!("token={secret}");
    let answer = server.form("/introspect", &[bearer], &form).is(200).json();
    assert_eq!(answer["active"], true);
    server.form("/revoke", &[], &form).is(200);
    server.auth("/auth", secret).is(401);
    let answer = server.form("/introspect", &[bearer], &form).is(200).json();
    assert_eq!(answer, json!({"active": false}));
}

#[test]
fn a_last_use_is_written_once_and_what_waits_at_the_end_too() {
    let Some(place) = Place::new() else { return };
    let (first, second) = (place.create(&[]), place.create(&[]));
    let server = place.serve();
    server.auth("/auth", &first).is(204);
    let started = Instant::now();
    while place.last_used("1").is_none() {
        assert!(started.elapsed() < SOON);
    }
    let used = place.last_used("1");
    thread::sleep(Duration::from_millis(1100));
    for _ in 0..20 {
        server.auth("/auth", &first).is(204);
        server.auth("/auth", UNKNOWN).is(401);
    }
    server.auth("/auth", &second).is(204);
    assert_eq!(server.end().0, Some(0));
    assert!(place.last_used("2").is_some());
    // Not written again: its resolution is a minute.
    assert_eq!(place.last_used("1"), used);
    let failures = place.run(&["log", "--kind", "verify", "--failures", "--json"]).exits(0);
    assert_eq!(failures.json().as_array().unwrap().len(), 20);
}

/// Goes through a restart of the database's server under load. A short absence is waited out.
fn survived(signal: &str) {
    let Some(mut postgres) = Postgres::with(&[]) else { return };
    let place = Place::of(postgres.schema_url("tokctl"));
    let secret = place.create(&["--scope", "tokctl.*"]);
    let server = place.serve();
    let good = Load::start(&server.address, &secret, 8, 4, Duration::ZERO);
    let bad = Load::start(&server.address, UNKNOWN, 8, 0, Duration::ZERO);
    for _ in 0..3 {
        good.wait_for(200);
        postgres.stop(signal);
        postgres.start();
        soon(204, || server.auth("/auth", &secret));
    }
    good.wait_for(200);
    let bad = bad.end();
    assert_eq!(Counts::of(&bad.answered), 0, "a bad token was let in: {bad:?}");
    let counts = good.end();
    println!("{counts:?}");
    let Counts { torn, unanswered, races, refused, .. } = &*counts;
    for lost in [torn, unanswered, races, refused] {
        assert_eq!(Counts::of(lost), 0, "{counts:?}");
    }
    // Connections that were idle meanwhile are made again before anybody notices.
    let bearer = [("Authorization", &*format!("Bearer {secret}"))];
    server.get("/tokens", &bearer).is(200);
    postgres.stop(signal);
    postgres.start();
    server.get("/tokens", &bearer).is(200);
    server.get("/readyz", &[]).is(200);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn what_was_under_way_on_a_lost_connection_is_asked_again() {
    let Some(postgres) = Postgres::with(&[]) else { return };
    let place = Place::of(postgres.schema_url("tokctl"));
    let secret = place.create(&[]);
    let server = place.serve();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let load = Load::start(&server.address, &secret, 16, 4, Duration::ZERO);
    for _ in 0..10 {
        load.wait_for(50);
        postgres.sql("postgres", end);
    }
    load.wait_for(50);
    let counts = load.end();
    assert_eq!(Counts::of(&counts.other_status), 0, "{counts:?}");
}

#[test]
fn a_restart_of_the_database_is_survived() {
    survived("INT");
}

#[test]
fn a_crash_of_the_database_is_survived() {
    survived("QUIT");
}

#[test]
fn while_the_database_is_away_nobody_is_let_in() {
    let Some(mut postgres) = Postgres::with(&[]) else { return };
    let place = Place::of(postgres.schema_url("tokctl"));
    let secret = place.create(&["--scope", "tokctl.*"]);
    let bearer = [("Authorization", &*format!("Bearer {secret}"))];
    let server = place.serve();
    server.auth("/auth", &secret).is(204);
    assert_eq!(metric(&server, r#"tokctl_database_errors_total{kind="unreachable"}"#), 0);
    postgres.stop("INT");
    // The first ones wait, in case it is back soon.
    let refused = soon(503, || server.auth("/auth", &secret));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(server.logged("the database failed")["level"], "warning");
    // The others need not.
    let started = Instant::now();
    for _ in 0..20 {
        server.auth("/auth", &secret).is(503);
        server.auth("/auth", UNKNOWN).is(503);
        server.get("/readyz", &[]).is(503);
        server.get("/healthz", &[]).is(200);
    }
    server.get("/tokens", &bearer).is(503);
    server.form("/revoke", &[], &format!("token={secret}")).is(503);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(metric(&server, r#"tokctl_database_errors_total{kind="unreachable"}"#) > 40);
    postgres.start();
    soon(204, || server.auth("/auth", &secret));
    server.auth("/auth", UNKNOWN).is(401);
    server.get("/readyz", &[]).is(200);
    server.get("/tokens", &bearer).is(200);
    postgres.stop("QUIT");
    let started = Instant::now();
    assert_eq!(server.end().0, Some(0));
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[test]
fn another_host_of_the_url_takes_over() {
    let Some(mut first) = Postgres::with(&[]) else { return };
    let second = Postgres::with(&[]).unwrap();
    let ports = (first.port(), second.port());
    let url = |hosts: &str| {
        format!(
            "postgres://postgres@{hosts}/postgres?target_session_attrs=read-write&sslmode=disable"
        )
    };
    // The second one has the token under another name, so that answers tell who gave them.
    let secret = format!("made-elsewhere-{}", "x".repeat(32));
    let mut places = Vec::new();
    for (port, name) in [(&ports.0, "first"), (&ports.1, "second")] {
        let place = Place::of(url(&format!("127.0.0.1:{port}")));
        let args = ["create", "--name", name, "--secret", "-"];
        let run = place.sandbox.tokctl(&args).env("TOKCTL_DATABASE", &place.url);
        run.stdin(&secret).go().exits(0);
        places.push(place);
    }
    places[0].url = url(&format!("127.0.0.1:{},127.0.0.1:{}", ports.0, ports.1));
    let server = places[0].serve();
    let name = || {
        let response = server.auth("/auth", &secret).is(204);
        response.header("x-auth-token-name").unwrap().to_string()
    };
    assert_eq!(name(), "first");
    first.stop("QUIT");
    let started = Instant::now();
    assert_eq!(name(), "second");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn a_server_that_stops_answering_is_left() {
    let Some(postgres) = Postgres::with(&[]) else { return };
    let place = Place::of(postgres.schema_url("tokctl"));
    let secret = place.create(&[]);
    let server = place.serve();
    server.auth("/auth", &secret).is(204);
    let backends = "SELECT pid FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let pids = postgres.sql("postgres", backends);
    let freeze = |signal: &str| {
        let status = Command::new("kill").arg(signal).args(pids.split_whitespace()).status();
        assert!(status.unwrap().success());
    };
    freeze("-STOP");
    // As with a machine that has lost its network: nothing says that the connections are of no use.
    let response = server.auth("/auth", &secret);
    freeze("-CONT");
    response.is(204);
}

#[test]
fn a_replica_verifies_and_the_database_changes() {
    let Some(primary) = Postgres::primary() else { return };
    let place = Place::of(primary.schema_url("tokctl"));
    let secret = place.create(&["--scope", "tokctl.*"]);
    let bearer = [("Authorization", &*format!("Bearer {secret}"))];
    let standby = primary.standby();
    let server = place.serve_with(&["--read-database", &standby.schema_url("tokctl")]);
    soon(204, || server.auth("/auth", &secret));
    // The standby is stopped in the past: it does not know what happens from now on.
    standby.sql("postgres", "SELECT pg_wal_replay_pause()");
    primary.sql("postgres", "ALTER DATABASE postgres SET synchronous_commit = 'local'");
    let new = place.create(&["--name", "new"]);
    server.auth("/auth", &new).is(401);
    // A revocation of what only the database knows is a revocation.
    server.form("/revoke", &[], &format!("token={new}")).is(200);
    assert_eq!(place.run(&["show", "--name", "new", "--json"]).json()["status"], "revoked");
    server.get("/tokens", &bearer).is(200);
    place.run(&["revoke", "1"]).exits(0);
    server.auth("/auth", &secret).is(204);
    server.get("/tokens", &bearer).is(401);
    // Verification goes on without the database, and does not go on without both.
    primary.kill();
    server.auth("/auth", &secret).is(204);
    server.get("/readyz", &[]).is(200);
    soon(503, || server.get("/tokens", &bearer));
    standby.kill();
    soon(503, || server.auth("/auth", &secret));
}

#[test]
fn what_a_replica_does_not_answer_the_database_does() {
    let Some(primary) = Postgres::primary() else { return };
    let place = Place::of(primary.schema_url("tokctl"));
    let secret = place.create(&[]);
    let standby = primary.standby();
    let url = standby.schema_url("tokctl");
    let server = place.serve_with(&["--read-database", &url, "--max-staleness", "1s"]);
    soon(204, || server.auth("/auth", &secret));
    // A standby that is behind does not answer any more.
    standby.sql("postgres", "SELECT pg_wal_replay_pause()");
    primary.sql("postgres", "ALTER DATABASE postgres SET synchronous_commit = 'local'");
    place.run(&["revoke", "1"]).exits(0);
    soon(401, || server.auth("/auth", &secret));
    place.run(&["unrevoke", "1"]).exits(0);
    standby.kill();
    for _ in 0..10 {
        server.auth("/auth", &secret).is(204);
    }
}

#[test]
fn a_file_has_no_replica() {
    let sandbox = Sandbox::with_alice();
    let file = sandbox.path("other.db").display().to_string();
    let args = ["serve", "--listen", "127.0.0.1:0", "--read-database", &file];
    sandbox
        .run(&args)
        .fails(2, "'--read-database' needs servers: a file is no replica and has none");
}
