//! Where to listen.

use crate::domain::Invalid;
use std::fmt::{self, Display};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An address and a port; port 0 is any that is free.
    Tcp(SocketAddr),
    /// The path of a socket.
    Unix(PathBuf),
}

impl Address {
    /// Whether only this machine can connect.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp(address) => address.ip().is_loopback(),
            Address::Unix(_) => true,
        }
    }
}

impl FromStr for Address {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err("needs a path after unix:".into()),
                path => Ok(Address::Unix(path.into())),
            };
        }
        // Other names would need a resolver, and can change.
        if let Some(port) = text.strip_prefix("localhost:")
            && let Ok(port) = port.parse()
        {
            return Ok(Address::Tcp((Ipv4Addr::LOCALHOST, port).into()));
        }
        text.parse().map(Address::Tcp).map_err(|_| {
            "must be ADDRESS:PORT, for example 127.0.0.1:7380 or [::1]:7380, or unix:/PATH".into()
        })
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "{address}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_and_sockets_are_local() {
        for (text, is_local) in [
            ("127.0.0.1:80", true),
            ("127.1.2.3:80", true),
            ("[::1]:80", true),
            ("unix:/run/tokctl.sock", true),
            ("0.0.0.0:80", false),
            ("[::]:80", false),
            ("192.168.0.1:80", false),
            // In doubt, others can connect.
            ("[::ffff:127.0.0.1]:80", false),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().is_local(), is_local, "{text}");
        }
    }

    #[test]
    fn addresses_are_numbers_or_paths() {
        for (text, shown) in [
            ("127.0.0.1:7380", "127.0.0.1:7380"),
            ("[::1]:80", "[::1]:80"),
            ("localhost:0", "127.0.0.1:0"),
            ("unix:/run/tokctl/http.sock", "unix:/run/tokctl/http.sock"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
        for bad in ["", "7380", ":7380", "127.0.0.1", "example.com:80", "unix:", "localhost:x"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
