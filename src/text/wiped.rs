//! A buffered reader whose buffer is wiped.

use std::io::{self, BufRead, Read};
use zeroize::Zeroizing;

/// As [`io::BufReader`], for input with secrets in it: the buffer is wiped when it is dropped.
pub struct WipedReader<R> {
    input: R,
    buffer: Zeroizing<Vec<u8>>,
    /// What of the buffer has been filled and not consumed.
    start: usize,
    end: usize,
}

impl<R: Read> WipedReader<R> {
    /// Reads up to `capacity` bytes at once.
    pub fn with_capacity(capacity: usize, input: R) -> Self {
        WipedReader { input, buffer: Zeroizing::new(vec![0; capacity]), start: 0, end: 0 }
    }
}

impl<R: Read> Read for WipedReader<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for WipedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, self.input.read(&mut self.buffer)?);
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_the_input() {
        let text = "first\nsecond line\n\nlast";
        for capacity in [1, 4, 100] {
            let reader = WipedReader::with_capacity(capacity, text.as_bytes());
            let lines: Vec<_> = reader.lines().map(Result::unwrap).collect();
            assert_eq!(lines, ["first", "second line", "", "last"]);
            let mut read = String::new();
            let mut reader = WipedReader::with_capacity(capacity, text.as_bytes());
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }
}
