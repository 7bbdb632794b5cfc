//! Who sends a request.

use super::net::Peer;
use crate::domain::audit::Caller;
use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::app::App;

/// Who sends a request, as far as the log tells.
#[derive(Debug, Clone)]
pub struct Client {
    address: Option<IpAddr>,
    agent: Option<String>,
}

impl Client {
    /// The client of a request. A proxy tells the address of its own client: the last one in
    /// `X-Forwarded-For` is the one that it added itself.
    pub fn of(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> Self {
        let peer = extensions.get::<Peer>().and_then(|peer| peer.0);
        let is_proxy = behind_proxy || peer.is_none_or(|address| address.ip().is_loopback());
        let forwarded = forwarded_for(headers).filter(|_| is_proxy);
        let agent = headers.get(USER_AGENT);
        Client {
            address: forwarded.or(peer.map(|address| address.ip())),
            agent: agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned()),
        }
    }

    /// The client as the log of the database keeps it.
    pub fn caller(&self) -> Caller {
        let address = self.address.map(|address| address.to_string());
        Caller::new(address.as_deref(), self.agent.as_deref())
    }
}

/// The last address of `X-Forwarded-For`, of which there may be several.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Client::of(&parts.headers, &parts.extensions, app.config.behind_proxy))
    }
}
