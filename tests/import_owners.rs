//! `import`: in which tables the owners of tokens are, under which keys, and who they are here.

mod support;

use rusqlite::ToSql;
use rusqlite::types::Null;
use serde_json::{Value, json};
use support::Sandbox;
use support::foreign::{Row, insert};
use support::small::{ALL, Small, skipped};

/// Systems whose tokens need no table of users.
const WITHOUT_USERS: [&str; 3] = ["adonisjs", "adonisjs5", "strapi"];

#[test]
fn tables_with_a_prefix_are_found_with_the_option() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::with_prefix(&sandbox, system, "app_");
        let secret = small.token(5, &[]);
        let ran = small.try_import(&[]).fails_somehow(2).hints(
            "check the source; if its tables have other names, use --table-prefix, or --table and \
             --users",
        );
        let error = format!("tokctl: no tokens of {system} in {}: looked for ", small.path);
        assert!(ran.stderr.starts_with(&error), "{ran:#?}");
        let report = small.import(&["--table-prefix", "app_"]);
        assert_eq!(report["token_table"], small.tokens());
        assert_eq!(report["owner_tables"], json!([small.users()]));
        sandbox.accepts(&secret);
        assert_eq!(sandbox.owner(&secret), "Ann");
    }
}

#[test]
fn the_groups_of_shield_have_the_prefix_too() {
    let sandbox = Sandbox::new();
    let small = Small::with_prefix(&sandbox, "shield", "app_");
    small.sql("INSERT INTO app_auth_groups_users (user_id, \"group\") VALUES (1, 'superadmin')");
    small.token(5, &[]);
    small.import(&["--table-prefix", "app_"]);
    assert_eq!(sandbox.json(&["user", "show", "Ann"])["admin"], true);
}

#[test]
fn renamed_tables_are_named_by_options() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = small.token(5, &[]);
        small.sql(&format!(
            "ALTER TABLE \"{}\" RENAME TO members; ALTER TABLE {} RENAME TO keys",
            small.users(),
            small.tokens()
        ));
        let report = small.import(&["--table", "keys", "--users", "members"]);
        let tables = (&report["token_table"], &report["owner_tables"]);
        assert_eq!(tables, (&json!("keys"), &json!(["members"])));
        sandbox.accepts(&secret);
        assert_eq!(sandbox.owner(&secret), "Ann");
    }
}

#[test]
fn a_prefix_does_not_change_names_that_options_give() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::with_prefix(&sandbox, system, "app_");
        let secret = small.token(5, &[]);
        small.sql(&format!("ALTER TABLE \"{}\" RENAME TO members", small.users()));
        small.import(&["--table-prefix", "app_", "--users", "members"]);
        assert_eq!(sandbox.owner(&secret), "Ann");
    }
}

#[test]
fn a_table_that_does_not_exist_is_an_error() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[]);
        small
            .try_import(&["--users", "members"])
            .fails(2, &format!("no table members in {}: it does not exist", small.path))
            .hints("--users takes the complete name of a table");
        assert!(!sandbox.path("data").exists());
    }
}

#[test]
fn owners_without_a_table_are_not_called_missing() {
    for system in WITHOUT_USERS {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[]);
        let users = small.users();
        small.sql(&format!("ALTER TABLE {users} RENAME TO members"));
        let ran = small.try_import(&[]).fails_somehow(2).hints(
            "name their table with --users, or the prefix of all tables with --table-prefix",
        );
        let error =
            format!("tokctl: cannot find the owners of the tokens: looked for {users}; found ");
        assert!(ran.stderr.starts_with(&error), "{ran:#?}");
        assert!(!sandbox.path("data").exists());
    }
}

#[test]
fn users_of_sanctum_without_a_table_are_named_as_a_type() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    let secret = small.token(5, &[]);
    small.sql("ALTER TABLE users RENAME TO members");
    let report = small.takes_nothing(&[]);
    let reason = "no table known for owners of type App\\Models\\User; name it with --morph";
    assert_eq!(skipped(&report), [(reason.into(), vec!["personal_access_tokens 5".to_string()])]);
    small.import(&["--morph", "App\\Models\\User=members"]);
    sandbox.accepts(&secret);
}

