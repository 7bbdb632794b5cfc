//! `import`: what the source refuses is never good here. The end of a token or of its owner is found
//! under every usual name and spelling, in every system; what sounds like an end and is not understood
//! stops the import.

mod support;

use rusqlite::ToSql;
use rusqlite::types::Null;
use serde_json::json;
use support::Sandbox;
use support::foreign::Row;
use support::small::{ALL, Small, skipped};

const PAST: &str = "2021-05-06 07:08:09";
const FUTURE: &str = "2090-01-02 03:04:05";

/// Names of an expiry that can all be columns of one table.
const EXPIRIES: [&str; 20] = [
    "expires_at",
    "expiresOn",
    "expired_at",
    "expireAt",
    "EXPIRES",
    "Expire",
    "expiry",
    "expiry_date",
    "ExpirationDate",
    "expiration",
    "dateExpires",
    "valid_until",
    "validTo",
    "VALID_TILL",
    "ends_at",
    "not_after",
    "token_expires_at",
    "accessTokenExpiry",
    "apitokenexpiresat",
    "exp",
];

/// Names of a mark that can all be columns of one table, each with the word that the reason has.
const MARKS: [(&str, &str); 23] = [
    ("deleted_at", "deleted"),
    ("isDeleted", "deleted"),
    ("DELETED_ON", "deleted"),
    ("softDeleted", "deleted"),
    ("revoked", "revoked"),
    ("revokedAt", "revoked"),
    ("is_revoked", "revoked"),
    ("TOKEN_REVOKED", "revoked"),
    ("revoked_date", "revoked"),
    ("disabled", "disabled"),
    ("disabledAt", "disabled"),
    ("isBlocked", "blocked"),
    ("banned_at", "banned"),
    ("suspended", "suspended"),
    ("DeactivatedAt", "deactivated"),
    ("inactive", "inactive"),
    ("locked_at", "locked"),
    ("archived", "archived"),
    ("invalidated_at", "invalidated"),
    ("is_expired", "expired"),
    // PostgreSQL writes names without quotes in lower case.
    ("apitokenrevoked", "revoked"),
    ("del_flag", "deleted"),
    ("compromised", "compromised"),
];

/// Ids of tokens from which each is told.
fn numbered<T>(items: &[T]) -> impl Iterator<Item = (i64, &T)> {
    (10..).zip(items)
}

#[test]
fn an_expiry_is_heeded_under_every_name() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        EXPIRIES.iter().for_each(|column| small.token_column(column));
        let alive = small.token(1, &[]);
        let add = |at: &str, from: i64| -> Vec<String> {
            let row = |(id, column): (i64, &&str)| small.token(from + id, &[(*column, &at)]);
            numbered(&EXPIRIES).map(row).collect()
        };
        let (ended, living) = (add(PAST, 0), add(FUTURE, 100));
        small.import(&[]);
        sandbox.accepts(&alive);
        assert_eq!(sandbox.token(&alive)["expires_at"], json!(null));
        let answers = sandbox.reasons(&ended);
        for (column, answer) in EXPIRIES.iter().zip(answers) {
            assert_eq!(answer.as_deref(), Some("expired"), "{system}, {column}");
        }
        for (column, secret) in EXPIRIES.iter().zip(&living) {
            let expires_at = sandbox.token(secret)["expires_at"].clone();
            assert_eq!(expires_at, "2090-01-02T03:04:05Z", "{system}, {column}");
        }
    }
}

#[test]
fn a_token_that_was_revoked_or_deleted_there_is_revoked_here_whatever_the_column_is_called() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        MARKS.iter().for_each(|(column, _)| small.token_column(column));
        let alive = small.token(1, &[]);
        let ended: Vec<_> = numbered(&MARKS)
            .map(|(id, (column, _))| small.token(id, &[(*column, &PAST)]))
            .collect();
        let report = small.import(&[]);
        assert_eq!(report["tokens_revoked"], MARKS.len(), "{report}");
        sandbox.accepts(&alive);
        for ((column, word), secret) in MARKS.iter().zip(ended) {
            let token = sandbox.token(&secret);
            assert_eq!(token["status"], "revoked", "{system}, {column}");
            assert_eq!(token["revoked_reason"], format!("{word} in {system}"), "{column}");
        }
    }
}

