//! Anchors and aliases, within an allowance: a few lines of text must not become millions of values.

use std::collections::HashMap;
use std::ops::Range;

use super::{Node, Yaml, YamlError};

/// How many values aliases may repeat, beyond one for each byte of the text.
const NODES: usize = 100_000;
/// How many bytes of text aliases may repeat, beyond the text's own length.
const BYTES: usize = 16 << 20;

/// The anchored values of the document that is being read.
#[derive(Debug)]
pub(super) struct Anchors {
    defined: HashMap<usize, Anchored>,
    nodes_left: usize,
    bytes_left: usize,
}

#[derive(Debug)]
struct Anchored {
    node: Node,
    size: Size,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl Anchors {
    /// Makes the anchors of a text. The allowance is for all its documents together.
    pub(super) fn new(text: &str) -> Self {
        Self {
            defined: HashMap::new(),
            nodes_left: NODES + text.len(),
            bytes_left: BYTES + text.len(),
        }
    }

    /// Forgets every anchor: they end with their document.
    pub(super) fn forget(&mut self) {
        self.defined.clear();
    }

    /// Keeps an anchored value for its aliases.
    pub(super) fn define(&mut self, id: usize, node: &Node) -> Result<(), YamlError> {
        let size = measure(node);
        self.spend(size, &node.range)?;
        self.defined.insert(id, Anchored { node: node.clone(), size });
        Ok(())
    }

    /// Returns a copy of an anchored value for an alias, and how many levels it nests. The copy's
    /// root has the alias' own range, so that a fault is shown where the value is used.
    pub(super) fn copy(
        &mut self,
        id: usize,
        alias: Range<usize>,
    ) -> Result<(Node, usize), YamlError> {
        let Some(Anchored { size, .. }) = self.defined.get(&id) else {
            let message = "an alias cannot stand inside the value that it repeats";
            return Err(YamlError::new("yaml/alias", alias, message)
                .help("quote a value that begins with `*`, or write the value out"));
        };
        let size = *size;
        self.spend(size, &alias)?;
        let mut node = self.defined[&id].node.clone();
        node.range = alias;
        Ok((node, size.height))
    }

    fn spend(&mut self, size: Size, range: &Range<usize>) -> Result<(), YamlError> {
        let left =
            self.nodes_left.checked_sub(size.nodes).zip(self.bytes_left.checked_sub(size.bytes));
        let Some(left) = left else {
            let message = "the aliases of this file expand to far more than its own text";
            return Err(YamlError::new("yaml/alias-budget", range.clone(), message)
                .help("write the repeated values out, or keep them in files of their own"));
        };
        (self.nodes_left, self.bytes_left) = left;
        Ok(())
    }
}

/// Returns a tree's size. Trees are never deeper than the composer allows, so recursion is safe.
fn measure(node: &Node) -> Size {
    let over = |size: Size, child: Size| Size {
        nodes: size.nodes + child.nodes,
        bytes: size.bytes + child.bytes,
        height: size.height.max(child.height + 1),
    };
    let own = Size { nodes: 1, bytes: 0, height: 0 };
    match &node.value {
        Yaml::String(text) => Size { bytes: text.len(), ..own },
        Yaml::Seq(items) => items.iter().map(measure).fold(Size { height: 1, ..own }, over),
        Yaml::Map(entries) => entries
            .iter()
            .map(|entry| {
                let value = measure(&entry.value);
                Size { bytes: value.bytes + entry.key.len(), ..value }
            })
            .fold(Size { height: 1, ..own }, over),
        _ => own,
    }
}
