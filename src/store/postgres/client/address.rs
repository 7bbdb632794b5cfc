//! Where a PostgreSQL server is: a URL, completed by the environment.

use super::error::Error;
use crate::store::account;
use crate::text::url::ServerUrl;
use std::env;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// libpq's parameters that have a meaning here, and the environment variables that stand for them
/// (PostgreSQL's documentation, sections 34.1.2 and 34.15).
const PARAMETERS: [(&str, &str); 23] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("dbname", "PGDATABASE"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("options", "PGOPTIONS"),
    ("application_name", "PGAPPNAME"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("keepalives", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("keepalives_count", ""),
    ("tcp_user_timeout", ""),
];

/// Parameters that change nothing here; the last two are what frameworks put into an application's
/// URL. Any other one is refused, because it could be one that makes a connection safer.
const IGNORED: [&str; 8] = [
    "client_encoding",
    "fallback_application_name",
    "krbsrvname",
    "gsslib",
    "sslcompression",
    "sslsni",
    "charset",
    "serverVersion",
];

/// Folders where servers put their socket: Debian's, and PostgreSQL's own.
const SOCKET_FOLDERS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// How to connect to a server.
#[derive(Clone)]
pub struct Address {
    pub hosts: Vec<Host>,
    pub user: String,
    pub database: String,
    pub password: Option<Zeroizing<String>>,
    pub password_file: Option<PathBuf>,
    pub options: Option<String>,
    pub application: String,
    pub connect_timeout: Option<Duration>,
    pub session: Session,
    pub tls: Tls,
    pub keepalive: Keepalive,
}

/// One server of a list.
#[derive(Clone)]
pub struct Host {
    /// A name, an address, or the folder of a socket.
    pub name: String,
    /// Where the name leads, if it is not to be looked up.
    pub address: Option<IpAddr>,
    pub port: u16,
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// The operating system's certificates.
    System,
    File(PathBuf),
}

/// How to encrypt a connection.
#[derive(Clone)]
pub struct Tls {
    pub mode: Mode,
    pub roots: Option<Roots>,
    /// The files of a certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    pub is_direct: bool,
    pub binding: Binding,
}

/// libpq's `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    Disable,
    Prefer,
    Require,
}

/// libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    /// Read-only if there is such a server.
    PreferReadOnly,
}

#[derive(Clone)]
pub struct Keepalive {
    pub is_on: bool,
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
    pub user_timeout: Option<Duration>,
}

impl Address {
    /// The address in a URL, completed by the environment of this process and libpq's defaults.
    ///
    /// # Errors
    ///
    /// When the URL is malformed, or has a parameter that is not supported.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::with(url, &|name| env::var(name).ok())
    }

    /// `variable` reads the environment.
    fn with(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut given = Given { url: ServerUrl::parse(url)?, variable };
        if let Some((name, _)) = given.url.parameters.iter().find(|(name, value)| {
            !PARAMETERS.iter().any(|(known, _)| known == name)
                && !IGNORED.contains(&name.as_str())
                // There is no encryption by GSSAPI here, which only `require` asks for.
                && (name != "gssencmode" || value.as_str() == "require")
        }) {
            return Err(Error::Parameter(name.clone()));
        }
        let home = (given.variable)("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let hosts = given.hosts()?;
        let user = given.url.user.take().or_else(|| given.text("user"));
        let user = match user {
            Some(user) => user,
            None => account::name().ok_or(Error::Value { name: "user", expected: "one" })?,
        };
        let database = given.url.database.take().or_else(|| given.text("dbname"));
        let password = given.url.password.take().or_else(|| given.get("password"));
        let default_file = home.as_ref().map(|home| home.join(".pgpass"));
        let seconds = |number: u64| (number > 0).then(|| Duration::from_secs(number));
        Ok(Address {
            hosts,
            database: database.unwrap_or_else(|| user.clone()),
            user,
            password,
            password_file: given.text("passfile").map(PathBuf::from).or(default_file),
            options: given.text("options"),
            application: given.text("application_name").unwrap_or_else(|| "tokctl".into()),
            connect_timeout: match given.number("connect_timeout")? {
                Some(number) => seconds(number),
                None => seconds(30),
            },
            session: given.session()?,
            tls: given.tls(home.as_deref())?,
            keepalive: given.keepalive()?,
        })
    }
}