/// What a mark may contain if it is set, and if it is not.
const SET: [&dyn ToSql; 12] = [
    &1,
    &2,
    &"1",
    &"true",
    &"T",
    &"yes",
    &PAST,
    &FUTURE,
    &1_600_000_000,
    &1_600_000_000_000i64,
    &"2090-01-01T00:00:00+02:00",
    &"0000-00-00 00:00:00",
];
const UNSET: [&dyn ToSql; 9] = [&Null, &0, &"0", &"false", &"f", &"no", &"", &"\\N", &"NULL"];

#[test]
fn a_mark_is_set_by_true_or_by_any_date() {
    for system in ALL {
        for column in ["revoked", "deleted_at"] {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.token_column(column);
            let add = |values: &[&dyn ToSql], from: i64| -> Vec<String> {
                let row =
                    |(id, value): (i64, &&dyn ToSql)| small.token(from + id, &[(column, *value)]);
                numbered(values).map(row).collect()
            };
            let (set, unset) = (add(&SET, 0), add(&UNSET, 100));
            small.import(&[]);
            let expected = vec![Some("revoked".to_string()); SET.len()];
            assert_eq!(sandbox.reasons(&set), expected, "{system}, {column}");
            assert_eq!(sandbox.reasons(&unset), vec![None; UNSET.len()], "{system}, {column}");
        }
    }
}

#[test]
fn a_mark_that_says_neither_yes_nor_no_skips_the_row() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("revoked_at");
        let odd = small.token(5, &[("revoked_at", &"last week")]);
        small.token(6, &[]);
        let report = small.import(&[]);
        let row = format!("{} 5", small.tokens());
        let reason = "column revoked_at: neither a date nor true or false".to_string();
        assert_eq!(skipped(&report), [(reason, vec![row])]);
        assert_ne!(sandbox.reasons(&[odd]), [None]);
    }
}

#[test]
fn a_token_that_is_not_active_there_is_revoked_here() {
    for system in ALL {
        for column in ["is_active", "ACTIVE", "enabled", "isValid"] {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.token_column(column);
            let on: [&dyn ToSql; 3] = [&1, &"true", &"t"];
            let off: [&dyn ToSql; 5] = [&0, &Null, &"false", &"", &"\\N"];
            let add = |values: &[&dyn ToSql], from: i64| -> Vec<String> {
                let row =
                    |(id, value): (i64, &&dyn ToSql)| small.token(from + id, &[(column, *value)]);
                numbered(values).map(row).collect()
            };
            let (active, inactive) = (add(&on, 0), add(&off, 100));
            small.import(&[]);
            assert_eq!(sandbox.reasons(&active), vec![None; on.len()], "{system}, {column}");
            let expected = vec![Some("revoked".to_string()); off.len()];
            assert_eq!(sandbox.reasons(&inactive), expected, "{system}, {column}");
            let reason = &sandbox.token(&inactive[0])["revoked_reason"];
            assert_eq!(*reason, format!("not active in {system}"));
        }
    }
}

