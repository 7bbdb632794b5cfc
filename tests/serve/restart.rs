//! The end of a server and its restart, while clients go on asking.

use crate::http::Server;
use crate::load::{Counts, Load};
use crate::support::Sandbox;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A server that gets this listening socket as systemd passes it. The socket stays open, as with systemd.
fn activated(sandbox: &Sandbox, socket: &TcpListener) -> Command {
    let mut command = sandbox
        .shell(
            "exec 3<&0 < /dev/null
             export LISTEN_FDS=1 LISTEN_PID=$$
             exec \"$TOKCTL\" serve --log-format json",
        )
        .into_command();
    command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
    command
}

/// Restarts a server behind a socket that stays open. All requests are answered.
fn restarted(times: usize, between: u64, pause: Duration) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut server = Server::spawn(&mut activated(&sandbox, &socket));
    assert_eq!(server.address, socket.local_addr().unwrap().to_string());
    let load = Load::start(&server.address, &secret, 8, 8, pause);
    for _ in 0..times {
        load.wait_for(between);
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log:#?}");
        server = Server::spawn(&mut activated(&sandbox, &socket));
    }
    load.wait_for(between);
    let counts = load.end();
    println!("{counts:?}");
    let Counts { torn, unanswered, races, refused, other_status, .. } = &*counts;
    for lost in [torn, unanswered, races, refused, other_status] {
        assert_eq!(Counts::of(lost), 0, "{counts:?}");
    }
}

/// Ends a server. What it answers is complete, and no connection is closed that could still be used.
fn ended(before: u64, pause: Duration) {
    let sandbox = Sandbox::with_alice();
    let secret = sandbox.create(&[]);
    let server = Server::start(&sandbox);
    let load = Load::start(&server.address, &secret, 8, 8, pause);
    load.wait_for(before);
    let (code, log) = server.end();
    let counts = load.end();
    println!("{counts:?}");
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("cut off")), "{log:#?}");
    assert_eq!(Counts::of(&counts.torn), 0, "{counts:?}");
    assert_eq!(Counts::of(&counts.races), 0, "{counts:?}");
    assert_eq!(Counts::of(&counts.other_status), 0, "{counts:?}");
}

#[test]
fn a_restart_behind_a_socket_that_stays_open_loses_no_request() {
    restarted(3, 200, Duration::ZERO);
}

#[test]
fn the_end_loses_no_response_that_was_begun() {
    ended(500, Duration::ZERO);
}

/// 16 clients of which each asks every 16 ms.
#[test]
#[ignore = "takes half a minute; run it alone, with --release"]
fn nothing_is_lost_at_1000_requests_a_second() {
    let pause = Duration::from_millis(16);
    for _ in 0..3 {
        ended(2000, pause);
    }
    restarted(10, 2000, pause);
}
