//! What connections to database servers of every kind have in common.

use std::time::Duration;
use zeroize::Zeroizing;

/// Asks a person for the password of a place, which is a URL without one.
pub type AskPassword<'a> = &'a dyn Fn(&str) -> Option<Zeroizing<String>>;

/// How long a connection is silent before it is probed: a query can take long, and a server that
/// was switched off must not be waited for for ever.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// A person who may know a password, and is asked once at most.
pub struct Prompt<'a> {
    ask: Option<AskPassword<'a>>,
    given: Option<Zeroizing<String>>,
}

impl<'a> Prompt<'a> {
    /// Nobody was asked yet.
    pub fn new(ask: Option<AskPassword<'a>>) -> Self {
        Prompt { ask, given: None }
    }

    /// Connects with the password that is known. If the server wants one and none is, the person is
    /// asked, and the attempt is made again.
    pub fn connect<T, E>(
        &mut self,
        place: &str,
        known: Option<&Zeroizing<String>>,
        wants_password: impl Fn(&E) -> bool,
        attempt: impl Fn(Option<&Zeroizing<String>>) -> Result<T, E>,
    ) -> Result<T, E> {
        let known = known.or(self.given.as_ref());
        let error = match attempt(known) {
            Err(error) if known.is_none() && wants_password(&error) => error,
            other => return other,
        };
        match self.ask.and_then(|ask| ask(place)) {
            Some(password) => attempt(Some(self.given.insert(password))),
            None => Err(error),
        }
    }
}

/// A host, the same for every spelling of this machine. The path of a socket stays as it is.
pub fn canonical_host(host: &str) -> String {
    match host {
        "127.0.0.1" | "::1" => "localhost".to_string(),
        path if path.starts_with('/') => path.to_string(),
        name => name.to_ascii_lowercase(),
    }
}

/// Whether a driver's error is about TLS, which drivers hand on as an error of reading or writing.
pub fn is_about_tls(error: &str) -> bool {
    ["TLS", "certificate", "alert", "handshake"].iter().any(|word| error.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_person_is_asked_once_and_only_for_a_password_that_is_wanted() {
        let asked = RefCell::new(Vec::new());
        let ask = |place: &str| {
            asked.borrow_mut().push(place.to_string());
            Some(Zeroizing::new("right".to_string()))
        };
        let attempt = |password: Option<&Zeroizing<String>>| match password.map(|it| it.as_str()) {
            Some("right") => Ok(()),
            Some(_) => Err("wrong password"),
            None => Err("no password"),
        };
        let mut prompt = Prompt::new(Some(&ask));
        let wrong = Zeroizing::new("wrong".to_string());
        let mut connect = |known, wants: bool| prompt.connect("place", known, |_| wants, attempt);
        assert_eq!(connect(Some(&wrong), true), Err("wrong password"));
        assert_eq!(connect(None, false), Err("no password"));
        assert_eq!(asked.borrow().len(), 0);
        assert_eq!(connect(None, true), Ok(()));
        assert_eq!(connect(None, true), Ok(()));
        assert_eq!(*asked.borrow(), ["place"]);
    }
}
