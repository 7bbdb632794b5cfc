//! What a transaction that is run again leaves and tells: only what its last run did. On PostgreSQL, a
//! transaction starts again when another one gets in its way.

#[allow(dead_code)]
#[path = "support/servers.rs"]
mod servers;

use rusqlite::Connection;
use servers::{Postgres, unique_name};
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use tokctl::admin::{Admin, Filter, Order, Request, Selector, create_database};
use tokctl::domain::audit::Actor;
use tokctl::domain::scope::Scopes;
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::Token;
use tokctl::domain::user::NewUser;
use tokctl::import::{self, Options, Report, detect, open};
use tokctl::store::{Location, LogQuery, Store, TokenField};

/// More than one batch.
const MANY: usize = 2500;

/// A new database with the administrator alice and the user bob; `None` if there is no server.
fn database() -> Option<Admin> {
    let server = Postgres::get()?;
    let location = Location::from(OsString::from(server.schema_url(&unique_name("second_run"))));
    create_database(&location, &user("alice"), &actor()).unwrap();
    let admin = admin(&location);
    admin.add_user(&user("bob")).unwrap();
    Some(admin)
}

fn admin(location: &Location) -> Admin {
    Admin::new(Store::open(location).unwrap(), actor())
}

/// The same database in other connections.
fn another(admin: &Admin) -> Admin {
    self::admin(admin.store().location().unwrap())
}

fn actor() -> Actor {
    Actor::named("tester")
}

fn request(user: &str) -> Request {
    let user = Some(user.into());
    Request { name: "CI".parse().unwrap(), scopes: Scopes::everything(), user, expires: None }
}

fn user(name: &str) -> NewUser {
    NewUser { name: name.parse().unwrap(), email: None, full_name: None, admin: true }
}

fn tokens(admin: &Admin) -> Vec<Token> {
    let mut tokens = Vec::new();
    let each = |token| {
        tokens.push(token);
        Ok::<_, tokctl::admin::Error>(ControlFlow::Continue(()))
    };
    admin.tokens(&Filter::default(), Order::default(), each).unwrap();
    tokens
}

/// How many rows of the log have this action.
fn logged(admin: &Admin, action: &str) -> usize {
    let query = LogQuery { changes: true, ..LogQuery::default() };
    let mut count = 0;
    let read = admin.store().read(|rows| {
        rows.log(&query, &mut |entry| {
            count += usize::from(entry.action == action);
            ControlFlow::Continue(())
        })
    });
    read.unwrap();
    count
}

#[test]
fn tokens_are_issued_once() {
    let Some(admin) = database() else { return };
    let other = another(&admin);
    let (mut seen, mut runs, mut armed) = (Vec::new(), 0, Vec::new());
    let issued = admin.issue(
        &vec![request("bob"); MANY],
        |count| {
            seen.push(count);
            runs += usize::from(count == 1);
            // Another one than the first run sees.
            if runs == 1 && count == 1 {
                other.remove_user("bob").unwrap();
                other.add_user(&user("bob")).unwrap();
            }
        },
        |issued| armed.push(issued.len()),
    );
    let issued = issued.unwrap();
    assert_eq!(runs, 2);
    assert_eq!(seen.iter().filter(|count| **count == 1).count(), 2);
    assert_eq!(seen.last(), Some(&(MANY as u64)));
    assert_eq!(armed, [MANY]);
    let stored: Vec<_> = tokens(&admin).into_iter().map(|token| token.id).collect();
    assert_eq!(stored, issued.iter().map(|issued| issued.token.id).collect::<Vec<_>>());
    assert_eq!(stored.len(), MANY);
    assert_eq!(logged(&admin, "create"), MANY);
}

