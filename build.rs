//! Stops where tokctl cannot run, and links the program for a quick start.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_CFG_UNIX").is_none() {
        println!(
            "cargo::error=tokctl runs on Unix systems only: it protects its database with Unix \
             file permissions"
        );
        return;
    }
    let is = |key, value| env::var(key).is_ok_and(|found| found == value);
    let is_static = env::var("CARGO_CFG_TARGET_FEATURE")
        .is_ok_and(|features| features.split(',').any(|feature| feature == "crt-static"));
    // The unwinder becomes part of the program: `verify` loads two libraries instead of three each
    // time, and takes 7 % less time (`benches/verify.sh`). A static program contains it anyway.
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && !is_static {
        println!("cargo::rustc-link-arg-bins=-Wl,--whole-archive,-lgcc_eh,--no-whole-archive");
    }
}
