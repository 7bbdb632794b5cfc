//! The server from its start to its end.

use super::app::{App, Shared};
use super::checker::Checker;
use super::config::Config;
use super::log::{Level, Log};
use super::metrics::Metrics;
use super::net::{Address, Doorstep, Limits, Listener, Tls, accept, inherited};
use super::recorder::Recorder;
use super::router::{document, router};
use super::shutdown::{Phase, Shutdown};
use super::signals::{Request, Signals};
use super::systemd;
use crate::domain::audit::Actor;
use crate::error::{Error, Result};
use crate::store::{self, Access, Location, Patience, Store, TokenCache};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::select;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

/// How long clients of open connections may still send a request once the end has begun.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// How long clients that have just connected may still send their first one.
const FIRST_REQUESTS: Duration = Duration::from_millis(200);

/// How long the handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long work that was cut off may take to end.
const LAST_TASKS: Duration = Duration::from_secs(5);

/// How long until the database is asked once more to let readers go on.
const NEXT_TRY: Duration = Duration::from_secs(5);

/// Memory for tokens that are looked up again and again, in bytes.
const TOKEN_CACHE: usize = 32 << 20;

/// How often the snapshot of the cache is renewed.
const RENEWAL: Duration = Duration::from_secs(1);

/// How many look-ups the cache must not have answered for it to be filled again.
const WORTH_FILLING: u64 = 1000;

/// How much longer than the last filling took the next one waits at least.
const IDLE: u32 = 19;

/// Files besides connections: the log, the runtime, the connections to the database of threads that wait.
const OTHER_FILES: u64 = 128;

/// Files of each thread that answers: the database and its side files.
const FILES_OF_THREAD: u64 = 4;

/// Serves the database at `location`, which may be away at first if it has a `replica`, until a signal ends
/// the server. `actor` is the account that runs it.
///
/// # Errors
///
/// Whatever keeps the server from starting.
pub fn run(
    mut config: Config,
    location: Location,
    replica: Option<Store>,
    actor: Actor,
) -> Result<()> {
    let limited = limit_connections(&mut config);
    let runtime = Builder::new_multi_thread()
        .worker_threads(config.threads)
        .max_blocking_threads(16)
        .thread_name("serve")
        .enable_all()
        .build()
        .map_err(|error| Error::unavailable("cannot start threads", error))?;
    let server = {
        // Not within the runtime: to open a database may wait.
        let _sockets_belong_to = runtime.enter();
        Server::start(config, location, replica, actor)?
    };
    if let Some(most) = limited {
        server.app.log.warn(
            "fewer connections than configured",
            format!("the operating system allows {most}"),
        );
    }
    let store = runtime.block_on(server.serve())?;
    // Whatever was cut off lets go of the database, which then gets its usual journal back, unless
    // another process has it open.
    runtime.shutdown_timeout(LAST_TASKS);
    let _ = store.set_concurrent_readers(false);
    Ok(())
}

/// Asks the operating system for as many open files as the connections need. Returns how many it allows,
/// if that is less.
fn limit_connections(config: &mut Config) -> Option<usize> {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let others = OTHER_FILES + FILES_OF_THREAD * config.threads as u64;
    let wanted = (config.max_connections as u64).saturating_add(others);
    if limit.current.is_some_and(|current| current < wanted) {
        let current = Some(wanted.min(most));
        // Where it is refused, connections wait for others to be closed.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum: limit.maximum });
    }
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = usize::try_from(allowed.saturating_sub(others)).unwrap_or(usize::MAX).max(1);
    if room >= config.max_connections {
        return None;
    }
    config.max_connections = room;
    Some(room)
}

/// A server that has started.
struct Server {
    app: Shared,
    listeners: Vec<Listener>,
    tls: Option<Arc<Tls>>,
    recorder: Arc<Recorder>,
    writer: JoinHandle<()>,
    token_cache: Option<TokenCache>,
}

