//! The exit codes of all commands, for the help and the manual page.

/// Each exit code with its meaning.
const EXIT_CODES: [(u8, &str); 10] = [
    (0, "done; of a plan or a drift report also where there are differences"),
    (1, "failed: something cannot be read, written, compared or signed in to"),
    (2, "there are differences, with --detailed-exitcode; a file would change, with --check"),
    (3, "the manifests are invalid; nothing was sent to the tenant"),
    (4, "the tenant changed since the plan was made; nothing was written"),
    (5, "refused (a guard, a risk, another run, not confirmed); nothing was written"),
    (6, "written in part, or not seen in the tenant yet"),
    (7, "a second administrator has to approve"),
    (64, "the command line does not fit"),
    (130, "interrupted"),
];

/// Returns the list for the end of the help.
pub(super) fn help() -> String {
    let lines = EXIT_CODES.iter().map(|(code, meaning)| format!("\n  {code:<5}{meaning}"));
    format!("Exit codes:{}", lines.collect::<String>())
}

/// Returns the section of the manual page.
pub(super) fn page() -> String {
    let entries = EXIT_CODES
        .iter()
        .map(|(code, meaning)| format!(".TP\n\\fB{code}\\fR\n{}\n", meaning.replace('-', "\\-")));
    format!(".SH \"EXIT STATUS\"\n{}", entries.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn the_code_of_every_kind_of_error_is_listed() {
        for kind in [
            ErrorKind::Failed,
            ErrorKind::Invalid,
            ErrorKind::Stale,
            ErrorKind::Refused,
            ErrorKind::ApprovalRequired,
            ErrorKind::Partial,
            ErrorKind::Usage,
            ErrorKind::Interrupted,
        ] {
            assert!(EXIT_CODES.iter().any(|(code, _)| *code == kind.exit_code()), "{kind:?}");
        }
    }
}
