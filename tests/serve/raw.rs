//! Bytes to a server, and the strict reading of what it answers.

use crate::http::{Response, Server};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The start of a request that stands behind another one. Whoever gets an answer to it has smuggled it in.
pub const NEXT: &str = "GET /healthz HTTP/1.1\r\nHost: next\r\n\r\n";

/// Sends bytes, then nothing more, and reads all responses until the server closes the connection.
#[track_caller]
pub fn exchange(server: &Server, bytes: impl AsRef<[u8]>) -> Vec<Response> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // A server that refuses a request need not read all of it.
    let _ = stream.write_all(bytes.as_ref());
    let _ = stream.shutdown(Shutdown::Write);
    responses(&until_closed(stream))
}

/// The statuses of [`exchange`].
#[track_caller]
pub fn statuses(server: &Server, bytes: impl AsRef<[u8]>) -> Vec<u16> {
    exchange(server, bytes).iter().map(|response| response.status).collect()
}

/// What the server sends until it closes or resets the connection.
#[track_caller]
pub fn until_closed(mut stream: impl Read) -> Vec<u8> {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&part[..count]),
            Err(error) => {
                let kind = error.kind();
                assert_eq!(kind, std::io::ErrorKind::ConnectionReset, "the server hangs");
                return all;
            }
        }
    }
}

/// Reads responses, none of them to HEAD, and asserts that there is nothing else.
#[track_caller]
pub fn responses(mut bytes: &[u8]) -> Vec<Response> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (response, rest) = response(bytes);
        bytes = rest;
        all.push(response);
    }
    all
}

/// The first response (RFC 9112 §4, §5, §6).
#[track_caller]
fn response(bytes: &[u8]) -> (Response, &[u8]) {
    let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no end of headers: {}", shown()));
    let head =
        std::str::from_utf8(&bytes[..end]).unwrap_or_else(|_| panic!("not text: {}", shown()));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap();
    let mut response = Response { status: status_of(status), ..Response::default() };
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
        let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(!name.is_empty() && name.chars().all(is_token), "{line:?}");
        assert!(value.chars().all(|c| matches!(c, ' '..='~')), "{line:?}");
        response.headers.push((name.to_ascii_lowercase(), value.to_string()));
    }
    assert_eq!(response.header("transfer-encoding"), None);
    let length = response.header("content-length").map(|length| length.parse().unwrap());
    let has_body = !matches!(response.status, 100 | 204);
    assert_eq!(length.is_some(), has_body, "{}", shown());
    let (body, rest) = bytes[end + 4..].split_at(length.unwrap_or(0));
    response.body = String::from_utf8(body.to_vec()).unwrap();
    (response, rest)
}

#[track_caller]
fn status_of(line: &str) -> u16 {
    let rest = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let code = rest.and_then(|rest| rest.split_once(' ')).map(|(code, _)| code);
    let code = code.filter(|code| code.len() == 3).and_then(|code| code.parse().ok());
    code.unwrap_or_else(|| panic!("{line:?}"))
}
