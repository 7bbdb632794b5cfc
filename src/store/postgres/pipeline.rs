//! Look-ups of many tasks over a few connections, without a thread that waits.
//!
//! A look-up waits in a queue until a connection has room. Each connection has room for some statements at a
//! time, which it sends without waiting for the answers to earlier ones. What waits meanwhile goes together in
//! one statement: with a million tokens, 16 look-ups cost the server as much as 4 that are sent one by one.

use super::client::{self, Address};
use super::{lookup, schema};
use crate::domain::scheme::StoredScheme;
use crate::domain::secret::Hash;
use crate::domain::time::Timestamp;
use crate::store::backend::{Access, Patience, Pipeline, Promise};
use crate::store::error::Error;
use crate::store::records::LookUp;
use std::collections::VecDeque;
use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio::{select, try_join};
use tokio_postgres::{Client, Statement};

/// How long a look-up waits for its answer, however often it is sent.
const PATIENCE: Duration = Duration::from_secs(6);

/// How long look-ups wait for a connection when there is none any more, from the loss of the last one on. Then
/// all of them fail at once, until there is one again.
const ABSENCE: Duration = Duration::from_secs(3);

/// How often a connection has to show that it works, also when nobody looks anything up: whoever is cut off
/// from a server is told nothing.
const PULSE: Duration = Duration::from_secs(1);

/// How long it may take to show that. What was sent before is answered before.
const STUCK: Duration = Duration::from_secs(4);

/// What options a connection gets besides those of the address, of which the last ones count. A look-up that
/// waits for a lock fails before its connection counts as stuck.
const OPTIONS: &str = "-c lock_timeout=3s";

/// How long a look-up waits where nobody wants to wait, because there is another place to ask.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// How long an attempt to connect takes at most, unless the URL says it.
const CONNECT: Duration = Duration::from_secs(3);

/// The first and the longest pause between attempts to connect.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(500)];

/// How many hashes are looked for in one statement.
const MOST: usize = 64;

const NO_ANSWER: &str = "the server did not answer in time";

/// Some connections, each of which a task keeps open.
pub struct PostgresPipeline {
    queue: Arc<Queue>,
    connections: usize,
    patience: Duration,
    /// They end with this.
    _keepers: JoinSet<()>,
}

impl PostgresPipeline {
    /// Starts to connect, on the runtime that the caller is in.
    pub fn start(address: &Address, access: Access, connections: usize) -> Self {
        let mut address = address.clone();
        let (patience, absence) = match access.patience {
            Patience::Wait => {
                let options = address.options.take().unwrap_or_default();
                address.options = Some(format!("{options} {OPTIONS}"));
                (PATIENCE, ABSENCE)
            }
            Patience::AtOnce => (IMPATIENCE, Duration::ZERO),
        };
        let address = Arc::new(address);
        let queue = Arc::new(Queue::new(absence));
        let max_staleness = access.max_staleness;
        let keeper = |_| keep(address.clone(), max_staleness, queue.clone());
        let keepers = (0..connections).map(keeper).collect();
        PostgresPipeline { queue, connections, patience, _keepers: keepers }
    }

    /// The answer to a question. Whatever is lost with a connection is asked again. It may be that all
    /// connections are lost, one after the other.
    async fn ask<T>(&self, question: impl Fn(Sender<T>) -> Question) -> Result<T, Error> {
        let ask = async {
            for _ in 0..=self.connections {
                let (sender, answer) = oneshot::channel();
                self.queue.put(question(sender))?;
                if let Ok(answer) = answer.await {
                    return answer;
                }
            }
            Err(self.queue.lost())
        };
        match timeout_at(self.queue.deadline(self.patience), ask).await {
            Ok(answer) => answer,
            Err(_) => Err(self.queue.lost()),
        }
    }
}

impl Pipeline for PostgresPipeline {
    fn look_up<'a>(&'a self, hashes: &'a [Hash]) -> Promise<'a, LookUp> {
        Box::pin(self.ask(|sender| Question::Tokens(hashes.to_vec(), sender)))
    }

    fn schemes(&self) -> Promise<'_, Vec<StoredScheme>> {
        Box::pin(self.ask(Question::Schemes))
    }
}

/// Where an answer goes. Without one, the connection was lost.
type Sender<T> = oneshot::Sender<Result<T, Error>>;

enum Question {
    Tokens(Vec<Hash>, Sender<LookUp>),
    Schemes(Sender<Vec<StoredScheme>>),
}

/// The questions that wait for a connection.
struct Queue {
    state: Mutex<State>,
    work: Notify,
    /// How long questions wait from the loss of the last connection on.
    absence: Duration,
}

