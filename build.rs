//! Links the program for a quick start.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |key, value| env::var(key).is_ok_and(|found| found == value);
    // The unwinder goes into the program: `verify` loads two libraries instead of three each time,
    // and takes 7 % less time for it (`benches/verify.sh`). A static program would save as much
    // again, but could not look up the account of somebody whom only LDAP or systemd know.
    if target("CARGO_CFG_TARGET_OS", "linux") && target("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bin=tokctl=-Wl,--whole-archive,-lgcc_eh,--no-whole-archive");
    }
}
