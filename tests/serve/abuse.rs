//! Requests that nobody sends by mistake: what they make the server do, say and log.

use crate::http::Server;
use crate::raw::{NEXT, exchange, responses, statuses, until_closed};
use crate::support::{Sandbox, UNKNOWN, sqlite_only};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A sandbox with a token that grants `posts.read`, and its secret.
fn with_secret() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--scope", "posts.read"]);
    (sandbox, secret)
}

/// A request to `/auth` with a good secret and these other headers, each with its line ending.
fn good(line: &str, headers: &str, secret: &str) -> String {
    format!("{line}\r\nHost: a\r\nAuthorization: Bearer {secret}\r\n{headers}\r\n")
}

#[test]
fn a_request_whose_end_is_not_certain_is_the_last_one() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    for (headers, body, expected) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", &[204][..]),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n", &[204]),
        ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", &[204]),
        ("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", &[501]),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", &[501]),
        ("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", &[501]),
        ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding: identity\r\n", "", &[400]),
        ("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding\r\n : chunked\r\n", "0\r\n\r\n", &[400]),
        ("Content-Length: 3\r\nContent-Length: 4\r\n", "abc", &[400]),
        ("Content-Length: 3, 3\r\n", "abc", &[400]),
        ("Content-Length: +3\r\n", "abc", &[400]),
        ("Content-Length: -3\r\n", "abc", &[400]),
        ("Content-Length: 0x3\r\n", "abc", &[400]),
        ("Content-Length: 3 \x0b\r\n", "abc", &[400]),
        ("Content-Length:\r\n", "abc", &[400]),
        ("Content-Length: 99999999999999999999999\r\n", "abc", &[400]),
        ("Content-Length : 3\r\n", "abc", &[400]),
        ("X: a\r\n b\r\n", "", &[400]),
        ("X: a\rb\r\n", "", &[400]),
        ("X: a\0b\r\n", "", &[400]),
        ("X y: z\r\n", "", &[400]),
        (": z\r\n", "", &[400]),
        ("X\r\n", "", &[400]),
        // These two are certain.
        ("Content-Length: 3\r\nContent-Length: 3\r\n", "abc", &[204, 200]),
        ("Content-Length: 3\r\n", "abc", &[204, 200]),
    ] {
        let request = good("GET /auth HTTP/1.1", headers, &secret);
        assert_eq!(statuses(&server, request + body + NEXT), expected, "{headers:?}");
    }
    let old = good("GET /auth HTTP/1.0", "Transfer-Encoding: chunked\r\n", &secret);
    assert_eq!(statuses(&server, old + "0\r\n\r\n" + NEXT), [400]);
}

#[test]
fn a_chunked_body_is_read_exactly_or_refused() {
    let (sandbox, _) = with_secret();
    let server = Server::start(&sandbox);
    let head =
        format!("POST /revoke HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n");
    for (body, status) in [
        ("7\r\ntoken=x\r\n0\r\n\r\n", 200),
        ("7;a=b\r\ntoken=x\r\n0\r\n\r\n", 200),
        ("3\r\ntok\r\n4\r\nen=x\r\n0\r\nTrailer: x\r\n\r\n", 200),
        ("fffffffffffffffff\r\ntoken=x\r\n0\r\n\r\n", 400),
        ("-7\r\ntoken=x\r\n0\r\n\r\n", 400),
        ("0x7\r\ntoken=x\r\n0\r\n\r\n", 400),
        ("7\ntoken=x\n0\n\n", 400),
        ("7\r\ntoken=xy\r\n0\r\n\r\n", 400),
        ("7\r\ntoken=x", 400),
        ("", 400),
    ] {
        assert_eq!(statuses(&server, format!("{head}{body}"))[0], status, "{body:?}");
    }
}

