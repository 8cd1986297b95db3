//! Renders warnings and errors as text.

use crate::error::Error;
use crate::text::style::{ERROR, HINT, Palette, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter};

/// Returns a warning's text, wrapped where a line may have so many columns.
pub(super) fn warning(text: &str, palette: Palette, width: Option<usize>) -> String {
    let mut writer = TextWriter::wrapping_at(palette, width);
    writer.message(Piece::new(WARNING, "warning"), text, 2);
    writer.finish()
}

/// Returns an error's text: the message, the causes and these hints.
pub(super) fn error(
    error: &Error,
    hints: &[String],
    palette: Palette,
    width: Option<usize>,
) -> String {
    let mut writer = TextWriter::wrapping_at(palette, width);
    writer.message(Piece::new(ERROR, &format!("error[{}]", error.code)), &error.message, 2);
    for cause in error.causes() {
        writer.message(Piece::new(PLAIN, "  caused by"), &cause, 4);
    }
    if !hints.is_empty() {
        writer.gap();
    }
    for hint in hints {
        writer.message(Piece::new(HINT, "hint"), hint, 2);
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn told(error: &Error, palette: Palette, width: Option<usize>) -> String {
        super::error(error, &error.hints, palette, width)
    }

    #[test]
    fn error_has_message_causes_and_hints() {
        let cause = Error::failed("graph/forbidden", "403 Forbidden\u{1b}[1m\nerror: forged")
            .because(std::io::Error::other("the connection was reset"));
        let error_value = Error::failed("plan/read", "the device configurations cannot be read")
            .because(cause)
            .hint("Run `moorline doctor`.")
            .hint("Grant `DeviceManagementConfiguration.Read.All`.");
        assert_snapshot!(told(&error_value, Palette::Plain, None), @r"
        error[plan/read]: the device configurations cannot be read
          caused by: 403 Forbidden\u{1b}[1m
            error: forged
          caused by: the connection was reset

        hint: Run `moorline doctor`.
        hint: Grant `DeviceManagementConfiguration.Read.All`.
        ");
        assert_eq!(
            told(&Error::failed("a/b", "No."), Palette::Colour, None),
            "\u{1b}[1m\u{1b}[31merror[a/b]\u{1b}[0m: No.\n"
        );
    }

    #[test]
    fn lines_break_between_words() {
        let message =
            "the saved plan does not hold:\n  iosGeneralDeviceConfiguration/restrictions: it moved";
        let message = told(&Error::failed("a/b", message), Palette::Plain, Some(40));
        assert_snapshot!(message, @r"
        error[a/b]: the saved plan does not
          hold:
            iosGeneralDeviceConfiguration/restrictions:
            it moved
        ");
    }
}
