//! stub
use serde_json::Value;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Map,
    Instance,
    Secret,
    Raw,
    Other,
}
pub const MERGE: &str = "$merge";
impl Part {
    pub const ROOT: Self = Self::Map;
    pub const ALL: [Self; 5] = [Self::Map, Self::Instance, Self::Secret, Self::Raw, Self::Other];
    pub fn member(self, _name: &str) -> Self {
        self
    }
    pub fn element(self) -> Self {
        self
    }
    pub fn is_secret(self) -> bool {
        self == Self::Secret
    }
    pub fn is_text(self) -> bool {
        self == Self::Secret
    }
}
pub fn read(v: &Value) -> Value {
    v.clone()
}
pub fn write(v: &Value) -> Result<Value, String> {
    Ok(v.clone())
}
