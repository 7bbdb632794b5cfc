//! What `create` is asked to issue: by options, or by the lines of a file.

use super::files::open_lines;
use super::request_line;
use super::stream::{STDIN, is_dash};
use crate::admin::{self, Request};
use crate::cli::{Create, MAX_COUNT};
use crate::domain::Invalid;
use crate::domain::scope::Scopes;
use crate::error::{Error, Result};
use crate::text::bounds::{MAX_LINE, read_line};
use std::path::Path;
use std::rc::Rc;

/// What to do about an invalid line.
const NOTHING_ISSUED: &str = "nothing was issued; correct the line and run this again";

/// Tokens to issue.
pub struct Requests {
    /// Those of `--count` are one.
    pub all: Vec<Rc<Request>>,
    /// The file, and the line of each request in it.
    file: Option<(String, Vec<usize>)>,
}

impl Requests {
    /// The error, with the line of the file that it is about.
    pub fn locate(&self, error: admin::Error) -> Error {
        match (error, &self.file) {
            (admin::Error::Request { index, error }, Some((file, lines))) => {
                let line = lines.get(index).copied().unwrap_or_default();
                Error::from(*error).within(format!("{file}, line {line}")).or_hint(NOTHING_ISSUED)
            }
            (error, _) => error.into(),
        }
    }
}

/// The requests of a command line.
pub fn read(args: Create) -> Result<Requests> {
    let user = args.user.filter(|user| !user.is_empty());
    if let Some(path) = args.from {
        return read_file(&path, user.as_deref());
    }
    let scopes = if args.no_scopes {
        Scopes::default()
    } else if args.scope.is_empty() {
        Scopes::everything()
    } else {
        args.scope.into_iter().collect()
    };
    let request = Request { name: args.name, scopes, user, expires: args.expires };
    let count = args.count.unwrap_or(1) as usize;
    let request = Rc::new(request);
    Ok(Requests { all: vec![request; count], file: None })
}

/// What some editors and spreadsheets write at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn read_file(path: &Path, user: Option<&str>) -> Result<Requests> {
    let file = if is_dash(path) { STDIN.to_string() } else { path.to_string_lossy().into_owned() };
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    let (mut input, mut line) = (open_lines(path)?, Vec::new());
    for number in 1.. {
        let invalid = |why: Invalid| {
            Error::request(format!("{file}, line {number}"), why).hint(NOTHING_ISSUED)
        };
        let read = read_line(&mut input, &mut line);
        match read.map_err(|error| Error::request(format!("cannot read {file}"), error))? {
            0 => break,
            length if length > MAX_LINE => return Err(invalid("longer than 1 MiB".into())),
            _ => {}
        }
        if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if all.len() == MAX_COUNT as usize {
            return Err(invalid(format!("more than {MAX_COUNT} tokens").into()));
        }
        all.push(Rc::new(request_line::parse(&line, user).map_err(invalid)?));
        lines.push(number);
    }
    if all.is_empty() {
        return Err(Error::request("no tokens to issue", format!("{file} is empty")));
    }
    Ok(Requests { all, file: Some((file, lines)) })
}
