//! The primary dies under load, and its standby takes over.

use crate::http::{Connection, Server, request};
use crate::support::servers::{Postgres, unique_name};
use crate::support::{Sandbox, UNKNOWN};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How much longer than the promotion verifications may fail: the server notices, and connects anew.
const SLACK: Duration = Duration::from_secs(4);

/// What clients were told.
#[derive(Default)]
struct Told {
    /// Secrets that were issued.
    issued: Mutex<Vec<String>>,
    /// Secrets that were revoked.
    revoked: Mutex<HashSet<String>>,
    /// When a good secret was accepted last before the longest gap, and the gap.
    gap: Mutex<(Option<Instant>, Duration)>,
    enough: AtomicBool,
}

impl Told {
    /// Works every `pause`, until there is enough.
    fn every(&self, pause: Duration, mut work: impl FnMut()) {
        let mut next = Instant::now();
        while !self.enough.load(Ordering::Relaxed) {
            work();
            next = (next + pause).max(Instant::now());
            thread::sleep(next - Instant::now());
        }
    }

    fn accepted(&self) {
        let mut gap = self.gap.lock().unwrap();
        let now = Instant::now();
        if let Some(last) = gap.0 {
            gap.1 = gap.1.max(now - last);
        }
        gap.0 = Some(now);
    }
}

/// The status of an answer to `/auth`, in a connection that is kept.
fn ask(connection: &mut Option<Connection>, address: &str, secret: &str) -> u16 {
    let asked = catch_unwind(AssertUnwindSafe(|| {
        let kept = connection.get_or_insert_with(|| Connection::to(address));
        kept.send(format!(
            "GET /auth HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\r\n"
        ));
        kept.response().status
    }));
    asked.expect("the HTTP server goes on whatever becomes of the database")
}

fn create(address: &str, admin: &str, name: &str) -> Option<String> {
    let bearer = format!("Bearer {admin}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = format!("{{\"name\":\"{name}\",\"scopes\":[\"a\"]}}");
    let response = request(address, "POST", "/tokens", &headers, &body);
    match response.status {
        201 => Some(response.json()["token"].as_str().unwrap().to_string()),
        503 => None,
        _ => panic!("{response:#?}"),
    }
}

fn is_revoked(address: &str, secret: &str) -> bool {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let response = request(address, "POST", "/revoke", &headers, &format!("token={secret}"));
    match response.status {
        200 => true,
        503 => false,
        _ => panic!("{response:#?}"),
    }
}

/// A primary, its standby, and the URL of both.
fn servers() -> Option<(Postgres, Postgres, String)> {
    let primary = Postgres::primary()?;
    let standby = primary.standby();
    let url = format!(
        "postgres://postgres@/postgres?host={},{}&port={},{}&target_session_attrs=read-write\
         &options=-csearch_path%3D{}",
        primary.folder(),
        standby.folder(),
        primary.port(),
        standby.port(),
        unique_name("failover")
    );
    Some((primary, standby, url))
}

#[test]
fn a_dead_primary_loses_nothing_that_was_acknowledged() {
    let Some((primary, standby, url)) = servers() else { return };
    let sandbox = Sandbox::new();
    let tokctl = |args: &[&str]| sandbox.tokctl(args).env("TOKCTL_DATABASE", &url);
    tokctl(&["migrate"]).go().exits(0);
    let admin = tokctl(&["create", "--quiet", "--scope", "tokctl.admin"]).go().exits(0).stdout;
    let some = tokctl(&["create", "--quiet", "--count", "100"]).go().exits(0).stdout;
    let some: Vec<_> = some.lines().collect();
    let (to_revoke, to_keep) = some.split_at(50);
    let args = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let server = Server::spawn(&mut tokctl(&args).into_command());
    let (address, admin, told) = (server.address.as_str(), admin.trim_end(), Told::default());
    let told = &told;
    let promotion = thread::scope(|scope| {
        // 500 verifications a second: of good secrets, of those that are revoked by and by, and of a bad one.
        for client in 0..10 {
            scope.spawn(move || {
                let (mut connection, mut number) = (None, client);
                told.every(Duration::from_millis(20), || {
                    number += 1;
                    let secret = to_keep[number % 50];
                    match ask(&mut connection, address, secret) {
                        204 => told.accepted(),
                        503 => {}
                        status => panic!("{status}"),
                    }
                    let secret = to_revoke[number % 50];
                    // Before it is asked: a revocation may be under way.
                    let was_revoked = told.revoked.lock().unwrap().contains(secret);
                    let status = ask(&mut connection, address, secret);
                    assert!(!was_revoked || status != 204, "a revoked secret was accepted");
                    assert_ne!(ask(&mut connection, address, UNKNOWN), 204);
                });
            });
        }
        for client in 0..2 {
            scope.spawn(move || {
                let mut number = 0;
                told.every(Duration::from_millis(100), || {
                    number += 1;
                    if let Some(secret) = create(address, admin, &format!("{client} {number}")) {
                        told.issued.lock().unwrap().push(secret);
                    }
                });
            });
        }
        scope.spawn(move || {
            let mut secrets = to_revoke.iter();
            told.every(Duration::from_millis(150), || {
                if let Some(secret) = secrets.next()
                    && is_revoked(address, secret)
                {
                    told.revoked.lock().unwrap().insert(secret.to_string());
                }
            });
        });
        thread::sleep(Duration::from_secs(2));
        let killed = Instant::now();
        primary.kill();
        thread::sleep(Duration::from_millis(500));
        standby.promote();
        let promotion = killed.elapsed();
        thread::sleep(Duration::from_secs(5));
        told.enough.store(true, Ordering::Relaxed);
        promotion
    });
    let (issued, revoked) = (told.issued.lock().unwrap(), told.revoked.lock().unwrap());
    assert!(issued.len() > 30 && revoked.len() > 20, "{} {}", issued.len(), revoked.len());
    for secret in issued.iter() {
        assert_eq!(server.auth("/auth", secret).status, 204);
    }
    for secret in revoked.iter() {
        assert_eq!(server.auth("/auth", secret).status, 401);
    }
    let gap = told.gap.lock().unwrap().1;
    assert!(gap < promotion + SLACK, "{gap:?}, with a promotion of {promotion:?}");
    println!(
        "gap {gap:?}, promotion {promotion:?}, {} issued, {} revoked",
        issued.len(),
        revoked.len()
    );
    tokctl(&["create", "--quiet"]).go().exits(0);
}
