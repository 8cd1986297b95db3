//! The hidden first line of a comment, by which the next run knows it again.

use std::fmt;

const BEGIN: &str = "<!-- moorline:comment ";
const END: &str = " -->";

/// The run that wrote a comment: of two for one commit the greater one is the later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunNumber {
    /// The number of the run.
    pub(crate) run: u64,
    /// The number of the attempt at it.
    pub(crate) attempt: u64,
}

/// The content of a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommentMarker {
    /// The name of the tenant.
    pub(crate) tenant: String,
    /// The commit that the comment is about.
    pub(crate) commit: String,
    /// The run that wrote it.
    pub(crate) run: RunNumber,
    /// Whether the comment is marked as outdated.
    pub(crate) outdated: bool,
}

impl fmt::Display for CommentMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, commit, run, outdated } = self;
        let outdated = if *outdated { " outdated" } else { "" };
        let RunNumber { run, attempt } = run;
        write!(f, "{BEGIN}tenant={tenant} commit={commit} run={run}.{attempt}{outdated}{END}")
    }
}

impl CommentMarker {
    /// Reads the marker of a comment and returns it with the text below; `None` where its first line is none.
    pub(crate) fn read(body: &str) -> Option<(Self, &str)> {
        let (line, text) = body.split_once('\n').unwrap_or((body, ""));
        let fields = line.trim_end().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let field = |name: &str| {
            let mut values = fields.split(' ').filter_map(|field| field.split_once('='));
            values.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let run = field("run").unwrap_or_default();
        let (run, attempt) = run.split_once('.').unwrap_or_default();
        let run = RunNumber {
            run: run.parse().unwrap_or_default(),
            attempt: attempt.parse().unwrap_or_default(),
        };
        let marker = Self {
            tenant: field("tenant")?,
            commit: field("commit")?,
            run,
            outdated: fields.split(' ').any(|field| field == "outdated"),
        };
        Some((marker, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> CommentMarker {
        CommentMarker {
            tenant: "contoso".to_owned(),
            commit: "c0ffee1".to_owned(),
            run: RunNumber { run: 12, attempt: 2 },
            outdated: false,
        }
    }

    #[test]
    fn marker_is_read_back_with_the_text_below() {
        for outdated in [false, true] {
            let marker = CommentMarker { outdated, ..marker() };
            for line in ["\n", "\r\n"] {
                let body = format!("{marker}{line}### Plan");
                assert_eq!(CommentMarker::read(&body), Some((marker.clone(), "### Plan")));
            }
        }
    }

    #[test]
    fn marker_counts_on_the_first_line_alone() {
        for body in [
            format!("text\n{}", marker()),
            format!("`{}`", marker()),
            "<!-- moorline:comment tenant=contoso -->".to_owned(),
            String::new(),
        ] {
            assert_eq!(CommentMarker::read(&body), None, "{body}");
        }
    }

    #[test]
    fn later_attempt_is_greater() {
        let number = |run, attempt| RunNumber { run, attempt };
        assert!(number(12, 2) > number(12, 1) && number(13, 1) > number(12, 2));
    }
}
