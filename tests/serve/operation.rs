//! What an operator sees: addresses, sockets, variables, signals, systemd, the log and what is recorded.

use crate::http::{Server, output_of};
use crate::support::database::on_server;
use crate::support::{Sandbox, UNKNOWN, mode, now};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const WITHOUT_TLS: &str = "refusing to listen without TLS: other machines can connect, and could read the \
                           secrets on their way";

/// All variables that name options.
const VARIABLES: [&str; 17] = [
    "TOKCTL_LISTEN",
    "TOKCTL_SOCKET_MODE",
    "TOKCTL_TLS_CERT",
    "TOKCTL_TLS_KEY",
    "TOKCTL_BEHIND_PROXY",
    "TOKCTL_HEADER",
    "TOKCTL_QUERY_PARAMETER",
    "TOKCTL_ISSUER",
    "TOKCTL_READ_DATABASE",
    "TOKCTL_MAX_STALENESS",
    "TOKCTL_THREADS",
    "TOKCTL_MAX_CONNECTIONS",
    "TOKCTL_REQUEST_TIMEOUT",
    "TOKCTL_IDLE_TIMEOUT",
    "TOKCTL_SHUTDOWN_TIMEOUT",
    "TOKCTL_LOG_FORMAT",
    "TOKCTL_ACCESS_LOG",
];

/// The answer to a request for /healthz over a Unix socket.
fn healthz_over(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_string()
}

/// A server that listens on the socket `http.sock`, with this umask and these options.
fn on_socket(sandbox: &Sandbox, umask: &str, options: &[&str]) -> Server {
    let args = ["serve", "--listen", "unix:http.sock", "--log-format", "json"];
    let run = sandbox.tokctl(&[&args, options].concat()).umask(umask);
    Server::spawn(&mut run.into_command())
}

#[test]
fn other_machines_can_connect_only_with_tls_or_through_a_proxy() {
    let sandbox = Sandbox::with_alice();
    let hint = "pass --tls-cert and --tls-key, or --behind-proxy if only a proxy can connect";
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let args = ["serve", "--listen", "127.0.0.1:0", "--listen", address];
        sandbox.run(&args).fails(2, WITHOUT_TLS).hints(hint);
    }
    let args = ["serve", "--listen", "0.0.0.0:0", "--behind-proxy", "--log-format", "json"];
    let server = Server::spawn(&mut sandbox.tokctl(&args).into_command());
    assert!(server.address.starts_with("0.0.0.0:"), "{}", server.address);
    server.get("/healthz", &[]).is(200);
}

#[test]
fn what_keeps_a_server_from_starting_is_said_in_one_line() {
    let sandbox = Sandbox::with_alice();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    sandbox
        .run(&["serve", "--listen", &address])
        .fails(4, &format!("cannot listen on {address}: Address already in use (os error 98)"))
        .hints("--listen takes other addresses; `ss -ltnx` lists those in use");
    sandbox
        .run(&["serve", "--listen", "unix:none/http.sock"])
        .fails(4, "cannot listen on unix:none/http.sock: No such file or directory (os error 2)");
    let missing = sandbox.path("none.db").display().to_string();
    sandbox
        .run(&["serve", "--database", &missing])
        .fails(4, &format!("database {missing}: it does not exist"));
    assert!(!sandbox.path("none.db").exists());
    for (args, error) in [
        (&["--listen", "example.com:80"][..], "invalid value 'example.com:80' for '--listen"),
        (&["--socket-mode", "888"], "invalid value '888' for '--socket-mode"),
        (&["--threads", "0"], "invalid value '0' for '--threads"),
        (&["--max-connections", "0"], "invalid value '0' for '--max-connections"),
        (&["--idle-timeout", "0s"], "invalid value '0s' for '--idle-timeout"),
        (&["--issuer", "tokens.example.com"], "invalid value 'tokens.example.com' for '--issuer"),
        (&["--header", "X Y"], "invalid value 'X Y' for '--header"),
        (&["--access-log", "some"], "invalid value 'some' for '--access-log"),
    ] {
        let ran = sandbox.run(&[&["serve"], args].concat()).fails_somehow(2);
        assert!(ran.stderr.contains(error), "{ran:#?}");
    }
    let ran = sandbox.run(&["serve", "--tls-cert", "x.pem"]).fails_somehow(2);
    assert!(ran.stderr.contains("--tls-key"), "{ran:#?}");
}

