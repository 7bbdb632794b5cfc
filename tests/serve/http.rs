//! A server for one test, and a client that sends exactly what it is told.

// Not every client is used by every test.
#![allow(dead_code)]

use crate::support::Sandbox;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, which is killed when it is dropped.
pub struct Server {
    pub process: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The lines of the log before it listened.
    pub before: Vec<Value>,
    log: Receiver<String>,
}

impl Server {
    /// Serves the database of the sandbox on a free port.
    pub fn start(sandbox: &Sandbox) -> Self {
        Server::with(sandbox, &[])
    }

    /// The same with more options.
    pub fn with(sandbox: &Sandbox, options: &[&str]) -> Self {
        let args = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        let mut command = sandbox.tokctl(&[&args, options].concat()).into_command();
        Server::spawn(&mut command)
    }

    /// Starts a command that serves and logs JSON, and waits until it listens.
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (sender, log) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut server = Server { process, address: String::new(), before: Vec::new(), log };
        let listening = loop {
            match server.logged_where(|_| true) {
                line if line["message"] == "listening" => break line,
                line => server.before.push(line),
            }
        };
        server.address = listening["address"].as_str().unwrap().to_string();
        server
    }

    /// Waits for a line of the log with this message.
    #[track_caller]
    pub fn logged(&self, message: &str) -> Value {
        self.logged_where(|line| line["message"] == message)
    }

    /// Waits for a line of the log.
    #[track_caller]
    pub fn logged_where(&self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.log.recv_timeout(PATIENCE).expect("a line of the log");
            let line = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if fits(&line) {
                return line;
            }
        }
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Ends the server in an orderly way, and returns its exit code and the rest of its log.
    pub fn end(mut self) -> (Option<i32>, Vec<String>) {
        self.signal("TERM");
        let code = self.process.wait().unwrap().code();
        (code, self.log.iter().collect())
    }

    /// A connection.
    pub fn connect(&self) -> Connection {
        Connection::to(&self.address)
    }

    /// The answer to a request with these headers.
    #[track_caller]
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request("GET", path, headers, "")
    }

    /// The answer to `/auth` with this path for a bearer token.
    #[track_caller]
    pub fn auth(&self, path: &str, secret: &str) -> Response {
        self.get(path, &[("Authorization", &format!("Bearer {secret}"))])
    }

    /// The answer to a form.
    #[track_caller]
    pub fn form(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Response {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.request("POST", path, &[&[kind], headers].concat(), form)
    }

    /// The answer to a request.
    #[track_caller]
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        request(&self.address, method, path, headers, body)
    }
}

/// The answer to a request to any server.
#[track_caller]
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut connection = Connection::to(address);
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    connection.send(format!("{text}\r\n{body}"));
    connection.response_to(method)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection that is kept open.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// A connection to any server.
    #[track_caller]
    pub fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(BufReader::new(stream))
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// The next response.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        self.response_to("GET")
    }

    /// The next response; that to HEAD has no body.
    #[track_caller]
    pub fn response_to(&mut self, method: &str) -> Response {
        let mut response = Response::default();
        let status = self.line();
        response.status =
            status.split(' ').nth(1).and_then(|code| code.parse().ok()).expect(&status);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            response.headers.push((name.to_ascii_lowercase(), value.to_string()));
        }
        let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if method == "HEAD" { 0 } else { length }];
        self.0.read_exact(&mut body).unwrap();
        response.body = String::from_utf8(body).unwrap();
        response
    }

    /// What the server sends until it closes the connection.
    pub fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line of a response");
        line.trim_end().to_string()
    }
}

/// A response.
#[derive(Debug, Default)]
pub struct Response {
    pub status: u16,
    /// In lower case, and in order.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    /// The only header of this name.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        let first = found.next();
        assert!(found.next().is_none(), "{name} is repeated: {self:#?}");
        first.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Runs a program to its end, and returns its standard output.
#[track_caller]
pub fn output_of(program: impl AsRef<OsStr>, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{output:#?}");
    String::from_utf8(output.stdout).unwrap()
}
