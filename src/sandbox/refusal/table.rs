//! The refusals of the sandbox, one row each: status, code, text with `{}` for each value of the call, and in its comment
//! where the text is seen. A synthetic text is the sandbox's own: no public source shows one.

use super::{Envelope, RefusalRow, core, intune};

/// Returns Graph's plain 400.
const fn bad(text: &'static str) -> RefusalRow {
    core(400, "BadRequest", text)
}

/// Returns Intune's plain 400.
const fn intune_bad(text: &'static str) -> RefusalRow {
    intune(400, "BadRequest", text)
}

/// Returns a refusal of a body that does not fit the model.
const fn model(text: &'static str) -> RefusalRow {
    RefusalRow { envelope: Envelope::Model, ..core(400, "ModelValidationFailure", text) }
}

/// Returns a refusal of a registration policy.
const fn policy(text: &'static str) -> RefusalRow {
    core(400, "invalid_request", text)
}

/// Returns a refusal of a feature that Graph has and the sandbox does not: a refusal is safer than an answer without it.
const fn not_played(text: &'static str) -> RefusalRow {
    core(501, "NotImplemented", text)
}

/// Returns a refusal of a caller that did not sign in.
const fn unauthenticated(text: &'static str) -> RefusalRow {
    core(401, "InvalidAuthenticationToken", text)
}