struct Given<'a> {
    url: ServerUrl,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Given<'_> {
    /// A parameter of the URL, else of the environment. An empty one counts as left out.
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        let in_url = self.url.parameters.iter().rev().find(|(known, _)| known == name);
        let value = in_url.map(|(_, value)| value.clone()).or_else(|| {
            let (_, variable) = PARAMETERS.iter().find(|(known, _)| *known == name)?;
            (self.variable)(variable).map(Zeroizing::new)
        });
        value.filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.to_string())
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, Error> {
        // libpq takes negative numbers for 0.
        let number = |text: String| text.trim().parse().map(|number: i64| number.max(0));
        let number = self.text(name).map(number).transpose();
        let number = number.map_err(|_| Error::Value { name, expected: "a whole number" })?;
        Ok(number.map(i64::unsigned_abs))
    }

    fn word<T: Copy>(
        &self,
        name: &'static str,
        expected: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == value);
        found.map(|(_, meaning)| Some(*meaning)).ok_or(Error::Value { name, expected })
    }

    /// The hosts of the URL's authority, else of its parameters, else of the environment, else where
    /// a server on this machine has its socket.
    fn hosts(&mut self) -> Result<Vec<Host>, Error> {
        let ports = self.list("port");
        let port = |text: &str| match text {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Error::Value { name: "port", expected: "a number up to 65535" }),
        };
        let ports = ports.iter().map(|text| port(text)).collect::<Result<Vec<_>, _>>()?;
        let mut hosts = std::mem::take(&mut self.url.hosts);
        if hosts.iter().all(|(host, _)| host.is_empty()) && hosts.len() <= 1 {
            let port = hosts.first().and_then(|(_, port)| *port);
            hosts = self.list("host").into_iter().map(|host| (host, port)).collect();
        }
        let addresses = self.list("hostaddr");
        let parse = |text: &String| match text.as_str() {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Error::Value { name: "hostaddr", expected: "IP addresses" }),
        };
        let addresses = addresses.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let count = hosts.len().max(addresses.len()).max(1);
        let is_paired = |length: usize| length <= 1 || length == count;
        if !is_paired(ports.len()) || (!hosts.is_empty() && hosts.len() != count) {
            return Err(Error::Value { name: "port", expected: "as many ports as hosts" });
        }
        let host = |position: usize| {
            let (name, own_port) = hosts.get(position).cloned().unwrap_or_default();
            let listed = ports.get(position).or_else(|| ports.first()).copied().flatten();
            let port = own_port.or(listed).unwrap_or(5432);
            let address: Option<IpAddr> = addresses.get(position).copied().flatten();
            let name = match (name.as_str(), address) {
                ("", Some(address)) => address.to_string(),
                ("", None) => default_host(port),
                _ => name,
            };
            Host { name, address, port }
        };
        Ok((0..count).map(host).collect())
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        text.map_or_else(Vec::new, |text| text.split(',').map(str::to_string).collect())
    }

    fn session(&self) -> Result<Session, Error> {
        const EXPECTED: &str = "any, read-write, read-only, primary, standby or prefer-standby";
        let words = [
            ("any", Session::Any),
            ("read-write", Session::ReadWrite),
            ("primary", Session::ReadWrite),
            ("read-only", Session::ReadOnly),
            ("standby", Session::ReadOnly),
            ("prefer-standby", Session::PreferReadOnly),
        ];
        let session = self.word("target_session_attrs", EXPECTED, &words)?;
        Ok(session.unwrap_or(Session::Any))
    }

    /// A root certificate makes `require` verify, and `system` is for `verify-full` only, as with
    /// libpq.
    fn tls(&self, home: Option<&Path>) -> Result<Tls, Error> {
        const MODES: &str = "disable, allow, prefer, require, verify-ca or verify-full";
        let words = [
            ("disable", Mode::Disable),
            ("allow", Mode::Allow),
            ("prefer", Mode::Prefer),
            ("require", Mode::Require),
            ("verify-ca", Mode::VerifyCa),
            ("verify-full", Mode::VerifyFull),
        ];
        let mode = self.word("sslmode", MODES, &words)?;
        let in_home = |file: &str| {
            let path = home.map(|home| home.join(".postgresql").join(file));
            path.filter(|path| path.exists())
        };
        let roots = match self.text("sslrootcert") {
            Some(text) if text == "system" => Some(Roots::System),
            Some(file) => Some(Roots::File(file.into())),
            None => in_home("root.crt").map(Roots::File),
        };
        let mode = match (mode, &roots) {
            (None, Some(Roots::System)) => Mode::VerifyFull,
            (Some(mode), Some(Roots::System)) if mode != Mode::VerifyFull => {
                let expected = "verify-full, because sslrootcert is system";
                return Err(Error::Value { name: "sslmode", expected });
            }
            (Some(Mode::Require), Some(_)) => Mode::VerifyCa,
            (mode, _) => mode.unwrap_or(Mode::Prefer),
        };
        let certificate = self.text("sslcert").map(PathBuf::from);
        let certificate = certificate.or_else(|| in_home("postgresql.crt"));
        let key = self.text("sslkey").map(PathBuf::from).or_else(|| in_home("postgresql.key"));
        let binding = [
            ("disable", Binding::Disable),
            ("prefer", Binding::Prefer),
            ("require", Binding::Require),
        ];
        let binding = self.word("channel_binding", "disable, prefer or require", &binding)?;
        let direct = [("postgres", false), ("direct", true)];
        let direct = self.word("sslnegotiation", "postgres or direct", &direct)?;
        Ok(Tls {
            mode,
            roots,
            identity: certificate.zip(key),
            is_direct: direct.unwrap_or(false),
            binding: binding.unwrap_or(Binding::Prefer),
        })
    }

    fn keepalive(&self) -> Result<Keepalive, Error> {
        let seconds = |number: u64| (number > 0).then(|| Duration::from_secs(number));
        let millis = |number: u64| (number > 0).then(|| Duration::from_millis(number));
        let count = self.number("keepalives_count")?.and_then(|count| u32::try_from(count).ok());
        Ok(Keepalive {
            is_on: self.number("keepalives")? != Some(0),
            idle: self.number("keepalives_idle")?.and_then(seconds),
            interval: self.number("keepalives_interval")?.and_then(seconds),
            count: count.filter(|count| *count > 0),
            user_timeout: self.number("tcp_user_timeout")?.and_then(millis),
        })
    }
}

