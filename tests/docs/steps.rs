//! What a block makes the test do: commands to run, and the result that the page promises.

use crate::markdown::{Block, last_code_span};
use serde_json::Value;
use std::fs;
use std::path::Path;

const CI: &str = include_str!("../../.ci/run");

/// Where cron and systemd find the program, according to the pages.
pub const INSTALLED: &str = "/usr/local/bin/tokctl";

/// Lines that a page may show but that the test does not run, because they build the program or
/// change the machine. The `cargo` lines of `.ci/run` are skipped as well, because CI runs them.
/// Any other line with one of [`SYSTEM_COMMANDS`] fails the test.
pub const NOT_RUN: [&str; 25] = [
    "git clone https://github.com/tokctl/tokctl",
    "cd tokctl",
    "cargo build --release --locked",
    "cargo install --path . --locked",
    "cargo clean",
    "sudo install -m 755 target/release/tokctl /usr/local/bin/",
    "cargo install cargo-deb --locked",
    "sudo apt-get install ./target/tokctl.deb",
    "sudo useradd --system --home-dir /var/lib/tokctl --shell /usr/sbin/nologin tokctl",
    "sudo install -d -o tokctl -g tokctl -m 700 /var/lib/tokctl",
    "sudo -u tokctl tokctl --database /var/lib/tokctl/tokctl.db create --name CI --scope posts.manage",
    "sudo systemctl enable --now tokctl-prune@tokctl.timer",
    "sudo install -m 644 systemd/tokctl-prune@.service systemd/tokctl-prune@.timer /etc/systemd/system/",
    "sudo systemctl enable --now tokctl-serve@tokctl.socket",
    "sudo systemctl restart tokctl-serve@tokctl.service",
    "sudo systemctl daemon-reload",
    "sudo chown -R tokctl:tokctl /var/lib/tokctl",
    "sudo sh systemd/test.sh target/release/tokctl",
    "docker build --file packaging/Dockerfile --tag tokctl .",
    "docker run --rm --volume tokens:/data tokctl create --name CI --scope posts.manage",
    "docker run --rm --volume tokens:/data --user 1234 --read-only tokctl --database /data/1234/tokctl.db create",
    "docker run --detach --volume tokens:/data --read-only --stop-timeout 20 --network proxies tokctl serve --listen 0.0.0.0:7380 --behind-proxy",
    "sh packaging/image.sh target/image",
    "sudo sh packaging/test-image.sh target/image",
    "RUSTC_WORKSPACE_WRAPPER= cargo build --release --locked",
];

const SYSTEM_COMMANDS: [&str; 9] =
    ["apt", "apt-get", "cargo", "docker", "dpkg", "git", "rustup", "sudo", "systemctl"];

/// The settings of systemd units that the pages use. systemd ignores a misspelt one.
const UNIT_SETTINGS: [&str; 6] = [
    "[Service] Environment",
    "[Service] ExecStart",
    "[Service] ReadWritePaths",
    "[Socket] ListenStream",
    "[Socket] SocketGroup",
    "[Socket] SocketMode",
];

/// Programs of others that examples use. `.ci/run` installs them; without one, the blocks that need
/// it are not run.
const OTHER_PROGRAMS: [&str; 2] = ["curl", "sqlite3"];

/// The languages of blocks that other tests run: `tests/serve/` the configurations of proxies, and
/// `tests/postgres/` the statements for a server.
const TESTED_ELSEWHERE: [&str; 5] = ["apache", "caddyfile", "nginx", "sql", "yaml"];

/// The first of the [`OTHER_PROGRAMS`] that a block needs and this machine does not have.
pub fn missing_program(block: &Block) -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_missing =
        |program: &&str| !std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let is_used = |program: &&str| {
        let starts = |line: &str| {
            let command = line.strip_prefix("$ ").unwrap_or(line);
            command.split(' ').next() == Some(*program)
        };
        ["sh", "console"].contains(&block.language) && block.text.lines().any(starts)
    };
    OTHER_PROGRAMS.into_iter().filter(is_used).find(is_missing)
}

/// A command, and the result that the page promises.
pub struct Step {
    /// The line of the block.
    pub line: usize,
    pub command: String,
    pub expected: Expected,
}

pub enum Expected {
    /// Exit code 0.
    Success,
    /// This text on standard output and standard error together.
    Output(String),
    /// This JSON value on standard output.
    Json(Value),
}

