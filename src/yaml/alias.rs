//! Anchors and aliases, with a limit on the size that aliases expand to.

use std::collections::HashMap;

use super::{Declared, Value};
use crate::diagnostic::{Finding, Span};

/// The most values that aliases may repeat, beyond one for each byte of the text.
const VALUES: usize = 100_000;
/// The most bytes of text that aliases may repeat, beyond the length of the text.
const BYTES: usize = 16 << 20;

/// The anchored values of the document that is being read.
#[derive(Debug)]
pub(super) struct Anchors {
    defined: HashMap<usize, (Value, Size)>,
    values_left: usize,
    bytes_left: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    values: usize,
    bytes: usize,
    height: usize,
}

impl Anchors {
    /// Makes the anchors of a text. The limit holds for all its documents together.
    pub(super) fn new(text: &str) -> Self {
        let (values_left, bytes_left) = (VALUES + text.len(), BYTES + text.len());
        Self { defined: HashMap::new(), values_left, bytes_left }
    }

    /// Forgets every anchor, at the end of a document.
    pub(super) fn forget(&mut self) {
        self.defined.clear();
    }

    /// Stores a value for the aliases of its anchor; the id 0 means no anchor.
    pub(super) fn define(&mut self, id: usize, value: &Value) -> Result<(), Finding> {
        if id != 0 {
            let size = measure(value);
            self.spend(size, value.span)?;
            self.defined.insert(id, (value.clone(), size));
        }
        Ok(())
    }

    /// Returns a copy of an anchored value for an alias, and how many levels it nests. The copy's
    /// root has the alias' own place, so that a fault is shown where the value is used.
    pub(super) fn copy(&mut self, id: usize, alias: Span) -> Result<(Value, usize), Finding> {
        let Some((_, size)) = self.defined.get(&id) else {
            let message = "an alias cannot stand inside the value that it repeats";
            return Err(Finding::error("yaml/alias", alias, message)
                .help("quote a value that begins with `*`, or write the value out"));
        };
        let size = *size;
        self.spend(size, alias)?;
        let declared = self.defined[&id].0.declared.clone();
        Ok((Value { declared, span: alias }, size.height))
    }

    fn spend(&mut self, size: Size, span: Span) -> Result<(), Finding> {
        let values_left = self.values_left.checked_sub(size.values);
        let Some(left) = values_left.zip(self.bytes_left.checked_sub(size.bytes)) else {
            let message = "the aliases of this file expand to far more than its own text";
            return Err(Finding::error("yaml/alias-budget", span, message)
                .help("write the repeated values out, or keep them in files of their own"));
        };
        (self.values_left, self.bytes_left) = left;
        Ok(())
    }
}

/// Returns a tree's size. Trees are never deeper than the composer allows, so recursion is safe.
fn measure(value: &Value) -> Size {
    let members = value.members().iter();
    let members = members.map(|member| (member.name.len(), &member.value));
    let inner = members.chain(value.elements().iter().map(|element| (0, element)));
    let height = usize::from(matches!(value.declared, Declared::List(_) | Declared::Object(_)));
    let own = Size { values: 1, bytes: value.as_str().map_or(0, str::len), height };
    inner.fold(own, |size, (name, value)| {
        let inner = measure(value);
        Size {
            values: size.values + inner.values,
            bytes: size.bytes + name + inner.bytes,
            height: size.height.max(inner.height + 1),
        }
    })
}
