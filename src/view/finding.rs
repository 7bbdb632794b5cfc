//! How what `doctor` found is shown.

use super::{Cell, Heading, Record, Tone};
use crate::store::Finding;
use crate::when::Timestamp;

impl Record for Finding {
    const HEADINGS: &'static [Heading] = &[
        Heading::fixed("PART"),
        Heading::fixed("CHECK"),
        Heading::fixed("COUNT"),
        Heading::prose("WHY IT MATTERS"),
    ];

    fn row(&self, _now: Timestamp) -> Vec<Cell> {
        let tone = match self.part {
            crate::store::Part::Database => Tone::Bad,
            crate::store::Part::Estate => Tone::Warning,
        };
        vec![
            Cell::text(self.part.as_str()),
            Cell::text(self.check).toned(tone),
            Cell::text(self.count.to_string()),
            Cell::text(&self.why),
        ]
    }

    fn details(&self, now: Timestamp) -> Vec<(&'static str, Cell)> {
        Self::HEADINGS.iter().map(|heading| heading.title).zip(self.row(now)).collect()
    }
}
