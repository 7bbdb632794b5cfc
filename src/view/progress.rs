//! A bar for what takes longer than half a second at a terminal; nothing in pipes.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_millis(500);

/// How far something has come.
pub struct Progress {
    what: &'static str,
    total: Option<u64>,
    begun: Instant,
    shown: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `what` names the things that are counted; `total` is how many there will be, if known.
    pub fn new(what: &'static str, total: Option<u64>, quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        Progress { what, total, begun: Instant::now(), shown, bar: None }
    }

    pub fn at(&mut self, count: u64) {
        if self.shown && self.bar.is_none() && self.begun.elapsed() >= PATIENCE {
            self.bar = Some(self.bar());
        }
        if let Some(bar) = &self.bar {
            bar.set_position(count);
        }
    }

    /// The same, where the end is known by now.
    pub fn of(&mut self, count: u64, total: u64) {
        self.total = Some(total);
        self.at(count);
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
        // A template that does not parse would be a slip in this file; the default does then.
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(self.what)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