struct State {
    waiting: VecDeque<Question>,
    /// How many connections are open.
    open: usize,
    /// When the last one was lost, and why there is none.
    lost_at: Instant,
    why: String,
}

/// Questions that are asked together.
#[derive(Default)]
struct Batch {
    hashes: Vec<Hash>,
    tokens: Vec<Asker>,
    schemes: Vec<Sender<Vec<StoredScheme>>>,
}

/// Whoever wants to know about some of the hashes of a batch.
struct Asker {
    range: Range<usize>,
    sender: Sender<LookUp>,
}

impl Queue {
    fn new(absence: Duration) -> Self {
        let why = NO_ANSWER.to_string();
        let state = State { waiting: VecDeque::new(), open: 0, lost_at: Instant::now(), why };
        Queue { state: Mutex::new(state), work: Notify::new(), absence }
    }

    fn put(&self, question: Question) -> Result<(), Error> {
        let mut state = self.lock();
        if state.open == 0 && state.lost_at.elapsed() > self.absence {
            return Err(Error::Disconnected(state.why.clone()));
        }
        state.waiting.push_back(question);
        // Whoever was told of the first one takes all.
        if state.waiting.len() == 1 {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Until when an answer is waited for.
    fn deadline(&self, patience: Duration) -> Instant {
        let state = self.lock();
        if state.open == 0 { state.lost_at + self.absence } else { Instant::now() + patience }
    }

    /// Waits for questions and takes them.
    async fn take(&self) -> Batch {
        loop {
            if self.lock().waiting.is_empty() {
                self.work.notified().await;
            }
            let batch = self.take_now();
            if !batch.is_empty() {
                return batch;
            }
        }
    }

    fn take_now(&self) -> Batch {
        let mut batch = Batch::default();
        let mut state = self.lock();
        while batch.hashes.len() < MOST
            && let Some(question) = state.waiting.pop_front()
        {
            match question {
                Question::Tokens(hashes, sender) if !sender.is_closed() => {
                    let start = batch.hashes.len();
                    batch.hashes.extend(hashes);
                    batch.tokens.push(Asker { range: start..batch.hashes.len(), sender });
                }
                Question::Schemes(sender) => batch.schemes.push(sender),
                Question::Tokens(..) => {}
            }
        }
        if !state.waiting.is_empty() {
            self.work.notify_one();
        }
        batch
    }

    fn lost(&self) -> Error {
        Error::Disconnected(self.lock().why.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.schemes.is_empty()
    }
}

/// A connection and its prepared statements.
struct Link {
    client: Client,
    look_up_one: Statement,
    look_up: Statement,
    schemes: Statement,
    max_staleness: Option<Duration>,
}

impl Link {
    /// Checks where a connection leads to, and prepares what it is for.
    async fn new(client: Client, max_staleness: Option<Duration>) -> Result<Self, Error> {
        let statements = lookup::statements(max_staleness);
        let version = client.query_typed(schema::READ_VERSION, &[]).await;
        schema::check_version(version.map_err(Error::from))?;
        let (look_up_one, look_up, schemes) = try_join!(
            client.prepare(statements.one),
            client.prepare(statements.all),
            client.prepare(lookup::SCHEMES),
        )?;
        Ok(Link { client, look_up_one, look_up, schemes, max_staleness })
    }

    /// Answers questions until the connection is lost, and returns why.
    async fn answer(&self, queue: &Queue) -> Error {
        loop {
            let Batch { hashes, tokens, schemes } = queue.take().await;
            if let Err(lost) = self.answer_tokens(&hashes, tokens).await {
                return lost;
            }
            if let Err(lost) = self.answer_schemes(schemes).await {
                return lost;
            }
        }
    }

    /// Fails if the connection is lost. Then those who ask get no answer, and ask again.
    async fn answer_tokens(&self, hashes: &[Hash], askers: Vec<Asker>) -> Result<(), Error> {
        if askers.is_empty() {
            return Ok(());
        }
        match self.look_up(hashes).await {
            Ok(answer) => share(answer, askers),
            Err(lost @ Error::Disconnected(_)) => return Err(lost),
            // A damaged row must not be in the way of the others.
            Err(Error::Corrupt(_)) if askers.len() > 1 => {
                for Asker { range, sender } in askers {
                    match self.look_up(&hashes[range]).await {
                        Err(lost @ Error::Disconnected(_)) => return Err(lost),
                        answer => drop(sender.send(answer)),
                    }
                }
            }
            Err(error) => refuse(&error, askers.into_iter().map(|asker| asker.sender)),
        }
        Ok(())
    }

    async fn look_up(&self, hashes: &[Hash]) -> Result<LookUp, Error> {
        let rows = match hashes {
            [hash] => self.client.query(&self.look_up_one, &[&hash.as_slice()]).await?,
            _ => {
                let wanted: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
                self.client.query(&self.look_up, &[&wanted]).await?
            }
        };
        lookup::read(&rows, hashes, self.max_staleness)
    }

    async fn answer_schemes(&self, askers: Vec<Sender<Vec<StoredScheme>>>) -> Result<(), Error> {
        if askers.is_empty() {
            return Ok(());
        }
        let rows = self.client.query(&self.schemes, &[]).await.map_err(Error::from);
        match rows.and_then(|rows| lookup::read_schemes(&rows)) {
            Ok(schemes) => {
                for sender in askers {
                    let _ = sender.send(Ok(schemes.clone()));
                }
            }
            Err(lost @ Error::Disconnected(_)) => return Err(lost),
            Err(error) => refuse(&error, askers),
        }
        Ok(())
    }

    /// Ends when the connection does not show any more that it works, and returns why.
    async fn watch(&self) -> Error {
        loop {
            sleep(PULSE).await;
            match timeout(STUCK, self.client.check_connection()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.into(),
                Err(_) => return Error::Disconnected(NO_ANSWER.to_string()),
            }
        }
    }
}

/// Gives each one who asks their part of an answer.
fn share(answer: LookUp, askers: Vec<Asker>) {
    let part = |_: &Asker| LookUp { found: Vec::new(), settings: answer.settings.clone() };
    let mut parts: Vec<LookUp> = askers.iter().map(part).collect();
    for (position, token) in answer.found {
        let number = askers.partition_point(|asker| asker.range.end <= position);
        parts[number].found.push((position - askers[number].range.start, token));
    }
    for (asker, part) in askers.into_iter().zip(parts) {
        // Nobody waits any more for a request whose client has gone.
        let _ = asker.sender.send(Ok(part));
    }
}

/// Tells all who ask what went wrong.
fn refuse<T>(error: &Error, askers: impl IntoIterator<Item = Sender<T>>) {
    for sender in askers {
        let copy = match error {
            Error::Locked => Error::Locked,
            Error::Stale(age) => Error::Stale(*age),
            Error::Corrupt(why) => Error::Corrupt(why.clone()),
            Error::NoRight(why) => Error::NoRight(why.clone()),
            Error::OtherSchema(why) => Error::OtherSchema(why.clone()),
            other => Error::Other(other.to_string()),
        };
        let _ = sender.send(Err(copy));
    }
}

/// Keeps a connection open, and makes it again whenever it is lost.
async fn keep(address: Arc<Address>, max_staleness: Option<Duration>, queue: Arc<Queue>) {
    let [shortest, longest] = PAUSES;
    let mut pause = shortest;
    loop {
        let started = Instant::now();
        let why = match client::connect_async(address.clone(), CONNECT).await {
            Ok((client, connection)) => hold(client, max_staleness, connection, &queue).await,
            Err(error) => error.into(),
        };
        queue.lock().why = match why {
            Error::Disconnected(why) => why,
            other => other.to_string(),
        };
        // A server that was there for a while has gone just now, and may be back soon.
        pause = if started.elapsed() > longest { shortest } else { (pause * 2).min(longest) };
        sleep(spread(pause)).await;
    }
}

/// Answers questions over a connection until it is lost, and returns why.
async fn hold(
    client: Client,
    max_staleness: Option<Duration>,
    connection: impl Future<Output = Result<(), tokio_postgres::Error>>,
    queue: &Queue,
) -> Error {
    let work = async {
        let link = match Link::new(client, max_staleness).await {
            Ok(link) => link,
            Err(error) => return error,
        };
        let _open = Open::new(queue);
        // Two: the server has the next questions already when it has answered those before.
        select! {
            lost = link.answer(queue) => lost,
            lost = link.answer(queue) => lost,
            lost = link.watch() => lost,
        }
    };
    select! {
        lost = work => lost,
        ended = connection => match ended {
            Ok(()) => Error::Disconnected("the server closed the connection".to_string()),
            Err(error) => error.into(),
        },
    }
}

/// Counts a connection for as long as it is open.
struct Open<'a>(&'a Queue);

impl<'a> Open<'a> {
    fn new(queue: &'a Queue) -> Self {
        queue.lock().open += 1;
        Open(queue)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.open -= 1;
        if state.open == 0 {
            state.lost_at = Instant::now();
        }
        // This connection may have been told of questions that it has not taken.
        self.0.work.notify_one();
    }
}

/// A pause of about this length: what lost its connections together does not come back all at once.
fn spread(pause: Duration) -> Duration {
    let chance = Timestamp::now_millis().millis() % 100;
    pause.mul_f64(1.0 + chance as f64 / 100.0)
}
