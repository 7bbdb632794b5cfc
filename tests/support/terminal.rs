//! A pseudo-terminal in which tokctl runs and that a test reads and types into.

use super::Sandbox;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for output that does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run of tokctl whose standard input, output and error are a terminal.
pub struct Terminal {
    keyboard: File,
    child: Child,
    said: Receiver<Vec<u8>>,
    /// Everything that was printed so far. The last character may be incomplete.
    bytes: Vec<u8>,
}

impl Sandbox {
    /// Starts tokctl in a terminal with this number of columns.
    pub fn terminal(&self, columns: u16, args: &[&str]) -> Terminal {
        self.terminal_with(columns, args, "/usr/local/bin:/usr/bin:/bin")
    }

    /// The same with another `$PATH`.
    pub fn terminal_with(&self, columns: u16, args: &[&str], path: &str) -> Terminal {
        let leader = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&leader).unwrap();
        unlockpt(&leader).unwrap();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&leader, size).unwrap();
        let name = ptsname(&leader, Vec::new()).unwrap();
        let open = || File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        // The prompt for a secret uses the controlling terminal. setsid makes this one it.
        let mut command = self.program(Path::new("setsid")).into_command();
        let child = command
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_tokctl")])
            .args(args)
            .env("PATH", path)
            .env("TERM", "xterm")
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .unwrap();
        let keyboard = File::from(leader);
        let mut screen = keyboard.try_clone().unwrap();
        let (say, said) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading fails when no process has the terminal open any more.
            while let Ok(count) = screen.read(&mut bytes)
                && count > 0
                && say.send(bytes[..count].to_vec()).is_ok()
            {}
        });
        Terminal { keyboard, child, said, bytes: Vec::new() }
    }
}

impl Terminal {
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub fn shows(mut self, text: &str) -> Self {
        let begun = Instant::now();
        while !self.screen().contains(text) {
            let patience = PATIENCE.saturating_sub(begun.elapsed());
            match self.said.recv_timeout(patience) {
                Ok(bytes) => self.bytes.extend(bytes),
                Err(_) => panic!("no {text:?} on the screen: {:?}", self.screen()),
            }
        }
        self
    }

    /// Waits until the terminal does not echo what is typed. The prompt appears some microseconds
    /// earlier, which no person would notice.
    #[track_caller]
    pub fn hides(self) -> Self {
        let begun = Instant::now();
        while tcgetattr(&self.keyboard).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(begun.elapsed() < PATIENCE, "what is typed shows: {:?}", self.screen());
            thread::sleep(Duration::from_millis(1));
        }
        self
    }

    pub fn types(mut self, keys: &str) -> Self {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Waits for the end. Returns the exit code and everything that was printed, with the line ends
    /// of a file.
    #[track_caller]
    pub fn ends(mut self) -> (Option<i32>, String) {
        loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(bytes) => self.bytes.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("it does not end: {:?}", self.screen());
                }
            }
        }
        let code = self.child.wait().unwrap().code();
        (code, self.screen().replace("\r\n", "\n"))
    }
}
