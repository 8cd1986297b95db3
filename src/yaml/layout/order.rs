//! The order of the members of a mapping.

use super::gap::GapLine;
use super::print::Line;

/// The order of the members of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct MemberOrder {
    /// The names that come first, in this order.
    pub first: &'static [&'static str],
    /// Whether the others follow in the order of their names; else they stay in theirs.
    pub sorts_rest: bool,
    /// Whether members that blank lines part are ordered each group by itself.
    pub by_groups: bool,
}

impl MemberOrder {
    /// Orders the members of a mapping. The comments above a member go with it; a blank line stays where it parts two groups.
    pub(super) fn sort(self, members: Vec<Line<'_>>) -> Vec<Line<'_>> {
        let is_ordered = members.is_sorted_by_key(|member| self.place(&member.item.name));
        if is_ordered {
            return members;
        }
        if !self.by_groups {
            return self.sort_group(members);
        }
        let mut groups: Vec<Vec<Line<'_>>> = Vec::new();
        for member in members {
            let begins = member.leading.iter().any(GapLine::is_blank);
            match groups.last_mut() {
                Some(group) if !begins => group.push(member),
                _ => groups.push(vec![member]),
            }
        }
        groups.into_iter().flat_map(|group| self.sort_group(group)).collect()
    }

    fn sort_group(self, mut group: Vec<Line<'_>>) -> Vec<Line<'_>> {
        let Some(first) = group.first_mut() else { return group };
        // The lines above the last blank one belong to no member.
        let head = first.leading.iter().rposition(GapLine::is_blank).map_or(0, |at| at + 1);
        let head: Vec<GapLine> = first.leading.drain(..head).collect();
        group.sort_by_key(|member| self.place(&member.item.name));
        if let Some(first) = group.first_mut() {
            let blanks = first.leading.iter().take_while(|line| line.is_blank()).count();
            let blanks: Vec<GapLine> = first.leading.drain(..blanks).collect();
            first.leading.splice(0..0, head);
            if let Some(second) = group.get_mut(1) {
                second.leading.splice(0..0, blanks);
            }
        }
        group
    }

    fn place(self, name: &str) -> (usize, String) {
        let first = self.first.iter().position(|first| *first == name);
        let rest = if self.sorts_rest && first.is_none() { name } else { "" };
        (first.unwrap_or(self.first.len()), rest.to_owned())
    }
}
