//! Bytes as hexadecimal digits.

/// Two lower-case hexadecimal digits per byte.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly `N` bytes from `2 * N` hexadecimal digits of either case.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode_any(text)?.try_into().ok()
}

/// Bytes from pairs of hexadecimal digits of either case.
pub fn decode_any(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_digits_decode() {
        assert_eq!(decode::<2>("00fF"), Some([0, 255]));
        assert_eq!(encode(&[0, 255]), "00ff");
        for bad in ["00f", "00f", "00fg", "0é", "+0"] {
            assert_eq!(decode_any(bad), None, "{bad}");
        }
        assert_eq!(decode::<2>("00"), None);
    }
}
