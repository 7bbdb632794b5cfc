//! Output that does not wait for its reader.
//!
//! While rows are read, the database is locked against writers. A pager that nobody scrolls must not
//! prolong that: without this, `tokctl list --json | less` let every `revoke` fail. Rows that the
//! reader does not take yet wait in memory, or in a temporary file if there are many. So nothing
//! secret may be written here.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use tempfile::SpooledTempFile;

/// How many bytes wait in memory before they go to a file.
const IN_MEMORY: usize = 4 * 1024 * 1024;

/// How many bytes are delivered at once.
const CHUNK: usize = 64 * 1024;

/// A writer that takes everything at once. A thread delivers it, in order; [`Write::flush`] waits
/// until it has.
pub struct Spool(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: SpooledTempFile,
    /// How much was written to `waiting`.
    written: u64,
    /// How much of that the thread has taken.
    taken: u64,
    /// Whether the thread delivers what it took last.
    is_delivering: bool,
    is_closed: bool,
    /// Why nothing more can be delivered.
    error: Option<io::Error>,
}

impl Spool {
    /// Starts the thread that delivers to `to`.
    ///
    /// # Errors
    ///
    /// When there can be no thread.
    pub fn start(to: impl Write + Send + 'static) -> io::Result<Self> {
        let state = State {
            waiting: SpooledTempFile::new(IN_MEMORY),
            written: 0,
            taken: 0,
            is_delivering: false,
            is_closed: false,
            error: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let spool = Spool(shared.clone());
        thread::Builder::new().spawn(move || shared.deliver(to))?;
        Ok(spool)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        state.check()?;
        let end = SeekFrom::Start(state.written);
        state.waiting.seek(end)?;
        state.waiting.write_all(bytes)?;
        state.written += bytes.len() as u64;
        self.0.changed.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let is_busy = |state: &mut State| state.error.is_none() && !state.is_idle();
        let waited = self.0.changed.wait_while(self.0.lock(), is_busy);
        waited.unwrap_or_else(PoisonError::into_inner).check()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, mut to: impl Write) {
        let mut chunk = vec![0; CHUNK];
        let mut delivered = Ok(());
        while delivered.is_ok() {
            delivered = match self.take(&mut chunk) {
                Ok(0) => return,
                Ok(count) => to.write_all(&chunk[..count]).and_then(|()| to.flush()),
                Err(error) => Err(error),
            };
        }
        self.lock().error = delivered.err();
        self.changed.notify_all();
    }

    /// Waits for bytes and takes the next of them; none when there will be no more.
    fn take(&self, chunk: &mut [u8]) -> io::Result<usize> {
        let mut state = self.lock();
        state.is_delivering = false;
        self.changed.notify_all();
        let has_nothing = |state: &mut State| !state.is_closed && state.is_idle();
        state = self.changed.wait_while(state, has_nothing).unwrap_or_else(PoisonError::into_inner);
        if state.is_idle() {
            return Ok(0);
        }
        let next = SeekFrom::Start(state.taken);
        state.waiting.seek(next)?;
        let count = state.waiting.read(chunk)?;
        state.taken += count as u64;
        state.is_delivering = true;
        if state.taken == state.written {
            // A reader that keeps up needs no more room than this.
            state.waiting.set_len(0)?;
            (state.taken, state.written) = (0, 0);
        }
        Ok(count)
    }
}

impl State {
    /// Whether everything was delivered.
    fn is_idle(&self) -> bool {
        self.taken == self.written && !self.is_delivering
    }

    fn check(&self) -> io::Result<()> {
        match &self.error {
            None => Ok(()),
            Some(error) => Err(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_does_not_read_delays_nobody_and_gets_everything() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut spool = Spool::start(writer).unwrap();
        let bytes: Vec<u8> = (0..3 * IN_MEMORY).map(|i| (i / 7) as u8).collect();
        for part in bytes.chunks(10_000) {
            spool.write_all(part).unwrap();
        }
        let reading = thread::spawn(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read)
        });
        spool.flush().unwrap();
        drop(spool);
        assert!(reading.join().unwrap().unwrap() == bytes);
    }

    #[test]
    fn nothing_is_lost_between_flushes() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut spool = Spool::start(writer).unwrap();
        let mut read = [0; 3];
        for text in [b"abc", b"def", b"ghi"] {
            spool.write_all(text).unwrap();
            spool.flush().unwrap();
            reader.read_exact(&mut read).unwrap();
            assert_eq!(&read, text);
        }
    }

    #[test]
    fn a_reader_that_went_away_is_reported() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut spool = Spool::start(writer).unwrap();
        spool.write_all(b"a").unwrap();
        assert_eq!(spool.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(spool.write(b"b").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
