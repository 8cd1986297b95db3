//! Where a test may end the process as a power cut would. Builds for release have the points and nothing behind
//! them.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU32, Ordering};

/// A point that a write passes on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The journal holds what is about to be sent.
    JournalIntent,
    /// It is about to be sent.
    Send,
    /// The answer is there.
    Answer,
    /// The journal holds what became of it.
    JournalResult,
}

/// Aborts the process at one of the points: `MOORLINE_TEST_KILL=answer:3` at the third answer.
#[cfg(debug_assertions)]
#[derive(Debug)]
pub(super) struct Fuse {
    point: Point,
    /// How often the point may still be passed.
    left: AtomicU32,
}

#[cfg(debug_assertions)]
impl Fuse {
    /// Returns the fuse that the environment asks for.
    pub(super) fn from_env() -> Option<Self> {
        Self::parse(&std::env::var("MOORLINE_TEST_KILL").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (point, number) = text.split_once(':')?;
        let point = match point {
            "journal-intent" => Point::JournalIntent,
            "send" => Point::Send,
            "answer" => Point::Answer,
            "journal-result" => Point::JournalResult,
            _ => return None,
        };
        let number: u32 = number.parse().ok()?;
        Some(Self { point, left: AtomicU32::new(number.checked_sub(1)?) })
    }

    /// Notes that a point is passed, for the last time where it is the one.
    pub(super) fn pass(&self, point: Point) {
        if point != self.point {
            return;
        }
        let less = |left: u32| left.checked_sub(1);
        let passed = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if passed.is_err() {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fuse_names_a_point_and_counts_from_one() {
        let fuse = Fuse::parse("answer:3").expect("a fuse");
        assert_eq!(fuse.point, Point::Answer);
        fuse.pass(Point::Send);
        fuse.pass(Point::Answer);
        fuse.pass(Point::Answer);
        assert_eq!(fuse.left.load(Ordering::Relaxed), 0);
        for text in ["answer", "answer:0", "answer:-1", "elsewhere:1", ""] {
            assert!(Fuse::parse(text).is_none(), "{text}");
        }
    }
}
