//! Where a MySQL or MariaDB server is: a URL, completed by the option file and the environment.

use super::option_file::{self, Options};
use super::tls::{Tls, TlsSettings};
use crate::import::source::error::Cause;
use crate::store::account;
use crate::store::server::canonical_host;
use crate::text::url::ServerUrl;
use std::env;
use std::fmt::{self, Display};
use std::path::Path;
use zeroize::Zeroizing;

/// Where servers have their socket: Debian's and Red Hat's, and MySQL's own.
const SOCKETS: [&str; 4] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

/// Parameters that frameworks put into the URL of an application and that change nothing here: the
/// connection always uses utf8mb4.
const IGNORED: [&str; 2] = ["charset", "serverVersion"];

/// How to connect to a server.
pub struct Address {
    pub place: Place,
    pub user: String,
    pub password: Option<Zeroizing<String>>,
    pub database: String,
    pub tls: Tls,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Socket(String),
    Tcp(String, u16),
}

impl Address {
    /// The address in a URL, completed by `~/.my.cnf` and the environment of this process.
    pub fn new(url: &str) -> Result<Self, Cause> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let file = variable("HOME").map(|home| Path::new(&home).join(".my.cnf"));
        let options = match file {
            Some(file) => option_file::read(&file)?,
            None => Options::default(),
        };
        let socket = || SOCKETS.into_iter().find(|socket| Path::new(socket).exists());
        Self::with(url, options, &variable, &socket)
    }

    /// `variable` reads the environment, and `socket` finds the socket of a server on this machine.
    fn with(
        url: &str,
        options: Options,
        variable: &dyn Fn(&str) -> Option<String>,
        socket: &dyn Fn() -> Option<&'static str>,
    ) -> Result<Self, Cause> {
        let mut url = ServerUrl::parse(url).map_err(|why| Cause::InvalidUrl(why.to_string()))?;
        let parameters = Parameters::new(&url)?;
        let (host, port) = match url.hosts.as_slice() {
            [] => (String::new(), None),
            [one] => one.clone(),
            _ => return Err(Cause::InvalidUrl("it names several hosts".into())),
        };
        let host = Some(host).filter(|host| !host.is_empty()).or(options.host);
        let is_local = host.as_deref().is_none_or(|host| host.eq_ignore_ascii_case("localhost"));
        let path = host.clone().filter(|host| host.starts_with('/'));
        let socket = match (parameters.socket.or(path), is_local && port.is_none()) {
            (Some(socket), _) => Some(socket),
            (None, true) => options
                .socket
                .or_else(|| variable("MYSQL_UNIX_PORT"))
                .or_else(|| socket().map(str::to_string)),
            (None, false) => None,
        };
        let place = match (socket, host) {
            (Some(socket), _) => Place::Socket(socket),
            (None, host) => {
                let listed = variable("MYSQL_TCP_PORT").and_then(|port| port.parse().ok());
                let port = port.or(options.port).or(listed).unwrap_or(3306);
                Place::Tcp(host.unwrap_or_else(|| "localhost".into()), port)
            }
        };
        let user = match url.user.take().or(options.user) {
            Some(user) => user,
            None => account::name().ok_or_else(|| {
                Cause::InvalidUrl("it names no user, and this account has no name".into())
            })?,
        };
        let password = url.password.take().or(options.password);
        let tls = parameters.tls.or(options.tls).tls();
        let tls = tls.map_err(|why| Cause::InvalidTls(why.to_string()))?;
        Ok(Address {
            place,
            user,
            password: password.or_else(|| variable("MYSQL_PWD").map(Zeroizing::new)),
            database: url.database.take().ok_or(Cause::NoDatabase)?,
            tls,
        })
    }

    /// The address as a URL without a password, spelled as it was given.
    pub fn place(&self) -> String {
        format!("mysql://{}@{}/{}", self.user, self.place, self.database)
    }

    /// The same text for the same database, whatever the user and the spelling of a local host.
    pub fn identity(&self) -> String {
        format!("mysql://{}/{}", self.place.identity(), self.database)
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Socket(socket) => f.write_str(socket),
            Place::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Place::Tcp(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

impl Place {
    fn identity(&self) -> String {
        match self {
            Place::Socket(socket) if SOCKETS.contains(&socket.as_str()) => "localhost:3306".into(),
            Place::Socket(socket) => socket.clone(),
            Place::Tcp(host, port) => format!("{}:{port}", canonical_host(host)),
        }
    }
}

struct Parameters {
    socket: Option<String>,
    tls: TlsSettings,
}

impl Parameters {
    fn new(url: &ServerUrl) -> Result<Self, Cause> {
        let invalid = |why: String| Cause::InvalidUrl(why);
        let mut parameters = Parameters { socket: None, tls: TlsSettings::default() };
        for (name, value) in &url.parameters {
            match name.to_ascii_lowercase().replace('_', "-").as_str() {
                "socket" | "unix-socket" => parameters.socket = Some(value.to_string()),
                _ if IGNORED.contains(&name.as_str()) => {}
                setting => {
                    let is_known = parameters.tls.set(setting, Some(value));
                    if !is_known.map_err(|why| invalid(why.to_string()))? {
                        return Err(invalid(format!("the parameter {name:?} is not supported")));
                    }
                }
            }
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(url: &str) -> Result<Address, Cause> {
        Address::with(url, Options::default(), &|_| None, &|| None)
    }

    fn failure(url: &str) -> String {
        plain(url).err().unwrap().to_string()
    }

    fn tcp(host: &str, port: u16) -> Place {
        Place::Tcp(host.into(), port)
    }

    #[test]
    fn the_url_comes_first() {
        let options = || Options {
            user: Some("file".into()),
            password: Some(Zeroizing::new("filepw".into())),
            host: Some("filehost".into()),
            port: Some(3307),
            socket: Some("/file.sock".into()),
            tls: TlsSettings::default(),
        };
        let variable = |name: &str| (name == "MYSQL_PWD").then(|| "envpw".to_string());
        let open = |url: &str| Address::with(url, options(), &variable, &|| None).unwrap();
        let url = open("mysql://u:p%40w@h:1/db");
        assert_eq!((url.user.as_str(), &url.place), ("u", &tcp("h", 1)));
        assert_eq!(url.password.unwrap().as_str(), "p@w");
        let file = open("mysql:///db");
        assert_eq!((file.user.as_str(), &file.place), ("file", &tcp("filehost", 3307)));
        assert_eq!(file.password.unwrap().as_str(), "filepw");
        assert_eq!(open("mysql://localhost/db").place, Place::Socket("/file.sock".into()));
        let environment = Address::with("mysql://u@h/db", Options::default(), &variable, &|| None);
        assert_eq!(environment.unwrap().password.unwrap().as_str(), "envpw");
    }

    #[test]
    fn localhost_without_a_port_is_a_socket_if_there_is_one() {
        let socket = || Some("/run/mysqld/mysqld.sock");
        let open =
            |url: &str| Address::with(url, Options::default(), &|_| None, &socket).unwrap().place;
        let found = Place::Socket("/run/mysqld/mysqld.sock".into());
        assert_eq!(open("mysql://u@localhost/db"), found);
        assert_eq!(open("mysql:///db"), found);
        assert_eq!(open("mysql://u@localhost:3306/db"), tcp("localhost", 3306));
        assert_eq!(open("mysql://u@127.0.0.1/db"), tcp("127.0.0.1", 3306));
        let given = open("mysql://u@localhost/db?socket=%2Ftmp%2Fx");
        assert_eq!(given, Place::Socket("/tmp/x".into()));
        assert_eq!(open("mysql://u@%2Ftmp%2Fx/db"), Place::Socket("/tmp/x".into()));
        assert_eq!(plain("mysql://u@/db").unwrap().place, tcp("localhost", 3306));
    }

    #[test]
    fn the_same_database_has_the_same_identity() {
        let identity = |url: &str| plain(url).unwrap().identity();
        assert_eq!(identity("mysql://u@DB.example/app"), "mysql://db.example:3306/app");
        assert_eq!(identity("mysql://a@127.0.0.1/app"), identity("mariadb://b:p@localhost/app"));
        assert_eq!(identity("mysql://u@[::1]:3306/app"), "mysql://localhost:3306/app");
    }

    #[test]
    fn a_place_is_shown_as_it_was_given() {
        let place = |url: &str| plain(url).unwrap().place();
        assert_eq!(place("mysql://u:p@DB.example/app"), "mysql://u@DB.example:3306/app");
        assert_eq!(place("mysql://u@127.0.0.1:1/app"), "mysql://u@127.0.0.1:1/app");
        assert_eq!(place("mysql://u@[::1]/app"), "mysql://u@[::1]:3306/app");
        assert_eq!(place("mysql://u@h/app?socket=/tmp/x"), "mysql://u@/tmp/x/app");
    }

    #[test]
    fn the_option_file_completes_what_the_url_says_about_tls() {
        let options = || {
            let mut tls = TlsSettings::default();
            tls.set("ssl-ca", Some("/ca.pem")).unwrap();
            Options { tls, ..Options::default() }
        };
        let tls = |url: &str| Address::with(url, options(), &|_| None, &|| None).unwrap().tls;
        assert_eq!(tls("mysql://u@h/db"), Tls::Verified(Some("/ca.pem".into())));
        assert_eq!(tls("mysql://u@h/db?ssl_mode=DISABLED"), Tls::Disabled);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (url, message) in [
            ("mysql://u@h", "the URL names no database"),
            ("mysql://u@h,i/db", "invalid URL: it names several hosts"),
            ("mysql://u@h/db?x=1", "invalid URL: the parameter \"x\" is not supported"),
            (
                "mysql://u@h/db?ssl-mode=on",
                "invalid URL: invalid value of ssl-mode: expected disabled, preferred, required, \
                 verify_ca or verify_identity",
            ),
            (
                "mysql://u@h/db?ssl-mode=verify_ca",
                "invalid settings of TLS: ssl-mode=verify_ca needs the certificate authority's file in \
                 ssl-ca",
            ),
        ] {
            assert_eq!(failure(url), message);
        }
        assert!(plain("mysql://u@h/db?serverVersion=8.0.32&charset=utf8mb4").is_ok());
    }
}
