//! Sockets that listen.

use super::address::Address;
use super::connection::Peer;
use crate::error::{Error, Result};
use listenfd::ListenFd;
use rustix::fs::Mode;
use rustix::process::umask;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// How many connections wait to be accepted.
const BACKLOG: u32 = 4096;

/// A socket that listens.
pub enum Listener {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// If this server made it: it is removed with the listener.
        _file: Option<SocketFile>,
    },
}

/// A connection that was accepted.
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener {
    /// Listens at an address; a Unix socket gets this mode.
    ///
    /// # Errors
    ///
    /// When the address is taken, or the operating system refuses it.
    pub fn bind(address: &Address, mode: u32) -> Result<Self> {
        let bound = match address {
            Address::Tcp(address) => bind_tcp(*address).map(Listener::Tcp),
            Address::Unix(path) => bind_unix(path, mode),
        };
        bound.map_err(|why| {
            Error::unavailable(format!("cannot listen on {address}"), why)
                .hint("--listen takes other addresses; `ss -ltnx` lists those in use")
        })
    }

    /// Where it listens: with the port that the operating system chose.
    pub fn address(&self) -> Option<Address> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok().map(Address::Tcp),
            Listener::Unix { listener, .. } => {
                let address = listener.local_addr().ok()?;
                address.as_pathname().map(|path| Address::Unix(path.to_path_buf()))
            }
        }
    }

    /// Whether only this machine can connect.
    pub fn is_local(&self) -> bool {
        match self {
            Listener::Tcp(listener) => {
                listener.local_addr().is_ok_and(|address| address.ip().is_loopback())
            }
            Listener::Unix { .. } => true,
        }
    }

    /// The next connection.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Answers are small, and not to wait for more.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), Peer(Some(address))))
            }
            Listener::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Peer(None)))
            }
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    use tokio::net::TcpSocket;
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for connections of the last run to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn bind_unix(path: &Path, mode: u32) -> io::Result<Listener> {
    remove_stale(path)?;
    // Nobody can connect before it has its mode.
    let before = umask(Mode::from_raw_mode(0o177));
    let bound = net::UnixListener::bind(path);
    umask(before);
    let listener = bound?;
    let file = SocketFile::new(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    listener.set_nonblocking(true)?;
    let listener = UnixListener::from_std(listener)?;
    Ok(Listener::Unix { listener, _file: Some(file) })
}

/// Removes a socket that no process listens at, which a server leaves behind when it is killed.
fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"))
        }
        Ok(_) => match net::UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            _ => Err(io::ErrorKind::AddrInUse.into()),
        },
    }
}

/// The file of a socket, which is removed at the end, unless another one has its name by then.
pub struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        Ok(SocketFile { path: path.to_path_buf(), identity: (found.dev(), found.ino()) })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The sockets that systemd passes (`LISTEN_FDS`).
///
/// # Errors
///
/// When one of them is no stream socket that listens.
pub fn inherited() -> Result<Vec<Listener>> {
    let mut passed = ListenFd::from_env();
    let count = passed.len();
    let mut take = |position| -> io::Result<Option<Listener>> {
        if let Ok(Some(listener)) = passed.take_tcp_listener(position) {
            listener.set_nonblocking(true)?;
            return TcpListener::from_std(listener).map(Listener::Tcp).map(Some);
        }
        let Some(listener) = passed.take_unix_listener(position)? else { return Ok(None) };
        listener.set_nonblocking(true)?;
        let listener = UnixListener::from_std(listener)?;
        Ok(Some(Listener::Unix { listener, _file: None }))
    };
    let taken: io::Result<Vec<_>> = (0..count).map(&mut take).collect();
    let failed = |error| Error::unavailable("cannot listen on a socket that was passed", error);
    Ok(taken.map_err(failed)?.into_iter().flatten().collect())
}
