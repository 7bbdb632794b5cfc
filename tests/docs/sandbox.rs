//! A place to run the steps of one page in.

use crate::steps::{Expected, Step};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub const BINARY: &str = env!("CARGO_BIN_EXE_tokctl");

/// An empty home folder, and a working folder that contains `tests/fixtures` like a clone of the
/// repository.
pub struct Sandbox {
    folder: tempfile::TempDir,
    /// The name of the account that runs the test, as `tokctl` shows it.
    pub account: String,
}

impl Sandbox {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "scripts", "work/tests"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let mut sandbox = Sandbox { folder, account: String::new() };
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let copied = sandbox.command("cp").arg("-R").arg(fixtures).arg("tests").status();
        assert!(copied.unwrap().success());
        let probe = sandbox.path("probe.db");
        sandbox.tokctl(&["create", "--database", &probe]);
        let name = sandbox.tokctl(&["settings", "get", "default-user", "--database", &probe]);
        sandbox.account = name.trim().to_string();
        sandbox
    }

    /// Runs `tokctl`, which must succeed, and returns its standard output.
    pub fn tokctl(&self, args: &[&str]) -> String {
        let output = self.command(BINARY).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        stdout(output)
    }

    /// Runs the steps in one shell, and returns the exit code and the output of each. Variables
    /// last from step to step. If the shell gives up, there are fewer results than steps.
    pub fn run(&self, steps: &[Step]) -> Vec<(i32, String)> {
        // A line that starts with U+001E marks the end of a step. No command prints it.
        let mut driver =
            String::from("exec 2>&1\nended() { printf '\\036%s\\n' $1; return $1; }\n");
        for (number, step) in steps.iter().enumerate() {
            let command = self.shell_command(number, step);
            writeln!(driver, "{command}\nended $?").unwrap();
        }
        let path = self.path("scripts/all.sh");
        fs::write(&path, driver).unwrap();
        results(&stdout(self.command("sh").arg(path).output().unwrap()))
    }

    /// A script runs in a shell of its own that stops at the first failure.
    fn shell_command(&self, number: usize, step: &Step) -> String {
        match step.expected {
            Expected::Success => {
                let script = self.path(&format!("scripts/{number}.sh"));
                fs::write(&script, &step.command).unwrap();
                format!("sh -eu {script}")
            }
            Expected::Output(_) => step.command.clone(),
            Expected::Json(_) => format!("{{ {}\n}} 2>/dev/null", step.command),
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let built = Path::new(BINARY).parent().unwrap().to_str().unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{built}:{path}"))
            .env("HOME", self.path("home"))
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }
}

fn stdout(output: Output) -> String {
    String::from_utf8(output.stdout).unwrap()
}

/// Splits the output of all steps at the marks.
fn results(output: &str) -> Vec<(i32, String)> {
    let mut results = Vec::new();
    let mut parts = output.split('\u{1e}');
    let mut text = parts.next().unwrap_or_default();
    for part in parts {
        let (status, next) = part.split_once('\n').unwrap();
        results.push((status.parse().unwrap(), text.to_string()));
        text = next;
    }
    results
}
