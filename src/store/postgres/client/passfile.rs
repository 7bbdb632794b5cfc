//! libpq's password file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zeroize::Zeroizing;

/// What a password file has for a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Password(Zeroizing<String>),
    Nothing,
    /// Other accounts can read the file, so that it is ignored.
    TooOpen,
}

/// Whom a password is for.
pub struct Login<'a> {
    /// `localhost` also for a socket in the default folder.
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// Looks for a password in a file. A file that does not exist has none.
pub fn look_up(file: &Path, login: &Login) -> Found {
    let Ok(metadata) = fs::metadata(file) else { return Found::Nothing };
    if !metadata.is_file() {
        return Found::Nothing;
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Found::TooOpen;
    }
    match fs::read_to_string(file).map(Zeroizing::new) {
        Ok(text) => find(&text, login).map_or(Found::Nothing, Found::Password),
        Err(_) => Found::Nothing,
    }
}

/// The password of the first line that fits: `host:port:database:user:password`, where a field can
/// be `*` and a backslash escapes a colon or a backslash.
fn find(text: &str, login: &Login) -> Option<Zeroizing<String>> {
    let port = login.port.to_string();
    let wanted = [login.host, &port, login.database, login.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for wanted in wanted {
            let (field, after) = field(rest)?;
            if *field != wanted && &rest[..rest.len() - after.len() - 1] != "*" {
                return None;
            }
            rest = after;
        }
        let password = field(&format!("{rest}:")).map(|(password, _)| password)?;
        (!password.is_empty()).then_some(password)
    })
}

/// The text up to the next colon that is not escaped, unescaped, and what follows the colon.
fn field(text: &str) -> Option<(Zeroizing<String>, &str)> {
    let mut field = Zeroizing::new(String::new());
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            ':' => return Some((field, &text[position + 1..])),
            '\\' => field.extend(characters.next().map(|(_, escaped)| escaped)),
            other => field.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# db.example:5432:app:ada:commented out\n\
                        db.example:5432:app:ada:p\\:w\\\\x\n\
                        db.example:*:app:\\*:star\n\
                        \\:\\:1:5432:*:ada:six\n\
                        localhost:*:*:*:any\n\
                        broken\n";

    fn found(host: &str, port: u16, database: &str, user: &str) -> Option<String> {
        find(FILE, &Login { host, port, database, user }).map(|password| password.to_string())
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        assert_eq!(found("db.example", 5432, "app", "ada").as_deref(), Some("p:w\\x"));
        assert_eq!(found("::1", 5432, "x", "ada").as_deref(), Some("six"));
        assert_eq!(found("localhost", 1, "x", "y").as_deref(), Some("any"));
        assert_eq!(found("db.example", 5432, "other", "ada"), None);
    }

    #[test]
    fn an_escaped_asterisk_is_no_wildcard() {
        assert_eq!(found("db.example", 1, "app", "*").as_deref(), Some("star"));
        assert_eq!(found("db.example", 1, "app", "bob"), None);
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        fs::write(&file, FILE).unwrap();
        let login = Login { host: "localhost", port: 1, database: "x", user: "y" };
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(look_up(&file, &login), Found::TooOpen);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(look_up(&file, &login), Found::Password(Zeroizing::new("any".into())));
        assert_eq!(look_up(&folder.path().join("none"), &login), Found::Nothing);
    }
}