#[test]
fn a_primary_key_of_another_name_is_found() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user(&2, "Bob", &[]);
        let secret = small.token_of(&5, "5", &2, &[]);
        small.sql(&format!(
            "ALTER TABLE \"{}\" RENAME COLUMN id TO IDUsuario;
             ALTER TABLE {} RENAME COLUMN id TO token_id",
            small.users(),
            small.tokens()
        ));
        small.import(&[]);
        sandbox.accepts(&secret);
        assert_eq!(sandbox.owner(&secret), "Bob");
    }
}

#[test]
fn the_key_of_users_can_be_another_column_than_id() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user_column("number");
        small.sql(&format!("UPDATE \"{}\" SET number = 71", small.users()));
        small.user(&2, "Bob", &[("number", &72)]);
        let secret = small.token_of(&5, "5", &72, &[]);
        let report = small.takes_nothing(&[]);
        let rows = vec![format!("{} 5", small.tokens())];
        assert_eq!(skipped(&report), [("owner not found".to_string(), rows)]);
        small.import(&["--users-key", "number"]);
        sandbox.accepts(&secret);
        assert_eq!(sandbox.owner(&secret), "Bob");
        small
            .try_import(&["--users-key", "nr"])
            .fails(2, &format!("cannot import: table {} has no column nr", small.users()))
            .hints("name the column that tokens refer to with --users-key");
    }
}

#[test]
fn a_table_of_users_without_a_key_is_an_error() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[]);
        let users = small.users();
        small.sql(&format!(
            "CREATE TABLE without_key AS SELECT * FROM \"{users}\"; DROP TABLE \"{users}\";
             ALTER TABLE without_key RENAME TO \"{users}\";
             ALTER TABLE \"{users}\" RENAME COLUMN id TO number"
        ));
        small
            .try_import(&[])
            .fails(
                2,
                &format!(
                    "cannot import: table {users} has no column id and no primary key of one column"
                ),
            )
            .hints("name the column that tokens refer to with --users-key");
        small.import(&["--users-key", "number"]);
    }
}

#[test]
fn tokens_of_a_second_provider_are_not_given_to_the_users_of_the_first() {
    for system in ["adonisjs", "adonisjs5", "shield"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let users = small.users();
        small.sql(&format!("CREATE TABLE admins AS SELECT * FROM {users} WHERE 0"));
        insert(&small.path, "admins", &[("id", &1), ("username", &"Chief")], &[]);
        let of_ann = small.token(5, &[]);
        let of_root = small.token(6, &[("type", &"admin_token")]);
        let first = small.import(&[]);
        assert_eq!(first["other_rows"], json!([{"type": "admin_token", "count": 1}]));
        let (column, kind) = (small.owner_column(), ["--type", "admin_token"]);
        small
            .try_import(&kind)
            .fails(
                2,
                &format!(
                    "cannot tell who owns the tokens: column {column} has no foreign key, so the \
                     owners of admin_token tokens may be in any table"
                ),
            )
            .hints("name the table of the owners with --users");
        assert_ne!(sandbox.reasons(&[&of_root]), [None]);
        let second = small.import(&[kind.as_slice(), &["--users", "admins"]].concat());
        assert_eq!(second["owner_tables"], json!(["admins"]));
        assert_eq!(sandbox.owner(&of_root), "Chief");
        assert_eq!(sandbox.owner(&of_ann), "Ann");
    }
}

/// `tokenable_id` or `user_id` with a foreign key.
#[test]
fn a_foreign_key_tells_the_table_of_the_owners() {
    for system in ["shield", "adonisjs", "adonisjs5", "symfony", "strapi-guide"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let (users, tokens, column) = (small.users(), small.tokens(), small.owner_column());
        small.sql(&format!(
            "CREATE TABLE members AS SELECT * FROM \"{users}\" WHERE 0;
             CREATE TABLE typed AS SELECT * FROM {tokens};
             ALTER TABLE members ADD COLUMN member_key;
             CREATE UNIQUE INDEX by_key ON members (member_key);
             ALTER TABLE typed DROP COLUMN \"{column}\";
             ALTER TABLE typed ADD COLUMN \"{column}\" REFERENCES members (member_key);
             DROP TABLE {tokens}; ALTER TABLE typed RENAME TO {tokens}"
        ));
        let name: &Row = &[("username", &"Mel"), ("id", &9), ("member_key", &1)];
        insert(&small.path, "members", name, &[]);
        let secret = small.token(5, &[]);
        let report = small.import(&[]);
        assert_eq!(report["owner_tables"], json!(["members"]), "{system}");
        assert_eq!(sandbox.owner(&secret), "Mel", "{system}");
    }
}

