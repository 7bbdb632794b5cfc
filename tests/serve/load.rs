//! Clients that go on asking while a server ends or restarts, and count what became of their requests.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What became of the requests of all clients.
#[derive(Debug, Default)]
pub struct Counts {
    /// Complete responses with the expected status.
    pub answered: AtomicU64,
    /// Complete responses with another status.
    pub other_status: AtomicU64,
    /// Responses that began and were not complete.
    pub torn: AtomicU64,
    /// Connections that were closed before the response to their first request.
    pub unanswered: AtomicU64,
    /// Connections that were closed after a response that did not say so, before any byte of the next. HTTP
    /// allows that, and clients repeat the request.
    pub races: AtomicU64,
    /// Connections that were not accepted.
    pub refused: AtomicU64,
}

impl Counts {
    /// How many of one kind.
    pub fn of(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

/// Clients that ask as threads of their own.
pub struct Load {
    pub counts: Arc<Counts>,
    enough: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// What became of one request.
enum Outcome {
    Answered { status: u16, is_last: bool },
    Nothing,
    Torn,
}

impl Load {
    /// Clients of a server at `address` that get 204 for `secret`: `kept` of them keep their connection, and
    /// `fresh` make one for each request. Each asks again after `pause`; the kept ones idle a little at least,
    /// so that the end finds connections without a request.
    pub fn start(address: &str, secret: &str, kept: usize, fresh: usize, pause: Duration) -> Self {
        let counts = Arc::new(Counts::default());
        let enough = Arc::new(AtomicBool::new(false));
        let client = |is_fresh: bool| {
            let close = if is_fresh { "Connection: close\r\n" } else { "" };
            let client = Client {
                address: address.to_string(),
                request: format!(
                    "GET /auth HTTP/1.1\r\nHost: x\r\n{close}Authorization: Bearer {secret}\r\n\r\n"
                ),
                pause: if is_fresh { pause } else { pause.max(Duration::from_millis(15)) },
                counts: counts.clone(),
                enough: enough.clone(),
            };
            thread::spawn(move || client.run())
        };
        let threads = (0..kept + fresh).map(|number| client(number >= kept)).collect();
        Load { counts, enough, threads }
    }

    /// Waits until this many more requests are answered.
    pub fn wait_for(&self, more: u64) {
        let answered = || self.counts.answered.load(Ordering::Relaxed);
        let (enough, limit) = (answered() + more, Instant::now() + Duration::from_secs(60));
        while answered() < enough {
            assert!(Instant::now() < limit, "{:?}", self.counts);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends all clients after the responses that they wait for.
    pub fn end(self) -> Arc<Counts> {
        self.enough.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        self.counts
    }
}

struct Client {
    address: String,
    request: String,
    pause: Duration,
    counts: Arc<Counts>,
    enough: Arc<AtomicBool>,
}

impl Client {
    fn run(&self) {
        let mut next = Instant::now();
        while !self.enough.load(Ordering::Relaxed) {
            let Ok(stream) = TcpStream::connect(&self.address) else {
                count(&self.counts.refused);
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            self.ask_over(&mut BufReader::new(stream), &mut next);
        }
    }

    /// Asks again and again, until the connection is closed.
    fn ask_over(&self, stream: &mut BufReader<TcpStream>, next: &mut Instant) {
        let mut is_first = true;
        while !self.enough.load(Ordering::Relaxed) {
            let is_last = match self.ask(stream) {
                Outcome::Answered { status: 204, is_last } => {
                    count(&self.counts.answered);
                    is_last
                }
                Outcome::Answered { is_last, .. } => {
                    count(&self.counts.other_status);
                    is_last
                }
                Outcome::Nothing => {
                    count(if is_first { &self.counts.unanswered } else { &self.counts.races });
                    return;
                }
                Outcome::Torn => {
                    count(&self.counts.torn);
                    return;
                }
            };
            is_first = false;
            *next += self.pause;
            thread::sleep(next.saturating_duration_since(Instant::now()));
            if is_last {
                return;
            }
        }
    }

    fn ask(&self, stream: &mut BufReader<TcpStream>) -> Outcome {
        if stream.get_mut().write_all(self.request.as_bytes()).is_err() {
            return Outcome::Nothing;
        }
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let read = stream.read_line(&mut head);
            match read {
                Ok(0) | Err(_) if head.is_empty() => return Outcome::Nothing,
                Ok(0) | Err(_) => return Outcome::Torn,
                Ok(_) if head.ends_with("\r\n\r\n") => break,
                Ok(_) => {}
            }
        }
        let head = head.to_ascii_lowercase();
        for line in head.lines() {
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
        if io::copy(&mut io::Read::take(&mut *stream, length), &mut io::sink()).ok() != Some(length)
        {
            return Outcome::Torn;
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let is_last = head.contains("\r\nconnection: close\r\n");
        status.map_or(Outcome::Torn, |status| Outcome::Answered { status, is_last })
    }
}

fn count(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
