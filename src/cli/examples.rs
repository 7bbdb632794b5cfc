//! Examples at the end of a command's `--help`.

/// The text of `--help` that shows examples: a caption for each, and the line to type.
macro_rules! examples {
    ($($caption:literal => $line:literal),+ $(,)?) => {
        concat!("Examples:", $("\n  # ", $caption, "\n  ", $line),+)
    };
}

pub(super) use examples;
