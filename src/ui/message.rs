//! Renders warnings and errors as text.

use unicode_width::UnicodeWidthStr;

use crate::error::Error;
use crate::text::sanitize;
use crate::text::style::{ERROR, HINT, Palette, WARNING};

/// Returns a warning's text, wrapped where a line may have so many columns.
pub(super) fn warning(text: &str, palette: Palette, width: Option<usize>) -> String {
    said(&palette.paint(WARNING, "warning").to_string(), 7, text, 2, width)
}

/// Returns an error's text: what, why and what to do.
pub(super) fn error(error: &Error, palette: Palette, width: Option<usize>) -> String {
    let label = format!("error[{}]", error.code);
    let painted = palette.paint(ERROR, &label).to_string();
    let mut text = said(&painted, label.len(), &error.message, 2, width);
    for cause in error.causes() {
        text += &said("  caused by", 11, &cause, 4, width);
    }
    for (at, hint) in error.hints.iter().enumerate() {
        if at == 0 {
            text.push('\n');
        }
        let painted = palette.paint(HINT, "hint").to_string();
        text += &said(&painted, 4, hint, 2, width);
    }
    text
}

/// Returns a label of so many columns and a text behind it, whose further lines are indented, so that none can pass
/// for a message of its own.
fn said(label: &str, columns: usize, text: &str, by: usize, width: Option<usize>) -> String {
    let mut said = format!("{label}:");
    let mut used = columns + 1;
    for (at, line) in sanitize::block(text.trim_end()).split('\n').enumerate() {
        let words = line.trim_start_matches(' ');
        let indent = by + line.len() - words.len();
        let start = |said: &mut String| {
            *said += &format!("\n{:indent$}", "");
            indent
        };
        if at > 0 {
            used = start(&mut said);
        }
        for (nth, word) in words.split(' ').enumerate() {
            let is_first = at > 0 && nth == 0;
            let wide = used + 1 + word.width();
            if !is_first && width.is_some_and(|width| wide > width) && used > indent {
                used = start(&mut said);
            } else if !is_first {
                said.push(' ');
                used += 1;
            }
            said += word;
            used += word.width();
        }
    }
    said.push('\n');
    said
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn error_has_message_causes_and_hints() {
        let cause = Error::failed("graph/forbidden", "403 Forbidden\u{1b}[1m\nerror: forged")
            .because(std::io::Error::other("the connection was reset"));
        let error_value = Error::failed("plan/read", "The device configurations cannot be read.")
            .because(cause)
            .hint("Run `moorline doctor`.")
            .hint("Grant `DeviceManagementConfiguration.Read.All`.");
        assert_snapshot!(error(&error_value, Palette::Plain, None), @r"
        error[plan/read]: The device configurations cannot be read.
          caused by: 403 Forbidden\u{1b}[1m
            error: forged
          caused by: the connection was reset

        hint: Run `moorline doctor`.
        hint: Grant `DeviceManagementConfiguration.Read.All`.
        ");
        assert_eq!(
            error(&Error::failed("a/b", "No."), Palette::Colour, None),
            "\u{1b}[1m\u{1b}[31merror[a/b]\u{1b}[0m: No.\n"
        );
    }

    #[test]
    fn lines_break_between_words() {
        let message =
            "the saved plan does not hold:\n  iosGeneralDeviceConfiguration/restrictions: it moved";
        let told = error(&Error::failed("a/b", message), Palette::Plain, Some(40));
        assert_snapshot!(told, @r"
        error[a/b]: the saved plan does not
          hold:
            iosGeneralDeviceConfiguration/restrictions:
            it moved
        ");
    }
}
