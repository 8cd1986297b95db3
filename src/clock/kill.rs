//! Points at which a test can abort the process, as a power failure would. In release builds they do nothing.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU32, Ordering};

/// A point in the course of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The journal holds the request that is sent next.
    JournalIntent,
    /// The request is sent next.
    Send,
    /// The response has arrived.
    Answer,
    /// The journal holds the result.
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
    /// Reads the point from the environment.
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

    /// Counts a point, and aborts the process where its number is reached.
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
    fn fuse_has_a_point_and_a_count_from_one() {
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