#[test]
fn of_two_tables_that_may_have_the_users_one_must_be_named() {
    for (system, tables) in
        [("symfony", ["user", "users"]), ("strapi-guide", ["users-permissions_user", "up_users"])]
    {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = small.token(5, &[]);
        let other = tables.into_iter().find(|table| *table != small.users()).unwrap();
        small.sql(&format!("CREATE TABLE \"{other}\" (id PRIMARY KEY, username, email)"));
        small
            .try_import(&[])
            .fails(
                2,
                &format!(
                    "cannot tell who owns the tokens: the owners of the tokens may be in {}",
                    tables.join(" or ")
                ),
            )
            .hints("name the table of the owners with --users");
        assert!(!sandbox.path("data").exists());
        small.import(&["--users", &small.users()]);
        assert_eq!(sandbox.owner(&secret), "Ann");
    }
}

/// Adds a token of Sanctum's whose owner is of this class or has this alias.
fn token_of_class(small: &Small, id: i64, class: &str, owner: i64) -> String {
    small.token_of(&id, &id.to_string(), &owner, &[("tokenable_type", &class)])
}

/// The reason for a class whose table is not known.
fn unknown_class(class: &str) -> String {
    format!("no table known for owners of type {class}; name it with --morph")
}

#[test]
fn an_alias_is_skipped_until_its_table_is_named() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.user_column("deleted_at");
    small.user(&2, "Bob", &[("deleted_at", &"2026-01-01 00:00:00")]);
    let good = token_of_class(&small, 5, "u", 1);
    let of_deleted = token_of_class(&small, 6, "u", 2);
    let of_nobody = token_of_class(&small, 7, "u", 99);
    let report = small.takes_nothing(&[]);
    let rows = [5, 6, 7].map(|id| format!("personal_access_tokens {id}")).to_vec();
    assert_eq!(skipped(&report), [(unknown_class("u"), rows)]);
    let report = small.import(&["--morph", "u=users"]);
    sandbox.accepts(&good);
    sandbox.rejects(&of_deleted, "banned");
    assert_ne!(sandbox.reasons(&[of_nobody]), [None]);
    let rows = vec!["personal_access_tokens 7".to_string()];
    assert_eq!(skipped(&report), [("owner not found".to_string(), rows)]);
    // The owner is Ann herself, not a second user.
    assert_eq!(sandbox.owner(&good), "Ann");
    assert_eq!(sandbox.json(&["user", "show", "Ann"])["email"], "ann@example.com");
}

#[test]
fn an_alias_may_be_a_number_and_there_may_be_several() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.sql(
        "CREATE TABLE crews (id INTEGER PRIMARY KEY, name);
         INSERT INTO crews VALUES (1, 'Red'), (2, 'Blue')",
    );
    let of_ann = token_of_class(&small, 5, "1", 1);
    let of_red = token_of_class(&small, 6, "2", 1);
    let stored_as_number = small.token_of(&7, "7", &2, &[("tokenable_type", &2 as &dyn ToSql)]);
    small.import(&["--morph", "1=users", "--morph", "2=crews"]);
    assert_eq!(sandbox.owner(&of_ann), "Ann");
    assert_eq!(sandbox.owner(&of_red), "2 Red");
    assert_eq!(sandbox.owner(&stored_as_number), "2 Blue");
}

#[test]
fn an_alias_with_two_tables_is_an_error() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.sql("CREATE TABLE crews (id INTEGER PRIMARY KEY, name)");
    token_of_class(&small, 5, "u", 1);
    small
        .try_import(&["--morph", "u=users", "--morph", "u=crews"])
        .fails(2, "invalid --morph: owners of type u are given the tables users and crews")
        .hints("give each class or alias once");
    assert!(!sandbox.path("data").exists());
    small.import(&["--morph", "u=users", "--morph", "u=users"]);
}

