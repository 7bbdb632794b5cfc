//! Who sends a request.

use super::net::Peer;
use crate::domain::audit::Caller;
use axum::http::header::USER_AGENT;
use axum::http::{Extensions, HeaderMap, HeaderValue};
use std::net::{IpAddr, SocketAddr};

/// Who sends a request, as far as it can tell. Most requests are never asked, so headers are only read
/// when they are.
#[derive(Debug, Clone)]
pub struct Client {
    peer: Option<SocketAddr>,
    forwarded_for: Option<HeaderValue>,
    agent: Option<HeaderValue>,
}

impl Client {
    /// The client of a request. A proxy tells the address of its own client in `X-Forwarded-For`; whether
    /// it is one is known if nobody else can connect.
    pub fn of(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> Self {
        let peer = extensions.get::<Peer>().and_then(|peer| peer.0);
        let is_proxy = behind_proxy || peer.is_none_or(|address| address.ip().is_loopback());
        let forwarded_for = headers.get_all("x-forwarded-for").iter().next_back();
        let forwarded_for = forwarded_for.filter(|_| is_proxy).cloned();
        Client { peer, forwarded_for, agent: headers.get(USER_AGENT).cloned() }
    }

    /// The client as the log keeps it.
    pub fn caller(&self) -> Caller {
        let forwarded = self.forwarded_for.as_ref().and_then(last_address);
        let address = forwarded.or(self.peer.map(|address| address.ip()));
        let address = address.map(|address| address.to_string());
        let agent = self.agent.as_ref().map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        Caller::new(address.as_deref(), agent.as_deref())
    }
}

/// The last address of `X-Forwarded-For`: the one that the nearest proxy added itself.
fn last_address(forwarded_for: &HeaderValue) -> Option<IpAddr> {
    let last = forwarded_for.to_str().ok()?.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
