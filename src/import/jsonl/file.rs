//! A file that can be read more than once.

use super::entry::{Entries, Entry};
use super::exported::{setting_key, token_key};
use super::remembered::Remembered;
use super::row::{JSONL, OwnerOfToken, SecretOfToken};
use super::whole::WholeExport;
use crate::import::error::{Error, InvalidLine, Result};
use crate::import::importer::origin_of;
use crate::import::options::{Options, Secrets};
use crate::store::LastIds;
use crate::text::bounds::{MAX_LINE, read_line};
use crate::text::wiped::WipedReader;
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;
use zeroize::Zeroizing;

/// A file of JSON Lines, of which every line is valid.
pub struct JsonlFile<'a> {
    name: String,
    file: File,
    options: &'a Options,
    contents: Contents,
}

/// What a file contains.
#[derive(Debug, Default)]
pub struct Contents {
    /// How many tokens.
    pub tokens: u64,
    /// How many of them an export does not have.
    pub own_tokens: u64,
    /// How many secrets are in clear text.
    pub clear: u64,
    /// How many of these look like hashes.
    pub like_hashes: u64,
    /// The last line of a user.
    pub last_user: Option<u64>,
    /// The first line of a token without an owner.
    pub first_unnamed: Option<u64>,
    /// Whether a token names its owner otherwise than by id.
    pub has_names: bool,
    /// Keys that are not read, in the order in which they come first.
    pub unread: Vec<String>,
    /// How many lines are neither of a user nor of a token.
    pub remembered: u64,
    /// The ids that the database of an export of everything has had.
    pub last_ids: Option<LastIds>,
    /// The ids of tokens that others replaced, or that replaced others.
    pub linked: HashSet<i64>,
}

/// What becomes of a line, by its number and text.
type EachLine<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<ControlFlow<()>>;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// What only a token's line begins with: a valid line has each key once.
const EXPORTED_TOKEN: &[u8] = br#"{"type":"token","#;

/// How many keys a report names.
const LISTED: usize = 20;

impl<'a> JsonlFile<'a> {
    /// Opens a file, and checks every line.
    ///
    /// # Errors
    ///
    /// When it cannot be read, a line is not valid, or it is in doubt whether it has secrets or
    /// hashes.
    pub fn open(path: &Path, options: &'a Options) -> Result<Self> {
        let name = path.display().to_string();
        let open = || {
            let file = File::open(path)?;
            Ok((file.metadata()?.is_file(), file))
        };
        match open() {
            Ok((true, file)) => JsonlFile::check(name, file, options),
            Ok((false, pipe)) => JsonlFile::copy(name, pipe, options),
            Err(error) => Err(Error::File { file: name, error }),
        }
    }

    /// Copies a stream, which errors call `name`, to a temporary file without a name, and checks
    /// every line. A stream without line endings, such as `/dev/zero`, is not copied to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be read or copied, and as for [`JsonlFile::open`].
    pub fn copy(name: String, stream: impl Read, options: &'a Options) -> Result<Self> {
        let failed = |error| Error::File { file: name.clone(), error };
        let mut file = tempfile::tempfile().map_err(failed)?;
        let mut lines = Lines::new(&name, stream);
        while let Some((_, line)) = lines.next()? {
            file.write_all(line).map_err(failed)?;
        }
        JsonlFile::check(name, file, options)
    }

    fn check(name: String, file: File, options: &'a Options) -> Result<Self> {
        let mut jsonl = JsonlFile { name, file, options, contents: Contents::default() };
        let mut contents = Contents::default();
        let mut entries = Entries::new(options);
        let mut ids = HashSet::new();
        let mut whole = WholeExport::default();
        jsonl.lines(&mut |number, text| {
            let entry = entries.read(text).map_err(|why| jsonl.invalid(number, why))?;
            if id_of(&entry).is_some_and(|id| !ids.insert(id)) {
                return Err(jsonl.invalid(number, InvalidLine::SameId));
            }
            whole.add(number, &entry).map_err(|why| jsonl.invalid(number, why))?;
            contents.add(number, &entry, entries.unread());
            Ok(ControlFlow::Continue(()))
        })?;
        contents.last_ids = whole.last_ids().map_err(|(number, why)| jsonl.invalid(number, why))?;
        if let Some(name) = entries.not_ignored() {
            return Err(Error::NothingIgnored { name: name.clone() });
        }
        let Contents { clear, like_hashes, .. } = contents;
        if options.secrets == Secrets::Unstated && clear > 0 && clear == like_hashes {
            return Err(Error::LooksHashed { column: "the key secret".into() });
        }
        jsonl.contents = contents;
        Ok(jsonl)
    }