#[test]
fn request_lines_are_those_of_http_1() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    for (line, status) in [
        ("\r\n\r\nGET /auth HTTP/1.1", 204),
        ("get /auth HTTP/1.1", 204),
        ("GET http://elsewhere.example/auth HTTP/1.1", 204),
        ("GET /auth HTTP/1.0", 204),
        ("TRACE /auth HTTP/1.1", 204),
        ("GET http://elsewhere.example HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404),
        ("TRACE /healthz HTTP/1.1", 405),
        ("OPTIONS /healthz HTTP/1.1", 405),
        ("CONNECT elsewhere.example:443 HTTP/1.1", 405),
        ("CONNECT http://a/auth HTTP/1.1", 405),
        (" GET /auth HTTP/1.1", 400),
        ("GET  /auth HTTP/1.1", 400),
        ("GET /auth x HTTP/1.1", 400),
        ("GET /auth http/1.1", 400),
        ("GET /auth HTTP/1.2", 400),
        ("GET /auth HTTP/2.0", 400),
        ("GET /auth HTTP/3", 400),
        ("GET /auth", 400),
        ("GET /au\0th HTTP/1.1", 400),
        ("GET /au\x7fth HTTP/1.1", 400),
        ("G\u{e9}T /auth HTTP/1.1", 400),
    ] {
        assert_eq!(statuses(&server, good(line, "", &secret)), [status], "{line:?}");
    }
    // The start of HTTP/2, and a greeting of TLS.
    assert_eq!(statuses(&server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), [0; 0]);
    assert_eq!(statuses(&server, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"), [400]);
}

#[test]
fn a_path_means_what_it_says_and_nothing_else() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    for (path, with, without) in [
        ("/auth/", 200, 401),
        ("/auth//", 200, 401),
        ("/auth/../healthz", 200, 401),
        ("/auth/%2e%2e/healthz", 200, 401),
        ("/auth/a%2fb%00%ff?scope=x&any=1", 200, 401),
        ("/auth?any=1&scope=x", 403, 401),
        ("/auth#/x", 204, 401),
        ("//auth", 404, 404),
        ("/%61uth", 404, 404),
        ("/auth%00", 404, 404),
        ("/auth%2f", 404, 404),
        ("/auth;x", 404, 404),
        ("/authx", 404, 404),
        ("/AUTH", 404, 404),
        ("/x/../auth", 404, 404),
        ("/healthz/", 404, 404),
        ("/healthz/../metrics", 404, 404),
    ] {
        assert_eq!(server.auth(path, &secret).status, with, "{path}");
        assert_eq!(server.get(path, &[]).status, without, "{path}");
    }
}

#[test]
fn every_request_names_one_host() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let sent = format!("Authorization: Bearer {secret}\r\n");
    for (start, expected) in [
        ("GET /auth HTTP/1.1\r\n", &[400][..]),
        ("GET /auth HTTP/1.1\r\nHost: a\r\nHost: a\r\n", &[400]),
        ("GET /auth HTTP/1.1\r\nHost: a\r\nHost: b\r\n", &[400]),
        ("GET /auth HTTP/1.1\r\nHost:\r\n", &[204, 200]),
        ("GET /auth HTTP/1.0\r\n", &[204]),
        ("GET /auth HTTP/1.0\r\nConnection: keep-alive\r\n", &[204, 200]),
        ("GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", &[204]),
        ("GET /auth HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n", &[204]),
    ] {
        assert_eq!(statuses(&server, format!("{start}{sent}\r\n{NEXT}")), expected, "{start:?}");
    }
}

#[test]
fn responses_come_in_order_and_none_after_an_error() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let good = good("GET /auth HTTP/1.1", "", &secret);
    let bad = "GET /auth HTTP/1.1\r\nHost: a\r\n\r\n";
    let pipeline = format!("{good}{bad}{NEXT}").repeat(50);
    assert_eq!(statuses(&server, &pipeline), [204, 401, 200].repeat(50));
    let broken = format!("{good}{bad}GET /auth\r\n\r\n{NEXT}");
    assert_eq!(statuses(&server, broken), [204, 401, 400]);
    let last = format!("{good}GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n{NEXT}");
    assert_eq!(statuses(&server, last), [204, 200]);
}

