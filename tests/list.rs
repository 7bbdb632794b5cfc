//! `list`: the tokens that match, in the order asked for.

mod support;

use support::{DAY, Sandbox, TOKEN_KEYS, keys};

/// Alice's tokens 1 (active), 2 (expired), 3 (unused) and 4 (revoked), and bob's token 5 (banned).
fn one_of_each() -> Sandbox {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--name", "active"]);
    sandbox.create(&["--name", "expired", "--expires", "1d"]);
    sandbox.create(&["--name", "unused"]);
    sandbox.create(&["--name", "revoked"]);
    sandbox.create(&["--name", "banned", "--user", "bob"]);
    sandbox.set_time(2, "expires_at", -DAY);
    sandbox.set_time(3, "last_used_at", -400 * DAY);
    sandbox.run(&["revoke", "4"]).exits(0);
    sandbox.run(&["user", "ban", "bob"]).exits(0);
    sandbox
}

#[test]
fn active_tokens_are_listed_unless_all_or_status_is_given() {
    let sandbox = one_of_each();
    assert_eq!(sandbox.listed(&[]), [1]);
    assert_eq!(sandbox.listed(&["--all"]), [1, 2, 3, 4, 5]);
    for (id, status) in (1..).zip(["active", "expired", "unused", "revoked", "banned"]) {
        assert_eq!(sandbox.listed(&["--status", status]), [id]);
        assert_eq!(sandbox.json(&["show", &id.to_string()])["status"], status);
    }
}

#[test]
fn an_unknown_status_is_refused() {
    let sandbox = one_of_each();
    sandbox.run(&["list", "--status", "live"]).fails(
        2,
        "invalid value 'live' for '--status <STATUS>': \
         possible values are active, expired, unused, revoked, banned",
    );
}

#[test]
fn all_and_status_exclude_each_other() {
    let sandbox = one_of_each();
    sandbox.run(&["list", "--status", "active", "--all"]).fails_somehow(2);
}

#[test]
fn the_table_has_a_row_per_token() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--name", "CI", "--scope", "posts.manage"]);
    let hint = sandbox.json(&["show", "1"])["hint"].as_str().unwrap().to_string();
    sandbox.set_time(1, "created_at", -3 * DAY);
    sandbox.set_time(1, "expires_at", 29 * DAY + DAY / 2);
    sandbox.set_time(1, "last_used_at", -DAY / 8);
    let ran = sandbox.run(&["list"]).exits(0).remarks("1 token\n");
    let lines: Vec<_> = ran.stdout.lines().collect();
    let cells = |line: &str| -> Vec<String> {
        line.split("  ").map(|cell| cell.trim().to_string()).filter(|c| !c.is_empty()).collect()
    };
    assert_eq!(lines.len(), 2);
    assert_eq!(
        cells(lines[0]),
        ["ID", "NAME", "USER", "SCOPES", "STATUS", "EXPIRES", "LAST USED", "HINT", "CREATED"]
    );
    let row =
        ["1", "CI", "alice", "posts.manage", "active", "in 29 days", "3h ago", &hint, "3 days ago"];
    assert_eq!(cells(lines[1]), row);
}

#[test]
fn an_empty_list_is_explained_in_a_remark() {
    let sandbox = Sandbox::with_alice();
    let remark = |args: &[&str], remark: &str| {
        sandbox
            .run(&[&["list"], args].concat())
            .exits(0)
            .prints("")
            .remarks(&format!("{remark}\n"));
    };
    let all = "no tokens match; `tokctl list --all` lists tokens of every status";
    let create = "no tokens; `tokctl create --name CI` issues one";
    remark(&[], all);
    remark(&["--all"], create);
    // With a filter, there may be other tokens.
    sandbox.create(&["--scope", "a"]);
    sandbox.sql("UPDATE tokens SET user_id = 1");
    remark(&["--user", "alice"], all);
    for filter in [
        ["--name", "x"],
        ["--scope", "*"],
        ["--user", "alice"],
        ["--expiring-within", "1d"],
        ["--unused-for", "1d"],
        ["--limit", "0"],
    ] {
        remark(&["--all", filter[0], filter[1]], "no tokens match");
    }
}

#[test]
fn an_empty_list_is_empty_in_every_format() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["list", "-q"]).exits(0).prints("").remarks("");
    sandbox.run(&["list", "-q", "--json"]).exits(0).prints("[]\n");
    sandbox.run(&["list", "-q", "--format", "jsonl"]).exits(0).prints("");
}

