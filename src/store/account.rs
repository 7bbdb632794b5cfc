//! The account of the operating system that runs this process.
//!
//! The C library looks accounts up with plugins, which crash a static program. `getent` calls the same
//! plugins in a process of its own.

use std::path::PathBuf;

/// The name that the system knows for the account. Not every account has one.
pub fn name() -> Option<String> {
    field(0)
}

/// The home folder of the account, whatever `$HOME` says.
pub fn home() -> Option<PathBuf> {
    field(5).map(PathBuf::from)
}

/// A field of the account's entry, as passwd(5) counts them, if it is not empty.
#[cfg(target_os = "linux")]
fn field(index: usize) -> Option<String> {
    let number = rustix::process::geteuid().as_raw().to_string();
    let entry = from_file(&number).or_else(|| from_getent(&number))?;
    let field = entry.trim_end().split(':').nth(index)?;
    Some(field.to_string()).filter(|field| !field.is_empty())
}

#[cfg(target_os = "linux")]
fn from_file(number: &str) -> Option<String> {
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = text.lines();
    lines.find(|line| line.split(':').nth(2) == Some(number)).map(str::to_string)
}

#[cfg(target_os = "linux")]
fn from_getent(number: &str) -> Option<String> {
    use std::process::{Command, Stdio};
    let mut getent = Command::new("/usr/bin/getent");
    getent.args(["passwd", number]).stdin(Stdio::null()).stderr(Stdio::null());
    let output = getent.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Other systems are not linked statically.
#[cfg(not(target_os = "linux"))]
fn field(index: usize) -> Option<String> {
    let name = if index == 0 { whoami::username().ok() } else { None };
    name.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks the program that has no reason to be wrong.
    #[test]
    fn the_account_is_the_one_that_id_shows() {
        let id = std::process::Command::new("id").arg("-un").output().unwrap();
        let expected = String::from_utf8(id.stdout).unwrap();
        // `id` prints the number of an account without a name.
        let expected = Some(expected.trim()).filter(|name| name.parse::<u32>().is_err());
        assert_eq!(name().as_deref(), expected);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_account_that_does_not_exist_has_no_entry() {
        assert_eq!(from_file("4294967294"), None);
        assert_eq!(from_getent("4294967294"), None);
    }
}