#[test]
fn the_answer_to_head_has_the_length_of_a_body_and_none() {
    let (sandbox, _) = with_secret();
    let server = Server::start(&sandbox);
    for (path, status) in [("/healthz", 200), ("/nothing", 404), ("/introspect", 405)] {
        let full = exchange(&server, format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let mut connection = server.connect();
        connection.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n{NEXT}"));
        let head = connection.response_to("HEAD").is(status);
        assert_eq!(head.header("content-length"), full[0].header("content-length"), "{path}");
        // No body stands before the next response.
        assert_eq!(connection.response().is(200).body, "ok\n");
    }
}

#[test]
fn the_body_of_what_a_proxy_asks_about_is_not_waited_for() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    for (path, status) in [("/auth", 204), ("/auth/a/b", 200)] {
        for length in ["Content-Length: 500000\r\n", "Transfer-Encoding: chunked\r\n"] {
            let line = format!("POST {path} HTTP/1.1");
            // Neither the body nor the end of the stream is sent.
            let mut connection = server.connect();
            connection.send(good(&line, length, &secret));
            connection.response().is(status);
            assert_eq!(connection.rest(), "");
            connection = server.connect();
            connection.send(good(&line, &format!("{length}Expect: 100-continue\r\n"), &secret));
            connection.response().is(status);
            assert_eq!(connection.rest(), "");
        }
    }
}

#[test]
fn expectations_and_upgrades() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let head = format!("POST /revoke HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: 7\r\n");
    assert_eq!(statuses(&server, format!("{head}Expect: 100-continue\r\n\r\ntoken=x")), [100, 200]);
    for other in ["Expect: coffee\r\n", "Expect: 100-continue\r\nExpect: 100-continue\r\n"] {
        assert_eq!(statuses(&server, format!("{head}{other}\r\ntoken=x{NEXT}")), [417], "{other}");
    }
    for upgrade in [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n",
    ] {
        let request = good("GET /auth HTTP/1.1", upgrade, &secret);
        let answers = exchange(&server, request + NEXT);
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [204, 200]);
        assert_eq!(answers[0].header("upgrade"), None);
    }
}

#[test]
fn bytes_that_are_no_text_open_nothing() {
    let (sandbox, secret) = with_secret();
    let server = Server::with(&sandbox, &["--query-parameter", "token"]);
    let request = |header: &[u8]| {
        let mut bytes = b"GET /auth HTTP/1.1\r\nHost: a\r\n".to_vec();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(b"\r\n\r\n");
        statuses(&server, bytes)
    };
    let secret = secret.as_bytes();
    assert_eq!(request(&[b"Authorization: Bearer ", secret].concat()), [204]);
    assert_eq!(request(&[b"Authorization: Bearer ", secret, b"\xff"].concat()), [401]);
    assert_eq!(request(&[b"Authorization: Bearer \xa0", secret].concat()), [401]);
    assert_eq!(request(&[b"Authorization:\x85Bearer ", secret].concat()), [401]);
    assert_eq!(request(b"Authorization: Basic \xff\xfe"), [401]);
    // A URI with such bytes is read like any other: its secret counts, and a second one, too.
    assert_eq!(request(&[b"X-Forwarded-Uri: /\xff?token=", secret].concat()), [204]);
    let two = [b"X-Forwarded-Uri: /\xff?token=x\r\nX-Original-Uri: /?token=", secret].concat();
    assert_eq!(request(&two), [401]);
}

#[test]
fn what_a_client_sends_as_x_auth_is_not_echoed() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let forged =
        "X-Auth-User: root\r\nX-Auth-User-Id: 1\r\nX-Auth-Scopes: *\r\nX-Auth-Other: x\r\n";
    let response = &exchange(&server, good("GET /auth HTTP/1.1", forged, &secret))[0];
    let told: Vec<_> =
        response.headers.iter().filter(|(name, _)| name.starts_with("x-auth")).collect();
    assert_eq!(told.len(), 5);
    assert_eq!(response.header("x-auth-user"), Some("alice"));
    assert_eq!(response.header("x-auth-scopes"), Some("posts.read"));
    for secret in [UNKNOWN, "x"] {
        let refused = &exchange(&server, good("GET /auth HTTP/1.1", forged, secret))[0];
        assert!(refused.headers.iter().all(|(name, _)| !name.starts_with("x-auth")));
    }
}

