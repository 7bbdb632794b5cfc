//! README.md, run from top to bottom, so that it cannot go stale.
//!
//! All fenced blocks run in the order of the page, in one shell, in a folder with
//! nothing but [`FIXTURES`], with the built
//! `tokctl` first on `PATH` and a home of its own. What a block is depends on its language:
//!
//! - `sh`: a script for `sh -eu` that must succeed. In lines that begin with `cargo`,
//!   `cargo run --release -- ARGS` runs as `tokctl ARGS`; `cargo test` must be a line of `.ci/run`;
//!   [`INSTALL`] stands as it is. Any other `cargo` fails the test.
//! - `console`: a session. Lines that begin with `$ ` are commands, `> ` continues one, the rest is
//!   what standard output and standard error show. Variables last to the end of the page.
//! - `cron`, `ini`: crontab lines and systemd units. Their commands run, and must succeed.
//! - `json`: what the command prints that stands in the last `code span` before the block. Keys,
//!   their order and the values count, white space does not.
//! - `text`: a picture, without commands.
//!
//! Any other language fails the test. Before output is compared, what varies is replaced on both
//! sides: secrets by `<secret>`, hints by `<hint>`, RFC 3339 times by `<time>`, seconds since 1970 by
//! `<seconds>`, `3h ago` by `<ago>`, `in 29 days` by `<ahead>`, two and more spaces (columns) by two,
//! and the name of the account that runs the test by [`ACCOUNT`], which the page uses. Token ids are
//! compared as they are.

use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const README: &str = include_str!("../README.md");
const CI: &str = include_str!("../.ci/run");
const BINARY: &str = env!("CARGO_BIN_EXE_tokctl");
const INSTALL: &str = "cargo install --path . --locked";
/// Where the page says cron and systemd find the program.
const INSTALLED: &str = "/usr/local/bin/tokctl";
/// The account in whose name the page is written.
const ACCOUNT: &str = "alice";

/// The databases of other systems that the page imports, and what it calls them.
const FIXTURES: [(&str, &str); 7] = [
    ("shield/app.db", "shield.db"),
    ("adonisjs/app.db", "adonisjs.db"),
    ("sanctum/app.db", "sanctum.db"),
    ("symfony/app.db", "symfony.db"),
    ("strapi-guide/app.db", "strapi-guide.db"),
    ("strapi/app.db", "strapi.db"),
    ("strapi/salt.txt", "salt.txt"),
];

#[test]
fn every_block_works_as_written() {
    let problems = problems_of(README);
    assert!(problems.is_empty(), "README.md is not true:\n\n{}", problems.join("\n\n"));
}

