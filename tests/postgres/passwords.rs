//! Passwords: where they come from, and that they are shown nowhere.

use crate::place::Place;
use crate::support::servers::unique_name;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const PASSWORD: &str = "s3cr:et/p@ss word";
const ENCODED: &str = "s3cr%3Aet%2Fp%40ss%20word";

/// A user of the server who needs [`PASSWORD`], in a schema with tables.
fn place_with_user() -> Option<(Place, String)> {
    let place = Place::new()?;
    let user = unique_name("user");
    place.sql(&format!(
        "CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}' IN ROLE pw;
         GRANT USAGE ON SCHEMA {schema} TO {user};
         GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user}",
        schema = place.schema
    ));
    Some((place, user))
}

#[test]
fn a_password_comes_from_the_url_the_environment_or_the_password_file() {
    let Some((place, user)) = place_with_user() else { return };
    let url = place.url_of(&user);
    let list = || place.sandbox.tokctl(&["list"]).env("TOKCTL_DATABASE", &url);
    list().env("PGPASSWORD", PASSWORD).go().exits(0);
    let with_password = place.url_of(&format!("{user}:{ENCODED}"));
    place.sandbox.run(&["--database", &with_password, "list"]).exits(0);
    let file = place.sandbox.file(".pgpass", format!("*:*:*:{user}:s3cr\\:et/p@ss word\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    list().go().exits(0);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    list().go().fails_somehow(4).hints(&format!("chmod 600 {file}"));
    fs::remove_file(&file).unwrap();
    list().go().fails_somehow(4).hints("give one in ~/.pgpass, PGPASSFILE or PGPASSWORD");
}

#[test]
fn a_password_is_in_no_error_hint_or_output() {
    let Some((place, user)) = place_with_user() else { return };
    let right = place.url_of(&format!("{user}:{ENCODED}"));
    let wrong = place.url_of(&format!("{user}:wr0ng"));
    for (url, args) in [
        (&wrong, &["list"][..]),
        (&wrong, &["migrate"]),
        (&right, &["create"]),
        (&right, &["backup", "file"]),
        (&right, &["show", "7"]),
        (&right, &["migrate", "--json"]),
        (&format!("{right}&sslmode=wrong"), &["list"]),
        (&format!("{right}&unknown=1"), &["list"]),
        (&right.replacen("?host=", "?host=/nowhere,", 1), &["list"]),
    ] {
        let ran = place.sandbox.tokctl(&[&["--database", url], args].concat()).go();
        for text in [PASSWORD, ENCODED, "s3cr", "wr0ng"] {
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(text), "{ran:#?}");
        }
        let masked = place.url_of(&format!("{user}:***"));
        let shown = [&ran.stdout, &ran.stderr].iter().any(|text| text.contains("postgres://"));
        assert!(!shown || ran.stderr.contains(&masked[..40]) || ran.stdout.contains(&masked[..40]));
    }
}

#[test]
fn a_password_does_not_stay_in_the_process_list() {
    let Some((place, user)) = place_with_user() else { return };
    let url = place.url_of(&format!("{user}:{ENCODED}"));
    place.sql(&format!("GRANT ALL ON ALL TABLES IN SCHEMA {} TO {user}", place.schema));
    let mut command =
        place.sandbox.tokctl(&["--database", &url, "log", "--follow", "--json"]).into_command();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let shown = || fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    let limit = Instant::now() + Duration::from_secs(20);
    // Until it has started itself anew.
    while String::from_utf8_lossy(&shown()).contains("s3cr") && Instant::now() < limit {
        thread::sleep(Duration::from_millis(10));
    }
    // It goes on with the password that is not there any more.
    thread::sleep(Duration::from_millis(500));
    let (shown, ended) =
        (String::from_utf8_lossy(&shown()).into_owned(), child.try_wait().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!shown.contains("s3cr") && shown.contains(&user), "{shown}");
    assert!(ended.is_none(), "{ended:?}");
}
