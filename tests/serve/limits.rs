//! Limits: time, sizes, connections, and what the machine runs out of.

use crate::http::{Connection, Server};
use crate::raw::{NEXT, exchange, responses, statuses, until_closed};
use crate::support::database::on_server;
use crate::support::{Sandbox, UNKNOWN, sqlite_only};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

const FORM: &str = "Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\n";

fn with_secret() -> (Sandbox, String) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    (sandbox, secret)
}

fn stream(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends `start`, then `part` again and again until the server takes no more, and returns what it
/// answered.
fn endless(server: &Server, start: &str, part: &str) -> Vec<u16> {
    let mut stream = stream(server);
    stream.write_all(start.as_bytes()).unwrap();
    let part = part.repeat(100);
    // Far more than fits into the buffers of the operating system.
    for _ in 0..100_000 {
        if let Err(error) = stream.write_all(part.as_bytes()) {
            assert!(
                !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                "it hangs"
            );
            return responses(&until_closed(stream)).iter().map(|answer| answer.status).collect();
        }
    }
    panic!("the server reads for ever");
}

#[test]
fn heads_have_a_largest_size() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let bearer = format!("Host: a\r\nAuthorization: Bearer {secret}\r\n");
    let headers = |count| (0..count).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    for (line, more, status) in [
        ("GET /auth".to_string(), format!("X: {}\r\n", "a".repeat(30_000)), 204),
        ("GET /auth".into(), format!("X: {}\r\n", "a".repeat(33_000)), 431),
        (format!("GET /auth/{}", "a".repeat(30_000)), String::new(), 200),
        (format!("GET /auth/{}", "a".repeat(33_000)), String::new(), 431),
        (format!("{} /auth", "A".repeat(33_000)), String::new(), 431),
        ("GET /auth".into(), headers(98), 204),
        ("GET /auth".into(), headers(99), 431),
    ] {
        let request = format!("{line} HTTP/1.1\r\n{bearer}{more}\r\n");
        assert_eq!(statuses(&server, request), [status], "{} bytes", line.len() + more.len());
    }
}

#[test]
fn what_has_no_end_is_cut_off() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let auth = format!("POST /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\n");
    let long = "a".repeat(50);
    // The answer may be lost where the client goes on sending after it.
    for (start, part, status) in [
        ("GET /auth HTTP/1.1\r\n", "X: y\r\n", 431),
        ("GET /auth HTTP/1.1\r\nX: ", &long, 431),
        ("GET /", &long, 431),
        ("", &long, 431),
        (&format!("{auth}Content-Length: 99999999999\r\n\r\n"), &long, 204),
        (&format!("{auth}Transfer-Encoding: chunked\r\n\r\n"), "1\r\na\r\n", 204),
        (
            "POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\na\r\n",
            413,
        ),
        (
            &format!("POST /revoke HTTP/1.1\r\n{FORM}Content-Length: 99999999999\r\n\r\n"),
            &long,
            413,
        ),
        (
            &format!("POST /introspect HTTP/1.1\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n"),
            "1\r\na\r\n",
            413,
        ),
        (
            &format!("POST /revoke HTTP/1.1\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n1;"),
            &long,
            400,
        ),
        (
            &format!("POST /revoke HTTP/1.1\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n0\r\n"),
            "X: y\r\n",
            400,
        ),
    ] {
        let answers = endless(&server, start, part);
        assert!(answers.is_empty() || answers == [status], "{start:?}: {answers:?}");
    }
    server.auth("/auth", &secret).is(204);
}

#[test]
fn a_body_that_is_too_long_is_told_so() {
    let (sandbox, _) = with_secret();
    let server = Server::start(&sandbox);
    for path in ["/introspect", "/revoke", "/healthz", "/nothing"] {
        let body = "x".repeat(70_000);
        let head = format!("POST {path} HTTP/1.1\r\n{FORM}Content-Length: 70000\r\n\r\n");
        let answers = exchange(&server, format!("{head}{body}{NEXT}"));
        assert_eq!((answers.len(), answers[0].status), (1, 413), "{path}");
        assert_eq!(answers[0].json()["detail"], "a body may have at most 65536 bytes");
    }
}