#[test]
fn it_has_the_commands_that_a_newcomer_needs() {
    let scripts: Vec<_> = fences(README).into_iter().filter(|f| f.language == "sh").collect();
    for line in
        [r#"cargo run --release -- create --name "CI" --scope posts.manage"#, "cargo test", INSTALL]
    {
        assert!(scripts.iter().any(|f| f.text.lines().any(|l| l == line)), "{line}");
    }
    for language in ["console", "cron", "ini", "json"] {
        assert!(fences(README).iter().any(|f| f.language == language), "{language}");
    }
}

#[test]
fn what_is_broken_is_found() {
    for (markdown, expected) in [
        ("```bash\ntokctl --version\n```", "unknown language \"bash\""),
        ("```\ntokctl --version\n```", "unknown language \"\""),
        ("```sh\ntokctl --version", "is not closed"),
        ("```sh\ntokctl frobnicate\ntrue\n```", "exit code 2"),
        ("```sh\ntokctl list | grep nothing\n```", "exit code 1"),
        ("```sh\necho \"$NOT_SET\"\n```", "exit code 2"),
        ("```sh\ncargo publish\n```", "unknown cargo command"),
        ("```sh\ncargo test --workspace\n```", "unknown cargo command"),
        ("```sh\ncargo run --release -- frobnicate\n```", "exit code 2"),
        ("```console\n$ tokctl --version\ntokctl 0.0.0\n```", "shows"),
        ("```console\n$ echo one\n```", "shows"),
        ("```console\ntokctl --version\n```", "without a command"),
        ("```console\n$ if\n```", "did not run"),
        ("```cron\n1 2 * * /usr/local/bin/tokctl --version\n```", "five fields"),
        ("```cron\n1 2 * * * tokctl --version\n```", INSTALLED),
        ("```cron\n1 2 * * * /usr/local/bin/tokctl frobnicate\n```", "exit code 2"),
        ("```cron\n1 2 * * * /usr/local/bin/tokctl list | date +%s\n```", "%"),
        ("```ini\n[Service]\nExecStart=/usr/local/bin/tokctl frobnicate\n```", "exit code 2"),
        ("```ini\n[Service]\nExecuteStart=/usr/local/bin/tokctl\n```", "unknown setting"),
        ("```json\n{}\n```", "no command"),
        ("`echo '{\"a\":1,\"b\":2}'`\n```json\n{\"b\":2,\"a\":1}\n```", "prints"),
        ("`echo '{\"a\":1}'`\n```json\n{\"a\":1,\"b\":2}\n```", "prints"),
        ("`echo '{\"a\":1}'`\n```json\n{\"a\":2}\n```", "prints"),
        ("`tokctl frobnicate`\n```json\n{}\n```", "prints no JSON"),
        ("```text\n$ tokctl frobnicate\n```", "has commands"),
    ] {
        let problems = problems_of(markdown);
        assert_eq!(problems.len(), 1, "{markdown}\n{problems:?}");
        assert!(problems[0].contains(expected), "{markdown}\n{}", problems[0]);
    }
}

#[test]
fn what_varies_is_replaced() {
    let secret = format!("tok_{}", "a1".repeat(24) + "Z");
    for (text, expected) in [
        (format!("\"{secret}\""), "\"<secret>\""),
        ("tok_Ab3d".into(), "<hint>"),
        ("tok_Ab3".into(), "tok_Ab3"),
        ("expires 2027-02-20T13:52:05Z.".into(), "expires <time>."),
        ("\"iat\":1795355525,".into(), "\"iat\":<seconds>,"),
        ("revoked just now: lost".into(), "revoked <ago>: lost"),
        ("expires in 29 days".into(), "expires <ahead>"),
        (
            "1  CI  root  3h ago    in 2 years  1 day ago".into(),
            "1  CI  alice  <ago>  <ahead>  <ago>",
        ),
        ("in time, 3 tokens".into(), "in time, 3 tokens"),
        ("rooted (root)".into(), "rooted (alice)"),
    ] {
        assert_eq!(normal(&text, "root"), expected);
    }
}

#[test]
fn the_table_of_commands_is_complete() {
    let sandbox = Sandbox::new();
    let help = stdout(&sandbox.tokctl(&["--help"]));
    // Names are indented by two below the headings of their groups, which end before the options.
    let (_, rest) = help.split_once("\nUsage: ").unwrap();
    let (commands, _) = rest.split_once("\nOptions:").unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names: Vec<_> = names.filter(|line| !line.starts_with(' ')).map(first_word).collect();
    let documented: Vec<_> =
        rows("Commands").into_iter().map(|row| row[0]).filter(|c| !c.starts_with('-')).collect();
    assert_eq!(documented, names);
}

#[test]
fn the_table_of_settings_is_complete() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]);
    let settings = stdout(&sandbox.tokctl(&["settings", "list", "--json"]));
    let settings: Vec<Value> = serde_json::from_str(&settings).unwrap();
    let settings: Vec<_> = settings
        .iter()
        .map(|row| [row["key"].as_str().unwrap(), row["default"].as_str().unwrap_or_default()])
        .collect();
    let documented: Vec<_> = rows("Settings").into_iter().map(|row| [row[0], row[1]]).collect();
    assert_eq!(documented, settings);
}