/// Imports a database of Sanctum's; `meanwhile` is called with the number of each token.
fn import(admin: &Admin, path: &Path, mut meanwhile: impl FnMut(u64)) -> Report {
    let source = open(&path.into(), &import::source::Access::default()).unwrap();
    let options = Options::default();
    let reader = detect(None, source.as_ref(), &options).unwrap();
    let actor = actor();
    let request = import::Request {
        actor: &actor,
        now: Timestamp::now_millis(),
        match_names: false,
        match_admins: false,
        replace: false,
        verbose: true,
        dry_run: false,
    };
    import::run(admin.store(), &reader, request, &mut meanwhile).unwrap()
}

#[test]
fn an_import_tells_what_its_last_run_found() {
    let Some(admin) = database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let source = Connection::open(&path).unwrap();
    source
        .execute_batch(&format!(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name, email, email_verified_at);
             INSERT INTO users VALUES (1, 'ada', NULL, NULL), (2, 'eve', NULL, NULL);
             CREATE TABLE personal_access_tokens
                 (id INTEGER PRIMARY KEY, tokenable_type, tokenable_id, name, token, abilities);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
             INSERT INTO personal_access_tokens
             SELECT i, 'App\\Models\\User', 1 + i % 2, 'token ' || i, printf('%064x', i), '[]'
             FROM n;
             INSERT INTO personal_access_tokens
             VALUES (9999, 'App\\Models\\User', 9, 'lost', printf('%064x', 0), '[]')"
        ))
        .unwrap();
    let many = MANY as u64;
    let report = import(&admin, &path, |_| ());
    assert_eq!((report.users_created, report.tokens_imported), (2, many));
    assert_eq!(report.rows.read().unwrap().count(), 2 + MANY + 1);

    let gone = tokens(&admin).into_iter().find(|token| token.name == "token 7").unwrap();
    source.execute_batch("DELETE FROM personal_access_tokens WHERE id = 7").unwrap();
    let other = another(&admin);
    let mut runs = 0;
    let report = import(&admin, &path, |count| {
        runs += usize::from(count == 1);
        // The first run is going to revoke it, too.
        if runs == 1 && count == 1 {
            other.revoke(&[Selector::Id(gone.id)], Some("by hand")).unwrap();
        }
    });
    assert_eq!(runs, 2);
    assert_eq!((report.users_created, report.users_known), (0, 2));
    assert_eq!((report.tokens_imported, report.tokens_known), (0, many - 1));
    assert_eq!((report.tokens_skipped, report.skipped.len()), (1, 1));
    assert_eq!(report.skipped[0].count, 1);
    assert_eq!(report.tokens_gone, 0);
    assert_eq!(report.rows.read().unwrap().count(), 2 + MANY);
    let gone = admin.token(&Selector::Id(gone.id)).unwrap();
    assert_eq!(gone.revoked_reason.as_deref(), Some("by hand"));
    assert_eq!((tokens(&admin).len(), logged(&admin, "import")), (MANY, 2));
}

#[test]
fn tokens_are_revoked_once() {
    let Some(admin) = database() else { return };
    let issued = admin.issue(&vec![request("bob"); MANY], |_| (), |_| ()).unwrap();
    let other = another(&admin);
    let last = issued[MANY - 1].token.id;
    // A row that is locked makes the first run wait until it has changed.
    let revoked = std::thread::scope(|scope| {
        let (held, is_held) = std::sync::mpsc::channel();
        let other = &other;
        scope.spawn(move || {
            other
                .store()
                .write(|rows| {
                    rows.update_token(last, TokenField::Name("renamed"))?;
                    held.send(()).unwrap();
                    std::thread::sleep(Duration::from_millis(500));
                    Ok::<_, tokctl::store::Error>(())
                })
                .unwrap();
        });
        is_held.recv().unwrap();
        admin.revoke_all(&Filter::default(), Some("leaked")).unwrap()
    });
    assert_eq!(revoked, MANY as u64);
    assert_eq!(logged(&admin, "revoke"), MANY);
    let last = admin.token(&Selector::Id(last)).unwrap();
    assert_eq!((last.name.as_str(), last.is_revoked()), ("renamed", true));
}