// Paths and verbs.
/// FACTS 4.1.
pub(crate) const INVALID_VERSION: RefusalRow = bad("Invalid version: {}");
/// FACTS 4.1.
pub(crate) const NO_SEGMENT: RefusalRow = bad("Resource not found for the segment '{}'.");
/// FACTS 4.1.
pub(crate) const METHOD_NOT_ALLOWED: RefusalRow =
    core(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
/// The template, the verb, the service and the path below `/deviceManagement`.
/// FACTS 1.1.
pub(crate) const NO_ROUTE: RefusalRow = core(
    400,
    "No method match route template",
    "No OData route exists that match template ~/singleton/{} with http verb {} for request /{}/deviceManagement/{}.",
);
/// Synthetic.
pub(crate) const NOT_HELD: RefusalRow = not_played("The sandbox holds nothing of '{}'.");
/// Synthetic.
pub(crate) const ACTION_NOT_PLAYED: RefusalRow =
    not_played("The sandbox does not support the action '{}'.");
/// Synthetic.
pub(crate) const NOT_WRITTEN: RefusalRow = not_played("The sandbox only shows '{}'.");

// Objects.
/// FACTS 4.2.
pub(crate) const INTUNE_NOT_FOUND: RefusalRow =
    intune(404, "ResourceNotFound", "An error has occurred");
/// FACTS 4.1.
pub(crate) const DIRECTORY_NOT_FOUND: RefusalRow = core(
    404,
    "Request_ResourceNotFound",
    "Resource '{}' does not exist or one of its queried reference-property objects are not present.",
);

// Bodies.
/// Synthetic.
pub(crate) const NOT_SENT_AS_JSON: RefusalRow =
    core(415, "BadRequest", "A write must say 'Content-Type: application/json'.");
/// Synthetic.
pub(crate) const NO_OBJECT: RefusalRow = bad("The body must be a JSON object.");
/// Synthetic.
pub(crate) const NOT_JSON: RefusalRow = bad("The body is not JSON: {}.");
/// Synthetic.
pub(crate) const UNREADABLE: RefusalRow = bad("{}");
/// Synthetic.
pub(crate) const IDS_MISSING: RefusalRow = bad("ids must be a list of object ids.");
/// Synthetic.
pub(crate) const TOO_MANY_IDS: RefusalRow = bad("ids can have at most {} entries.");

/// Synthetic.
pub(crate) const NO_ADDRESS: RefusalRow = bad("{} is not the address of an object in {}.");

// Values that are none of their type.
/// The type is abstract, or none was named where one must be.
/// FACTS 1.4, 1.5.
pub(crate) const ABSTRACT_TYPE: RefusalRow = model("Cannot create an abstract class.");
/// FACTS 1.4, 1.5.
pub(crate) const UNKNOWN_TYPE: RefusalRow = model(
    "A type named '{}' could not be resolved by the model. When a model is available, each type name must resolve to a \
     valid type.",
);
/// The type exists and has no place here: the type that the body names, and the one that belongs here.
/// FACTS 1.4, 1.5.
pub(crate) const NOT_ASSIGNABLE: RefusalRow = model(
    "An entry with type 'microsoft.management.services.api.{}' was found, but it is not assignable to the expected type \
     'microsoft.management.services.api.{}'.",
);
/// The property, and its type twice.
/// FACTS 1.4, 1.5.
pub(crate) const NULL: RefusalRow = model(
    "A null value was found for the property named '{}', which has the expected type '{}[Nullable=False]'. The expected \
     type '{}[Nullable=False]' does not allow null values.",
);
/// FACTS 1.4, 1.5.
pub(crate) const NOT_LITERAL: RefusalRow =
    model("Cannot convert the literal '{}' to the expected type '{}'.");
/// FACTS 1.4, 1.5.
pub(crate) const UNKNOWN_MEMBER: RefusalRow = model("Requested value '{}' was not found.");
/// Microsoft's OData library.
pub(crate) const NO_PROPERTY: RefusalRow = model(
    "The property '{}' does not exist on type 'microsoft.graph.{}'. Make sure to only use property names that are \
     defined by the type.",
);
/// Microsoft's OData library.
pub(crate) const UNEXPECTED_NODE: RefusalRow = model(
    "An unexpected '{}' node was found when reading from the JSON reader. A '{}' node was expected.",
);
/// Another entity in the body of an update. Seen of another of Intune's types (powershell-intune-samples#117).
/// FACTS 1.5.
pub(crate) const PATCHED_NAVIGATION: RefusalRow = model(
    "Cannot apply PATCH to navigation property '{}' on entity type 'microsoft.management.services.api.{}'.",
);

// Objects that the service does not store.
/// An object that is not there or does not fit, or one too many.
/// Synthetic.
pub(crate) const REFERENCE: RefusalRow = intune_bad("{} cannot refer to '{}'.");
/// Another entity inside a body.
/// Synthetic.
pub(crate) const NAVIGATION: RefusalRow =
    intune_bad("The navigation property '{}' cannot be written inside its entity.");
/// Contained objects that no object can have, in the words of the row of the collection.
/// FACTS 14.2.
pub(crate) const CONTAINED: RefusalRow = intune_bad("{}");
/// Synthetic.
pub(crate) const OUT_OF_RANGE: RefusalRow = intune_bad("{} must be between {} and {}.");
/// Synthetic.
pub(crate) const TOO_MANY_ITEMS: RefusalRow = intune_bad("{} can have at most {} items.");
/// Synthetic.
pub(crate) const MISSING: RefusalRow = intune_bad("{} is required.");
/// Synthetic.
pub(crate) const NO_SUCH_ID: RefusalRow = intune_bad("Nothing has the id '{}'.");
/// Synthetic.
pub(crate) const DUPLICATE_ID: RefusalRow = intune_bad("The id '{}' is in use.");
/// Synthetic.
pub(crate) const NOT_CREATABLE: RefusalRow = intune_bad("A policy of type '{}' cannot be created.");
/// FACTS 12.
pub(crate) const SECRET_REFERENCE: RefusalRow =
    intune(400, "NotSupported", "SecretReferenceValueId invalid for create.");
/// FACTS 1.5.
pub(crate) const UNCHANGED: RefusalRow =
    intune_bad("Invalid patch, at least 1 property must be changed.");
/// Synthetic.
pub(crate) const REFERRED_TO: RefusalRow =
    intune_bad("The policy cannot be deleted while '{}' refers to it.");
/// Synthetic.
pub(crate) const READ_ONLY: RefusalRow = intune_bad("{} is read-only.");
/// Synthetic.
pub(crate) const NO_SCOPE_TAG: RefusalRow = intune_bad("The scope tag {} does not exist.");
/// Synthetic.
pub(crate) const FIXED: RefusalRow =
    intune_bad("{} cannot be changed after the policy is created.");
/// A property that keeps the value of the creation, in the words of the row of the collection.
/// FACTS 15.2.
pub(crate) const FIXED_IN_WORDS: RefusalRow = intune_bad("{}");
/// Synthetic.
pub(crate) const NO_GROUP: RefusalRow = intune_bad("The target group '{}' does not exist.");
/// Synthetic.
pub(crate) const NO_ASSIGNMENT_FILTER: RefusalRow =
    intune_bad("The assignment filter '{}' does not exist.");
/// Synthetic.
pub(crate) const TARGET_TWICE: RefusalRow =
    intune_bad("The target '{}' is assigned more than once.");

// Settings catalog policies.
/// The template twice, and the id of an instance or a value that the template does not have.
/// FACTS 15.4.
pub(crate) const TEMPLATE_REFERENCE: RefusalRow = intune_bad(
    "Info\nInvalid Reference id found in Policy  created from Template {}\nPolicyId\n\nTemplateId\n{}\n\
     InvalidReferenceId\n{}",
);
/// Synthetic.
pub(crate) const NO_TEMPLATE: RefusalRow = intune_bad("There is no template '{}'.");
/// Synthetic.
pub(crate) const TEMPLATE_FAMILY: RefusalRow =
    intune_bad("A policy of the template family '{}' cannot be created here.");
/// Synthetic.
pub(crate) const NO_DEFINITION: RefusalRow = intune_bad("There is no setting definition '{}'.");
/// Synthetic.
pub(crate) const INSTANCE_TYPE: RefusalRow =
    intune_bad("The setting '{}' cannot have a value of type '{}'.");
/// Synthetic.
pub(crate) const NO_OPTION: RefusalRow = intune_bad("'{}' is not an option of the setting '{}'.");
/// Synthetic.
pub(crate) const SETTING_RANGE: RefusalRow =
    intune_bad("The value of the setting '{}' must be between {} and {}.");
/// Synthetic.
pub(crate) const SETTING_LENGTH: RefusalRow =
    intune_bad("The value of the setting '{}' must have between {} and {} characters.");
/// Synthetic.
pub(crate) const SETTING_PLATFORM: RefusalRow =
    intune_bad("The setting '{}' is one of the platform '{}', and the policy is not.");
/// Synthetic.
pub(crate) const SECRET_STATE: RefusalRow =
    intune_bad("The secret of the setting '{}' must have the valueState notEncrypted.");
/// Synthetic.
pub(crate) const NO_REUSABLE_SETTING: RefusalRow =
    intune_bad("The setting '{}' refers to '{}', which is no reusable setting.");

// The registration policy.
/// `quota` is seen (microsoft-graph-docs-contrib#8532), the other words for a property are synthetic.
/// FACTS 2.1.
pub(crate) const POLICY_INCOMPLETE: RefusalRow =
    policy("Tenant registration policy is missing a value for {}");
/// Synthetic.
pub(crate) const POLICY_MEMBERSHIP: RefusalRow = policy("{}: {}");
/// Synthetic.
pub(crate) const NEGATIVE_QUOTA: RefusalRow = policy("The quota must not be negative");

// Queries.
/// Synthetic.
pub(crate) const OPTION_NOT_PLAYED: RefusalRow =
    not_played("The sandbox does not support the query option '{}' here.");
/// Microsoft's OData library.
pub(crate) const INVALID_TOP: RefusalRow = bad(
    "Invalid value '{}' for $top query option found. The $top query option requires a non-negative integer value.",
);
/// Synthetic.
pub(crate) const INVALID_SKIPTOKEN: RefusalRow =
    bad("The $skiptoken is not one that this service issued.");
/// Synthetic.
pub(crate) const INVALID_FILTER: RefusalRow = bad("Invalid filter clause: {}");
/// Microsoft's OData library.
pub(crate) const UNKNOWN_PROPERTY: RefusalRow = bad(
    "Parsing OData Select and Expand failed: Could not find a property named '{}' on type 'microsoft.graph.{}'.",
);
/// Microsoft's OData library.
pub(crate) const INVALID_TERM: RefusalRow = bad(
    "Parsing OData Select and Expand failed: Term '{}' is not valid in a $select or $expand expression.",
);
/// Microsoft's OData library.
pub(crate) const EXPAND_TOO_DEEP: RefusalRow =
    bad("Parsing OData Select and Expand failed: Recursion depth exceeded allowed limit.");
/// Microsoft's OData library.
pub(crate) const EXPAND_UNBALANCED: RefusalRow =
    bad("Parsing OData Select and Expand failed: Found an unbalanced bracket expression.");
/// Microsoft's OData library.
pub(crate) const EXPAND_OPTION_MISSING: RefusalRow = bad(
    "Parsing OData Select and Expand failed: Missing expand option on navigation property '{}'. If a parenthesis \
     expression follows an expanded navigation property, then at least one expand option must be provided.",
);
/// FACTS 7.
pub(crate) const COUNT_NOT_EVENTUAL: RefusalRow = core(
    400,
    "Request_UnsupportedQuery",
    "Raw count (/$count) is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to \
     https://aka.ms/graph-docs/advanced-queries for more information",
);
/// The status 503 is that of Microsoft's guide to these interfaces (FACTS 4.5).
/// Synthetic.
pub(crate) const PAGE_TOO_LARGE: RefusalRow =
    intune(503, "serviceNotAvailable", "The page is too large to be gathered in time.");

// Callers.
/// FACTS 4.1.
pub(crate) const TOKEN_EMPTY: RefusalRow = unauthenticated("Access token is empty.");
/// FACTS 4.1.
pub(crate) const TOKEN_MALFORMED: RefusalRow =
    unauthenticated("CompactToken parsing failed with error code: 80049217");
/// FACTS 4.1.
pub(crate) const TOKEN_EXPIRED: RefusalRow =
    unauthenticated("Lifetime validation failed, the token is expired.");
/// FACTS 1.10.
pub(crate) const NOT_LICENSED: RefusalRow = intune_bad("Request not applicable to target tenant.");
/// Intune's answer to a valid token of a caller without a role in Intune: the two documents are FACTS 4.4, the sentence
/// inside is Intune's usual one without details (FACTS 4.2).
/// FACTS 4.4.
pub(crate) const NO_INTUNE_ROLE: RefusalRow = RefusalRow {
    envelope: Envelope::Wrapped,
    ..intune(401, "UnknownError", "An error has occurred")
};
/// FACTS 4.3.
pub(crate) const APP_LACKS_PERMISSION: RefusalRow = intune(
    403,
    "Forbidden",
    "Application is not authorized to perform this operation. Application must have one of the following scopes: {}",
);
/// FACTS 4.3.
pub(crate) const USER_LACKS_PERMISSION: RefusalRow =
    intune(403, "Forbidden", "User is not authorized to perform this operation");
/// FACTS 4.1.
pub(crate) const DIRECTORY_DENIED: RefusalRow =
    core(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
/// FACTS 4.5.
pub(crate) const THROTTLED: RefusalRow = core(429, "TooManyRequests", "An error has occurred.");

// Approvals.
/// The code of the request for approval stands here and in a header.
/// FACTS 1.10.
pub(crate) const APPROVAL_REQUIRED: RefusalRow = core(
    403,
    "ApprovalRequired",
    "Approval Required. Request Approval using the request ID returned as part of the x-msft-approval-code response \
     header. x-msft-approval-code: {}",
);
/// As observed (Microsoft365DSC#7236).
/// FACTS 1.10.
pub(crate) const NO_JUSTIFICATION: RefusalRow =
    intune_bad("Header 'x-msft-approval-justification' is required to request approval");
/// Synthetic.
pub(crate) const JUSTIFICATION_NOT_BASE64: RefusalRow =
    intune_bad("Header 'x-msft-approval-justification' must be Base64 of UTF-8.");
/// FACTS 1.10.
pub(crate) const JUSTIFICATION_TOO_LONG: RefusalRow = intune_bad(
    "Decoded content of 'x-msft-approval-justification' header must be no greater than 1024 characters",
);
/// The code of the envelope is not published.
/// FACTS 1.10.
pub(crate) const APPROVAL_OPEN: RefusalRow =
    intune(409, "Conflict", "An active Approval Request already exists for this entity");
/// A write under the code of another write, or of another caller's: the answer has no details.
/// FACTS 1.10.
pub(crate) const APPROVAL_OF_ANOTHER: RefusalRow =
    intune(403, "Forbidden", "An error has occurred");
/// Synthetic.
pub(crate) const APPROVAL_UNKNOWN: RefusalRow =
    intune_bad("There is no request for approval of this code.");
/// Synthetic.
pub(crate) const APPROVAL_CLOSED: RefusalRow =
    intune(403, "Forbidden", "The request for approval is closed.");
/// Synthetic.
pub(crate) const CANCELLATION_LATE: RefusalRow = intune_bad("The request for approval is closed.");

// Batches.
/// Synthetic.
pub(crate) const BATCH_INVALID: RefusalRow = bad("Invalid batch payload: {}.");
/// Synthetic.
pub(crate) const BATCH_SIZE: RefusalRow = bad("A batch has from 1 to {} requests.");
/// Synthetic.
pub(crate) const BATCH_ORDER: RefusalRow = bad("'{}' depends on '{}', which is not before it.");
/// Synthetic.
pub(crate) const BATCH_ID_TWICE: RefusalRow = bad("The request id '{}' is used twice.");
/// Synthetic.
pub(crate) const BATCH_NESTED: RefusalRow = bad("A batch cannot contain a batch.");
/// Synthetic.
pub(crate) const BATCH_MALFORMED: RefusalRow = bad("The {} of request '{}' is malformed.");
/// Synthetic.
pub(crate) const BATCH_UNTYPED: RefusalRow =
    bad("Request '{}' has a body and no Content-Type header.");

// The sandbox itself.
/// Synthetic.
pub(crate) const NOT_SAVED: RefusalRow = core(500, "generalException", "{}");

#[cfg(test)]
mod tests {
    /// Returns the comments of the rows of a table by their names.
    fn comments(table: &str) -> Vec<(&str, String)> {
        let mut comment = String::new();
        let mut comments = Vec::new();
        for line in table.lines() {
            if let Some(text) = line.strip_prefix("/// ") {
                comment.push_str(text);
            } else if line.starts_with("pub(") && line.contains("const ") {
                comments.push((line, std::mem::take(&mut comment)));
            } else {
                comment.clear();
            }
        }
        comments
    }

    #[test]
    fn every_row_says_where_its_text_is_seen() {
        let facts = include_str!("../../../schemas/graph/FACTS.md");
        let is_section = |section: &str| {
            let number = |line: &str| {
                let title = line.trim_start_matches('#').trim_start().split(' ').next();
                title.unwrap_or_default().trim_end_matches('.').to_owned()
            };
            facts.lines().any(|line| line.starts_with("##") && number(line) == section)
        };
        let tables = [include_str!("table.rs"), include_str!("../routes/login/denial.rs")];
        let rows: Vec<_> = tables.into_iter().flat_map(comments).collect();
        assert!(rows.len() > 70, "{}", rows.len());
        for (row, comment) in rows {
            let cited = comment.split("FACTS ").skip(1).map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
                rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
            });
            let cited: Vec<&str> = cited.collect();
            assert!(cited.iter().all(|section| is_section(section)), "{row}: {comment}");
            let known =
                ["Synthetic", "Microsoft's OData library", "Microsoft's reference of error codes"];
            let is_said = known.iter().any(|source| comment.contains(source));
            assert!(is_said || !cited.is_empty(), "{row}: {comment}");
        }
    }
}
