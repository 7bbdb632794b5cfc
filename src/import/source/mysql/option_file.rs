//! The option file of MySQL's and MariaDB's clients, as far as it says how to connect.

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
}

/// Reads an option file. One that does not exist says nothing, and neither does one that every
/// account can write, which the clients ignore, too.
pub fn read(file: &Path) -> Options {
    let is_safe = fs::metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o002 == 0);
    match fs::read_to_string(file).map(Zeroizing::new) {
        Ok(text) if is_safe => parse(&text),
        _ => Options::default(),
    }
}

fn parse(text: &str) -> Options {
    let mut options = Options::default();
    let mut is_read = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';', '!']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let group = rest.split_once(']').map_or("", |(group, _)| group.trim());
            is_read = GROUPS.contains(&group);
            continue;
        }
        let Some((name, text)) = line.split_once('=').filter(|_| is_read) else { continue };
        let name = name.trim().replace('_', "-");
        let value = value(text);
        let text = || Some(value.to_string()).filter(|text| !text.is_empty());
        match name.strip_prefix("loose-").unwrap_or(&name) {
            "user" => options.user = text(),
            "password" => options.password = Some(value.clone()),
            "host" => options.host = text(),
            "port" => options.port = value.parse().ok(),
            "socket" => options.socket = text(),
            _ => {}
        }
    }
    options
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
    use super::*;

    #[test]
    fn the_groups_of_the_clients_are_read() {
        let options = parse(
            "[mysqld]\nport = 1\nsocket=/server\n\n[client]\n# a comment\n; another\n!includedir x\n\
             user = ada\npassword=first\nhost=db.example\nskip-ssl\n\n[client-mariadb]\nport=3307\n\
             [mysql]\npassword = second\nsocket=/run/my.sock\n[mysqldump]\nuser=dump\n",
        );
        assert_eq!(options.user.as_deref(), Some("ada"));
        assert_eq!(options.password.unwrap().as_str(), "second");
        assert_eq!(options.host.as_deref(), Some("db.example"));
        assert_eq!(options.port, Some(3307));
        assert_eq!(options.socket.as_deref(), Some("/run/my.sock"));
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
    fn a_file_that_everybody_can_write_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".my.cnf");
        fs::write(&file, "[client]\nuser=ada\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read(&file).user.is_none());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&file).user.as_deref(), Some("ada"));
        assert!(read(&folder.path().join("none")).user.is_none());
    }
}
