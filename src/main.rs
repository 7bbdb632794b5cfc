//! The command line: parse, run, turn the result into an exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    match tokctl::run(tokctl::arguments()) {
        Ok(code) => code.into(),
        Err(error) => tokctl::report(&error).into(),
    }
}
