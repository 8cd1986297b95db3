//! Filters all output: removes the secrets that the run knows, then breaks commands of CI systems.

use std::io::{self, Write};

use super::commands::Breaker;
use crate::secrets::Known;

/// An output stream with its filter.
pub(super) struct Sink {
    writer: Box<dyn Write + Send>,
    filter: OutputFilter,
    /// The incomplete last line.
    begun: Vec<u8>,
}

/// The filter for all output.
pub(super) struct OutputFilter {
    known: Known,
    breaker: Breaker,
}

impl OutputFilter {
    pub(super) fn new(known: Known) -> Self {
        Self { known, breaker: Breaker::default() }
    }

    /// Returns a text as it may leave the program.
    pub(super) fn pass(&mut self, text: &str) -> String {
        self.breaker.break_open(&self.known.scrub(text))
    }
}

impl Sink {
    pub(super) fn new(writer: Box<dyn Write + Send>, known: Known) -> Self {
        Self { writer, filter: OutputFilter::new(known), begun: Vec::new() }
    }

    /// Writes a text, all of it.
    pub(super) fn put(&mut self, text: &str) -> io::Result<()> {
        self.write_begun()?;
        self.pass(text)?;
        self.writer.flush()
    }

    /// Writes lines that command a CI system, all of them.
    pub(super) fn put_commands(&mut self, text: &str) -> io::Result<()> {
        self.write_begun()?;
        let text = self.filter.known.scrub(text);
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }

    fn write_begun(&mut self) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.pass(&String::from_utf8_lossy(&begun))
    }

    fn pass(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(self.filter.pass(text).as_bytes())
    }
}

/// Writes bytes line by line, because a secret may arrive in several pieces.
impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        if let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') {
            let begun = self.begun.split_off(end + 1);
            let lines = std::mem::replace(&mut self.begun, begun);
            for line in String::from_utf8_lossy(&lines).split_inclusive('\n') {
                self.pass(line)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_begun()?;
        self.writer.flush()
    }
}