#[test]
fn the_layout_names_every_module() {
    let layout = fences(README).into_iter().find(|f| f.text.starts_with("src/\n")).unwrap();
    let mut documented: Vec<_> =
        layout.text.lines().filter_map(|line| line.strip_prefix("  ")).map(first_word).collect();
    let source = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let mut found: Vec<_> = source
        .map(|entry| {
            let entry = entry.unwrap();
            let folder = if entry.file_type().unwrap().is_dir() { "/" } else { "" };
            format!("{}{folder}", entry.file_name().into_string().unwrap())
        })
        .collect();
    documented.sort_unstable();
    found.sort_unstable();
    assert_eq!(documented, found);
}

/// The rows of the first tables below a heading, without `|` and backquotes.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')).collect()).collect()
}

fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

/// An empty home for one page.
struct Sandbox {
    folder: tempfile::TempDir,
    /// The name of the account that runs the test, as tokctl tells it.
    account: String,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::create_dir(folder.path().join("scripts")).unwrap();
        for (fixture, copy) in FIXTURES {
            let fixture =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
            fs::copy(fixture, folder.path().join("work").join(copy)).unwrap();
        }
        // Or its tokens would be unused for too long one day.
        rusqlite::Connection::open(folder.path().join("work/sanctum.db"))
            .unwrap()
            .execute("UPDATE personal_access_tokens SET last_used_at = datetime('now')", ())
            .unwrap();
        let mut sandbox = Sandbox { folder, account: String::new() };
        let probe = sandbox.path("probe.db");
        sandbox.tokctl(&["create", "--database", &probe]);
        let name = sandbox.tokctl(&["settings", "get", "default-user", "--database", &probe]);
        sandbox.account = stdout(&name).trim().to_string();
        sandbox
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
            .env("XDG_DATA_HOME", self.path("home/data"))
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    fn tokctl(&self, args: &[&str]) -> Output {
        let output = self.command(BINARY).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        output
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A fenced block, and the prose since the one before.
struct Fence<'a> {
    line: usize,
    language: &'a str,
    before: String,
    text: String,
    closed: bool,
}

fn fences(markdown: &str) -> Vec<Fence<'_>> {
    let mut fences = Vec::new();
    let mut before = String::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else {
            before.push_str(line);
            before.push('\n');
            continue;
        };
        let (line, before) = (number + 1, std::mem::take(&mut before));
        let mut fence = Fence { line, language, before, text: String::new(), closed: false };
        for (_, line) in lines.by_ref() {
            if line == "```" {
                fence.closed = true;
                break;
            }
            fence.text.push_str(line);
            fence.text.push('\n');
        }
        fences.push(fence);
    }
    fences
}

/// One thing to run, and what must come of it.
struct Step {
    line: usize,
    command: String,
    expected: Expected,
}

enum Expected {
    Success,
    Shows(String),
    Prints(Value),
}

/// The steps of a block, or why it cannot have any.
fn steps(fence: &Fence) -> Result<Vec<Step>, String> {
    let step = |command, expected| Step { line: fence.line, command, expected };
    match fence.language {
        _ if !fence.closed => Err("the block is not closed".into()),
        "sh" => Ok(vec![step(script(&fence.text)?, Expected::Success)]),
        "console" => session(fence),
        "cron" => {
            let jobs = fence.text.lines().map(cron_command);
            jobs.map(|job| Ok(step(job?, Expected::Success))).collect()
        }
        "ini" => {
            let commands = unit_commands(&fence.text)?.into_iter();
            Ok(commands.map(|command| step(command, Expected::Success)).collect())
        }
        "json" => {
            let command = last_code_span(&fence.before).ok_or("no command stands before it")?;
            let value = serde_json::from_str(&fence.text).map_err(|error| error.to_string())?;
            Ok(vec![step(command, Expected::Prints(value))])
        }
        "text" => {
            let starts = ["$ ", "tokctl ", "cargo "];
            match fence.text.lines().any(|line| starts.iter().any(|s| line.starts_with(s))) {
                true => Err("a text block has commands".into()),
                false => Ok(Vec::new()),
            }
        }
        unknown => Err(format!("unknown language {unknown:?}")),
    }
}

