//! What a token is, and the rules that decide about it. Plain types: no database, no command line.

pub mod audit;
mod invalid;
pub mod name;
pub mod policy;
pub mod scheme;
pub mod scope;
pub mod secret;
pub mod setting;
pub mod settings;
pub mod time;
pub mod token;
pub mod user;

pub use invalid::Invalid;