#[test]
fn an_alias_for_a_table_that_does_not_exist_is_an_error() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    token_of_class(&small, 5, "u", 1);
    small
        .try_import(&["--morph", "u=members"])
        .fails(2, &format!("no table members in {}: it does not exist", small.path))
        .hints("--morph takes the complete name of a table");
    for bad in ["u", "=users", "u="] {
        small.try_import(&["--morph", bad]).fails(
            2,
            &format!(
                "invalid value '{bad}' for '--morph <ALIAS=TABLE>': must be ALIAS=TABLE, for \
                 example member=members"
            ),
        );
    }
    assert!(!sandbox.path("data").exists());
}

#[test]
fn an_alias_that_is_the_name_of_the_table_of_users_means_them() {
    for alias in ["users", "user", "User"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, "sanctum");
        let by_alias = token_of_class(&small, 5, alias, 1);
        let by_class = token_of_class(&small, 6, "App\\Models\\User", 1);
        let report = small.import(&[]);
        assert_eq!((&report["users_created"], sandbox.owner(&by_alias)), (&json!(1), "Ann".into()));
        assert_eq!(sandbox.owner(&by_class), "Ann");
    }
}

#[test]
fn an_alias_that_fits_two_tables_is_skipped() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.sql(
        "CREATE TABLE team (id INTEGER PRIMARY KEY, name); INSERT INTO team VALUES (1, 'One');
         CREATE TABLE teams (id INTEGER PRIMARY KEY, name); INSERT INTO teams VALUES (1, 'Many')",
    );
    let secret = token_of_class(&small, 5, "team", 1);
    let by_class = token_of_class(&small, 6, "App\\Models\\Team", 1);
    let report = small.import(&[]);
    let reason = "owners of type team may be in several tables; name one with --morph";
    let rows = vec!["personal_access_tokens 5".to_string()];
    assert_eq!(skipped(&report), [(reason.to_string(), rows)]);
    assert_eq!(sandbox.owner(&by_class), "Team Many");
    small.import(&["--morph", "team=team"]);
    assert_eq!(sandbox.owner(&secret), "team One");
}

/// `App\Models\Usuario` may be in `usuarios` with the key `IDUsuario`.
#[test]
fn an_owner_of_a_class_whose_table_has_another_key_is_looked_up() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.sql(
        "CREATE TABLE usuarios (IDUsuario INTEGER PRIMARY KEY, name);
         INSERT INTO usuarios VALUES (4, 'Eva')",
    );
    let of_eva = token_of_class(&small, 5, "App\\Models\\Usuario", 4);
    let of_nobody = token_of_class(&small, 6, "App\\Models\\Usuario", 77);
    let report = small.import(&[]);
    assert_eq!(sandbox.owner(&of_eva), "Usuario Eva");
    let rows = vec!["personal_access_tokens 6".to_string()];
    assert_eq!(skipped(&report), [("owner not found".to_string(), rows)]);
    assert_ne!(sandbox.reasons(&[of_nobody]), [None]);
}

#[test]
fn tokens_without_an_owner_are_skipped() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let mut secrets = Vec::new();
        let owners: [&dyn ToSql; 5] = [&99, &Null, &"", &"\\N", &"nobody"];
        for (id, owner) in (10..).zip(owners) {
            secrets.push(small.token_of(&id, &id.to_string(), owner, &[]));
        }
        let report = small.takes_nothing(&[]);
        let rows: Vec<_> = (10..15).map(|id| format!("{} {id}", small.tokens())).collect();
        assert_eq!(skipped(&report), [("owner not found".to_string(), rows)]);
        assert!(sandbox.reasons(&secrets).iter().all(Option::is_some), "{system}");
    }
}

#[test]
fn a_token_of_an_owner_who_is_only_known_from_an_earlier_import_is_skipped() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user(&2, "Bob", &[]);
        small.token_of(&5, "5", &2, &[]);
        small.token(6, &[]);
        small.import(&[]);
        small.sql(&format!("DELETE FROM \"{}\" WHERE id = 2", small.users()));
        let new = small.token_of(&7, "7", &2, &[]);
        let report = small.import(&[]);
        let rows = [5, 7].map(|id| format!("{} {id}", small.tokens())).to_vec();
        assert_eq!(skipped(&report), [("owner not found".to_string(), rows)]);
        assert_ne!(sandbox.reasons(&[new]), [None], "{system}");
    }
}