#[test]
fn stored_names_stay_in_their_headers() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    for (name, encoded) in [
        ("alice%0d", "alice%250d"),
        ("alice\r\nX-Auth-User: root", "alice%0D%0AX-Auth-User:%20root"),
        ("a\tb\u{7f}\u{1b}", "a%09b%7F%1B"),
        ("\u{2028}\u{202e}", "%E2%80%A8%E2%80%AE"),
        (" alice ", "%20alice%20"),
        ("root, alice", "root%2C%20alice"),
    ] {
        sandbox.sql(&format!("UPDATE users SET name = '{name}' WHERE id = 2"));
        sandbox.sql(&format!("UPDATE tokens SET name = '{name}' WHERE id = 1"));
        let responses = exchange(&server, good("GET /auth HTTP/1.1", "", &secret));
        assert_eq!(responses.len(), 1);
        assert_eq!(responses[0].header("x-auth-user"), Some(encoded));
        assert_eq!(responses[0].header("x-auth-token-name"), Some(encoded));
    }
}

#[test]
fn stored_scopes_that_are_none_are_left_out() {
    sqlite_only!("PostgreSQL checks what is stored in any case");
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let connection = sandbox.connection();
    connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    for (stored, told) in [
        ("posts.read\r\nX-Auth-User: root", "root"),
        ("posts.read \u{e9} \u{7f}", "posts.read"),
        ("\" a,b \\", ""),
        ("\0", ""),
    ] {
        connection.execute("UPDATE tokens SET scopes = ?1", [stored]).unwrap();
        let answers = exchange(&server, good("GET /auth HTTP/1.1", "", &secret));
        assert_eq!((answers.len(), answers[0].status), (1, 204), "{stored:?}");
        assert_eq!(answers[0].header("x-auth-scopes"), Some(told));
        assert_eq!(answers[0].header("x-auth-user"), Some("alice"));
    }
}

#[test]
fn a_client_cannot_relax_what_its_proxy_requires() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let bearer = format!("Bearer {secret}");
    for (path, headers, status) in [
        // The proxy requires a scope by its query, and passes the headers of its client.
        ("/auth?scope=admin", &[("X-Required-Scope", "posts.read")][..], 403),
        ("/auth?scope=admin", &[("X-Forwarded-Uri", "/?any=1&scope=posts.read")], 403),
        ("/auth?scope=admin", &[("X-Original-Url", "http://a/auth?any=1")], 403),
        ("/auth?scope=admin", &[("X-Forwarded-Method", "OPTIONS")], 403),
        ("/auth?scope=admin", &[("X-Http-Method-Override", "HEAD")], 403),
        ("/auth?scope=admin&scope=staff&any=1", &[("X-Required-Scope", "posts.read")], 400),
        ("/auth?scope=posts.read", &[("X-Required-Scope", "admin")], 403),
        // The proxy requires a scope by a header, and its client chose the path and the query.
        ("/auth/?scope=posts.read&any=1", &[("X-Required-Scope", "admin")], 403),
        ("/auth/auth?any=1", &[("X-Required-Scope", "admin")], 403),
        ("/auth?any=1&scope=posts.read", &[("X-Required-Scope", "admin")], 400),
        ("/auth/", &[("X-Required-Scope", "posts.read"), ("X-Required-Scope", "admin")], 403),
        ("/auth/", &[("X-Required-Scope", "admin"), ("X-Required-Scope", "posts.read")], 403),
        ("/auth/", &[("X-Required-Scope", "")], 400),
    ] {
        let all = [&[("Authorization", bearer.as_str())], headers].concat();
        assert_eq!(server.get(path, &all).status, status, "{path} {headers:?}");
    }
}

