//! Servers that accept a connection and never answer.

use crate::place::Place;
use crate::support::UNKNOWN;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// The address of a server that accepts connections and says nothing.
fn mute() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn a_server_that_does_not_answer_is_given_up_and_the_next_one_tried() {
    let Some(place) = Place::new() else { return };
    let (_listener, port) = mute();
    let of = |hosts: &str, ports: &str| {
        format!(
            "postgres://postgres@/postgres?host={hosts}&port={ports}&connect_timeout=1\
             &options=-csearch_path%3D{}",
            place.schema
        )
    };
    let verify = |url: &str| {
        let run = place.sandbox.tokctl(&["verify", UNKNOWN]).env("TOKCTL_DATABASE", url);
        let began = Instant::now();
        (run.go(), began.elapsed())
    };
    let alone = of("127.0.0.1", &port.to_string());
    let (ran, took) = verify(&alone);
    ran.fails(4, &format!("database {alone}: the server did not answer in time"));
    assert!(took < Duration::from_secs(15), "{took:?}");
    let both = of(
        &format!("127.0.0.1,{}", place.server.folder()),
        &format!("{port},{}", place.server.port()),
    );
    verify(&both).0.exits(1);
}

#[test]
fn a_database_that_hangs_costs_the_answer_of_its_replica_no_time() {
    let Some(place) = Place::new() else { return };
    let secret = place.create(&[]);
    let (_listener, port) = mute();
    let hanging = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let args = ["verify", &secret, "--read-database", &place.url()];
    let began = Instant::now();
    place.sandbox.tokctl(&args).env("TOKCTL_DATABASE", &hanging).go().exits(0);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}
