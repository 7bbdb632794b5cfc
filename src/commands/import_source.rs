//! What `import` reads from.

use super::files::open_lines;
use crate::cli::Import;
use crate::error::{Error, Result};
use crate::import::source::{self, Access, AskPassword, Location, Source};
use crate::import::{self, JsonlFile, Options, Salt};
use crate::text::suggest::nearest;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// Opens the file or the database of a server that an argument names. A password that is missing is
/// asked for at a terminal.
pub fn open_database(argument: OsString, args: &Import) -> Result<Box<dyn Source>> {
    let (schema, session_time_zone) = (args.schema.as_deref(), args.session_time_zone.as_deref());
    let location = Location::parse(argument)?;
    let ask: AskPassword = &ask_password;
    let ask_password = io::stdin().is_terminal().then_some(ask);
    let access = Access { schema, session_time_zone, ask_password };
    import::check_access(&location, &access)?;
    Ok(source::open(&location, &access)?)
}

fn ask_password(place: &str) -> Option<Zeroizing<String>> {
    rpassword::prompt_password(format!("Password for {place}: ")).ok().map(Zeroizing::new)
}

/// The salt of the source's hashes, from a file or from the environment.
pub fn read_salt(file: Option<&Path>, from_environment: Option<&str>) -> Result<Option<Salt>> {
    let text = match (file, from_environment) {
        (Some(path), _) => {
            let mut salt = Vec::new();
            open_lines(path)?.read_to_end(&mut salt).map_err(|error| {
                Error::request(format!("cannot read {}", path.display()), error)
            })?;
            salt
        }
        (None, Some(salt)) if !salt.is_empty() => salt.into(),
        _ => return Ok(None),
    };
    let salt = Salt::new(&Zeroizing::new(text), file.is_some());
    Ok(Some(salt.map_err(import::Error::from)?))
}

/// Opens a file of JSON Lines; `-` is standard input.
pub fn open_file<'a>(path: &OsStr, options: &'a Options) -> Result<JsonlFile<'a>> {
    Ok(if path == "-" {
        JsonlFile::copy("-".into(), io::stdin().lock(), options)?
    } else {
        JsonlFile::open(Path::new(path), options)?
    })
}

/// What was given instead of a file or a URL, if it is neither: a name that was probably meant to be
/// a system's.
pub fn misspelled_system(argument: &OsStr) -> Option<Error> {
    let name = argument.to_str().filter(|name| !name.contains(['/', '.']))?;
    if Path::new(name).exists() {
        return None;
    }
    let system = nearest(name, import::system_names())?;
    let what = format!("cannot import from {name}");
    let error = Error::request(what, "there is no such system and no such file");
    Some(error.hint(format!("did you mean {system}?")))
}

/// The source was left out.
pub fn missing_source(system: &str) -> Error {
    let (expected, hint) = match system {
        "jsonl" => ("a file of JSON Lines", "`tokctl import jsonl FILE`".to_string()),
        _ => (
            "the database of the system",
            format!(
                "`tokctl import {system} FILE`, or a URL: mysql://USER@HOST/DATABASE or \
                 postgres://USER@HOST/DATABASE"
            ),
        ),
    };
    Error::request("the source is missing", format!("import {system} requires {expected}"))
        .hint(hint)
}