#[test]
fn a_unix_socket_has_the_mode_that_was_asked_for_whatever_the_umask() {
    let sandbox = Sandbox::with_alice();
    let socket = sandbox.path("http.sock");
    for (umask, options, expected) in [
        ("000", &[][..], 0o600),
        ("077", &["--socket-mode", "0660"], 0o660),
        ("777", &["--socket-mode", "0666"], 0o666),
    ] {
        let server = on_socket(&sandbox, umask, options);
        assert_eq!(server.address, "unix:http.sock");
        assert_eq!(mode(&socket), expected);
        assert_eq!(healthz_over(&socket), "HTTP/1.1 200 OK");
        assert_eq!(server.end().0, Some(0));
        assert!(!socket.exists());
    }
}

#[test]
fn a_socket_that_a_killed_server_left_is_replaced() {
    let sandbox = Sandbox::with_alice();
    let socket = sandbox.path("http.sock");
    let mut server = on_socket(&sandbox, "022", &[]);
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    assert!(socket.exists());
    let server = on_socket(&sandbox, "022", &[]);
    assert_eq!(healthz_over(&socket), "HTTP/1.1 200 OK");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_socket_in_use_and_other_files_are_left_alone() {
    let sandbox = Sandbox::with_alice();
    let socket = sandbox.path("http.sock");
    let args = ["serve", "--listen", "unix:http.sock"];
    let server = on_socket(&sandbox, "022", &[]);
    sandbox.run(&args).fails(4, "cannot listen on unix:http.sock: address in use");
    assert_eq!(healthz_over(&socket), "HTTP/1.1 200 OK");
    drop(server);
    fs::remove_file(&socket).unwrap();
    sandbox.file("http.sock", "precious");
    sandbox
        .run(&args)
        .fails(4, "cannot listen on unix:http.sock: there is a file that is no socket");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "precious");
    // A socket that somebody else put there meanwhile is not this server's to remove.
    fs::remove_file(&socket).unwrap();
    let server = on_socket(&sandbox, "022", &[]);
    fs::remove_file(&socket).unwrap();
    let _other = UnixListener::bind(&socket).unwrap();
    assert_eq!(server.end().0, Some(0));
    assert!(socket.exists());
}

#[test]
fn variables_mean_the_same_as_options() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let run = sandbox.tokctl(&["serve"]);
    let run = run.env("TOKCTL_LISTEN", "0.0.0.0:0,unix:http.sock").env("TOKCTL_LOG_FORMAT", "json");
    let run = run.env("TOKCTL_BEHIND_PROXY", "1").env("TOKCTL_HEADER", "X-Api-Key");
    let run = run.env("TOKCTL_QUERY_PARAMETER", "token").env("TOKCTL_ACCESS_LOG", "all");
    let run = run.env("TOKCTL_SOCKET_MODE", "0640").env("TOKCTL_ISSUER", "https://t.example.com/");
    let run = run.env("TOKCTL_THREADS", "1").env("TOKCTL_MAX_CONNECTIONS", "10");
    let run = run.env("TOKCTL_REQUEST_TIMEOUT", "5s").env("TOKCTL_IDLE_TIMEOUT", "5s");
    let server = Server::spawn(&mut run.env("TOKCTL_SHUTDOWN_TIMEOUT", "5s").into_command());
    server.logged("listening");
    assert_eq!(mode(sandbox.path("http.sock")), 0o640);
    server.get("/auth", &[("X-Api-Key", &secret), ("X-Forwarded-For", "192.0.2.9")]).is(204);
    assert_eq!(server.logged("request")["client"], "192.0.2.9");
    server.get("/auth", &[("X-Original-Uri", &format!("/?token={secret}"))]).is(204);
    let metadata = server.get("/.well-known/oauth-authorization-server", &[]).is(200).json();
    assert_eq!(metadata["issuer"], "https://t.example.com");
    // A mistake in a variable is an error, as in an option.
    for (variable, value) in [("TOKCTL_BEHIND_PROXY", "maybe"), ("TOKCTL_THREADS", "many")] {
        let run = sandbox.tokctl(&["serve", "--listen", "127.0.0.1:0"]).env(variable, value);
        assert!(run.go().fails_somehow(2).stderr.contains(value));
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let args = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let run = VARIABLES.iter().fold(sandbox.tokctl(&args), |run, variable| run.env(variable, ""));
    let server = Server::spawn(&mut run.into_command());
    server.auth("/auth", &secret).is(204);
    // "No" in a variable that switches something on is "no".
    let run = sandbox.tokctl(&["serve", "--listen", "0.0.0.0:0"]);
    run.env("TOKCTL_BEHIND_PROXY", "false").go().fails(2, WITHOUT_TLS);
    let help = sandbox.run(&["serve", "--help"]).stdout;
    let named = VARIABLES.iter().filter(|variable| help.contains(**variable)).count();
    assert_eq!(named, VARIABLES.len(), "{help}");
    assert_eq!(help.matches("[env: TOKCTL_").count(), VARIABLES.len() + 1, "{help}");
}

