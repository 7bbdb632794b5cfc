//! TLS: the certificate, and reading it again.

use crate::http::{Server, output_of};
use crate::support::Sandbox;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Makes a certificate for 127.0.0.1 and its key: `NAME.pem` and `NAME.key`.
fn make_certificate(sandbox: &Sandbox, name: &str) {
    let path = |suffix: &str| sandbox.path(&format!("{name}{suffix}")).display().to_string();
    output_of(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=tokctl",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-out",
            &path(".pem"),
            "-keyout",
            &path(".key"),
        ],
    );
}

/// Puts the certificate of another name in the place of the one in use.
fn replace_certificate(sandbox: &Sandbox, name: &str) {
    for suffix in ["pem", "key"] {
        fs::copy(
            sandbox.path(&format!("{name}.{suffix}")),
            sandbox.path(&format!("in-use.{suffix}")),
        )
        .unwrap();
    }
}

fn start(sandbox: &Sandbox) -> Server {
    Server::with(sandbox, &["--tls-cert", "in-use.pem", "--tls-key", "in-use.key"])
}

/// The status of the answer to a client that trusts only this certificate; `None` if it does not connect.
fn status(sandbox: &Sandbox, server: &Server, trusted: &str, secret: &str) -> Option<String> {
    let (bearer, url) =
        (format!("Authorization: Bearer {secret}"), format!("https://{}/auth", server.address));
    let trusted = sandbox.path(&format!("{trusted}.pem")).display().to_string();
    let output = Command::new("curl")
        .args(["-sS", "-w", "%{http_code} %{http_version}", "--cacert", &trusted, "-H", &bearer])
        .arg(url)
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// A connection over TLS that is kept open.
struct Kept(Child, BufReader<ChildStdout>);

impl Kept {
    fn open(server: &Server) -> Self {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-verify_quiet", "-connect", &server.address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(client.stdout.take().unwrap());
        Kept(client, output)
    }

    /// The first line of the answer to a request for /healthz.
    fn ask(&mut self) -> String {
        let request = "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
        self.0.stdin.as_mut().unwrap().write_all(request.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.1.read_line(&mut head).unwrap(), 0, "{head}");
        }
        head.lines().next().unwrap().to_string()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn tls_serves_http_1_1_with_the_certificate() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    make_certificate(&sandbox, "first");
    replace_certificate(&sandbox, "first");
    let server = start(&sandbox);
    assert_eq!(status(&sandbox, &server, "first", &secret).as_deref(), Some("204 1.1"));
    // Without TLS, nobody is answered.
    let mut plain = server.connect();
    plain.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(!plain.rest().contains("HTTP/1.1"));
}

#[test]
fn sighup_reads_the_certificate_again_and_keeps_connections() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    make_certificate(&sandbox, "first");
    make_certificate(&sandbox, "second");
    replace_certificate(&sandbox, "first");
    let server = start(&sandbox);
    let mut kept = Kept::open(&server);
    assert_eq!(kept.ask(), "HTTP/1.1 200 OK");
    replace_certificate(&sandbox, "second");
    server.signal("HUP");
    server.logged("reloaded");
    assert_eq!(status(&sandbox, &server, "first", &secret), None);
    assert_eq!(status(&sandbox, &server, "second", &secret).as_deref(), Some("204 1.1"));
    assert_eq!(kept.ask(), "HTTP/1.1 200 OK");
}

#[test]
fn a_broken_certificate_is_not_taken_over() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    make_certificate(&sandbox, "first");
    make_certificate(&sandbox, "second");
    replace_certificate(&sandbox, "first");
    let server = start(&sandbox);
    // The key of another certificate, an empty file, no file.
    let broken: [fn(&Sandbox); 3] = [
        |sandbox| {
            fs::copy(sandbox.path("second.key"), sandbox.path("in-use.key")).unwrap();
        },
        |sandbox| fs::write(sandbox.path("in-use.pem"), "").unwrap(),
        |sandbox| fs::remove_file(sandbox.path("in-use.pem")).unwrap(),
    ];
    for break_it in broken {
        break_it(&sandbox);
        server.signal("HUP");
        let line = server.logged("the certificate was not reloaded");
        assert_eq!(line["level"], "warning");
        assert!(line["why"].as_str().unwrap().contains("in-use."), "{line}");
        assert_eq!(status(&sandbox, &server, "first", &secret).as_deref(), Some("204 1.1"));
    }
}

#[test]
fn without_a_usable_certificate_the_server_does_not_start() {
    let sandbox = Sandbox::with_alice();
    let hint = "--tls-cert takes a certificate chain in PEM, and --tls-key its private key";
    make_certificate(&sandbox, "first");
    make_certificate(&sandbox, "second");
    sandbox.file("empty", "");
    for (certificate, key, file) in [
        ("none", "first.key", "none"),
        ("empty", "first.key", "empty"),
        ("first.key", "first.key", "first.key"),
        ("first.pem", "empty", "empty"),
        ("first.pem", "second.key", "first.pem"),
    ] {
        let args =
            ["serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];
        let ran = sandbox.run(&args).fails_somehow(4).hints(hint);
        assert!(ran.stderr.starts_with(&format!("tokctl: cannot use {file}: ")), "{ran:#?}");
    }
}
