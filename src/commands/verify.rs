//! `verify`: whether a secret is a good token's. Nothing else makes it exit 0.

use super::{Context, input};
use crate::cli::{Cli, Format, Verify};
use crate::error::{Error, Result};
use crate::outcome::{Outcome, Rejection};
use crate::scheme::{self, Candidate, Presented};
use crate::scope::Required;
use crate::secret::{self, MAX_SECRET, Shape};
use crate::store::{Attempt, Caller, Notes, Recorded, Store};
use crate::view::json;
use crate::view::outcome::{Introspection, sentence};
use crate::when::Timestamp;
use clap::CommandFactory;
use std::ffi::OsString;
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
    let caller = Caller { source: told(args.source), agent: told(args.agent) };
    if args.batch {
        if args.secret.as_deref() != Some("-".as_ref()) {
            return Err(Error::request("--batch reads standard input", "it wants - to say so")
                .hint("tokctl verify --batch - < FILE")
                .into());
        }
        return batch(&required, &caller, context);
    }
    let presented = [Presented::from(input::secret(args.secret)?)];
    // A mistyped secret is told without a database, unless it may be an imported token's.
    let [first] = &presented;
    if matches!(first, Presented::Malformed)
        || (matches!(first, Presented::Foreign(_)) && !context.has_database()?)
    {
        let outcome = Outcome::Rejected(Rejection::Malformed);
        answer(&outcome, context)?;
        // Only for the log, and only if nothing is in the way.
        if let Ok(mut store) = context.open_at_once()
            && let Ok((_, notes)) = decide(&store, &presented, &required)
            && !notes.is_empty()
        {
            store.note(&notes, &caller);
        }
        return Ok(outcome.exit_code());
    }
    let mut store = context.open()?;
    let (outcomes, notes) = decide(&store, &presented, &required)?;
    let [outcome] = outcomes.as_slice() else {
        return Err(Error::unavailable("cannot verify", "the look-up gave no answer").into());
    };
    answer(outcome, context)?;
    // Only now: the answer waits for nothing.
    if !notes.is_empty() {
        store.note(&notes, &caller);
    }
    Ok(outcome.exit_code())
}

/// What a caller tells of a request, which may be whatever a client sent: cut off, and shown
/// escaped.
fn told(text: Option<OsString>) -> Option<String> {
    let text = text.map(|text| text.to_string_lossy().chars().take(255).collect::<String>());
    text.filter(|text| !text.is_empty())
}

