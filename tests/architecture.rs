//! The rules of `docs/architecture.md` that a program can check.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom up. A layer uses only those before it.
const LAYERS: [&str; 11] = [
    "text", "domain", "store", "verify", "admin", "import", "error", "serve", "cli", "view",
    "commands",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The layer that a file of `src` belongs to; `None` for `lib.rs` and `main.rs`.
fn layer_of(path: &Path) -> Option<usize> {
    let relative = path.strip_prefix(src()).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    LAYERS.iter().position(|layer| *layer == first.trim_end_matches(".rs"))
}

/// The code of a file, without its tests and its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_file_belongs_to_a_layer() {
    for path in sources(&src()) {
        let is_root = ["lib.rs", "main.rs"].iter().any(|name| path.ends_with(name));
        assert!(is_root || layer_of(&path).is_some(), "{}", path.display());
    }
}

#[test]
fn layers_use_only_the_layers_below() {
    let mut wrong = Vec::new();
    for path in sources(&src()) {
        let Some(layer) = layer_of(&path) else { continue };
        for used in code(&path).split("crate::").skip(1) {
            let name: String = used.chars().take_while(char::is_ascii_lowercase).collect();
            let used = LAYERS.iter().position(|layer| *layer == name);
            if used.is_some_and(|used| used > layer) {
                wrong.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The file that defines a module such as `store/sqlite/log`, and the files that it uses by
/// `use crate::…` and `use super::…`.
fn used_files(path: &Path) -> Vec<PathBuf> {
    let code = code(path);
    let folder = path.parent().unwrap();
    let mut used = Vec::new();
    for line in code.lines().map(str::trim).filter(|line| line.starts_with("use ")) {
        let (start, rest) = match line.strip_prefix("use ").unwrap() {
            rest if rest.starts_with("crate::") => (src(), &rest["crate::".len()..]),
            rest if rest.starts_with("super::super::") => {
                (folder.parent().unwrap().to_path_buf(), &rest["super::super::".len()..])
            }
            rest if rest.starts_with("super::") => (folder.to_path_buf(), &rest["super::".len()..]),
            _ => continue,
        };
        let names = rest.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        // The longest path of modules that leads to a file; a re-export of `mod.rs` leads there.
        let mut place = start;
        for name in names.clone().next().unwrap_or_default().split("::") {
            if place.join(name).is_dir() {
                place = place.join(name);
            } else if place.join(format!("{name}.rs")).is_file() {
                place = place.join(format!("{name}.rs"));
                break;
            }
        }
        if place.is_file() {
            used.push(place);
        }
        // `use super::{a, b::C}`: each name can be a file beside this one.
        for name in names.skip(1).filter_map(|name| name.split("::").next()) {
            let beside = folder.join(format!("{name}.rs"));
            if line.starts_with("use super::{") && beside.is_file() {
                used.push(beside);
            }
        }
    }
    used.retain(|used| used != path);
    used
}

#[test]
fn no_two_files_use_each_other() {
    let files = sources(&src());
    let mut cycles = Vec::new();
    for file in &files {
        // Everything that the file leads to, by any number of steps.
        let (mut reached, mut next) = (Vec::new(), used_files(file));
        while let Some(used) = next.pop() {
            if !reached.contains(&used) {
                next.extend(used_files(&used));
                reached.push(used);
            }
        }
        if reached.contains(file) {
            cycles.push(file.display().to_string());
        }
    }
    assert!(cycles.is_empty(), "{cycles:#?}");
}

#[test]
fn the_store_has_no_wording_and_the_domain_no_tools() {
    let forbidden = |folder: &str, words: &[&str]| {
        let mut wrong = Vec::new();
        for path in sources(&src().join(folder)) {
            let code = code(&path);
            let found = words.iter().filter(|word| code.contains(**word));
            wrong.extend(found.map(|word| format!("{} mentions {word}", path.display())));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    };
    forbidden("store", &["clap", "comfy_table", "shell::", "`tokctl ", "--database"]);
    forbidden("domain", &["clap", "rusqlite", "globset"]);
    forbidden("commands", &["SELECT ", "INSERT ", "UPDATE ", "DELETE FROM", "rusqlite"]);
    forbidden("serve", &["clap"]);
    forbidden("view", &["rusqlite", "Store::open", "Admin::new"]);
    for layer in ["verify", "admin", "serve", "commands", "view", "cli"] {
        forbidden(layer, &["rusqlite"]);
    }
}

#[test]
fn commands_are_short() {
    for path in sources(&src().join("commands")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 120, "{} has {lines} lines", path.display());
    }
}

/// A function starts with its signature and ends with the closing brace of the same indentation,
/// which is how rustfmt writes it.
#[test]
fn functions_fit_a_screen() {
    const LONGEST: usize = 60;
    let mut long = Vec::new();
    for path in sources(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        let mut open: Option<(usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indentation: String = line.chars().take_while(|c| *c == ' ').collect();
            let bare = line.trim_start();
            let starts = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "pub const fn "];
            if open.is_none() && starts.iter().any(|start| bare.starts_with(start)) {
                open = Some((number, indentation.clone()));
            }
            if let Some((start, indented)) = &open
                && (line == format!("{indented}}}")
                    || line.ends_with(';') && *indented == indentation)
            {
                let lines = number - start + 1;
                // `Setting::about` is a table.
                if lines > LONGEST && !text.lines().nth(*start).unwrap().contains("fn about(") {
                    long.push(format!("{}:{}: {lines} lines", path.display(), start + 1));
                }
                open = None;
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}