#[test]
fn one_thread_serves_many_connections() {
    let sandbox = Sandbox::with_alice();
    let server = Server::with(&sandbox, &["--threads", "1"]);
    let mut connections: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for _ in 0..2 {
        for connection in &mut connections {
            connection.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for connection in &mut connections {
            connection.response().is(200);
        }
    }
}

#[test]
fn more_connections_than_allowed_wait_for_others_to_be_closed() {
    let sandbox = Sandbox::with_alice();
    let server = Server::with(&sandbox, &["--max-connections", "2"]);
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut first = server.connect();
    let mut second = server.connect();
    for connection in [&mut first, &mut second] {
        connection.send(request);
        connection.response().is(200);
    }
    let mut third = server.connect();
    third.send(request);
    // Both are still served, and the third is not yet.
    second.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let metrics = second.response().is(200).body;
    assert!(metrics.contains("\ntokctl_connections 2\n"), "{metrics}");
    drop(first);
    third.response().is(200);
}

/// hyper's `pipeline_flush` keeps responses back while there is more to read.
#[test]
fn a_response_waits_for_nothing_that_the_client_has_not_sent_yet() {
    let sandbox = Sandbox::with_alice();
    let server = Server::start(&sandbox);
    let mut connection = server.connect();
    connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /read");
    connection.response().is(200);
    connection.send("yz HTTP/1.1\r\nHost: x\r\n\r\n");
    connection.response().is(200);
}

#[test]
fn a_request_that_is_not_http_or_too_large_gets_an_answer() {
    let sandbox = Sandbox::with_alice();
    let server = Server::start(&sandbox);
    let many = format!("GET /auth HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(150));
    let large = format!("GET /auth HTTP/1.1\r\nX: {}", "y".repeat(100 * 1024));
    for (request, status) in [("BAD\r\n\r\n", 400), (&many, 431), (&large, 431)] {
        let mut connection = server.connect();
        connection.send(request);
        connection.response().is(status);
    }
}

#[test]
fn few_open_files_mean_fewer_connections() {
    let sandbox = Sandbox::with_alice();
    let mut command = sandbox
        .shell(
            "ulimit -n 142
             exec \"$TOKCTL\" serve --listen 127.0.0.1:0 --log-format json --threads 2",
        )
        .into_command();
    let server = Server::spawn(&mut command);
    let line = &server.before[0];
    assert_eq!(line["message"], "fewer connections than configured");
    assert_eq!(line["level"], "warning");
    assert_eq!(line["why"], "the operating system allows 6");
    // Many more connect. Each is served when its turn comes, and the database can still be opened.
    let mut connections: Vec<_> = (0..100).map(|_| server.connect()).collect();
    for connection in &mut connections {
        connection.send("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    for connection in &mut connections {
        connection.response().is(200);
    }
    drop(connections);
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    assert!(!log.iter().any(|line| line.contains("cannot be accepted")), "{log:#?}");
}

#[test]
fn connections_wait_while_no_file_can_be_opened() {
    let sandbox = Sandbox::with_alice();
    // Another thread would have to open the database yet, which is 503 here.
    let server = Server::with(&sandbox, &["--threads", "1"]);
    let limit_files = |soft: &str| {
        let id = server.process.id().to_string();
        output_of("prlimit", &["--pid", &id, &format!("--nofile={soft}:")]);
    };
    let request = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut open = server.connect();
    open.send(request);
    open.response().is(200);
    // The limit is about the numbers of files, and a new one gets the lowest that is free.
    let is_open = |number: &u32| {
        fs::symlink_metadata(format!("/proc/{}/fd/{number}", server.process.id())).is_ok()
    };
    limit_files(&(0..).find(|number| !is_open(number)).unwrap().to_string());
    let mut waiting = server.connect();
    waiting.send(request);
    let line = server.logged("connections cannot be accepted");
    assert_eq!(line["why"], "Too many open files (os error 24)");
    // Open connections are served, while it tries again and again.
    let mut errors = 0;
    for _ in 0..100_000 {
        if errors >= 3 {
            break;
        }
        open.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        let metrics = open.response().is(200).body;
        let count =
            metrics.lines().find_map(|line| line.strip_prefix("tokctl_accept_errors_total "));
        errors = count.unwrap().parse().unwrap();
    }
    assert!(errors >= 3);
    limit_files("1024");
    waiting.response().is(200);
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    // However often it tried.
    assert!(!log.iter().any(|line| line.contains("cannot be accepted")), "{log:#?}");
}

#[test]
fn systemd_is_told_what_the_server_does() {
    let sandbox = Sandbox::with_alice();
    let manager = UnixDatagram::bind(sandbox.path("notify")).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let told = || {
        let mut message = [0; 256];
        let length = manager.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    let args = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let run = sandbox.tokctl(&args).env("NOTIFY_SOCKET", sandbox.path("notify"));
    let server = Server::spawn(&mut run.into_command());
    assert_eq!(told(), "READY=1\n");
    server.signal("HUP");
    let reloading = told();
    let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
    assert!(time.trim_end().parse::<u64>().is_ok(), "{reloading}");
    assert_eq!(told(), "READY=1\n");
    server.signal("TERM");
    assert_eq!(told(), "STOPPING=1\n");
    assert_eq!(server.end().0, Some(0));
}

/// `systemd-socket-activate` is systemd's own. It needs no systemd that runs.
#[test]
fn sockets_of_systemd_are_used_instead_of_the_default_address_and_stay() {
    if Command::new("systemd-socket-activate").arg("--version").output().is_err() {
        return;
    }
    let sandbox = Sandbox::with_alice();
    let socket = sandbox.path("http.sock");
    let mut command = sandbox
        .shell(
            "exec systemd-socket-activate --listen \"$PWD/http.sock\" --setenv HOME --setenv XDG_DATA_HOME \
             ${TOKCTL_DATABASE:+--setenv TOKCTL_DATABASE} \"$TOKCTL\" serve --log-format json 2> log",
        )
        .into_command();
    let mut process = command.stdin(Stdio::null()).spawn().unwrap();
    sandbox.shell("wait_until '[ -S http.sock ]'").go().exits(0);
    assert_eq!(healthz_over(&socket), "HTTP/1.1 200 OK");
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(0));
    let log = fs::read_to_string(sandbox.path("log")).unwrap();
    let listening = log.lines().filter(|line| line.contains("\"listening\"")).count();
    assert_eq!(listening, 1, "{log}");
    assert!(log.contains(&format!("unix:{}", socket.display())), "{log}");
    // It belongs to whoever made it.
    assert!(socket.exists());
}

#[test]
fn a_socket_of_systemd_for_other_machines_needs_tls_too() {
    let sandbox = Sandbox::with_alice();
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let script = "exec 3<&0 < /dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$TOKCTL\" serve";
    let mut command = sandbox.shell(script).into_command();
    let output = command.stdin(std::os::fd::OwnedFd::from(socket)).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with(&format!("tokctl: {WITHOUT_TLS}\n")), "{stderr}");
}

#[test]
fn signals_end_the_server_after_the_requests_in_progress() {
    let sandbox = Sandbox::with_alice();
    for signal in ["TERM", "INT"] {
        let server = Server::start(&sandbox);
        let mut begun = server.connect();
        // The body is not complete yet.
        begun.send("POST /introspect HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n");
        begun.send("Content-Type: application/x-www-form-urlencoded\r\n\r\na");
        server.signal(signal);
        assert_eq!(server.logged("ending")["signal"], format!("SIG{signal}"));
        begun.send("=");
        let response = begun.response();
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(begun.rest(), "");
        let mut server = server;
        assert_eq!(server.process.wait().unwrap().code(), Some(0));
        server.logged("ended");
    }
}

#[test]
fn a_request_that_never_ends_delays_the_end_no_longer_than_configured() {
    let sandbox = Sandbox::with_alice();
    let mut server = Server::with(&sandbox, &["--shutdown-timeout", "1s"]);
    let mut begun = server.connect();
    begun.send("POST /introspect HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
    // It has arrived when another one is answered.
    server.get("/healthz", &[]).is(200);
    server.signal("TERM");
    assert_eq!(server.logged("connections were cut off")["why"], "they did not end in time");
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_server_at_once_and_records_what_there_is() {
    let sandbox = Sandbox::with_alice();
    let mut server = Server::with(&sandbox, &["--shutdown-timeout", "1h"]);
    let mut begun = server.connect();
    begun.send("POST /introspect HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
    server.auth("/auth", UNKNOWN).is(401);
    server.signal("TERM");
    server.logged("ending");
    server.signal("INT");
    assert_eq!(server.logged("connections were cut off")["why"], "SIGINT");
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    assert_eq!(attempts(&sandbox), 1);
}

#[test]
fn a_server_that_is_about_to_end_is_not_ready() {
    let sandbox = Sandbox::with_alice();
    let server = Server::start(&sandbox);
    let mut kept = server.connect();
    let request = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    kept.send(request);
    assert_eq!(kept.response().is(200).header("connection"), None);
    server.signal("TERM");
    server.logged("ending");
    kept.send(request);
    assert_eq!(kept.response().is(503).header("connection"), Some("close"));
    assert_eq!(kept.rest(), "");
}

#[test]
fn a_killed_server_leaves_nothing_that_keeps_the_next_one_from_starting() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    for _ in 0..3 {
        let mut server = Server::start(&sandbox);
        server.auth("/auth", &secret).is(204);
        server.auth("/auth", UNKNOWN).is(401);
        server.process.kill().unwrap();
        server.process.wait().unwrap();
    }
    sandbox.run(&["doctor"]).exits(0);
    Server::start(&sandbox).auth("/auth", &secret).is(204);
}

/// The number of recorded attempts.
fn attempts(sandbox: &Sandbox) -> usize {
    sandbox.json(&["log", "--kind", "verify", "--limit", "1000"]).as_array().unwrap().len()
}

#[test]
fn attempts_are_recorded_as_the_setting_says_and_all_by_the_end() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    for (setting, recorded) in [("none", 0), ("failures", 20), ("all", 40)] {
        let server = Server::start(&sandbox);
        // The server runs already.
        sandbox.run(&["settings", "set", "record-attempts", setting]).exits(0);
        let before = attempts(&sandbox);
        for _ in 0..20 {
            server.auth("/auth", &secret).is(204);
            server.auth("/auth", UNKNOWN).is(401);
        }
        assert_eq!(server.end().0, Some(0));
        assert_eq!(attempts(&sandbox) - before, recorded, "{setting}");
    }
}

#[test]
fn many_uses_of_one_token_are_one_write() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let long_ago = now() - 3_600_000;
    sandbox.sql(&format!("UPDATE tokens SET last_used_at = {long_ago} WHERE id = 1"));
    // What tells that anything was written.
    let watcher = (!on_server()).then(|| sandbox.connection());
    let version = || match &watcher {
        Some(file) => {
            file.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).unwrap()
        }
        None => sandbox.number("SELECT xmin::text::bigint FROM tokens").unwrap(),
    };
    let last_used = || sandbox.number("SELECT last_used_at FROM tokens WHERE id = 1").unwrap();
    let server = Server::start(&sandbox);
    let mut connection = server.connect();
    let request =
        format!("GET /auth HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\r\n");
    let mut ask = |times: usize| {
        for _ in 0..times {
            connection.send(&request);
            connection.response().is(204);
        }
    };
    ask(500);
    while last_used() == long_ago {
        ask(1);
    }
    // Nothing at all is written from now on, for a minute.
    let (used, written) = (last_used(), version());
    ask(1000);
    assert_eq!(server.end().0, Some(0));
    assert_eq!((last_used(), version()), (used, written));
}

#[test]
fn no_line_of_the_log_contains_a_secret() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--name", "CI", "--scope", "posts.read"]);
    for format in ["text", "json"] {
        // The last request of the round before revoked it.
        sandbox.run(&["unrevoke", "1"]);
        let mut command = sandbox
            .shell(&format!(
                "exec \"$TOKCTL\" serve --listen unix:http.sock --log-format {format} --access-log all \
                 --query-parameter token 2> log"
            ))
            .into_command();
        let mut process = command.spawn().unwrap();
        sandbox.shell("wait_until '[ -S http.sock ]'").go().exits(0);
        for request in everywhere(&secret) {
            let mut stream = UnixStream::connect(sandbox.path("http.sock")).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 "), "{request}");
            assert!(!String::from_utf8_lossy(&answer).contains(&secret), "{request}");
        }
        let id = process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert_eq!(process.wait().unwrap().code(), Some(0));
        let log = fs::read_to_string(sandbox.path("log")).unwrap();
        let requests = log.lines().filter(|line| line.contains("duration_us")).count();
        assert_eq!(requests, everywhere(&secret).len(), "{log}");
        assert!(!log.contains(&secret[4..]), "{log}");
    }
    let ran = sandbox.run(&["log", "--json", "--limit", "1000"]).exits(0);
    assert!(!ran.stdout.contains(&secret), "{ran:#?}");
}

