//! Sources that are databases of servers: what is read from them, in one snapshot, and what is said
//! when a server does not let it. `cargo test` alone starts the servers, if they are installed.

mod support;

use std::net::TcpListener;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};
use support::Sandbox;
use support::servers::{MariaDb, Postgres, unique_name};
use tokctl::import::source::{
    self, Access, Cause, Cells, Expression, Filter, ForeignKey, Location, Lookup, Query, Source,
    Value,
};

fn open(url: &str) -> Box<dyn Source> {
    open_with(url, &Access::default()).unwrap()
}

fn open_with(url: &str, access: &Access) -> source::Result<Box<dyn Source>> {
    source::open(&Location::parse(url.into())?, access)
}

/// Why a source cannot be opened.
fn refusal(url: &str) -> Cause {
    open_with(url, &Access::default()).err().expect("an error").cause
}

/// A value as text that shows its kind.
fn shown(cells: &dyn Cells, position: usize) -> String {
    match cells.value(position).unwrap() {
        Value::Null => "NULL".into(),
        Value::Integer(number) => format!("{number}"),
        Value::Real(number) => format!("real {number}"),
        Value::Text(bytes) => format!("'{}'", String::from_utf8_lossy(bytes)),
        Value::Bytes(bytes) => format!("bytes {bytes:02x?}"),
    }
}

/// The rows of a query, each with its values.
fn rows(source: &dyn Source, query: &Query) -> Vec<String> {
    let width = query.columns.len() + usize::from(query.is_count);
    let mut rows = Vec::new();
    source
        .read(query, &mut |cells| {
            let values: Vec<_> = (0..width).map(|position| shown(cells, position)).collect();
            rows.push(values.join(" "));
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

fn columns(table: &str, names: &[&str]) -> Query {
    Query {
        columns: names.iter().map(|name| Expression::Column(name.to_string())).collect(),
        order: Some("id".into()),
        ..Query::of(table)
    }
}

/// The values of the columns in the only row of the table `t`.
fn row(source: &dyn Source, names: &[&str]) -> Vec<String> {
    let row = |name: &&str| rows(source, &columns("t", &[name])).remove(0);
    names.iter().map(row).collect()
}

fn one_of(column: &str, texts: &[&str]) -> Filter {
    let texts = texts.iter().map(|text| text.to_string()).collect();
    Filter::OneOf { column: column.into(), texts }
}

/// Why a query cannot be read.
fn failure(source: &dyn Source, query: &Query) -> Cause {
    let read = source.read(query, &mut |_| ControlFlow::Continue(()));
    read.expect_err("an error").cause
}

fn key(column: &str, table: &str, key: &str) -> ForeignKey {
    ForeignKey { column: column.into(), schema: None, table: table.into(), key: Some(key.into()) }
}

// Values.

#[test]
fn mariadb_values_are_read_as_what_they_mean() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "SET sql_mode = '';
         CREATE TABLE t (id INT PRIMARY KEY, latin VARCHAR(20) CHARACTER SET latin1, zero DATETIME,
             zero_day DATE, part DATETIME(3), bits BIT(3), uuid BINARY(16), short VARBINARY(4),
             word ENUM('a', 'é'), price DECIMAL(10, 2), doc JSON, big BIGINT UNSIGNED, flag BOOL,
             body BLOB, nothing INT, real_ DOUBLE, note TEXT);
         INSERT INTO t VALUES (1, X'61E9', '0000-00-00 00:00:00', 0, '2026-01-02 03:04:05.678',
             b'101', X'00112233445566778899AABBCCDDEEFF', X'FF', 'é', 7.50, '[\"*\"]',
             18446744073709551615, TRUE, X'00FF', NULL, 0.5, 'tü')",
    );
    let source = open(&server.url("root", &database));
    let names = [
        "id", "latin", "zero", "zero_day", "part", "bits", "uuid", "short", "word", "price", "doc",
        "big", "flag", "body", "nothing", "real_", "note",
    ];
    assert_eq!(
        row(source.as_ref(), &names),
        [
            "1",
            "'aé'",
            "'0000-00-00 00:00:00'",
            "'0000-00-00'",
            "'2026-01-02 03:04:05.678'",
            "5",
            "bytes [00, 11, 22, 33, 44, 55, 66, 77, 88, 99, aa, bb, cc, dd, ee, ff]",
            "bytes [ff]",
            "'é'",
            "'7.50'",
            "'[\"*\"]'",
            "'18446744073709551615'",
            "1",
            "bytes [00, ff]",
            "NULL",
            "'0.5'",
            "'tü'",
        ]
    );
}

#[test]
fn postgresql_values_are_read_as_what_they_mean() {
    let Some(server) = Postgres::get() else { return };
    let database = server.database(
        "CREATE TYPE word AS ENUM ('a', 'é'); CREATE DOMAIN name255 AS varchar(255);
         CREATE TABLE t (id bigint PRIMARY KEY, uuid uuid, word word, price numeric, doc jsonb,
             raw json, body bytea, at timestamptz, late timestamptz, early timestamp, wall timestamp,
             flag boolean, code char(5), small smallint, name name255, nothing int, half real,
             list text[], day date);
         INSERT INTO t VALUES (1, '00112233-4455-6677-8899-aabbccddeeff', 'é', 7.50, '[\"*\"]',
             '{\"a\": 1}', '\\x00ff', '2026-01-02 03:04:05.678+09', 'infinity',
             '0044-03-15 12:00:00 BC', '2026-01-02 03:04:05', true, 'ab', -3, 'é', NULL, 0.5,
             '{a,b}', '2026-01-02')",
    );
    server.sql(&database, &format!("ALTER DATABASE {database} SET DateStyle = 'SQL, DMY'"));
    let source = open(&server.url("postgres", &database));
    let names = [
        "id", "uuid", "word", "price", "doc", "raw", "body", "at", "late", "early", "wall", "flag",
        "code", "small", "name", "nothing", "half", "list", "day",
    ];
    assert_eq!(
        row(source.as_ref(), &names),
        [
            "1",
            "'00112233-4455-6677-8899-aabbccddeeff'",
            "'é'",
            "'7.50'",
            "'[\"*\"]'",
            "'{\"a\": 1}'",
            "bytes [00, ff]",
            "'2026-01-01 18:04:05.678+00'",
            "'infinity'",
            "'0044-03-15 12:00:00 BC'",
            "'2026-01-02 03:04:05'",
            "1",
            "'ab'",
            "-3",
            "'é'",
            "NULL",
            "'0.5'",
            "'{a,b}'",
            "'2026-01-02'",
        ]
    );
}

// Comparisons.

/// A table in which a collation takes different texts for equal.
const NAMES: &str = "INSERT INTO t VALUES (1, 'a'), (2, 'A'), (3, 'a '), (4, 'á'), (5, 'a')";

fn texts_are_compared_exactly(source: &dyn Source) {
    let found = |texts: &[&str]| {
        let query = Query { filters: vec![one_of("name", texts)], ..columns("t", &["id"]) };
        rows(source, &query)
    };
    assert_eq!(found(&["a"]), ["1", "5"]);
    assert_eq!(found(&["a ", "á"]), ["3", "4"]);
    assert_eq!(found(&["'; \\ \" x"]), [""; 0]);
    let by_number = Query { filters: vec![one_of("id", &["2", "03"])], ..columns("t", &["id"]) };
    assert_eq!(rows(source, &by_number), ["2"]);
    let count = Query {
        columns: vec![Expression::Column("name".into()), Expression::Null],
        is_count: true,
        ..Query::of("t")
    };
    let mut counted = rows(source, &count);
    counted.sort();
    assert_eq!(counted, ["'A' NULL 1", "'a ' NULL 1", "'a' NULL 2", "'á' NULL 1"]);
    let all = Query { is_count: true, ..Query::of("t") };
    assert_eq!(rows(source, &all), ["5"]);
}

#[test]
fn mariadb_compares_texts_exactly() {
    let Some(server) = MariaDb::get() else { return };
    for collation in ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "latin1_swedish_ci"] {
        let table = format!(
            "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) COLLATE {collation}); {NAMES}"
        );
        let database = server.database(&table);
        texts_are_compared_exactly(open(&server.url("root", &database)).as_ref());
    }
}