#[test]
fn a_status_is_active_or_an_end_or_unknown() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("status");
        let status = |id: i64, status: &dyn ToSql| small.token(id, &[("status", status)]);
        let good = [status(10, &"active"), status(11, &"ENABLED "), status(12, &Null)];
        let ended = [
            status(20, &"banned"),
            status(21, &"Revoked"),
            status(22, &"deleted"),
            status(23, &"pending"),
        ];
        let unknown = [status(30, &"purple"), status(31, &"7")];
        let report = small.import(&[]);
        assert_eq!(sandbox.reasons(&good), [None, None, None], "{system}");
        assert_eq!(sandbox.reasons(&ended), vec![Some("revoked".to_string()); 4], "{system}");
        assert_eq!(sandbox.token(&ended[1])["revoked_reason"], format!("Revoked in {system}"));
        assert!(sandbox.reasons(&unknown).iter().all(Option::is_some), "{system}");
        let rows = [30, 31].map(|id| format!("{} {id}", small.tokens())).to_vec();
        assert_eq!(
            skipped(&report),
            [(
                "column status: unknown status; --ignore-column leaves the column out".to_string(),
                rows
            )]
        );
    }
}

/// What ends a user there, and the reason of the ban here.
const ENDS_OF_USERS: [(&str, &dyn ToSql, &str); 18] = [
    ("deleted_at", &PAST, "deleted"),
    ("deletedAt", &FUTURE, "deleted"),
    ("blocked", &1, "blocked"),
    ("is_banned", &"true", "banned"),
    ("disabled_at", &PAST, "disabled"),
    ("suspended", &1, "suspended"),
    ("is_active", &0, "not active"),
    ("isActive", &Null, "not active"),
    ("user_enabled", &"false", "not active"),
    ("activated", &0, "not active"),
    ("activatedAt", &Null, "not active"),
    ("account_status", &"closed", "closed"),
    ("USER_STATE", &"inactive", "inactive"),
    ("account_locked", &1, "locked"),
    ("accountlocked", &1, "locked"),
    ("userstatus", &"closed", "closed"),
    ("can_login", &0, "not active"),
    ("approved_at", &Null, "not active"),
];

#[test]
fn tokens_of_a_user_who_is_refused_there_are_rejected() {
    for system in ALL {
        for (column, value, word) in ENDS_OF_USERS {
            let sandbox = Sandbox::new();
            let small = Small::new(&sandbox, system);
            small.user_column(column);
            small.sql(&format!("UPDATE \"{}\" SET \"{column}\" = 1", small.users()));
            if column.ends_with("status") || column.ends_with("STATE") {
                small.sql(&format!("UPDATE \"{}\" SET \"{column}\" = 'active'", small.users()));
            }
            small.user(&2, "Bob", &[(column, value)]);
            let secret = small.token_of(&5, "5", &2, &[]);
            small.import(&[]);
            sandbox.rejects(&secret, "banned");
            let bob = sandbox.json(&["user", "show", "Bob"]);
            assert_eq!(bob["banned_reason"], format!("{word} in {system}"), "{column}");
        }
    }
}

#[test]
fn a_status_of_a_user_that_is_not_known_skips_the_user_and_the_tokens() {
    // Shield itself knows which status it refuses.
    for system in ALL.into_iter().filter(|system| *system != "shield") {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user_column("status");
        small.user(&2, "Bob", &[("status", &"purple")]);
        let secret = small.token_of(&5, "5", &2, &[]);
        small.token(6, &[]);
        let report = small.import(&[]);
        assert_eq!(
            skipped(&report),
            [
                (
                    "column status: unknown status; --ignore-column leaves the column out".into(),
                    vec![format!("{} 2", small.users())]
                ),
                (
                    "owner: column status: unknown status; --ignore-column leaves the column out"
                        .into(),
                    vec![format!("{} 5", small.tokens())]
                ),
            ]
        );
        assert_ne!(sandbox.reasons(&[secret]), [None]);
        assert_eq!((&report["users_skipped"], &report["tokens_skipped"]), (&json!(1), &json!(1)));
    }
}

