//! Digests: SHA-256 over a domain and RFC 8785 JSON.

use std::sync::LazyLock;

use serde::Serialize;

/// The kind of a digested value; digests of different kinds never agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A plan.
    Plan,
    /// A live object.
    Live,
    /// An element of a set.
    Element,
}

impl Domain {
    fn prefix(self) -> &'static str {
        match self {
            Self::Plan => "moorline.plan.v1\n",
            Self::Live => "moorline.live.v1\n",
            Self::Element => "moorline.element.v1\n",
        }
    }
}

/// Returns the lower-case hexadecimal SHA-256 of a value's canonical JSON.
pub fn hex(domain: Domain, value: &impl Serialize) -> String {
    let json = serde_json_canonicalizer::to_vec(value).unwrap_or_default();
    of_bytes(domain.prefix(), &json)
}

/// Returns `sha256:` and the digest.
pub fn tagged(domain: Domain, value: &impl Serialize) -> String {
    format!("sha256:{}", hex(domain, value))
}

/// Returns the digest of the schemas and curated facts that plans are made with.
pub fn of_knowledge() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        let texts = [
            include_str!("../../schemas/graph/beta.json"),
            include_str!("../../schemas/graph/v1.0.json"),
            crate::schema::semantics::TEXT,
        ];
        of_bytes("moorline.knowledge.v1\n", texts.concat().as_bytes())
    });
    &DIGEST
}

fn of_bytes(prefix: &str, bytes: &[u8]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(prefix.as_bytes());
    context.update(bytes);
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
