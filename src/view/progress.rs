//! The progress of work that takes longer than half a second, in one line that is shown only at a
//! terminal.
//!
//! A library for progress bars would draw this line as well, but it needs the C library's functions
//! for floating-point numbers: one more library to load for every run of the program, also for each
//! `verify`, which took 9 % longer for it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long the work takes before the line appears, and how often it changes.
const DELAY: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);

/// How many characters the bar has.
const WIDTH: u64 = 30;

/// Returns to the start of the line and erases it (ECMA-48: CR and EL).
const ERASE: &str = "\r\x1b[2K";

/// The progress of some work. The line disappears when this is dropped.
pub struct Progress {
    noun: &'static str,
    total: Option<u64>,
    started: Instant,
    enabled: bool,
    drawn: Option<Instant>,
}

impl Progress {
    /// Work on `total` things, if their number is known. `noun` is what they are called, in the
    /// plural. With `quiet` nothing is shown.
    pub fn new(noun: &'static str, total: Option<u64>, quiet: bool) -> Self {
        let enabled = !quiet && io::stderr().is_terminal();
        Progress { noun, total, started: Instant::now(), enabled, drawn: None }
    }

    /// Sets how many are done.
    pub fn at(&mut self, done: u64) {
        if !self.enabled {
            return;
        }
        let elapsed = self.started.elapsed();
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= INTERVAL);
        if elapsed >= DELAY && is_due {
            self.drawn = Some(Instant::now());
            self.show(&format!("{ERASE}{}", line(self.noun, done, self.total, elapsed)));
        }
    }

    /// Sets how many are done, and how many there are in total.
    pub fn of(&mut self, done: u64, total: u64) {
        self.total = Some(total);
        self.at(done);
    }

    fn show(&self, text: &str) {
        let mut terminal = io::stderr().lock();
        // The work matters more than a line about it.
        let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            self.show(ERASE);
        }
    }
}

/// `[######------------------------] 12,345/50,000 tokens, 3s`.
fn line(noun: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match total.filter(|total| *total > 0) {
        Some(total) => {
            let full = WIDTH * done.min(total) / total;
            let bar: String = (0..WIDTH).map(|at| if at < full { '#' } else { '-' }).collect();
            format!("[{bar}] {}/{} {noun}, {seconds}s", grouped(done), grouped(total))
        }
        None => format!("{} {noun}, {seconds}s", grouped(done)),
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_shows_how_much_is_done() {
        let after = Duration::from_secs(3);
        assert_eq!(
            line("tokens", 12_345, Some(50_000), after),
            "[#######-----------------------] 12,345/50,000 tokens, 3s"
        );
        assert_eq!(line("lines", 1_234_567, None, after), "1,234,567 lines, 3s");
        assert_eq!(line("pages", 0, Some(0), after), "0 pages, 3s");
        // More than was counted at first.
        assert!(line("tokens", 9, Some(3), after).starts_with(&format!("[{}]", "#".repeat(30))));
    }

    #[test]
    fn digits_are_grouped() {
        let numbers = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in numbers {
            assert_eq!(grouped(number), text);
        }
    }
}
