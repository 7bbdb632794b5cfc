//! Running a transaction again in whose way another one got.

use super::backend::Interference;
use std::thread;
use std::time::{Duration, Instant};

/// How long a change is tried again. Of 64 processes that change one row at once, the last one needs
/// some seconds on a busy machine: each commit makes all that wait for it fail.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The longest pause.
const LONGEST: Duration = Duration::from_millis(256);

/// The tries of one change.
pub struct Retry {
    began: Instant,
    tries: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Retry { began: Instant::now(), tries: 0 }
    }
}

impl Retry {
    /// Whether to try once more after an error with this cause. What another transaction may have caused
    /// is tried once: then it is seen, and no longer a surprise.
    pub fn is_worthwhile(&self, interference: Interference) -> bool {
        match interference {
            Interference::None => false,
            Interference::Possible => self.tries == 0,
            Interference::Certain => self.began.elapsed() < TIMEOUT,
        }
    }

    /// Waits before the next try. The pauses get longer and differ, so that those who met once do not
    /// meet again.
    pub fn pause(&mut self) {
        self.tries += 1;
        let longest = Duration::from_millis(4) * 2_u32.pow(self.tries.min(6));
        let spread = f64::from(self.began.elapsed().subsec_nanos() % 1000) / 1000.0;
        thread::sleep(longest.min(LONGEST).mul_f64(spread));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_may_have_caused_is_tried_once() {
        let mut retry = Retry::default();
        assert!(!retry.is_worthwhile(Interference::None));
        assert!(retry.is_worthwhile(Interference::Possible));
        retry.pause();
        assert!(!retry.is_worthwhile(Interference::Possible));
        assert!(retry.is_worthwhile(Interference::Certain));
    }

    #[test]
    fn tries_come_to_an_end() {
        let began = Instant::now().checked_sub(TIMEOUT).unwrap();
        assert!(!Retry { began, tries: 1 }.is_worthwhile(Interference::Certain));
    }
}