#[test]
fn users_without_a_name_are_named_after_their_row() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let column = if system == "sanctum" { "name" } else { "username" };
        let mut secrets = Vec::new();
        for (id, blank) in [(2, &Null as &dyn ToSql), (3, &" ")] {
            let mut other: Vec<(&str, &dyn ToSql)> = vec![(column, blank)];
            if system != "shield" {
                other.push(("email", blank));
            }
            small.user(&id, "", &other);
            secrets.push(small.token_of(&(id + 10), &(id + 10).to_string(), &id, &[]));
        }
        small.import(&[]);
        let owners = secrets.iter().map(|secret| sandbox.owner(secret));
        let users = small.users();
        assert_eq!(owners.collect::<Vec<_>>(), [format!("{users} 2"), format!("{users} 3")]);
    }
}

/// Systems with the addresses of users in their table.
const WITH_EMAIL: [&str; 6] =
    ["adonisjs", "adonisjs5", "sanctum", "symfony", "strapi-guide", "strapi"];

/// A database here with a user who has Ann's address.
fn with_ann_here(options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(&["user", "add", "first"]).exits(0);
    let add = ["user", "add", "here", "--email", "Ann@Example.com"];
    sandbox.run(&[&add, options].concat()).exits(0);
    sandbox
}

#[test]
fn an_address_that_the_source_has_verified_matches() {
    for system in WITH_EMAIL {
        for column in ["email_verified_at", "emailVerified", "is_email_confirmed"] {
            for value in [&1 as &dyn ToSql, &"2026-01-01 00:00:00"] {
                let sandbox = with_ann_here(&[]);
                let small = Small::new(&sandbox, system);
                small.user_column(column);
                small.user(&2, "Bob", &[]);
                let table = small.users();
                let sql = format!("UPDATE \"{table}\" SET {column} = ?1 WHERE id = 1");
                support::foreign::open(&small.path).execute(&sql, [value]).unwrap();
                let secret = small.token(5, &[]);
                let report = small.import(&[]);
                assert_eq!(report["users_matched"], 1, "{system}, {column}: {report}");
                assert_eq!(sandbox.owner(&secret), "here");
            }
        }
    }
}

#[test]
fn an_address_that_is_not_verified_matches_nobody() {
    let unset: [&dyn ToSql; 6] = [&Null, &0, &"", &"false", &"\\N", &"0000-00-00 00:00:00"];
    for system in WITH_EMAIL {
        for value in unset {
            let sandbox = with_ann_here(&[]);
            let small = Small::new(&sandbox, system);
            small.user_column("email_verified_at");
            let sql = format!("UPDATE \"{}\" SET email_verified_at = ?1", small.users());
            support::foreign::open(&small.path).execute(&sql, [value]).unwrap();
            let secret = small.token(5, &[]);
            let report = small.import(&[]);
            let users = (&report["users_matched"], &report["users_renamed"]);
            assert_eq!(users, (&json!(0), &json!(1)), "{system}");
            assert_eq!(sandbox.owner(&secret), "Ann");
            assert_eq!(sandbox.json(&["user", "show", "Ann"])["email"], json!(null));
        }
    }
}

#[test]
fn an_address_matches_nobody_without_a_column_about_it() {
    for system in WITH_EMAIL {
        for column in [
            "phone_verified_at",
            "unverified",
            "verification_code",
            "confirmed",
            "verified",
            "confirmed_at",
        ] {
            let sandbox = with_ann_here(&[]);
            let small = Small::new(&sandbox, system);
            small.user_column(column);
            small.sql(&format!("UPDATE \"{}\" SET {column} = 1", small.users()));
            let secret = small.token(5, &[]);
            assert_eq!(small.import(&[])["users_matched"], 0, "{system}, {column}");
            assert_eq!(sandbox.owner(&secret), "Ann");
        }
    }
}

