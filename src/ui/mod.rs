//! Writes results to stdout, and everything else to stderr. No other module writes to either.
//!
//! Results, and the texts for [`Ui::notice`], are rendered with a [`Palette`] and made harmless for a terminal by their
//! renderers; every other text is made harmless here. All output, files of results included, passes a [`sink`], which
//! removes the secrets that the run knows and breaks commands of CI systems. Commands that are meant are a [`CiLog`].

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anstream::AutoStream;
use anstream::stream::RawStream;
use clap::ColorChoice;
use tokio::sync::oneshot;

use crate::disk;
use crate::error::Error;
use crate::secrets::Known;
use crate::text::sanitize;
use crate::text::style::Palette;
use crate::text::writer::{LEAST, TextWriter};

pub mod ci_log;
pub mod commands;
mod message;
pub mod progress;
mod sink;
pub mod stderr;

use ci_log::CiLog;
use progress::{Progress, Rendering};
use sink::{OutputFilter, Sink};
use stderr::Stderr;

/// The width where there is no terminal.
const WIDTH: usize = 120;

/// How long work may take without a word.
const SILENCE: Duration = Duration::from_secs(5);

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// Yes.
    Yes,
    /// Anything else.
    No,
    /// There is no terminal to ask on.
    NoTerminal,
}

/// The user's side of the program.
pub struct Ui {
    stdin: Arc<Mutex<Box<dyn BufRead + Send>>>,
    stdout: Mutex<Sink>,
    stderr: Stderr,
    /// The secrets that are removed from all output.
    pub(crate) known: Known,
    /// The palette for results.
    pub(crate) palette: Palette,
    /// The palette for a [notice](Self::notice).
    pub(crate) notice_palette: Palette,
    /// How many columns a line may take.
    pub(crate) width: usize,
    /// The same where a terminal or the environment says it.
    pub(crate) known_width: Option<usize>,
    /// The width of stderr, if it is a terminal.
    stderr_width: Option<usize>,
    /// Whether progress and status are left out.
    pub(crate) quiet: bool,
    /// How often `-v` was given.
    pub(crate) verbosity: u8,
    /// Whether stdin and stderr are terminals, so that a question can be asked.
    pub(crate) interactive: bool,
    /// Whether stdout is a terminal.
    pub(crate) has_terminal: bool,
    /// Whether bars may move on stderr.
    animated: bool,
    /// Whether a result was written to stdout, whole or in part.
    answered: AtomicBool,
}

impl Ui {
    /// Makes the user interface of this process.
    pub fn new(color: ColorChoice, quiet: bool, verbosity: u8) -> Self {
        let (palette, stdout) = open(io::stdout(), color);
        let (notice_palette, stderr) = open(io::stderr(), color);
        let terminal = io::stderr().is_terminal();
        let animated = terminal && !quiet && !in_ci();
        let columns = |(width, _): (terminal_size::Width, _)| usize::from(width.0);
        let on_stdout = terminal_size::terminal_size_of(io::stdout()).map(columns);
        let on_stderr = terminal_size::terminal_size_of(io::stderr()).map(columns);
        let known = Known::default();
        let known_width = on_stdout.or(on_stderr).or_else(asked_for);
        Self {
            stdin: Arc::new(Mutex::new(Box::new(BufReader::new(io::stdin())))),
            stdout: Mutex::new(Sink::new(stdout, known.clone())),
            stderr: Stderr::new(stderr, known.clone(), animated),
            known,
            palette,
            notice_palette,
            stderr_width: on_stderr.or_else(asked_for).filter(|width| *width >= LEAST),
            width: known_width.unwrap_or(WIDTH),
            known_width,
            quiet,
            verbosity,
            interactive: terminal && io::stdin().is_terminal(),
            has_terminal: io::stdout().is_terminal(),
            animated,
            answered: AtomicBool::new(false),
        }
    }

    /// Returns a writer for a result.
    pub(crate) fn writer(&self) -> TextWriter {
        TextWriter::new(self.palette, self.width)
    }

