//! Reading secrets: an argument, standard input, or a prompt without echo.

use crate::error::{Error, Result};
use crate::secret::{self, MAX_SECRET, Secret};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};
use std::os::unix::ffi::OsStringExt;
use zeroize::Zeroizing;

/// Room for a header, a secret and a line ending.
const MAX_INPUT: usize = MAX_SECRET + 256;

/// The secret that was given, or `None` if that is malformed. With no argument it is asked for at
/// a terminal.
pub fn secret(argument: Option<OsString>) -> Result<Option<Secret>> {
    match argument {
        Some(argument) if argument == "-" => from_stdin(),
        Some(argument) => Ok(secret::parse(argument.into_vec())),
        None if io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password("Secret: ")
                .map_err(|error| Error::unavailable("cannot read the secret", error))?;
            Ok(secret::parse(typed.into_bytes()))
        }
        None => Err(Error::request("no secret was given", "there is no terminal to ask at")
            .hint("give - and send the secret on standard input")),
    }
}

fn from_stdin() -> Result<Option<Secret>> {
    // Of full size from the start: a buffer that grows would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_INPUT + 1));
    io::stdin()
        .lock()
        .take(MAX_INPUT as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::unavailable("cannot read standard input", error))?;
    if bytes.len() > MAX_INPUT {
        return Ok(None);
    }
    Ok(secret::parse(std::mem::take(&mut *bytes)))
}