#[test]
fn a_remark_counts_the_tokens_and_those_that_expire_soon() {
    let sandbox = Sandbox::with_alice();
    sandbox.create(&["--expires", "13d"]);
    sandbox.run(&["list"]).remarks("1 token, which expires within 14 days\n");
    sandbox.create(&["--expires", "15d"]);
    sandbox.run(&["list"]).remarks("2 tokens, 1 expires within 14 days\n");
    sandbox.create(&["--expires", "1h"]);
    sandbox.run(&["list"]).remarks("3 tokens, 2 expire within 14 days\n");
    sandbox
        .run(&["list", "--expiring-within", "14d"])
        .remarks("2 tokens, 2 expire within 14 days\n");
}

#[test]
fn user_selects_by_owner_without_regard_to_case() {
    let sandbox = one_of_each();
    assert_eq!(sandbox.listed(&["--all", "--user", "alice"]), [1, 2, 3, 4]);
    assert_eq!(sandbox.listed(&["--all", "--user", "BOB"]), [5]);
    assert!(sandbox.listed(&["--user", "bob"]).is_empty());
}

#[test]
fn an_unknown_user_is_refused() {
    let sandbox = one_of_each();
    sandbox
        .run(&["list", "--user", "stranger"])
        .fails(1, "user stranger not found: no user has this name");
    sandbox.run(&["list", "--user", ""]).fails_somehow(1);
    sandbox.run(&["list", "--user", "' OR 1=1 --"]).fails_somehow(1);
    sandbox
        .run(&["list", "--user", "a\u{1b}[2Jb"])
        .fails(1, "user a\\u{1b}[2Jb not found: no user has this name");
}

#[test]
fn scope_selects_the_tokens_that_grant_it() {
    let sandbox = Sandbox::with_alice();
    for scope in ["*", "posts.*", "posts.manage", "posts", "users.read"] {
        sandbox.create(&["--scope", scope]);
    }
    sandbox.create(&["--no-scopes"]);
    assert_eq!(sandbox.listed(&["--scope", "posts.manage"]), [1, 2, 3]);
    assert_eq!(sandbox.listed(&["--scope", "posts"]), [1, 4]);
    assert_eq!(sandbox.listed(&["--scope", "posts.*"]), [1, 2]);
    assert_eq!(sandbox.listed(&["--scope", "*"]), [1]);
}

#[test]
fn an_invalid_scope_is_refused() {
    let sandbox = Sandbox::with_alice();
    for scope in ["", "a b", "a*", &"a".repeat(300)] {
        sandbox.run(&["list", "--scope", scope]).fails_somehow(2);
    }
}

#[test]
fn name_selects_by_a_pattern() {
    let sandbox = Sandbox::with_alice();
    for name in ["CI main", "CI/release", "deploy", "100%", "a_b"] {
        sandbox.create(&["--name", name]);
    }
    for (glob, ids) in [
        ("*", &[1, 2, 3, 4, 5][..]),
        ("CI*", &[1, 2]),
        ("ci*", &[]),
        ("CI?main", &[1]),
        ("deploy", &[3]),
        ("deplo", &[]),
        ("[ad]*", &[3, 5]),
        ("{deploy,100%}", &[3, 4]),
        ("%", &[]),
        ("a?b", &[5]),
    ] {
        assert_eq!(sandbox.listed(&["--name", glob]), ids, "{glob}");
    }
}

#[test]
fn an_invalid_pattern_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["list", "--name", "[a"]).fails_somehow(2);
    sandbox.run(&["list", "--name", "{a"]).fails_somehow(2);
    sandbox.run(&["list", "--name", ""]).fails_somehow(2);
}

#[test]
fn expiring_within_selects_valid_tokens_by_expiry() {
    let sandbox = Sandbox::with_alice();
    for expires in ["never", "1d", "10d", "100d"] {
        sandbox.create(&["--expires", expires]);
    }
    sandbox.create(&["--expires", "1d"]);
    sandbox.set_time(5, "expires_at", -DAY);
    assert_eq!(sandbox.listed(&["--expiring-within", "11d"]), [2, 3]);
    assert_eq!(sandbox.listed(&["--all", "--expiring-within", "11d"]), [2, 3]);
    assert!(sandbox.listed(&["--expiring-within", "0s"]).is_empty());
}

#[test]
fn unused_for_selects_by_last_use_or_creation() {
    let sandbox = Sandbox::with_alice();
    for _ in 0..4 {
        sandbox.create(&[]);
    }
    sandbox.set_time(1, "last_used_at", -DAY);
    sandbox.set_time(2, "last_used_at", -50 * DAY);
    // Token 3 was never used and is old, token 4 is new.
    sandbox.set_time(3, "created_at", -50 * DAY);
    assert_eq!(sandbox.listed(&["--unused-for", "30d"]), [2, 3]);
    assert_eq!(sandbox.listed(&["--unused-for", "1h"]), [1, 2, 3]);
}

