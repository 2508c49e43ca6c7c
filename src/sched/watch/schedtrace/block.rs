//! Lines that are written together.

use core::fmt::Display;

/// So many bytes a pipe takes at once or not at all (`PIPE_BUF`): within them, no line is torn by what others
/// write.
const AT_ONCE: usize = 4096;

/// Writes lines, whole ones at a time.
pub(super) struct Block<'a, W: FnMut(&str)> {
    /// What each line ends with.
    mark: &'a str,
    text: String,
    write: W,
}

impl<'a, W: FnMut(&str)> Block<'a, W> {
    pub(super) fn new(mark: &'a str, write: W) -> Self {
        Self { mark, text: String::new(), write }
    }

    pub(super) fn line(&mut self, line: impl Display) {
        let line = format!("{line}{}\n", self.mark);
        if self.text.len() + line.len() > AT_ONCE {
            self.flush();
        }
        self.text.push_str(&line);
    }

    fn flush(&mut self) {
        (self.write)(&self.text);
        self.text.clear();
    }
}

impl<W: FnMut(&str)> Drop for Block<'_, W> {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_whole_and_as_many_at_once_as_a_pipe_takes() {
        let mut written: Vec<String> = Vec::new();
        let mut block = Block::new(" runtime=2", |text: &str| written.push(text.into()));
        (0..1_000).for_each(|i| block.line(format_args!("line {i}")));
        block.line("x".repeat(2 * AT_ONCE));
        drop(block);
        let (long, short) = written.split_last().unwrap();
        assert_eq!(long.len(), 2 * AT_ONCE + " runtime=2\n".len());
        assert!(short.iter().all(|text| text.ends_with(" runtime=2\n")));
        assert!(
            short.iter().all(|text| (AT_ONCE / 2..=AT_ONCE).contains(&text.len())
                || text == &short[short.len() - 1])
        );
        let all = short.concat();
        let expected = (0..1_000).map(|i| format!("line {i} runtime=2\n"));
        assert_eq!(all, expected.collect::<String>());
    }
}
