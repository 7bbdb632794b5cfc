//! Text that leaves the program or that a person typed: escaping, redaction, suggestions, shell
//! quoting, URLs, hexadecimal, counts, bounds, and reading text that is wiped. Knows nothing of tokens.

pub mod bounds;
pub mod count;
pub mod escape;
pub mod hex;
#[cfg(feature = "cli")]
pub mod json;
pub mod redact;
pub mod shell;
pub mod suggest;
pub mod url;
pub mod wiped;
