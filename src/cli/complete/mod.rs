//! Shell completion: the scripts, and the answers to what they ask tokctl. An answer contains
//! commands, options, and the tokens, users and scopes of the database. Completion only reads,
//! waits for nothing and never reports an error.

mod answer;
mod script;
mod values;

pub use answer::answer;
pub use script::script;
