//! What systemd is told (`Type=notify-reload`). Without systemd, nothing.

use sd_notify::{NotifyState, notify};

/// Connections are accepted from now on.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The certificate is being read again; [`ready`] says when that is done.
pub fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The server ends.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState]) {
    // A service manager that has gone away needs to know nothing.
    let _ = notify(state);
}
