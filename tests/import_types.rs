//! `import` where the table of tokens has rows of several types, or columns that limit what a token may
//! do and that the system does not have.

mod support;

use serde_json::json;
use support::Sandbox;
use support::small::{ALL, Small};

const WITHOUT_TYPES: [&str; 3] = ["sanctum", "symfony", "strapi-guide"];

#[test]
fn rows_of_other_types_are_not_taken_for_tokens() {
    for system in WITHOUT_TYPES {
        for column in ["type", "tokenType", "purpose", "kind"] {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.token_column(column);
            let access = small.token(5, &[(column, &"access")]);
            let reset = small.token(6, &[(column, &"reset")]);
            small.token(7, &[]);
            small.try_import(&[]).fails(
                2,
                &format!(
                    "cannot tell which rows are tokens: {}.{column} has rows of several types, or of \
                     an unusual one: access, reset",
                    small.tokens()
                ),
            );
            assert!(!sandbox.path("data").exists());
            let report = small.import(&["--type", "access"]);
            assert_eq!(report["tokens_imported"], 1, "{report}");
            let others = json!([{"type": null, "count": 1}, {"type": "reset", "count": 1}]);
            assert_eq!(report["other_rows"], others, "{system}, {column}");
            sandbox.accepts(&access);
            assert_ne!(sandbox.run(&["verify", &reset]).code, Some(0));
        }
    }
}

#[test]
fn usual_types_need_no_option() {
    for system in WITHOUT_TYPES {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("type");
        for (id, kind) in [(5, "access_token"), (6, "API"), (7, "bearer")] {
            small.token(id, &[("type", &kind)]);
        }
        assert_eq!(small.import(&[])["tokens_imported"], 3, "{system}");
    }
}

#[test]
fn one_unusual_type_is_in_doubt_until_it_is_named_or_ignored() {
    for system in WITHOUT_TYPES {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("type");
        let secret = small.token(5, &[("type", &"refresh")]);
        small.try_import(&[]).fails_somehow(2);
        assert_eq!(small.import(&["--dry-run", "--type", "refresh"])["tokens_imported"], 1);
        small.import(&["--ignore-column", "type"]);
        sandbox.accepts(&secret);
    }
}

#[test]
fn a_type_without_a_column_for_it_is_refused() {
    for system in WITHOUT_TYPES {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[]);
        let ran = small.try_import(&["--type", "api"]).fails_somehow(2);
        assert!(ran.stderr.contains("has no column type"), "{ran:#?}");
    }
}

#[test]
fn a_column_that_limits_a_token_is_not_passed_over() {
    for system in ALL {
        for column in ["permissions", "allowed_ips", "read_only", "privileges"] {
            // Symfony's scopes may be called permissions.
            if system == "symfony" && column == "permissions" {
                continue;
            }
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.token_column(column);
            let secret = small.token(5, &[(column, &"x")]);
            let ran = small.try_import(&[]).fails_somehow(2);
            let name = format!("{}.{column}", small.tokens());
            assert!(ran.stderr.contains(&name), "{system}: {ran:#?}");
            small.import(&["--ignore-column", column]);
            sandbox.accepts(&secret);
        }
    }
}

#[test]
fn scopes_of_symfony_have_several_names() {
    for column in ["roles", "permissions", "scope", "abilities"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, "symfony");
        let secret = small.token(5, &[("scopes", &"[\"ROLE_API\"]")]);
        let none = small.token(6, &[("scopes", &"")]);
        small.sql(&format!(
            "UPDATE user SET roles = '[\"ROLE_ADMIN\"]';
             ALTER TABLE api_token RENAME COLUMN scopes TO {column}"
        ));
        small.import(&[]);
        assert_eq!(sandbox.token(&secret)["scopes"], json!(["ROLE_API"]), "{column}");
        // An empty column is no reason to grant what the owner may do.
        assert_eq!(sandbox.token(&none)["scopes"], json!([]), "{column}");
    }
}
