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
    /// A text that is withheld.
    Secret,
    /// A result that is reported, or a finding that people are told.
    Finding,
}

impl Domain {
    fn prefix(self) -> &'static str {
        match self {
            Self::Plan => "moorline.plan.v1\n",
            Self::Live => "moorline.live.v1\n",
            Self::Element => "moorline.element.v1\n",
            Self::Secret => "moorline.secret.v1\n",
            Self::Finding => "moorline.finding.v1\n",
        }
    }
}

/// Returns the lower-case hexadecimal SHA-256 of a value's canonical JSON.
pub fn hex(domain: Domain, value: &impl Serialize) -> String {
    let json = serde_json_canonicalizer::to_vec(value).unwrap_or_default();
    of_parts(&[domain.prefix().as_bytes(), &json])
}

/// Returns `sha256:` and the digest.
pub fn tagged(domain: Domain, value: &impl Serialize) -> String {
    format!("sha256:{}", hex(domain, value))
}

/// Returns the digest of the schemas and curated facts that plans are made with.
pub fn of_knowledge() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        of_parts(&[
            b"moorline.knowledge.v1\n",
            include_bytes!("../../schemas/graph/beta.json"),
            include_bytes!("../../schemas/graph/v1.0.json"),
            crate::schema::semantics::TEXT.as_bytes(),
        ])
    });
    &DIGEST
}

fn of_parts(parts: &[&[u8]]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
