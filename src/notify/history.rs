//! A folder with one drift report a run, by time. Runs write to it; what reads it shows drift over time.

use crate::drift::history::MEMORY_PREFIX;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// The most reports that are kept: a year of four runs a day, in which the oldest ones are removed.
const MOST_REPORTS: usize = 1_500;

/// The most bytes of all reports.
const MOST_BYTES: u64 = 512 << 20;

/// A folder of reports.
#[derive(Clone, Debug)]
pub(crate) struct History {
    folder: PathBuf,
}

impl History {
    /// Opens a folder, and makes it where there is none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Returns the path for what the next run of a tenant has to know.
    pub(crate) fn memory(&self, tenant: &str) -> PathBuf {
        self.folder.join(format!("{MEMORY_PREFIX}{tenant}.json"))
    }

    /// Returns the path for the report of a time, `20261130T111600Z.json`; a second one of the same second has a number.
    pub(crate) fn report(&self, checked_at: &str) -> PathBuf {
        let at = checked_at.parse::<Timestamp>().unwrap_or_default();
        let name = at.strftime("%Y%m%dT%H%M%SZ").to_string();
        let path = self.folder.join(format!("{name}.json"));
        if !path.exists() {
            return path;
        }
        let numbered = (2..).map(|number| self.folder.join(format!("{name}-{number}.json")));
        let mut free = numbered.filter(|path| !path.exists());
        free.next().unwrap_or(path)
    }

    /// Removes the oldest reports beyond the limits, and never the last one. Other files stay.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file not be removed.
    pub(crate) fn prune(&self) -> io::Result<()> {
        self.prune_to(MOST_REPORTS, MOST_BYTES)
    }

    fn prune_to(&self, most: usize, most_bytes: u64) -> io::Result<()> {
        let mut reports = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if is_report(&entry.file_name().to_string_lossy()) {
                reports.push((entry.file_name(), entry.metadata()?.len()));
            }
        }
        // The names sort by time.
        reports.sort();
        let (mut kept, mut bytes) = (0, 0);
        for (name, size) in reports.into_iter().rev() {
            kept += 1;
            bytes += size;
            if kept > 1 && (kept > most || bytes > most_bytes) {
                std::fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }
}

/// Returns whether a file has the name of a report.
fn is_report(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".json") else { return false };
    let (time, number) = stem.split_once('-').unwrap_or((stem, "2"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = time.len() == 16
        && time
            .strip_suffix('Z')
            .and_then(|time| time.split_once('T'))
            .is_some_and(|(date, time)| is_digits(date) && is_digits(time) && date.len() == 8);
    is_time && is_digits(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_reports_go_and_other_files_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = History::open(&folder.path().join("a/b")).expect("made");
        for second in 0..5 {
            let path = history.report(&format!("2026-11-30T11:16:0{second}Z"));
            std::fs::write(path, "12345").expect("written");
        }
        for other in ["notified-contoso.json", "20261130.json", "20261130T111600Z.txt"] {
            std::fs::write(folder.path().join("a/b").join(other), "12345").expect("written");
        }
        let names = || {
            let entries = std::fs::read_dir(folder.path().join("a/b")).expect("a folder");
            let names = entries.map(|entry| entry.expect("an entry").file_name());
            let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        history.prune_to(3, 1_000).expect("pruned");
        assert_eq!(names().len(), 6);
        history.prune_to(3, 11).expect("pruned");
        assert_eq!(names().len(), 5);
        history.prune_to(0, 0).expect("pruned");
        assert_eq!(
            names(),
            [
                "20261130.json",
                "20261130T111600Z.txt",
                "20261130T111604Z.json",
                "notified-contoso.json"
            ]
        );
    }

    #[test]
    fn two_reports_of_one_second_have_two_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = History::open(folder.path()).expect("there");
        let first = history.report("2026-11-30T11:16:00Z");
        assert!(first.ends_with("20261130T111600Z.json"));
        std::fs::write(&first, "").expect("written");
        let second = history.report("2026-11-30T11:16:00Z");
        assert!(second.ends_with("20261130T111600Z-2.json"));
        assert!(is_report("20261130T111600Z-2.json"));
    }
}