/// The answers, in order, and what is to be written of them.
fn decide(
    store: &Store,
    presented: &[Presented],
    required: &Required,
) -> Result<(Vec<Outcome>, Notes)> {
    let foreign = presented.iter().any(|presented| matches!(presented, Presented::Foreign(_)));
    let schemes = if foreign { store.schemes()? } else { Vec::new() };
    let mut answers: Vec<(i64, Outcome)> = Vec::with_capacity(presented.len());
    let (mut wanted, mut places) = (Vec::with_capacity(presented.len()), Vec::new());
    for (place, presented) in presented.iter().enumerate() {
        match presented {
            Presented::Malformed => {}
            Presented::Own(hash) => wanted.push(Candidate::whole(*hash)),
            // Without imported tokens nobody can have such a secret.
            Presented::Foreign(_) if schemes.is_empty() => {}
            Presented::Foreign(secret) => wanted.extend(scheme::candidates(secret, &schemes)),
        }
        let rejection = match presented {
            Presented::Foreign(secret) if secret.shape() == Shape::Mistyped => Rejection::Malformed,
            _ if places.len() == wanted.len() => Rejection::Malformed,
            _ => Rejection::Unknown,
        };
        places.resize(wanted.len(), place);
        answers.push((i64::MAX, Outcome::Rejected(rejection)));
    }
    let mut notes = Notes::default();
    let recorded = store.look_up(&wanted, |which, sighting| {
        let id = sighting.grant.token.id;
        let answer = &mut answers[places[which]];
        // Two systems may have issued one secret: the token that was here first answers.
        if id < answer.0 {
            *answer = (id, Outcome::decide(sighting.grant, required));
            if sighting.is_stale && answer.1.accepted().is_some() {
                notes.used.push(id);
            }
        }
    })?;
    let outcomes: Vec<_> = answers.into_iter().map(|(_, outcome)| outcome).collect();
    if recorded != Recorded::None {
        let of_note =
            outcomes.iter().zip(presented).filter(|(outcome, _)| recorded.includes(outcome));
        notes.attempts.extend(
            of_note.map(|(outcome, presented)| Attempt::new(outcome, presented.fingerprint())),
        );
    }
    Ok((outcomes, notes))
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

fn answer(outcome: &Outcome, context: &mut Context) -> Result<()> {
    let out = &mut context.out;
    if out.is_quiet() && out.format == Format::Human {
        return Ok(());
    }
    out.done(&sentence(outcome, Timestamp::now()), &Introspection(outcome))
        .map_err(|error| Error { kind: crate::error::Kind::Unavailable, ..error })
}

/// How many attempts wait for a lock at the most.
const MOST_WAITING: usize = 200_000;

/// How long times of last use and attempts may wait to be written together.
const NOTE_AFTER: Duration = Duration::from_secs(1);

/// Answers each line of standard input with a line of JSON, in order. One thread reads and
/// hashes, the other looks up and answers what has come so far in one snapshot, so that a
/// revocation counts from the next look-up on.
fn batch(required: &Required, caller: &Caller, context: &mut Context) -> anyhow::Result<u8> {
    let mut store = context.open()?;
    store.prepare_for_many()?;
    let (sender, receiver) = sync_channel(4);
    let reader = thread::spawn(move || read_lines(&mut io::stdin().lock(), &sender));
    let mut answers =
        Answers { required, caller, count: 0, all_good: true, notes: Notes::default() };
    answers.run(&receiver, &mut store)?;
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
    caller: &'a Caller,
    count: u64,
    all_good: bool,
    /// What is still to be written.
    notes: Notes,
}

impl Answers<'_> {
    fn run(&mut self, receiver: &Receiver<Vec<Presented>>, store: &mut Store) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let mut noted = Instant::now();
        loop {
            let more = match receiver.recv_timeout(NOTE_AFTER) {
                Ok(lines) => {
                    let text = self.answer(&lines, store)?;
                    stdout
                        .write_all(&text)
                        .and_then(|()| stdout.flush())
                        .map_err(Error::undelivered)?;
                    true
                }
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => false,
            };
            if !more || noted.elapsed() >= NOTE_AFTER {
                self.note(store);
                noted = Instant::now();
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// What a lock keeps from being written now is tried again, up to a limit.
    fn note(&mut self, store: &mut Store) {
        if self.notes.is_empty() || store.note(&self.notes, self.caller) {
            self.notes = Notes::default();
        } else {
            let excess = self.notes.attempts.len().saturating_sub(MOST_WAITING);
            self.notes.attempts.drain(..excess);
        }
    }

    fn answer(&mut self, lines: &[Presented], store: &Store) -> Result<Vec<u8>> {
        let (outcomes, notes) = decide(store, lines, self.required)?;
        self.notes.used.extend(notes.used);
        self.notes.attempts.extend(notes.attempts);
        self.count += outcomes.len() as u64;
        let mut text = Vec::new();
        for outcome in &outcomes {
            self.all_good &= outcome.exit_code() == 0;
            json::write(&mut text, &Introspection(outcome)).map_err(Error::undelivered)?;
            text.push(b'\n');
        }
        Ok(text)
    }
}

/// Sends on what has come, as soon as it is whole lines. A line of any length takes constant
/// memory: what is too long for a secret is malformed, and its rest is passed over.
fn read_lines(input: &mut impl BufRead, lines: &SyncSender<Vec<Presented>>) -> io::Result<()> {
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
                whole.push(presented(&mut line));
            }
        }
        input.consume(length);
        if length == 0 && !line.is_empty() {
            whole.push(presented(&mut line));
        }
        // The other side has gone: it failed, and says so itself.
        if (!whole.is_empty() && lines.send(whole).is_err()) || length == 0 {
            return Ok(());
        }
    }
}

fn presented(line: &mut Zeroizing<Vec<u8>>) -> Presented {
    let secret = secret::parse(line.to_vec());
    line.clear();
    secret.into()
}