fn default_host(port: u16) -> String {
    let socket = |folder: &&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    SOCKET_FOLDERS.into_iter().find(socket).unwrap_or("localhost").to_string()
}

impl Host {
    /// Whether it is the folder of a socket.
    pub fn is_socket(&self) -> bool {
        self.address.is_none() && self.name.starts_with('/')
    }

    /// The name that a password file has for it.
    pub fn name_in_password_file(&self) -> &str {
        if self.is_socket() && SOCKET_FOLDERS.contains(&self.name.as_str()) {
            "localhost"
        } else {
            &self.name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::with(url, &|_| None).unwrap()
    }

    fn hosts(address: &Address) -> Vec<(&str, u16)> {
        address.hosts.iter().map(|host| (host.name.as_str(), host.port)).collect()
    }

    fn failure(url: &str) -> String {
        Address::with(url, &|_| None).err().unwrap().to_string()
    }

    #[test]
    fn the_url_says_it_all() {
        let address = address(
            "postgres://u:p%40w@h1:1,h2/db?sslmode=disable&options=-csearch_path%3Dapp\
             &connect_timeout=3&target_session_attrs=standby",
        );
        assert_eq!(hosts(&address), [("h1", 1), ("h2", 5432)]);
        assert_eq!((&*address.user, &*address.database), ("u", "db"));
        assert_eq!(address.password.as_ref().unwrap().as_str(), "p@w");
        assert_eq!(address.options.as_deref(), Some("-csearch_path=app"));
        assert_eq!(address.connect_timeout, Some(Duration::from_secs(3)));
        assert_eq!(address.session, Session::ReadOnly);
        assert_eq!(address.tls.mode, Mode::Disable);
    }

    #[test]
    fn hosts_can_be_parameters() {
        let one = address("postgresql:///db?host=/run/pg&port=1");
        assert_eq!(hosts(&one), [("/run/pg", 1)]);
        assert!(one.hosts[0].is_socket());
        let several = address("postgres://u@/db?host=h1,/run/pg&port=1,2");
        assert_eq!(hosts(&several), [("h1", 1), ("/run/pg", 2)]);
        let encoded = address("postgres://u@%2Frun%2Fpg:7/db");
        assert_eq!(hosts(&encoded), [("/run/pg", 7)]);
        let with_address = address("postgres://h/db?hostaddr=192.0.2.1");
        assert_eq!(with_address.hosts[0].address, Some("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn the_environment_fills_in_what_the_url_leaves_out() {
        let variable = |name: &str| {
            let value = match name {
                "PGHOST" => "envhost",
                "PGPORT" => "7",
                "PGUSER" => "envuser",
                "PGDATABASE" => "envdb",
                "PGPASSWORD" => "envpw",
                "PGSSLMODE" => "require",
                "PGSSLROOTCERT" => "/ca.pem",
                "HOME" => "/home/x",
                _ => return None,
            };
            Some(value.to_string())
        };
        let all = Address::with("postgres://", &variable).unwrap();
        assert_eq!(hosts(&all), [("envhost", 7)]);
        assert_eq!((&*all.user, &*all.database), ("envuser", "envdb"));
        assert_eq!(all.password.as_ref().unwrap().as_str(), "envpw");
        assert_eq!(all.tls.mode, Mode::VerifyCa);
        assert_eq!(all.tls.roots, Some(Roots::File("/ca.pem".into())));
        assert_eq!(all.password_file.as_deref(), Some(Path::new("/home/x/.pgpass")));
        let some = Address::with("postgres://u:p@h:1/db?sslmode=prefer", &variable).unwrap();
        assert_eq!(hosts(&some), [("h", 1)]);
        assert_eq!((&*some.user, &*some.database), ("u", "db"));
        assert_eq!(some.password.as_ref().unwrap().as_str(), "p");
        assert_eq!(some.tls.mode, Mode::Prefer);
    }

    #[test]
    fn the_database_is_named_like_the_user_by_default() {
        assert_eq!(address("postgres://ada@h").database, "ada");
    }

    #[test]
    fn the_systems_certificates_are_for_full_verification() {
        assert_eq!(address("postgres://h?sslrootcert=system").tls.mode, Mode::VerifyFull);
        assert_eq!(
            failure("postgres://h?sslrootcert=system&sslmode=require"),
            "invalid value of sslmode: expected verify-full, because sslrootcert is system"
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (url, message) in [
            ("postgres://h?sslcrl=x", "the parameter \"sslcrl\" is not supported"),
            (
                "postgres://h?sslmode=on",
                "invalid value of sslmode: expected disable, allow, prefer, require, verify-ca or \
                 verify-full",
            ),
            ("postgres://h?port=x", "invalid value of port: expected a number up to 65535"),
            ("postgres://h,i?port=1,2,3", "invalid value of port: expected as many ports as hosts"),
        ] {
            assert_eq!(failure(url), message);
        }
    }
}
