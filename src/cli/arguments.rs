//! Arguments, of which no password stays in the process list.
//!
//! Every account can read the arguments of a process. A program cannot change its own without unsafe
//! code, but it can start itself anew in its place: with the URLs without their passwords, and the
//! complete arguments in a pipe. The process id stays the same, and so do the standard streams.

use crate::text::url;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::{self, Command};
use zeroize::Zeroizing;

/// Tells the new program where the arguments are: the process id, a colon, and a path.
const VARIABLE: &str = "TOKCTL_ARGUMENTS";

/// What a pipe holds at least, so that writing to it does not wait for a reader.
const ROOM: usize = 4096;

/// The arguments of this process, complete. If one is the URL of a database server with a password,
/// the process first starts itself anew without it; where that fails, it goes on as it is.
pub fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<_> = env::args_os().collect();
    let is_url = |argument: &OsString| argument.as_bytes().windows(3).any(|part| part == b"://");
    // Nothing else may cost the start of a verification any time.
    if arguments.iter().any(is_url) {
        match handed_over() {
            Some(path) => restore(&mut arguments, &path),
            None => hide(&arguments),
        }
    }
    arguments
}

/// The path of the pipe, if this program was started by [`hide`].
fn handed_over() -> Option<String> {
    let value = env::var(VARIABLE).ok()?;
    let (process, path) = value.split_once(':')?;
    // A variable that was inherited from another process means nothing.
    (process == process::id().to_string()).then(|| path.to_string())
}

/// Puts the complete arguments in their places. One that cannot be read stays without its password,
/// which a server then refuses.
fn restore(arguments: &mut [OsString], path: &str) {
    // Allocated at full size: a buffer that grows would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    let read = File::open(path).and_then(|pipe| pipe.take(ROOM as u64).read_to_end(&mut bytes));
    if read.is_err() {
        return;
    }
    let mut parts = bytes.split(|byte| *byte == 0);
    while let (Some(position), Some(argument)) = (parts.next(), parts.next()) {
        let position = std::str::from_utf8(position).ok().and_then(|text| text.parse().ok());
        if let Some(place) = position.and_then(|position: usize| arguments.get_mut(position)) {
            *place = OsString::from_vec(argument.to_vec());
        }
    }
}

/// Starts this program anew without the passwords, if there are any. Returns only if there are none,
/// or if it cannot.
fn hide(arguments: &[OsString]) {
    let mut shown = arguments.to_vec();
    let mut complete = Zeroizing::new(Vec::with_capacity(ROOM));
    for (position, argument) in arguments.iter().enumerate().skip(1) {
        let Some(without) = without_password(argument) else { continue };
        shown[position] = without;
        complete.extend_from_slice(position.to_string().as_bytes());
        complete.push(0);
        complete.extend_from_slice(argument.as_bytes());
        complete.push(0);
    }
    if !complete.is_empty() && complete.len() <= ROOM {
        // Nothing is lost if it fails but the hiding.
        let _ = start_anew(&shown, &complete);
    }
}

fn without_password(argument: &OsStr) -> Option<OsString> {
    let text = argument.to_str()?;
    // `--database=postgres://…`
    let start = match text.split_once('=') {
        Some((option, _)) if option.starts_with("--") => option.len() + 1,
        _ => 0,
    };
    let (scheme, _) = text[start..].split_once("://")?;
    let is_server = ["mysql", "mariadb", "postgres", "postgresql"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    let without = url::without_password(&text[start..]).filter(|_| is_server)?;
    Some(format!("{}{without}", &text[..start]).into())
}

/// Replaces this program by itself. The pipe's other end is closed by it.
fn start_anew(shown: &[OsString], complete: &[u8]) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(complete)?;
    rustix::io::fcntl_setfd(&reader, rustix::io::FdFlags::empty())?;
    let path = format!("{}:/dev/fd/{}", process::id(), reader.as_raw_fd());
    // By its own path, so that the process keeps its name.
    let programs = [env::current_exe()?, "/proc/self/exe".into()];
    let mut failed = Ok(());
    for program in programs {
        let mut command = Command::new(program);
        if let Some((name, arguments)) = shown.split_first() {
            command.arg0(name).args(arguments);
        }
        failed = Err(command.env(VARIABLE, &path).exec());
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_servers_with_a_password_are_changed() {
        for (argument, without) in [
            ("mysql://u:p@h/db", Some("mysql://u:@h/db")),
            ("--database=Postgres://u:p@h/db", Some("--database=Postgres://u:@h/db")),
            ("postgres://h/db?password=p", Some("postgres://h/db?password=")),
            ("mysql://u@h/db", None),
            ("https://u:p@h/", None),
            ("app.db", None),
        ] {
            assert_eq!(without_password(OsStr::new(argument)), without.map(OsString::from));
        }
    }
}