/// Requests with a secret in every place that a request has.
fn everywhere(secret: &str) -> Vec<String> {
    let get = |path: &str, header: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n")
    };
    let form = format!("token={secret}&{secret}={secret}");
    let mut requests: Vec<_> =
        ["Authorization: Bearer ", "Authorization: ", "User-Agent: ", "X-Forwarded-For: "]
            .iter()
            .chain(&[
                "X-Forwarded-Uri: /?token=",
                "X-Original-Uri: /?other=",
                "Cookie: ",
                "Referer: ",
            ])
            .map(|header| get("/auth", &format!("{header}{secret}\r\n")))
            .collect();
    requests.push(get(&format!("/auth/{secret}?token={secret}"), ""));
    requests.push(get(&format!("/auth?scope={secret}"), ""));
    requests.push(get(&format!("/{secret}"), ""));
    requests.push(get("/auth", &format!("{secret}: {secret}\r\n")));
    requests.push(get("/auth", "").replacen("GET", secret, 1));
    requests.push(get("/auth", "").replacen("Host: x", &format!("Host: {secret}"), 1));
    for path in ["/introspect", "/revoke"] {
        requests.push(format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            form.len()
        ));
    }
    requests
}

#[test]
fn the_log_shows_requests_as_the_option_says() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    for (which, statuses) in [
        ("none", &[][..]),
        ("errors", &[]),
        ("failures", &[401, 404]),
        ("all", &[204, 401, 404, 200]),
    ] {
        let server = Server::with(&sandbox, &["--access-log", which]);
        server.auth("/auth", &secret).is(204);
        server.auth("/auth", UNKNOWN).is(401);
        server.get("/other", &[]).is(404);
        server.get("/healthz", &[]).is(200);
        let (_, log) = server.end();
        let lines = log.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let requests: Vec<_> = lines.filter(|line| line["message"] == "request").collect();
        let seen: Vec<_> = requests.iter().map(|line| line["status"].as_i64().unwrap()).collect();
        assert_eq!(seen, statuses, "{which}");
    }
}

