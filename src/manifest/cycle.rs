//! Finds cycles of references between manifests: no object in a cycle could be created first.

use super::reference::Referent;
use super::{Address, Manifest};
use crate::diagnostic::{Finding, Sources, Span};

/// A reference from one manifest to another, by their indexes.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    span: Span,
}

/// Returns a finding for each cycle among manifests that are sorted by address.
pub(super) fn findings(manifests: &[Manifest], sources: &Sources) -> Vec<Finding> {
    let mut next = edges(manifests);
    strip(&mut next);
    // Every edge that is left leads into a cycle.
    let mut seen = vec![false; next.len()];
    let mut findings = Vec::new();
    for start in 0..next.len() {
        let mut path: Vec<Edge> = Vec::new();
        let mut at = start;
        while !seen[at] {
            seen[at] = true;
            let Some(edge) = next[at].first() else { break };
            path.push(*edge);
            at = edge.to;
        }
        if let Some(begin) = path.iter().position(|edge| edge.from == at) {
            let cycle = &path[begin..];
            findings.push(finding(manifests, cycle, sources));
        }
    }
    findings
}

/// Returns the references of each manifest to others.
fn edges(manifests: &[Manifest]) -> Vec<Vec<Edge>> {
    let place = |address: &Address| manifests.binary_search_by(|m| m.address.cmp(address)).ok();
    let of = |(from, manifest): (usize, &Manifest)| {
        let references = manifest.links.iter().flat_map(|link| &link.references);
        let edges = references.filter_map(|reference| match &reference.to {
            Referent::Manifest(address) => {
                Some(Edge { from, to: place(address)?, span: reference.span })
            }
            Referent::Id(_) | Referent::Named { .. } => None,
        });
        edges.collect()
    };
    manifests.iter().enumerate().map(of).collect()
}

/// Removes edges to manifests without edges, until none is left.
fn strip(next: &mut [Vec<Edge>]) {
    loop {
        let is_end: Vec<bool> = next.iter().map(Vec::is_empty).collect();
        if !next.iter().flatten().any(|edge| is_end[edge.to]) {
            return;
        }
        next.iter_mut().for_each(|edges| edges.retain(|edge| !is_end[edge.to]));
    }
}

fn finding(manifests: &[Manifest], cycle: &[Edge], sources: &Sources) -> Finding {
    let first = cycle.iter().map(|edge| edge.from).enumerate().min_by_key(|(_, from)| *from);
    let (begin, _) = first.unwrap_or_default();
    let cycle: Vec<&Edge> = cycle[begin..].iter().chain(&cycle[..begin]).collect();
    let name = |at: usize| &manifests[at].address;
    let way: Vec<String> = cycle
        .iter()
        .map(|edge| format!("`{}` ({})", name(edge.from), sources.locate(edge.span)))
        .collect();
    let message = match &cycle[..] {
        [only] => format!("`{}` refers to itself", name(only.from)),
        _ => format!(
            "these references form a cycle: {} → `{}`",
            way.join(" → "),
            name(cycle[0].from)
        ),
    };
    let finding = Finding::error("reference/cycle", cycle[0].span, message)
        .help("remove one of them: an object must exist before another can refer to it");
    cycle[1..].iter().fold(finding, |finding, edge| {
        let words = format!("which refers to `{}`", name(edge.to));
        finding.related(edge.span, words)
    })
}

#[cfg(test)]
mod tests {
    use crate::manifest::load;

    /// Writes one manifest for each `name: targets` and returns the messages of the findings.
    fn messages(manifests: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let text: Vec<String> = manifests
            .iter()
            .map(|(name, to)| {
                let to = to.split_whitespace().map(|to| format!("{{ $ref: {to} }}"));
                let to = to.collect::<Vec<_>>().join(", ");
                format!(
                    "apiVersion: graph.microsoft.com/beta\nkind: windowsDomainJoinConfiguration\n\
                     metadata: {{ name: {name} }}\nspec: {{ displayName: {name}, networkAccessConfigurations: [{to}] }}\n"
                )
            })
            .collect();
        let file = folder.path().join("all.yaml");
        std::fs::write(&file, text.join("---\n")).expect("the file can be written");
        let found = load::load_files(&[file]).findings.into_iter();
        let prefix = "windowsDomainJoinConfiguration/";
        found
            .map(|finding| {
                finding
                    .message
                    .replace(prefix, "")
                    .replace(&folder.path().display().to_string(), "")
            })
            .collect()
    }

    #[test]
    fn each_cycle_is_one_finding_that_lists_its_references() {
        let found = messages(&[
            ("a", "b"),
            ("b", "c end"),
            ("c", "a"),
            ("end", ""),
            ("into", "a"),
            ("self", "self"),
            ("x", "y"),
            ("y", "x end"),
        ]);
        assert_eq!(
            found,
            [
                "these references form a cycle: `a` (/all.yaml:4) → `b` (/all.yaml:9) → `c` (/all.yaml:14) → `a`",
                "`self` refers to itself",
                "these references form a cycle: `x` (/all.yaml:34) → `y` (/all.yaml:39) → `x`",
            ]
        );
        assert_eq!(messages(&[("a", "b c"), ("b", "d"), ("c", "d"), ("d", "")]), [""; 0]);
    }
}
