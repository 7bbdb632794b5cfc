//! Verifying one secret per line of a stream, in order, as fast as the processors allow.
//!
//! One thread reads and hashes. As many as there are processors look up what has come so far, each
//! time in one snapshot, so that a revocation counts from the next look-up on. The calling thread
//! writes the answers in order.

use super::credential::Credential;
use super::judge;
use super::recorder::PendingWrites;
use super::verdict::Verdict;
use super::verifier::Verifier;
use crate::domain::audit::{Actor, Caller};
use crate::domain::scope::Required;
use crate::domain::secret::MAX_SECRET;
use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::text::wiped::WipedReader;
use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How much is read at once, if there is as much: some thousand secrets.
const CHUNK: usize = 128 * 1024;

/// How many attempts wait for a lock at most.
const MAX_PENDING: usize = 200_000;

/// How long last uses and attempts wait to be written together.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// How to verify a stream.
pub struct Batch {
    /// The scopes that every secret needs.
    pub required: Required,
    /// What to record about the requests.
    pub caller: Caller,
    /// How many threads look up.
    pub workers: usize,
    /// Writes the answer to one secret.
    pub render: fn(&Verdict, &mut Vec<u8>) -> io::Result<()>,
    /// The account to record attempts for.
    pub actor: fn() -> Actor,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// What came of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many lines it had.
    pub count: usize,
    /// Whether every verdict was [`Verdict::Good`].
    pub all_good: bool,
}

/// Why a stream could not be verified to its end.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The input could not be read.
    #[error("cannot read the input: {0}")]
    Input(io::Error),
    /// The answers could not be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
    /// There can be no more threads.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// It could not be found out whether a secret is good.
    #[error(transparent)]
    Verify(#[from] judge::Error),
    /// A thread ended early, so that lines have no answer.
    #[error("only {answered} of {read} lines were answered")]
    Incomplete {
        /// Lines with an answer.
        answered: usize,
        /// Lines that were read.
        read: usize,
    },
}

impl Batch {
    /// Verifies one secret per line of `input` and writes the answers to `output` in order.
    ///
    /// # Errors
    ///
    /// When a line could not be answered; the answers before it have been written.
    pub fn run(
        self,
        store: &Store,
        input: impl Read + Send + 'static,
        output: &mut dyn Write,
    ) -> Result<Summary, BatchError> {
        let gate = Arc::new(RwLock::new(()));
        let (mut to_workers, mut from_workers) = (Vec::new(), Vec::new());
        for _ in 0..self.workers.max(1) {
            let (lines_out, lines_in) = sync_channel(2);
            let (answers_out, answers_in) = sync_channel(2);
            let worker = Worker {
                verifier: Verifier::new(store.clone()),
                required: self.required.clone(),
                caller: self.caller.clone(),
                render: self.render,
                clock: self.clock,
                gate: gate.clone(),
            };
            start(move || worker.run(&lines_in, &answers_out))?;
            to_workers.push(lines_out);
            from_workers.push(answers_in);
        }
        let mut reader = WipedReader::with_capacity(CHUNK, input);
        let reader = start(move || read_lines(&mut reader, &to_workers))?;
        let summary = Summary { count: 0, all_good: true };
        let mut collector =
            Collector { batch: self, store, gate, summary, pending: PendingWrites::default() };
        collector.run(&from_workers, output)?;
        let answered = collector.summary.count;
        let read = reader.join().map_err(|_| io::Error::other("the reading thread failed"));
        let read = read.flatten().map_err(BatchError::Input)?;
        if read != answered {
            return Err(BatchError::Incomplete { answered, read });
        }
        Ok(collector.summary)
    }
}

/// Starts a thread, which the operating system may refuse.
fn start<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, BatchError> {
    thread::Builder::new().spawn(work).map_err(BatchError::Thread)
}

/// The answers to some lines.
struct Answers {
    text: Vec<u8>,
    summary: Summary,
    pending: PendingWrites,
}

