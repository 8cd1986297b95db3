//! The expressions of GitHub's workflows, as far as the pipelines use them: contexts, literals, `==`, `!=`, `!`, `&&`, `||`,
//! and the functions about the state of a job.

use serde_json::{Value, json};

/// The state of a job, for the functions that ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Succeeding,
    Failing,
}

/// Returns a text with every `${{ … }}` replaced by its value.
pub fn fill(text: &str, contexts: &Value, state: JobState) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression ends");
        filled += before;
        filled += &as_text(&value(expression, contexts, state));
        rest = after;
    }
    filled + rest
}

/// Returns the value of a member of YAML: that of its expression where it is one and nothing else.
pub fn member(value_of: &Value, contexts: &Value, state: JobState) -> Value {
    match value_of.as_str() {
        Some(text) => {
            let trimmed = text.trim();
            let inner = trimmed.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
            match inner.filter(|inner| !inner.contains("}}")) {
                Some(expression) => value(expression, contexts, state),
                None => fill(text, contexts, state).into(),
            }
        }
        None => value_of.clone(),
    }
}

/// Whether a condition holds. Without a function about the state it asks for success, too.
pub fn holds(condition: Option<&Value>, contexts: &Value, state: JobState) -> bool {
    let Some(condition) = condition else { return state == JobState::Succeeding };
    let text = condition.as_str().expect("a condition is a text").trim();
    let text = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")).unwrap_or(text);
    let asks = ["success()", "failure()", "always()", "cancelled()"];
    let is_told = asks.iter().any(|function| text.contains(function));
    (is_told || state == JobState::Succeeding) && is_true(&value(text, contexts, state))
}

/// Returns the value of an expression.
pub fn value(expression: &str, contexts: &Value, state: JobState) -> Value {
    let tokens = tokens(expression);
    let mut parser = Parser { tokens: &tokens, at: 0, contexts, state };
    let value = parser.or();
    assert_eq!(parser.at, tokens.len(), "all of {expression:?} is read");
    value
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

pub fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Whether two values are equal: texts in any case, and other types as numbers.
fn equal(one: &Value, two: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Null => Some(0.0),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.is_empty() => Some(0.0),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match (one, two) {
        (Value::String(one), Value::String(two)) => one.eq_ignore_ascii_case(two),
        (one, two) => number(one).is_some() && number(one) == number(two),
    }
}

fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while !rest.is_empty() {
        let length = if let Some(text) = rest.strip_prefix('\'') {
            text.find('\'').expect("a text ends") + 2
        } else if let Some(operator) =
            ["==", "!=", "&&", "||"].iter().find(|operator| rest.starts_with(*operator))
        {
            operator.len()
        } else if rest.starts_with(['!', '(', ')']) {
            1
        } else {
            let name = |c: char| c.is_alphanumeric() || "._-*".contains(c);
            let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
            assert!(end > 0, "{rest:?} is not known");
            end
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: &'a [String],
    at: usize,
    contexts: &'a Value,
    state: JobState,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at).is_some_and(|next| next == token);
        self.at += usize::from(is_next);
        is_next
    }

    fn or(&mut self) -> Value {
        let mut value = self.and();
        while self.takes("||") {
            let other = self.and();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    fn and(&mut self) -> Value {
        let mut value = self.comparison();
        while self.takes("&&") {
            let other = self.comparison();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let value = self.not();
        if self.takes("==") {
            return json!(equal(&value, &self.not()));
        }
        if self.takes("!=") {
            return json!(!equal(&value, &self.not()));
        }
        value
    }

    fn not(&mut self) -> Value {
        if self.takes("!") {
            return json!(!is_true(&self.not()));
        }
        if self.takes("(") {
            let value = self.or();
            assert!(self.takes(")"), "a bracket is closed");
            return value;
        }
        let token = self.tokens.get(self.at).expect("an expression goes on").clone();
        self.at += 1;
        if let Some(text) = token.strip_prefix('\'') {
            return text.trim_end_matches('\'').into();
        }
        if self.takes("(") {
            assert!(self.takes(")"), "{token} takes no arguments");
            return match token.as_str() {
                "always" => json!(true),
                "success" => json!(self.state == JobState::Succeeding),
                "failure" => json!(self.state == JobState::Failing),
                "cancelled" => json!(false),
                other => panic!("{other} is not known"),
            };
        }
        match token.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            path => {
                let mut parts = path.split('.');
                let context = parts.next().expect("a context");
                let first = self.contexts.get(context);
                let first = first.unwrap_or_else(|| panic!("there is no context `{context}`"));
                parts.fold(first.clone(), |value, part| value[part].clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_the_values_that_github_gives_them() {
        let contexts = json!({
            "github": { "event_name": "pull_request", "event": { "pull_request": { "merged": false } } },
            "inputs": { "only": "", "sandbox": true },
            "steps": { "plan": { "outcome": "failure" } },
        });
        let of = |text: &str| value(text, &contexts, JobState::Failing);
        for (expression, expected) in [
            ("github.event_name != 'pull_request'", json!(false)),
            ("github.event_name == 'PULL_REQUEST'", json!(true)),
            ("!github.event.pull_request.merged && inputs.sandbox", json!(true)),
            ("inputs.only || 'none'", json!("none")),
            ("inputs.nothing == ''", json!(true)),
            ("(inputs.only != '' || inputs.sandbox) && failure()", json!(true)),
        ] {
            assert_eq!(of(expression), expected, "{expression}");
        }
        let condition = json!("steps.plan.outcome == 'failure'");
        assert!(!holds(Some(&condition), &contexts, JobState::Failing), "it asks for success");
        let condition = json!("!cancelled() && steps.plan.outcome == 'failure'");
        assert!(holds(Some(&condition), &contexts, JobState::Failing));
        let text =
            fill("a ${{ inputs.sandbox }} b ${{ inputs.only }}c", &contexts, JobState::Failing);
        assert_eq!(text, "a true b c");
    }
}
