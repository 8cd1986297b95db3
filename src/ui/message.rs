//! Warnings and errors as text.

use super::sanitize;
use super::style::{ERROR, HINT, Palette, WARNING};
use crate::error::Error;

/// Returns a warning's text.
pub(super) fn warning(text: &str, palette: Palette) -> String {
    format!(
        "{}: {}\n",
        palette.paint(WARNING, "warning"),
        indented(text, 2)
    )
}

/// Returns an error's text: what, why and what to do.
pub(super) fn error(error: &Error, palette: Palette) -> String {
    let head = palette.paint(ERROR, format!("error[{}]", error.code));
    let mut text = format!("{head}: {}\n", indented(&error.message, 2));
    for cause in error.causes() {
        text += &format!("  caused by: {}\n", indented(&cause, 4));
    }
    for (at, hint) in error.hints.iter().enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        text += &format!(
            "{gap}{}: {}\n",
            palette.paint(HINT, "hint"),
            indented(hint, 2)
        );
    }
    text
}

/// Returns a text whose further lines are indented, so that none can pass for a message of its own.
fn indented(text: &str, by: usize) -> String {
    sanitize::block(text.trim_end()).replace('\n', &format!("\n{:by$}", ""))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn an_error_says_what_why_and_what_to_do() {
        let cause = Error::failed("graph/forbidden", "403 Forbidden\u{1b}[1m\nerror: forged")
            .because(std::io::Error::other("the connection was reset"));
        let error_value = Error::failed("plan/read", "The device configurations cannot be read.")
            .because(cause)
            .hint("Run `moorline doctor`.")
            .hint("Grant `DeviceManagementConfiguration.Read.All`.");
        assert_snapshot!(error(&error_value, Palette::Plain), @r"
        error[plan/read]: The device configurations cannot be read.
          caused by: 403 Forbidden\u{1b}[1m
            error: forged
          caused by: the connection was reset

        hint: Run `moorline doctor`.
        hint: Grant `DeviceManagementConfiguration.Read.All`.
        ");
        assert_eq!(
            error(&Error::failed("a/b", "No."), Palette::Colour),
            "\u{1b}[1m\u{1b}[31merror[a/b]\u{1b}[0m: No.\n"
        );
    }
}