/// The script as it runs here, where nothing is built.
fn script(text: &str) -> Result<String, String> {
    let mut script = String::new();
    for line in text.lines() {
        let line = match line.strip_prefix("cargo run --release -- ") {
            Some(args) => format!("tokctl {args}"),
            None if line == INSTALL => ":".into(),
            None if line == "cargo test" && CI.lines().any(|ci| ci == line) => ":".into(),
            None if line.trim_start().starts_with("cargo ") => {
                return Err(format!("unknown cargo command: {line}"));
            }
            None => line.into(),
        };
        script.push_str(&line);
        script.push('\n');
    }
    Ok(script)
}

fn session(fence: &Fence) -> Result<Vec<Step>, String> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for line in fence.text.lines() {
        match (line.strip_prefix("$ "), line.strip_prefix("> "), steps.last_mut()) {
            (Some(command), _, _) => steps.push((command.to_string(), String::new())),
            (_, Some(more), Some((command, shown))) if shown.is_empty() => {
                command.push('\n');
                command.push_str(more);
            }
            (_, _, Some((_, shown))) => {
                shown.push_str(line);
                shown.push('\n');
            }
            (_, _, None) => return Err("output without a command".into()),
        }
    }
    let steps = steps.into_iter().map(|(command, shown)| Step {
        line: fence.line,
        command,
        expected: Expected::Shows(shown),
    });
    Ok(steps.collect())
}

/// The command of a crontab line: minute, hour, day, month and day of the week come first.
fn cron_command(line: &str) -> Result<String, String> {
    let fields: Vec<&str> = line.splitn(6, ' ').collect();
    let is_schedule =
        |f: &&str| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit() || b"*/,-".contains(&b));
    match fields.as_slice() {
        [times @ .., command] if times.len() == 5 && times.iter().all(is_schedule) => {
            if command.contains('%') {
                return Err("cron takes a % for the end of the command".into());
            }
            installed(command)
        }
        _ => Err("a crontab line is five fields and a command".into()),
    }
}

/// The commands of a systemd unit, whose settings must be known ones.
fn unit_commands(text: &str) -> Result<Vec<String>, String> {
    const KNOWN: &[&str] = &[
        "[Unit] Description",
        "[Service] Type",
        "[Service] User",
        "[Service] ExecStart",
        "[Service] NoNewPrivileges",
        "[Service] ProtectSystem",
        "[Service] PrivateNetwork",
        "[Timer] OnCalendar",
        "[Timer] RandomizedDelaySec",
        "[Timer] Persistent",
        "[Install] WantedBy",
    ];
    let mut section = "";
    let mut commands = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split_once('=') {
            None if line.starts_with('[') => section = line,
            Some((key, value)) if KNOWN.contains(&format!("{section} {key}").as_str()) => {
                if key == "ExecStart" {
                    commands.push(installed(value)?);
                }
            }
            _ => return Err(format!("unknown setting in {section}: {line}")),
        }
    }
    Ok(commands)
}

/// A command of the installed program, as one of the built program.
fn installed(command: &str) -> Result<String, String> {
    match command.strip_prefix(INSTALLED) {
        Some(args) if args.starts_with(' ') => Ok(format!("tokctl{args}")),
        _ => Err(format!("not a command of {INSTALLED}: {command}")),
    }
}

fn last_code_span(prose: &str) -> Option<String> {
    let mut parts = prose.rsplit('`');
    parts.next()?;
    let code = parts.next()?;
    parts.next().map(|_| code.to_string())
}

/// Runs a page. Each problem names the line of its block.
fn problems_of(markdown: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for fence in fences(markdown) {
        match steps(&fence) {
            Ok(steps) => all.extend(steps),
            Err(why) => problems.push(format!("line {}: {why}", fence.line)),
        }
    }
    let sandbox = Sandbox::new();
    let results = run(&all, &sandbox);
    for (i, step) in all.iter().enumerate() {
        let problem = match results.get(i) {
            Some((status, output)) => problem(step, *status, output, &sandbox.account),
            None => Some("did not run, for the shell gave up".to_string()),
        };
        if let Some(why) = problem {
            problems.push(format!("line {}: {}\n{why}", step.line, step.command));
        }
        // After a command that did not run, none did.
        if i >= results.len() {
            break;
        }
    }
    problems
}