    /// Returns a writer for a [notice](Self::notice).
    pub(crate) fn notice_writer(&self) -> TextWriter {
        TextWriter::new(self.notice_palette, self.width)
    }

    /// Returns the writer for logs.
    pub fn log(&self) -> Stderr {
        self.stderr.clone()
    }

    /// Writes a result. A reader that has closed the pipe, as `head` does, is no error.
    ///
    /// # Errors
    /// `io/stdout` if it cannot be written, because a disk is full for example.
    pub fn data(&self, text: &str) -> Result<(), Error> {
        self.put(|stdout| stdout.put(text))
    }

    fn put(&self, write: impl FnOnce(&mut Sink) -> io::Result<()>) -> Result<(), Error> {
        self.answered.store(true, Ordering::Relaxed);
        let mut stdout = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        // A bar that moves while the result appears on the same terminal would tear it.
        match self.stderr.suspended(|| write(&mut stdout)) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::failed("io/stdout", "the result cannot be written to stdout")
                    .because(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes a result that commands a CI system.
    ///
    /// # Errors
    /// See [`data`](Self::data).
    pub fn ci_log(&self, log: &CiLog) -> Result<(), Error> {
        self.put(|stdout| stdout.put_commands(log.as_str()))
    }

    /// Whether a result was written, whole or in part: a program reads one document.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Writes a file, as a whole.
    ///
    /// # Errors
    /// Returns the error of the file system.
    pub fn save(&self, path: &Path, text: &str) -> io::Result<()> {
        let text = OutputFilter::new(self.known.clone()).pass(text);
        let what = format!("`{}` to take the result", path.display());
        self.watched(&what, || disk::replace(path, &text))
    }

    /// Writes a result to a file, as a whole.
    ///
    /// # Errors
    /// Returns the error of the file system.
    pub(crate) fn save_result(&self, path: &Path, text: &str) -> io::Result<()> {
        self.save(path, text)?;
        self.answered.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Writes a result that commands a CI system to a file, as a whole.
    ///
    /// # Errors
    /// Returns the error of the file system.
    pub(crate) fn save_ci_log(&self, path: &Path, log: &CiLog) -> io::Result<()> {
        let text = self.known.scrub(log.as_str());
        disk::replace(path, text.as_bytes())?;
        self.answered.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Appends to a file that a CI system reads when the step has ended.
    ///
    /// # Errors
    /// Returns the error of the file system.
    pub(crate) fn append(&self, path: &Path, text: &str) -> io::Result<()> {
        let text = OutputFilter::new(self.known.clone()).pass(text);
        disk::append(path, text.as_bytes())
    }

    /// Runs work that may wait for another program or a slow disk. Every few seconds a status message says what is
    /// waited for.
    pub fn watched<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let (end, ended) = mpsc::channel::<()>();
        let (stderr, what) = (self.stderr.clone(), sanitize::line(what).into_owned());
        let tell = move || {
            let mut passed = Duration::ZERO;
            while ended.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
                passed += SILENCE;
                let passed = passed.as_secs();
                stderr.put(&format!("Waiting for {what}, for {passed} s so far …\n"));
            }
        };
        // Without a thread, the wait is silent.
        let teller = (!self.quiet).then(|| thread::Builder::new().spawn(tell).ok()).flatten();
        let result = work();
        drop(end);
        // The thread ends as soon as the channel does.
        let _ = teller.map(thread::JoinHandle::join);
        result
    }

    /// Writes a rendered text to stderr, in quiet runs too.
    pub fn notice(&self, text: &str) {
        self.stderr.put(text);
    }

    /// Reports panics of this process on stderr, filtered like all other output.
    pub fn report_panics(&self) {
        let stderr = self.stderr.clone();
        std::panic::set_hook(Box::new(move |panic| {
            stderr.put_if_free(&format!("{}\n", sanitize::block(&panic.to_string())));
        }));
    }

    /// Returns a function that writes messages to stderr, in quiet runs too.
    pub fn speaker(&self) -> Arc<dyn Fn(&str) + Send + Sync> {
        let stderr = self.stderr.clone();
        Arc::new(move |text| stderr.put(&format!("{}\n", sanitize::block(text))))
    }

    /// Writes a status message, except in quiet runs.
    pub fn status(&self, text: &str) {
        if !self.quiet {
            self.stderr.put(&format!("{}\n", sanitize::block(text)));
        }
    }

    /// Writes a warning.
    pub fn warning(&self, text: &str) {
        self.stderr.put(&message::warning(text, self.notice_palette, self.stderr_width));
    }

    /// Writes the error of a failed run.
    pub fn error(&self, error: &Error) {
        self.error_with(error, &error.hints);
    }

    /// Writes the error of a failed run with these hints in the place of its own.
    pub fn error_with(&self, error: &Error, hints: &[String]) {
        self.stderr.put(&message::error(error, hints, self.notice_palette, self.stderr_width));
    }

    /// Asks a question. Only an explicit yes counts. A thread of its own waits for the answer, so that the caller need not.
    pub async fn confirm(&self, question: &str) -> Confirmation {
        if !self.interactive {
            return Confirmation::NoTerminal;
        }
        self.stderr.put(&format!("{} [y/N] ", sanitize::line(question)));
        let stdin = Arc::clone(&self.stdin);
        let (answered, answer) = oneshot::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let read = stdin.lock().unwrap_or_else(PoisonError::into_inner).read_line(&mut line);
            let is_yes = matches!(line.trim().to_lowercase().as_str(), "y" | "yes");
            // The caller may have ceased to wait.
            let _ = answered.send(read.is_ok() && is_yes);
        });
        if answer.await == Ok(true) { Confirmation::Yes } else { Confirmation::No }
    }

