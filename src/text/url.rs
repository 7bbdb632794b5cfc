//! URLs of database servers: taken apart to connect, and masked to be shown.
//!
//! No general URL parser reads them: there can be several hosts, a host can be a percent-encoded
//! path, and people leave characters of passwords unencoded.

use std::fmt::Write;
use std::ops::Range;
use zeroize::Zeroizing;

/// A URL of a database server, decoded.
#[derive(Default)]
pub struct ServerUrl {
    pub user: Option<String>,
    pub password: Option<Zeroizing<String>>,
    /// Host names, addresses or socket folders, each with its port.
    pub hosts: Vec<(String, Option<u16>)>,
    pub database: Option<String>,
    /// Names and values in their order.
    pub parameters: Vec<(String, Zeroizing<String>)>,
}

/// Why a text is no URL of a database server. Nothing of the URL is quoted, because anything in it
/// can be a part of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the port is not a number; in a password, / ? @ : and % must be percent-encoded")]
    Port,
    #[error("the host is malformed")]
    Host,
    #[error("a % is not followed by two hexadecimal digits of UTF-8; write a plain % as %25")]
    Encoding,
    #[error("a parameter has no value; expected name=value")]
    Parameter,
}

impl ServerUrl {
    /// Takes a URL apart. The user ends at the last `@` of the authority, so that a password may
    /// contain one.
    ///
    /// # Errors
    ///
    /// When the text is malformed.
    pub fn parse(url: &str) -> Result<Self, Malformed> {
        let (_, rest) = url.split_once("://").unwrap_or(("", url));
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = address.split_once('/').unwrap_or((address, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let mut parsed = ServerUrl::default();
        if let Some(user) = user {
            let (name, password) = match user.split_once(':') {
                Some((name, password)) => (name, Some(password)),
                None => (user, None),
            };
            parsed.user = not_empty(decode(name)?);
            parsed.password = password.filter(|text| !text.is_empty()).map(decode).transpose()?;
        }
        for host in hosts.split(',').filter(|_| !hosts.is_empty()) {
            parsed.hosts.push(host_and_port(host)?);
        }
        parsed.database = not_empty(decode(path)?);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or(Malformed::Parameter)?;
            parsed.parameters.push((decode(name)?.to_string(), decode(value)?));
        }
        Ok(parsed)
    }
}

fn not_empty(text: Zeroizing<String>) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

/// `host`, `host:port` or `[address]:port`.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), Malformed> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(Malformed::Host)?;
            let port = match rest {
                "" => None,
                rest => Some(rest.strip_prefix(':').ok_or(Malformed::Host)?),
            };
            (host, port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let number = |port: &str| port.parse().map_err(|_| Malformed::Port);
    let port = port.filter(|port| !port.is_empty()).map(number).transpose()?;
    Ok((decode(host)?.to_string(), port))
}

/// Decodes `%XX` (RFC 3986 §2.1).
pub fn decode(text: &str) -> Result<Zeroizing<String>, Malformed> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or(Malformed::Encoding)?);
        rest = &after[2..];
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Malformed::Encoding)?;
    Ok(Zeroizing::new(text.to_string()))
}