#[test]
fn a_request_in_the_log_has_these_fields() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::with(&sandbox, &["--access-log", "all"]);
    let bearer = format!("Bearer {secret}");
    server.get("/auth", &[("Authorization", &bearer), ("User-Agent", "curl \"8\"")]).is(204);
    let line = server.logged("request");
    let keys = crate::support::keys(&line);
    assert_eq!(
        keys,
        [
            "time",
            "level",
            "message",
            "method",
            "endpoint",
            "status",
            "outcome",
            "duration_us",
            "client",
            "agent",
            "token_id",
            "user"
        ]
    );
    for (key, value) in [
        ("level", serde_json::json!("info")),
        ("method", serde_json::json!("GET")),
        ("endpoint", serde_json::json!("/auth")),
        ("outcome", serde_json::json!("good")),
        ("client", serde_json::json!("127.0.0.1")),
        ("agent", serde_json::json!("curl \"8\"")),
        ("token_id", serde_json::json!(1)),
        ("user", serde_json::json!("alice")),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
}

#[test]
fn the_log_is_text_unless_json_is_asked_for() {
    let sandbox = Sandbox::with_alice();
    let script = "exec \"$TOKCTL\" serve --listen unix:http.sock --access-log all 2> log";
    let mut process = sandbox.shell(script).into_command().spawn().unwrap();
    sandbox.shell("wait_until '[ -S http.sock ]'").go().exits(0);
    assert_eq!(healthz_over(&sandbox.path("http.sock")), "HTTP/1.1 200 OK");
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(0));
    let log = fs::read_to_string(sandbox.path("log")).unwrap();
    let lines: Vec<_> = log.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert!(lines.iter().all(|(time, _)| time.ends_with('Z')), "{log}");
    let texts: Vec<_> = lines.iter().map(|(_, text)| *text).collect();
    assert_eq!(texts[0], "info listening address=unix:http.sock");
    let request = "info request method=GET endpoint=/healthz status=200 outcome=done duration_us=";
    assert!(texts[1].starts_with(request), "{log}");
    assert_eq!(texts[2..], ["info ending signal=SIGTERM", "info ended"]);
}
