//! A progress bar for work that takes longer than half a second, shown only at a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// How long the work takes before a bar appears.
const DELAY: Duration = Duration::from_millis(500);

/// The progress of some work. The bar disappears when this is dropped.
pub struct Progress {
    noun: &'static str,
    total: Option<u64>,
    started: Instant,
    enabled: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Work on `total` things, if their number is known. `noun` is what they are called, in the
    /// plural. With `quiet` nothing is shown.
    pub fn new(noun: &'static str, total: Option<u64>, quiet: bool) -> Self {
        let enabled = !quiet && io::stderr().is_terminal();
        Progress { noun, total, started: Instant::now(), enabled, bar: None }
    }

    /// Sets how many are done.
    pub fn at(&mut self, done: u64) {
        if self.enabled && self.bar.is_none() && self.started.elapsed() >= DELAY {
            self.bar = Some(self.bar());
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    /// Sets how many are done, and how many there are in total.
    pub fn of(&mut self, done: u64, total: u64) {
        self.total = Some(total);
        self.at(done);
        if let Some(bar) = &self.bar {
            bar.set_length(total);
        }
    }

    fn bar(&self) -> ProgressBar {
        let (bar, template) = match self.total {
            Some(total) => {
                (ProgressBar::new(total), "{bar:30} {human_pos}/{human_len} {msg} {elapsed}")
            }
            None => (ProgressBar::no_length(), "{spinner} {human_pos} {msg} {elapsed}"),
        };
        // The templates are constants that parse.
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.with_style(style).with_message(self.noun)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