    /// What the operator says.
    pub fn options(&self) -> &'a Options {
        self.options
    }

    /// What the file contains.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Reads every line, with its number, or until `each` breaks off.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and what `each` returns.
    pub fn each(&self, each: &mut dyn FnMut(u64, Entry) -> Result<ControlFlow<()>>) -> Result<()> {
        let mut entries = Entries::new(self.options);
        self.lines(&mut |number, text| {
            // Every line was valid when the file was opened, but the file may have changed.
            let entry = entries.read(text).map_err(|why| self.invalid(number, why))?;
            each(number, entry)
        })
    }

    /// Reads every line that is neither of a user nor of a token, with its number. Most lines of an export
    /// are of tokens, which this tells by how they begin, and does not read.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and what `each` returns.
    pub fn each_remembered(
        &self,
        each: &mut dyn FnMut(u64, Remembered) -> Result<()>,
    ) -> Result<()> {
        let mut entries = Entries::new(self.options);
        self.lines(&mut |number, text| {
            if !text.starts_with(EXPORTED_TOKEN) {
                let entry = entries.read(text).map_err(|why| self.invalid(number, why))?;
                if let Entry::Remembered(line) = entry {
                    each(number, *line)?;
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The error of a line.
    pub fn invalid(&self, line: u64, why: InvalidLine) -> Error {
        Error::InvalidLine { file: self.name.clone(), line, why }
    }

    /// Reads every line that is not blank.
    fn lines(&self, each: EachLine) -> Result<()> {
        let mut file = &self.file;
        let start = file.seek(SeekFrom::Start(0));
        start.map_err(|error| Error::File { file: self.name.clone(), error })?;
        let mut lines = Lines::new(&self.name, file);
        while let Some((number, line)) = lines.next()? {
            let mark: &[u8] = if number == 1 { "\u{feff}".as_bytes() } else { b"" };
            let text = line.strip_prefix(mark).unwrap_or(line).trim_ascii();
            if !text.is_empty() && each(number, text)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The lines of a file. Their memory is wiped, because they may have secrets.
struct Lines<'a, R: Read> {
    name: &'a str,
    reader: WipedReader<R>,
    line: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<'a, R: Read> Lines<'a, R> {
    fn new(name: &'a str, file: R) -> Self {
        let reader = WipedReader::with_capacity(CHUNK, file);
        // A line that is no longer than this is never copied while it is read.
        let line = Zeroizing::new(Vec::with_capacity(CHUNK));
        Lines { name, reader, line, number: 0 }
    }

    /// The number and the text of the next line.
    fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        let file = || self.name.to_string();
        self.number += 1;
        match read_line(&mut self.reader, &mut self.line) {
            Ok(0) => Ok(None),
            Ok(length) if length > MAX_LINE => {
                let why = InvalidLine::TooLong;
                Err(Error::InvalidLine { file: file(), line: self.number, why })
            }
            Ok(_) => Ok(Some((self.number, &self.line))),
            Err(error) => Err(Error::File { file: file(), error }),
        }
    }
}

/// What identifies the row of a line, in few bytes; `None` for a token that its secret identifies.
fn id_of(entry: &Entry) -> Option<u128> {
    let key = match entry {
        Entry::User { user, .. } => &user.key,
        Entry::Token(line) if line.has_id => &line.token.key,
        Entry::Exported { line, .. } => &token_key(line.id),
        Entry::Remembered(line) => match line.as_ref() {
            Remembered::Setting(setting, _) => &setting_key(*setting),
            _ => return None,
        },
        Entry::Token(_) => return None,
    };
    let hash = origin_of(JSONL, "", key);
    hash.first_chunk().map(|bytes| u128::from_be_bytes(*bytes))
}

impl Contents {
    fn add(&mut self, line: u64, entry: &Entry, unread: &[String]) {
        match entry {
            Entry::User { .. } => self.last_user = Some(line),
            Entry::Token(_) => self.tokens += 1,
            Entry::Exported { line, .. } => {
                self.tokens += 1;
                self.linked.extend(line.replaces.iter().chain(&line.replaced_by));
            }
            Entry::Remembered(_) => self.remembered += 1,
        }
        if let Entry::Token(token) = entry {
            self.own_tokens += 1;
            self.clear += u64::from(token.secret != SecretOfToken::Hash);
            self.like_hashes += u64::from(token.secret == SecretOfToken::LikeHash);
            match token.owner {
                OwnerOfToken::Id(_) => {}
                OwnerOfToken::Name(_) | OwnerOfToken::Email(_) => self.has_names = true,
                OwnerOfToken::Unnamed => {
                    self.first_unnamed.get_or_insert(line);
                }
            }
        }
        for key in unread {
            if self.unread.len() < LISTED && !self.unread.contains(key) {
                self.unread.push(key.clone());
            }
        }
    }
}