#[test]
fn postgresql_compares_texts_exactly() {
    let Some(server) = Postgres::get() else { return };
    for column in ["varchar(20)", "text COLLATE any_case"] {
        let database = server.database(&format!(
            "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level1',
                 deterministic = false);
             CREATE TABLE t (id INT PRIMARY KEY, name {column}); {NAMES}"
        ));
        texts_are_compared_exactly(open(&server.url("postgres", &database)).as_ref());
    }
}

/// Rows of `l` that belong to a row of `t`, whatever the types and collations of their columns.
fn look_ups_are_exact(source: &dyn Source) {
    let look_up = |value: &str| Lookup {
        table: "l".into(),
        refers_to: Some(("owner".into(), "id".into())),
        filter: Some(("kind".into(), vec!["mail".into()])),
        through: None,
        value: value.into(),
        order: Some("id".into()),
    };
    let query = Query {
        columns: vec![
            Expression::Column("id".into()),
            Expression::First(look_up("name")),
            Expression::Exists(look_up("name")),
            Expression::List(look_up("name")),
        ],
        order: Some("id".into()),
        ..Query::of("t")
    };
    let read = rows(source, &query);
    let list = |row: &String| {
        let (row, list) = row.rsplit_once(" '[").unwrap();
        // The ids of some tables are texts.
        let row = row.replacen('\'', "", if row.starts_with('\'') { 2 } else { 0 });
        let list: Vec<Option<String>> =
            serde_json::from_str(&format!("[{}", list.trim_end_matches('\''))).unwrap();
        (row, list)
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| Some(text.to_string())).collect();
    assert_eq!(
        read.iter().map(list).collect::<Vec<_>>(),
        [
            ("1 'a\"\\é' 1".to_string(), texts(&["a\"\\é", "b\n"])),
            ("2 NULL 1".to_string(), vec![None]),
            ("3 NULL 0".to_string(), vec![]),
        ]
    );
}

