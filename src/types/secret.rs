//! Secrets: strings that cannot be printed.
//!
//! There is no `Debug` and no `Display` on purpose, so a struct that holds one cannot derive them either.

use std::sync::Arc;

/// A token, key or password. Compare it in constant time only (`auth`).
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The secret itself; every use of this method is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
