//! What `import` reads from.

use crate::cli::Import;
use crate::error::{Error, Result};
use crate::import::{Export, Options};
use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Opens a file of JSON Lines; `-` is standard input.
pub fn open_file<'a>(path: &OsStr, options: &'a Options) -> Result<Export<'a>> {
    Ok(if path == "-" {
        Export::copy("-".into(), io::stdin().lock(), options)?
    } else {
        Export::open(Path::new(path), options)?
    })
}

/// A file of JSON Lines has no tables. An option about them may have been meant for something.
pub fn refuse_table_options(args: &Import) -> Result<()> {
    let options = [
        ("--schema", args.schema.is_some()),
        ("--table-prefix", args.table_prefix.is_some()),
        ("--table", args.table.is_some()),
        ("--users", args.users.is_some()),
        ("--users-key", args.users_key.is_some()),
        ("--type", args.kind.is_some()),
        ("--prefix", args.prefix.is_some()),
        ("--morph", !args.morph.is_empty()),
        ("--session-time-zone", args.session_time_zone.is_some()),
        ("--salt-file", args.salt_file.is_some()),
    ];
    match options.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Error::request(
            format!("{option} cannot be used"),
            "import jsonl has no such option",
        )),
        None => Ok(()),
    }
}

/// The source was left out.
pub fn missing_source(system: &str, expected: &str) -> Error {
    Error::request("the source is missing", format!("import {system} requires {expected}"))
        .hint(format!("`tokctl import {system} FILE`"))
}