#[test]
fn mariadb_look_ups_are_exact() {
    let Some(server) = MariaDb::get() else { return };
    for (owner, id) in [
        ("VARCHAR(20) COLLATE utf8mb4_general_ci", "INT"),
        ("INT", "VARCHAR(20) COLLATE utf8mb4_unicode_ci"),
        ("VARCHAR(20) COLLATE utf8mb4_general_ci", "VARCHAR(20) COLLATE utf8mb4_unicode_ci"),
        ("VARCHAR(20) COLLATE latin1_swedish_ci", "VARCHAR(20) COLLATE utf8mb4_bin"),
        ("VARBINARY(20)", "BIGINT UNSIGNED"),
    ] {
        // In an owner that is a text, `1a` is not 1.
        let other = if owner == "INT" { "4" } else { "'1a'" };
        let database = server.database(&format!(
            "CREATE TABLE t (id {id} PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3);
             CREATE TABLE l (id INT PRIMARY KEY, owner {owner}, kind VARCHAR(9), name TEXT);
             INSERT INTO l VALUES (2, 1, 'mail', 'b\\n'), (1, 1, 'mail', 'a\"\\\\é'),
                 (3, 2, 'mail', NULL), (4, {other}, 'mail', 'x'), (5, 3, 'MAIL', 'x')"
        ));
        look_ups_are_exact(open(&server.url("root", &database)).as_ref());
    }
}

#[test]
fn postgresql_look_ups_are_exact() {
    let Some(server) = Postgres::get() else { return };
    for (owner, id) in
        [("varchar(20)", "int"), ("bigint", "text"), ("bigint", "int"), ("text", "varchar(20)")]
    {
        let database = server.database(&format!(
            "CREATE TABLE t (id {id} PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3);
             CREATE TABLE l (id int PRIMARY KEY, owner {owner}, kind varchar(9), name text);
             INSERT INTO l VALUES (2, 1, 'mail', E'b\\n'), (1, 1, 'mail', E'a\"\\\\é'),
                 (3, 2, 'mail', NULL), (5, 3, 'MAIL', 'x')"
        ));
        look_ups_are_exact(open(&server.url("postgres", &database)).as_ref());
    }
}

// Tables, columns and keys.

#[test]
fn mariadb_tables_and_keys_are_found() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "CREATE TABLE u (id INT PRIMARY KEY, `odd``name` INT, gone INT INVISIBLE);
         CREATE TABLE t (a INT, b INT, owner INT, PRIMARY KEY (a, b),
             FOREIGN KEY (owner) REFERENCES u (id));
         CREATE VIEW v AS SELECT * FROM u",
    );
    let source = open(&server.url("root", &database));
    assert_eq!(source.tables().unwrap(), ["t", "u"]);
    assert_eq!(source.columns("u").unwrap(), ["id", "odd`name", "gone"]);
    assert_eq!(source.columns("v").unwrap(), [""; 0]);
    assert_eq!(source.columns("no such `table`").unwrap(), [""; 0]);
    assert_eq!(source.primary_key("u").unwrap().as_deref(), Some("id"));
    assert_eq!(source.primary_key("t").unwrap(), None);
    assert_eq!(source.foreign_keys("t").unwrap(), [key("owner", "u", "id")]);
}

/// A table of the same name here has other rows.
#[test]
fn foreign_keys_say_which_database_or_schema_has_the_other_table() {
    let elsewhere =
        |schema: &str| ForeignKey { schema: Some(schema.into()), ..key("o", "u", "id") };
    if let Some(server) = MariaDb::get() {
        let other = server.database("CREATE TABLE u (id INT PRIMARY KEY)");
        let database = server.database(&format!(
            "CREATE TABLE u (id INT PRIMARY KEY);
             CREATE TABLE t (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES {other}.u (id))"
        ));
        let source = open(&server.url("root", &database));
        assert_eq!(source.foreign_keys("t").unwrap(), [elsewhere(&other)]);
    }
    if let Some(server) = Postgres::get() {
        let database = server.database(
            "CREATE SCHEMA auth; CREATE TABLE auth.u (id int PRIMARY KEY);
             CREATE TABLE u (id int PRIMARY KEY);
             CREATE TABLE t (id int PRIMARY KEY, o int REFERENCES auth.u (id))",
        );
        let source = open(&server.url("postgres", &database));
        assert_eq!(source.foreign_keys("t").unwrap(), [elsewhere("auth")]);
    }
}