struct Worker {
    verifier: Verifier,
    required: Required,
    caller: Caller,
    render: fn(&Verdict, &mut Vec<u8>) -> io::Result<()>,
    clock: fn() -> Timestamp,
    /// Held while looking up: a batch's own read locks must not keep it from writing.
    gate: Arc<RwLock<()>>,
}

impl Worker {
    fn run(
        &self,
        lines: &Receiver<Vec<Credential>>,
        answers: &SyncSender<Result<Answers, BatchError>>,
    ) {
        for lines in lines {
            let answer = self.answer(&lines);
            let failed = answer.is_err();
            // If nobody takes it, the output has failed, which is reported there.
            if answers.send(answer).is_err() || failed {
                return;
            }
        }
    }

    fn answer(&self, lines: &[Credential]) -> Result<Answers, BatchError> {
        let verifications = {
            let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
            self.verifier.verify_all(lines, &self.required, (self.clock)())?
        };
        let mut answers = Answers {
            text: Vec::with_capacity(lines.len() * 256),
            summary: Summary { count: lines.len(), all_good: true },
            pending: PendingWrites::default(),
        };
        for verification in &verifications {
            answers.summary.all_good &= matches!(verification.verdict, Verdict::Good(_));
            (self.render)(&verification.verdict, &mut answers.text).map_err(BatchError::Output)?;
            answers.pending.add(verification, &self.caller);
        }
        Ok(answers)
    }
}

/// Takes the answers from the workers in turn, as the reader gives them the lines.
struct Collector<'a> {
    batch: Batch,
    store: &'a Store,
    gate: Arc<RwLock<()>>,
    summary: Summary,
    pending: PendingWrites,
}

impl Collector<'_> {
    fn run(
        &mut self,
        workers: &[Receiver<Result<Answers, BatchError>>],
        output: &mut dyn Write,
    ) -> Result<(), BatchError> {
        let mut written = Instant::now();
        let mut turns = workers.iter().cycle();
        let mut turn = turns.next();
        while let Some(worker) = turn {
            match worker.recv_timeout(WRITE_INTERVAL) {
                Ok(answers) => {
                    let answers = answers?;
                    output.write_all(&answers.text).map_err(BatchError::Output)?;
                    output.flush().map_err(BatchError::Output)?;
                    self.add(answers);
                    turn = turns.next();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => turn = None,
            }
            if turn.is_none() || written.elapsed() >= WRITE_INTERVAL {
                self.write_pending();
                written = Instant::now();
            }
        }
        Ok(())
    }

    fn add(&mut self, answers: Answers) {
        self.summary.count += answers.summary.count;
        self.summary.all_good &= answers.summary.all_good;
        self.pending.append(answers.pending);
    }

    /// What a lock keeps from being written now is tried again, up to a limit.
    fn write_pending(&mut self) {
        let _shut = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let Batch { actor, clock, .. } = &self.batch;
        self.pending.write(self.store, actor, clock());
        self.pending.limit_attempts(MAX_PENDING);
    }
}

/// Gives the workers what has come, in turn and as soon as it is whole lines. A line of any length
/// takes constant memory: one too long for a secret is malformed, and its rest is skipped. Returns
/// how many lines there were.
fn read_lines(
    input: &mut impl BufRead,
    workers: &[SyncSender<Vec<Credential>>],
) -> io::Result<usize> {
    const LONGEST: usize = MAX_SECRET + 256;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut turns = workers.iter().cycle();
    let mut count = 0;
    loop {
        let mut complete = Vec::new();
        let bytes = input.fill_buf()?;
        let length = bytes.len();
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let room = LONGEST + 1 - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                complete.push(Credential::parse(line.to_vec()));
                line.clear();
            }
        }
        input.consume(length);
        if length == 0 && !line.is_empty() {
            complete.push(Credential::parse(line.to_vec()));
            line.clear();
        }
        if !complete.is_empty() {
            count += complete.len();
            // A worker that is gone has failed, which it has reported itself.
            let taken = turns.next().is_some_and(|worker| worker.send(complete).is_ok());
            if !taken {
                return Ok(count);
            }
        }
        if length == 0 {
            return Ok(count);
        }
    }
}