impl Server {
    fn start(
        config: Config,
        location: Location,
        replica: Option<Store>,
        actor: Actor,
    ) -> Result<Self> {
        let tls = config.tls.clone().map(Tls::read).transpose()?.map(Arc::new);
        let store = match replica {
            None => Store::open(&location)?,
            Some(replica) => Store::at(&location, Access::default())?.with_replica(replica),
        };
        let listeners = listeners(&config)?;
        let failed = |error: io::Error| Error::unavailable("cannot start threads", error);
        let log = Log::start(config.log_format, config.access_log).map_err(failed)?;
        let metrics = Metrics::new();
        let recorder = Recorder::new(metrics.clone());
        let token_cache = store::token_cache(&location, TOKEN_CACHE)?;
        // What it writes waits for nothing, and neither does the end of the server.
        let access = Access { patience: Patience::AtOnce, ..Access::default() };
        let own = match &token_cache {
            Some(cache) => Store::for_recording(cache),
            None => Store::at(&location, access)?,
        };
        let writer = recorder.clone().start(own, actor.clone()).map_err(failed)?;
        let checker = Checker::new(
            location,
            store.clone(),
            token_cache.clone(),
            config.threads,
            recorder.clone(),
        );
        let issuer = issuer(&config, &listeners);
        let shutdown = Shutdown::new();
        let openapi = document().map_err(|error| failed(error.into()))?.into();
        let app = App {
            config,
            issuer,
            openapi,
            checker,
            store,
            actor,
            metrics,
            log,
            shutdown,
            told: Mutex::default(),
        };
        Ok(Server { app: Arc::new(app), listeners, tls, recorder, writer, token_cache })
    }

    /// Serves until a signal ends the server, and returns the database.
    async fn serve(self) -> Result<Store> {
        let Server { app, listeners, tls, recorder, writer, token_cache } = self;
        // Before anybody is told that it is ready, and sends one.
        let mut signals = Signals::listen()?;
        if !lets_readers_go_on(&app, true) {
            tokio::spawn(keep_trying(app.clone()));
        }
        if let Some(cache) = token_cache {
            tokio::spawn(keep_current(cache.clone()));
            tokio::spawn(keep_filled(cache, app.clone()));
        }
        let places = app.config.max_connections.min(Semaphore::MAX_PERMITS);
        let door = Doorstep {
            app: app.clone(),
            router: router(app.clone()),
            tls: tls.clone(),
            limits: Limits { idle: app.config.idle_timeout, handshake: HANDSHAKE },
            places: Arc::new(Semaphore::new(places)),
        };
        let mut accepting = JoinSet::new();
        for listener in listeners {
            let address = listener.address().map(|address| address.to_string());
            app.log.event(Level::Info, "listening", &[("address", address.into())]);
            accepting.spawn(accept(listener, door.clone()));
        }
        systemd::ready();
        let signal = wait_for_end(&app, tls.as_deref(), &mut signals).await;
        app.shutdown.enter(Phase::Closing);
        app.log.event(Level::Info, "ending", &[("signal", signal.into())]);
        systemd::stopping();
        select! {
            () = end(&app, accepting) => {}
            signal = signals.end() => app.log.warn("connections were cut off", signal),
        }
        recorder.end();
        // On a thread of its own: the others may all wait for the database.
        let (sender, written) = oneshot::channel();
        let _ = thread::Builder::new().spawn(move || sender.send(writer.join()));
        let _ = written.await;
        app.log.event(Level::Info, "ended", &[]);
        app.log.end();
        Ok(app.store.clone())
    }
}

/// Has the database let readers go on while others write, and returns whether they do. Otherwise a prune or
/// an import locks them out.
fn lets_readers_go_on(app: &App, is_first_try: bool) -> bool {
    let why = match app.store.set_concurrent_readers(true) {
        Ok(true) => return true,
        Ok(false) => "this account cannot write to the database, or others use it".to_string(),
        Err(error) => error.to_string(),
    };
    if is_first_try {
        app.log.warn("writers lock readers out", why);
    }
    false
}