/// Nothing else is probed that the account has no rights on.
#[test]
fn rights_on_two_tables_are_enough() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "CREATE TABLE user (id INT PRIMARY KEY, username VARCHAR(9));
         CREATE TABLE users (id INT PRIMARY KEY);
         CREATE TABLE api_token (id INT PRIMARY KEY, owned_by_id INT, token VARCHAR(99),
             scopes VARCHAR(99), FOREIGN KEY (owned_by_id) REFERENCES user (id));
         INSERT INTO user VALUES (1, 'ann');
         INSERT INTO api_token VALUES (5, 1, 'a-secret-of-symfony-5', '[]')",
    );
    let account = unique_name("u");
    server.sql(
        &database,
        &format!(
            "CREATE USER {account}; GRANT SELECT ON user TO {account};
             GRANT SELECT ON api_token TO {account}"
        ),
    );
    let url = server.url(&account, &database);
    let sandbox = Sandbox::new();
    sandbox.run(&["import", "symfony", &url, "--users", "user"]).exits(0);
    let sandbox = Sandbox::new();
    sandbox.run(&["import", "symfony", &url]).exits(0);
}

#[test]
fn postgresql_tables_and_keys_are_found() {
    let Some(server) = Postgres::get() else { return };
    let database = server.database(
        "CREATE TABLE u (id int PRIMARY KEY, \"odd\"\"Name\" int, gone int);
         ALTER TABLE u DROP COLUMN gone;
         CREATE TABLE t (a int, b int, owner int REFERENCES u, PRIMARY KEY (a, b));
         CREATE TABLE p (id int) PARTITION BY LIST (id);
         CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
         CREATE VIEW v AS SELECT * FROM u;
         CREATE SCHEMA other; CREATE TABLE other.x (id int)",
    );
    let url = server.url("postgres", &database);
    let source = open(&url);
    assert_eq!(source.tables().unwrap(), ["p", "t", "u"]);
    assert_eq!(source.columns("u").unwrap(), ["id", "odd\"Name"]);
    assert_eq!(source.columns("v").unwrap(), [""; 0]);
    assert_eq!(source.columns("x").unwrap(), [""; 0]);
    assert_eq!(source.primary_key("u").unwrap().as_deref(), Some("id"));
    assert_eq!(source.primary_key("t").unwrap(), None);
    assert_eq!(source.foreign_keys("t").unwrap(), [key("owner", "u", "id")]);
    let schema = |schema| Access { schema: Some(schema), ..Access::default() };
    assert_eq!(open_with(&url, &schema("other")).unwrap().tables().unwrap(), ["x"]);
    let by_path = open(&format!("{url}&options=-csearch_path%3Dother"));
    assert_eq!(by_path.tables().unwrap(), ["x"]);
    let error = open_with(&url, &schema("none")).err().unwrap();
    assert_eq!(
        error.cause.to_string(),
        "no schema is named \"none\"; the database has other, public"
    );
}

// Rights.

#[test]
fn mariadb_tables_that_must_not_be_read_do_not_look_absent() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "CREATE TABLE t (id INT PRIMARY KEY, name INT); CREATE TABLE u (id INT);
         CREATE TABLE hidden (id INT)",
    );
    let user = unique_name("u");
    server.sql(
        &database,
        &format!(
            "CREATE USER {user}; GRANT SELECT (id) ON t TO {user}; GRANT SELECT ON u TO {user}"
        ),
    );
    let source = open(&server.url(&user, &database));
    assert_eq!(source.columns("u").unwrap(), ["id"]);
    for table in ["t", "hidden"] {
        let error = source.columns(table).unwrap_err();
        assert!(
            matches!(&error.cause, Cause::NoRight { why, .. } if why.contains(table)),
            "{error}"
        );
    }
    let denied = failure(source.as_ref(), &columns("t", &["name"]));
    assert!(matches!(denied, Cause::NoRight { .. }), "{denied}");
}

#[test]
fn postgresql_tables_that_must_not_be_read_do_not_look_absent() {
    let Some(server) = Postgres::get() else { return };
    let user = unique_name("u");
    let database = server.database(&format!(
        "CREATE ROLE {user} LOGIN; CREATE TABLE t (id int, name int); CREATE TABLE hidden (id int);
         CREATE TABLE few (id int); ALTER TABLE few ENABLE ROW LEVEL SECURITY;
         CREATE POLICY late ON few USING (id > 1); INSERT INTO few VALUES (1), (2);
         CREATE SCHEMA closed; CREATE TABLE closed.t (id int);
         GRANT SELECT ON few TO {user}; GRANT SELECT (id) ON t TO {user}"
    ));
    let url = server.url(&user, &database);
    for (table, column, schema) in [
        ("hidden", "id", None),
        ("t", "name", None),
        ("few", "id", None),
        ("t", "id", Some("closed")),
    ] {
        let access = Access { schema, ..Access::default() };
        let source = open_with(&url, &access).unwrap();
        assert!(source.columns(table).unwrap().iter().any(|name| name == column));
        let query = Query { order: None, ..columns(table, &[column]) };
        let denied = failure(source.as_ref(), &query);
        assert!(matches!(denied, Cause::NoRight { .. }), "{table}: {denied}");
    }
}