#[test]
fn of_two_columns_about_an_address_both_must_be_set() {
    for (verified, verified_at, matched) in [(1, 0, 0), (0, 1, 0), (1, 1, 1)] {
        let sandbox = with_ann_here(&[]);
        let small = Small::new(&sandbox, "sanctum");
        small.user_column("is_email_verified");
        small.user_column("email_verified_at");
        small.sql(&format!(
            "UPDATE users SET is_email_verified = {verified}, email_verified_at = {verified_at}"
        ));
        small.token(5, &[]);
        assert_eq!(small.import(&[])["users_matched"], matched);
    }
}

/// Many applications give a badge to users who have shown who they are; Symfony's own registration
/// form sets this column when an address was verified.
#[test]
fn a_badge_proves_an_address_to_symfony_only() {
    for system in WITH_EMAIL {
        let sandbox = with_ann_here(&[]);
        let small = Small::new(&sandbox, system);
        small.user_column("is_verified");
        small.sql(&format!("UPDATE \"{}\" SET is_verified = 1", small.users()));
        small.token(5, &[]);
        let matched = u64::from(system == "symfony");
        assert_eq!(small.import(&[])["users_matched"], matched, "{system}");
    }
}

/// Shield's `active` is set from the start where the application asks for no confirmation.
#[test]
fn an_active_user_of_shield_is_not_matched() {
    let sandbox = with_ann_here(&[]);
    let small = Small::new(&sandbox, "shield");
    small.user_column("active");
    small.sql(
        "UPDATE users SET active = 1;
         INSERT INTO auth_identities (id, user_id, type, secret)
         VALUES (1, 1, 'email_password', 'ann@example.com')",
    );
    let secret = small.token(5, &[]);
    let report = small.import(&[]);
    assert_eq!((&report["users_matched"], &report["users_renamed"]), (&json!(0), &json!(1)));
    assert_eq!(sandbox.owner(&secret), "Ann");
}

#[test]
fn a_confirmed_user_of_the_strapi_guide_is_matched_if_confirmation_is_required() {
    for (setting, confirmed, matched) in
        [("true", 1, 1), ("true", 0, 0), ("false", 1, 0), ("\"true\"", 1, 0)]
    {
        let sandbox = with_ann_here(&[]);
        let small = Small::new(&sandbox, "strapi-guide");
        small.user_column("confirmed");
        small.sql(&format!(
            "UPDATE up_users SET confirmed = {confirmed};
             CREATE TABLE strapi_core_store_settings (id INTEGER PRIMARY KEY, key, value);
             INSERT INTO strapi_core_store_settings (key, value) VALUES
                 ('plugin_users-permissions_advanced', '{{\"email_confirmation\":{setting}}}')"
        ));
        small.token(5, &[]);
        let report = small.import(&[]);
        assert_eq!(report["users_matched"], matched, "{setting}, {confirmed}");
    }
}

/// A database of Sanctum's with Ann's address verified.
fn verified<'a>(sandbox: &'a Sandbox) -> (Small<'a>, String) {
    let small = Small::new(sandbox, "sanctum");
    small.user_column("email_verified_at");
    small.sql("UPDATE users SET email_verified_at = '2026-01-01 00:00:00'");
    let secret = small.token(5, &[]);
    (small, secret)
}

fn verdict(sandbox: &Sandbox, secret: &str) -> Value {
    sandbox.tokctl(&["verify", "--json", "-"]).stdin(secret).go().exits(0).json()
}

#[test]
fn nobody_becomes_an_administrator_by_an_address() {
    let sandbox = with_ann_here(&["--admin"]);
    let (small, secret) = verified(&sandbox);
    let ran = small.try_import(&[]).exits(0);
    let line =
        "not matched  1 user: not matched to an administrator here; --match-admins allows it";
    assert!(
        ran.stdout.lines().any(|found| found.split_whitespace().eq(line.split_whitespace())),
        "{ran:#?}"
    );
    let verdict = verdict(&sandbox, &secret);
    assert_eq!((&verdict["admin"], &verdict["username"]), (&json!(false), &json!("Ann")));
}

#[test]
fn match_admins_matches_administrators() {
    let sandbox = with_ann_here(&["--admin"]);
    let (small, secret) = verified(&sandbox);
    let report = small.import(&["--match-admins"]);
    assert_eq!((&report["users_matched"], &report["admins_not_matched"]), (&json!(1), &json!(0)));
    let verdict = verdict(&sandbox, &secret);
    assert_eq!((&verdict["admin"], &verdict["username"]), (&json!(true), &json!("here")));
}

