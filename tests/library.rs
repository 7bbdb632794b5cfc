//! The library as a Rust program uses it, where no command can show the behaviour.

use std::fs;
use std::ops::ControlFlow;
use tempfile::TempDir;
use tokctl::admin::{
    Admin, Error, Filter, Issued, LogFilter, LogLimit, Order, Request, RotateRequest, Selector,
    create_database,
};
use tokctl::domain::audit::Actor;
use tokctl::domain::scope::{Required, Scopes};
use tokctl::domain::time::Timestamp;
use tokctl::domain::token::{Status, Token};
use tokctl::domain::user::{NewUser, User};
use tokctl::store::{Location, Store};
use tokctl::verify::{Credential, Verdict, Verifier};

/// A new database with the administrator alice.
struct Database {
    folder: TempDir,
    location: Location,
    admin: Admin,
}

impl Database {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::from(folder.path().join("tokctl.db"));
        let admin = admin_of_new(&location);
        Database { folder, location, admin }
    }

    fn issue(&self, count: usize) -> Vec<Issued> {
        self.admin.issue(&vec![request(); count], |_| {}, |_| {}).unwrap()
    }

    fn token(&self, id: i64) -> Token {
        self.admin.token(&Selector::Id(id)).unwrap()
    }
}

fn request() -> Request {
    Request { name: "CI".parse().unwrap(), scopes: Scopes::everything(), user: None, expires: None }
}

fn admin_of_new(location: &Location) -> Admin {
    let actor = Actor::named("tester");
    let alice =
        NewUser { name: "alice".parse().unwrap(), email: None, full_name: None, admin: true };
    create_database(location, &alice, &actor).unwrap();
    Admin::new(Store::open(location).unwrap(), actor)
}

fn verdict(verifier: &Verifier, issued: &Issued) -> Verdict {
    let sent = Credential::parse(issued.secret.expose());
    verifier.verify(&sent, &Required::default(), Timestamp::now_millis()).unwrap().verdict
}

#[test]
fn undoing_a_rotation_revokes_the_new_token_although_the_old_one_was_deleted() {
    let database = Database::new();
    let old = Selector::Id(database.issue(1)[0].token.id);
    let rotation = database.admin.rotate(&old, RotateRequest::default(), |_, _| {}).unwrap();
    let new_id = rotation.new.token.id;
    database.admin.delete(&[old]).unwrap();
    let hash = rotation.new.secret.hash();
    assert!(database.admin.undo_rotation(&rotation.old, new_id, &hash).unwrap());
    assert_eq!(database.token(new_id).status, Status::Revoked);
}

#[test]
fn undoing_a_rotation_makes_the_old_token_as_it_was() {
    let database = Database::new();
    let before = database.issue(1).remove(0).token;
    let selector = Selector::Id(before.id);
    let rotation = database.admin.rotate(&selector, RotateRequest::default(), |_, _| {}).unwrap();
    assert_eq!(database.token(before.id).status, Status::Revoked);
    let new = &rotation.new;
    assert!(!database.admin.undo_rotation(&rotation.old, new.token.id, &[0; 32]).unwrap());
    assert_eq!(database.token(before.id).status, Status::Revoked);
    let hash = new.secret.hash();
    assert!(database.admin.undo_rotation(&rotation.old, new.token.id, &hash).unwrap());
    assert_eq!(database.token(before.id), before);
}

#[test]
fn undoing_an_issue_revokes_the_tokens_that_are_left_and_keeps_other_reasons() {
    let database = Database::new();
    let issued = database.issue(3);
    let ids: Vec<_> = issued.iter().map(|issued| issued.token.id).collect();
    let hashes = [issued[0].secret.hash(), issued[2].secret.hash()];
    database.admin.delete(&[Selector::Id(ids[0])]).unwrap();
    database.admin.revoke(&[Selector::Id(ids[1])], Some("stolen")).unwrap();
    assert!(database.admin.undo_issue(&ids, &hashes).unwrap());
    assert!(!database.admin.undo_issue(&ids, &[[0; 32]]).unwrap());
    assert_eq!(database.token(ids[1]).revoked_reason.as_deref(), Some("stolen"));
    let last = database.token(ids[2]);
    assert_eq!(last.status, Status::Revoked);
    assert_eq!(last.revoked_reason.as_deref(), Some("the secret was not delivered"));
}

/// A signal can come when nothing but the commit is left to do.
#[test]
fn undoing_an_issue_waits_for_its_commit() {
    let database = Database::new();
    let mut undoing = None;
    let issued = database.admin.issue(
        &[request()],
        |_| {},
        |issued| {
            let (admin, id) = (database.admin.clone(), issued[0].token.id);
            let hash = issued[0].secret.hash();
            undoing = Some(std::thread::spawn(move || admin.undo_issue(&[id], &[hash]).unwrap()));
            std::thread::sleep(std::time::Duration::from_millis(200));
        },
    );
    let id = issued.unwrap()[0].token.id;
    assert!(undoing.unwrap().join().unwrap());
    assert_eq!(database.token(id).status, Status::Revoked);
}