// Snapshots and connections.

/// Reads only the first row of many, then everything of a small table.
fn reading_can_stop(source: &dyn Source) {
    let mut seen = 0;
    source
        .read(&columns("many", &["id"]), &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(seen, 1);
    assert_eq!(rows(source, &columns("t", &["id"])), ["1"]);
}

#[test]
fn mariadb_is_read_in_one_snapshot() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1);
         CREATE TABLE many (id INT PRIMARY KEY); INSERT INTO many SELECT seq FROM seq_1_to_20000",
    );
    let source = open(&server.url("root", &database));
    server.sql(&database, "INSERT INTO t VALUES (2); DELETE FROM t WHERE id = 1");
    reading_can_stop(source.as_ref());
    let transactions = server.sql(
        "",
        &format!(
            "SELECT trx_is_read_only, trx_isolation_level FROM information_schema.innodb_trx x
             JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id
             WHERE p.db = '{database}'"
        ),
    );
    assert_eq!(transactions, "1\tREPEATABLE READ\n");
}

#[test]
fn postgresql_is_read_in_one_snapshot() {
    let Some(server) = Postgres::get() else { return };
    let database = server.database(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1);
         CREATE TABLE many (id int); INSERT INTO many SELECT generate_series(1, 20000)",
    );
    let source = open(&server.url("postgres", &database));
    server.sql(&database, "INSERT INTO t VALUES (2); DELETE FROM t WHERE id = 1");
    reading_can_stop(source.as_ref());
}

/// Reads a large table, and ends the connection after the first row.
fn cut(source: &dyn Source, end: impl Fn()) -> Cause {
    let mut count = 0;
    let read = source.read(&columns("many", &["id", "body"]), &mut |_| {
        if count == 0 {
            end();
        }
        count += 1;
        ControlFlow::Continue(())
    });
    assert!(count < 60_000, "the connection did not end");
    read.expect_err("an error").cause
}

#[test]
fn a_connection_to_mariadb_that_ends_is_an_error() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "CREATE TABLE many (id INT PRIMARY KEY, body TEXT);
         INSERT INTO many SELECT seq, REPEAT('x', 1000) FROM seq_1_to_60000",
    );
    let source = open(&server.url("root", &database));
    let cause = cut(source.as_ref(), || {
        let find = format!("SELECT id FROM information_schema.processlist WHERE db = '{database}'");
        server.sql("", &format!("KILL {}", server.sql("", &find)));
    });
    assert!(matches!(cause, Cause::Disconnected(_)), "{cause}");
}

#[test]
fn a_connection_to_postgresql_that_ends_is_an_error() {
    let Some(server) = Postgres::get() else { return };
    let database = server.database(
        "CREATE TABLE many (id int, body text);
         INSERT INTO many SELECT n, repeat('x', 1000) FROM generate_series(1, 60000) n",
    );
    let source = open(&server.url("postgres", &database));
    let cause = cut(source.as_ref(), || {
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        server.sql("postgres", &end);
    });
    assert!(matches!(cause, Cause::Disconnected(_)), "{cause}");
}

// Time zones.

#[test]
fn mariadb_shows_timestamps_in_the_zone_of_the_session() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database(
        "SET time_zone = '+00:00'; CREATE TABLE t (id INT, at TIMESTAMP NULL, wall DATETIME);
         INSERT INTO t VALUES (1, '2026-01-02 03:04:05', '2026-01-02 03:04:05')",
    );
    let url = server.url("root", &database);
    for (zone, session, at) in [
        ("+09:00", "+09:00", "'2026-01-02 12:04:05'"),
        ("-02:30", "-02:30", "'2026-01-02 00:34:05'"),
        ("UTC", "+00:00", "'2026-01-02 03:04:05'"),
    ] {
        let access = Access { session_time_zone: Some(zone), ..Access::default() };
        let source = open_with(&url, &access).unwrap();
        assert_eq!(source.session_time_zone().as_deref(), Some(session));
        assert_eq!(row(source.as_ref(), &["at", "wall"]), [at, "'2026-01-02 03:04:05'"]);
    }
    let access = Access { session_time_zone: Some("Atlantis/Poseidonis"), ..Access::default() };
    let error = open_with(&url, &access).err().unwrap();
    assert!(matches!(error.cause, Cause::UnknownTimeZone(_)), "{error}");
    let zone = ["--session-time-zone", "Atlantis/Poseidonis"];
    let ran = Sandbox::new().run(&["import", &url, zone[0], zone[1]]).fails_somehow(2);
    let hint = "hint: load the server's time zone tables (mariadb-tzinfo-to-sql or \
                mysql_tzinfo_to_sql), or give an offset if the zone has no summer time\n";
    assert!(ran.stderr.ends_with(hint), "{ran:#?}");
}

// Encryption.

