//! Requests with random faults: whatever a client sends, the server answers in HTTP or not at all, lets
//! nobody in without a good secret, and lives on.

use crate::http::Server;
use crate::raw::exchange;
use crate::support::{Sandbox, UNKNOWN};
use std::env;

/// How many requests are sent, unless `TOKCTL_TEST_FUZZ` says another number.
const COUNT: u64 = 3000;

/// What faults are put together from.
const PIECES: [&[u8]; 34] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"\r\n\r\n",
    b"\r\n ",
    b"\xff",
    b"\x80",
    b"%00",
    b"%0d%0a",
    b"?",
    b"&any=1",
    b"&scope=posts.read",
    b"#",
    b"/",
    b"..",
    b";",
    b",",
    b"Bearer ",
    b"Basic ",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"Host: b\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
];

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Puts one fault into a request.
    fn spoil(&mut self, bytes: &mut Vec<u8>, others: &[&[u8]]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(20)).min(bytes.len());
        match self.below(8) {
            0 if at < bytes.len() => bytes[at] = self.below(256) as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => drop(bytes.splice(at..at, bytes[at..end].repeat(1 + self.below(40)))),
            4 => bytes.truncate(at),
            5 => {
                let other = self.of(others);
                bytes.splice(at..end, other[self.below(other.len())..].iter().copied());
            }
            _ => drop(bytes.splice(at..at, self.of(&PIECES).iter().copied())),
        }
    }
}

/// Requests that are in order.
fn requests(secret: &str, basic: &str) -> Vec<String> {
    let form = "Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    vec![
        format!(
            "GET /auth?scope=posts.read&any=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\n\r\n"
        ),
        format!(
            "GET /auth?scope=posts.read HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {basic}\r\n\r\n"
        ),
        format!("GET /auth HTTP/1.1\r\nHost: a\r\nX-Forwarded-Uri: /a?b=c&token={secret}\r\n\r\n"),
        format!("POST /auth/a/b?token={secret} HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"),
        format!("GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {UNKNOWN}\r\n\r\n"),
        "GET /auth HTTP/1.1\r\nHost: a\r\nX-Auth-User: alice\r\nX-Required-Scope: a b\r\n\r\n"
            .into(),
        format!("POST /introspect HTTP/1.1\r\n{form}Content-Length: 16\r\n\r\ntoken=tok_x&a=%ff"),
        format!(
            "POST /revoke HTTP/1.1\r\n{form}Transfer-Encoding: chunked\r\n\r\n7\r\ntoken=x\r\n0\r\n\r\n"
        ),
        "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n".into(),
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".into(),
    ]
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn no_request_with_random_faults_gets_in_or_ends_the_server() {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&["--scope", "posts.read"]);
    let encode = format!("printf %s 'x:{secret}' | base64 -w0");
    let basic = sandbox.shell(&encode).go().exits(0).stdout;
    let options = ["--query-parameter", "token", "--access-log", "all"];
    let mut server = Server::with(&sandbox, &options);
    let all = requests(&secret, &basic);
    let all: Vec<_> = all.iter().map(String::as_bytes).collect();
    let count = env::var("TOKCTL_TEST_FUZZ").map_or(COUNT, |count| count.parse().unwrap());
    let mut let_in = 0;
    for seed in 1..=count {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut bytes = random.of(&all).to_vec();
        for _ in 0..=random.below(4) {
            random.spoil(&mut bytes, &all);
        }
        // Whoever knows the password may call himself anything.
        let is_good = contains(&bytes, &secret) || contains(&bytes, &basic[4..]);
        for response in exchange(&server, &bytes) {
            let shown = String::from_utf8_lossy(&bytes);
            let is_in = response.status == 204 || response.header("x-auth-user").is_some();
            assert!(!is_in || is_good, "seed {seed}: {shown:?} got in: {response:#?}");
            assert_ne!(response.status, 500, "seed {seed}: {shown:?}");
            let_in += u32::from(is_in);
        }
        assert!(server.process.try_wait().unwrap().is_none(), "seed {seed} ended the server");
    }
    // The faults left something to find.
    assert!(let_in > 0);
    server.auth("/auth?scope=posts.read", &secret).is(204);
}
