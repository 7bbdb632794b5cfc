//! Stops where tokctl cannot run.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_CFG_UNIX").is_none() {
        println!(
            "cargo::error=tokctl runs on Unix systems only: it protects its database with Unix \
             file permissions"
        );
    }
}