#[test]
fn mariadb_is_reached_by_tls() {
    let Some(server) = MariaDb::get() else { return };
    let Some(authority) = server.authority() else { return };
    let database = server.database("CREATE TABLE t (id INT)");
    let user = unique_name("u");
    server.sql(
        &database,
        &format!("CREATE USER {user} REQUIRE SSL; GRANT SELECT ON {database}.* TO {user}"),
    );
    let at = |host: &str, query: &str| {
        format!("mysql://{user}@{host}:{}/{database}{query}", server.port())
    };
    for query in
        ["", "?ssl-mode=required", &format!("?ssl-mode=verify_identity&ssl-ca={authority}")]
    {
        assert_eq!(open(&at("localhost", query)).tables().unwrap(), ["t"], "{query}");
    }
    let denied = refusal(&at("localhost", "?ssl-mode=disabled"));
    assert!(matches!(denied, Cause::NoPassword { .. }), "{denied}");
    for (host, query, why) in [
        (
            "localhost",
            "?ssl-mode=verify_identity".to_string(),
            "the server's certificate is not signed by a known authority",
        ),
        (
            "127.0.0.1",
            format!("?ssl-ca={authority}"),
            "the server's certificate is for another name",
        ),
        (
            "localhost",
            "?ssl-ca=/missing.pem".to_string(),
            "cannot read /missing.pem: No such file or directory (os error 2)",
        ),
    ] {
        let refused = refusal(&at(host, &query));
        assert_eq!(refused.to_string(), format!("cannot connect securely ({why})"), "{query}");
    }
}

#[test]
fn postgresql_is_reached_by_tls() {
    let Some(server) = Postgres::get() else { return };
    let Some(authority) = server.authority() else { return };
    let database = server.database("CREATE TABLE t (id int)");
    let at = |host: &str, mode: &str| {
        format!("postgres://postgres@{host}:{}/{database}?sslmode={mode}", server.port())
    };
    let with_root = format!("&sslrootcert={authority}");
    for (host, mode, root) in [
        ("localhost", "disable", ""),
        ("localhost", "prefer", ""),
        ("127.0.0.1", "require", ""),
        ("127.0.0.1", "verify-ca", &with_root),
        ("localhost", "verify-full", &with_root),
    ] {
        assert_eq!(open(&(at(host, mode) + root)).tables().unwrap(), ["t"], "{mode}");
    }
    for (host, mode, root) in [
        ("127.0.0.1", "verify-full", &*with_root),
        ("localhost", "verify-full", "&sslrootcert=system"),
        ("localhost", "verify-full", "&sslrootcert=/no/such/file"),
    ] {
        let refused = refusal(&(at(host, mode) + root));
        assert!(matches!(refused, Cause::Insecure(_)), "{mode}{root}: {refused}");
    }
    let refused = refusal(&at("localhost", "verify-full"));
    assert!(matches!(refused, Cause::NoRootCertificate), "{refused}");
    import(&Sandbox::new(), &at("localhost", "verify-full"), &[]).fails_somehow(4).hints(
        "name a root certificate with sslrootcert, or the operating system's with \
         sslrootcert=system",
    );
}

#[test]
fn a_self_signed_certificate_can_be_its_own_root() {
    let Some(server) = Postgres::get() else { return };
    if server.authority().is_none() {
        return;
    }
    let certificate = format!("{}/server.pem", server.folder());
    let database = server.database("CREATE TABLE t (id int)");
    let url = format!(
        "postgres://postgres@localhost:{}/{database}?sslmode=verify-full&sslrootcert={certificate}",
        server.port()
    );
    assert_eq!(open(&url).tables().unwrap(), ["t"]);
    let refused = refusal(&url.replace("localhost", "127.0.0.1"));
    assert!(matches!(refused, Cause::Insecure(_)), "{refused}");
}

// Passwords.

const PASSWORD: &str = "p@ss/w?rd:#%";
const ENCODED: &str = "p%40ss%2Fw%3Frd%3A%23%25";

