//! Verification: from what a client sent to a [`Verdict`].
//!
//! The command line, `verify --batch` and Rust programs all use [`Verifier`]. Nothing but the
//! secret of an active token yields [`Verdict::Good`].

mod batch;
mod credential;
mod judge;
mod matching;
mod recorder;
mod verdict;
mod verifier;

pub use batch::{Batch, BatchError, Summary};
pub use credential::Credential;
pub use judge::{Error, Verification};
#[cfg(feature = "import")]
pub(crate) use matching::find_which;
pub use matching::{find, find_any};
pub use recorder::PendingWrites;
pub use verdict::{Grant, Verdict};
pub use verifier::{AsyncVerifier, Verifier};