#[test]
fn an_invalid_duration_is_refused() {
    let sandbox = Sandbox::with_alice();
    for option in ["--expiring-within", "--unused-for"] {
        for duration in ["", "soon", "30", "never", "2030-01-01", "1.5d", "99999999999999999999d"] {
            sandbox.run(&["list", option, duration]).fails_somehow(2);
        }
    }
    sandbox.run(&["list", "--unused-for", "x"]).fails(
        2,
        "invalid value 'x' for '--unused-for <DURATION>': \
         a duration must be a number and a unit (s, m, h, d, w, mo or y), such as 30d, 3mo or 1h30m",
    );
}

#[test]
fn a_token_must_match_all_filters() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["user", "add", "bob"]).exits(0);
    sandbox.create(&["--name", "a", "--scope", "x"]);
    sandbox.create(&["--name", "a", "--scope", "x", "--user", "bob"]);
    sandbox.create(&["--name", "a", "--scope", "y", "--user", "bob"]);
    assert_eq!(sandbox.listed(&["--name", "a", "--scope", "x", "--user", "bob"]), [2]);
}

#[test]
fn tokens_are_sorted_by_each_key() {
    let sandbox = Sandbox::with_alice();
    for (name, expires) in [("b", "2d"), ("A", "never"), ("c", "1d")] {
        sandbox.create(&["--name", name, "--expires", expires]);
    }
    for (id, created, used) in [(1, -30, Some(-1)), (2, -10, None), (3, -20, Some(-2))] {
        sandbox.set_time(id, "created_at", created * DAY);
        if let Some(used) = used {
            sandbox.set_time(id, "last_used_at", used * DAY);
        }
    }
    for (key, ids) in [
        ("id", [1, 2, 3]),
        ("name", [2, 1, 3]),
        ("created", [1, 3, 2]),
        ("expires", [3, 1, 2]),
        ("last-used", [2, 3, 1]),
    ] {
        assert_eq!(sandbox.listed(&["--sort", key]), ids, "{key}");
        let mut reversed = ids;
        reversed.reverse();
        assert_eq!(sandbox.listed(&["--sort", key, "--reverse"]), reversed, "{key} reversed");
    }
    assert_eq!(sandbox.listed(&["--reverse"]), [3, 2, 1]);
}

#[test]
fn an_unknown_sort_key_is_refused() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["list", "--sort", "age"]).fails(
        2,
        "invalid value 'age' for '--sort <KEY>': \
         possible values are id, name, user, status, created, expires, last-used",
    );
}

#[test]
fn limit_bounds_the_number_of_tokens() {
    let sandbox = Sandbox::with_alice();
    sandbox.run(&["create", "--count", "5"]).exits(0);
    sandbox.run(&["revoke", "1"]).exits(0);
    assert_eq!(sandbox.listed(&["--limit", "2"]), [2, 3]);
    assert_eq!(sandbox.listed(&["--limit", "2", "--reverse"]), [5, 4]);
    assert_eq!(sandbox.listed(&["--limit", "99"]), [2, 3, 4, 5]);
    assert!(sandbox.listed(&["--limit", "0"]).is_empty());
}

#[test]
fn an_invalid_limit_is_refused() {
    let sandbox = Sandbox::with_alice();
    for limit in ["-1", "", "a", "99999999999999999999"] {
        sandbox.run(&["list", &format!("--limit={limit}")]).fails_somehow(2);
    }
}

#[test]
fn json_has_the_same_fields_as_show() {
    let sandbox = one_of_each();
    let list = sandbox.json(&["list", "--all"]);
    for token in list.as_array().unwrap() {
        assert_eq!(keys(token), TOKEN_KEYS);
        assert_eq!(&sandbox.json(&["show", &token["id"].to_string()]), token);
    }
}

#[test]
fn nothing_is_shortened_without_a_terminal() {
    let sandbox = Sandbox::with_alice();
    let scopes: Vec<_> = (0..20).map(|i| format!("scope.number{i}")).collect();
    let name = "a long name ".repeat(20);
    sandbox.create(&["--name", name.trim(), "--scope", &scopes.join(",")]);
    for args in [&["list"][..], &["list", "-o", "wide"], &["show", "1"]] {
        let ran = sandbox.run(args).exits(0);
        for part in [name.trim(), &scopes.join(" ")] {
            assert!(ran.stdout.contains(part), "{ran:#?}");
        }
    }
}

#[test]
fn a_table_of_many_rows_is_complete_and_aligned() {
    let sandbox = Sandbox::with_alice();
    sandbox.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO tokens (user_id, hash, name, scopes, hint, created_at)
         SELECT 2, randomblob(32), 'token ' || i, 'a', 'tok_abcd', 1700000000000 FROM n",
    );
    let ran = sandbox.run(&["list", "--unused-for", "0s", "--all"]).exits(0);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 20001);
    let column = |line: &str| line.find("alice");
    assert_eq!(column(lines[20000]), column(lines[1]), "{}", lines[20000]);
    assert_eq!(ran.stdout.matches("LAST USED").count(), 1);
}