/// Imports from a database without tokens, which fails one way or the other, and never shows the
/// password.
fn import(sandbox: &Sandbox, url: &str, variables: &[(&str, &str)]) -> support::Ran {
    let mut run = sandbox.tokctl(&["import", url]);
    for (name, value) in variables {
        run = run.env(name, value);
    }
    let ran = run.go();
    for secret in [PASSWORD, ENCODED, "wrong-password"] {
        assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{ran:#?}");
    }
    ran
}

#[test]
fn mariadb_passwords_come_from_where_clients_look() {
    let Some(server) = MariaDb::get() else { return };
    let database = server.database("CREATE TABLE t (id INT)");
    let user = unique_name("u");
    server.sql(
        &database,
        &format!("CREATE USER {user} IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON *.* TO {user}"),
    );
    let sandbox = Sandbox::new();
    let with = |password: &str| server.url(&format!("{user}{password}"), &database);
    let enters = |ran: support::Ran| {
        let ran = ran.fails_somehow(2);
        assert!(ran.stderr.contains("no tokens of a supported system"), "{ran:#?}");
    };
    let is_refused = |ran: support::Ran, why: &str, hint: &str| {
        let ran = ran.fails_somehow(4);
        assert!(ran.stderr.contains(&format!(": {why} (Access denied for user")), "{ran:#?}");
        assert!(ran.stderr.contains(&format!("hint: {hint}\n")), "{ran:#?}");
    };
    let hint = "give one in ~/.my.cnf or MYSQL_PWD, or at the prompt in a terminal";
    is_refused(import(&sandbox, &with(""), &[]), "no password was given", hint);
    let wrong = import(&sandbox, &with(":wrong-password"), &[("MYSQL_PWD", PASSWORD)]);
    is_refused(wrong, "wrong user or password", "check the user and the password");
    enters(import(&sandbox, &with(&format!(":{ENCODED}")), &[]));
    enters(import(&sandbox, &with(""), &[("MYSQL_PWD", PASSWORD)]));
    let file =
        sandbox.file(".my.cnf", format!("[client]\nuser = {user}\npassword = '{PASSWORD}'\n"));
    enters(import(&sandbox, &with(""), &[("MYSQL_PWD", "wrong-password")]));
    let without_user = server.url("", &database);
    enters(import(&sandbox, &without_user, &[]));
    fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = import(&sandbox, &with(""), &[]).fails_somehow(2);
    assert!(ran.stderr.contains(".my.cnf can be written by every account\n"), "{ran:#?}");
    assert!(ran.stderr.contains("hint: run `chmod 600 "), "{ran:#?}");
}

#[test]
fn postgresql_passwords_come_from_where_clients_look() {
    let Some(server) = Postgres::get() else { return };
    let user = unique_name("u");
    let database = server.database(&format!(
        "CREATE TABLE t (id int); CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}' IN ROLE pw"
    ));
    let sandbox = Sandbox::new();
    let with = |password: &str| server.url(&format!("{user}{password}"), &database);
    let enters = |ran: support::Ran| {
        let ran = ran.fails_somehow(2);
        assert!(ran.stderr.contains("no tokens of a supported system"), "{ran:#?}");
    };
    let is_refused = |ran: support::Ran, why: &str| {
        let ran = ran.fails_somehow(4);
        assert!(ran.stderr.contains(&format!(": {why}")), "{ran:#?}");
    };
    let missing = "no password was given (the server requires one)\n";
    is_refused(import(&sandbox, &with(""), &[]), missing);
    let wrong = import(&sandbox, &with(":wrong-password"), &[("PGPASSWORD", PASSWORD)]);
    is_refused(wrong, "wrong user or password (password authentication");
    enters(import(&sandbox, &with(&format!(":{ENCODED}")), &[]));
    enters(import(&sandbox, &with(""), &[("PGPASSWORD", PASSWORD)]));
    let escaped = PASSWORD.replace(':', "\\:");
    let line = format!("{}:{}:*:{user}:{escaped}\n", server.folder(), server.port());
    let file = sandbox.file(".pgpass", &line);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    enters(import(&sandbox, &with(""), &[]));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = import(&sandbox, &with(""), &[]);
    assert!(ran.stderr.contains(".pgpass is ignored, because other accounts can read it)"));
    ran.hints(&format!("set the mode of {file} to 0600"));
    let other = sandbox.file("passwords", &line);
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    enters(import(&sandbox, &with(""), &[("PGPASSFILE", &other)]));
}

#[test]
fn a_missing_password_is_asked_for_once() {
    let ask = |place: &str| {
        assert!(place.contains("://u_") && !place.contains(PASSWORD), "{place}");
        Some(PASSWORD.to_string().into())
    };
    let access = Access { ask_password: Some(&ask), ..Access::default() };
    if let Some(server) = MariaDb::get() {
        let (database, user) = (server.database("CREATE TABLE t (id INT)"), unique_name("u"));
        let create = "CREATE USER {user} IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON *.* TO {user}";
        let create = create.replace("{user}", &user).replace("{PASSWORD}", PASSWORD);
        server.sql(&database, &create);
        let source = open_with(&server.url(&user, &database), &access).unwrap();
        assert_eq!(source.tables().unwrap(), ["t"]);
    }
    if let Some(server) = Postgres::get() {
        let (database, user) = (server.database("CREATE TABLE t (id INT)"), unique_name("u"));
        let create = format!("CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}' IN ROLE pw");
        server.sql(&database, &create);
        let source = open_with(&server.url(&user, &database), &access).unwrap();
        assert_eq!(source.tables().unwrap(), ["t"]);
    }
}

#[test]
fn a_password_is_asked_for_at_a_terminal_without_echo() {
    let sandbox = Sandbox::new();
    let mut urls = Vec::new();
    if let Some(server) = MariaDb::get() {
        let (database, user) = (server.database("CREATE TABLE t (id INT)"), unique_name("u"));
        let create = format!("CREATE USER {user} IDENTIFIED BY '{PASSWORD}'");
        server.sql(&database, &format!("{create}; GRANT SELECT ON *.* TO {user}"));
        urls.push((server.url(&user, &database), format!("Password for mysql://{user}@")));
    }
    if let Some(server) = Postgres::get() {
        let (database, user) = (server.database("CREATE TABLE t (id INT)"), unique_name("u"));
        let create = format!("CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}' IN ROLE pw");
        server.sql(&database, &create);
        urls.push((server.url(&user, &database), format!("Password for postgres://{user}@")));
    }
    for (url, prompt) in urls {
        let asked = sandbox.terminal(200, &["import", &url]).shows(&prompt).hides();
        let (code, screen) = asked.types(&format!("{PASSWORD}\n")).ends();
        assert_eq!(code, Some(2), "{screen}");
        assert!(screen.contains("no tokens of a supported system"), "{screen}");
        assert!(!screen.contains(PASSWORD), "{screen}");
    }
}

// What the command says without a server.

#[test]
fn urls_that_lead_nowhere_are_explained() {
    let sandbox = Sandbox::new();
    // Nothing listens on a port that was just given back.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for scheme in ["mysql", "postgres"] {
        let url = format!("{scheme}://u:{ENCODED}@127.0.0.1:{port}/db");
        let shown = format!("{scheme}://u:***@127.0.0.1:{port}/db");
        let ran = import(&sandbox, &url, &[]).fails_somehow(4);
        let start = format!("tokctl: cannot import from {shown}: cannot connect (");
        assert!(ran.stderr.starts_with(&start), "{ran:#?}");
    }
    for (url, message) in [
        (
            "oracle://u:secret@h/db",
            "oracle://u:***@h/db: its scheme is not supported; expected mysql://, mariadb://, \
             postgres:// or postgresql://",
        ),
        ("mysql://u:secret@h", "mysql://u:***@h: the URL names no database"),
        (
            "mysql://u:secret@h/db?x=1",
            "mysql://u:***@h/db?x=1: invalid URL: the parameter \"x\" is not supported",
        ),
        (
            "postgres://u:sec/ret@h/db",
            "postgres://u:***@h/db: invalid URL: the port is not a number; in a password, / ? @ : \
             and % must be percent-encoded",
        ),
    ] {
        let error = format!("cannot import from {message}");
        sandbox.run(&["import", url]).fails(2, &error);
    }
}

