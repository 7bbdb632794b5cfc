//! From a file to a server, and back to a file: nothing is lost, and nothing changes.

use crate::place::Place;
use crate::support::Sandbox;
use std::fs;

#[test]
fn a_database_moves_to_a_server_and_back() {
    let Some(place) = Place::new() else { return };
    let (file, copy) = (Sandbox::with_alice(), Sandbox::new());
    let secrets = ["--no-scopes", "--scope=a.b", "--expires=1d", "--user=bob"].map(|option| {
        file.run(&["user", "add", "bob"]);
        file.create(&["--name", "CI", option])
    });
    file.run(&["settings", "set", "unused-lifetime", "90d"]).exits(0);
    file.run(&["revoke", "1", "--reason", "it's gone"]).exits(0);
    file.run(&["rotate", "2", "--overlap", "1h", "--quiet"]).exits(0);
    file.run(&["user", "ban", "bob", "--reason", "left"]).exits(0);
    let export = |ran: crate::support::Ran| ran.exits(0).stdout;
    let of_file = export(file.run(&["export"]));
    place.tokctl(&["import", "jsonl", "-"]).stdin(&of_file).go().exits(0);
    let of_server = export(place.run(&["export"]));
    assert_eq!(of_server, of_file);
    copy.tokctl(&["import", "jsonl", "-"]).stdin(&of_server).go().exits(0);
    assert_eq!(export(copy.run(&["export"])), of_file);
    for (secret, code) in secrets.iter().zip([1, 0, 0, 1]) {
        for ran in [file.run(&["verify", secret]), place.run(&["verify", secret])] {
            ran.exits(code);
        }
        assert_eq!(copy.run(&["verify", secret]).code, Some(code));
    }
    // The next numbers follow those that were given before, also of tokens that are gone.
    let next = |ran: crate::support::Ran| ran.exits(0).json()["id"].clone();
    let create = ["create", "--json", "--user", "alice"];
    assert_eq!(next(place.run(&create)), next(file.run(&create)));
}

#[test]
fn an_import_that_is_cut_off_leaves_nothing_on_a_server() {
    let Some(place) = Place::new() else { return };
    let lines = (0..20_000).map(|number| {
        format!("{{\"name\":\"token\",\"user\":\"bob\",\"hash\":\"{number:08x}{:056}\"}}\n", 0)
    });
    let source = place.sandbox.path("tokens.jsonl");
    fs::write(&source, lines.collect::<String>()).unwrap();
    let script = "\"$TOKCTL\" import jsonl tokens.jsonl & sleep 0.4; kill -KILL $!; wait $!";
    place.sandbox.shell(script).env("TOKCTL_DATABASE", place.url()).go();
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "0");
    assert_eq!(place.sql("SELECT count(*) FROM users"), "1");
    // Nothing of it is in the way.
    place.run(&["import", "jsonl", source.to_str().unwrap()]).exits(0);
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "20000");
}