fn problem(step: &Step, status: i32, output: &str, account: &str) -> Option<String> {
    match &step.expected {
        Expected::Success if status == 0 => None,
        Expected::Success => Some(format!("ended with exit code {status}:\n{output}")),
        Expected::Shows(text) => {
            let (expected, shown) = (normal(text, account), normal(output, account));
            (expected != shown).then(|| format!("shows\n{shown}\nand not\n{expected}"))
        }
        Expected::Prints(value) => {
            let Ok(printed) = serde_json::from_str::<Value>(output) else {
                return Some(format!("prints no JSON:\n{output}"));
            };
            let expected = normal(&value.to_string(), account);
            let printed = normal(&printed.to_string(), account);
            (expected != printed).then(|| format!("prints\n{printed}\nand not\n{expected}"))
        }
    }
}

/// Runs the steps in one shell and returns the exit code and the output of each. A step's end is
/// marked by a line that begins with U+001E, which nothing prints.
fn run(steps: &[Step], sandbox: &Sandbox) -> Vec<(i32, String)> {
    let mut driver = String::from("exec 2>&1\nended() { printf '\\036%s\\n' $1; return $1; }\n");
    for (i, step) in steps.iter().enumerate() {
        let command = match step.expected {
            Expected::Success => {
                let script = sandbox.path(&format!("scripts/{i}.sh"));
                fs::write(&script, &step.command).unwrap();
                format!("sh -eu {script}")
            }
            Expected::Shows(_) => step.command.clone(),
            Expected::Prints(_) => format!("{{ {}\n}} 2>/dev/null", step.command),
        };
        writeln!(driver, "{command}\nended $?").unwrap();
    }
    let path = sandbox.path("scripts/all.sh");
    fs::write(&path, driver).unwrap();
    let output = stdout(&sandbox.command("sh").arg(path).output().unwrap());
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

/// The text with what varies replaced, as the top of this file has it.
fn normal(text: &str, account: &str) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        let cells = cells.map(|cell| without_relative_times(&without_exact_ones(cell, account)));
        cells.collect::<Vec<_>>().join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn without_exact_ones(cell: &str, account: &str) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || "_-:.".contains(c);
    let mut text = String::new();
    for part in cell.split_inclusive(|c| !in_word(c)) {
        let word = part.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = word.bytes().all(|b| b.is_ascii_digit());
        let start = part.find(word).unwrap_or_default();
        text.push_str(&part[..start]);
        text.push_str(match word.strip_prefix("tok_").map(str::len) {
            Some(49) => "<secret>",
            Some(4) => "<hint>",
            _ if word == account => ACCOUNT,
            _ if digits && word.len() == 10 => "<seconds>",
            _ if is_time(word) => "<time>",
            _ => word,
        });
        text.push_str(&part[start + word.len()..]);
    }
    text
}

/// `2027-02-20T13:52:05Z`.
fn is_time(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}

fn without_relative_times(cell: &str) -> String {
    let number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let short = |word: &str| word.strip_suffix(['s', 'm', 'h']).is_some_and(number);
    let unit = |word: &str| ["day", "days", "years"].contains(&word);
    let mut words: Vec<&str> = cell.split(' ').collect();
    let mut text: Vec<String> = Vec::new();
    while !words.is_empty() {
        // A last word may carry punctuation.
        let bare = |i: usize| {
            words.get(i).map_or("", |word| word.trim_end_matches(|c: char| !c.is_alphanumeric()))
        };
        let (placeholder, count) = match (bare(0), bare(1), bare(2)) {
            ("just", "now", _) => ("<ago>", 2),
            (n, "ago", _) if short(n) => ("<ago>", 2),
            (n, u, "ago") if number(n) && unit(u) => ("<ago>", 3),
            ("in", n, _) if short(n) => ("<ahead>", 2),
            ("in", n, u) if number(n) && unit(u) => ("<ahead>", 3),
            _ => ("", 1),
        };
        let last = words[count - 1];
        text.push(match placeholder {
            "" => last.to_string(),
            _ => format!("{placeholder}{}", &last[bare(count - 1).len()..]),
        });
        words.drain(..count);
    }
    text.join(" ")
}
