//! Stops where tokctl cannot run.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // How the program is linked: see `.cargo/rustc`.
    if Path::new(".cargo").exists() {
        println!("cargo::rerun-if-changed=.cargo");
    }
    if env::var_os("CARGO_CFG_UNIX").is_none() {
        println!(
            "cargo::error=tokctl runs on Unix systems only: it protects its database with Unix \
             file permissions"
        );
    }
}