/// The steps of a block, or what is wrong with the block.
pub fn steps(block: &Block) -> Result<Vec<Step>, String> {
    if !block.closed {
        return Err("the block is not closed".into());
    }
    let step = |command, expected| Step { line: block.line, command, expected };
    let succeeds = |command| step(command, Expected::Success);
    match block.language {
        "sh" => Ok(vec![succeeds(script(&block.text)?)]),
        "console" => {
            let commands = session(&block.text)?.into_iter();
            Ok(commands.map(|(command, output)| step(command, Expected::Output(output))).collect())
        }
        "cron" => block.text.lines().map(|line| cron_command(line).map(succeeds)).collect(),
        "ini" => Ok(unit_commands(&block.text)?.into_iter().map(succeeds).collect()),
        "json" => {
            let command = last_code_span(&block.prose).ok_or("no command in front of the JSON")?;
            let value = serde_json::from_str(&block.text).map_err(|error| error.to_string())?;
            Ok(vec![step(command.into(), Expected::Json(value))])
        }
        "rust" => check_quotation(block).map(|()| Vec::new()),
        "text" => check_picture(&block.text).map(|()| Vec::new()),
        language if TESTED_ELSEWHERE.contains(&language) => Ok(Vec::new()),
        unknown => Err(format!("unknown language {unknown:?}")),
    }
}

/// The script as it runs in the sandbox, where `tokctl` is built already.
fn script(text: &str) -> Result<String, String> {
    let lines: Result<Vec<_>, _> = text.lines().map(runnable).collect();
    Ok(lines?.join("\n") + "\n")
}

fn runnable(line: &str) -> Result<String, String> {
    if let Some(args) = line.strip_prefix("cargo run --release -- ") {
        return Ok(format!("tokctl {args}"));
    }
    if NOT_RUN.contains(&line) || CI.lines().any(|ci| ci == line && ci.starts_with("cargo ")) {
        return Ok(":".into());
    }
    let mut words = line.split([' ', ';', '|', '&', '(', ')']);
    match words.any(|word| SYSTEM_COMMANDS.contains(&word)) {
        true => Err(format!("not in the list of lines to skip: {line}")),
        false => Ok(line.into()),
    }
}

/// The commands of a console session, each with its output. `$ ` starts a command and `> `
/// continues it.
fn session(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), line.strip_prefix("> "), commands.last_mut()) {
            (Some(start), _, _) => commands.push((runnable(start)?, String::new())),
            (_, Some(more), Some((command, output))) if output.is_empty() => {
                command.push('\n');
                command.push_str(&runnable(more)?);
            }
            (_, _, Some((_, output))) => {
                output.push_str(line);
                output.push('\n');
            }
            (_, _, None) => return Err("output without a command".into()),
        }
    }
    Ok(commands)
}

/// The command of a crontab line: the part after minute, hour, day, month and weekday.
fn cron_command(line: &str) -> Result<String, String> {
    let fields: Vec<&str> = line.splitn(6, ' ').collect();
    let is_time = |field: &&str| {
        !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit() || b"*/,-".contains(&b))
    };
    match fields.as_slice() {
        [times @ .., command] if times.len() == 5 && times.iter().all(is_time) => {
            if command.contains('%') {
                return Err("in a crontab, % ends the command".into());
            }
            installed_command(command)
        }
        _ => Err("a crontab line needs five fields and a command".into()),
    }
}

/// The commands of a systemd unit.
fn unit_commands(text: &str) -> Result<Vec<String>, String> {
    let mut section = "";
    let mut commands = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split_once('=') {
            None if line.starts_with('[') => section = line,
            Some((key, value)) if UNIT_SETTINGS.contains(&&*format!("{section} {key}")) => {
                if key == "ExecStart" {
                    commands.push(installed_command(value)?);
                }
            }
            _ => return Err(format!("unknown setting in {section}: {line}")),
        }
    }
    Ok(commands)
}

/// A command of the installed program, changed to run the one that was built for the test.
fn installed_command(command: &str) -> Result<String, String> {
    match command.strip_prefix(INSTALLED) {
        Some(args) if args.starts_with(' ') => Ok(format!("tokctl{args}")),
        _ => Err(format!("does not start with {INSTALLED}: {command}")),
    }
}

/// Rust code is not run here. It must be in the source file that is named in front of it, where
/// the compiler or a documentation test checks it.
fn check_quotation(block: &Block) -> Result<(), String> {
    let file = last_code_span(&block.prose).ok_or("no source file in front of the Rust code")?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    match source.contains(&block.text) || visible_documentation(&source).contains(&block.text) {
        true => Ok(()),
        false => Err(format!("the Rust code is not in {file}")),
    }
}

/// The documentation at the top of a source file, without the hidden lines of its examples.
fn visible_documentation(source: &str) -> String {
    let lines = source.lines().filter_map(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let visible = lines.filter(|line| !line.starts_with("# "));
    visible.map(|line| format!("{line}\n")).collect()
}

/// A picture has no commands, because nothing would check them.
fn check_picture(text: &str) -> Result<(), String> {
    let is_command = |line: &str| ["$ ", "tokctl ", "cargo "].iter().any(|s| line.starts_with(s));
    match text.lines().any(is_command) {
        true => Err("a text block contains commands".into()),
        false => Ok(()),
    }
}