#[test]
fn secrets_that_contradict_each_other_let_nobody_in() {
    let (sandbox, secret) = with_secret();
    let server = Server::with(&sandbox, &["--query-parameter", "token"]);
    let bearer = format!("Bearer {secret}");
    let uri = format!("/?token={secret}");
    for headers in [
        &[("Authorization", bearer.as_str()), ("Authorization", "Basic eDp5")][..],
        &[("Authorization", "Basic eDp5"), ("Authorization", &bearer)],
        &[("Authorization", &bearer), ("Authorization", "")],
        &[("Authorization", &bearer), ("X-Original-Uri", "/?token=")],
        &[("X-Forwarded-Uri", &uri), ("X-Original-Uri", "/?token=x")],
        &[("X-Forwarded-Uri", &uri), ("X-Forwarded-Uri", "/?token=")],
        &[("Authorization", &format!("{bearer}, Bearer {secret}"))],
        &[("Authorization", &format!("{bearer} {secret}"))],
    ] {
        server.get("/auth", headers).is(401);
    }
    server.get("/auth/?token=x", &[("Authorization", &bearer)]).is(401);
    server.get("/auth/?token=x", &[("X-Forwarded-Uri", &uri)]).is(401);
}

/// Asks in all the ways in which a secret or a forged line could get into the log.
fn provoke(server: &Server, secret: &str) {
    let uri = format!("/?token={secret}");
    for (line, headers) in [
        (format!("GET /{secret} HTTP/1.1"), String::new()),
        (format!("GET /auth/{secret}?token={secret} HTTP/1.1"), String::new()),
        (format!("{secret} /auth HTTP/1.1"), String::new()),
        (format!("GET /auth?scope={secret} HTTP/1.1"), String::new()),
        (format!("GET /auth?{secret}=1 HTTP/1.1"), String::new()),
        ("GET /auth HTTP/1.1".into(), format!("X-Forwarded-Uri: {uri}\r\n")),
        ("GET /auth HTTP/1.1".into(), format!("X-Forwarded-For: {secret}, ::1, {secret}\r\n")),
        ("GET /auth HTTP/1.1".into(), format!("User-Agent: curl {secret}\r\nReferer: {uri}\r\n")),
        (
            "GET /auth HTTP/1.1".into(),
            "User-Agent: x\" status=204 outcome=good\t\u{2028}\u{85}\u{202e}\r\n".into(),
        ),
    ] {
        let head = format!("{line}\r\nHost: {secret}\r\n{headers}\r\n");
        exchange(server, &head);
        exchange(
            server,
            head.replace("\r\n\r\n", &format!("\r\nAuthorization: Bearer {secret}\r\n\r\n")),
        );
    }
    let basic = format!("POST /introspect HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: 60\r\n");
    exchange(server, format!("{basic}\r\ntoken={secret}"));
}

#[test]
fn the_log_has_no_secret_and_no_line_of_a_client() {
    let (sandbox, secret) = with_secret();
    let server = Server::with(&sandbox, &["--access-log", "all", "--query-parameter", "token"]);
    provoke(&server, &secret);
    let (code, lines) = server.end();
    assert_eq!(code, Some(0));
    let part = &secret[5..20];
    for line in &lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value["time"].is_string() && value["level"].is_string());
        assert!(!line.contains(part), "{line}");
    }
    let requests = lines.iter().filter(|line| line.contains("\"request\"")).count();
    assert_eq!(requests, 19);
}

#[test]
fn a_log_of_text_cannot_be_forged() {
    let (sandbox, secret) = with_secret();
    let args = ["serve", "--listen", "127.0.0.1:0", "--access-log", "all"];
    let mut command = sandbox.tokctl(&args).into_command();
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit_once("address=").unwrap().1;
    let mut stream = TcpStream::connect(address).unwrap();
    let agent = format!("x\" status=204 outcome=good user=root {secret}\u{2028}\u{202e}");
    let head = format!(
        "GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: {agent}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(responses(&until_closed(&stream))[0].status, 401);
    line.clear();
    log.read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    let agent = line.split_once(" agent=").unwrap().1;
    assert!(line.contains(" status=401 outcome=no_secret "), "{line}");
    let hint = &secret[..8];
    let expected =
        format!(r#""x\" status=204 outcome=good user=root {hint}…\u{{2028}}\u{{202e}}""#);
    assert_eq!(agent.trim_end(), expected);
}
