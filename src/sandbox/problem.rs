//! Errors in a body, with the texts of the service.

use serde_json::Value;

/// Returns a text of the sandbox's own. The call marks, in the code, a text that no public source shows.
pub(crate) fn synthetic(text: impl Into<String>) -> String {
    text.into()
}

/// Why a value is not one of its type.
///
/// Down to [`BodyProblem::EnumMember`] the texts are the service's as FACTS 1.4 and 1.5 quote them;
/// `UnknownProperty` and `UnexpectedNode` are those of Microsoft's OData library. The rest is synthetic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyProblem {
    /// The type is abstract, or none was named where one must be.
    #[error("Cannot create an abstract class.")]
    AbstractType,
    /// No such type in this version.
    #[error(
        "A type named '{0}' could not be resolved by the model. When a model is available, each \
         type name must resolve to a valid type."
    )]
    UnknownType(String),
    /// The type exists and has no place here.
    #[error(
        "An entry with type 'microsoft.management.services.api.{found}' was found, but it is not assignable to the \
         expected type 'microsoft.management.services.api.{expected}'."
    )]
    NotAssignable {
        /// The type that the body names.
        found: String,
        /// The type that belongs here.
        expected: String,
    },
    /// Null where there must be a value.
    #[error(
        "A null value was found for the property named '{property}', which has the expected type \
         '{expected}[Nullable=False]'. The expected type '{expected}[Nullable=False]' does not allow null values."
    )]
    Null {
        /// The property.
        property: String,
        /// Its type.
        expected: String,
    },
    /// A primitive of another type.
    #[error("Cannot convert the literal '{literal}' to the expected type '{expected}'.")]
    Literal {
        /// The value or name in the body.
        literal: String,
        /// The property's type.
        expected: String,
    },
    /// No such member of the enum.
    #[error("Requested value '{0}' was not found.")]
    EnumMember(String),
    /// No such property in this version.
    #[error(
        "The property '{property}' does not exist on type 'microsoft.graph.{ty}'. Make sure to only use property \
         names that are defined by the type."
    )]
    UnknownProperty {
        /// The value or name in the body.
        property: String,
        /// The type.
        ty: String,
    },
    /// An object where a list belongs, and the like.
    #[error(
        "An unexpected '{found}' node was found when reading from the JSON reader. A '{expected}' node was expected."
    )]
    UnexpectedNode {
        /// The kind of JSON that was sent.
        found: &'static str,
        /// The kind that belongs here.
        expected: &'static str,
    },
    /// An object that is not there or does not fit, or one too many.
    #[error("{property} cannot refer to '{id}'.")]
    Reference {
        /// The navigation property.
        property: String,
        /// The id of the target.
        id: String,
    },
    /// Another entity inside a body.
    #[error("The navigation property '{0}' cannot be written inside its entity.")]
    Navigation(String),
    /// Another entity in the body of an update. Seen of another of Intune's types (powershell-intune-samples#117).
    #[error(
        "Cannot apply PATCH to navigation property '{property}' on entity type \
         'microsoft.management.services.api.{ty}'."
    )]
    PatchedNavigation {
        /// The navigation property.
        property: String,
        /// The type of the entity.
        ty: String,
    },
    /// Contained objects that no object can have.
    #[error("{0}")]
    Contained(&'static str),
    /// A number outside the property's range.
    #[error("{property} must be between {minimum} and {maximum}.")]
    OutOfRange {
        /// The property.
        property: String,
        /// The smallest number allowed.
        minimum: i64,
        /// The largest number allowed.
        maximum: i64,
    },
    /// A collection that is too long.
    #[error("{property} can have at most {maximum} items.")]
    TooManyItems {
        /// The property.
        property: String,
        /// The most items allowed.
        maximum: u64,
    },
    /// A property that an object cannot be without.
    #[error("{0} is required.")]
    Missing(String),
    /// An id that no object has.
    #[error("Nothing has the id '{0}'.")]
    NoSuchObject(String),
    /// An id that another object has.
    #[error("The id '{0}' is in use.")]
    DuplicateId(String),
}

impl BodyProblem {
    /// Makes a [`BodyProblem::Literal`] of a JSON value.
    pub(crate) fn literal(value: &Value, expected: &str) -> Self {
        let literal = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self::Literal { literal, expected: expected.to_owned() }
    }

    /// Makes a [`BodyProblem::UnexpectedNode`] of a JSON value.
    pub(crate) fn node(value: &Value, expected: &'static str) -> Self {
        let found = match value {
            Value::Object(_) => "StartObject",
            Value::Array(_) => "StartArray",
            _ => "PrimitiveValue",
        };
        Self::UnexpectedNode { found, expected }
    }

    /// Makes a [`BodyProblem::NotAssignable`] of two types.
    pub(crate) fn not_assignable(found: &str, expected: &str) -> Self {
        Self::NotAssignable { found: found.to_owned(), expected: expected.to_owned() }
    }

    /// Makes a [`BodyProblem::UnknownProperty`] of a type.
    pub(crate) fn unknown_property(property: &str, ty: &str) -> Self {
        Self::UnknownProperty { property: property.to_owned(), ty: ty.to_owned() }
    }

    /// Whether the service refuses the body with an error of its own; other bodies do not fit the model.
    pub(crate) fn is_of_service(&self) -> bool {
        matches!(
            self,
            Self::OutOfRange { .. }
                | Self::TooManyItems { .. }
                | Self::Missing(_)
                | Self::NoSuchObject(_)
                | Self::DuplicateId(_)
                | Self::Reference { .. }
                | Self::Contained(_)
                | Self::Navigation(_)
        )
    }

    /// Adds the property that the problem is in to the path.
    pub(crate) fn under(self, name: &str) -> LocatedProblem {
        LocatedProblem::from(self).under(name)
    }
}

/// A problem and its place in the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct LocatedProblem {
    /// The problem.
    pub problem: BodyProblem,
    /// The steps of the path, innermost first.
    steps: Vec<String>,
}

impl From<BodyProblem> for LocatedProblem {
    fn from(problem: BodyProblem) -> Self {
        Self { problem, steps: Vec::new() }
    }
}

impl LocatedProblem {
    /// Adds the property that the problem is in to the path.
    #[must_use]
    pub(crate) fn under(mut self, name: &str) -> Self {
        self.steps.push(format!(".{name}"));
        self
    }

    /// Adds the element of a list that the problem is in to the path.
    #[must_use]
    pub(crate) fn under_index(mut self, index: usize) -> Self {
        self.steps.push(format!("[{index}]"));
        self
    }

    /// Returns the path, as in `deviceConfigurations[3].omaSettings[0].value`.
    pub fn path(&self) -> String {
        let path: String = self.steps.iter().rev().map(String::as_str).collect();
        path.trim_start_matches('.').to_owned()
    }
}