#[test]
fn options_of_one_kind_of_server_are_refused_for_another() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["import", "mysql://u@h/db", "--schema", "x"])
        .fails(2, "--schema cannot be used: it applies to PostgreSQL, not to mysql://u@h/db");
    sandbox.run(&["import", "postgres://u@h/db", "--session-time-zone", "+09:00"]).fails(
        2,
        "--session-time-zone cannot be used: it applies to MySQL, MariaDB, not to \
         postgres://u@h/db",
    );
}

// The process list.

/// What every account can read about a process while it waits for a server that never answers.
#[cfg(target_os = "linux")]
#[test]
fn a_password_does_not_stay_in_the_process_list() {
    for scheme in ["mysql", "postgres"] {
        let sandbox = Sandbox::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("{scheme}://u:{ENCODED}@127.0.0.1:{port}/db");
        let mut child = Command::new(env!("CARGO_BIN_EXE_tokctl"))
            .args(["import", &url])
            .env("HOME", sandbox.path("."))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It has connected, so that it has read its arguments.
        let connection = listener.accept().unwrap();
        let read = |file: &str| fs::read(format!("/proc/{}/{file}", child.id()));
        let arguments = read("cmdline").unwrap();
        let environment = read("environ");
        child.kill().unwrap();
        child.wait().unwrap();
        drop(connection);
        let arguments = String::from_utf8(arguments).unwrap().replace('\0', " ");
        let expected = format!("import {scheme}://u:@127.0.0.1:{port}/db ");
        assert!(arguments.ends_with(&expected), "{arguments}");
        match environment {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                assert!(text.contains("TOKCTL_ARGUMENTS=") && !text.contains(ENCODED), "{text}");
            }
            // Only root can read that of a process that must not be dumped.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
        }
    }
}

/// A server that was switched off must not keep the command waiting for ever.
#[test]
fn a_server_that_hangs_up_is_an_error() {
    for scheme in ["mysql", "postgres"] {
        let sandbox = Sandbox::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let hanging_up = thread::spawn(move || {
            let until = Instant::now() + Duration::from_secs(10);
            listener.set_nonblocking(true).unwrap();
            while Instant::now() < until && listener.accept().is_err() {
                thread::sleep(Duration::from_millis(10));
            }
        });
        let url = format!("{scheme}://u:{ENCODED}@127.0.0.1:{port}/db");
        import(&sandbox, &url, &[]).fails_somehow(4);
        hanging_up.join().unwrap();
    }
}
