//! `verify`: whether a secret is a good token's. Nothing else makes it exit 0.

use super::{Context, input};
use crate::cli::{Cli, Format, Verify};
use crate::error::{Error, Result};
use crate::outcome::{Outcome, Rejection};
use crate::scope::Required;
use crate::secret::{self, Hash, MAX_SECRET, Secret, Shape};
use crate::store::Store;
use crate::view::outcome::{Introspection, sentence};
use crate::when::Timestamp;
use clap::CommandFactory;
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

pub fn run(args: Verify, context: &mut Context) -> anyhow::Result<u8> {
    if args.help || args.version {
        return help(&args);
    }
    let required = Required { scopes: args.scope, any: args.any_scope };
    if args.batch {
        if args.secret.as_deref() != Some("-".as_ref()) {
            return Err(Error::request("--batch reads standard input", "it wants - to say so")
                .hint("tokctl verify --batch - < FILE")
                .into());
        }
        return batch(&required, context);
    }
    let secret = input::secret(args.secret)?;
    let (outcome, touch) = match secret.as_ref().and_then(own_hash) {
        None => (Outcome::Rejected(Rejection::Malformed), None),
        Some(hash) => look_up(&hash, &required, context)?,
    };
    answer(&outcome, context)?;
    if let Some((mut store, id)) = touch {
        store.touch(&mut vec![id], Timestamp::now());
    }
    Ok(outcome.exit_code())
}

/// What a client sends can look like an option, and must not look like success then.
fn help(args: &Verify) -> anyhow::Result<u8> {
    let mut command = Cli::command();
    command.build();
    let text = match command.find_subcommand_mut("verify") {
        _ if args.version => Cli::command().render_version(),
        Some(verify) => verify.render_long_help().to_string(),
        None => String::new(),
    };
    io::stdout().write_all(text.as_bytes()).map_err(Error::undelivered)?;
    Ok(2)
}

/// The hash to look for, or `None` for what is malformed; no database is needed to tell.
fn own_hash(secret: &Secret) -> Option<Hash> {
    (secret.shape() == Shape::Own).then(|| secret.hash())
}

/// The answer, and the token whose last use is to be written afterwards.
type Looked = (Outcome, Option<(Store, i64)>);

fn look_up(hash: &Hash, required: &Required, context: &Context) -> Result<Looked> {
    let store = context.open()?;
    let sighting = store.look_up(|lookup| lookup.find(hash))?;
    let (outcome, stale) = sighting.decide(required);
    Ok((outcome, stale.map(|id| (store, id))))
}

fn answer(outcome: &Outcome, context: &mut Context) -> Result<()> {
    let out = &mut context.out;
    if out.is_quiet() && out.format == Format::Human {
        return Ok(());
    }
    out.done(&sentence(outcome, Timestamp::now()), &Introspection(outcome))
        .map_err(|error| Error { kind: crate::error::Kind::Unavailable, ..error })
}

/// How long the times of last use may wait to be written together.
const TOUCH_AFTER: Duration = Duration::from_secs(1);

/// Answers each line of standard input with a line of JSON, in order. One thread reads and
/// hashes, the other looks up and answers what has come so far in one snapshot, so that a
/// revocation counts from the next look-up on.
fn batch(required: &Required, context: &mut Context) -> anyhow::Result<u8> {
    let mut store = context.open()?;
    store.prepare_for_many()?;
    let (sender, receiver) = sync_channel(4);
    let reader = thread::spawn(move || read_lines(&mut io::stdin().lock(), &sender));
    let mut answers =
        Answers { required, count: 0, all_good: true, stale: Vec::new(), touched: Instant::now() };
    answers.run(&receiver, &mut store)?;
    store.touch(&mut answers.stale, Timestamp::now());
    match reader.join() {
        Ok(read) => {
            read.map_err(|error| Error::unavailable("cannot read standard input", error))?
        }
        Err(_) => {
            return Err(
                Error::unavailable("cannot read standard input", "the reader failed").into()
            );
        }
    }
    Ok(if answers.count > 0 && answers.all_good { 0 } else { 1 })
}

struct Answers<'a> {
    required: &'a Required,
    count: u64,
    all_good: bool,
    stale: Vec<i64>,
    touched: Instant,
}

impl Answers<'_> {
    fn run(&mut self, receiver: &Receiver<Vec<Option<Hash>>>, store: &mut Store) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let mut text = Vec::new();
        loop {
            match receiver.recv_timeout(TOUCH_AFTER) {
                Ok(lines) => {
                    self.answer(&lines, store, &mut text)?;
                    stdout
                        .write_all(&text)
                        .and_then(|()| stdout.flush())
                        .map_err(Error::undelivered)?;
                    text.clear();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if self.touched.elapsed() >= TOUCH_AFTER {
                store.touch(&mut self.stale, Timestamp::now());
                self.touched = Instant::now();
            }
        }
    }

    fn answer(&mut self, lines: &[Option<Hash>], store: &Store, text: &mut Vec<u8>) -> Result<()> {
        store.look_up(|lookup| {
            for line in lines {
                let (outcome, stale) = match line {
                    None => (Outcome::Rejected(Rejection::Malformed), None),
                    Some(hash) => lookup.find(hash)?.decide(self.required),
                };
                self.stale.extend(stale);
                self.count += 1;
                self.all_good &= outcome.exit_code() == 0;
                serde_json::to_writer(&mut *text, &Introspection(&outcome))
                    .map_err(|error| Error::undelivered(error.into()))?;
                text.push(b'\n');
            }
            Ok(())
        })
    }
}

/// Sends on what has come, as soon as it is whole lines. A line of any length takes constant
/// memory: what is too long for a secret is malformed, and its rest is passed over.
fn read_lines(input: &mut impl BufRead, lines: &SyncSender<Vec<Option<Hash>>>) -> io::Result<()> {
    const LONGEST: usize = MAX_SECRET + 256;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    loop {
        let mut whole = Vec::new();
        let bytes = input.fill_buf()?;
        let length = bytes.len();
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let room = LONGEST + 1 - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                whole.push(hash_of(&mut line));
            }
        }
        input.consume(length);
        if length == 0 && !line.is_empty() {
            whole.push(hash_of(&mut line));
        }
        // The other side has gone: it failed, and says so itself.
        if (!whole.is_empty() && lines.send(whole).is_err()) || length == 0 {
            return Ok(());
        }
    }
}

fn hash_of(line: &mut Zeroizing<Vec<u8>>) -> Option<Hash> {
    let hash = secret::parse(line.to_vec()).and_then(|secret| own_hash(&secret));
    line.clear();
    hash
}