#[test]
fn a_verifier_follows_a_database_that_was_replaced() {
    let database = Database::new();
    let verifier = Verifier::new(Store::open(&database.location).unwrap());
    let issued = database.issue(1).remove(0);
    assert!(matches!(verdict(&verifier, &issued), Verdict::Good(_)));
    // What restoring over a damaged file does.
    let other = database.folder.path().join("other.db");
    admin_of_new(&Location::from(other.clone()));
    fs::rename(other, database.location.path().unwrap()).unwrap();
    assert_eq!(verdict(&verifier, &issued), Verdict::Unknown);
}

#[test]
fn a_verifier_does_not_answer_from_a_database_that_was_deleted() {
    let database = Database::new();
    let verifier = Verifier::new(Store::open(&database.location).unwrap());
    let issued = database.issue(1).remove(0);
    fs::remove_file(database.location.path().unwrap()).unwrap();
    let sent = Credential::parse(issued.secret.expose());
    let answer = verifier.verify(&sent, &Required::default(), Timestamp::now_millis());
    assert_eq!(answer.unwrap_err().to_string(), "it does not exist");
}

#[test]
fn tokens_are_read_page_by_page_also_if_the_last_one_was_deleted_meanwhile() {
    let database = Database::new();
    let ids: Vec<_> = database.issue(5).iter().map(|issued| issued.token.id).collect();
    let page = |after, reverse| {
        let mut page = Vec::new();
        let order = Order { after, reverse, ..Order::default() };
        let each = |token: Token| {
            page.push(token.id);
            Ok::<_, Error>(if page.len() < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        };
        database.admin.tokens(&Filter::default(), order, each).unwrap();
        page
    };
    assert_eq!(page(None, false), ids[..2]);
    database.admin.delete(&[Selector::Id(ids[1])]).unwrap();
    assert_eq!(page(Some(ids[1]), false), ids[2..4]);
    assert_eq!(page(Some(ids[2]), true), [ids[0]]);
}

#[test]
fn users_are_read_behind_a_name_in_any_case() {
    let database = Database::new();
    for name in ["Bob", "carol"] {
        let new =
            NewUser { name: name.parse().unwrap(), email: None, full_name: None, admin: false };
        database.admin.add_user(&new).unwrap();
    }
    let first_after = |name: &str| {
        let mut found = None;
        let each = |user: User| {
            assert!(found.is_none(), "told to stop");
            found = Some(user.name);
            Ok::<_, Error>(ControlFlow::Break(()))
        };
        database.admin.users(Some(name), each).unwrap();
        found
    };
    assert_eq!(first_after("Alice").as_deref(), Some("Bob"));
    assert_eq!(first_after("BOB").as_deref(), Some("carol"));
    assert_eq!(first_after("carol"), None);
}

#[test]
fn a_page_of_the_log_goes_on_behind_rows_that_do_not_fit() {
    let database = Database::new();
    let bob = NewUser { name: "bob".parse().unwrap(), email: None, full_name: None, admin: false };
    database.admin.add_user(&bob).unwrap();
    database.issue(25);
    let all = LogFilter { changes: true, ..LogFilter::default() };
    let of_bob = LogFilter { user: Some("Bob".into()), ..all.clone() };
    // 25 changes about alice's tokens are newer.
    let limit = LogLimit { rows: Some(1), searched: Some(10) };
    let (mut pages, mut found, mut before) = (0, 0, None);
    loop {
        let page = database.admin.log(&LogFilter { before, ..of_bob.clone() }, limit).unwrap();
        found += page.entries.len();
        pages += 1;
        before = page.older;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((pages, found), (4, 1));
    let everything = database.admin.log(&all, LogLimit::default()).unwrap();
    assert_eq!(everything.older, None);
    let none = LogLimit { rows: Some(0), ..LogLimit::default() };
    let nothing = database.admin.log(&all, none).unwrap();
    assert_eq!((nothing.entries.len(), nothing.older), (0, Some(everything.end)));
}

#[test]
fn a_verifier_and_an_admin_can_be_shared_between_threads() {
    fn can_be_shared<T: Send + Sync + Clone>() {}
    can_be_shared::<Verifier>();
    can_be_shared::<Admin>();
    let database = Database::new();
    let verifier = Verifier::new(database.admin.store().clone());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let issued = database.issue(1).remove(0);
                assert!(matches!(verdict(&verifier, &issued), Verdict::Good(_)));
                let selector = Selector::Id(issued.token.id);
                database.admin.revoke(&[selector], None).unwrap();
                assert!(matches!(verdict(&verifier, &issued), Verdict::Revoked(_)));
            });
        }
    });
}