/// Tries it again until it works: another process may have been writing.
async fn keep_trying(app: Shared) {
    loop {
        sleep(NEXT_TRY).await;
        let again = app.clone();
        let tried = spawn_blocking(move || lets_readers_go_on(&again, false)).await;
        if tried.unwrap_or(true) {
            return;
        }
    }
}

/// Renews the snapshot of the cache each second.
async fn keep_current(cache: TokenCache) {
    loop {
        let renewed = cache.clone();
        let _ = spawn_blocking(move || renewed.renew_snapshot()).await;
        sleep(RENEWAL).await;
    }
}

/// Fills the cache at the beginning, and again once others have written and many look-ups had to read the
/// database.
async fn keep_filled(cache: TokenCache, app: Shared) {
    loop {
        let missed = cache.missed();
        let (filled, ending, started) = (cache.clone(), app.clone(), Instant::now());
        let fill = move || filled.fill(|| !ending.shutdown.has_begun());
        let epoch = match spawn_blocking(fill).await {
            Ok(Ok(epoch)) => epoch,
            Ok(Err(error)) => {
                app.log.warn("the cache of tokens was not filled", error);
                cache.epoch()
            }
            Err(_) => return,
        };
        sleep(RENEWAL.max(IDLE * started.elapsed())).await;
        while cache.epoch() == epoch || cache.missed() - missed < WORTH_FILLING {
            sleep(RENEWAL).await;
        }
    }
}

/// The sockets to listen at: those that systemd passed, and those of the configuration.
fn listeners(config: &Config) -> Result<Vec<Listener>> {
    let mut listeners = inherited()?;
    let addresses = match listeners.is_empty() || !config.listen.is_empty() {
        true => config.addresses(),
        false => Vec::new(),
    };
    let is_local =
        listeners.iter().all(Listener::is_local) && addresses.iter().all(Address::is_local);
    if !is_local && config.tls.is_none() && !config.behind_proxy {
        return Err(Error::request(
            "refusing to listen without TLS",
            "other machines can connect, and could read the secrets on their way",
        )
        .hint("pass --tls-cert and --tls-key, or --behind-proxy if only a proxy can connect"));
    }
    for address in &addresses {
        listeners.push(Listener::bind(address, config.socket_mode)?);
    }
    Ok(listeners)
}

/// The URL that clients know the server by.
fn issuer(config: &Config, listeners: &[Listener]) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let first = listeners.iter().filter_map(Listener::address).find_map(|address| match address {
        Address::Tcp(address) => Some(format!("{scheme}://{address}")),
        Address::Unix(_) => None,
    });
    let default = || first.unwrap_or_else(|| format!("{scheme}://localhost"));
    config.issuer.clone().unwrap_or_else(default)
}

/// Waits for a signal that ends the server, and returns which it was. SIGHUP reads the certificate again.
async fn wait_for_end(app: &App, tls: Option<&Tls>, signals: &mut Signals) -> &'static str {
    loop {
        match signals.next().await {
            Request::End(signal) => return signal,
            Request::Reload => reload(app, tls),
        }
    }
}

fn reload(app: &App, tls: Option<&Tls>) {
    systemd::reloading();
    match tls.map_or(Ok(()), Tls::reload) {
        Ok(()) => app.log.event(Level::Info, "reloaded", &[]),
        Err(error) => app.log.warn("the certificate was not reloaded", error),
    }
    systemd::ready();
}

/// Ends without losing anything, from [`Phase::Closing`] on.
async fn end(app: &App, accepting: JoinSet<()>) {
    let shutdown = &app.shutdown;
    let _ = timeout(LAST_REQUESTS, shutdown.last_connection()).await;
    shutdown.enter(Phase::Refusing);
    accepting.join_all().await;
    let _ = timeout(FIRST_REQUESTS, shutdown.last_connection()).await;
    shutdown.enter(Phase::Ending);
    if timeout(app.config.shutdown_timeout, shutdown.last_connection()).await.is_err() {
        app.log.warn("connections were cut off", "they did not end in time");
    }
}
