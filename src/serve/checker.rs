//! Verification: on the thread that received the request, or in a pipeline of look-ups.

use super::recorder::Recorder;
use super::unavailable::{TooManyWait, Unavailable};
use crate::domain::audit::Caller;
use crate::domain::scope::Required;
use crate::domain::time::Timestamp;
use crate::store::{self, Access, Location, Patience, Pipelines, Store, TokenCache};
use crate::verify::{self, AsyncVerifier, Credential, Verdict, Verification, Verifier};
use std::cell::RefCell;
use std::sync::Arc;
use thread_local::ThreadLocal;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Memory for pages that each thread reads again and again, in bytes.
const CACHE: usize = 1024 * 1024;

/// How many requests may wait for the database at a time. More are refused: they would only wait longer.
pub const MAX_WAITING: usize = 64;

/// Verifies credentials. In a file, a look-up takes some microseconds, less than handing it to another
/// thread, so each thread looks up in a connection of its own. Only where another process keeps the
/// database locked, the request waits on a thread for that, and holds up no other. A look-up on a server
/// takes the time that the server takes, and no thread waits for it.
pub struct Checker {
    location: Location,
    readers: ThreadLocal<RefCell<Option<Verifier>>>,
    pipelined: Option<Pipelined>,
    patient: Verifier,
    waiting: Arc<Semaphore>,
    recorder: Arc<Recorder>,
    token_cache: Option<TokenCache>,
}

/// Where to look a secret up.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// In the replica, if there is one and it answers. It can be behind.
    Anywhere,
    /// In the database itself: for whoever changes something.
    Database,
}

struct Pipelined {
    anywhere: AsyncVerifier,
    database: AsyncVerifier,
}

impl Pipelined {
    fn at(&self, place: Place) -> &AsyncVerifier {
        match place {
            Place::Anywhere => &self.anywhere,
            Place::Database => &self.database,
        }
    }
}

impl From<Pipelines> for Pipelined {
    fn from(pipelines: Pipelines) -> Self {
        Pipelined {
            anywhere: AsyncVerifier::new(pipelines.anywhere),
            database: AsyncVerifier::new(pipelines.database),
        }
    }
}

impl Checker {
    /// Verifies against the database at `location` for this many threads; `store` is the same, and waits
    /// for locks.
    pub fn new(
        location: Location,
        store: Store,
        token_cache: Option<TokenCache>,
        threads: usize,
        recorder: Arc<Recorder>,
    ) -> Self {
        let waiting = Arc::new(Semaphore::new(MAX_WAITING));
        let pipelined = store.pipelines(threads).map(Pipelined::from);
        let (readers, patient) = (ThreadLocal::new(), Verifier::new(store));
        Checker { location, readers, pipelined, patient, waiting, recorder, token_cache }
    }

    /// The answer to a credential. What there is to record is written later.
    ///
    /// # Errors
    ///
    /// When it cannot be found out.
    pub async fn check(
        &self,
        sent: Credential,
        required: &Required,
        place: Place,
        caller: impl FnOnce() -> Caller,
    ) -> Result<Verdict, Unavailable> {
        let verification = self.verify(sent, required, place).await?;
        self.recorder.add(&verification, caller);
        Ok(verification.verdict)
    }

    async fn verify(
        &self,
        sent: Credential,
        required: &Required,
        place: Place,
    ) -> Result<Verification, Unavailable> {
        let now = Timestamp::now_millis();
        if let Some(pipelined) = &self.pipelined {
            return Ok(Box::pin(pipelined.at(place).verify(&sent, required, now)).await?);
        }
        if let Some(answer) = self.at_once(|it| it.verify(&sent, required, now))? {
            return Ok(answer);
        }
        let (patient, required) = (self.patient.clone(), required.clone());
        let patiently = self.patiently(move || patient.verify(&sent, &required, now));
        // Rare, and large: a part of the future itself, each request would allocate and move it.
        Ok(Box::pin(patiently).await??)
    }

    /// Looks up on this thread; `None` if another process keeps the database locked.
    fn at_once<T>(
        &self,
        work: impl FnOnce(&Verifier) -> Result<T, verify::Error>,
    ) -> Result<Option<T>, verify::Error> {
        let mut reader = self.readers.get_or_default().borrow_mut();
        let verifier = match reader.take() {
            Some(verifier) => Ok(verifier),
            None => self.open(),
        };
        match verifier.and_then(|it| work(reader.insert(it))) {
            Err(verify::Error::Store(store::Error::Locked)) => Ok(None),
            answer => answer.map(Some),
        }
    }

    fn open(&self) -> Result<Verifier, verify::Error> {
        let access = Access { patience: Patience::AtOnce, cache: Some(CACHE), ..Access::default() };
        let cache = self.token_cache.clone();
        Ok(Verifier::new(Store::open_with_cache(&self.location, access, cache)?))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// Why it does not.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        let (nobody, nothing) = ([Credential::Own([0; 32])], Required::default());
        let now = Timestamp::now_millis();
        let answer = match &self.pipelined {
            Some(pipelined) => pipelined.anywhere.verify(&nobody[0], &nothing, now).await.map(drop),
            // `verify` would answer from memory.
            None => self.at_once(|it| it.verify_all(&nobody, &nothing, now)).map(drop),
        };
        match answer {
            Err(verify::Error::Store(store::Error::Locked)) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Runs `work` on a thread that may wait.
    ///
    /// # Errors
    ///
    /// When too many others do.
    pub async fn patiently<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TooManyWait> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| TooManyWait)?;
        let done = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        // A panic ends the process. What is cancelled, at the end of the server, was never started.
        done.await.map_err(|_| TooManyWait)
    }
}
