//! Reading secrets and selecting tokens: an argument, standard input, or a prompt without echo.

use crate::admin::Selector;
use crate::cli::TokenArg;
use crate::domain::secret::{self, MAX_SECRET, Secret};
use crate::error::{Error, Result};
use crate::verify::Credential;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use zeroize::Zeroizing;

/// Room for a header, a secret and a line ending.
const MAX_INPUT: usize = MAX_SECRET + 256;

/// The secret that was given; without an argument it is asked for at a terminal.
pub fn credential(argument: Option<OsString>) -> Result<Credential> {
    match argument {
        Some(argument) if argument == "-" => Ok(from_stdin()?.into()),
        Some(argument) => Ok(Credential::parse(argument.into_vec())),
        None if io::stdin().is_terminal() => Ok(typed()?.into()),
        None => Err(Error::request("no secret was given", "there is no terminal to ask at")
            .hint("pass - and send the secret on standard input")),
    }
}

/// A secret that was made elsewhere, which only standard input may bring.
pub fn secret_made_elsewhere(argument: &OsStr) -> Result<Secret> {
    if argument != "-" {
        return Err(Error::request(
            "'--secret' takes only '-'",
            "other accounts can see the arguments of a command",
        )
        .hint("use `tokctl create --secret -` and send the secret on standard input"));
    }
    from_stdin()?.ok_or_else(|| Error::request("invalid secret", secret::NOT_REGISTRABLE))
}

/// The secret that is typed at a terminal, which does not show it; `None` if that is none.
fn typed() -> Result<Option<Secret>> {
    let typed = rpassword::prompt_password("Secret: ")
        .map_err(|error| Error::unavailable("cannot read the secret", error))?;
    Ok(secret::parse(typed.into_bytes()))
}

/// The secret on standard input; `None` if that is none.
fn from_stdin() -> Result<Option<Secret>> {
    if io::stdin().is_terminal() {
        return typed();
    }
    let unreadable = |error| Error::unavailable("cannot read standard input", error);
    // Allocated at full size: a buffer that grows would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_INPUT + 1));
    let stdin = unbuffered_stdin().map_err(unreadable)?;
    stdin.take(MAX_INPUT as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_INPUT {
        return Ok(None);
    }
    Ok(secret::parse(std::mem::take(&mut *bytes)))
}

/// Standard input without the buffer of [`io::stdin`], which would keep a copy of every secret until
/// the process ends.
pub fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// The token that the arguments select; without any, its secret is asked for at a terminal.
pub fn selector(arg: TokenArg) -> Result<Selector> {
    match arg {
        TokenArg { hash: Some(hash), .. } => Ok(Selector::Hash(hash)),
        TokenArg { name: Some(name), .. } => Ok(Selector::Name(name)),
        TokenArg { token: None, .. } if !io::stdin().is_terminal() => Err(Error::request(
            "no token was selected",
            "there is no terminal to prompt for its secret",
        )
        .hint("pass an id, --name or --hash, or pass - and send its secret on standard input")),
        TokenArg { token, .. } => id_or_secret(token),
    }
}

/// An id, or else a secret.
pub fn id_or_secret(token: Option<OsString>) -> Result<Selector> {
    if let Some(text) = token.as_ref().and_then(|token| token.to_str()) {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(Selector::Id).map_err(|_| {
                Error::not_found("token not found", "no id is this large")
                    .hint("`tokctl list --all` lists all tokens")
            });
        }
    }
    Ok(Selector::Secret(credential(token)?))
}
