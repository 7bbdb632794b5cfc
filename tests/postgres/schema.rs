//! The schema: whether it is there, whose it is, and what version it has.

use crate::place::Place;
use crate::support::UNKNOWN;
use crate::support::servers::unique_name;

#[test]
fn without_tables_every_command_names_migrate() {
    let Some(place) = Place::empty() else { return };
    let error = format!("database {}: it has no tables of tokctl's", place.url());
    for args in [&["list"][..], &["verify", UNKNOWN], &["create"], &["doctor"], &["export"]] {
        place.run(args).fails(4, &error).hints(
            "`tokctl migrate` creates them; a schema with another name is named in the URL: \
             ?options=-csearch_path=NAME",
        );
    }
    place.run(&["migrate"]).exits(0).prints(&format!("created {}\n", place.url()));
    place.run(&["migrate"]).exits(0).prints(&format!("{} is up to date\n", place.url()));
    place.run(&["list"]).exits(0);
}

#[test]
fn the_tables_are_in_the_schema_that_the_url_names_and_in_no_other() {
    let Some(place) = Place::new() else { return };
    let schemas = "SELECT table_schema FROM information_schema.tables
         WHERE table_name = 'tokens' AND table_schema IN ('public', current_schema())";
    assert_eq!(place.sql(schemas), place.schema);
}

#[test]
fn a_newer_schema_is_refused_and_stays_untouched() {
    let Some(place) = Place::new() else { return };
    place.sql("INSERT INTO schema_versions (version) VALUES (99)");
    let error = format!(
        "database {}: its schema is version 99, but this tokctl supports only versions up to 1",
        place.url()
    );
    for args in [&["list"][..], &["verify", UNKNOWN], &["create"], &["migrate"]] {
        place.run(args).fails(4, &error).hints("install a newer tokctl");
    }
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "0");
}

#[test]
fn a_database_with_another_encoding_is_refused() {
    let Some(place) = Place::empty() else { return };
    let database = unique_name("latin1");
    place.server.sql(
        "postgres",
        &format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'"),
    );
    let url = place.server.url("postgres", &database);
    let ran = place.sandbox.tokctl(&["migrate"]).env("TOKCTL_DATABASE", &url).go();
    ran.fails(4, &format!("database {url}: its encoding is LATIN1, and must be UTF8"));
}

#[test]
fn a_schema_that_was_changed_by_hand_is_a_finding() {
    let Some(place) = Place::new() else { return };
    place.run(&["doctor", "--quiet"]).exits(0).remarks("");
    place.sql("CREATE INDEX by_expiry ON tokens (expires_at)");
    place.run(&["doctor", "--quiet"]).exits(0).remarks("");
    place.sql("DROP INDEX tokens_by_hash");
    let found = place.run(&["doctor", "--json"]).exits(1).json();
    assert_eq!((&found[0]["check"], &found[0]["count"]), (&"schema".into(), &1.into()), "{found}");
}

#[test]
fn the_table_refuses_what_the_types_refuse() {
    let Some(place) = Place::new() else { return };
    let insert = |hash: &str, name: &str, scopes: &str, expires: &str| {
        let sql = format!(
            "DO $do$ BEGIN
                 INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, expires_at)
                 VALUES ({hash}, 'tok_aaaa', {name}, 1, {scopes}, 0, {expires});
                 RAISE NOTICE 'taken';
             EXCEPTION WHEN others THEN
                 CREATE TABLE IF NOT EXISTS refused (n int);
                 INSERT INTO refused VALUES (1);
             END $do$"
        );
        place.sql(&sql);
    };
    let (hash, name, scopes) = ("sha256(random()::text::bytea)", "'CI'", "'*'");
    insert(hash, name, "'posts.* a'", "NULL");
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "1");
    let refused = [
        ("(SELECT hash FROM tokens)", name, scopes, "NULL"), // not unique
        ("'abc'", name, scopes, "NULL"),
        (hash, "''", scopes, "NULL"),
        (hash, "repeat('a', 256)", scopes, "NULL"),
        (hash, name, "'a,b'", "NULL"),
        (hash, name, "'a\"b'", "NULL"),
        (hash, name, "'a\\b'", "NULL"),
        (hash, name, "'é'", "NULL"),
        (hash, name, "NULL", "NULL"),
        (hash, name, scopes, "-1"),
        (hash, name, scopes, "253402300800000"),
    ];
    for (hash, name, scopes, expires) in refused {
        insert(hash, name, scopes, expires);
    }
    assert_eq!(place.sql("SELECT count(*) FROM tokens"), "1");
    assert_eq!(place.sql("SELECT count(*) FROM refused"), refused.len().to_string());
}

#[test]
fn another_schema_is_never_used_instead_of_the_one_that_was_named() {
    let Some(place) = Place::new() else { return };
    let named = |options: &str| {
        let url = format!("{}&options={options}", place.server.url("postgres", "postgres"));
        place.sandbox.tokctl(&["list"]).env("TOKCTL_DATABASE", url).go()
    };
    for spelling in ["-csearch_path", "-cSEARCH_PATH", "-csearch-path", "--search-path"] {
        named(&format!("{spelling}%3D{}", place.schema)).exits(0);
        named(&format!("{spelling}%3D{}", place.schema.to_uppercase())).exits(0);
        let ran = named(&format!("{spelling}%3Dnowhere")).fails_somehow(4);
        assert!(ran.stderr.contains(": it has no tables of tokctl's"), "{ran:#?}");
    }
    named("-csearch_path%3D%22$user%22").fails_somehow(2);
}
