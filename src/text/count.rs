//! Numbers with a noun.

/// `1 token`, `2 tokens`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        for (count, text) in [(0, "0 tokens"), (1, "1 token"), (2, "2 tokens")] {
            assert_eq!(counted(count, "token"), text);
        }
    }
}
