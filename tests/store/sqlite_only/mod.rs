//! What the SQLite backend does with its file, besides what every backend does.

mod backup;
mod create;
mod flipped;
mod memory;
mod open;
mod problems;
mod restore;
mod support;
mod surroundings;
mod wal;