#[test]
fn tokens_end_with_the_account_of_their_owner() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.user_column("account_expires_at");
        small.token_column("expires_at");
        small.user(&2, "Bob", &[("account_expires_at", &PAST)]);
        small.user(&3, "Eve", &[("account_expires_at", &FUTURE)]);
        let of_bob = small.token_of(&5, "5", &2, &[("expires_at", &FUTURE)]);
        let of_eve = small.token_of(&6, "6", &3, &[]);
        let sooner = small.token_of(&7, "7", &3, &[("expires_at", &"2080-01-01")]);
        let of_ann = small.token(8, &[]);
        small.import(&[]);
        sandbox.rejects(&of_bob, "expired");
        let expires_at = |secret: &str| sandbox.token(secret)["expires_at"].clone();
        assert_eq!(expires_at(&of_eve), "2090-01-02T03:04:05Z", "{system}");
        assert_eq!(expires_at(&sooner), "2080-01-01T00:00:00Z", "{system}");
        assert_eq!(expires_at(&of_ann), json!(null), "{system}");
    }
}

#[test]
fn of_two_expiries_the_earlier_counts() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        small.token_column("valid_until");
        let one: &Row = &[("expires_at", &PAST), ("valid_until", &FUTURE)];
        let other: &Row = &[("expires_at", &FUTURE), ("valid_until", &PAST)];
        let secrets = [small.token(5, one), small.token(6, other)];
        small.import(&[]);
        assert_eq!(sandbox.reasons(&secrets), vec![Some("expired".to_string()); 2], "{system}");
    }
}

#[test]
fn a_column_that_may_be_an_end_stops_the_import() {
    for system in ALL {
        for column in [
            "revocation",
            "expires_in",
            "ttl",
            "deletionReason",
            "status_code",
            "not_before",
            "email_blocked",
        ] {
            for is_of_users in [false, true] {
                let sandbox = Sandbox::new();
                let small = Small::new(&sandbox, system);
                small.token(5, &[]);
                let table = if is_of_users { small.users() } else { small.tokens() };
                small.sql(&format!("ALTER TABLE \"{table}\" ADD COLUMN {column}"));
                small
                    .try_import(&[])
                    .fails(
                        2,
                        &format!(
                            "it is not clear which tokens the source refuses: unknown meaning of \
                             {table}.{column}"
                        ),
                    )
                    .hints(&format!(
                        "if they do not say that a token or user has ended, use --ignore-column \
                         {table}.{column}"
                    ));
                assert!(!sandbox.path("data").exists());
            }
        }
    }
}

#[test]
fn the_suggested_options_go_on() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = small.token(5, &[]);
        small.token_column("kill date");
        small.token_column("expires_in");
        small.user_column("deletion_requested_at");
        let ran = small.try_import(&[]).fails_somehow(2);
        let (_, options) = ran.stderr.split_once(", use ").unwrap();
        let (users, tokens) = (small.users(), small.tokens());
        let expected = format!(
            "--ignore-column {users}.deletion_requested_at --ignore-column '{tokens}.kill date' \
             --ignore-column {tokens}.expires_in\n"
        );
        assert_eq!(options, expected);
        let ignored = [
            format!("{users}.deletion_requested_at"),
            format!("{tokens}.kill date"),
            format!("{tokens}.expires_in"),
        ];
        let options: Vec<_> = ignored.iter().flat_map(|name| ["--ignore-column", name]).collect();
        small.import(&options);
        sandbox.accepts(&secret);
    }
}

#[test]
fn an_ignored_column_may_be_named_without_its_table_and_in_another_spelling() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        let secret = small.token(5, &[]);
        small.token_column("killDate");
        small.user_column("kill_date");
        small
            .try_import(&["--ignore-column", &format!("{}.killDate", small.tokens())])
            .fails_somehow(2);
        small.import(&["--ignore-column", "kill_date"]);
        sandbox.accepts(&secret);
    }
}

#[test]
fn an_end_that_is_understood_can_be_ignored_too() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("archived");
        small.token_column("revoked");
        let archived = small.token(5, &[("archived", &1)]);
        let revoked = small.token(6, &[("archived", &1), ("revoked", &1)]);
        small.import(&["--ignore-column", "archived"]);
        sandbox.accepts(&archived);
        sandbox.rejects(&revoked, "revoked");
    }
}

