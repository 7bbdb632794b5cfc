//! `verify --batch`: each line of standard input gets a line of JSON, in order.
//!
//! One thread reads and hashes, as many as there are processors look up and answer what has come
//! so far in one snapshot each, so that a revocation counts from the next look-up on, and one puts
//! the answers out in order.

use super::Context;
use crate::error::{Error, Result};
use crate::scheme::Presented;
use crate::scope::Required;
use crate::secret::{self, MAX_SECRET};
use crate::store::{Caller, Notes, Store};
use crate::verification::decide;
use crate::view::json;
use crate::view::outcome::Introspection;
use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How much is read at once, if there is as much: some thousand secrets.
const CHUNK: usize = 128 * 1024;

/// How many attempts wait for a lock at the most.
const MOST_WAITING: usize = 200_000;

/// How long times of last use and attempts may wait to be written together.
const NOTE_AFTER: Duration = Duration::from_secs(1);

/// How many threads look up at the most.
const MOST_WORKERS: usize = 8;

pub fn run(required: Required, caller: Caller, context: &mut Context) -> anyhow::Result<u8> {
    let mut store = context.open()?;
    let workers = thread::available_parallelism().map_or(1, |count| count.get().min(MOST_WORKERS));
    let gate = Arc::new(RwLock::new(()));
    let (mut lines, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..workers {
        let (lines_out, lines_in) = sync_channel(2);
        let (answers_out, answers_in) = sync_channel(2);
        let worker =
            Worker { store: context.open()?, required: required.clone(), gate: gate.clone() };
        worker.store.prepare_for_many(workers)?;
        thread::spawn(move || worker.run(&lines_in, &answers_out));
        lines.push(lines_out);
        answers.push(answers_in);
    }
    let reader = thread::spawn(move || {
        read_lines(&mut BufReader::with_capacity(CHUNK, io::stdin().lock()), &lines)
    });
    let mut output = Output { caller, gate, count: 0, all_good: true, notes: Notes::default() };
    output.run(&answers, &mut store)?;
    let failed = |why: &dyn Display| Error::unavailable("cannot read standard input", why);
    let read = match reader.join() {
        Ok(read) => read.map_err(|error| failed(&error))?,
        Err(_) => return Err(failed(&"the reader failed").into()),
    };
    if read != output.count {
        let why = format!("{} of {read} lines have an answer", output.count);
        return Err(Error::unavailable("cannot verify", why).into());
    }
    Ok(if output.count > 0 && output.all_good { 0 } else { 1 })
}

/// The answers to some lines, as text, and what is to be written of them.
struct Answers {
    text: Vec<u8>,
    count: usize,
    all_good: bool,
    notes: Notes,
}

struct Worker {
    store: Store,
    required: Required,
    /// Held while looking up: our own locks must not keep us from writing.
    gate: Arc<RwLock<()>>,
}

impl Worker {
    fn run(&self, lines: &Receiver<Vec<Presented>>, answers: &SyncSender<Result<Answers>>) {
        for lines in lines {
            let answer = self.answer(&lines);
            let failed = answer.is_err();
            // If nobody wants it, the output has failed, and says so itself.
            if answers.send(answer).is_err() || failed {
                return;
            }
        }
    }

    fn answer(&self, lines: &[Presented]) -> Result<Answers> {
        let (outcomes, notes) = {
            let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
            decide(&self.store, lines, &self.required)?
        };
        let mut text = Vec::with_capacity(outcomes.len() * 256);
        let mut all_good = true;
        for outcome in &outcomes {
            all_good &= outcome.exit_code() == 0;
            json::write(&mut text, &Introspection(outcome)).map_err(Error::undelivered)?;
            text.push(b'\n');
        }
        Ok(Answers { text, count: outcomes.len(), all_good, notes })
    }
}

struct Output {
    caller: Caller,
    gate: Arc<RwLock<()>>,
    count: usize,
    all_good: bool,
    /// What is still to be written.
    notes: Notes,
}

impl Output {
    /// Takes the answers from the workers in turn, as the reader gives them the lines.
    fn run(&mut self, workers: &[Receiver<Result<Answers>>], store: &mut Store) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let mut noted = Instant::now();
        let mut turns = workers.iter().cycle();
        let mut turn = turns.next();
        while let Some(worker) = turn {
            match worker.recv_timeout(NOTE_AFTER) {
                Ok(answers) => {
                    let answers = answers?;
                    stdout
                        .write_all(&answers.text)
                        .and_then(|()| stdout.flush())
                        .map_err(Error::undelivered)?;
                    self.add(answers);
                    turn = turns.next();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => turn = None,
            }
            if turn.is_none() || noted.elapsed() >= NOTE_AFTER {
                self.note(store);
                noted = Instant::now();
            }
        }
        Ok(())
    }

    fn add(&mut self, answers: Answers) {
        self.count += answers.count;
        self.all_good &= answers.all_good;
        self.notes.used.extend(answers.notes.used);
        self.notes.attempts.extend(answers.notes.attempts);
    }

    /// What a lock keeps from being written now is tried again, up to a limit.
    fn note(&mut self, store: &mut Store) {
        let _shut = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        store.note(&mut self.notes, &self.caller);
        let excess = self.notes.attempts.len().saturating_sub(MOST_WAITING);
        self.notes.attempts.drain(..excess);
    }
}

/// Sends what has come to the workers in turn, as soon as it is whole lines. A line of any length takes constant
/// memory: what is too long for a secret is malformed, and its rest is passed over. Returns how
/// many lines there were.
fn read_lines(
    input: &mut impl BufRead,
    workers: &[SyncSender<Vec<Presented>>],
) -> io::Result<usize> {
    const LONGEST: usize = MAX_SECRET + 256;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut turns = workers.iter().cycle();
    let mut count = 0;
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
        if !whole.is_empty() {
            count += whole.len();
            // A worker that has gone has failed, and says so itself.
            let taken = turns.next().is_some_and(|worker| worker.send(whole).is_ok());
            if !taken {
                return Ok(count);
            }
        }
        if length == 0 {
            return Ok(count);
        }
    }
}

fn presented(line: &mut Zeroizing<Vec<u8>>) -> Presented {
    let secret = secret::parse(line.to_vec());
    line.clear();
    secret.into()
}