/// A text in which every byte that is not plain is percent-encoded (RFC 3986 §2.1).
#[cfg_attr(not(feature = "serve"), allow(dead_code))]
pub fn encode(text: &str, is_plain: impl Fn(u8) -> bool) -> String {
    if text.bytes().all(&is_plain) {
        return text.to_string();
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The URL with `***` for each password.
pub fn masked(url: &str) -> String {
    replaced(url, "***")
}

/// The URL without its passwords, for a process list; `None` if it has none.
pub fn without_password(url: &str) -> Option<String> {
    (!passwords(url).is_empty()).then(|| replaced(url, ""))
}

fn replaced(url: &str, by: &str) -> String {
    let mut shown = String::with_capacity(url.len());
    let mut end = 0;
    for password in passwords(url) {
        shown.push_str(&url[end..password.start]);
        shown.push_str(by);
        end = password.end;
    }
    shown.push_str(&url[end..]);
    shown
}

/// Where the passwords of a URL are: in the authority (RFC 3986 §3.2.1) and among the parameters.
///
/// A password with an unencoded `/`, `?` or `@` is found whole, because what is before the last `@`
/// belongs to it. Too much is masked if a parameter contains an `@`, and never too little.
fn passwords(url: &str) -> Vec<Range<usize>> {
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let at = url[start..].rfind('@').map(|at| start + at);
    let colon = at.and_then(|at| url[start..at].find(':')).map(|colon| start + colon);
    let mut found = Vec::new();
    if let (Some(colon), Some(at)) = (colon, at) {
        found.push(colon + 1..at);
    }
    let mut position = at.unwrap_or(start);
    let Some(query) = url[position..].find('?') else { return non_empty(found) };
    position += query + 1;
    for parameter in url[position..].split('&') {
        let end = position + parameter.len();
        if let Some((name, _)) = parameter.split_once('=') {
            let decoded = decode(name).unwrap_or_else(|_| Zeroizing::new("password".into()));
            if decoded.to_ascii_lowercase().contains("pass") {
                found.push(position + name.len() + 1..end);
            }
        }
        position = end + 1;
    }
    non_empty(found)
}

fn non_empty(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_decoded() {
        let url = ServerUrl::parse(
            "postgres://u%40x:p%2Fw@h:1,[::1]:2,%2Frun%2Fpg,i/d%20b?sslmode=require&x=%26",
        )
        .unwrap();
        assert_eq!(url.user.as_deref(), Some("u@x"));
        assert_eq!(url.password.as_ref().unwrap().as_str(), "p/w");
        let hosts = [("h", Some(1)), ("::1", Some(2)), ("/run/pg", None), ("i", None)];
        assert_eq!(url.hosts, hosts.map(|(host, port)| (host.to_string(), port)));
        assert_eq!(url.database.as_deref(), Some("d b"));
        let parameters: Vec<_> =
            url.parameters.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(parameters, [("sslmode", "require"), ("x", "&")]);
    }

    #[test]
    fn parts_can_be_left_out() {
        for text in ["mysql://", "mysql:///", "mysql://@/?"] {
            let url = ServerUrl::parse(text).unwrap();
            assert!(url.user.is_none() && url.hosts.is_empty() && url.database.is_none(), "{text}");
        }
        let url = ServerUrl::parse("mysql://u:@h/").unwrap();
        assert!(url.password.is_none());
    }

    #[test]
    fn a_password_may_contain_an_at_sign_and_a_hash_sign() {
        let url = ServerUrl::parse("mysql://u:p@#x@h/db").unwrap();
        assert_eq!(url.password.unwrap().as_str(), "p@#x");
        assert_eq!(url.hosts, [("h".to_string(), None)]);
    }

    #[test]
    fn what_is_malformed_is_not_quoted() {
        for (text, why) in [
            ("mysql://u:secret/x@h/db", Malformed::Port),
            ("mysql://h:99999/db", Malformed::Port),
            ("mysql://[::1/db", Malformed::Host),
            ("mysql://u:100%@h/db", Malformed::Encoding),
            ("mysql://u:%ff@h/db", Malformed::Encoding),
            ("mysql://h/db?x", Malformed::Parameter),
        ] {
            assert_eq!(ServerUrl::parse(text).err(), Some(why), "{text}");
            assert!(!why.to_string().contains("secret"));
        }
    }

    #[test]
    fn passwords_are_masked_whole() {
        for (url, shown) in [
            ("postgres://u:p@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p@w:x@h:5432,i/db?a=b", "postgres://u:***@h:5432,i/db?a=b"),
            ("mysql://u:p/w?x#y@h/db", "mysql://u:***@h/db"),
            (
                "postgresql://h?user=u&password=p&sslpassword=q",
                "postgresql://h?user=u&password=***&sslpassword=***",
            ),
            ("postgres://h?p%61ssword=p", "postgres://h?p%61ssword=***"),
            ("postgres://u:p@h?password=q", "postgres://u:***@h?password=***"),
            ("postgres://u@/db?host=/tmp", "postgres://u@/db?host=/tmp"),
            ("mysql://h:3306/db", "mysql://h:3306/db"),
            ("mysql://u:@h/db", "mysql://u:@h/db"),
        ] {
            assert_eq!(masked(url), shown);
            let without = shown.replace("***", "");
            assert_eq!(without_password(url), (url != shown).then_some(without));
        }
    }
}