    /// Asks for a text, and returns the line without its end and the spaces around it.
    ///
    /// # Errors
    /// `io/stdin` where there is no answer: the input ends, or cannot be read.
    pub fn ask(&self, question: &str) -> Result<String, Error> {
        self.stderr.put(&format!("{}: ", sanitize::line(question)));
        let mut line = String::new();
        let read = self.stdin.lock().unwrap_or_else(PoisonError::into_inner).read_line(&mut line);
        match read {
            Ok(0) => {
                let message = "the input ended at the question";
                Err(Error::failed("io/stdin", message)
                    .hint("Answer it, or give the value as an argument."))
            }
            Ok(_) => Ok(line.trim().to_owned()),
            Err(why) => Err(Error::failed("io/stdin", "the answer cannot be read").because(why)),
        }
    }

    /// Begins work on a number of items: a bar on a terminal, a line for each finished item elsewhere,
    /// nothing in quiet runs.
    pub fn progress(&self, items: usize, text: &str) -> Progress {
        let text = sanitize::line(text);
        let rendering = if self.animated {
            Rendering::bar(&self.stderr, items, &text, self.stderr_width)
        } else if self.quiet {
            Rendering::Nothing
        } else {
            self.status(&text);
            Rendering::Lines(self.stderr.clone())
        };
        Progress::new(rendering, items)
    }
}

/// Returns whether a stream gets colours, and the stream. Old Windows consoles need their colours
/// translated; anything else gets the bytes as they are.
fn open<S: RawStream + Send + 'static>(
    stream: S,
    color: ColorChoice,
) -> (Palette, Box<dyn Write + Send>)
where
    AutoStream<S>: Write,
{
    let coloured = match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => AutoStream::choice(&stream) != anstream::ColorChoice::Never,
    };
    if coloured {
        (Palette::Colour, Box::new(AutoStream::always(stream)))
    } else {
        (Palette::Plain, Box::new(AutoStream::always_ansi(stream)))
    }
}

