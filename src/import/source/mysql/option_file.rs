//! The option file of MySQL's and MariaDB's clients, as far as it says how to connect.

use super::tls::{InvalidTls, TlsSettings};
use crate::import::source::error::Cause;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zeroize::Zeroizing;

/// The groups that the clients `mysql` and `mariadb` read.
const GROUPS: [&str; 5] = ["client", "client-server", "client-mariadb", "mysql", "mariadb-client"];

/// What an option file says. A later line overrides an earlier one.
#[derive(Default)]
pub struct Options {
    pub user: Option<String>,
    pub password: Option<Zeroizing<String>>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub socket: Option<String>,
    pub tls: TlsSettings,
}

/// Reads an option file. One that does not exist says nothing. The clients ignore one that every
/// account can write; here it is an error, because what it says about TLS must not get lost.
///
/// # Errors
///
/// When it can be written by every account or cannot be read, or a value is not valid.
pub fn read(file: &Path) -> Result<Options, Cause> {
    let failed = |why: String| Cause::OptionFile { file: file.to_path_buf(), why };
    let metadata = match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => metadata,
        _ => return Ok(Options::default()),
    };
    if metadata.permissions().mode() & 0o002 != 0 {
        return Err(Cause::OpenOptionFile(file.to_path_buf()));
    }
    let text = fs::read(file).map_err(|error| failed(error.to_string()))?;
    let text = Zeroizing::new(String::from_utf8_lossy(&Zeroizing::new(text)).into_owned());
    parse(&text).map_err(|why| failed(why.to_string()))
}

fn parse(text: &str) -> Result<Options, InvalidTls> {
    let mut options = Options::default();
    let mut is_read = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';', '!']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let group = rest.split_once(']').map_or("", |(group, _)| group.trim());
            is_read = GROUPS.contains(&group);
        } else if is_read {
            let (name, text) = match line.split_once('=') {
                Some((name, text)) => (name, Some(value(text))),
                None => (without_comment(line), None),
            };
            options.set(name, text)?;
        }
    }
    Ok(options)
}

impl Options {
    fn set(&mut self, name: &str, value: Option<Zeroizing<String>>) -> Result<(), InvalidTls> {
        let name = name.trim().replace('_', "-");
        let name = name.strip_prefix("loose-").unwrap_or(&name);
        let text = value.as_ref().map(|text| text.as_str());
        let filled = || text.filter(|text| !text.is_empty()).map(str::to_string);
        match name {
            "user" => self.user = filled(),
            "password" => self.password = value,
            "host" => self.host = filled(),
            "port" => self.port = text.and_then(|port| port.parse().ok()),
            "socket" => self.socket = filled(),
            name => {
                self.tls.set(name, text)?;
            }
        }
        Ok(())
    }
}

/// A value without its comment, its quotes and its escapes (MySQL's manual, section 4.2.2.2).
fn value(text: &str) -> Zeroizing<String> {
    let text = without_comment(text).trim();
    let quote = text.chars().next().filter(|first| ['"', '\''].contains(first));
    let inner = quote.and_then(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut characters = inner.unwrap_or(text).chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some('b') => value.push('\u{8}'),
            Some('s') => value.push(' '),
            Some(quoted @ ('\\' | '"' | '\'')) => value.push(quoted),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

/// A comment starts with a number sign outside of quotes.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut is_escaped = false;
    for (position, character) in text.char_indices() {
        match (character, quote) {
            ('#', None) => return &text[..position],
            ('"' | '\'', None) => quote = Some(character),
            (end, Some(open)) if end == open && !is_escaped => quote = None,
            _ => {}
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tls::Tls;
    use super::*;

    #[test]
    fn the_groups_of_the_clients_are_read() {
        let options = parse(
            "[mysqld]\nport = 1\nsocket=/server\n\n[client]\n# a comment\n; another\n!includedir x\n\
             user = ada\npassword=first\nhost=db.example\nskip-ssl\n\n[client-mariadb]\nport=3307\n\
             [mysql]\npassword = second\nsocket=/run/my.sock\n[mysqldump]\nuser=dump\n",
        )
        .unwrap();
        assert_eq!(options.user.as_deref(), Some("ada"));
        assert_eq!(options.password.unwrap().as_str(), "second");
        assert_eq!(options.host.as_deref(), Some("db.example"));
        assert_eq!(options.port, Some(3307));
        assert_eq!(options.socket.as_deref(), Some("/run/my.sock"));
        assert_eq!(options.tls.tls(), Ok(Tls::Disabled));
    }

    #[test]
    fn values_can_be_quoted_and_commented() {
        for (text, expected) in [
            (" plain ", "plain"),
            ("\"a # b\" # comment", "a # b"),
            ("'it''s", "'it''s"),
            ("a#b", "a"),
            ("'#'", "#"),
            ("a\\sb\\\\c\\x", "a b\\c\\x"),
            ("\"a\\\"b\"", "a\"b"),
            ("\"a=b\"", "a=b"),
            ("", ""),
        ] {
            assert_eq!(value(text).as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_the_file_says_about_tls_is_heeded_or_refused() {
        let tls = |text: &str| parse(&format!("[client]\n{text}\n")).map(|options| options.tls);
        let both = tls("ssl_ca = '/ca.pem'\nssl-verify-server-cert # always").unwrap();
        assert_eq!(both.tls(), Ok(Tls::Verified(Some("/ca.pem".into()))));
        assert_eq!(tls("ssl-mode=on"), Err(InvalidTls::Mode));
        let refused = InvalidTls::Unsupported("ssl-crl".into());
        assert_eq!(tls("ssl-crl=/crl.pem").unwrap().tls(), Err(refused));
    }

    #[test]
    fn a_file_that_everybody_can_write_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".my.cnf");
        fs::write(&file, "[client]\nuser=ada\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(read(&file), Err(Cause::OpenOptionFile(found)) if found == file));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&file).unwrap().user.as_deref(), Some("ada"));
        assert!(read(&folder.path().join("none")).unwrap().user.is_none());
    }
}
