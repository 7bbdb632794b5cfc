//! `verify --batch`: answer each line of standard input with a line of JSON, in order.

use super::account;
use super::context::Context;
use super::input::unbuffered_stdin;
use super::replica;
use crate::cli::Replica;
use crate::domain::audit::Caller;
use crate::domain::scope::Required;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::Access;
use crate::text::json;
use crate::verify::{Batch, BatchError};
use crate::view::Introspection;
use std::io;
use std::thread;

/// How many threads look up at most.
const MAX_WORKERS: usize = 8;
/// Memory for pages that the look-ups read again and again, in bytes.
const CACHE: usize = 128 * 1024 * 1024;

/// 0 if there was at least one secret and all were good, else 1.
pub fn run(required: Required, caller: Caller, replica: &Replica, context: &Context) -> Result<u8> {
    let workers = thread::available_parallelism().map_or(1, |count| count.get().min(MAX_WORKERS));
    let access = Access { cache: Some(CACHE / workers), ..Access::default() };
    let store = replica::open(replica, access, context)?;
    let batch = Batch {
        required,
        caller,
        workers,
        render: |verdict, to| {
            json::write(&mut *to, &Introspection(verdict))?;
            to.push(b'\n');
            Ok(())
        },
        actor: account::actor,
        clock: Timestamp::now_millis,
    };
    let stdin = unbuffered_stdin().map_err(BatchError::Input)?;
    let summary = batch.run(&store, stdin, &mut io::stdout().lock())?;
    Ok(if summary.count > 0 && summary.all_good { 0 } else { 1 })
}

impl From<BatchError> for Error {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Input(why) => Error::unavailable("cannot read standard input", why),
            BatchError::Output(why) => Error::undelivered(why),
            BatchError::Thread(why) => Error::unavailable("cannot start a thread", why),
            BatchError::Verify(error) => error.into(),
            BatchError::Incomplete { .. } => Error::unavailable("verification stopped", error),
        }
    }
}