#[test]
fn match_admins_needs_a_verified_address_too() {
    let sandbox = with_ann_here(&["--admin"]);
    let small = Small::new(&sandbox, "sanctum");
    let secret = small.token(5, &[]);
    small.import(&["--match-admins"]);
    assert_eq!(sandbox.owner(&secret), "Ann");
}

#[test]
fn nobody_becomes_an_administrator_by_a_name() {
    for system in ALL {
        let sandbox = Sandbox::new();
        sandbox.run(&["user", "add", "first"]).exits(0);
        sandbox.run(&["user", "add", "ann", "--admin"]).exits(0);
        let small = Small::new(&sandbox, system);
        let secret = small.token(5, &[]);
        let report = small.import(&["--match-names"]);
        assert_eq!(report["admins_not_matched"], 1, "{report}");
        assert_eq!(sandbox.owner(&secret), format!("Ann@{system}"));
        assert_eq!(verdict(&sandbox, &secret)["admin"], false);
    }
}

/// A table here with the usual name has somebody else under the same id.
#[test]
fn owners_in_a_table_that_does_not_exist_are_not_looked_for_in_another_one() {
    for make in ["", "CREATE VIEW members AS SELECT 1 AS id;"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, "symfony");
        small.sql(&format!(
            "{make}
             DROP TABLE api_token;
             CREATE TABLE api_token
                 (id PRIMARY KEY, owned_by_id REFERENCES members (id), token, scopes, created_at);
             PRAGMA foreign_keys = OFF;"
        ));
        let row = "INSERT INTO api_token VALUES (5, 1, 'secret-of-symfony-5', '[]', NULL)";
        small.sql(&format!("PRAGMA foreign_keys = OFF; {row}"));
        small
            .try_import(&[])
            .fails(
                2,
                "cannot find the owners of the tokens: api_token.owned_by_id refers to members, which \
                 is not a table that can be read",
            )
            .hints("name a table that has the same owners with --users");
        small.import(&["--users", "user"]);
        assert_eq!(sandbox.owner("secret-of-symfony-5"), "Ann");
    }
}

#[test]
fn two_classes_with_one_name_are_ambiguous() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.sql("CREATE TABLE admins (id PRIMARY KEY, name); INSERT INTO admins VALUES (1, 'Root')");
    let users = small.token(5, &[]);
    let admins = small.token(6, &[]);
    let alias = small.token(7, &[]);
    small.sql(
        "UPDATE personal_access_tokens SET tokenable_type = 'App\\Models\\Admin\\User' WHERE id = 6;
         UPDATE personal_access_tokens SET tokenable_type = 'user' WHERE id = 7",
    );
    let report = small.import(&[]);
    let reason = |class: &str| {
        format!("owners of type {class} may be in several tables; name one with --morph")
    };
    assert_eq!(
        skipped(&report),
        [
            (reason("App\\Models\\User"), vec!["personal_access_tokens 5".to_string()]),
            (reason("App\\Models\\Admin\\User"), vec!["personal_access_tokens 6".to_string()]),
        ]
    );
    sandbox.accepts(&alias);
    let morph =
        ["--morph", "App\\Models\\User=users", "--morph", "App\\Models\\Admin\\User=admins"];
    small.import(&morph);
    assert_eq!(sandbox.owner(&users), "Ann");
    assert_eq!(sandbox.owner(&admins), "User Root");
}

#[test]
fn several_tables_that_link_tokens_and_users_are_an_error() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "strapi-guide");
    small.token(5, &[]);
    small.sql(
        "ALTER TABLE tokens DROP COLUMN user;
         CREATE TABLE tokens_user_links (token_id, user_id REFERENCES up_users (id));
         CREATE TABLE tokens_admin_user_links (token_id, user_id);
         INSERT INTO tokens_user_links VALUES (5, 1);",
    );
    small
        .try_import(&[])
        .fails(
            2,
            "cannot tell who owns the tokens: several tables link tokens and owners: \
             tokens_admin_user_links, tokens_user_links",
        )
        .hints("name the table of the owners, to which a foreign key leads, with --users");
    small.import(&["--users", "up_users"]);
    assert_eq!(sandbox.owner(&small.secret_part("5")), "Ann");
}