#[test]
fn a_client_that_sends_no_request_is_disconnected() {
    let (sandbox, _) = with_secret();
    let server = Server::with(&sandbox, &["--idle-timeout", "1s"]);
    for start in ["", "\r\n", "GET /heal", "GET /healthz HTTP/1.1\r\nHost: a\r\n"] {
        let mut connection = server.connect();
        connection.send(start);
        assert_eq!(connection.rest(), "", "{start:?}");
    }
    let mut connection = server.connect();
    connection.send(NEXT);
    connection.response().is(200);
    assert_eq!(connection.rest(), "");
}

#[test]
fn a_slow_head_does_not_gain_time_by_every_byte() {
    let (sandbox, _) = with_secret();
    let server = Server::with(&sandbox, &["--idle-timeout", "1s"]);
    let mut slow = stream(&server);
    let sender = slow.try_clone().unwrap();
    // A header without an end, a byte at a time, until the server hangs up.
    let sending = thread::spawn(move || {
        let mut sender = sender;
        sender.write_all(b"GET /healthz HTTP/1.1\r\nX: ").unwrap();
        while sender.write_all(b"y").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(until_closed(&mut slow), b"");
    sending.join().unwrap();
}

#[test]
fn a_body_that_does_not_arrive_ends_the_request() {
    let (sandbox, _) = with_secret();
    let server = Server::with(&sandbox, &["--request-timeout", "1s"]);
    for length in ["Content-Length: 60", "Transfer-Encoding: chunked"] {
        for path in ["/introspect", "/revoke", "/healthz"] {
            let mut connection = server.connect();
            connection.send(format!("POST {path} HTTP/1.1\r\n{FORM}{length}\r\n\r\n"));
            let response = connection.response().is(408);
            assert_eq!(response.header("connection"), Some("close"));
            assert_eq!(connection.rest(), "");
        }
    }
}

#[test]
fn a_client_that_reads_no_response_is_disconnected() {
    let (sandbox, _) = with_secret();
    let server = Server::with(&sandbox, &["--idle-timeout", "1s"]);
    for path in ["/metrics", "/auth"] {
        let mut stream = stream(&server);
        let requests = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(100);
        let error = loop {
            if let Err(error) = stream.write_all(requests.as_bytes()) {
                break error;
            }
        };
        assert!(
            matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            "{error}"
        );
    }
}

#[test]
fn a_client_that_reads_late_gets_all_responses() {
    let (sandbox, _) = with_secret();
    let server = Server::start(&sandbox);
    // More than the buffers of the operating system hold.
    let count = 3000;
    let mut sender = stream(&server);
    let mut reader = sender.try_clone().unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    sender.write_all(request.repeat(count).as_bytes()).unwrap();
    sender.shutdown(Shutdown::Write).unwrap();
    let answers = responses(&until_closed(&mut reader));
    assert_eq!(answers.len(), count);
    assert!(answers.iter().all(|answer| answer.status == 200));
}

/// How many connections the server says it has.
fn connections(connection: &mut Connection) -> String {
    connection.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    let metrics = connection.response().is(200).body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("tokctl_connections "));
    line.unwrap().to_string()
}

#[test]
fn connections_beyond_the_limit_wait() {
    let (sandbox, secret) = with_secret();
    let server = Server::with(&sandbox, &["--max-connections", "2"]);
    let (mut first, second) = (server.connect(), server.connect());
    let mut third = server.connect();
    third.send(format!("GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\n\r\n"));
    while connections(&mut first) != "2" {}
    assert_eq!(connections(&mut first), "2");
    drop(second);
    third.response().is(204);
    assert_eq!(connections(&mut first), "2");
}

#[test]
fn few_open_files_mean_few_connections_and_no_errors() {
    let (sandbox, secret) = with_secret();
    let script = "exec prlimit --nofile=148:148 \"$TOKCTL\" serve --listen 127.0.0.1:0 \
                  --log-format json --idle-timeout 1s";
    let server = Server::spawn(&mut sandbox.shell(script).into_command());
    // 20 find a place at a time; the others wait until those are disconnected.
    let idle: Vec<_> = (0..60).map(|_| server.connect()).collect();
    server.auth("/auth", &secret).is(204);
    for mut connection in idle {
        assert_eq!(connection.rest(), "");
    }
    let metrics = server.get("/metrics", &[]).body;
    assert!(metrics.contains("tokctl_accept_errors_total 0\n"), "{metrics}");
}

#[test]
fn idle_connections_hold_up_nobody() {
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let idle: Vec<_> = (0..500).map(|_| server.connect()).collect();
    server.auth("/auth", &secret).is(204);
    let mut first = server.connect();
    while connections(&mut first) != "501" {}
    for mut connection in idle {
        connection.send(NEXT);
        connection.response().is(200);
    }
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody() {
    let (sandbox, _) = with_secret();
    let args = ["serve", "--listen", "127.0.0.1:0", "--access-log", "all"];
    let mut command = sandbox.tokctl(&args).into_command();
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit_once("address=").unwrap().1;
    // More lines than the pipe and the server's memory for them hold.
    let count = 9000;
    let mut sender = TcpStream::connect(address).unwrap();
    let reader = sender.try_clone().unwrap();
    reader.set_read_timeout(Some(PATIENCE)).unwrap();
    let sending = thread::spawn(move || {
        sender.write_all(NEXT.repeat(count).as_bytes()).unwrap();
        sender.shutdown(Shutdown::Write).unwrap();
    });
    assert_eq!(responses(&until_closed(reader)).len(), count);
    sending.join().unwrap();
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(0));
    drop(log);
}

#[test]
fn a_server_without_standard_error_serves() {
    let (sandbox, secret) = with_secret();
    let socket = sandbox.path("http.sock");
    let script = format!(
        "\"$TOKCTL\" serve --listen unix:{path} --access-log all 2>&- &
         wait_until '[ -S {path} ]'
         printf 'GET /auth HTTP/1.0\\r\\nAuthorization: Bearer {secret}\\r\\n\\r\\n' > request
         for try in 1 2 3; do
             python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(open(\"request\", \"rb\").read()); print(s.makefile().readline().strip())' {path}
         done
         kill -TERM $!; wait $!",
        path = socket.display(),
    );
    let answer = "HTTP/1.0 204 No Content\n";
    sandbox.shell(&script).go().exits(0).prints(&answer.repeat(3));
}

#[test]
fn a_locked_database_is_answered_in_time_and_holds_up_nothing_else() {
    let (sandbox, secret) = with_secret();
    // In use when the server starts, so that SQLite cannot have readers and writers at a time.
    let reader = (!on_server()).then(|| {
        let reader = sandbox.connection();
        reader.execute_batch("BEGIN; CREATE TEMP TABLE held AS SELECT * FROM tokens").unwrap();
        reader
    });
    let server = Server::with(&sandbox, &["--request-timeout", "1s", "--shutdown-timeout", "1s"]);
    server.auth("/auth", &secret).is(204);
    drop(reader);
    let _lock = sandbox.lock_exclusively();
    let auth = format!("GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\n\r\n");
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let mut connection = server.connect();
            connection.send(&auth);
            connection
        })
        .collect();
    server.get("/healthz", &[]).is(200);
    server.get("/metrics", &[]).is(200);
    for mut connection in waiting {
        let response = connection.response().is(503);
        assert_eq!(response.header("retry-after"), Some("1"));
    }
    // The end does not wait for the lock either.
    let (code, lines) = server.end();
    assert_eq!(code, Some(0));
    assert!(lines.last().unwrap().contains("\"ended\""), "{lines:#?}");
}

#[test]
fn the_end_waits_only_so_long_for_a_slow_client() {
    let (sandbox, _) = with_secret();
    let server = Server::with(&sandbox, &["--shutdown-timeout", "1s"]);
    let mut slow = server.connect();
    slow.send(format!("POST /revoke HTTP/1.1\r\n{FORM}Content-Length: 60\r\n\r\nto"));
    let mut other = server.connect();
    while connections(&mut other) != "2" {}
    drop(other);
    let (code, lines) = server.end();
    assert_eq!(code, Some(0));
    assert!(lines.iter().any(|line| line.contains("connections were cut off")), "{lines:#?}");
    assert_eq!(slow.rest(), "");
}

#[test]
fn a_database_that_goes_away_lets_nobody_in() {
    sqlite_only!("a file that is moved away");
    let (sandbox, secret) = with_secret();
    let server = Server::start(&sandbox);
    let (file, away) = (sandbox.database(), sandbox.path("away.db"));
    // The server keeps a token that is in use in memory.
    let in_use = || (0..30).for_each(|_| drop(server.auth("/auth", &secret).is(204)));
    in_use();
    fs::rename(&file, &away).unwrap();
    // A look-up believes for a millisecond that the file is still there.
    thread::sleep(Duration::from_millis(20));
    server.auth("/auth", &secret).is(503);
    server.get("/readyz", &[]).is(503);
    server.get("/healthz", &[]).is(200);
    fs::rename(&away, &file).unwrap();
    in_use();
    // Another one in its place counts from the next request on.
    let other = Sandbox::with_alice();
    let of_other = other.create(&[]);
    fs::rename(&file, &away).unwrap();
    fs::copy(other.database(), &file).unwrap();
    server.auth("/auth", &secret).is(401);
    server.auth("/auth", &of_other).is(204);
    // One that is no database any more.
    File::options().write(true).open(&file).unwrap().write_all(&[b'x'; 50_000]).unwrap();
    server.auth("/auth", &of_other).is(503);
    server.auth("/auth", UNKNOWN).is(503);
    server.get("/readyz", &[]).is(503);
    server.get("/healthz", &[]).is(200);
    fs::rename(&away, &file).unwrap();
    server.auth("/auth", &secret).is(204);
}

#[test]
fn readiness_reads_the_database_also_when_the_server_knows_all_hashes() {
    sqlite_only!("a file that is overwritten");
    let (sandbox, _) = with_secret();
    sandbox.run(&["create", "--name", "n", "--scope", "a", "--count", "3000", "--quiet"]).exits(0);
    // A token whose hash is far from zeros, which readiness looks for: another page of the index.
    let mut secrets = std::iter::repeat_with(|| sandbox.create(&[]));
    let secret = secrets.find(|secret| Sha256::digest(secret)[0] >= 128).unwrap();
    let server = Server::with(&sandbox, &["--threads", "1"]);
    server.auth("/auth", &secret).is(204);
    // The server fills its cache, and records the last use. Then the settings are read once more.
    thread::sleep(Duration::from_secs(3));
    (0..2).for_each(|_| drop(server.auth("/auth", &secret).is(204)));
    let mut file = File::options().write(true).open(sandbox.database()).unwrap();
    let length = file.seek(SeekFrom::Start(4096)).and_then(|_| Ok(file.metadata()?.len())).unwrap();
    file.write_all(&vec![b'x'; length as usize - 4096]).unwrap();
    server.get("/readyz", &[]).is(503);
}

#[test]
fn a_disk_that_is_full_costs_the_record_and_not_the_answer() {
    sqlite_only!("a limit of the size of the file");
    let (sandbox, secret) = with_secret();
    // No file may grow beyond what the database has.
    let script =
        "exec prlimit --fsize=4096:4096 \"$TOKCTL\" serve --listen 127.0.0.1:0 --log-format json";
    let server = Server::spawn(&mut sandbox.shell(script).into_command());
    for _ in 0..100 {
        server.auth("/auth", &secret).is(204);
        server.auth("/auth", UNKNOWN).is(401);
    }
    let form = format!("token={secret}");
    // It cannot be revoked, and nobody is told that it was.
    server.form("/revoke", &[], &form).is(503);
    server.auth("/auth", &secret).is(204);
    assert_eq!(server.end().0, Some(0));
    sandbox.run(&["verify", &secret]).exits(0);
}
