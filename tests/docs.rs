//! Runs the code blocks of README.md and of every page in docs/, so that they stay correct.
//!
//! All blocks of a page run in the order of the page, in one shell, in a sandbox of their own: an
//! empty home folder, and a working folder that contains nothing but `tests/fixtures`. The built
//! `tokctl` comes first in `PATH`. The language of a block says what it is:
//!
//! - `sh`: a script for `sh -eu` that must succeed. `cargo run --release -- ARGS` runs as
//!   `tokctl ARGS`. Lines in [`steps::NOT_RUN`] and `cargo` lines of `.ci/run` are skipped.
//! - `console`: a session. `$ ` starts a command, `> ` continues it, and the rest is what it
//!   prints on standard output and standard error. Variables last to the end of the page.
//! - `cron`, `ini`: crontab lines and systemd units. Their commands must succeed.
//! - `json`: what the command in the last `code span` before the block prints. Keys, their order
//!   and the values count; white space does not.
//! - `rust`: a quotation from the source file in the last `code span` before the block.
//! - `text`: a picture, without commands.
//! - `nginx`, `caddyfile`, `apache`, `yaml`: configurations of proxies, which `tests/serve/` runs.
//!
//! A block that needs a program of others, such as the shell of SQLite, is not run where that is not
//! installed.
//!
//! Any other language fails the test. Before output is compared, placeholders replace what varies:
//! secrets, hints, times, the width of columns, and the name of the account. Ids are compared as
//! they are.

#[path = "docs/markdown.rs"]
mod markdown;
#[path = "docs/placeholders.rs"]
mod placeholders;
#[path = "docs/sandbox.rs"]
mod sandbox;
#[path = "docs/steps.rs"]
mod steps;

use markdown::{anchors, blocks, links, table_rows};
use placeholders::replace_varying;
use sandbox::Sandbox;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use steps::{Expected, INSTALLED, Step, missing_program, steps};

#[test]
fn every_block_works_as_written() {
    let mut problems = Vec::new();
    for page in pages() {
        let found = problems_of(&page.text).into_iter();
        problems.extend(found.map(|problem| format!("{}, {problem}", page.name)));
    }
    assert!(problems.is_empty(), "\n\n{}\n", problems.join("\n\n"));
}

#[test]
fn the_readme_has_the_commands_that_a_newcomer_needs() {
    let readme = page("README.md");
    for line in [
        r#"cargo run --release -- create --name "CI" --scope posts.manage"#,
        "cargo test",
        "cargo install --path . --locked",
    ] {
        let has_line = |text: &str| text.lines().any(|found| found == line);
        let scripts = blocks(&readme).into_iter().filter(|block| block.language == "sh");
        assert!(scripts.into_iter().any(|block| has_line(&block.text)), "{line}");
    }
}

#[test]
fn every_skipped_line_is_on_a_page() {
    let pages = pages();
    for line in steps::NOT_RUN {
        assert!(pages.iter().any(|page| page.text.lines().any(|found| found == line)), "{line}");
    }
}

#[test]
fn the_readme_links_to_every_page() {
    let readme = page("README.md");
    for page in pages() {
        assert!(page.name == "README.md" || links(&readme).contains(&&*page.name), "{}", page.name);
    }
}

#[test]
fn links_lead_to_pages_and_headings_that_exist() {
    let mut names: Vec<String> = pages().into_iter().map(|page| page.name).collect();
    names.extend(["CONTRIBUTING.md".into(), "CHANGELOG.md".into()]);
    let broken: Vec<_> = names.iter().flat_map(|name| broken_links(name, &page(name))).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn the_table_of_commands_is_complete() {
    let help = Sandbox::new().tokctl(&["--help"]);
    // Commands are indented by two below the headings of their groups, and the options follow.
    let (_, rest) = help.split_once("\nUsage: ").unwrap();
    let (commands, _) = rest.split_once("\nOptions:").unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names: Vec<_> = names.filter_map(|line| line.split(' ').next()).collect();
    let readme = page("README.md");
    let rows = table_rows(&readme, "Commands").into_iter().map(|row| row[0]);
    let documented: Vec<_> = rows.filter(|name| !name.starts_with('-')).collect();
    assert_eq!(documented, names);
}

#[test]
fn the_table_of_settings_is_complete() {
    let sandbox = Sandbox::new();
    sandbox.tokctl(&["create"]);
    let settings = sandbox.tokctl(&["settings", "list", "--json"]);
    let settings: Vec<Value> = serde_json::from_str(&settings).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let settings: Vec<_> =
        settings.iter().map(|row| [text(&row["key"]), text(&row["default"])]).collect();
    let guide = page("docs/guide.md");
    let documented: Vec<_> =
        table_rows(&guide, "Settings").into_iter().map(|row| [row[0], row[1]]).collect();
    assert_eq!(documented, settings);
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = page("Cargo.toml");
    let mut in_dependencies = false;
    let mut missing = Vec::new();
    let architecture = page("docs/architecture.md");
    let (_, section) = architecture.split_once("\n## Dependencies\n").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let explained: Vec<_> = rows.flat_map(|crates| crates.split(", ")).collect();
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ")
            && in_dependencies
            && !explained.contains(&name)
        {
            missing.push(name);
        }
    }
    assert!(explained.contains(&"sha2"), "{explained:?}");
    assert!(missing.is_empty(), "no row in docs/architecture.md: {missing:?}");
}

