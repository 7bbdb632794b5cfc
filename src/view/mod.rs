//! Rendering: a table, a sentence, JSON, JSON Lines or CSV for everything that commands print. Opens
//! no database and decides nothing.

pub mod chart;
mod csv;
mod finding;
pub mod issued;
mod log;
mod output;
mod progress;
mod record;
mod report;
mod setting;
mod table;
#[cfg(test)]
mod testing;
mod token;
mod user;
mod verdict;
mod width;

pub use self::finding::FindingView;
pub use self::output::Output;
pub use self::progress::Progress;
pub use self::report::row_sentence;
pub use self::token::NEAR;
pub use self::verdict::{Introspection, sentence};
pub use crate::domain::settings::SettingRow;