/// Returns the width that the environment asks for, which counts where there is no terminal.
fn asked_for() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that the test can read back.
    #[derive(Clone, Default)]
    struct Bytes(Arc<Mutex<Vec<u8>>>);

    impl Bytes {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("lock").clone()).expect("UTF-8")
        }
    }

    impl Write for Bytes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("lock").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stdout that fails.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    fn ui(stdin: &'static str, stdout: impl Write + Send + 'static) -> (Ui, Bytes) {
        let stderr = Bytes::default();
        let ui = Ui {
            stdin: Arc::new(Mutex::new(Box::new(stdin.as_bytes()))),
            stdout: Mutex::new(Sink::new(Box::new(stdout), Known::default())),
            stderr: Stderr::new(Box::new(stderr.clone()), Known::default(), false),
            known: Known::default(),
            palette: Palette::Plain,
            notice_palette: Palette::Plain,
            width: WIDTH,
            known_width: None,
            stderr_width: None,
            quiet: false,
            verbosity: 0,
            interactive: true,
            has_terminal: false,
            animated: false,
            answered: AtomicBool::new(false),
        };
        (ui, stderr)
    }

    #[test]
    fn results_go_to_stdout_and_the_rest_to_stderr() {
        let stdout = Bytes::default();
        let (ui, stderr) = ui("", stdout.clone());
        ui.data("\u{1b}[1mbold\u{1b}[0m\n").expect("written");
        ui.status("Reading \u{1b}[2J");
        ui.warning("An old kind.");
        let progress = ui.progress(2, "Applying 2 changes");
        progress.finished("created a");
        progress.finished("updated b");
        assert_eq!(stdout.text(), "\u{1b}[1mbold\u{1b}[0m\n");
        assert_eq!(
            stderr.text(),
            "Reading \\u{1b}[2J\nwarning: An old kind.\nApplying 2 changes\n[1/2] created a\n[2/2] updated b\n"
        );
    }

    #[test]
    fn quiet_run_writes_warnings_and_errors_only() {
        let (mut ui, stderr) = ui("", io::sink());
        ui.quiet = true;
        ui.status("Reading");
        ui.progress(1, "Applying").finished("created a");
        ui.warning("Look here.");
        ui.notice("error[a/b]: rendered elsewhere\n");
        assert_eq!(stderr.text(), "warning: Look here.\nerror[a/b]: rendered elsewhere\n");
    }

    #[test]
    fn closed_pipe_is_no_error_and_a_full_disk_is() {
        let (left, _) = ui("", Broken(io::ErrorKind::BrokenPipe));
        assert!(left.data("text").is_ok());
        let (full, _) = ui("", Broken(io::ErrorKind::StorageFull));
        assert_eq!(full.data("text").expect_err("full").code, "io/stdout");
    }

    #[tokio::test]
    async fn only_yes_confirms() {
        for (stdin, answer) in [
            ("y\n", Confirmation::Yes),
            ("YES\r\n", Confirmation::Yes),
            ("\n", Confirmation::No),
            ("yep\n", Confirmation::No),
            ("", Confirmation::No),
        ] {
            let (ui, stderr) = ui(stdin, io::sink());
            assert_eq!(ui.confirm("Apply these changes?").await, answer, "{stdin:?}");
            assert_eq!(stderr.text(), "Apply these changes? [y/N] ");
        }
        let (mut ui, stderr) = ui("y\n", io::sink());
        ui.interactive = false;
        assert_eq!(ui.confirm("Apply?").await, Confirmation::NoTerminal);
        assert_eq!(stderr.text(), "");
    }

    #[test]
    fn answer_is_one_line_and_the_end_of_the_input_is_no_answer() {
        let (ui, stderr) = ui(" contoso.com \r\n\n", io::sink());
        assert_eq!(ui.ask("Which?").expect("a line"), "contoso.com");
        assert_eq!(ui.ask("And?").expect("a line"), "");
        assert_eq!(ui.ask("More?").expect_err("the end").code, "io/stdin");
        assert_eq!(stderr.text(), "Which?: And?: More?: ");
    }
}