#[test]
fn an_ignored_column_that_does_not_exist_is_an_error() {
    let sandbox = Sandbox::new();
    let small = Small::new(&sandbox, "sanctum");
    small.token(5, &[]);
    small
        .try_import(&["--ignore-column", "personal_access_tokens.expire"])
        .fails(
            2,
            "invalid value of --ignore-column: no column or key that is read is called \
             personal_access_tokens.expire",
        )
        .hints("it takes the name of a column of the tokens or users, or TABLE.COLUMN");
    assert!(!sandbox.path("data").exists());
}

/// They describe an end that another column tells.
#[test]
fn who_revoked_a_token_and_why_does_not_stop_an_import() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        for column in
            ["revoked_at", "revoked_by", "revocation_reason", "last_active_at", "lock_version"]
        {
            small.token_column(column);
        }
        for column in ["banned", "ban_reason", "password_expires_at", "remember_token_expires_at"] {
            small.user_column(column);
        }
        let secret = small.token(5, &[("lock_version", &3), ("last_active_at", &PAST)]);
        small.import(&[]);
        sandbox.accepts(&secret);
    }
}

#[test]
fn a_life_that_the_configuration_sets_is_counted_from_the_creation() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token_column("expires_at");
        let created = |id: i64, at: &dyn ToSql, until: &dyn ToSql| {
            small.token(id, &[("created_at", at), ("expires_at", until)])
        };
        let over = created(5, &PAST, &Null);
        let sooner_there = created(6, &"2089-12-31 00:00:00", &"2090-01-01 12:00:00");
        let sooner_by_option = created(7, &"2089-12-31 00:00:00", &"2095-01-01 00:00:00");
        let without_creation = created(8, &Null, &FUTURE);
        let report = small.import(&["--expiration", "10d"]);
        sandbox.rejects(&over, "expired");
        let expires_at = |secret: &str| sandbox.token(secret)["expires_at"].clone();
        assert_eq!(expires_at(&over), "2021-05-16T07:08:09Z", "{system}");
        assert_eq!(expires_at(&sooner_there), "2090-01-01T12:00:00Z", "{system}");
        assert_eq!(expires_at(&sooner_by_option), "2090-01-10T00:00:00Z", "{system}");
        let reason = "no creation time to count --expiration from".to_string();
        assert_eq!(skipped(&report), [(reason, vec![format!("{} 8", small.tokens())])]);
        assert_ne!(sandbox.reasons(&[without_creation]), [None]);
    }
}

#[test]
fn without_a_column_of_the_creation_a_life_cannot_be_counted() {
    for system in ALL {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, system);
        small.token(5, &[]);
        small.sql(&format!("ALTER TABLE {} DROP COLUMN created_at", small.tokens()));
        let report = small.takes_nothing(&["--expiration", "10d"]);
        let reason = "no creation time to count --expiration from".to_string();
        assert_eq!(skipped(&report), [(reason, vec![format!("{} 5", small.tokens())])]);
    }
}

/// SQLite's plain list of columns leaves generated ones out.
#[test]
fn an_end_in_a_generated_column_is_heeded() {
    for kind in ["VIRTUAL", "STORED"] {
        let sandbox = Sandbox::new();
        let small = Small::new(&sandbox, "symfony");
        small.sql(&format!(
            "DROP TABLE api_token;
             CREATE TABLE api_token (id PRIMARY KEY, owned_by_id, token, scopes, created_at, data,
                 revoked_at GENERATED ALWAYS AS (json_extract(data, '$.revoked')) {kind})"
        ));
        let revoked = small.token(5, &[("data", &format!("{{\"revoked\": \"{PAST}\"}}"))]);
        let good = small.token(6, &[("data", &"{}")]);
        small.import(&[]);
        sandbox.rejects(&revoked, "revoked");
        sandbox.accepts(&good);
    }
}
