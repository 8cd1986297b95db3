//! Chooses which entries of a list are shown in whole, which in a row, and which by name alone, so that all of it fits.

/// The sizes of one entry in bytes, by the form that it is shown in.
#[derive(Clone, Copy, Debug)]
pub(super) struct FormSizes {
    /// Its name alone.
    pub(super) name: usize,
    /// Its row, in place of the name.
    pub(super) row: usize,
    /// Its details, beside the row.
    pub(super) block: usize,
}

/// How many entries are shown in each form, each number counted from the first entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fitted {
    /// Those that are named at least; of the others there is only the number.
    pub(super) names: usize,
    /// Those that have a row.
    pub(super) rows: usize,
    /// Those that have details too.
    pub(super) blocks: usize,
}

/// Returns what fits, of entries in the order of their urgency; so many of the first are urgent.
///
/// Every entry is named as long as there is room. The rest goes to the rows and the details of what is urgent, then to
/// the other rows, and last to the other details.
pub(super) fn fit(entries: &[FormSizes], urgent: usize, room: usize) -> Fitted {
    let names: usize = entries.iter().map(|entry| entry.name).sum();
    let mut fitter = Fitter { entries, used: 0, fitted: Fitted::default() };
    let all = entries.len();
    // Where not all can be named, what is urgent still has its details.
    let for_names = if names <= room { room } else { room / 4 * 3 };
    fitter.name(all, for_names);
    fitter.row(urgent, room);
    fitter.detail(urgent, room.min(fitter.used + room / 3));
    fitter.name(all, room);
    fitter.row(all, room);
    fitter.detail(all, room);
    fitter.fitted
}

struct Fitter<'a> {
    entries: &'a [FormSizes],
    used: usize,
    fitted: Fitted,
}

impl Fitter<'_> {
    fn name(&mut self, until: usize, room: usize) {
        while self.fitted.names < until && self.takes(self.entries[self.fitted.names].name, room) {
            self.fitted.names += 1;
        }
    }

    fn row(&mut self, until: usize, room: usize) {
        while self.fitted.rows < until.min(self.fitted.names) {
            let FormSizes { name, row, .. } = self.entries[self.fitted.rows];
            if !self.takes(row.saturating_sub(name), room) {
                return;
            }
            self.fitted.rows += 1;
        }
    }

    fn detail(&mut self, until: usize, room: usize) {
        while self.fitted.blocks < until.min(self.fitted.rows)
            && self.takes(self.entries[self.fitted.blocks].block, room)
        {
            self.fitted.blocks += 1;
        }
    }

    /// Uses so many bytes more, if there is room for them.
    fn takes(&mut self, size: usize, room: usize) -> bool {
        let fits = self.used + size <= room;
        if fits {
            self.used += size;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn used(entries: &[FormSizes], fitted: Fitted) -> usize {
        let size = |(at, entry): (usize, &FormSizes)| {
            let line = match at {
                at if at < fitted.rows => entry.row,
                at if at < fitted.names => entry.name,
                _ => 0,
            };
            line + if at < fitted.blocks { entry.block } else { 0 }
        };
        entries.iter().enumerate().map(size).sum()
    }

    #[test]
    fn details_go_first_then_rows_and_last_the_names() {
        let entries = [FormSizes { name: 10, row: 30, block: 100 }; 10];
        let fitted = |room| {
            let Fitted { names, rows, blocks } = fit(&entries, 1, room);
            (names, rows, blocks)
        };
        assert_eq!(fitted(1_300), (10, 10, 10));
        assert_eq!(fitted(1_299), (10, 10, 9));
        assert_eq!(fitted(400), (10, 10, 1));
        assert_eq!(fitted(390), (10, 9, 1));
        assert_eq!(fitted(220), (10, 6, 0));
        assert_eq!(fitted(100), (10, 0, 0));
        assert_eq!(fitted(80), (6, 1, 0));
        assert_eq!(fitted(0), (0, 0, 0));
    }

    proptest! {
        #[test]
        fn what_is_shown_fits_and_each_form_is_of_the_first(
            sizes in prop::collection::vec((1_usize..400, 0_usize..400, 0_usize..9_000), 0..600),
            urgent in 0_usize..600,
            room in 0_usize..60_000,
        ) {
            let entries: Vec<FormSizes> = sizes
                .into_iter()
                .map(|(name, more, block)| FormSizes { name, row: name + more, block })
                .collect();
            let urgent = urgent.min(entries.len());
            let fitted = fit(&entries, urgent, room);
            prop_assert!(used(&entries, fitted) <= room);
            prop_assert!(fitted.blocks <= fitted.rows && fitted.rows <= fitted.names);
            prop_assert!(fitted.names <= entries.len());
            let names: usize = entries.iter().map(|entry| entry.name).sum();
            prop_assert!(names > room || fitted.names == entries.len(), "all names fit");
            let rest = &entries[fitted.blocks..];
            prop_assert!(rest.is_empty() || fitted.rows == entries.len() || fitted.blocks <= urgent);
        }
    }
}