/// Pages with one mistake each, and a part of the message about it.
const BROKEN_PAGES: [(&str, &str); 30] = [
    ("```bash\ntokctl --version\n```", "unknown language \"bash\""),
    ("```\ntokctl --version\n```", "unknown language \"\""),
    ("```sh\ntokctl --version", "is not closed"),
    ("```sh\ntokctl frobnicate\ntrue\n```", "exit code 2"),
    ("```sh\ntokctl list | grep nothing\n```", "exit code 1"),
    ("```sh\necho \"$NOT_SET\"\n```", "exit code 2"),
    ("```sh\ncargo publish\n```", "not in the list"),
    ("```sh\ncargo test --workspace\n```", "not in the list"),
    ("```sh\ntrue && sudo true\n```", "not in the list"),
    ("```sh\ncargo run --release -- frobnicate\n```", "exit code 2"),
    ("```console\n$ tokctl --version\ntokctl 0.0.0\n```", "prints"),
    ("```console\n$ echo one\n```", "prints"),
    ("```console\n$ cargo publish\n```", "not in the list"),
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
    ("`tokctl frobnicate`\n```json\n{}\n```", "no JSON"),
    ("```rust\nfn main() {}\n```", "no source file"),
    ("`src/nowhere.rs`\n```rust\nfn main() {}\n```", "src/nowhere.rs"),
    ("`src/main.rs`\n```rust\nfn other() {}\n```", "is not in src/main.rs"),
    ("```text\n$ tokctl frobnicate\n```", "contains commands"),
];

#[test]
fn mistakes_in_blocks_are_found() {
    for (markdown, expected) in BROKEN_PAGES {
        let problems = problems_of(markdown);
        assert_eq!(problems.len(), 1, "{markdown}\n{problems:?}");
        assert!(problems[0].contains(expected), "{markdown}\n{}", problems[0]);
    }
}

#[test]
fn mistakes_in_links_are_found() {
    for (markdown, count) in [
        ("[a](../README.md) [b](https://example.com) ![c](session.svg)", 0),
        ("[a](nowhere.md)", 1),
        ("[a](README.md)", 1),
        ("[a](../README.md#quick-start)", 0),
        ("[a](../README.md#slow-start)", 1),
        ("# One, two\n[a](#one-two)", 0),
        ("# One, two\n[a](#one)", 1),
        ("```sh\n[a](nowhere.md)\n```", 0),
    ] {
        assert_eq!(broken_links("docs/page.md", markdown).len(), count, "{markdown}");
    }
}

struct Page {
    /// The path in the repository.
    name: String,
    text: String,
}

/// README.md and the pages in docs/.
fn pages() -> Vec<Page> {
    let docs = fs::read_dir(in_repository("docs")).unwrap();
    let files = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = files.filter(|name| name.ends_with(".md"));
    let mut names: Vec<_> = files.map(|name| format!("docs/{name}")).collect();
    names.push("README.md".into());
    names.sort_unstable();
    names.into_iter().map(|name| Page { text: page(&name), name }).collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(in_repository(name)).unwrap()
}

fn in_repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The relative links of a page that lead to no file or to no heading.
fn broken_links(name: &str, markdown: &str) -> Vec<String> {
    let folder = Path::new(name).parent().unwrap();
    let is_broken = |link: &&str| {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let path = in_repository(folder.join(file).to_str().unwrap());
        let target = match file {
            "" => Some(markdown.to_string()),
            file if file.ends_with(".md") => fs::read_to_string(path).ok(),
            _ => path.exists().then(String::new),
        };
        let has_anchor =
            |text: String| anchor.is_empty() || anchors(&text).iter().any(|a| a == anchor);
        !target.is_some_and(has_anchor)
    };
    let relative = links(markdown).into_iter().filter(|link| !link.starts_with("https://"));
    relative.filter(is_broken).map(|link| format!("{name}: {link}")).collect()
}

/// Runs a page. Each problem starts with the line of its block.
fn problems_of(markdown: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut all_steps = Vec::new();
    for block in blocks(markdown) {
        if let Some(program) = missing_program(&block) {
            eprintln!("line {}: not run, because {program} is not installed", block.line);
            continue;
        }
        match steps(&block) {
            Ok(steps) => all_steps.extend(steps),
            Err(why) => problems.push(format!("line {}: {why}", block.line)),
        }
    }
    let sandbox = Sandbox::new();
    let results = sandbox.run(&all_steps);
    for (step, (status, output)) in all_steps.iter().zip(&results) {
        if let Some(why) = problem(step, *status, output, &sandbox.account) {
            problems.push(format!("line {}: {}\n{why}", step.line, step.command));
        }
    }
    if let Some(step) = all_steps.get(results.len()) {
        let why = "did not run, because the shell gave up";
        problems.push(format!("line {}: {}\n{why}", step.line, step.command));
    }
    problems
}

fn problem(step: &Step, status: i32, output: &str, account: &str) -> Option<String> {
    let compare = |expected: &str, printed: &str| {
        let expected = replace_varying(expected, account);
        let printed = replace_varying(printed, account);
        (expected != printed).then(|| format!("prints\n{printed}\nbut the page shows\n{expected}"))
    };
    match &step.expected {
        Expected::Success if status == 0 => None,
        Expected::Success => Some(format!("failed with exit code {status}:\n{output}")),
        Expected::Output(text) => compare(text, output),
        Expected::Json(value) => match serde_json::from_str::<Value>(output) {
            Ok(printed) => compare(&value.to_string(), &printed.to_string()),
            Err(_) => Some(format!("prints no JSON:\n{output}")),
        },
    }
}
